//! What nlmon's tables hold, as the example `inventory` of the core crate prints it. A program of its
//! own prints it, so that this crate, which everything else waits for, does not need the core crate.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{layout, process};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) sets: Vec<Set>,
    pub(super) structures: Vec<Structure>,
    pub(super) words: Vec<Words>,
    /// Families of generic netlink.
    pub(super) families: BTreeSet<String>,
    /// What the last line was about.
    pub(super) last: String,
}

/// What the numbers of an attribute or member stand for.
#[derive(Debug)]
pub(super) struct Words {
    /// Its name; with that of its structure, if it is a member.
    pub(super) of: String,
    /// The numbers are bits.
    pub(super) bits: bool,
    pub(super) names: Vec<(i64, String)>,
}

/// The attributes of one nest or message.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) path: String,
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) number: i64,
    pub(super) name: String,
    /// What the value may be: one of these.
    pub(super) forms: Vec<Form>,
}

#[derive(Debug)]
pub(super) struct Structure {
    /// Empty if it is none of the kernel's headers.
    pub(super) name: String,
    pub(super) path: String,
    pub(super) members: Vec<Member>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) offset: usize,
    /// 0 for all that is left.
    pub(super) size: usize,
    pub(super) form: Form,
}

/// What a value is: the first of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) kind: String,
    /// What follows: the meaning of a number, the name of a structure, what items are.
    pub(super) detail: String,
}

impl Form {
    pub(super) fn parse(text: &str) -> Self {
        let (kind, detail) = text.split_once(':').unwrap_or((text, ""));
        Self { kind: kind.to_owned(), detail: detail.to_owned() }
    }

    /// As it was printed.
    pub(super) fn text(&self) -> String {
        if self.detail.is_empty() {
            return self.kind.clone();
        }
        format!("{}:{}", self.kind, self.detail)
    }
}

/// Builds and runs the example.
pub(super) fn read() -> Result<Tables> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(layout::root());
    cargo.args(["run", "--quiet", "--package", "nlmon-core", "--example", "inventory"]);
    parse(&process::capture(&mut cargo)?)
}

fn parse(text: &str) -> Result<Tables> {
    let mut tables = Tables::default();
    for line in text.lines() {
        add(&mut tables, line).with_context(|| format!("cannot read `{line}`"))?;
    }
    Ok(tables)
}

fn add(tables: &mut Tables, line: &str) -> Result<()> {
    let fields: Vec<_> = line.split('\t').collect();
    match fields[..] {
        ["family", name] => {
            tables.families.insert(name.to_owned());
        }
        ["set", path] => {
            tables.sets.push(Set { path: path.to_owned(), attributes: Vec::new() });
        }
        ["attribute", number, name, forms] => {
            let set = tables.sets.last_mut().context("there is no set")?;
            let forms = forms.split('|').map(Form::parse).collect();
            name.clone_into(&mut tables.last);
            let (number, name) = (number.parse()?, name.to_owned());
            set.attributes.push(Attribute { number, name, forms });
        }
        ["structure", name, path] => {
            let (name, path) = (name.to_owned(), path.to_owned());
            tables.structures.push(Structure { name, path, members: Vec::new() });
        }
        ["member", name, offset, size, form] => {
            let structure = tables.structures.last_mut().context("there is no structure")?;
            tables.last = format!("{}.{name}", structure.name);
            let (offset, size) = (offset.parse()?, size.parse()?);
            let (name, form) = (name.to_owned(), Form::parse(form));
            structure.members.push(Member { name, offset, size, form });
        }
        [kind @ ("words" | "bits"), ref names @ ..] => {
            let word = |text: &&str| {
                let (number, word) = text.split_once('=').context("no number")?;
                Ok((number.parse()?, word.to_owned()))
            };
            let names = names.iter().map(word).collect::<Result<_>>()?;
            tables.words.push(Words { of: tables.last.clone(), bits: kind == "bits", names });
        }
        _ => bail!("no line of an inventory"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_belong_to_what_is_above() {
        let text = "family\tnl80211\nset\tRTM_NEWLINK\nattribute\t4\tIFLA_MTU\tunsigned:plain\nattribute\t7\tX\tnest|bytes\n\
                    structure\tifinfomsg\tRTM_NEWLINK/ifinfomsg\nmember\tifi_family\t0\t1\tunsigned:words\n\
                    words\t2=inet\t10=inet6";
        let tables = parse(text).unwrap();
        assert!(tables.families.contains("nl80211"));
        let attributes = &tables.sets[0].attributes;
        assert_eq!((attributes[0].number, attributes[1].forms.len()), (4, 2));
        assert_eq!(attributes[0].forms[0].text(), "unsigned:plain");
        assert_eq!(tables.structures[0].members[0].size, 1);
        assert_eq!(tables.words[0].of, "ifinfomsg.ifi_family");
        assert_eq!(tables.words[0].names[1], (10, "inet6".to_owned()));
        assert!(parse("attribute\t4\tIFLA_MTU\tflag").is_err());
    }
}
