//! What is changed by another way than netlink: each act's own log, which the actor writes, says by
//! which process and which system call it was.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    interrupts::{probe_neighbours, wait_for_failures},
    recorder::{Recorder, message_type, summary},
    support::{Daemon, attach_by, run},
};

/// Makes changes by system calls other than those of netlink. For each it says who it was, what it
/// changed and how: process id, type of the notification, a word of its summary, and what nlmon
/// should say of the call, as it knows from having made it.
const ACTOR: &str = r#"
import ctypes, fcntl, os, socket, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
me = os.getpid()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

def act(kind, word, call, **fields):
    told = " ".join(f"{name}={value}" for name, value in fields.items())
    print(f"{fields.pop('pid', me)} {kind} {word} syscall={call} {told}", flush=True)

def ioctl(request, name, rest):
    data = name.encode().ljust(16, b"\0") + rest.ljust(24, b"\0")
    fcntl.ioctl(s, request, data)

def address(text):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))

ioctl(0x8922, "vmio0", struct.pack("=i", 1311))
act("RTM_NEWLINK", "vmio0", "ioctl", ioctl="SIOCSIFMTU")
ioctl(0x8916, "vmio0", address("192.0.2.77"))
act("RTM_NEWADDR", "192.0.2.77", "ioctl", ioctl="SIOCSIFADDR")
flags = struct.unpack("=H", fcntl.ioctl(s, 0x8913, b"vmio0".ljust(40, b"\0"))[16:18])[0]
ioctl(0x8914, "vmio0", struct.pack("=H", flags | 0x100))
act("RTM_NEWLINK", "vmio0", "ioctl", ioctl="SIOCSIFFLAGS")

# struct rtentry
device = ctypes.create_string_buffer(b"vmio0")
entry = bytearray(120)
entry[8:24] = address("198.51.100.0")
entry[24:40] = address("0.0.0.0")
entry[40:56] = address("255.255.255.0")
entry[56:58] = struct.pack("=H", 1)
entry[88:96] = struct.pack("=Q", ctypes.addressof(device))
fcntl.ioctl(s, 0x890b, bytes(entry))
act("RTM_NEWROUTE", "198.51.100.0/24", "ioctl", ioctl="SIOCADDRT")

# The kernel loads a module by a process of its own.
subprocess.run(["modprobe", "bridge"], check=True)
name = ctypes.create_string_buffer(b"vmiobr")
assert libc.ioctl(s.fileno(), 0x89a0, name) == 0
act("RTM_NEWLINK", "vmiobr", "ioctl", ioctl="SIOCBRADDBR")
assert libc.ioctl(s.fileno(), 0x89a1, name) == 0
act("RTM_DELLINK", "vmiobr", "ioctl", ioctl="SIOCBRDELBR")

tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("=16sH22x", b"vmiotun", 1))
act("RTM_NEWLINK", "vmiotun", "ioctl", ioctl="TUNSETIFF")
os.close(tun)
act("RTM_DELLINK", "vmiotun", "close")

with open("/sys/class/net/vmio0/mtu", "w") as file:
    file.write("1312")
act("RTM_NEWLINK", "1312", "write", file="vmio0/mtu")

with open("/proc/sys/net/ipv4/conf/vmio0/forwarding", "w") as file:
    file.write("1")
act("RTM_NEWNETCONF", "vmio0", "write", file="vmio0/forwarding")

# A process that ends with the device still open, and one that is killed.
for word, last in [("vmioend", "os._exit(0)"), ("vmiokil", "os.kill(os.getpid(), 9)")]:
    text = f"""
import fcntl, os, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("=16sH22x", b"{word}", 1))
{last}
"""
    child = subprocess.Popen([sys.executable, "-c", text])
    child.wait()
    act("RTM_NEWLINK", word, "ioctl", ioctl="TUNSETIFF", pid=child.pid)
    act("RTM_DELLINK", word, "exit", pid=child.pid)

# The address of the new namespace's loopback has no notification; its devices have uevents.
child = subprocess.Popen(["unshare", "--net", "true"])
child.wait()
act("uevent", "lo", "unshare", clone_flags="CLONE_NEWNET", pid=child.pid)

for command, call in [("insert", "finit_module"), ("remove", "delete_module")]:
    arguments = ["modprobe", "dummy"] if command == "insert" else ["rmmod", "dummy"]
    child = subprocess.Popen(arguments)
    assert child.wait() == 0
    act("uevent", "dummy", call, module="dummy", pid=child.pid)
"#;

/// What the actor said of one change.
#[derive(Debug)]
struct Act {
    pid: u64,
    kind: String,
    word: String,
    fields: Vec<(String, String)>,
}

impl Act {
    fn of(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let fields = words[3..].iter().map(|field| field.split_once('=').unwrap());
        let fields = fields.filter(|(name, _)| *name != "pid");
        Self {
            pid: words[0].parse().unwrap(),
            kind: words[1].to_owned(),
            word: words[2].to_owned(),
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    /// Whether a record tells of it.
    fn is_told_by(&self, record: &Value) -> bool {
        record["process"]["pid"] == self.pid
            && message_type(record) == self.kind
            && summary(record).contains(&self.word)
    }

    /// Whether a record says how it was done.
    fn is_explained_by(&self, record: &Value) -> bool {
        record["cause"] == "syscall"
            && self.fields.iter().all(|(name, value)| match &record[name.as_str()] {
                Value::Array(values) => values.iter().any(|found| found == value.as_str()),
                found => found == value.as_str(),
            })
    }
}

#[test]
fn fentry_names_the_system_call_of_each_act() {
    names_the_system_call("fentry");
}

#[test]
fn kprobes_name_the_system_call_of_each_act() {
    names_the_system_call("kprobe");
}

fn names_the_system_call(attach: &str) {
    let daemon = Daemon::start(&attach_by(attach));
    run("modprobe", &["tun"]);
    run("ip", &["link", "add", "vmio0", "type", "veth", "peer", "name", "vmio1"]);
    run("ip", &["link", "set", "vmio0", "up"]);
    let unload = || drop(Command::new("rmmod").arg("dummy").stderr(Stdio::null()).status());
    unload();
    let recorder = Recorder::start(&daemon, &["--path", "multicast"]);
    fs::write("/root/calls.py", ACTOR).unwrap();
    let log = run("python3", &["/root/calls.py"]);
    let acts: Vec<Act> = log.lines().map(Act::of).collect();
    assert!(acts.len() >= 17, "{log}");
    run("ip", &["link", "del", "vmio0"]);
    let records = recorder.finish(&daemon);
    let mut wrong = String::new();
    for act in &acts {
        let told: Vec<&Value> = records.iter().filter(|record| act.is_told_by(record)).collect();
        let explained = told.iter().filter(|record| act.is_explained_by(record)).count();
        if explained == 0 {
            writeln!(wrong, "{act:?} by {attach}: {told:#?}").unwrap();
        }
    }
    // Of the actors' own notifications, none has another cause.
    let pids: Vec<u64> = acts.iter().map(|act| act.pid).collect();
    let is_theirs = |record: &&Value| {
        let pid = record["process"]["pid"].as_u64();
        pid.is_some_and(|pid| pids.contains(&pid)) && record["process"].get("interrupt").is_none()
    };
    for record in records.iter().filter(is_theirs) {
        if record["src_portid"] == 0 && record["cause"] != "syscall" {
            writeln!(wrong, "by {attach}: {record:#?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Neighbours that answer no probe.
const NEIGHBOURS: u32 = 101;

#[test]
fn a_timer_on_top_of_a_system_call_is_no_system_call() {
    let daemon = Daemon::start(&["--require-probes"]);
    let mut readers: Vec<_> = (0..4)
        .map(|_| {
            let mut dd = Command::new("dd");
            dd.args(["if=/dev/zero", "of=/dev/null", "bs=1"]).stderr(Stdio::null());
            dd.spawn().unwrap()
        })
        .collect();
    let pids: Vec<u64> = readers.iter().map(|reader| u64::from(reader.id())).collect();
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--type", "RTM_NEWNEIGH"]);
    probe_neighbours(NEIGHBOURS);
    wait_for_failures(NEIGHBOURS);
    run("ip", &["link", "del", "vmnb0"]);
    let records = recorder.finish(&daemon);
    for reader in &mut readers {
        reader.kill().unwrap();
        reader.wait().unwrap();
    }
    let is_on_reader =
        |record: &Value| record["process"]["pid"].as_u64().is_some_and(|pid| pids.contains(&pid));
    let is_interrupt = |record: &&Value| record["process"].get("interrupt").is_some();
    let interrupts = records.iter().filter(is_interrupt).count();
    assert!(interrupts > 0, "no timer has met a process");
    // What the readers do themselves, nobody is told.
    for record in records.iter().filter(|record| is_on_reader(record) || is_interrupt(record)) {
        assert_eq!(record["cause"], "kernel", "{record:#?}");
        assert!(record.get("syscall").is_none(), "{record:#?}");
    }
    crate::support::say(&format!("{interrupts} interrupts"));
}

#[test]
fn what_a_thread_of_the_kernel_does_is_no_system_call() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--protocol", "route"]);
    run("ip", &["link", "add", "vmkt0", "type", "dummy"]);
    let lifetime = ["valid_lft", "2", "preferred_lft", "2"];
    run("ip", &[&["addr", "add", "192.0.2.9/24", "dev", "vmkt0"][..], &lifetime].concat());
    let expiry = recorder.wait_for("the address expires", |record| {
        message_type(record) == "RTM_DELADDR" && summary(record).contains("192.0.2.9")
    });
    assert_eq!(expiry["cause"], "kernel", "{expiry}");
    assert!(expiry.get("syscall").is_none(), "{expiry}");
    run("ip", &["link", "del", "vmkt0"]);
    recorder.finish(&daemon);
}

/// Daemons that configure a network by whatever way they like.
#[test]
fn hardly_a_change_has_an_unknown_cause() {
    let daemon = Daemon::start(&["--require-probes"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast"]);
    fs::create_dir_all("/run/systemd/network").unwrap();
    let network =
        "[Match]\nName=vmsh*\n[Network]\nAddress=192.0.2.65/26\nLinkLocalAddressing=yes\n";
    fs::write("/run/systemd/network/10-vm.network", network).unwrap();
    run("systemctl", &["start", "systemd-networkd"]);
    for round in 0..13 {
        let name = format!("vmsh{round}");
        run("ip", &["link", "add", &name, "type", "dummy"]);
        run("ip", &["link", "set", &name, "up"]);
        run("ip", &["netns", "add", &name]);
        run("unshare", &["--net", "ip", "link", "set", "lo", "up"]);
    }
    run("udevadm", &["trigger", "--subsystem-match=net"]);
    run("udevadm", &["settle"]);
    for round in 0..13 {
        let name = format!("vmsh{round}");
        run("ip", &["link", "del", &name]);
        run("ip", &["netns", "del", &name]);
    }
    run("systemctl", &["stop", "systemd-networkd.socket", "systemd-networkd"]);
    fs::remove_file("/run/systemd/network/10-vm.network").unwrap();
    let records = recorder.finish(&daemon);
    let caused: Vec<&Value> =
        records.iter().filter(|record| record.get("cause").is_some()).collect();
    let unknown: Vec<&&Value> =
        caused.iter().filter(|record| record["cause"] == "unknown").collect();
    assert!(caused.len() > 200, "{}", caused.len());
    crate::support::say(&format!("{} of {} are unknown", unknown.len(), caused.len()));
    assert!(
        unknown.len() * 50 < caused.len(),
        "{} of {}: {unknown:#?}",
        unknown.len(),
        caused.len()
    );
}

/// A 64-bit program that makes a call as 32-bit ones do: the number is another, and so is its place.
/// Only x86 lets it.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_call_by_the_old_way_is_named_by_its_own_table() {
    let daemon = Daemon::start(&["--require-probes"]);
    run("ip", &["link", "add", "vmold0", "type", "dummy"]);
    let recorder = Recorder::start(&daemon, &["--path", "multicast", "--type", "RTM_NEWLINK"]);
    // int 0x80 with eax = 54, ioctl, of a structure below 4 GiB: struct ifreq with a new MTU.
    let program = r#"
import ctypes, mmap, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 4
low = libc.mmap(None, 8192, 7, 0x62, -1, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ctypes.memmove(low, b"vmold0".ljust(16, b"\0") + struct.pack("=i", 1313).ljust(24, b"\0"), 40)
# push rbx; mov eax, 54; mov ebx, edi; mov ecx, esi; int 0x80; pop rbx; ret, with rdx third
code = bytes.fromhex("53b836000000" "89fb" "89f1" "cd80" "5bc3")
ctypes.memmove(low + 4096, code, len(code))
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_uint, ctypes.c_uint)(low + 4096)
result = call(s.fileno(), 0x8922, low)
print(result, flush=True)
"#;
    fs::write("/root/old.py", program).unwrap();
    assert_eq!(run("python3", &["/root/old.py"]).trim(), "0");
    let record = recorder.wait_for("the new MTU", |record| summary(record).contains("mtu 1313"));
    assert_eq!(record["cause"], "syscall", "{record}");
    assert_eq!((&record["syscall"], &record["ioctl"]), (&"ioctl".into(), &"SIOCSIFMTU".into()));
    run("ip", &["link", "del", "vmold0"]);
    recorder.finish(&daemon);
}
