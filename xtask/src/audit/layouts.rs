//! Compares the tables' numbers, names and structures with what the headers define.

use std::collections::BTreeSet;

use super::btf::{self, Enumeration};
use super::headers::Headers;
use super::report::Report;
use super::tables::{Member, Set, Structure, Tables};

/// Ends of names that no value has.
const BOUNDS: &[&str] = &["_MAX", "_UNSPEC", "_NONE", "_PAD", "_COUNT", "_CNT", "_NUM", "_LAST"];

/// Compares every attribute's number, and each set with the enumeration that it is of.
pub(super) fn numbers(tables: &Tables, headers: &Headers, report: &mut Report) {
    let mut compared = BTreeSet::new();
    for set in &tables.sets {
        for attribute in &set.attributes {
            match headers.numbers.get(&attribute.name) {
                Some(number) if *number == attribute.number => {}
                Some(number) => {
                    let what = format!("number {} and not {number}", attribute.number);
                    report.differs(&attribute.name, what);
                }
                None => report.differs(&attribute.name, "no header has this name".to_owned()),
            }
            report.counts.numbers += 1;
        }
        if let Some((place, enumeration)) = of_set(set, headers) {
            compared.insert(place);
            lacking(set, enumeration, report);
        }
    }
    report.counts.enumerations = compared.len();
}

/// The enumeration that has most of a set's names.
fn of_set<'a>(set: &Set, headers: &'a Headers) -> Option<(usize, &'a Enumeration)> {
    let names: BTreeSet<_> = set.attributes.iter().map(|a| a.name.as_str()).collect();
    let shared = |e: &Enumeration| e.names.iter().filter(|n| names.contains(n.0.as_str())).count();
    let enumerations = headers.enumerations.iter().enumerate();
    let (count, place, found) = enumerations.map(|(i, e)| (shared(e), i, e)).max_by_key(|f| f.0)?;
    (count > 0).then_some((place, found))
}

/// What an enumeration has and a set lacks.
fn lacking(set: &Set, enumeration: &Enumeration, report: &mut Report) {
    let numbers: BTreeSet<_> = set.attributes.iter().map(|a| a.number).collect();
    for (name, number) in &enumeration.names {
        let bound = name.starts_with("__") || BOUNDS.iter().any(|end| name.ends_with(end));
        if !bound && *number >= 0 && !numbers.contains(number) {
            report.differs(name, format!("{number} of {} is not in the tables", set.path));
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
    for member in table.members.iter().filter(|member| member.form.kind != "padding") {
        report.counts.members += 1;
        let about = format!("{name}.{}", member.name);
        match find(member, header) {
            Some(found) => {
                for what in differences(member, found) {
                    report.differs(&about, what);
                }
            }
            None => report.differs(&about, "the structure has no such member".to_owned()),
        }
    }
    let end = table.members.last().map_or(0, |last| last.offset + last.size);
    let open = table.members.last().is_some_and(|last| last.size == 0);
    if end != header.size && !(open && end >= header.size) {
        report.differs(name, format!("{end} bytes and not {}", header.size));
    }
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

/// The member of that name, or one at the same place whose name ends so.
fn find<'a>(member: &Member, header: &'a btf::Structure) -> Option<&'a btf::Member> {
    let named = header.members.iter().find(|found| found.name == member.name);
    named.or_else(|| {
        let end = format!("_{}", member.name);
        header.members.iter().find(|f| f.offset == member.offset && f.name.ends_with(&end))
    })
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
