//! Compares what the tables say that a value is with what the kernel's code says.

use super::evidence::{Evidence, Place, Sort};
use super::headers::Headers;
use super::report::Report;
use super::tables::{Attribute, Form, Tables};

/// What comparing one attribute came to.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    /// The kernel says nothing, or more than one thing.
    Untold(String),
    Differs(String),
}

/// Compares every attribute of the tables.
pub(super) fn compare(
    tables: &Tables,
    headers: &Headers,
    evidence: &Evidence,
    report: &mut Report,
) {
    // What fills a gap has no value.
    let has_value = |attribute: &&Attribute| !attribute.name.ends_with("_PAD");
    for set in &tables.sets {
        for attribute in set.attributes.iter().filter(has_value) {
            let said = evidence.of(&attribute.name).into_iter();
            let said = said.map(|(place, sort)| (place, renamed(attribute, sort, headers)));
            match verdict(attribute, &said.collect::<Vec<_>>()) {
                Verdict::Same => report.counts.forms += 1,
                Verdict::Untold(why) => report.untold(format!("{}: {why}", attribute.name)),
                Verdict::Differs(what) => {
                    report.counts.forms += 1;
                    report.differs(&attribute.name, what);
                }
            }
        }
    }
}

/// A structure that has another name than the table's, but the same members, as the table's.
fn renamed(attribute: &Attribute, sort: Sort, headers: &Headers) -> Sort {
    let Sort::Structure(name) = &sort else { return sort };
    let own = attribute.forms.iter().filter_map(|form| form.detail.rsplit(':').next());
    let found = own.into_iter().find(|own| headers.alike(own, name));
    found.map_or_else(|| sort.clone(), |own| Sort::Structure(own.to_owned()))
}

fn verdict(attribute: &Attribute, said: &[(Place, Sort)]) -> Verdict {
    let sorts = |wanted: fn(Place) -> bool| {
        let of_place = said.iter().filter(move |(place, _)| wanted(*place));
        let mut sorts: Vec<_> = of_place.map(|(_, sort)| sort.clone()).collect();
        sorts.sort();
        sorts.dedup();
        // Bytes say no more than that there are some.
        if sorts.len() > 1 {
            sorts.retain(|sort| *sort != Sort::Bytes);
        }
        sorts
    };
    let (code, policy) = (sorts(|place| place != Place::Policy), sorts(|p| p == Place::Policy));
    let by_code = code.iter().any(|sort| *sort != Sort::Bytes);
    let sorts = match () {
        () if by_code => code,
        () if policy.iter().any(|sort| *sort != Sort::Bytes) => policy,
        () if code.is_empty() => policy,
        () => code,
    };
    if sorts.is_empty() {
        return Verdict::Untold("the source says nothing".to_owned());
    }
    let agrees = |sort: &Sort| attribute.forms.iter().any(|form| fits(form, sort, by_code));
    let forms: Vec<_> = attribute.forms.iter().map(Form::text).collect();
    let what = format!("{} in the tables, {sorts:?} in the kernel", forms.join("|"));
    match sorts.iter().filter(|sort| agrees(sort)).count() {
        0 if sorts == [Sort::Bytes] => Verdict::Untold(what),
        0 => Verdict::Differs(what),
        n if n == sorts.len() => Verdict::Same,
        _ => Verdict::Untold(what),
    }
}

/// Forms of values that are bytes for the kernel's functions.
const BYTES: &[&str] =
    &["bytes", "headed", "hops", "items", "link-address", "socket-address", "structure"];

/// Whether a value of that form is what the kernel says. A policy tells less than code: it has `NLA_U32`
/// for numbers of any byte order and sign.
fn fits(form: &Form, sort: &Sort, by_code: bool) -> bool {
    let stands_for = matches!(form.detail.as_str(), "words" | "bits" | "interface");
    match (form.kind.as_str(), sort) {
        ("unsigned", Sort::Unsigned | Sort::Byte)
        // The sign of a byte is in the structure behind it; the kernel puts it as unsigned.
        | ("big" | "signed", Sort::Byte)
        | ("signed", Sort::Signed)
        | ("big" | "signed-big", Sort::Big)
        | ("text", Sort::Text)
        | ("flag", Sort::Flag)
        | ("address", Sort::Address | Sort::Big | Sort::Bytes)
        | ("nest" | "list" | "headed" | "hops" | "items", Sort::Nest)
        | ("bitfield", Sort::Bitfield)
        | ("secret", _) => true,
        ("unsigned", Sort::Signed) => stands_for,
        ("signed", Sort::Unsigned) => stands_for || !by_code,
        ("big" | "signed-big" | "address", Sort::Unsigned) => !by_code,
        ("items", Sort::Unsigned | Sort::Signed | Sort::Big | Sort::Structure(_)) => {
            let item = form.detail.split_once(':').map(|(_, item)| Form::parse(item));
            item.is_some_and(|item| fits(&item, sort, by_code))
        }
        ("bitfield", Sort::Structure(name)) => name == "nla_bitfield32",
        ("address", Sort::Structure(name)) => matches!(name.as_str(), "in_addr" | "in6_addr"),
        ("socket-address", Sort::Structure(name)) => name.contains("sockaddr"),
        ("headed" | "hops" | "structure", Sort::Structure(name)) => form.detail == *name,
        (kind, Sort::Bytes) => BYTES.contains(&kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(forms: &str, said: &[(Place, Sort)]) -> Verdict {
        let forms = forms.split('|').map(Form::parse).collect();
        verdict(&Attribute { number: 1, name: "A".to_owned(), forms }, said)
    }

    #[test]
    fn byte_order_and_sign_are_those_of_the_code() {
        let (policy, read, write) = (Place::Policy, Place::Read, Place::Write);
        let differs = |forms, said: &[_]| matches!(of(forms, said), Verdict::Differs(_));
        assert_eq!(of("big:plain", &[(policy, Sort::Unsigned), (write, Sort::Big)]), Verdict::Same);
        assert!(differs("unsigned:plain", &[(policy, Sort::Unsigned), (write, Sort::Big)]));
        assert!(differs("big:plain", &[(read, Sort::Unsigned)]));
        assert!(differs("unsigned:plain", &[(write, Sort::Signed)]));
        assert_eq!(of("unsigned:words", &[(write, Sort::Signed)]), Verdict::Same);
        assert_eq!(of("big:plain", &[(policy, Sort::Unsigned)]), Verdict::Same);
        assert!(differs("flag", &[(write, Sort::Unsigned)]));
        assert!(differs("bytes", &[(write, Sort::Nest)]));
        assert!(differs("unsigned:plain", &[(policy, Sort::Flag)]));
    }

    #[test]
    fn a_structure_has_a_name() {
        let s = || Sort::Structure("s".to_owned());
        assert_eq!(of("structure:s", &[(Place::Read, s())]), Verdict::Same);
        assert_eq!(of("items:4:structure:s", &[(Place::Read, s())]), Verdict::Same);
        assert!(matches!(of("bytes", &[(Place::Read, s())]), Verdict::Differs(_)));
    }

    #[test]
    fn what_is_said_in_two_ways_is_untold() {
        let both = [(Place::Read, Sort::Unsigned), (Place::Write, Sort::Text)];
        assert!(matches!(of("text", &both), Verdict::Untold(_)));
        assert!(matches!(of("text", &[]), Verdict::Untold(_)));
        assert!(matches!(of("text", &[(Place::Write, Sort::Bytes)]), Verdict::Untold(_)));
        assert_eq!(of("text|unsigned:plain", &both), Verdict::Same);
    }
}
