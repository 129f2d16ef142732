//! Known keys are given to the kernel while every output runs: none has them, unless the
//! configuration says `capture_secrets`.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::spawn,
    time::Duration,
};

use crate::{
    support::{Daemon, run, wait_for},
    wireless::Network,
};

/// A private key of `wg` as the kernel keeps it, and keys that it takes as they are.
const PRIVATE: [u8; 32] = *b"\xa0\x1c\xb3\x5e\xd7\x42\x99\x6f\x13\x84\xe5\x2a\xcb\x70\x3d\xf8\
    \x56\xa9\x0d\xbe\x67\xc1\x38\x92\x4f\xea\x1b\x75\xd0\x8c\x63\x59";
const PRESHARED: [u8; 32] = *b"\x5b\xe4\x17\x8d\x36\xf0\xa2\x69\xcd\x04\x7e\xb1\x58\x93\x2f\xd6\
    \x41\x8a\xfb\x1e\x72\xc9\x05\xb8\x6d\xe3\x94\x2c\x50\xaf\x87\x3a";
const MACSEC: [u8; 16] = *b"\x9e\x27\xd1\x68\xb4\x0f\x53\xca\x7d\x36\xe8\x81\x1a\xf5\x4c\x92";
const CIPHER: [u8; 32] = *b"\xc7\x3e\x91\x5a\x08\xd4\x6b\xf2\x2d\xb9\x74\x1f\xe6\x8b\x50\xa3\
    \x39\xcc\x07\x95\x62\xfe\x18\xd3\xa1\x4d\x7b\xe0\x26\x8f\x5c\xb6";
const DIGEST: [u8; 32] = *b"\x34\xf9\x8e\x12\xab\x65\xd0\x7c\xe1\x59\x06\xc3\x9a\x4b\x2f\x76\
    \xd8\x13\xbf\x64\x0a\xe7\x52\x99\x3d\xc0\x85\x1e\xfa\x47\x6b\xb2";

/// A key of RFC 4106 and its salt, 128 and 32 bits.
const AEAD: [u8; 20] = *b"\x71\xc5\x0e\xa8\x4b\x96\xf3\x2d\x87\x1a\xdc\x60\xb9\x35\xee\x08\
    \xd2\x5f\x93\x4c";
/// A key of `gcm(aes)` and its salt, of TIPC.
const TIPC: [u8; 20] = *b"\x2a\xf1\x7c\x98\xe3\x05\xb6\x4d\x5e\xc9\x12\x8b\xa7\x60\xdf\x31\
    \x94\x0b\xe8\x56";
/// A session's cookie of L2TP, without which a packet is none of it.
const COOKIE: [u8; 8] = *b"\xb3\x6a\x1d\xe4\x95\x2c\xf8\x47";
/// `SecureOn`, which lets a sender wake the host.
const SECURE_ON: [u8; 6] = *b"\xd6\x39\xa4\x7b\x1e\xc2";

/// Of WEP, 104 bits.
const WEP: [u8; 13] = *b"\x8a\x61\xf7\x2c\xd9\x43\x0e\xb5\x97\x1f\xc8\x56\xea";

const KEYS: [(&str, &[u8]); 10] = [
    ("WireGuard's private key", &PRIVATE),
    ("WireGuard's preshared key", &PRESHARED),
    ("MACsec's key", &MACSEC),
    ("IPsec's cipher key", &CIPHER),
    ("IPsec's digest key", &DIGEST),
    ("IPsec's combined key", &AEAD),
    ("TIPC's key", &TIPC),
    ("L2TP's cookie", &COOKIE),
    ("SecureOn's password", &SECURE_ON),
    ("a key of WEP", &WEP),
];

/// What the probes and nlmon's own sockets see of keys: requests, their dumps, notifications.
const GIVE: &str = r#"
ip link add vmwg0 type wireguard
wg set vmwg0 private-key /root/private peer "$PEER" preshared-key /root/preshared
wg showconf vmwg0 > /dev/null
ip link add vmsec0 type dummy
ip link add link vmsec0 vmsec1 type macsec encrypt on
ip macsec add vmsec1 tx sa 0 pn 1 on key 01 "$MACSEC"
ip macsec show > /dev/null
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1001 mode tunnel \
    enc 'cbc(aes)' "0x$CIPHER" auth-trunc 'hmac(sha256)' "0x$DIGEST" 128
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1002 mode tunnel \
    aead 'rfc4106(gcm(aes))' "0x$AEAD" 128
ip xfrm state > /dev/null
ip xfrm state deleteall
tipc node set identity vm-secrets
tipc node set key "0x$TIPC"
ip l2tp add tunnel remote 127.0.0.2 local 127.0.0.1 tunnel_id 1009 peer_tunnel_id 1013 encap udp \
    udp_sport 6151 udp_dport 6163
ip l2tp add session name vml2tp0 tunnel_id 1009 session_id 1019 peer_session_id 1021 \
    cookie "$COOKIE" peer_cookie "$COOKIE"
ip l2tp show session > /dev/null
ip l2tp del tunnel tunnel_id 1009
# No device of a guest can be woken; the request is seen all the same.
ethtool -s vmsec0 wol s sopass "$SECURE_ON" || true
iw dev wlan2 set type ibss
ip link set wlan2 up
iw dev wlan2 ibss join vm-cell 2412 key "d:0:$WEP"
iw dev wlan2 ibss leave
ip link del vmsec1; ip link del vmsec0; ip link del vmwg0
"#;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As `wg` writes and reads keys.
fn base64(bytes: &[u8]) -> String {
    let path = "/root/base64";
    fs::write(path, bytes).unwrap();
    run("base64", &["-w0", path])
}

/// Every form in which an output may show bytes.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper: String = digits.concat().to_uppercase();
    let texts = [digits.concat(), digits.join(" "), digits.join(":"), digits.join("-"), upper];
    let mut forms: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    forms.push(bytes.to_vec());
    forms
}

/// Whether a file has eight bytes in a row of a key, in any form: a dump breaks lines. Of a shorter
/// key it is all bytes.
pub(crate) fn has_part(content: &[u8], key: &[u8], base64: &str) -> bool {
    let has = |part: &[u8]| content.windows(part.len()).any(|window| window == part);
    let digits = base64.as_bytes();
    key.windows(key.len().min(8)).step_by(4).any(|part| forms(part).iter().any(|form| has(form)))
        || has(digits.get(4..16).unwrap_or(digits))
}

/// Gives the kernel the keys, and returns all of them, with those that a station and its access point
/// made up.
fn give() -> Vec<Named> {
    fs::write("/root/private", base64(&PRIVATE)).unwrap();
    fs::write("/root/preshared", base64(&PRESHARED)).unwrap();
    let network = Network::join();
    let status = Command::new("sh")
        .args(["-euc", GIVE])
        .envs([
            // A public key is none of the secrets.
            ("PEER", base64(&[0x44; 32])),
            ("MACSEC", hex(&MACSEC)),
            ("CIPHER", hex(&CIPHER)),
            ("DIGEST", hex(&DIGEST)),
            ("AEAD", hex(&AEAD)),
            ("TIPC", hex(&TIPC)),
            ("COOKIE", hex(&COOKIE)),
            ("SECURE_ON", SECURE_ON.map(|byte| format!("{byte:02x}")).join(":")),
            ("WEP", hex(&WEP)),
        ])
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    // A key of the pair and one of the group, at least.
    let made_up = network.keys();
    assert!(made_up.len() >= 2 && made_up.iter().all(|key| key.len() == 16), "{made_up:?}");
    let fixed = KEYS.into_iter().map(|(what, key)| (what, key.to_vec()));
    fixed.chain(made_up.into_iter().map(|key| ("a key of WPA", key))).collect()
}

/// Something with its name.
pub(crate) type Named = (&'static str, Vec<u8>);

/// Every output of a daemon, each into a file.
pub(crate) struct Outputs(Vec<Child>);

/// Their names.
const NAMES: [&str; 5] = ["json", "text", "pcapng", "record", "page"];

impl Outputs {
    pub(crate) fn start(daemon: &Daemon) -> Self {
        let clients = || daemon.metrics().sum("nlmon_log_clients", &[]);
        let (before, socket) = (clients(), daemon.socket.to_str().unwrap());
        let tail = |words: &[&str], file: &str| {
            Command::new("nlmon")
                .args(words)
                .args(["--socket", socket])
                .stdout(Stdio::from(File::create(format!("/root/secrets.{file}")).unwrap()))
                .spawn()
                .unwrap()
        };
        let children = vec![
            tail(&["tail", "--output", "json", "--hex"], "json"),
            tail(&["tail", "--verbose", "--hex"], "text"),
            tail(&["tail", "--output", "pcapng"], "pcapng"),
            tail(&["record", "/root/secrets.record"], "record.out"),
        ];
        let mut page = TcpStream::connect(("127.0.0.1", daemon.port())).unwrap();
        write!(page, "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", daemon.port()).unwrap();
        page.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        spawn(move || {
            let mut file = File::create("/root/secrets.page").unwrap();
            let mut buffer = vec![0; 65536];
            while let Ok(len @ 1..) = page.read(&mut buffer) {
                file.write_all(&buffer[..len]).unwrap();
            }
        });
        wait_for("all outputs are there", || clients() == before + 5);
        Self(children)
    }

    /// What they have shown, by name.
    pub(crate) fn end(self) -> Vec<Named> {
        for mut child in self.0 {
            run("kill", &["-INT", &child.id().to_string()]);
            child.wait().unwrap();
        }
        let read = |name| (name, fs::read(format!("/root/secrets.{name}")).unwrap());
        NAMES.into_iter().map(read).collect()
    }
}

/// What every output of a daemon with these arguments shows while keys are given, and the keys.
fn shown(args: &[&str]) -> (Vec<Named>, Vec<Named>) {
    // Before the daemon, which names a family a moment after it has come.
    let modules =
        ["xfrm_user", "macsec", "wireguard", "cfg80211", "tipc", "l2tp_eth", "l2tp_netlink"];
    run("modprobe", &[&["-a"][..], &modules].concat());
    // A recorder overwrites nothing.
    run("sh", &["-c", "rm -f /root/secrets.[a-z]*"]);
    // Samples end before IPsec's keys; what the daemon's own socket receives is whole.
    let groups = ["xfrm:sa", "route:link", "generic:nl80211/mlme"];
    let groups: Vec<_> = groups.into_iter().flat_map(|group| ["--subscribe", group]).collect();
    let args = [&["--require-probes", "--http-live", "--pin-modules"], &groups[..], args].concat();
    let daemon = Daemon::start(&args);
    let outputs = Outputs::start(&daemon);
    let keys = give();
    // The last of it: the deletion of a device.
    wait_for("everything is shown", || {
        let json = fs::read_to_string("/root/secrets.json").unwrap();
        json.lines().any(|line| line.contains("RTM_DELLINK") && line.contains("\"vmwg0\""))
    });
    daemon.quiet();
    (outputs.end(), keys)
}

/// That the exchange with the keys was seen at all.
fn assert_seen(outputs: &[Named]) {
    let json = String::from_utf8_lossy(&outputs[0].1);
    for name in [
        "WG_CMD_SET_DEVICE",
        "MACSEC_CMD_ADD_TXSA",
        "TIPC_NL_KEY_SET",
        "L2TP_CMD_SESSION_CREATE",
        "ETHTOOL_MSG_WOL_SET",
        "XFRM_MSG_NEWSA",
        "NL80211_CMD_JOIN_IBSS",
        "NL80211_CMD_NEW_KEY",
    ] {
        assert!(json.contains(name), "no {name}");
    }
}

#[test]
fn known_keys_are_in_no_output() {
    let (outputs, keys) = shown(&[]);
    assert_seen(&outputs);
    for (name, content) in &outputs {
        assert!(content.len() > 1000, "{name}: {} bytes", content.len());
        for (what, key) in &keys {
            assert!(!has_part(content, key, &base64(key)), "{what} is in {name}");
        }
    }
}

#[test]
fn known_keys_are_in_every_output_that_is_asked_for_them() {
    fs::write("/root/with-secrets.toml", "capture_secrets = true\n").unwrap();
    let (outputs, keys) = shown(&["--config", "/root/with-secrets.toml"]);
    assert_seen(&outputs);
    for (name, content) in &outputs {
        for (what, key) in &keys {
            assert!(has_part(content, key, &base64(key)), "{what} is not in {name}");
        }
    }
}
