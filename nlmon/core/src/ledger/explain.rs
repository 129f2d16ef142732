//! Answers: what is known of the objects that somebody asks about, and what weakens that. Sentences
//! are made of it where times are shown.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::change::{Change, Learnt};
use super::kind::Kind;
use super::listing::{Space, Why};
use super::store::{Key, Object};
use super::{Ledger, names};
use crate::record::Cause;

/// Objects that an answer has, at most.
const OBJECTS_MAX: usize = 64;

/// Which objects somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Routes to a prefix, `default` or as `ip` prints it, of a table.
    Route {
        /// `default`, an address, or a prefix.
        dst: String,
        /// Name or number of the table.
        table: String,
        /// `inet` or `inet6`, where that is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        family: Option<String>,
    },
    /// An interface that has or had this name, or has this index.
    Link(String),
    /// An address, with or without its length.
    Address(String),
    /// Rules of this priority.
    Rule(String),
    /// A nexthop object by its id.
    Nexthop(String),
    /// A permanent neighbour or an entry of a bridge, by its address.
    Neighbour(String),
    /// What is in a table of nftables, or in one of its chains.
    Nft {
        /// Name of the table.
        table: String,
        /// Name of the chain or the set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chain: Option<String>,
    },
}

/// A question that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

/// What is known of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Inode number of its network namespace.
    pub netns: u32,
    /// Its kind.
    pub kind: Kind,
    /// Which one, in the words of `ip`, `bridge`, `tc` and `nft`.
    pub object: String,
    /// It is there.
    pub is_there: bool,
    /// It was there at the first list, at this time of day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there_since_before: Option<String>,
    /// What is, or was, so about it.
    pub facts: Vec<(String, String)>,
    /// Changes that are not remembered any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Its changes, oldest first.
    pub changes: Vec<Change>,
    /// What weakens the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What weakens an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Something was missed, and no list has been taken since.
    NotListedSince(Why),
    /// The last change was found by a list: when it was, and who did it, is not known.
    FoundByList,
    /// The kernel told of the last change, and what made it do so is not known.
    CauseUnknown,
    /// The last change was told while another request was handled, which only read.
    Flushed,
    /// Something was missed before the last change: there may have been others.
    MissedBefore(Why),
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What is known, the objects that are there first.
    pub objects: Vec<Known>,
    /// Objects that were left out, because there are so many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// Namespaces in which such objects are known.
    pub namespaces: Vec<u32>,
    /// Objects of these kinds that had no room: what was asked about may be among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_kept: u64,
}

impl Query {
    /// Reads `route default`, `route 192.0.2.0/24 table 7`, `link eth0` and the like.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(words: &[&str]) -> Result<Self, QueryError> {
        let wrong = |text: &str| Err(QueryError(text.to_owned()));
        let (what, rest) = words.split_first().map_or(("", words), |(what, rest)| (*what, rest));
        match (what, rest) {
            ("route", [prefix]) => Self::route(prefix, "main"),
            ("route", [prefix, "table", table]) => Self::route(prefix, table),
            ("route", _) => wrong("say which route: explain route PREFIX [table TABLE]"),
            ("link", [name]) => Ok(Self::Link((*name).to_owned())),
            ("link", _) => wrong("say which link: explain link NAME"),
            ("addr" | "address", [address]) => Ok(Self::Address((*address).to_owned())),
            ("addr" | "address", _) => wrong("say which address: explain addr ADDRESS"),
            ("rule", [number]) if number.parse::<u32>().is_ok() => {
                Ok(Self::Rule((*number).to_owned()))
            }
            ("rule", _) => wrong("say which rule: explain rule PRIORITY"),
            ("nexthop", [id]) => Ok(Self::Nexthop((*id).to_owned())),
            ("nexthop", _) => wrong("say which nexthop: explain nexthop ID"),
            ("neigh" | "neighbour", [address]) => Ok(Self::Neighbour((*address).to_owned())),
            ("neigh" | "neighbour", _) => wrong("say which neighbour: explain neigh ADDRESS"),
            ("nft", [table]) => Ok(Self::Nft { table: (*table).to_owned(), chain: None }),
            ("nft", [table, chain]) => {
                Ok(Self::Nft { table: (*table).to_owned(), chain: Some((*chain).to_owned()) })
            }
            ("nft", _) => wrong("say which table: explain nft TABLE [CHAIN]"),
            _ => wrong("say what to explain: route, link, addr, rule, nexthop, neigh or nft"),
        }
    }

    fn route(prefix: &str, table: &str) -> Result<Self, QueryError> {
        let table = match table {
            "253" => "default",
            "254" => "main",
            "255" => "local",
            other => other,
        };
        let table = table.to_owned();
        if prefix == "default" {
            return Ok(Self::Route { dst: "default".to_owned(), table, family: None });
        }
        let none = || QueryError(format!("{prefix:?} is no prefix: use default or 192.0.2.0/24"));
        let (ip, len) = prefix.split_once('/').map_or((prefix, None), |(ip, len)| (ip, Some(len)));
        let ip: IpAddr = ip.parse().map_err(|_no_address| none())?;
        let host = if ip.is_ipv4() { 32 } else { 128 };
        let family = if ip.is_ipv4() { "inet" } else { "inet6" };
        let len = len.map_or(Ok(host), str::parse::<u32>).map_err(|_no_number| none())?;
        let dst = match len {
            0 => "default".to_owned(),
            len if len == host => ip.to_string(),
            len if len < host => format!("{ip}/{len}"),
            _ => return Err(none()),
        };
        Ok(Self::Route { dst, table, family: Some(family.to_owned()) })
    }

    fn kinds(&self) -> &'static [Kind] {
        match self {
            Self::Route { .. } => &[Kind::Route],
            Self::Link(_) => &[Kind::Link],
            Self::Address(_) => &[Kind::Address],
            Self::Rule(_) => &[Kind::Rule],
            Self::Nexthop(_) => &[Kind::Nexthop],
            Self::Neighbour(_) => &[Kind::Neighbour, Kind::Fdb],
            Self::Nft { .. } => &[Kind::NftTable, Kind::NftChain, Kind::NftSet, Kind::NftRule],
        }
    }

    fn is_about(&self, key: &Key, object: &Object) -> bool {
        let facts = &object.facts;
        let is = |name: &str, value: &str| facts.get(name) == Some(value);
        match self {
            Self::Route { dst, table, family } => {
                is("dst", dst)
                    && is("table", table)
                    && family.as_ref().is_none_or(|family| is("family", family))
            }
            Self::Link(name) => {
                let also = facts.get("altnames").unwrap_or_default();
                is("name", name)
                    || key.base() == name
                    || also.split(',').any(|also| also == name)
                    || object.history.iter().any(|change| change.object == *name)
            }
            Self::Address(address) => match address.split_once('/') {
                Some((address, len)) => is("address", address) && is("length", len),
                None => is("address", address),
            },
            Self::Rule(number) => is("priority", number),
            Self::Nexthop(id) => is("id", id),
            Self::Neighbour(address) => is("address", address),
            Self::Nft { table, chain } => {
                let is_in = |chain: &String| is("chain", chain) || is("set", chain);
                is("table", table) && chain.as_ref().is_none_or(is_in)
            }
        }
    }
}

impl Ledger {
    /// What is known of the objects that are asked about, in this namespace or in all.
    pub fn explain(&self, query: &Query, netns: Option<u32>) -> Explanation {
        let mut answer = Explanation::default();
        for (number, space) in &self.spaces {
            if netns.is_some_and(|netns| netns != *number) {
                continue;
            }
            for kind in query.kinds().iter().filter(|kind| space.covers(**kind)) {
                answer.not_kept += self.store.missing(*number, *kind);
                if answer.namespaces.last() != Some(number) {
                    answer.namespaces.push(*number);
                }
                let all = self.store.below(*number, *kind, "");
                let about = all.filter(|(key, object)| query.is_about(key, object));
                answer.objects.extend(about.map(|(key, object)| self.known(key, object, space)));
            }
        }
        answer.objects.sort_by_key(|known| {
            let last = known.changes.last().map_or(0, |change| change.number);
            (!known.is_there, std::cmp::Reverse(last))
        });
        answer.more = answer.objects.len().saturating_sub(OBJECTS_MAX) as u64;
        answer.objects.truncate(OBJECTS_MAX);
        answer
    }

    fn known(&self, key: &Key, object: &Object, space: &Space) -> Known {
        let named = |(field, value): (&str, &str)| {
            (field.to_owned(), names::in_fact(&self.store, key.netns(), field, value))
        };
        Known {
            netns: key.netns(),
            kind: key.kind(),
            object: names::in_text(&self.store, key.netns(), key.kind(), &object.title),
            is_there: object.is_live,
            there_since_before: object.listed_at.as_deref().map(str::to_owned),
            facts: object.facts.iter().map(named).collect(),
            forgotten: object.forgotten,
            changes: object.history.iter().map(|change| (**change).clone()).collect(),
            doubts: doubts(object, space),
        }
    }
}

fn doubts(object: &Object, space: &Space) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if let Some(gap) = &space.pending {
        doubts.push(Doubt::NotListedSince(gap.why.clone()));
    } else if let Some(why) = &space.suspects {
        doubts.push(Doubt::NotListedSince(why.clone()));
    }
    let Some(last) = object.history.back() else { return doubts };
    match (last.learnt, last.cause) {
        (Learnt::Listed, _) => doubts.push(Doubt::FoundByList),
        (_, Some(Cause::Flushed)) => doubts.push(Doubt::Flushed),
        (_, Some(Cause::Unknown) | None) => doubts.push(Doubt::CauseUnknown),
        _ => {}
    }
    // Of what was missed later, a list has shown that it is not about this object.
    let before = object.history.iter().rev().nth(1).map_or(0, |change| change.time_ns);
    let is_between = |gap: &&(u64, u64, Why)| gap.1 > before && gap.0 < last.time_ns;
    if let Some((_, _, why)) = space.gaps.iter().find(is_between) {
        doubts.push(Doubt::MissedBefore(why.clone()));
    }
    doubts
}
