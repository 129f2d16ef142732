//! Samples that are thinned, or not taken of every protocol: nothing false is said of what has no
//! sample. It was not sampled; nobody failed to answer, and no probe missed it.

use std::time::Duration;

use nlmon::subscribe::{Socket, test_module};
use nlmon_core::message::{Header, flag};

use crate::support::{Daemon, Metrics, Module, receive, run, test_socket, wait_for};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Requests of each kind.
const COUNT: u32 = 61;

/// What would be false of anything that these scenarios do.
const FALSE: [&str; 4] = ["unobserved", "unanswered", "orphaned", "lost"];

fn assert_nothing_false(before: &Metrics, after: &Metrics) {
    for outcome in FALSE {
        let labels = [("outcome", outcome)];
        for name in ["nlmon_join_total", "nlmon_process_requests_total"] {
            assert_eq!(after.grown(before, name, &labels), 0, "{name} {outcome}");
        }
        let labels = [("protocol", "test"), ("outcome", outcome)];
        let name = "nlmon_multicast_deliveries_total";
        assert_eq!(after.grown(before, name, &labels), 0, "{outcome}");
    }
}

/// Asks for the deletion of a device that there is not, with an acknowledgement.
fn refused(socket: &Socket, seq: u32) {
    let flags = flag::REQUEST | flag::ACK;
    let header = Header { len: 32, message_type: 17, flags, seq, portid: 0 };
    let link = [[0, 0, 0, 0], [0xff, 0xff, 0xff, 0x7f], [0; 4], [0; 4]].concat();
    socket.send(&[&header.to_bytes()[..], &link].concat()).unwrap();
}

#[test]
fn of_one_call_in_three_nothing_false_is_said() {
    let daemon = Daemon::start(&["--require-probes", "--sample-every", "3"]);
    let module = Module::load();
    let member = test_socket(1 << 20);
    member.join(test_module::GROUP).unwrap();
    let joined = || {
        let labels = [("protocol", "test"), ("group", "greeting")];
        daemon.metrics().sum("nlmon_multicast_deliveries_total", &labels) > 0
    };
    let socket = test_socket(1 << 20);
    // Joining and knowing of it are two things: until then nothing is expected of a broadcast.
    wait_for("the daemon listens too", || {
        test_module::greet(&socket, TIMEOUT).unwrap();
        receive(&member, 1);
        joined()
    });
    let decided = || daemon.quiet().sum("nlmon_join_pending", &[]) == 0;
    wait_for("the first greetings are decided", decided);
    let before = daemon.quiet();
    let asker = Socket::open(0).unwrap();
    asker.set_timeout(TIMEOUT).unwrap();
    for seq in 1..=COUNT {
        refused(&asker, seq);
        receive(&asker, 1);
        test_module::greet(&socket, TIMEOUT).unwrap();
        if seq % 10 == 0 {
            run("ip", &["link", "show"]);
        }
    }
    receive(&member, COUNT as usize);
    wait_for("all is decided", decided);
    let after = daemon.quiet();
    assert_nothing_false(&before, &after);
    let requests = |kind, outcome| {
        let labels = [("protocol", "route"), ("type", kind), ("outcome", outcome)];
        after.grown(&before, "nlmon_process_requests_total", &labels)
    };
    let sampled = requests("RTM_DELLINK", "refused");
    assert!((1..u64::from(COUNT)).contains(&sampled), "{sampled}");
    // The answer is sent inside the request's call, and is sampled with it.
    assert_eq!(requests("RTM_DELLINK", "not_sampled"), 0);
    let greetings = |outcome| {
        let labels = [("protocol", "test"), ("outcome", outcome)];
        after.grown(&before, "nlmon_multicast_deliveries_total", &labels)
    };
    let (delivered, not_sampled) = (greetings("delivered"), greetings("not_sampled"));
    assert!(delivered > 0 && not_sampled > 0, "{delivered} {not_sampled}");
    assert_eq!(delivered + not_sampled, u64::from(COUNT));
    drop((socket, member, module));
}

#[test]
fn a_protocol_that_is_not_sampled_has_its_deliveries_all_the_same() {
    let daemon = Daemon::start(&["--require-probes", "--sample-protocols", "test"]);
    let before = daemon.quiet();
    let tail = daemon.tail(&["--protocol", "route", "--type", "RTM_NEWLINK", "--count", "1"]);
    run("ip", &["link", "add", "vmthin0", "type", "dummy"]);
    let records = tail.records();
    assert_eq!(records[0]["outcome"], "not_sampled", "{}", records[0]);
    assert_eq!(records[0]["process"], serde_json::Value::Null, "{}", records[0]);
    run("ip", &["link", "del", "vmthin0"]);
    // Not one that waits, and then is called something else.
    assert_eq!(daemon.metrics().sum("nlmon_join_pending", &[("kind", "delivery")]), 0);
    let after = daemon.quiet();
    assert_nothing_false(&before, &after);
    let labels = [("protocol", "route"), ("outcome", "not_sampled")];
    assert!(after.grown(&before, "nlmon_multicast_deliveries_total", &labels) >= 2);
}
