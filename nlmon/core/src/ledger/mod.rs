//! The ledger: the state of the network's objects in each namespace that is listened in, and who
//! changed what when. It begins with a list of what is there, goes on with what the kernel tells, and
//! is set right by another list when something was missed. `kind` says what is kept, `read` what a
//! message tells, `store` keeps it within limits, and `explain` answers questions.
//!
//! Invariant: one change of the kernel's state is one [`Change`], however often it is told; what
//! a list alone shows is never given a time or a cause. No I/O and no clock: time is an argument.

mod change;
mod explain;
mod facts;
mod kind;
mod listing;
mod names;
mod read;
mod silent;
mod store;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::decode::Body;
use crate::record::Cause;

pub use change::{Answered, Change, Learnt, Verb, Who};
pub use explain::{Doubt, Explanation, Known, Query, QueryError};
pub use facts::{Difference, Facts};
pub use kind::{Cover, Dump, Kind, Tells, dumps, told_by};
pub use listing::{List, Why};
pub use store::{Evicted, Limits};

use listing::{Gap, Space};
use read::Told;
use store::{Key, Object, Store};

/// The last changes that are kept for whoever asks what happened, of all objects.
const CHANGES_MAX: usize = 16_384;
/// Their part of the memory.
const CHANGES_SHARE: usize = 4;

/// What a notification of the kernel says, with what is known of how it came about.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Its name in `/run/netns`.
    pub netns_name: Option<&'a str>,
    /// When it was sent, `CLOCK_MONOTONIC` nanoseconds.
    pub time_ns: u64,
    /// The same by the time of day, as RFC 3339.
    pub time: &'a str,
    /// Netlink protocol number.
    pub protocol: u8,
    /// In whose context it was sent.
    pub process: Option<Arc<Who>>,
    /// What made the kernel send it.
    pub cause: Option<Cause>,
    /// The system call that made the kernel send it, with what is known of it.
    pub call: Option<String>,
    /// Type of the request inside which it was sent.
    pub request: Option<Cow<'static, str>>,
    /// What was answered to that request.
    pub result: Option<Cow<'static, str>>,
    /// Its messages, with their attributes.
    pub messages: &'a [Body],
}

/// What the ledger has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Changes.
    pub changes: u64,
    /// Messages about an object that say nothing new.
    pub repeated: u64,
    /// Neighbours and entries of bridges that the kernel learnt or forgot: not kept.
    pub passing: u64,
    /// What had no room.
    pub evicted: Evicted,
    /// Lists after the first.
    pub lists: u64,
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    changes: VecDeque<Arc<Change>>,
    changes_bytes: usize,
    limits: Limits,
    next_number: u64,
    spaces: BTreeMap<u32, Space>,
    listings: u32,
    /// How many objects of the list that is being taken in there were so far.
    listed: i64,
    counts: Counts,
    /// Kinds of which some were not kept before the list that is being taken in.
    absent: BTreeSet<Kind>,
    /// Namespaces of which a list is wanted.
    wanted: BTreeMap<u32, Why>,
}

impl Ledger {
    /// One that knows nothing yet.
    pub fn new(limits: Limits) -> Self {
        let own = limits.bytes / CHANGES_SHARE;
        let store = Store::new(Limits { bytes: limits.bytes - own, ..limits });
        Self {
            store,
            changes: VecDeque::new(),
            changes_bytes: 0,
            limits,
            next_number: 0,
            spaces: BTreeMap::new(),
            listings: 0,
            listed: 0,
            counts: Counts::default(),
            absent: BTreeSet::new(),
            wanted: BTreeMap::new(),
        }
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        Counts { evicted: self.store.evicted, ..self.counts }
    }

    /// How many objects are there, by kind.
    pub fn objects(&self) -> impl Iterator<Item = (Kind, usize)> {
        self.store.live()
    }

    /// How many are remembered, those included that are gone.
    pub fn remembered(&self) -> usize {
        self.store.len()
    }

    /// Memory that it takes, by estimate.
    pub fn bytes(&self) -> usize {
        self.store.bytes() + self.changes_bytes
    }

    /// Every object that is there, in order: its namespace, kind, title and facts.
    pub fn state(&self) -> Vec<(u32, Kind, String, Facts)> {
        let mut all = Vec::new();
        for netns in self.spaces.keys() {
            for kind in Kind::ALL {
                let live = self.store.below(*netns, kind, "").filter(|(_, object)| object.is_live);
                all.extend(live.map(|(_, object)| {
                    let title = names::in_text(&self.store, *netns, kind, &object.title);
                    (*netns, kind, title, object.facts.clone())
                }));
            }
        }
        all
    }

    /// The number that the next change gets.
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// The changes from this number on, at most so many, as far as they are kept.
    pub fn changes(&self, from: u64, most: usize) -> Vec<Arc<Change>> {
        let first = self.next_number - self.changes.len() as u64;
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        self.changes.iter().skip(skip).take(most).map(Arc::clone).collect()
    }

    /// What was answered to the request that the changes of these numbers were told inside of, which
    /// was not known by then.
    pub fn answered(&mut self, numbers: Range<u64>, answer: &Answered) {
        let most = usize::try_from(numbers.end - numbers.start).unwrap_or(usize::MAX);
        for change in self.changes(numbers.start, most) {
            if numbers.contains(&change.number) {
                change.result.set(answer);
            }
        }
    }

    /// Namespaces of which a list is wanted, and why. They are told once.
    pub fn take_wanted(&mut self) -> BTreeMap<u32, Why> {
        std::mem::take(&mut self.wanted)
    }

    /// Something was missed in a namespace, or in all that are listened in: until the next list what
    /// is known may be wrong.
    pub fn lost(&mut self, netns: Option<u32>, since_ns: u64, why: &Why) {
        let of = |(number, _): &(&u32, &mut Space)| netns.is_none_or(|netns| netns == **number);
        for (number, space) in self.spaces.iter_mut().filter(of) {
            space.pending.get_or_insert_with(|| Gap { since_ns, why: why.clone() });
            self.wanted.insert(*number, why.clone());
        }
    }

    /// Takes in what the kernel told.
    pub fn notice(&mut self, notice: &Notice<'_>) {
        self.notice_of(notice, None);
    }

    /// Takes in what the kernel told while a first list was taken, of what that list is of.
    pub fn notice_again(&mut self, notice: &Notice<'_>, list: &List) {
        if notice.netns == list.netns && notice.time_ns >= list.began_ns {
            self.notice_of(notice, Some(list));
        }
    }

    fn notice_of(&mut self, notice: &Notice<'_>, list: Option<&List>) {
        for message in notice.messages {
            let number = message.header.message_type;
            let Some((kind, _)) = told_by(notice.protocol, number) else { continue };
            if !message.whole || message.attributes.is_empty() {
                if self.spaces.get(&notice.netns).is_some_and(|space| space.covers(kind)) {
                    self.lost(Some(notice.netns), notice.time_ns, &Why::Cut);
                }
                continue;
            }
            let mut told = read::told(notice.protocol, message);
            told.retain(|told| {
                self.is_covered(notice, told)
                    && list.is_none_or(|list| list.holds(told.kind, &told.base))
            });
            self.replace(notice, &mut told);
            for told in told {
                self.take(notice, told);
            }
        }
    }

    /// Whether a list has been taken of what this is of, and this is newer.
    fn is_covered(&self, notice: &Notice<'_>, told: &Told) -> bool {
        let space = self.spaces.get(&notice.netns);
        let since = space.and_then(|space| space.listed_ns(told.kind, &told.base));
        since.is_some_and(|since_ns| notice.time_ns >= since_ns)
    }

    /// Lets what takes the place of an alternative do so. Those that are left over are gone, if
    /// the message names all that are there, as it does for IPv6.
    fn replace(&mut self, notice: &Notice<'_>, told: &mut Vec<Told>) {
        let Some(first) = told.first().filter(|told| told.replaces && told.kind == Kind::Route)
        else {
            return;
        };
        let (kind, base) = (first.kind, first.base.clone());
        let alternatives = self.store.alternatives(notice.netns, kind, &base);
        let is_other = |key: &Key| !told.iter().any(|told| told.rest == key.rest());
        let mut old: Vec<(i64, Key)> = alternatives
            .filter(|(key, object)| object.is_live && is_other(key))
            .map(|(key, object)| (object.order, key.clone()))
            .collect();
        old.sort();
        // IPv4 replaces the first of them, and leaves the others.
        let names_all = base.starts_with("inet6 ");
        for (_, key) in old {
            let key_of = |told: &Told| Key::new(notice.netns, kind, &*told.base, &*told.rest);
            let is_new = |told: &Told| self.store.get(&key_of(told)).is_none_or(|o| !o.is_live);
            match told.iter().position(is_new) {
                Some(place) => {
                    let told = told.remove(place);
                    let Some(object) = self.store.remove(&key) else { continue };
                    self.change(notice, key_of(&told), object, told);
                }
                None if names_all => self.delete(notice, &key, Learnt::Told, None),
                None => {}
            }
            if !names_all {
                return;
            }
        }
    }

    fn take(&mut self, notice: &Notice<'_>, mut told: Told) {
        let (base, rest) = (std::mem::take(&mut told.base), std::mem::take(&mut told.rest));
        let key = Key::new(notice.netns, told.kind, base, rest);
        let known = self.store.get(&key).map(|object| object.is_live);
        let is_passing = matches!(told.kind, Kind::Neighbour | Kind::Fdb);
        match (told.tells, known) {
            (Tells::There, Some(true)) if told.passing => {
                self.delete(notice, &key, Learnt::Told, None);
            }
            (Tells::There, Some(true)) => {
                let Some(object) = self.store.remove(&key) else { return };
                self.change(notice, key, object, told);
            }
            (Tells::Gone, Some(true)) => self.delete(notice, &key, Learnt::Told, None),
            _ if told.passing => self.counts.passing += 1,
            (Tells::There, gone) => {
                let object = gone.and_then(|_| self.store.remove(&key));
                self.add(notice, key, object.unwrap_or_default(), told);
            }
            (Tells::Gone, _) if is_passing => self.counts.passing += 1,
            (Tells::Gone, _) => self.delete_unknown(notice, key, told),
        }
    }

    fn add(&mut self, notice: &Notice<'_>, key: Key, mut object: Object, told: Told) {
        let order = self.place(&key, told.first);
        let change = self.new_change(notice, &key, &told.title, Verb::Added, Vec::new());
        object.title = told.title.into();
        object.facts = told.facts;
        object.is_live = true;
        object.order = order;
        object.listed_at = None;
        self.record(key, object, change);
    }

    /// Before or behind all alternatives.
    fn place(&self, key: &Key, is_first: bool) -> i64 {
        let alternatives = self.store.alternatives(key.netns(), key.kind(), key.base());
        let orders = alternatives.filter(|(_, object)| object.is_live).map(|(_, o)| o.order);
        let place =
            if is_first { orders.min().map(|o| o - 1) } else { orders.max().map(|o| o + 1) };
        place.unwrap_or_default()
    }

    /// An object that was there is as it is told now, if that is anything else.
    fn change(&mut self, notice: &Notice<'_>, key: Key, mut object: Object, told: Told) {
        let differences = object.facts.differences(&told.facts);
        if differences.is_empty() {
            self.counts.repeated += 1;
            self.store.put(key, object);
            return;
        }
        let went_down = key.kind() == Kind::Link && is_down(&differences);
        let change = self.new_change(notice, &key, &told.title, Verb::Changed, differences);
        object.title = told.title.into();
        object.facts = told.facts;
        let title = object.title.clone();
        self.record(key, object, change);
        if went_down {
            self.suspect(notice, &format!("link {title} went down"));
        }
    }

    fn delete(&mut self, notice: &Notice<'_>, key: &Key, learnt: Learnt, because: Option<&str>) {
        let Some(mut object) = self.store.remove(key) else { return };
        let mut change = self.new_change(notice, key, &object.title, Verb::Deleted, Vec::new());
        change.learnt = learnt;
        change.because = because.map(str::to_owned);
        object.is_live = false;
        let title = object.title.clone();
        self.record(key.clone(), object, change);
        if learnt != Learnt::Told {
            return;
        }
        // What goes with it, the kernel does not tell of.
        match key.kind() {
            Kind::Link => {
                self.delete_with(notice, key);
                self.suspect(notice, &format!("link {title} was deleted"));
            }
            Kind::Address if key.base().starts_with("inet ") => {
                let title = names::in_text(&self.store, key.netns(), key.kind(), &title);
                self.suspect(notice, &format!("address {title} was deleted"));
            }
            Kind::NftTable | Kind::NftChain => self.delete_with(notice, key),
            _ => {}
        }
    }

    /// One that is told to be gone, and that was not known to be there: of several routes to one
    /// destination the only one that is left, or one that is new to the ledger.
    fn delete_unknown(&mut self, notice: &Notice<'_>, key: Key, told: Told) {
        let alternatives = self.store.alternatives(key.netns(), key.kind(), key.base());
        let live: Vec<Key> =
            alternatives.filter(|(_, object)| object.is_live).map(|(key, _)| key.clone()).collect();
        if let ([only], Kind::Route) = (&*live, key.kind()) {
            let only = only.clone();
            return self.delete(notice, &only, Learnt::Told, None);
        }
        // Of many kinds the kernel tells of an end more than once.
        if self.store.get(&key).is_some() {
            self.counts.repeated += 1;
            return;
        }
        let change = self.new_change(notice, &key, &told.title, Verb::Deleted, Vec::new());
        let (title, facts) = (told.title.into(), told.facts);
        self.record(key, Object { title, facts, ..Object::default() }, change);
    }

    /// What goes with an interface or a table, and of which the kernel says nothing of its own.
    fn delete_with(&mut self, notice: &Notice<'_>, key: &Key) {
        let start = format!("{} ", key.base());
        let kinds: &[Kind] = match key.kind() {
            Kind::Link => &[Kind::Qdisc, Kind::Vlan, Kind::Fdb],
            _ => &[Kind::NftRule, Kind::NftSet, Kind::NftChain],
        };
        let mut keys = Vec::new();
        for kind in kinds {
            let below = self.store.below(key.netns(), *kind, &start);
            keys.extend(below.filter(|(_, object)| object.is_live).map(|(key, _)| key.clone()));
        }
        for key in keys {
            self.delete(notice, &key, Learnt::With, None);
        }
    }

    /// The kernel removes the IPv4 routes over an interface that goes down, or from an address that
    /// goes, without a word (`fib_table_flush` in `net/ipv4/fib_trie.c`): a list tells which.
    fn suspect(&mut self, notice: &Notice<'_>, what: &str) {
        let by = notice.process.as_ref().filter(|_| notice.cause != Some(Cause::Kernel));
        let by = by.map_or_else(String::new, |who| format!(" by {}[{}]", who.comm, who.pid));
        let why = Why::Silent(format!("{what}{by}"));
        let space = self.spaces.get_mut(&notice.netns);
        if let Some(space) = space.filter(|space| space.listed_ns(Kind::Route, "inet ").is_some()) {
            space.suspects.get_or_insert_with(|| why.clone());
            self.wanted.entry(notice.netns).or_insert(why);
        }
    }

    fn new_change(
        &self,
        notice: &Notice<'_>,
        key: &Key,
        title: &str,
        verb: Verb,
        mut differences: Vec<Difference>,
    ) -> Change {
        names::in_differences(&self.store, notice.netns, &mut differences);
        Change {
            number: 0,
            time_ns: notice.time_ns,
            time: notice.time.to_owned(),
            netns: notice.netns,
            netns_name: notice.netns_name.map(str::to_owned),
            kind: key.kind(),
            object: names::in_text(&self.store, notice.netns, key.kind(), title),
            verb,
            differences,
            learnt: Learnt::Told,
            process: notice.process.clone(),
            cause: notice.cause,
            call: notice.call.clone(),
            request: notice.request.clone(),
            result: notice.result.clone().into(),
            because: None,
        }
    }

    /// Gives the change its number, and puts it where it belongs.
    fn record(&mut self, key: Key, mut object: Object, mut change: Change) {
        change.number = self.next_number;
        self.next_number += 1;
        self.counts.changes += 1;
        let change = Arc::new(change);
        object.changed_ns = change.time_ns;
        object.history.push_back(Arc::clone(&change));
        self.store.put(key, object);
        self.changes_bytes += change.bytes();
        self.changes.push_back(change);
        while self.changes.len() > CHANGES_MAX
            || self.changes_bytes > self.limits.bytes / CHANGES_SHARE
        {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.changes_bytes -= oldest.bytes();
        }
    }
}

/// Whether an interface has gone down.
fn is_down(differences: &[Difference]) -> bool {
    differences.iter().any(|d| d.field == "admin" && d.to.as_deref() == Some("down"))
}
