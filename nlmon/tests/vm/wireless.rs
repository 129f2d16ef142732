//! Wi-Fi by `mac80211_hwsim`: radios of the kernel's own making, an access point and a station that
//! joins it by WPA2. What `iw` asks is compared with strace; who joined is in the log.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread::panicking,
};

use serde_json::Value;

use crate::{
    strace::Traced,
    support::{Daemon, run, wait_for},
};

const ACCESS_POINT: &str = "interface=wlan1\ndriver=nl80211\nssid=vm-wifi\nchannel=1\nhw_mode=g\n\
    wpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase=correct horse battery\n";
const STATION: &str =
    "network={\n ssid=\"vm-wifi\"\n psk=\"correct horse battery\"\n scan_freq=2412\n}\n";
const ACCESS_POINT_LOG: &str = "/root/hostapd.log";
const STATION_LOG: &str = "/root/wpa.log";

/// Three radios, as long as this lives: `wlan0` to `wlan2`.
pub(crate) struct Radios;

impl Radios {
    pub(crate) fn load() -> Self {
        run("modprobe", &["mac80211_hwsim", "radios=3"]);
        wait_for("the devices are there", || {
            (0..3).all(|number| fs::exists(format!("/sys/class/net/wlan{number}")).unwrap())
        });
        Self
    }
}

impl Drop for Radios {
    fn drop(&mut self) {
        // A panic in a panic would take the other tests' results with it.
        let removed = Command::new("rmmod").arg("mac80211_hwsim").status();
        assert!(panicking() || removed.unwrap().success(), "rmmod mac80211_hwsim");
    }
}

/// A program that runs until this is dropped.
struct Running(Child);

impl Running {
    fn start(program: &str, args: &[&str]) -> Self {
        Self(Command::new(program).args(args).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let ended = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(panicking() || ended.unwrap().success(), "kill");
        self.0.wait().map(drop).unwrap_or_default();
    }
}

/// A station that has joined an access point, until it is dropped.
pub(crate) struct Network {
    _station: Running,
    _access_point: Running,
    _radios: Radios,
}

impl Network {
    pub(crate) fn join() -> Self {
        let radios = Radios::load();
        fs::write("/root/hostapd.conf", ACCESS_POINT).unwrap();
        fs::write("/root/wpa.conf", STATION).unwrap();
        run("sh", &["-c", "rm -f /root/hostapd.log /root/wpa.log"]);
        // With -K both print the keys that they give to the kernel.
        let args = ["-dd", "-K", "-f", ACCESS_POINT_LOG, "/root/hostapd.conf"];
        let access_point = Running::start("hostapd", &args);
        wait_for("the access point is there", || has(ACCESS_POINT_LOG, "AP-ENABLED"));
        let args = ["-dd", "-K", "-f", STATION_LOG, "-i", "wlan0", "-D", "nl80211"];
        let args = [&args[..], &["-c", "/root/wpa.conf"]].concat();
        let station = Running::start("wpa_supplicant", &args);
        wait_for("the station has joined", || has(STATION_LOG, "CTRL-EVENT-CONNECTED"));
        Self { _station: station, _access_point: access_point, _radios: radios }
    }

    /// The keys that were given to the kernel, as both programs printed them.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        let logs = [ACCESS_POINT_LOG, STATION_LOG].map(|log| fs::read_to_string(log).unwrap());
        let lines = logs.iter().flat_map(|log| log.lines());
        let digits = lines.filter_map(|line| {
            let (_, digits) = line.strip_prefix("nl80211: KEY_DATA - hexdump")?.split_once(": ")?;
            Some(digits)
        });
        let byte = |byte| u8::from_str_radix(byte, 16).unwrap();
        let mut keys: Vec<Vec<u8>> =
            digits.map(|digits| digits.split_whitespace().map(byte).collect()).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

fn has(log: &str, words: &str) -> bool {
    fs::read_to_string(log).unwrap_or_default().contains(words)
}

#[test]
fn what_iw_asks_is_counted_as_strace_sees_it() {
    let daemon = Daemon::start(&["--require-probes"]);
    let _radios = Radios::load();
    let before = daemon.quiet();
    let calls = "for i in 1 2 3 4 5 6 7; do iw phy; iw dev; iw reg get; done; \
        iw dev wlan0 set type monitor; ! iw dev wlan9 info";
    let trace = Traced::start("sh", &["-euc", calls]).wait();
    let after = daemon.quiet();
    assert!(trace.of("generic", "dump").messages() > 7 * 300, "no descriptions of radios");
    // strace itself asks for the families, to name them: what is iw's own is compared.
    for path in ["request", "reply", "dump"] {
        let seen = trace.of("generic", path);
        let labels = [("protocol", "generic"), ("path", path)];
        let found = after.messages(&before, &labels);
        assert_eq!(found.get("nl80211"), seen.by_type().get("nl80211"), "{path}");
        let labels = [&labels[..], &[("process", "iw")]].concat();
        let of_iw = after.grown(&before, "nlmon_process_messages_total", &labels);
        assert_eq!(of_iw, seen.messages(), "{path}");
    }
}

#[test]
fn a_station_that_joins_is_told_of_with_who_made_it_so() {
    let groups = ["config", "scan", "mlme"].map(|group| format!("generic:nl80211/{group}"));
    let subscribed = groups.iter().flat_map(|group| ["--subscribe", group.as_str()]);
    // The family's groups come with its module.
    run("modprobe", &["cfg80211"]);
    let daemon =
        Daemon::start(&["--require-probes"].into_iter().chain(subscribed).collect::<Vec<_>>());
    let wanted = ["--type", "NL80211_CMD_CONNECT", "--type", "NL80211_CMD_ASSOCIATE"];
    let tail = daemon.tail(&[&wanted[..], &["--path", "multicast", "--count", "2"]].concat());
    let _network = Network::join();
    let records = tail.records();
    let of = |command: &str| {
        let is = |record: &&Value| record["messages"][0]["command"] == command;
        records.iter().find(is).unwrap_or_else(|| panic!("no {command}: {records:?}"))
    };
    let joined = of("NL80211_CMD_CONNECT");
    assert_eq!(joined["group"], "nl80211/mlme");
    assert_eq!(joined["outcome"], "delivered");
    let summary = joined["messages"][0]["summary"].as_str().unwrap();
    assert!(summary.contains("02:00:00:00:01:00 status 0"), "{summary}");
    assert!(of("NL80211_CMD_ASSOCIATE")["redacted"].as_bool().unwrap());
    daemon.quiet();
}
