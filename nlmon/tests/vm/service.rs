//! The installed service, and what bad input does.

use std::fs;

use crate::support::{
    Daemon, PerfEvents, has_fentry, has_kprobe_multi, is_preemptible, kernel, run, try_run,
    wait_for,
};

#[test]
fn the_service_is_ready_when_systemd_says_so() {
    // What docs/kernels.md asks for there: the broadcast probe is a kprobe.
    let _allowed = (!has_fentry()).then(PerfEvents::allow);
    run("systemctl", &["restart", "nlmon"]);
    assert_eq!(run("systemctl", &["is-active", "nlmon"]).trim_end(), "active");
    let status = run("systemctl", &["show", "-p", "Type,StatusText,NRestarts", "nlmon"]);
    assert!(status.contains("Type=notify") && status.contains("NRestarts=0"), "{status}");
    // Not what the service said when the guest booted, before that sysctl.
    let id = run("systemctl", &["show", "-p", "InvocationID", "--value", "nlmon"]);
    let of_this_start = format!("_SYSTEMD_INVOCATION_ID={}", id.trim_end());
    let journal = || run("journalctl", &["-o", "cat", &of_this_start]);
    wait_for("the journal has it", || journal().contains("ready: http://127.0.0.1:9776/metrics"));
    assert!(!journal().contains("running without probes"), "{}", journal());
    let socket = fs::metadata("/run/nlmon/nlmon.sock").unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&socket.permissions()) & 0o777, 0o660);
    run("systemctl", &["stop", "nlmon"]);
    let result = run("systemctl", &["show", "-p", "Result", "nlmon"]);
    assert_eq!(result.trim_end(), "Result=success");
}

/// What `docs/security.md` claims of the unit, as systemd itself scores it.
#[test]
fn the_unit_is_closed_as_far_as_it_can_be() {
    let id = ["show", "-p", "User,CapabilityBoundingSet,AmbientCapabilities", "nlmon"];
    let shown = run("systemctl", &id);
    for set in ["CapabilityBoundingSet", "AmbientCapabilities"] {
        let line = shown.lines().find(|line| line.starts_with(set)).unwrap();
        let mut names: Vec<_> = line[set.len() + 1..].split_whitespace().collect();
        names.sort_unstable();
        assert_eq!(names, ["cap_bpf", "cap_net_admin", "cap_perfmon"], "{shown}");
    }
    assert!(shown.contains("User=nlmon"), "{shown}");
    // The threshold is in tenths; beyond it the command fails.
    let score = ["security", "--no-pager", "--threshold=15", "nlmon.service"];
    let (code, text) = try_run("systemd-analyze", &score);
    assert_eq!(code, 0, "{text}");
}

/// `CAP_NET_ADMIN`, `CAP_PERFMON` and `CAP_BPF`, in `include/uapi/linux/capability.h`.
const NET_ADMIN: u64 = 1 << 12;
const PERFMON: u64 = 1 << 38;
const BPF: u64 = 1 << 39;

/// What the daemon keeps: from 5.19 on whoever has a map's descriptor may read it (`__sys_bpf` in
/// `kernel/bpf/syscall.c`).
fn kept() -> u64 {
    if kernel() < (5, 19) { NET_ADMIN | BPF } else { NET_ADMIN }
}

/// The daemon is no user but its own, and no thread of it holds a right that it needs no more.
#[test]
fn the_service_runs_as_its_own_user_at_the_passed_socket() {
    // Without probes there are no maps to read.
    let _allowed = (!has_fentry()).then(PerfEvents::allow);
    let service = Daemon::start_unit(&[]);
    let threads = fs::read_dir(format!("/proc/{}/task", service.pid())).unwrap();
    let mut count = 0;
    for thread in threads {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        assert_ne!(field("Uid:"), "0");
        let sets = [
            ("CapEff:", kept()),
            ("CapPrm:", kept()),
            ("CapInh:", 0),
            ("CapAmb:", 0),
            // It takes a right of its own to take more away here; nothing can be gained from it.
            ("CapBnd:", NET_ADMIN | PERFMON | BPF),
        ];
        for (set, expected) in sets {
            assert_eq!(field(set), format!("{expected:016x}"), "{set} {status}");
        }
        assert_eq!(field("NoNewPrivs:"), "1");
        count += 1;
    }
    assert!(count > 3, "{count}");
    let socket = run("systemctl", &["is-active", "nlmon.socket"]);
    assert_eq!(socket.trim_end(), "active");
    let owner = fs::metadata("/run/nlmon/nlmon.sock").unwrap();
    assert_ne!(std::os::unix::fs::MetadataExt::gid(&owner), 0);
    drop(service);
    // Stopped is stopped: nothing is left that a scrape would start it by.
    assert_ne!(try_run("systemctl", &["is-active", "nlmon.socket"]).0, 0);
}

/// What the unit would allow, and the daemon has given up: where a kernel has landlock, a reload can
/// reach no other place, and a restart can.
#[test]
fn a_reload_reaches_no_place_that_the_start_did_not_name() {
    const FILE: &str = "/etc/nlmon/nlmon.toml";
    const PLACE: &str = "/srv/nlmon-records";
    const DROP_IN: &str = "/run/systemd/system/nlmon.service.d/places.conf";
    let modules = fs::read_to_string("/sys/kernel/security/lsm").unwrap();
    // Debian's kernels have it by default from 6.1 on at the latest.
    assert_eq!(modules.contains("landlock"), kernel() >= (6, 1), "{modules}");
    let may_reach = kernel() < (6, 1);
    run("install", &["--directory", "--owner=nlmon", PLACE]);
    fs::create_dir_all("/run/systemd/system/nlmon.service.d").unwrap();
    fs::write(DROP_IN, format!("[Service]\nReadWritePaths={PLACE}\n")).unwrap();
    let journal = |service: &Daemon| {
        let of = format!("_PID={}", service.pid());
        run("journalctl", &["--unit=nlmon", "--output=cat", "--no-pager", &of])
    };
    let service = Daemon::start_unit(&[]);
    wait_for("it says what is left", || journal(&service).contains("rights left: CAP_"));
    assert_eq!(journal(&service).contains("files by landlock"), !may_reach);
    fs::write(FILE, format!("[file]\npath = \"{PLACE}/records.json\"\n")).unwrap();
    run("systemctl", &["reload", "nlmon"]);
    let is_writable = |service: &Daemon, expected: u64| {
        let metrics = service.metrics();
        let metric = "nlmon_file_writable";
        metrics.has(metric, &[]) && metrics.sum(metric, &[]) == expected
    };
    wait_for("the file", || is_writable(&service, u64::from(may_reach)));
    let refused = "Permission denied";
    assert_eq!(journal(&service).contains(refused), !may_reach, "{}", journal(&service));
    drop(service);
    let service = Daemon::start_unit(&[]);
    wait_for("the file", || is_writable(&service, 1));
    assert!(fs::metadata(format!("{PLACE}/records.json")).is_ok());
    fs::remove_file(FILE).unwrap();
    drop(service);
    fs::remove_file(DROP_IN).unwrap();
    run("systemctl", &["daemon-reload"]);
    fs::remove_dir_all(PLACE).unwrap();
}

/// What the daemon last said of its configuration is in a metric, and the same process goes on.
#[test]
fn a_reload_changes_what_it_can_and_nonsense_changes_nothing() {
    const FILE: &str = "/etc/nlmon/nlmon.toml";
    let service = Daemon::start_unit(&[]);
    let pid = service.pid();
    let reload = |text: &str, succeeds: u64| {
        fs::write(FILE, text).unwrap();
        run("systemctl", &["reload", "nlmon"]);
        wait_for("the file is read", || {
            service.metrics().sum("nlmon_config_last_reload_successful", &[]) == succeeds
        });
    };
    reload("[sockets]\ninterval_second = 3\n", 0);
    reload("[sockets]\ninterval_seconds = 3\n[probe]\nsnap_length = 64\n", 1);
    reload("http = 1\n", 0);
    fs::remove_file(FILE).unwrap();
    run("systemctl", &["reload", "nlmon"]);
    wait_for("there is no file", || {
        service.metrics().sum("nlmon_config_last_reload_successful", &[]) == 1
    });
    let journal = || run("journalctl", &["--unit=nlmon", "--output=cat", "--no-pager"]);
    for said in ["nearest is sockets.interval_seconds", "probe.snap_length takes a restart"] {
        wait_for("the journal has it", || journal().contains(said));
    }
    assert_eq!(service.pid(), pid);
    service.quiet();
}

/// What the sandbox lets the service do besides: tell the journal itself, and write its file.
#[test]
fn the_service_tells_the_journal_and_writes_records_where_it_may() {
    const FILE: &str = "/etc/nlmon/nlmon.toml";
    const RECORDS: &str = "/var/log/nlmon/records.json";
    const FILTER: &str = "type=RTM_NEWLINK text=filed0";
    fs::write(FILE, format!("[file]\npath = \"{RECORDS}\"\nfilter = \"{FILTER}\"\n")).unwrap();
    // As the package's trigger does.
    run("journalctl", &["--update-catalog"]);
    let service = Daemon::start_unit(&[]);
    let pid = service.pid();
    let entries = || {
        let of = format!("MESSAGE_ID={}", nlmon::events::READY);
        run("journalctl", &["--unit=nlmon", "--catalog", "--no-pager", &of, &format!("_PID={pid}")])
    };
    wait_for("the journal has it", || entries().contains("ready: http://"));
    assert!(entries().contains("Runbook: NlmonAbsent"), "{}", entries());
    run("ip", &["link", "add", "filed0", "type", "dummy"]);
    let has_it = || fs::read_to_string(RECORDS).is_ok_and(|text| text.contains("filed0"));
    wait_for("the file has it", has_it);
    let about = fs::metadata(RECORDS).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777, 0o600);
    // As logrotate does it: what the reload has opened is there when it is over.
    fs::rename(RECORDS, "/var/log/nlmon/moved").unwrap();
    run("systemctl", &["reload", "nlmon"]);
    wait_for("a new file", || fs::metadata(RECORDS).is_ok());
    run("ip", &["link", "set", "filed0", "up"]);
    wait_for("the new file has it", has_it);
    run("ip", &["link", "del", "filed0"]);
    fs::remove_file(FILE).unwrap();
    run("systemctl", &["reload", "nlmon"]);
    drop(service);
    fs::remove_file(RECORDS).unwrap();
    fs::remove_file("/var/log/nlmon/moved").unwrap();
}

/// Root may open perf events, the service may not: what root's check promises is what the service has.
#[test]
fn check_by_root_speaks_for_the_service() {
    let allowed = (!has_fentry()).then(PerfEvents::allow);
    let plan = run("nlmon", &["check"]);
    assert!(plan.contains("those of nlmon.service:") && plan.contains("CAP_PERFMON"), "{plan}");
    let left = if kernel() < (5, 19) { "CAP_BPF CAP_NET_ADMIN" } else { "CAP_NET_ADMIN" };
    let said = plan.lines().find_map(|line| line.strip_prefix("rights left")).unwrap();
    assert!(said.trim_start().starts_with(&format!("{left}, given up: CAP_")), "{plan}");
    let service = Daemon::start_unit(&["--require-probes"]);
    for (probe, hook) in service.hooks() {
        let line = plan.lines().find(|line| line.starts_with(&format!("probe {probe}"))).unwrap();
        assert!(line.contains(&format!(" by {hook}")), "{hook}: {line}");
    }
    drop(service);
    drop(allowed);
    let _forbidden = PerfEvents::forbid();
    fs::write("/root/kprobe.toml", "[probe]\nattach = \"kprobe\"\n").unwrap();
    let (code, text) = try_run("nlmon", &["check", "--config", "/root/kprobe.toml"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("perf_event_paranoid"), "{text}");
}

#[test]
fn check_tells_the_plan_and_the_exit_code_tells_what_is_wrong() {
    let plan = run("nlmon", &["check"]);
    // The service may open perf events only where it has nothing else.
    let hook = match (is_preemptible() && has_kprobe_multi(), has_fentry()) {
        (true, _) => "kprobe_multi",
        (false, true) => "fentry",
        (false, false) => "kprobe",
    };
    assert!(plan.contains(&format!("netlink_unicast by {hook}")), "{plan}");
    fs::write("/root/bad.toml", "[http]\nlissen = 1\n").unwrap();
    let (code, text) = try_run("nlmon", &["check", "--config", "/root/bad.toml"]);
    assert_eq!((code, text.lines().count()), (1, 1), "{text}");
    assert!(
        text.contains(
            "bad.toml, line 2, column 1: unknown key http.lissen, the nearest is http.listen"
        ),
        "{text}"
    );
    let (code, text) = try_run("nlmon", &["run", "--attach", "uprobe"]);
    assert_eq!((code, text.lines().count()), (1, 1), "{text}");
    let unprivileged = ["--reuid=65534", "--clear-groups", "nlmon", "check"];
    let (code, text) = try_run("setpriv", &unprivileged);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("CAP_BPF"), "{text}");
}
