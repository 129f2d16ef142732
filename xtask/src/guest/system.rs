//! What makes a system out of the guest's packages: its units, and what is left out of its boot.
//!
//! Every process costs a tenth of a second and more on an emulated processor, so what a guest without
//! disks, terminals and users does not need is masked: that halves the boot.

use std::io::Write;

use anyhow::Result;

use super::cpio::Archive;

const UNITS: &str = "etc/systemd/system";
const GENERATORS: &str = "etc/systemd/system-generators";

/// Units that have nothing to do in a guest, or take long for what they do.
const MASKED: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    "cryptsetup.target",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty-static.service",
    "getty.target",
    "integritysetup.target",
    "ldconfig.service",
    "modprobe@.service",
    "proc-sys-fs-binfmt_misc.automount",
    "remote-fs.target",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path",
    "systemd-binfmt.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-initctl.socket",
    "systemd-journal-flush.service",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-networkd-wait-online.service",
    "systemd-pcrphase-sysinit.service",
    "systemd-pcrphase.service",
    "systemd-pstore.service",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-repart.service",
    "systemd-sysusers.service",
    "systemd-timesyncd.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-udev-trigger.service",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
    "systemd-user-sessions.service",
    "veritysetup.target",
    // Their packages are there for a program alone, and they use netlink themselves.
    "auditd.service",
    "openvswitch-switch.service",
    "ovs-record-hostname.service",
    "ovs-vswitchd.service",
    "ovsdb-server.service",
    // Started when somebody uses it, not at every boot.
    "multi-user.target.wants/dbus.service",
];

/// Programs that would look for disks, terminals and old init scripts.
const MASKED_GENERATORS: &[&str] = &[
    "bless-boot",
    "cryptsetup",
    "debug",
    "fstab",
    "getty",
    "gpt-auto",
    "hibernate-resume",
    "integritysetup",
    "rc-local",
    "run",
    "system-update",
    "sysv",
    "veritysetup",
];

/// Reached when everything else is, so that the command runs in a system that has come up; also
/// when a service of it has failed.
const TARGET: &str = "\
[Unit]
Description=The guest is up and runs its command
Wants=multi-user.target guest-agent.service
After=multi-user.target
AllowIsolate=yes
";

const AGENT: &str = "\
[Unit]
Description=The command of cargo xtask vm
After=multi-user.target nlmon.service
FailureAction=poweroff-force

[Service]
ExecStart=/usr/lib/nlmon-guest/agent
StandardOutput=journal+console
StandardError=journal+console
TasksMax=infinity
LimitNOFILE=65536
";

/// Changes when anything here does that ends up in the guest.
pub(super) fn fingerprint() -> String {
    [&MASKED.join(" "), &MASKED_GENERATORS.join(" "), TARGET, AGENT].concat()
}

/// Adds the system's configuration to its root.
pub(super) fn configure<W: Write>(archive: &mut Archive<W>) -> Result<()> {
    archive.directory(GENERATORS, 0o755)?;
    for generator in MASKED_GENERATORS {
        archive.link(&format!("{GENERATORS}/systemd-{generator}-generator"), "/dev/null")?;
    }
    archive.directory(&format!("{UNITS}/multi-user.target.wants"), 0o755)?;
    for unit in MASKED {
        archive.link(&format!("{UNITS}/{unit}"), "/dev/null")?;
    }
    archive.file(&format!("{UNITS}/guest.target"), 0o644, TARGET.as_bytes())?;
    archive.file(&format!("{UNITS}/guest-agent.service"), 0o644, AGENT.as_bytes())?;
    archive.link(&format!("{UNITS}/default.target"), "guest.target")?;
    // The agent's port; its drivers are modules before 6.12.
    archive.file("etc/modules-load.d/guest.conf", 0o644, b"virtio_pci\nvirtio_console\n")?;
    archive.file("etc/hostname", 0o644, b"guest\n")?;
    archive.file("etc/hosts", 0o644, b"127.0.0.1 localhost guest\n::1 localhost guest\n")?;
    // With an identity of its own the system does not take this for its first boot.
    archive.file("etc/machine-id", 0o444, b"6e6c6d6f6e2d67756573742d6d616368\n")
}
