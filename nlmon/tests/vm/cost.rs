//! What a message and a record cost, in a guest whose clock counts instructions. `docs/overhead.md` has
//! the figures of the build that is shipped; these are of the build that the guest has, which checks
//! more. They are here to notice what makes nlmon dearer.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::exchange::Exchange;
use crate::support::{Daemon, run, say};

/// Instructions over those without nlmon: a sampled message by direct calls, and a record of route
/// changes that nobody reads, without the ledger and with it, as they were measured.
const MESSAGE: u64 = 2317;
const RECORD: u64 = 7917;
const KEPT_RECORD: u64 = 22_563;

/// Route changes, of three records each.
const CHANGES: u64 = 4001;
const RECORDS: u64 = 2 * 3 * CHANGES;

/// How long the daemon may take for them.
const SETTLED: Duration = Duration::from_secs(3);

fn is_no_dearer(what: &str, figure: u64, found: u64) {
    say(&format!("{what} costs {found} instructions; it was {figure}"));
    let most = figure + figure / 20;
    assert!(
        found <= most,
        "{what}: {found}, and it was {figure}. docs/overhead.md says how to look"
    );
}

/// What the threads of a process have run, in nanoseconds, which are instructions here.
fn ran(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let ran = |path: std::path::PathBuf| {
        let text = fs::read_to_string(path.join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    threads.filter_map(|thread| ran(thread.unwrap().path())).sum()
}

#[test]
fn a_message_and_a_record_cost_no_more_than_they_did() {
    // The guest's own service would be in every figure.
    run("systemctl", &["stop", "nlmon"]);
    let exchange = Exchange::new().unwrap();
    let base = exchange.least();
    // The ring has room for all of it: a sample that finds none costs less.
    let daemon =
        Daemon::start(&["--require-probes", "--attach", "fentry", "--ring-bytes", "67108864"]);
    let message = u64::try_from(exchange.least().saturating_sub(base)).unwrap();
    drop(daemon);

    for (verb, path) in [("add", "/run/add"), ("del", "/run/del")] {
        let line = |i: u64| format!("route {verb} 10.77.{}.{}/32 dev lo\n", i >> 8, i & 255);
        fs::write(path, (0..CHANGES).map(line).collect::<String>()).unwrap();
    }
    run("ip", &["link", "set", "lo", "up"]);
    let change = || ["/run/add", "/run/del"].map(|path| run("ip", &["-batch", path]));
    // The first time fills caches.
    change();
    let cost = |flags: &[&str]| {
        let daemon = Daemon::start(&[&["--require-probes"], flags].concat());
        daemon.quiet();
        let (before, samples) = (ran(daemon.pid()), daemon.metrics());
        change();
        // Nothing is asked meanwhile, because answers would be in the figure.
        sleep(SETTLED);
        let record = (ran(daemon.pid()) - before) / RECORDS;
        let read = [("outcome", "read")];
        let read = daemon.quiet().grown(&samples, "nlmon_samples_total", &read);
        assert!(read >= RECORDS, "{read} of {RECORDS} samples");
        record
    };
    let (record, kept) = (cost(&["--ledger", "false"]), cost(&[]));
    is_no_dearer("a sampled message", MESSAGE, message);
    is_no_dearer("a record", RECORD, record);
    is_no_dearer("a record that the ledger keeps", KEPT_RECORD, kept);
}
