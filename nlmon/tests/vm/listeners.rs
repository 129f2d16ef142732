//! Programs that listen, under strace: what each receives of the kernel's multicasts.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    thread::sleep,
    time::Duration,
};

use crate::{
    programs::compare,
    strace::{Trace, Traced},
    support::{Daemon, Metrics, PATIENCE, run, wait_for},
};

/// Groups of every process's sockets of a protocol, as a mask of the first 32.
fn memberships(protocol: &str) -> Vec<u32> {
    rows(protocol).iter().map(|row| u32::from_str_radix(&row[3], 16).unwrap()).collect()
}

fn rows(protocol: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string("/proc/net/netlink").unwrap();
    let split = |row: &str| row.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_users = |row: &Vec<String>| row[1] == protocol && row[2] != "0";
    text.lines().map(split).filter(is_users).collect()
}

/// Sockets that are in a group.
pub(crate) fn listeners(protocol: &str, group: u32) -> u64 {
    memberships(protocol).iter().filter(|mask| *mask >> (group - 1) & 1 == 1).count() as u64
}

/// The metrics once nothing comes any more and every listener has read what there was.
pub(crate) fn settled(daemon: &Daemon, protocol: &str, number: &str) -> Metrics {
    let labels = [("protocol", protocol)];
    let counted = |metrics: &Metrics| {
        let names = ["nlmon_datagrams_total", "nlmon_deliveries_total", "nlmon_datagrams_open"];
        names.map(|name| metrics.sum(name, &labels))
    };
    let mut last = daemon.quiet();
    for _ in 0..PATIENCE.as_secs() {
        sleep(Duration::from_secs(2));
        let now = daemon.quiet();
        let is_read = rows(number).iter().all(|row| row[4] == "0");
        if is_read && counted(&now) == counted(&last) {
            return now;
        }
        last = now;
    }
    panic!("it does not end");
}

/// The multicasts that all these listeners heard, which have to be the same ones.
fn heard(traces: &[Trace], protocol: &str) -> Trace {
    let heard = traces[0].of(protocol, "multicast");
    assert!(traces.iter().all(|trace| trace.of(protocol, "multicast") == heard));
    heard
}

#[test]
fn three_monitors_of_links_hear_what_is_counted() {
    let daemon = Daemon::start(&["--require-probes"]);
    // Without IPv6 nothing happens later, and nothing that no monitor listens to.
    run("sysctl", &["-q", "net.ipv6.conf.default.disable_ipv6=1"]);
    run("ip", &["link", "add", "vmflap0", "type", "dummy"]);
    run("ip", &["address", "add", "192.0.2.1/24", "dev", "vmflap0"]);
    run("udevadm", &["settle"]);
    // What was sent until here may still wait for the join.
    let before = settled(&daemon, "route", "0");
    let monitors: Vec<_> = (0..3).map(|_| Traced::start("ip", &["monitor"])).collect();
    wait_for("they listen", || listeners("0", 1) == 3 + 1);
    wait_for("they have asked for the links", || {
        let labels = [("protocol", "route"), ("type", "NLMSG_DONE")];
        daemon.metrics().grown(&before, "nlmon_messages_total", &labels) == 3
    });
    let flap = "ip link set vmflap0 up; ip link set vmflap0 down; i=$((i + 1))";
    let flaps = format!("i=0; while [ $i -lt 31 ]; do {flap}; done");
    let flaps = Traced::start("sh", &["-euc", &flaps]).wait();
    let after = settled(&daemon, "route", "0");
    let groups: Vec<_> = (1..=32).map(|group| listeners("0", group)).collect();
    let traces: Vec<_> = monitors.into_iter().map(Traced::end).collect();
    let heard = heard(&traces, "route");
    assert!(heard.by_type()["RTM_NEWLINK"].0 >= 2 * 31, "{:?}", heard.by_type());
    let labels = [("protocol", "route"), ("path", "multicast")];
    // Newer kernels also tell of multicast addresses (6.14), for which no monitor asks.
    let mut counted = after.messages(&before, &labels);
    let addresses = ["RTM_NEWMULTICAST", "RTM_DELMULTICAST"];
    let unheard: u64 =
        addresses.iter().filter_map(|name| counted.remove(*name)).map(|(count, _)| count).sum();
    assert_eq!(counted, heard.by_type());
    let no_listener = [&labels[..], &[("result", "ESRCH")]].concat();
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &no_listener), unheard);
    let ok = [&labels[..], &[("result", "ok")]].concat();
    assert_eq!(after.grown(&before, "nlmon_datagrams_total", &ok), heard.datagrams());
    // The monitors, and the daemon where it listens too.
    let sockets: u64 = heard.0.iter().map(|call| groups[call.group as usize - 1]).sum();
    assert_eq!(after.grown(&before, "nlmon_deliveries_total", &labels), sockets);
    let name = "nlmon_multicast_deliveries_total";
    let own = after.grown(&before, name, &[("protocol", "route"), ("outcome", "delivered")]);
    assert_eq!(sockets, 3 * heard.datagrams() + own);
    let all = Trace::merged(traces.into_iter().chain([flaps]));
    compare(&all, "route", "ip", (&before, &after));
    run("ip", &["link", "del", "vmflap0"]);
    run("sysctl", &["-q", "net.ipv6.conf.default.disable_ipv6=0"]);
}

/// Connections of this machine with itself are tracked, but for those to the daemon.
const RULES: &str = "table ip vmtrack {
 chain untracked { type filter hook output priority -300
  tcp dport 19000-19999 notrack
  tcp sport 19000-19999 notrack
 }
 chain input { type filter hook input priority 0
  ct state established counter
 }
}
";

#[test]
fn conntrack_hears_what_is_counted() {
    // There is no option for the buffer of the socket that listens.
    let buffer = run("sysctl", &["-n", "net.core.rmem_default"]);
    run("sysctl", &["-q", "net.core.rmem_default=8388608"]);
    fs::write("/root/track.nft", RULES).unwrap();
    run("nft", &["-f", "/root/track.nft"]);
    let daemon = Daemon::start(&["--require-probes"]);
    // It loads the module that tells.
    run("conntrack", &["-F"]);
    let before = daemon.quiet();
    let events = Traced::start("conntrack", &["-E"]);
    wait_for("it listens", || (1..=3).all(|group| listeners("12", group) == 1));
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    for _ in 0..31 {
        let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        drop((server.accept().unwrap(), client));
    }
    let flush = Traced::start("conntrack", &["-F"]).wait();
    let after = settled(&daemon, "netfilter", "12");
    let events = events.end();
    let heard = heard(std::slice::from_ref(&events), "netfilter");
    let types = heard.by_type();
    // Made and changed: the first packet, the answer, the third of the handshake, the ends.
    assert!(types["IPCTNL_MSG_CT_NEW"].0 > 3 * 31, "{types:?}");
    assert_eq!(types["IPCTNL_MSG_CT_DELETE"].0, 31);
    let labels = [("protocol", "netfilter"), ("path", "multicast")];
    assert_eq!(after.messages(&before, &labels), types);
    let grown = |name: &str| after.grown(&before, name, &labels);
    assert_eq!(grown("nlmon_datagrams_total"), heard.datagrams());
    assert_eq!(grown("nlmon_deliveries_total"), heard.datagrams());
    compare(&Trace::merged([events, flush]), "netfilter", "conntrack", (&before, &after));
    run("nft", &["delete", "table", "ip", "vmtrack"]);
    run("sysctl", &["-q", &format!("net.core.rmem_default={buffer}")]);
}
