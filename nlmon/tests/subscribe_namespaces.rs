//! The subscriptions in many network namespaces, which processes of the test keep: what following
//! them costs, and what becomes of one when the process that showed the way has ended.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::time::{ClockId, clock_gettime};
use nlmon::subscribe::{Event, Hold, Reach, SubscribeSettings, Subscription, Subscriptions};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

const ROUTE: u8 = 0;
const GENERIC: u8 = 16;
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_RULE: u32 = 8;

const SPACES: usize = 300;
/// As the daemon looks.
const LOOK: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_mins(2);

/// A process that does nothing, which keeps a namespace.
struct Keeper(Child);

impl Keeper {
    /// In a namespace of its own.
    fn new() -> Self {
        Self::run(&["unshare", "--net", "sleep", "600"])
    }

    /// In the namespace of `other`.
    fn beside(other: &Self) -> Self {
        let pid = other.0.id().to_string();
        Self::run(&["nsenter", "--net", "--target", &pid, "sleep", "600"])
    }

    fn run(command: &[&str]) -> Self {
        let mut spawned = Command::new(command[0]);
        Self(spawned.args(&command[1..]).stdout(Stdio::null()).spawn().unwrap())
    }

    fn netns(&self) -> u32 {
        let path = format!("/proc/{}/ns/net", self.0.id());
        u32::try_from(fs::metadata(path).unwrap().ino()).unwrap()
    }

    /// Once it is in another namespace than the test.
    fn settled_netns(&self) -> u32 {
        let own = fs::metadata("/proc/self/ns/net").unwrap().ino();
        let start = Instant::now();
        while u64::from(self.netns()) == own {
            assert!(start.elapsed() < PATIENCE, "no namespace is made: run it as root");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.netns()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn subscription(groups: &[u32], named: &[&str], hold: Hold) -> Subscription {
    Subscription {
        groups: groups.iter().copied().collect(),
        named: named.iter().map(|&name| name.to_owned()).collect(),
        hold,
    }
}

/// Everywhere, on the current runtime.
fn start(subscriptions: BTreeMap<u8, Subscription>) -> (Subscriptions, mpsc::Receiver<Event>) {
    let (sender, events) = mpsc::channel(4096);
    let settings = SubscribeSettings {
        reach: Reach::All,
        subscriptions,
        receive_buffer_bytes: 1 << 16,
        look_interval: LOOK,
    };
    let (subscriptions, keeper) = Subscriptions::new(settings, sender).unwrap();
    let (stop, shutdown) = watch::channel(false);
    tokio::spawn(async move {
        keeper.run(shutdown).await.expect("it ends when it is dropped");
        drop(stop);
    });
    (subscriptions, events)
}

/// Waits until every one of `wanted`, a namespace and a group, is joined.
async fn joined(events: &mut mpsc::Receiver<Event>, mut wanted: BTreeSet<(u32, u32)>) {
    let all = async {
        while !wanted.is_empty() {
            if let Event::Joined { netns, group, .. } = events.recv().await.unwrap() {
                wanted.remove(&(netns, group));
            }
        }
    };
    let all = timeout(PATIENCE, all).await;
    assert!(all.is_ok(), "not joined: {wanted:?}");
}

/// Processor time of the whole test so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap().into()
}

/// How often the calling thread has waited for something.
fn waits() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn three_hundred_namespaces_take_one_thread_and_settle() {
    let keepers: Vec<Keeper> = (0..SPACES).map(|_| Keeper::new()).collect();
    let spaces: BTreeSet<u32> = keepers.iter().map(Keeper::settled_netns).collect();
    assert_eq!(spaces.len(), SPACES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let route = subscription(&[RTNLGRP_LINK], &[], Hold::Always);
        // Nobody listens to that one.
        let other = subscription(&[2], &[], Hold::Shared);
        let generic = subscription(&[], &["nlctrl/notify"], Hold::Always);
        let (_subscriptions, mut events) =
            start(BTreeMap::from([(ROUTE, route), (12, other), (GENERIC, generic)]));
        let groups = spaces.iter().flat_map(|netns| [(*netns, RTNLGRP_LINK), (*netns, 16)]);
        joined(&mut events, groups.collect()).await;
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        // Until the visits have become rare.
        sleep(Duration::from_secs(8)).await;
        let (before, waits) = (processor_time(), waits());
        sleep(Duration::from_secs(4)).await;
        let (used, waits) = (processor_time().saturating_sub(before), self::waits() - waits);
        println!("{used:?} of the processor in 4 s, {waits} waits of the runtime's thread");
        // With a thread for each namespace and look, the runtime's thread waits for 600 a second.
        assert!(waits < 400, "{waits} waits");
        assert!(used < Duration::from_millis(400), "{used:?}");
    });
}

#[test]
fn a_namespace_is_found_again_when_the_process_that_showed_the_way_ends() {
    let first = Keeper::new();
    let netns = first.settled_netns();
    let second = Keeper::beside(&first);
    assert_eq!(second.settled_netns(), netns);
    assert!(first.0.id() < second.0.id());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let subscriptions = BTreeMap::from([
            (GENERIC, subscription(&[16], &[], Hold::Always)),
            (ROUTE, subscription(&[RTNLGRP_IPV4_RULE], &[], Hold::Shared)),
        ]);
        let (_subscriptions, mut events) = start(subscriptions);
        joined(&mut events, BTreeSet::from([(netns, 16)])).await;
        drop(first);
        // As many looks as another search takes, and one more.
        sleep(6 * LOOK).await;
        // A listener comes, and only who still enters the namespace sees it.
        let pid = second.0.id().to_string();
        let monitor = ["nsenter", "--net", "--target", &pid, "ip", "monitor", "rule"];
        let _listener = Keeper::run(&monitor);
        joined(&mut events, BTreeSet::from([(netns, RTNLGRP_IPV4_RULE)])).await;
    });
}
