//! Packets that netfilter hands to a user's queue: of each, nlmon takes headers and no byte of what
//! it holds, be it in one piece or in page fragments, and counts it as what it is.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    os::fd::AsFd as _,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use memmap2::MmapOptions;
use nlmon::subscribe::{Received, Socket};
use nlmon_core::message::{Header, Message, flag, kind, messages};

use crate::{
    secrets::{Outputs, has_part},
    support::{Daemon, run, wait_for},
};

const NETFILTER: u8 = 12;

/// Messages of `NFNL_SUBSYS_QUEUE`, `include/uapi/linux/netfilter/nfnetlink_queue.h`.
const PACKET: u16 = 3 << 8;
const VERDICT: u16 = 3 << 8 | 1;
const CONFIG: u16 = 3 << 8 | 2;

/// `IPCTNL_MSG_CT_GET_STATS` of `NFNL_SUBSYS_CTNETLINK`.
const CONNTRACK_STATS: u16 = 1 << 8 | 5;

const QUEUE: u16 = 7;
const PORT: u16 = 4747;

/// What every packet is full of.
const MARKER: &[u8; 16] = b"\xc9\x8e\x3b\xd1\xa7\x54\xf6\x0c\x92\xeb\x61\xb8\x3d\xe7\x4a\xd5";

fn filled(len: usize) -> Vec<u8> {
    MARKER.iter().copied().cycle().take(len).collect()
}

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [&len.to_ne_bytes(), &number.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A request to the queue: `struct nfgenmsg` and attributes.
fn request(message_type: u16, flags: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    let payload = [&[0, 0][..], &QUEUE.to_be_bytes(), &attributes.concat()].concat();
    let len = u32::try_from(16 + payload.len()).unwrap();
    let header = Header { len, message_type, flags: flag::REQUEST | flags, seq: 1, portid: 0 };
    [&header.to_bytes(), &payload[..]].concat()
}

/// Binds to the queue: whole packets, those of segmentation offload as they are.
fn bind() -> Socket {
    let socket = Socket::open(NETFILTER).unwrap();
    socket.set_receive_buffer(32 << 20).unwrap();
    socket.set_timeout(Duration::from_secs(1)).unwrap();
    let bind = attribute(1, &[1, 0, 0, 0]);
    let whole = attribute(2, &[&0xffff_u32.to_be_bytes()[..], &[2]].concat());
    let [mask, flags] = [4, 5].map(|number| attribute(number, &4_u32.to_be_bytes()));
    for attributes in [vec![bind], vec![whole], vec![mask, flags]] {
        socket.send(&request(CONFIG, flag::ACK, &attributes)).unwrap();
        assert_eq!(answer(&socket), 0);
    }
    socket
}

/// Errno of the next error or acknowledgement.
fn answer(socket: &Socket) -> i32 {
    let mut buffer = vec![0; 1 << 17];
    loop {
        if let Received::Datagram(datagram) = socket.receive(&mut buffer).unwrap()
            && let Some(message) = messages(datagram.data, datagram.data.len()).next()
            && message.header.message_type == kind::ERROR
        {
            return message.errno().unwrap();
        }
    }
}

/// The packet's id, its first attribute, as the verdict names it.
fn id(packet: &Message<'_>) -> [u8; 4] {
    packet.payload[8..12].try_into().unwrap()
}

fn verdict(id: [u8; 4]) -> Vec<u8> {
    attribute(2, &[&1_u32.to_be_bytes()[..], &id].concat())
}

/// Accepts each packet, and gives it back whole, until it is told to end; the sizes of datagrams.
fn accept(socket: &Socket, ended: &AtomicBool) -> Vec<usize> {
    let (mut buffer, mut sizes) = (vec![0; 1 << 17], Vec::new());
    while !ended.load(Ordering::Relaxed) {
        let Ok(Received::Datagram(datagram)) = socket.receive(&mut buffer) else { continue };
        for packet in messages(datagram.data, datagram.data.len()) {
            assert_eq!(packet.header.message_type, PACKET);
            sizes.push(datagram.data.len());
            socket.send(&request(VERDICT, 0, &[verdict(id(&packet))])).unwrap();
        }
    }
    sizes
}

/// Large and small datagrams, and a stream; each arrives as it was sent.
fn send_packets() {
    let (sender, receiver) = (UdpSocket::bind("127.0.0.1:0").unwrap(), udp());
    for len in [100, 1400, 20_000, 40_000, 60_000, 1400, 30_011] {
        sender.send_to(&filled(len), ("127.0.0.1", PORT)).unwrap();
        let mut buffer = vec![0; 1 << 16];
        let len_received = receiver.recv(&mut buffer).unwrap();
        assert!(buffer[..len_received] == filled(len));
    }
    let listener = TcpListener::bind(("127.0.0.1", PORT)).unwrap();
    let stream = thread::spawn(move || {
        let mut all = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut all).unwrap();
        all
    });
    TcpStream::connect(("127.0.0.1", PORT)).unwrap().write_all(&filled(400_000)).unwrap();
    assert!(stream.join().unwrap() == filled(400_000));
}

fn udp() -> UdpSocket {
    let socket = UdpSocket::bind(("127.0.0.1", PORT)).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    socket
}

/// Verdicts on packets that there are not, with what to put in their place: the kernel refuses them,
/// and sends each back in its error. One goes with another request before it.
fn refused(socket: &Socket) {
    let payload = attribute(10, &filled(700));
    let refused = request(VERDICT, flag::ACK, &[verdict([0xff; 4]), payload]);
    for _ in 0..11 {
        socket.send(&refused).unwrap();
        assert_eq!(answer(socket), nix::errno::Errno::ENOENT as i32);
    }
    let other = request(CONNTRACK_STATS, 0, &[]);
    socket.send(&[&other[..], &refused].concat()).unwrap();
    while answer(socket) != nix::errno::Errno::ENOENT as i32 {}
}

/// All of the rings that samples go through, with what was read from them.
fn rings() -> Vec<u8> {
    let mut all = Vec::new();
    let maps = aya::maps::loaded_maps().flatten();
    for map in maps.filter(|map| map.name_as_str() == Some("SAMPLES")) {
        let (fd, page) = (map.fd().unwrap(), 4096_usize);
        let mut options = MmapOptions::new();
        // The consumer's page, the producer's, and the data twice.
        options.offset(2 * page as u64).len(map.max_entries() as usize);
        let memory = options.map_raw_read_only(&fd.as_fd()).unwrap();
        // SAFETY: as long as the mapping, which lives until the end of the block. The programs may
        // go on writing; what is looked for is there or not.
        all.extend_from_slice(unsafe { std::slice::from_raw_parts(memory.as_ptr(), memory.len()) });
    }
    assert!(!all.is_empty());
    all
}

/// The rule that queues, gone when this is.
struct Rule;

impl Rule {
    fn add() -> Self {
        let rule = format!(
            "table inet vmqueue {{\nchain out {{\ntype filter hook output priority 0;\n\
             udp dport {PORT} queue num {QUEUE}\ntcp dport {PORT} queue num {QUEUE}\n}}\n}}\n"
        );
        fs::write("/root/queue.nft", rule).unwrap();
        run("nft", &["-f", "/root/queue.nft"]);
        Self
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        drop(Command::new("nft").args(["delete", "table", "inet", "vmqueue"]).status());
    }
}

#[test]
fn kprobes_take_no_byte_of_a_packet() {
    no_byte_of_a_packet("kprobe");
}

#[test]
fn fentry_takes_no_byte_of_a_packet() {
    no_byte_of_a_packet("fentry");
}

fn no_byte_of_a_packet(attach: &str) {
    run("modprobe", &["-a", "nfnetlink_queue", "nf_conntrack_netlink"]);
    run("sh", &["-c", "rm -f /root/secrets.[a-z]*"]);
    let daemon = Daemon::start(&["--require-probes", "--http-live", "--attach", attach]);
    let outputs = Outputs::start(&daemon);
    let socket = bind();
    let before = daemon.quiet();
    let rule = Rule::add();
    let ended = AtomicBool::new(false);
    let sizes = thread::scope(|scope| {
        let reader = scope.spawn(|| accept(&socket, &ended));
        let sent = scope.spawn(send_packets).join();
        ended.store(true, Ordering::Relaxed);
        sent.unwrap();
        reader.join().unwrap()
    });
    drop(rule);
    refused(&socket);
    run("ip", &["link", "add", "vmqueued0", "type", "dummy"]);
    run("ip", &["link", "del", "vmqueued0"]);
    wait_for("everything is shown", || {
        let json = fs::read_to_string("/root/secrets.json").unwrap();
        json.lines().any(|line| line.contains("RTM_DELLINK") && line.contains("vmqueued0"))
    });
    let after = daemon.quiet();

    assert!(sizes.iter().any(|size| *size > 60_000), "{sizes:?}");
    let labels = |name| [("protocol", "netfilter"), ("type", name)];
    let packets = after.messages(&before, &[("protocol", "netfilter"), ("path", "reply")]);
    let total = sizes.iter().map(|size| *size as u64).sum();
    assert_eq!(packets.get("NFQNL_MSG_PACKET"), Some(&(sizes.len() as u64, total)));
    assert_eq!(after.grown(&before, "nlmon_messages_total", &labels("raw")), 0);
    let (rings, outputs) = (rings(), outputs.end());
    let json = String::from_utf8_lossy(&outputs[0].1).into_owned();
    assert!(json.matches("NFQNL_MSG_PACKET").count() >= sizes.len());
    for (name, content) in outputs.iter().chain([&("the ring", rings)]) {
        assert!(content.len() > 1000, "{name}: {} bytes", content.len());
        assert!(!has_part(content, MARKER, "none of base64's"), "a packet is in {name}");
    }
}
