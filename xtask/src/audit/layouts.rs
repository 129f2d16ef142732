//! Compares the tables' numbers, names and structures with what the headers define.

use std::collections::{BTreeMap, BTreeSet};

use super::btf::{self, Enumeration};
use super::evidence::Evidence;
use super::headers::Headers;
use super::report::Report;
use super::tables::{Member, Set, Structure, Tables};

/// Ends and beginnings of names that no value has.
const ENDS: &[&str] = &[
    "_MAX",
    "_UNSPEC",
    "_UNSPECIFIED",
    "_UNDEFINED",
    "_UNUSED",
    "_UNUSED1",
    "_UNUSED2",
    "_NONE",
    "_PAD",
    "_COUNT",
    "_CNT",
    "_NUM",
    "_INVALID",
    "_LAST",
];
const BEGINNINGS: &[&str] = &["__", "MAX_", "NUM_"];

/// Compares every attribute's number, and each enumeration with the sets that are of it.
pub(super) fn numbers(
    tables: &Tables,
    headers: &Headers,
    evidence: &Evidence,
    report: &mut Report,
) {
    let mut named: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
    for set in &tables.sets {
        for attribute in &set.attributes {
            match headers.numbers.get(&attribute.name) {
                Some(number) if *number == attribute.number => {}
                Some(number) => {
                    let what = format!("number {} and not {number}", attribute.number);
                    report.differs(&attribute.name, what);
                }
                None => report
                    .differs(&attribute.name, format!("no header has this name of {}", set.path)),
            }
            report.counts.numbers += 1;
        }
        if let Some(place) = of_set(set, headers) {
            named.entry(place).or_default().extend(set.attributes.iter().map(|a| a.number));
        }
    }
    report.counts.enumerations = named.len();
    for (place, numbers) in &named {
        lacking(numbers, &headers.enumerations[*place], report);
    }
    let others = headers.enumerations.iter().enumerate();
    for (_, enumeration) in others.filter(|(place, _)| !named.contains_key(place)) {
        without_table(enumeration, evidence, report);
    }
}

/// An enumeration of attributes, as the code uses it, of which no set is.
fn without_table(enumeration: &Enumeration, evidence: &Evidence, report: &mut Report) {
    let attributes = enumeration.names.iter().filter(|name| !is_bound(&name.0));
    let mut used = attributes.filter(|name| !evidence.of(&name.0).is_empty());
    if let Some((name, _)) = used.next() {
        let more = used.count();
        report.differs(name, format!("no table has it, and {more} more of its enumeration"));
    }
}

/// The enumeration that has most of a set's names.
fn of_set(set: &Set, headers: &Headers) -> Option<usize> {
    let names: BTreeSet<_> = set.attributes.iter().map(|a| a.name.as_str()).collect();
    let shared = |e: &Enumeration| e.names.iter().filter(|n| names.contains(n.0.as_str())).count();
    let enumerations = headers.enumerations.iter().enumerate();
    let (count, place) = enumerations.map(|(place, e)| (shared(e), place)).max()?;
    (count > 0).then_some(place)
}

/// Whether a name is that of a bound or of a gap.
pub(super) fn is_bound(name: &str) -> bool {
    BEGINNINGS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// What an enumeration has and no set of it has.
fn lacking(numbers: &BTreeSet<i64>, enumeration: &Enumeration, report: &mut Report) {
    for (name, number) in &enumeration.names {
        if !is_bound(name) && *number >= 0 && !numbers.contains(number) {
            report.differs(name, format!("{number} is not in the tables"));
        }
    }
}

/// Compares every structure that has a name.
pub(super) fn structures(tables: &Tables, headers: &Headers, report: &mut Report) {
    for structure in &tables.structures {
        if structure.name.is_empty() {
            report.untold(format!("{}: no structure of the headers", structure.path));
            continue;
        }
        match headers.structures.get(&structure.name) {
            Some(found) => {
                report.counts.structures += 1;
                compare(structure, found, report);
            }
            None => report.differs(&structure.name, "no header has this structure".to_owned()),
        }
    }
}

fn compare(table: &Structure, header: &btf::Structure, report: &mut Report) {
    let name = &table.name;
    let known = flat(&header.members);
    // What is behind the structure is no part of it: values of a length that only the message tells.
    let of_it = |member: &&Member| member.form.kind != "padding" && member.offset < header.size;
    for member in table.members.iter().filter(of_it) {
        report.counts.members += 1;
        let about = format!("{name}.{}", member.name);
        match find(member, &known) {
            Some(found) => {
                for what in differences(member, found) {
                    report.differs(&about, what);
                }
            }
            None => report.differs(&about, "the structure has no such member".to_owned()),
        }
    }
    size(table, header, report);
    for member in &header.members {
        let covered = table.members.iter().any(|m| {
            m.offset <= member.offset && (m.size == 0 || member.offset < m.offset + m.size)
        });
        if !covered && member.size > 0 {
            let what = format!("{} bytes at {} are not in the tables", member.size, member.offset);
            report.differs(&format!("{name}.{}", member.name), what);
        }
    }
}

/// Compares the bytes of all. The table may have the gap up to the first attribute behind it too.
fn size(table: &Structure, header: &btf::Structure, report: &mut Report) {
    let last = table.members.iter().rfind(|member| member.offset < header.size);
    let end = last.map_or(0, |last| last.offset + last.size);
    let open = last.is_some_and(|last| last.size == 0);
    let padded = last.is_some_and(|last| last.form.kind == "padding");
    let gap = end == header.size.next_multiple_of(4) && padded;
    if end != header.size && !open && !gap {
        report.differs(&table.name, format!("{end} bytes and not {}", header.size));
    }
}

/// All members, those in members too.
fn flat(members: &[btf::Member]) -> Vec<&btf::Member> {
    members.iter().flat_map(|member| [vec![member], flat(&member.inside)].concat()).collect()
}

/// The member of that name, or one at the same place that is some bits, or whose name ends so.
fn find<'a>(member: &Member, header: &[&'a btf::Member]) -> Option<&'a btf::Member> {
    let at_place = || header.iter().filter(|found| found.offset == member.offset);
    let mut same = at_place().filter(|found| found.name == member.name);
    let end = format!("_{}", member.name);
    let named = || header.iter().find(|found| found.name == member.name);
    let alike = || at_place().find(|found| found.bits || found.name.ends_with(&end));
    same.next().or_else(named).or_else(alike).copied()
}

fn differences(member: &Member, header: &btf::Member) -> Vec<String> {
    let mut found = Vec::new();
    if member.offset != header.offset {
        found.push(format!("at {} and not at {}", member.offset, header.offset));
    }
    if member.size != 0 && member.size != header.size && !header.bits {
        found.push(format!("{} bytes and not {}", member.size, header.size));
    }
    let (form, kind) = (member.form.kind.as_str(), header.kind.as_str());
    let number = matches!(form, "unsigned" | "signed" | "big" | "signed-big");
    let big = ["__be16", "__be32", "__be64", "__sum16"].contains(&kind);
    if number && !header.array && header.size > 1 && big != form.ends_with("big") {
        found.push(format!("{form} and not {kind}"));
    }
    let plain = matches!(member.form.detail.as_str(), "plain" | "limit");
    if plain && !header.array && header.signed != form.starts_with("signed") && !big {
        found.push(format!("{form} and not {kind}"));
    }
    if number && header.array {
        found.push(format!("a number and not an array of {kind}"));
    }
    found
}
