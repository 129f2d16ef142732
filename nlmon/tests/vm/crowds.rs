//! Crowds that the service has to survive, as it does the faults of [`crate::adversity`]. They take
//! many minutes in an emulated guest, so they run only when they are asked for.

use std::fs;

use crate::adversity::survive;
use crate::exchange::Exchange;
use crate::support::run;

#[test]
fn a_thousand_namespaces() {
    survive(&["--netns", "self"], |_daemon| {
        for verb in ["add", "del"] {
            let lines = (0..1000).map(|number| format!("netns {verb} adv{number}\n"));
            fs::write("/run/adv.batch", lines.collect::<String>()).unwrap();
            run("ip", &["-batch", "/run/adv.batch"]);
        }
    });
}

#[test]
fn ten_thousand_processes() {
    let (before, after) = survive(&[], |_daemon| {
        // Each asks the kernel something by netlink, and ends.
        run("sh", &["-c", "for i in $(seq 10007); do ip link show lo >/run/adv; done"]);
    });
    let labels = [("protocol", "route"), ("type", "RTM_GETLINK"), ("path", "request")];
    let asked = after.grown(&before, "nlmon_messages_total", &labels);
    assert!(asked >= 10_007, "{asked}");
}

#[test]
fn a_storm_of_a_million_messages() {
    const MESSAGES: u32 = 1_000_003;
    let (before, after) = survive(&[], |_daemon| Exchange::new().unwrap().run(MESSAGES));
    let labels = [("protocol", "usersock"), ("path", "peer")];
    // The first thousand are what the exchange begins with.
    let counted = after.grown(&before, "nlmon_datagrams_total", &labels);
    assert_eq!(counted, u64::from(MESSAGES) + 1009);
}
