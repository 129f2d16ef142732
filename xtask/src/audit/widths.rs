//! How many bytes the kernel writes, reads and lets in of each number, and the decoder's list of that:
//! by it a number of another length is called malformed.
//!
//! Invariant: only a number of which all places say the same is in the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, bail};

use super::scan;
use super::tables::Tables;
use crate::layout;

/// The decoder's list.
const LIST: &str = "nlmon/core/src/decode/tables/widths.txt";

/// What it begins with.
const HEAD: &str = "\
# Bytes of each number that the kernel's source says the length of, by name of the attribute.
# `cargo xtask audit --widths` writes it.
";

/// Endings of functions and of policies, and how long such a number is; 0 if it is 4 or 8.
const WIDTHS: &[(&str, u8)] = &[
    ("u8", 1),
    ("s8", 1),
    ("u16", 2),
    ("s16", 2),
    ("be16", 2),
    ("net16", 2),
    ("le16", 2),
    ("u32", 4),
    ("s32", 4),
    ("be32", 4),
    ("net32", 4),
    ("le32", 4),
    ("u64", 8),
    ("u64_64bit", 8),
    ("u64_pad", 8),
    ("s64", 8),
    ("be64", 8),
    ("net64", 8),
    ("le64", 8),
    ("msecs", 8),
    ("uint", 0),
    ("sint", 0),
];

/// Forms of numbers, as the example `inventory` calls them.
const NUMBERS: &[&str] = &["unsigned", "signed", "big", "signed-big"];

/// What all places say, by name of the attribute.
#[derive(Debug, Default)]
pub(super) struct Widths(BTreeMap<String, BTreeSet<u8>>);

impl Widths {
    /// Adds what a file's cleaned code says.
    pub(super) fn add(&mut self, code: &str) {
        let of_function = |name: &str| {
            let rest = name.strip_prefix("nla_put_").or_else(|| name.strip_prefix("nla_get_"))?;
            width(rest.trim_end_matches("_default"))
        };
        for call in scan::calls(code, |name| of_function(name).is_some()) {
            let Some(width) = of_function(call.function) else { continue };
            let is_put = call.function.starts_with("nla_put_");
            let place = if is_put { 1..2 } else { 0..1 };
            for argument in call.arguments.get(place).unwrap_or_default() {
                scan::words(argument).for_each(|name| self.note(name, width));
            }
        }
        for (name, value) in scan::entries(code) {
            let kinds = scan::words(value).filter_map(|word| word.strip_prefix("NLA_"));
            for width in kinds.filter_map(|kind| width(&kind.to_ascii_lowercase())) {
                self.note(name, width);
            }
        }
    }

    fn note(&mut self, name: &str, width: u8) {
        self.0.entry(name.to_owned()).or_default().insert(width);
    }

    /// The decoder's list, as it should be.
    fn list(&self, tables: &Tables) -> String {
        let all = tables.sets.iter().flat_map(|set| &set.attributes);
        let is_number = |kind: &String| NUMBERS.contains(&kind.as_str());
        let numbers = all.filter(|a| a.forms.iter().all(|form| is_number(&form.kind)));
        let names: BTreeSet<&str> = numbers.map(|attribute| attribute.name.as_str()).collect();
        let mut list = HEAD.to_owned();
        for name in names {
            let said = self.0.get(name).into_iter().flatten().copied().collect::<Vec<_>>();
            if let [width @ (1 | 2 | 4 | 8)] = said[..] {
                writeln!(list, "{name} {width}").expect("a text takes everything");
            }
        }
        list
    }

    /// Writes the decoder's list, or else fails if it is another one.
    pub(super) fn keep(&self, tables: &Tables, write: bool) -> Result<()> {
        let path = layout::root().join(LIST);
        let list = self.list(tables);
        if write {
            return fs::write(&path, list).with_context(|| format!("cannot write {LIST}"));
        }
        let found = fs::read_to_string(&path).with_context(|| format!("cannot read {LIST}"))?;
        if found != list {
            let other: Vec<_> =
                lines(&found).symmetric_difference(&lines(&list)).copied().collect();
            bail!(
                "{LIST} is not what the source says (`cargo xtask audit --widths` writes it): {}",
                other.join(", ")
            );
        }
        println!("{} numbers by length", lines(&list).len());
        Ok(())
    }
}

fn lines(list: &str) -> BTreeSet<&str> {
    list.lines().filter(|line| !line.starts_with('#')).collect()
}

fn width(ending: &str) -> Option<u8> {
    WIDTHS.iter().find(|known| known.0 == ending).map(|known| known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_policies_say_how_long_a_number_is() {
        let mut widths = Widths::default();
        widths.add("nla_put_u32(skb, A_ONE, x); y = nla_get_be16(tb[A_TWO]);");
        widths.add("x = nla_get_u8_default(tb[A_THREE], A_ONE);");
        widths.add("p = { [A_ONE] = { .type = NLA_U32 }, [A_TWO] = NLA_POLICY_MAX(NLA_U32, 7), };");
        widths.add("nla_put_uint(skb, A_FOUR, x);");
        let of = |name: &str| widths.0[name].iter().copied().collect::<Vec<_>>();
        assert_eq!(of("A_ONE"), [4]);
        assert_eq!(of("A_TWO"), [2, 4]);
        assert_eq!(of("A_THREE"), [1]);
        assert_eq!(of("A_FOUR"), [0]);
    }
}
