//! What the kernel's code says of an attribute's value: how it writes it, reads it, and what its policy
//! lets in.
//!
//! Invariant: only what names the attribute itself counts. A value that goes through a function or a
//! variable that is not known here says nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::{self, Call};
use super::wrappers::Wrappers;

/// What a value is by one place of the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// A number of one byte, which has no order.
    Byte,
    Unsigned,
    Signed,
    Big,
    Little,
    Flag,
    Text,
    Nest,
    Address,
    Bitfield,
    Structure(String),
    /// Bytes, of which the place says no more.
    Bytes,
}

/// Where it is said. What writes a value knows best; a policy often says only how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Policy,
    Read,
    Write,
}

/// What all places say, by name of the attribute.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    found: BTreeMap<String, BTreeSet<(Place, Sort)>>,
}

/// Functions that end in what they write or read, behind `nla_put_` or `nla_get_`.
const NUMBERS: &[(&str, Sort)] = &[
    ("u8", Sort::Byte),
    ("u16", Sort::Unsigned),
    ("u32", Sort::Unsigned),
    ("u64", Sort::Unsigned),
    ("u64_64bit", Sort::Unsigned),
    ("u64_pad", Sort::Unsigned),
    ("uint", Sort::Unsigned),
    ("msecs", Sort::Unsigned),
    ("s8", Sort::Signed),
    ("s16", Sort::Signed),
    ("s32", Sort::Signed),
    ("s64", Sort::Signed),
    ("sint", Sort::Signed),
    ("be16", Sort::Big),
    ("be32", Sort::Big),
    ("be64", Sort::Big),
    ("net16", Sort::Big),
    ("net32", Sort::Big),
    ("net64", Sort::Big),
    ("le16", Sort::Little),
    ("le32", Sort::Little),
    ("le64", Sort::Little),
    ("flag", Sort::Flag),
    ("string", Sort::Text),
    ("nul_string", Sort::Text),
    ("in_addr", Sort::Address),
    ("in6_addr", Sort::Address),
    ("bitfield32", Sort::Bitfield),
    ("ipaddr4", Sort::Nest),
    ("ipaddr6", Sort::Nest),
    ("empty_nest", Sort::Nest),
];

/// Other functions, with the place and what the value is.
const FUNCTIONS: &[(&str, Place, Sort)] = &[
    ("devlink_nl_put_u64", Place::Write, Sort::Unsigned),
    ("ethnl_put_bitset", Place::Write, Sort::Nest),
    ("ethnl_put_bitset32", Place::Write, Sort::Nest),
    ("ethnl_put_strz", Place::Write, Sort::Text),
    ("ip_set_get_h16", Place::Read, Sort::Big),
    ("ip_set_get_h32", Place::Read, Sort::Big),
    ("ip_set_get_hostipaddr4", Place::Read, Sort::Nest),
    ("ip_set_get_ipaddr4", Place::Read, Sort::Nest),
    ("ip_set_get_ipaddr6", Place::Read, Sort::Nest),
    ("ip_set_get_n16", Place::Read, Sort::Big),
    ("ipset_nest_start", Place::Write, Sort::Nest),
    ("nft_dump_register", Place::Write, Sort::Big),
    ("nft_parse_register_load", Place::Read, Sort::Big),
    ("nft_parse_register_store", Place::Read, Sort::Big),
    ("nft_parse_u32_check", Place::Read, Sort::Big),
    ("nla_for_each_nested", Place::Read, Sort::Nest),
    ("nla_for_each_nested_type", Place::Read, Sort::Nest),
    ("nla_nest_start", Place::Write, Sort::Nest),
    ("nla_nest_start_noflag", Place::Write, Sort::Nest),
    ("nla_parse_nested", Place::Read, Sort::Nest),
    ("nla_parse_nested_deprecated", Place::Read, Sort::Nest),
    ("nla_strcmp", Place::Read, Sort::Text),
    ("nla_strdup", Place::Read, Sort::Text),
    ("nla_strscpy", Place::Read, Sort::Text),
];

/// What writes bytes, whose length is its third argument.
const RAW: &[&str] = &["nla_put", "nla_put_64bit", "nla_reserve", "nla_reserve_64bit"];

/// What may be the type of a policy.
const POLICIES: &[(&str, Sort)] = &[
    ("NLA_U8", Sort::Byte),
    ("NLA_U16", Sort::Unsigned),
    ("NLA_U32", Sort::Unsigned),
    ("NLA_U64", Sort::Unsigned),
    ("NLA_UINT", Sort::Unsigned),
    ("NLA_MSECS", Sort::Unsigned),
    ("NLA_S8", Sort::Signed),
    ("NLA_S16", Sort::Signed),
    ("NLA_S32", Sort::Signed),
    ("NLA_S64", Sort::Signed),
    ("NLA_SINT", Sort::Signed),
    ("NLA_BE16", Sort::Big),
    ("NLA_BE32", Sort::Big),
    ("NLA_FLAG", Sort::Flag),
    ("NLA_STRING", Sort::Text),
    ("NLA_NUL_STRING", Sort::Text),
    ("NLA_NESTED", Sort::Nest),
    ("NLA_NESTED_ARRAY", Sort::Nest),
    ("NLA_BITFIELD32", Sort::Bitfield),
    ("NLA_POLICY_NESTED", Sort::Nest),
    ("NLA_POLICY_NESTED_ARRAY", Sort::Nest),
    ("NLA_POLICY_BITFIELD32", Sort::Bitfield),
    ("NLA_POLICY_ETH_ADDR", Sort::Bytes),
    ("NLA_POLICY_ETH_ADDR_COMPAT", Sort::Bytes),
    ("NLA_BINARY", Sort::Bytes),
    ("NLA_UNSPEC", Sort::Bytes),
];

impl Evidence {
    /// Adds what a file's code says of the attributes that are known.
    pub(super) fn add(&mut self, code: &str, wrappers: &Wrappers, known: &BTreeSet<&str>) {
        for call in scan::calls(code, |name| is_wanted(name) || wrappers.knows(name)) {
            for (argument, place, sort) in of_call(&call).into_iter().chain(wrappers.of(&call)) {
                match place {
                    Place::Read => self.name(indexes(argument).into_iter(), place, &sort, known),
                    _ => self.name(scan::words(argument), place, &sort, known),
                }
            }
        }
        for (name, value) in scan::entries(code) {
            for sort in policy(value) {
                self.name([name].into_iter(), Place::Policy, &sort, known);
            }
        }
    }

    /// What is known of an attribute, by the places that know best.
    pub(super) fn of(&self, name: &str) -> Vec<(Place, Sort)> {
        self.found.get(name).into_iter().flatten().cloned().collect()
    }

    fn name<'a>(
        &mut self,
        names: impl Iterator<Item = &'a str>,
        place: Place,
        sort: &Sort,
        known: &BTreeSet<&str>,
    ) {
        for name in names.filter(|name| known.contains(name)) {
            self.found.entry(name.to_owned()).or_default().insert((place, sort.clone()));
        }
    }
}

pub(super) fn is_wanted(function: &str) -> bool {
    function.starts_with("nla_") || FUNCTIONS.iter().any(|known| known.0 == function)
}

/// What a call says, with the argument that it says it of.
pub(super) fn of_call<'a>(call: &Call<'a>) -> Vec<(&'a str, Place, Sort)> {
    let mut found = Vec::new();
    for (place, sort) in said(call) {
        let arguments = match place {
            Place::Write => call.arguments.get(1..2).unwrap_or_default(),
            _ => &call.arguments[..],
        };
        found.extend(arguments.iter().map(|argument| (*argument, place, sort.clone())));
    }
    found
}

/// What a call says of the value.
fn said(call: &Call<'_>) -> Vec<(Place, Sort)> {
    let function = call.function;
    if let Some((_, place, sort)) = FUNCTIONS.iter().find(|known| known.0 == function) {
        return vec![(*place, sort.clone())];
    }
    if RAW.contains(&function) {
        let len = call.arguments.get(2).copied().unwrap_or_default();
        return vec![(Place::Write, of_length(len))];
    }
    let number = |behind: &str| NUMBERS.iter().find(|n| n.0 == behind).map(|n| n.1.clone());
    if let Some(sort) = function.strip_prefix("nla_put_").and_then(number) {
        return vec![(Place::Write, sort)];
    }
    let read = function.strip_prefix("nla_get_").map(|rest| rest.trim_end_matches("_default"));
    if let Some(sort) = read.and_then(number) {
        return vec![(Place::Read, sort)];
    }
    if function == "nla_data" {
        return pointed(call.before).into_iter().map(|sort| (Place::Read, sort)).collect();
    }
    Vec::new()
}

/// `sizeof(struct tc_ratespec)`, `sizeof(*info)`, `ETH_ALEN`.
fn of_length(len: &str) -> Sort {
    let inside = len
        .strip_prefix("sizeof")
        .map(str::trim_start)
        .and_then(|rest| scan::enclosed(rest, rest.len()));
    match inside.map(str::trim) {
        Some("__be16" | "__be32" | "__be64") => Sort::Big,
        Some(inside) => {
            let name = inside.strip_prefix("struct ").map(str::trim);
            name.map_or(Sort::Bytes, |name| Sort::Structure(name.to_owned()))
        }
        None => Sort::Bytes,
    }
}

/// What the bytes are cast or assigned to: `struct tc_u32_sel *s = nla_data(...)`.
fn pointed(before: &str) -> Option<Sort> {
    let before = before.trim_end().trim_end_matches('=').trim_end();
    let before = before.strip_suffix(')').unwrap_or(before).trim_end();
    let kind = before.rsplit_once('*')?.0.trim_end();
    let mut words = kind.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    match (words.next()?, words.next()) {
        ("__be16" | "__be32" | "__be64", _) => Some(Sort::Big),
        (name, Some("struct")) => Some(Sort::Structure(name.to_owned())),
        _ => None,
    }
}

/// The names in `tb[NAME]`.
fn indexes(code: &str) -> Vec<&str> {
    let parts = code.split('[').skip(1).filter_map(|part| part.split_once(']'));
    parts.map(|part| part.0.trim()).collect()
}

/// What a policy's entry lets in. One without a type gives the least length of bytes.
fn policy(value: &str) -> Vec<Sort> {
    let words: Vec<_> = scan::words(value).collect();
    let known = |word: &&str| POLICIES.iter().find(|known| known.0 == *word);
    if let Some((name, sort)) = words.iter().find_map(known) {
        let bytes = matches!(*name, "NLA_BINARY" | "NLA_UNSPEC");
        let len = value.split_once(".len").filter(|_| bytes);
        let len = len.and_then(|(_, rest)| rest.split_once('=')).map(|(_, rest)| rest.trim());
        return vec![len.map_or_else(|| sort.clone(), of_length)];
    }
    let is_policy = words.first().is_some_and(|word| word.starts_with("NLA_POLICY_"));
    let len = value.split_once(".len").and_then(|(_, rest)| rest.split_once('='));
    match len {
        Some((_, len)) => vec![of_length(len.trim())],
        None if is_policy => vec![Sort::Bytes],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str, name: &str) -> Vec<(Place, Sort)> {
        let mut evidence = Evidence::default();
        evidence.add(
            &scan::clean(source),
            &Wrappers::default(),
            &BTreeSet::from(["A_ONE", "A_TWO"]),
        );
        evidence.of(name)
    }

    #[test]
    fn what_writes_a_value_says_what_it_is() {
        for (source, sort) in [
            ("nla_put_u32(skb, A_ONE, x)", Sort::Unsigned),
            ("if (nla_put_u64_64bit(skb, A_ONE, x, A_TWO))", Sort::Unsigned),
            ("nla_put_be16(skb, A_ONE, htons(2))", Sort::Big),
            ("nla_put_net32(skb, A_ONE, htonl(2))", Sort::Big),
            ("nla_put_s32(skb, A_ONE, -1)", Sort::Signed),
            ("nla_put_flag(skb, A_ONE)", Sort::Flag),
            ("nla_put_string(skb, A_ONE, \"lo\")", Sort::Text),
            ("nla_put_in_addr(skb, A_ONE, a)", Sort::Address),
            ("nest = nla_nest_start_noflag(skb, A_ONE);", Sort::Nest),
            ("nla_put(skb, A_ONE, sizeof(struct s), &s)", Sort::Structure("s".to_owned())),
            ("nla_put(skb, A_ONE, sizeof(__be32), &s)", Sort::Big),
            ("nla_put(skb, A_ONE, ETH_ALEN, mac)", Sort::Bytes),
        ] {
            assert_eq!(of(source, "A_ONE"), [(Place::Write, sort)], "{source}");
        }
        // The attribute that fills the gap is not written.
        assert!(of("nla_put_u64_64bit(skb, A_ONE, x, A_TWO)", "A_TWO").is_empty());
        let either = "nla_put_u8(skb, six ? A_ONE : A_TWO, 1)";
        assert_eq!(of(either, "A_TWO"), [(Place::Write, Sort::Byte)]);
    }

    #[test]
    fn what_reads_a_value_says_what_it_is() {
        for (source, sort) in [
            ("x = nla_get_u8(tb[A_ONE]);", Sort::Byte),
            ("nla_get_u32_default(info->attrs[A_ONE], 7)", Sort::Unsigned),
            ("x = ntohs(nla_get_be16(tb[A_ONE]))", Sort::Big),
            ("err = nla_parse_nested(t, MAX, tb[A_ONE], policy, e)", Sort::Nest),
            ("nla_for_each_nested(pos, tb[A_ONE], rem)", Sort::Nest),
            ("struct s *s = nla_data(tb[A_ONE]);", Sort::Structure("s".to_owned())),
            ("x = (const struct s *)nla_data(tb[A_ONE]);", Sort::Structure("s".to_owned())),
            ("x = *(__be32 *)nla_data(tb[A_ONE]);", Sort::Big),
        ] {
            assert_eq!(of(source, "A_ONE"), [(Place::Read, sort)], "{source}");
        }
        assert!(of("x = nla_data(tb[A_ONE]);", "A_ONE").is_empty());
    }

    #[test]
    fn a_policy_says_what_it_lets_in() {
        for (entry, sort) in [
            ("{ .type = NLA_U16 }", Sort::Unsigned),
            ("NLA_POLICY_RANGE(NLA_S32, -1, 1)", Sort::Signed),
            ("NLA_POLICY_MAX(NLA_BE32, 1)", Sort::Big),
            ("NLA_POLICY_NESTED(other_policy)", Sort::Nest),
            ("{ .type = NLA_FLAG }", Sort::Flag),
            ("{ .len = sizeof(struct s) }", Sort::Structure("s".to_owned())),
            ("NLA_POLICY_EXACT_LEN(6)", Sort::Bytes),
            ("{ .type = NLA_BINARY, .len = sizeof(struct s) }", Sort::Structure("s".to_owned())),
        ] {
            let source = format!("static policy = {{ [A_ONE] = {entry}, }};");
            assert_eq!(of(&source, "A_ONE"), [(Place::Policy, sort)], "{entry}");
        }
        assert!(of("names = { [A_ONE] = other };", "A_ONE").is_empty());
    }
}
