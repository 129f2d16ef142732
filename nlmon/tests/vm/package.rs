//! The Debian package: installed, upgraded, removed and purged, in a guest of its own, because nlmon
//! itself is gone afterwards.

use std::fs;
use std::path::PathBuf;

use crate::support::{PerfEvents, has_fentry, run, try_run};

const CONFIGURATION: &str = "/etc/nlmon/nlmon.toml";
/// What the guest had of nlmon before any package.
const OVERLAY: [&str; 8] = [
    "/usr/bin/nlmon",
    "/usr/lib/systemd/system/nlmon.service",
    "/usr/lib/systemd/system/nlmon.socket",
    "/usr/lib/systemd/catalog/nlmon.catalog",
    "/usr/lib/sysusers.d/nlmon.conf",
    "/etc/systemd/system/multi-user.target.wants/nlmon.service",
    "/etc/systemd/system/nlmon.service.wants",
    "/etc/nlmon",
];

#[test]
fn the_package_runs_the_service_keeps_its_configuration_and_goes_without_a_trace() {
    let _allowed = (!has_fentry()).then(PerfEvents::allow);
    run("systemctl", &["stop", "nlmon"]);
    for path in OVERLAY {
        run("rm", &["-r", path]);
    }
    drop(fs::remove_dir("/sys/fs/bpf/nlmon"));
    run("systemctl", &["daemon-reload"]);
    assert_eq!(traces(), "");

    let package = package();
    run("dpkg", &["--install", &package]);
    assert_active();
    assert_eq!(run("systemctl", &["is-enabled", "nlmon"]).trim_end(), "enabled");
    let first = main_pid();

    // What an administrator changed, and what the next version changed.
    let changed = "[log]\nhistory = 8\n";
    fs::write(CONFIGURATION, changed).unwrap();
    let next = next_version(&package);
    run("dpkg", &["--install", "--force-confold", &next]);
    assert_eq!(fs::read_to_string(CONFIGURATION).unwrap(), changed);
    assert_active();
    assert_ne!(main_pid(), first, "the upgrade restarts the service");

    // Disabled by the administrator, it stays so over an upgrade.
    run("systemctl", &["disable", "nlmon"]);
    run("dpkg", &["--install", "--force-confold", &next]);
    assert_ne!(try_run("systemctl", &["is-enabled", "nlmon"]).0, 0);

    run("dpkg", &["--remove", "nlmon"]);
    assert_ne!(try_run("systemctl", &["is-active", "nlmon"]).0, 0);
    assert_eq!(fs::read_to_string(CONFIGURATION).unwrap(), changed);
    run("dpkg", &["--purge", "nlmon"]);
    assert_eq!(traces(), "");
    assert!(fs::read_to_string("/etc/passwd").unwrap().contains("nlmon:"));
}

/// The package, which is the one that lies beside the tests.
fn package() -> String {
    let entries = fs::read_dir("/root").unwrap().map(|entry| entry.unwrap().path());
    let mut packages = entries.filter(|path| path.extension().is_some_and(|end| end == "deb"));
    packages.next().map(PathBuf::into_os_string).unwrap().into_string().unwrap()
}

/// The same package of a later version, whose configuration file differs.
fn next_version(package: &str) -> String {
    let (stage, next) = ("/root/next", "/root/next.deb");
    run("dpkg-deb", &["--raw-extract", package, stage]);
    run("sed", &["-i", "s/^Version: .*/Version: 99.0/", "/root/next/DEBIAN/control"]);
    run("sed", &["-i", "1i # Of the next version.", "/root/next/etc/nlmon/nlmon.toml"]);
    run("dpkg-deb", &["-Znone", "--build", stage, next]);
    next.to_owned()
}

fn assert_active() {
    let status = run("systemctl", &["show", "-p", "ActiveState,NRestarts", "nlmon"]);
    assert!(status.contains("ActiveState=active") && status.contains("NRestarts=0"), "{status}");
}

fn main_pid() -> String {
    run("systemctl", &["show", "-p", "MainPID", "--value", "nlmon"])
}

/// Every file with nlmon's name but the guest's own, and the notes of systemd and udev about what runs.
fn traces() -> String {
    let places = ["/etc", "/usr", "/var/lib", "/run", "/sys/fs/bpf"];
    let others = ["/usr/lib/nlmon-guest", "/usr/lib/modules", "/run/systemd", "/run/udev"];
    let leave_out = others.map(|path| ["-path", path, "-o"]).concat();
    let rest = ["-false", ")", "-prune", "-o", "-name", "*nlmon*", "-print"];
    run("find", &[&places[..], &["("], &leave_out[..], &rest[..]].concat())
}
