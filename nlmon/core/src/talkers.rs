//! Who talks most: the objects and the processes with the most notifications of the last minute.
//!
//! Each is counted by Space-Saving (Metwally, Agrawal, El Abbadi, 2005): a fixed number of counters,
//! of which a newcomer takes the lowest over. So memory is bounded whatever the names are, every one
//! with more than its share of all is there, and how much a count may be too high is known.
//!
//! No I/O and no clock: time is an argument.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// Counters of each kind in a slice of time.
const COUNTERS: usize = 128;

/// How long a slice is.
const SLICE_NS: u64 = 10_000_000_000;

/// Slices that make a minute.
const SLICES: u64 = 6;

/// Longest name of an object in bytes.
const NAME_MAX: usize = 96;

/// Keys with the most occurrences.
#[derive(Clone, Debug)]
pub struct Sketch<K> {
    most: usize,
    counts: BTreeMap<K, Count>,
}

/// How often a key came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// At most so often.
    pub most: u64,
    /// It may be as much too high.
    pub over: u64,
}

impl<K: Ord + Clone> Sketch<K> {
    /// One with so many counters.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), counts: BTreeMap::new() }
    }

    /// Counts a key.
    pub fn add(&mut self, key: K, number: u64) {
        if let Some(count) = self.counts.get_mut(&key) {
            count.most += number;
            return;
        }
        let mut over = 0;
        if self.counts.len() >= self.most {
            let lowest = self.counts.iter().min_by_key(|(_, count)| count.most);
            if let Some((lowest, count)) = lowest.map(|(key, count)| (key.clone(), *count)) {
                over = count.most;
                self.counts.remove(&lowest);
            }
        }
        self.counts.insert(key, Count { most: over + number, over });
    }

    /// All that have a counter.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Count)> {
        self.counts.iter().map(|(key, count)| (key, *count))
    }
}

/// What a notification was about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// Protocol by name.
    pub protocol: String,
    /// Type of the message, or generic command, by name.
    #[serde(rename = "type")]
    pub message_type: String,
    /// The object, in the words of the log.
    pub object: String,
}

/// Notifications of one object or process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talker<K> {
    /// Which.
    #[serde(flatten)]
    pub of: K,
    /// How many in the last minute, about.
    pub count: u64,
    /// It may be as much too high.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub over: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A process by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Process {
    /// Its name; `kernel` where no process had it done.
    pub process: String,
}

/// The last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// Notifications in all.
    pub messages: u64,
    /// Not every one was looked at: counts are estimates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// The objects with the most of them, the most first.
    pub objects: Vec<Talker<Object>>,
    /// The processes with the most of them.
    pub processes: Vec<Talker<Process>>,
}

#[derive(Clone, Debug)]
struct Slice {
    number: u64,
    messages: u64,
    estimated: bool,
    objects: Sketch<Object>,
    processes: Sketch<Process>,
}

/// Counts of the last minute.
#[derive(Clone, Debug, Default)]
pub struct Talkers {
    slices: VecDeque<Slice>,
}

impl Talkers {
    /// Counts a notification that stands for so many: one of those that were looked at.
    pub fn add(&mut self, at_ns: u64, object: Object, process: String, stands_for: u64) {
        let number = at_ns / SLICE_NS;
        let last = self.slices.back().map(|slice| slice.number);
        if last.is_none_or(|last| number > last) {
            let (objects, processes) = (Sketch::new(COUNTERS), Sketch::new(COUNTERS));
            let new = Slice { number, messages: 0, estimated: false, objects, processes };
            self.slices.push_back(new);
        }
        let mut slices = self.slices.iter_mut().rev();
        // What is told a little late belongs to its own slice, if that is still there.
        if let Some(slice) = slices.find(|slice| slice.number <= number) {
            slice.messages += stands_for;
            slice.estimated |= stands_for > 1;
            slice.objects.add(object, stands_for);
            slice.processes.add(Process { process }, stands_for);
        }
        self.forget(number);
    }

    fn forget(&mut self, number: u64) {
        while self.slices.front().is_some_and(|slice| slice.number + SLICES <= number) {
            self.slices.pop_front();
        }
    }

    /// The last minute, with at most so many of each.
    pub fn minute(&mut self, at_ns: u64, most: usize) -> Minute {
        self.forget(at_ns / SLICE_NS);
        Minute {
            messages: self.slices.iter().map(|slice| slice.messages).sum(),
            estimated: self.slices.iter().any(|slice| slice.estimated),
            objects: top(self.slices.iter().map(|slice| &slice.objects), most),
            processes: top(self.slices.iter().map(|slice| &slice.processes), most),
        }
    }
}

fn top<'a, K: Ord + Clone + 'a>(
    sketches: impl Iterator<Item = &'a Sketch<K>>,
    most: usize,
) -> Vec<Talker<K>> {
    let mut sums: BTreeMap<&K, Count> = BTreeMap::new();
    for (key, count) in sketches.flat_map(Sketch::iter) {
        let sum = sums.entry(key).or_default();
        (sum.most, sum.over) = (sum.most + count.most, sum.over + count.over);
    }
    let talker =
        |(of, count): (&K, Count)| Talker { of: of.clone(), count: count.most, over: count.over };
    let mut talkers: Vec<Talker<K>> = sums.into_iter().map(talker).collect();
    talkers.sort_by_key(|talker| std::cmp::Reverse(talker.count));
    talkers.truncate(most);
    talkers
}

/// What a message was about, without what of it changes: of the line that the log has about it.
pub fn object(message_type: &str, summary: &str) -> String {
    let words = |most: usize| {
        let end = summary.match_indices(' ').nth(most - 1).map_or(summary.len(), |(end, _)| end);
        &summary[..end]
    };
    let stable = match message_type {
        // `add /devices/virtual/net/dummy0 (net)`
        "uevent" | "udev" => summary.split_once(' ').map_or(summary, |(_, device)| device),
        // `10.0.0.7 dev eth0 lladdr 02:00:00:00:00:07 REACHABLE`
        _ if message_type.ends_with("NEIGH") => words(3),
        // `eth0 (ifindex 2) <UP> mtu 1500`
        _ if message_type.ends_with("LINK") => words(1),
        _ => summary,
    };
    let mut end = stable.len().min(NAME_MAX);
    while !stable.is_char_boundary(end) {
        end -= 1;
    }
    stable[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object_of(name: &str) -> Object {
        let (protocol, message_type) = ("route".to_owned(), "RTM_NEWNEIGH".to_owned());
        Object { protocol, message_type, object: name.to_owned() }
    }

    #[test]
    fn whoever_has_more_than_a_share_is_there_and_a_count_is_off_by_no_more_than_said() {
        let mut sketch = Sketch::new(32);
        let mut truth: BTreeMap<u64, u64> = BTreeMap::new();
        let mut state = 7_u64;
        for n in 0..20_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let key = match state >> 60 {
                0..=3 => 1,
                4..=5 => 2,
                6 => 3,
                _ => 1000 + (state >> 20) % 5000 + n % 7,
            };
            sketch.add(key, 1);
            *truth.entry(key).or_default() += 1;
        }
        assert_eq!(sketch.counts.len(), 32);
        for (key, count) in sketch.iter() {
            let real = truth[key];
            assert!(
                count.most >= real && count.most - count.over <= real,
                "{key}: {count:?} {real}"
            );
        }
        for (key, real) in truth.iter().filter(|(_, real)| **real > 20_000 / 32) {
            assert!(sketch.counts.contains_key(key), "{key}: {real}");
        }
    }

    #[test]
    fn a_minute_has_the_busiest_first_and_forgets_what_is_older() {
        let mut talkers = Talkers::default();
        let second = 1_000_000_000;
        for n in 0..101 {
            talkers.add(n % 50 * second / 50, object_of("10.0.0.7 dev eth0"), "kernel".into(), 1);
        }
        talkers.add(2 * second, object_of("10.0.0.8 dev eth0"), "ip".into(), 3);
        let minute = talkers.minute(3 * second, 1);
        assert_eq!((minute.messages, minute.estimated), (104, true));
        assert_eq!(
            (&*minute.objects[0].of.object, minute.objects[0].count),
            ("10.0.0.7 dev eth0", 101)
        );
        assert_eq!(minute.processes[0].of.process, "kernel");
        talkers.add(65 * second, object_of("x"), "ip".into(), 1);
        assert_eq!(talkers.minute(66 * second, 9).messages, 1);
        assert_eq!(talkers.minute(200 * second, 9), Minute::default());
    }

    #[test]
    fn made_up_names_fill_no_memory() {
        let mut talkers = Talkers::default();
        for n in 0..5000_u64 {
            talkers.add(n * 100_000_000, object_of(&n.to_string()), n.to_string(), 1);
        }
        let kept: usize = talkers.slices.iter().map(|slice| slice.objects.counts.len()).sum();
        assert!(talkers.slices.len() <= 6 && kept <= 6 * COUNTERS);
        assert_eq!(object("RTM_NEWROUTE", &"x".repeat(500)).len(), NAME_MAX);
    }

    #[test]
    fn an_object_is_the_same_whatever_is_said_of_it() {
        assert_eq!(
            object("udev", "change /devices/virtual/block/sdb (block)"),
            "/devices/virtual/block/sdb (block)"
        );
        assert_eq!(
            object("RTM_NEWNEIGH", "10.0.0.7 dev eth0 lladdr 02:00 REACHABLE"),
            "10.0.0.7 dev eth0"
        );
        assert_eq!(object("RTM_NEWLINK", "eth0 (ifindex 2) <UP> mtu 1500"), "eth0");
        assert_eq!(object("RTM_NEWADDR", "10.0.0.1/24 dev eth0"), "10.0.0.1/24 dev eth0");
    }
}
