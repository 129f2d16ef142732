//! What the service has to survive: after each fault, counts are exact, the identity holds, nothing
//! has panicked, and memory and descriptors are back to where they were.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::{fd::AsRawFd as _, unix::net::UnixStream},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, sleep},
    time::Duration,
};

use nix::sys::socket::{MsgFlags, NetlinkAddr, sendto};
use nlmon::subscribe::{Socket, test_module};

use crate::exchange::Exchange;
use crate::support::{Daemon, Metrics, Module, run, test_socket, try_run, wait_for};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Messages after the fault, which are to be counted one by one.
const ECHOES: u64 = 307;

/// What the daemon may have more of afterwards: connections that have not timed out, and memory that
/// the allocator keeps.
const FILES_MORE: usize = 3;
const RESIDENT_MORE_KIB: u64 = 16 * 1024;

/// Messages to the module, which answers each.
fn echo(socket: &Socket, count: u64) {
    (0..count).for_each(|_| test_module::echo(socket, b"still here", TIMEOUT).map(drop).unwrap());
}

fn files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim_end_matches("kB").trim().parse().unwrap()
}

/// Runs the service with `args` through a fault; what it shows before it, and at the end.
pub(crate) fn survive(args: &[&str], fault: impl FnOnce(&Daemon)) -> (Metrics, Metrics) {
    let module = Module::load();
    let daemon = Daemon::start_unit(&[&["--require-probes"], args].concat());
    let socket = test_socket(1 << 20);
    echo(&socket, 1009);
    let before = daemon.quiet();
    let pid = daemon.pid();
    let (files_before, resident_before) = (files(pid), resident_kib(pid));
    // An open socket would keep the module from going.
    drop(socket);
    fault(&daemon);
    assert_eq!(daemon.pid(), pid, "it is another daemon");
    let socket = test_socket(1 << 20);
    let between = daemon.quiet();
    echo(&socket, ECHOES);
    let after = daemon.quiet();
    let labels = [("protocol", "test")];
    assert_eq!(after.grown(&between, "nlmon_datagrams_total", &labels), 2 * ECHOES);
    for panics in ["nlmon_panics_total", "nlmon_decode_panics_total"] {
        assert_eq!(after.sum(panics, &[]), 0, "{panics}");
    }
    wait_for("descriptors are given back", || files(pid) <= files_before + FILES_MORE);
    let resident = resident_kib(pid);
    assert!(
        resident <= resident_before + RESIDENT_MORE_KIB,
        "{resident} and {resident_before} KiB"
    );
    drop((socket, daemon, module));
    (before, after)
}

/// Keeps sending while something else is done.
fn under_load(fault: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let exchange = Exchange::new().unwrap();
            while !is_over.load(Ordering::Relaxed) {
                exchange.run(11);
            }
        });
        fault();
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn the_ring_is_full() {
    let (before, after) = survive(&["--ring-bytes", "65536"], |daemon| {
        let pid = daemon.pid().to_string();
        // Its watchdog would end it after a minute.
        run("kill", &["-STOP", &pid]);
        under_load(|| sleep(Duration::from_secs(15)));
        run("kill", &["-CONT", &pid]);
    });
    let lost = after.grown(&before, "nlmon_samples_total", &[("outcome", "ring_full")]);
    assert!(lost > 100, "{lost}");
}

#[test]
fn the_time_of_day_goes_back_and_forth() {
    let set = |change: &str| run("date", &["--set", change]);
    survive(&[], |_daemon| {
        under_load(|| {
            for change in ["+1 hour", "-3 hours", "+40 years", "-40 years", "+2 hours"] {
                set(change);
                sleep(Duration::from_secs(1));
            }
        });
    });
}

#[test]
fn a_processor_goes_and_comes_back() {
    const SWITCH: &str = "/sys/devices/system/cpu/cpu1/online";
    assert!(Path::new(SWITCH).exists(), "this guest has a second processor");
    survive(&[], |_daemon| {
        under_load(|| {
            for _ in 0..3 {
                fs::write(SWITCH, "0").unwrap();
                sleep(Duration::from_millis(700));
                fs::write(SWITCH, "1").unwrap();
                sleep(Duration::from_millis(700));
            }
        });
    });
}

#[test]
fn the_module_goes_and_comes_back_under_load() {
    survive(&[], |_daemon| {
        under_load(|| {
            for _ in 0..3 {
                let socket = test_socket(1 << 20);
                test_module::greet(&socket, TIMEOUT).unwrap();
                drop(socket);
                // The daemon lets go of it a moment later.
                wait_for("the module goes", || try_run("rmmod", &["netlink_test"]).0 == 0);
                assert!(!fs::read_to_string("/proc/modules").unwrap().contains("netlink_test"));
                run("modprobe", &["netlink_test"]);
            }
        });
    });
}

#[test]
fn clients_come_and_vanish() {
    survive(&[], |daemon| {
        for number in 0..500 {
            let mut http = TcpStream::connect(("127.0.0.1", daemon.port())).unwrap();
            let mut log = UnixStream::connect(&daemon.socket).unwrap();
            // Some say what they want before they go, some say half of it.
            if number % 2 == 0 {
                drop(http.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                drop(log.write_all(b"{\"version\":1}\n"));
            } else if number % 3 == 0 {
                drop(http.write_all(b"GET /met"));
                drop(log.write_all(b"{\"ver"));
            }
        }
    });
}

/// Places that are taken by whoever says half of something keep nobody out.
#[test]
fn a_thousand_connections_ask_half() {
    survive(&[], |daemon| {
        let halves: Vec<TcpStream> = (0..1000)
            .filter_map(|_| {
                let mut stream = TcpStream::connect(("127.0.0.1", daemon.port())).ok()?;
                stream.write_all(b"GET /metrics HTTP/1.1\r\nHo").ok()?;
                Some(stream)
            })
            .collect();
        assert!(halves.len() > 500, "{}", halves.len());
        daemon.metrics();
        drop(halves);
    });
}

/// Numbers that look random and are the same each time.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn noise_on_everything_that_listens() {
    let (before, after) = survive(&[], |daemon| {
        for seed in 0..101 {
            let bytes = noise(seed, 16 + (seed as usize * 37) % 4000);
            let mut http = TcpStream::connect(("127.0.0.1", daemon.port())).unwrap();
            drop(http.write_all(&bytes));
            let mut log = UnixStream::connect(&daemon.socket).unwrap();
            drop(log.write_all(&bytes));
            http.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let _answer = http.read(&mut [0; 512]);
        }
        // Between two sockets of this test, so that no part of the kernel acts on it.
        for protocol in 0..32 {
            let Ok(sender) = Socket::open(protocol) else { continue };
            let Ok(receiver) = Socket::open(protocol) else { continue };
            let address = NetlinkAddr::new(receiver.portid(), 0);
            for seed in 0..31 {
                let bytes = noise(seed + 1000 * u64::from(protocol), 1 + seed as usize * 61);
                // Some protocols refuse messages between users.
                let _sent = sendto(sender.as_raw_fd(), &bytes, &address, MsgFlags::empty());
            }
        }
    });
    assert!(after.grown(&before, "nlmon_datagrams_total", &[("path", "peer")]) > 300);
}

#[test]
fn nonsense_in_the_place_of_the_configuration() {
    const FILE: &str = "/etc/nlmon/nlmon.toml";
    survive(&[], |daemon| {
        let at_start = fs::read(FILE).ok();
        for seed in 0..7 {
            fs::write(FILE, noise(seed, 700)).unwrap();
            run("systemctl", &["reload", "nlmon"]);
        }
        wait_for("the daemon says that it stays as it was", || {
            daemon.metrics().sum("nlmon_config_last_reload_successful", &[]) == 0
        });
        match at_start {
            Some(text) => fs::write(FILE, text).unwrap(),
            None => fs::remove_file(FILE).unwrap(),
        }
        run("systemctl", &["reload", "nlmon"]);
        wait_for("and that all is well again", || {
            daemon.metrics().sum("nlmon_config_last_reload_successful", &[]) == 1
        });
    });
}

#[test]
fn no_room_in_run() {
    survive(&[], |daemon| {
        // What is left of the file system, and a little more.
        let (_code, _full) = try_run("dd", &["if=/dev/zero", "of=/run/filling", "bs=1M"]);
        daemon.metrics();
        drop(daemon.tail(&["--last", "1"]));
        run("systemctl", &["reload", "nlmon"]);
        fs::remove_file("/run/filling").unwrap();
    });
}

/// What the kernel ends is started anew by systemd, and begins anew. Nothing of the first is left.
#[test]
fn the_memory_limit_is_reached() {
    let module = Module::load();
    let history = ["--history", "1000000", "--history-bytes", "200000000"];
    let service = Daemon::start_unit(&[&["--require-probes"][..], &history].concat());
    let first = service.pid();
    let taken: u64 = property("MemoryCurrent").parse().unwrap();
    let limit = |bytes: u64| {
        run("systemctl", &["set-property", "--runtime", "nlmon", &format!("MemoryMax={bytes}")]);
    };
    limit(taken + (4 << 20));
    under_load(|| wait_for("the service is started anew", || ![0, first].contains(&service.pid())));
    limit(256 << 20);
    assert!(!Path::new(&format!("/proc/{first}")).exists());
    let journal = run("journalctl", &["--unit=nlmon", "--output=cat", "--no-pager"]);
    assert!(journal.contains("result 'oom-kill'"), "{journal}");
    wait_for("it is ready", || service.is_ready());
    let second = service.pid();
    let socket = test_socket(1 << 20);
    echo(&socket, 1009);
    let before = service.quiet();
    echo(&socket, ECHOES);
    let after = service.quiet();
    let labels = [("protocol", "test")];
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &labels), 2 * ECHOES);
    assert_eq!(service.pid(), second);
    drop((socket, service, module));
    run("systemctl", &["revert", "nlmon"]);
}

fn property(name: &str) -> String {
    run("systemctl", &["show", "-p", name, "--value", "nlmon"]).trim_end().to_owned()
}

/// As a kernel looks that does not have it: where the daemon looks for functions, another name stands.
/// The daemon does without that probe, says so, and all else is exact.
#[test]
fn a_probed_function_is_not_there() {
    const TYPES: &str = "/sys/kernel/btf/vmlinux";
    const OTHER: &str = "/run/vmlinux.btf";
    let (name, other) = (b"\0netlink_overrun\0", b"\0netlink_overrux\0");
    let mut types = fs::read(TYPES).unwrap();
    let at = types.windows(name.len()).position(|window| window == name).unwrap();
    types[at..at + name.len()].copy_from_slice(other);
    fs::write(OTHER, types).unwrap();
    run("mount", &["--bind", OTHER, TYPES]);
    let ended = std::panic::catch_unwind(|| {
        survive(&[], |daemon| {
            let metrics = daemon.metrics();
            let is_there = |probe| metrics.sum("nlmon_probe_attached", &[("probe", probe)]) == 1;
            assert!(["unicast", "broadcast", "dump", "delivery"].into_iter().all(is_there));
            assert!(!is_there("overrun"));
            let of = format!("_PID={}", daemon.pid());
            let journal = run("journalctl", &["--output=cat", "--no-pager", &of]);
            assert!(journal.contains("no probe overrun, its counters stay at zero"), "{journal}");
            assert!(journal.contains("netlink_overrun"), "{journal}");
        })
    });
    // Whatever came of it: the other tests need the true one.
    run("umount", &[TYPES]);
    fs::remove_file(OTHER).unwrap();
    ended.unwrap();
}

/// One line that says what is missing, and nothing else.
#[test]
fn a_user_without_rights_is_told_so() {
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"])
        .args(["nlmon", "run", "--require-probes", "--listen", "127.0.0.1:0"])
        .args(["--socket", "/tmp/nobody.sock"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("nlmon: ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert!(errors[0].contains("CAP_BPF"), "{said}");
    drop(fs::remove_file("/tmp/nobody.sock"));
}
