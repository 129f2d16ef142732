//! The sockets' statistics against a real kernel, in network namespaces of the tests' own.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::{
    fs,
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    sys::socket::{SetSockOpt, setsockopt, sockopt},
};
use nlmon::{
    sockets::{Endpoint, Scan, Scanner, Source},
    subscribe::{Socket, acknowledge},
};

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const ROUTE: u8 = 0;
const RTM_NEWLINK: u16 = 16;
const RTNLGRP_LINK: u32 = 1;
const LO: i32 = 1;
const PATIENCE: Duration = Duration::from_secs(20);

fn in_namespace(test: impl FnOnce() + Send) {
    let body = || {
        unshare(CloneFlags::CLONE_NEWNET)
            .expect("making a network namespace needs root: run it so, or under `unshare -Ur`");
        test();
    };
    thread::scope(|scope| {
        if let Err(panic) = scope.spawn(body).join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Sends a notification to the group `link`.
fn set_lo_up(socket: &Socket, up: bool) {
    let words = [0, LO.cast_unsigned(), u32::from(up), 1].map(u32::to_ne_bytes).concat();
    acknowledge(socket, RTM_NEWLINK, &words, PATIENCE).expect("lo changes");
}

/// `NETLINK_NO_ENOBUFS`, which hides losses from a socket's owner.
#[derive(Clone)]
struct NoEnobufs;

impl SetSockOpt for NoEnobufs {
    type Val = libc::c_int;

    fn set<F: std::os::fd::AsFd>(&self, fd: &F, value: &Self::Val) -> nix::Result<()> {
        let size = libc::socklen_t::try_from(size_of_val(value)).unwrap_or(0);
        let (fd, level, name) =
            (fd.as_fd().as_raw_fd(), libc::SOL_NETLINK, libc::NETLINK_NO_ENOBUFS);
        // SAFETY: the kernel reads `size` bytes from `value`, which is that long.
        let status = unsafe { libc::setsockopt(fd, level, name, (&raw const *value).cast(), size) };
        Errno::result(status).map(drop)
    }
}

/// A listener that never reads and has lost something, and the socket that made it so.
fn overrun_listener() -> Socket {
    let listener = Socket::open(ROUTE).expect("a socket");
    setsockopt(&listener, sockopt::RcvBuf, &1).expect("a socket");
    setsockopt(&listener, NoEnobufs, &1).expect("a socket");
    listener.join(RTNLGRP_LINK).expect("a socket");
    listener.join(33).expect("a socket");
    let sender = Socket::open(ROUTE).expect("a socket");
    for _ in 0..53 {
        set_lo_up(&sender, true);
        set_lo_up(&sender, false);
    }
    listener
}

fn find(scan: &Scan, portid: u32) -> &Endpoint {
    let own = &scan.seen[0].sockets;
    let found: Vec<_> = own.iter().filter(|s| s.portid == portid).collect();
    assert_eq!(found.len(), 1, "{portid} in {own:?}");
    found[0]
}

/// `(queue, drops)` of a port id in this namespace's `/proc/net/netlink`.
fn in_proc(portid: u32) -> (u32, u32) {
    let text = fs::read_to_string("/proc/thread-self/net/netlink").expect("a table");
    let rows = text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let row = rows.into_iter().find(|row| row[2] == portid.to_string()).expect("it is listed");
    (row[4].parse().expect("a number"), row[8].parse().expect("a number"))
}

#[test]
fn agrees_with_the_kernels_two_other_accounts() {
    in_namespace(|| {
        let listener = overrun_listener();
        let scan = Scanner::default().scan().unwrap();
        let socket = find(&scan, listener.portid());
        assert!(socket.drops >= 53, "{}", socket.drops);
        assert_eq!(socket.drops, listener.drops().unwrap());
        assert_eq!((socket.queue_bytes, socket.drops), in_proc(listener.portid()));
        let owner = socket.owner().expect("it is ours");
        assert_eq!((owner.pid, owner.guessed), (std::process::id(), false));
        let comm = fs::read_to_string("/proc/self/comm").unwrap();
        assert_eq!(owner.comm, comm.trim_end());
        // What /proc does not have, where the kernel can be asked.
        if socket.source() == Source::SockDiag {
            assert_eq!(socket.groups, [RTNLGRP_LINK, 33]);
            let flags: Vec<_> = socket.flags.unwrap().names().collect();
            assert!(flags.contains(&"NO_ENOBUFS"), "{flags:?}");
            assert!(socket.buffer_bytes.unwrap() < 10_000);
        }
    });
}

#[test]
fn has_every_socket_of_proc_once_and_no_other() {
    in_namespace(|| {
        let listener = overrun_listener();
        // More than one part of the kernel's dump holds, which loses some on the way.
        let many: Vec<_> = (0..701).map(|_| Socket::open(ROUTE).unwrap()).collect();
        let scan = Scanner::default().scan().unwrap();
        let mut seen: Vec<_> =
            scan.seen[0].sockets.iter().map(|s| (s.protocol, s.portid, s.inode)).collect();
        let text = fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
        let mut expected: Vec<(u8, u32, u64)> = text
            .lines()
            .skip(1)
            .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
            .map(|row| (row[1].parse().unwrap(), row[2].parse().unwrap(), row[9].parse().unwrap()))
            .collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
        let known = scan.seen[0].sockets.iter().filter(|s| s.buffer_bytes.is_some()).count();
        assert!(known > 690, "{known}");
        drop((listener, many));
    });
}

/// A process in a namespace of its own, with a netlink socket that it never uses.
#[test]
fn sees_into_the_namespaces_of_others() {
    in_namespace(|| {
        let script = "echo ready; exec sleep 60";
        let mut child = Command::new("unshare")
            .args(["--net", "sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut said).unwrap();
        let link = fs::metadata(format!("/proc/{}/ns/net", child.id())).unwrap();
        let inode = std::os::unix::fs::MetadataExt::ino(&link);
        let scan = Scanner::default().scan().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let seen = scan.seen.iter().find(|seen| seen.namespace.inode == inode).unwrap();
        assert_eq!(seen.namespace.name, format!("pid:{}", child.id()));
        assert!(seen.sockets.iter().any(Endpoint::is_kernel));
        assert!(!scan.gaps.hidden.contains(&inode));
    });
}

#[test]
fn the_command_shows_a_failing_socket_first() {
    in_namespace(|| {
        let listener = overrun_listener();
        // The child inherits this thread's namespace.
        let run = |args: &[&str]| {
            let output = Command::new(NLMON).arg("sockets").args(args).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let drops = listener.drops().unwrap();
        let text = run(&["--protocol", "route"]);
        let mut rows = text.lines().map(|row| row.split_ascii_whitespace().collect::<Vec<_>>());
        assert_eq!(rows.next().unwrap()[..2], ["DROPS", "QUEUE"]);
        let portid = listener.portid().to_string();
        let first = rows.find(|row| row[6] == "self").unwrap();
        assert_eq!((first[0], first[5]), (drops.to_string().as_str(), portid.as_str()));
        let text = run(&["--output", "json"]);
        let line = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut line = line.filter(|line: &serde_json::Value| line["portid"] == listener.portid());
        let line = line.next().unwrap();
        assert_eq!((&line["drops"], &line["protocol"]), (&drops.into(), &"route".into()));
        assert_eq!(line["owners"][0]["pid"], std::process::id());
    });
}
