//! Fifty daemons behind one Prometheus, and their sums in two others, as docs/fleet.md sets them up.
//! Each daemon is without probes, in namespaces of its own.
//!
//! `cargo xtask setup` brings the Prometheus, which is only unpacked.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod directory;

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use directory::Directory;

const DOCUMENT: &str = include_str!("../../docs/fleet.md");
const RULES: [(&str, &str); 2] = [
    ("nlmon.rules.yml", include_str!("../../deploy/prometheus/nlmon.rules.yml")),
    ("nlmon.fleet.rules.yml", include_str!("../../deploy/prometheus/nlmon.fleet.rules.yml")),
];

const HOSTS: u16 = 50;
const PATIENCE: Duration = Duration::from_mins(3);

/// What docs/fleet.md says of a host.
const SERIES_MAX: f64 = 400.0;
const RESIDENT_MAX: f64 = 48.0 * 1024.0 * 1024.0;
/// All of the sums, of however many hosts.
const SUMS_MAX: f64 = 200.0;

/// The socket comes as standard input. `unshare` and `exec` keep the id of the process.
const HOST: &str = r#"exec unshare --user --map-root-user --net sh -c '
    ip link set lo up; export LISTEN_FDS=1 LISTEN_PID=$$
    exec "$NLMON" run --socket "$SOCKET" 2>"$SOCKET.said"' 3<&0 </dev/null"#;

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop((self.0.kill(), self.0.wait()));
    }
}

/// A block of the document, by the remark in its first line, with what stands there for something
/// of this test replaced.
fn block(name: &str, replaced: &[(&str, &str)]) -> String {
    let begin = format!("```yaml\n# {name}\n");
    let (_, rest) = DOCUMENT.split_once(&begin).unwrap();
    let mut text = rest.split_once("```").unwrap().0.to_owned();
    for (placeholder, with) in replaced {
        assert!(text.contains(placeholder), "{placeholder}: {text}");
        text = text.replace(placeholder, with);
    }
    text
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(200));
    }
}

/// An address of this host that nobody has; whoever gets it has to be quick.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A daemon, and the address at which it is scraped.
fn host(directory: &Path, number: u16) -> (Running, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let child = Command::new("sh")
        .args(["-c", HOST])
        .env("NLMON", env!("CARGO_BIN_EXE_nlmon"))
        .env("SOCKET", directory.join(number.to_string()))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .spawn()
        .unwrap();
    (Running(child), address)
}

/// A program of Prometheus: where set-up has unpacked it, or installed.
fn program(name: &str) -> Command {
    // With a target of its own cargo's folder lies one deeper.
    let above = Path::new(env!("CARGO_TARGET_TMPDIR")).ancestors().skip(1).take(2);
    let mut places: Vec<_> = above.map(|target| target.join("tools/prometheus/usr/bin")).collect();
    places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let found = places.iter().map(|place| place.join(name)).find(|path| path.exists());
    Command::new(found.unwrap_or_else(|| panic!("no {name}: cargo xtask setup brings it")))
}

/// A Prometheus, with what it keeps in the directory.
struct Prometheus {
    process: Running,
    address: String,
}

impl Prometheus {
    fn start(directory: &Path, name: &str, config: &str, more: &[&str]) -> Self {
        let file: PathBuf = directory.join(format!("{name}.yml"));
        fs::write(&file, config).unwrap();
        let checked = program("promtool").args(["check", "config"]).arg(&file).output().unwrap();
        assert!(checked.status.success(), "{checked:?}");
        let address = free();
        let mut command = program("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", directory.join(name).display()));
        command.arg(format!("--web.listen-address={address}")).args(more);
        let log = fs::File::create(directory.join(format!("{name}.log"))).unwrap();
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { process: Running(child), address }
    }

    /// An answer; none while it does not answer.
    fn get(&self, path: &str) -> Option<serde_json::Value> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        serde_json::from_str(response.split_once("\r\n\r\n")?.1).ok()
    }

    /// What an expression is now; none while there is nothing.
    fn query(&self, expression: &str) -> Option<f64> {
        let mut encoded = String::new();
        expression.bytes().for_each(|byte| write!(encoded, "%{byte:02X}").unwrap());
        let found = self.get(&format!("/api/v1/query?query={encoded}"))?;
        found["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    fn resident_mib(&self) -> f64 {
        let status = format!("/proc/{}/status", self.process.0.id());
        let status = fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1024.0
    }
}

/// The regional one: as the document has it, in less time, and with its files in the directory.
fn region(directory: &Path, addresses: &[String], receiver: &str) -> Prometheus {
    let place = directory.to_str().unwrap();
    for (name, text) in RULES {
        fs::write(directory.join(name), text).unwrap();
    }
    let hosts = block("hosts", &[]);
    let mut hosts = hosts.split_once("    - host-1").unwrap().0.to_owned();
    for address in addresses {
        writeln!(hosts, "    - {address}").unwrap();
    }
    fs::write(directory.join("nlmon-hosts.yml"), hosts).unwrap();
    let scrape = block(
        "scrape",
        &[
            ("15s", "5s\n  evaluation_interval: 5s"),
            ("/usr/share/nlmon/prometheus", place),
            ("/etc/prometheus", place),
        ],
    );
    let write = block("remote write", &[("central.example:9090", receiver)]);
    Prometheus::start(directory, "region", &(scrape + &write), &[])
}

#[test]
fn fifty_hosts_are_behind_one_prometheus_and_their_sums_elsewhere() {
    let directory = Directory::new();
    let (hosts, addresses): (Vec<_>, Vec<_>) =
        (0..HOSTS).map(|number| host(&directory, number)).unzip();
    let is_receiver = ["--web.enable-remote-write-receiver"];
    let receiving = Prometheus::start(&directory, "receiving", "global: {}\n", &is_receiver);
    let region = region(&directory, &addresses, &receiving.address);
    let of = [("north.example:9090", region.address.as_str()), ("60s", "5s")];
    let federation = block("federation", &of);
    let federating = Prometheus::start(&directory, "federating", &federation, &[]);
    wait_for("all hosts are up", || {
        region.query("sum(up{job=\"nlmon\"})") == Some(f64::from(HOSTS))
    });
    for Running(host) in &hosts {
        let changes = "ip link set lo down; ip link set lo up";
        let inside = ["--user", "--preserve-credentials", "--net", "--target"];
        let mut enter = Command::new("nsenter");
        enter.args(inside).arg(host.id().to_string()).args(["sh", "-c", changes]);
        assert!(enter.status().unwrap().success());
    }
    let received = "min(sum by (instance) (nlmon_multicast_deliveries_total))";
    wait_for("each host has seen its changes", || region.query(received) >= Some(2.0));
    // Some scrapes more, and rates of them.
    sleep(Duration::from_secs(15));
    let measured = |what: &str| region.query(what).unwrap_or_else(|| panic!("no {what}"));
    let without_probes = "count(max by (instance) (nlmon_probe_attached) == 0)";
    assert!((measured(without_probes) - f64::from(HOSTS)).abs() < 0.5);
    let series = measured("max(scrape_samples_post_metric_relabeling{job=\"nlmon\"})");
    let longest = measured("max(scrape_duration_seconds{job=\"nlmon\"})");
    let mean = measured("avg(scrape_duration_seconds{job=\"nlmon\"})");
    let resident = measured("max(process_resident_memory_bytes{job=\"nlmon\"})");
    let processor = measured("max(rate(process_cpu_seconds_total{job=\"nlmon\"}[15s]))");
    let sums = measured("count({__name__=~\"job.*:nlmon_.*\"})");
    let status = region.get("/api/v1/status/tsdb").unwrap();
    println!(
        "{HOSTS} hosts: at most {series} series each, a scrape {:.1} ms on average and {:.1} ms at \
         most, a daemon at most {:.1} MiB and {:.2} % of a processor; Prometheus: {} series, {:.0} MiB; \
         {sums} sums",
        mean * 1e3,
        longest * 1e3,
        resident / 1_048_576.0,
        processor * 1e2,
        status["data"]["headStats"]["numSeries"],
        region.resident_mib(),
    );
    assert!(series <= SERIES_MAX, "{series}");
    assert!(resident <= RESIDENT_MAX, "{resident}");
    assert!(longest < 5.0, "{longest}");
    assert!(sums <= SUMS_MAX, "{sums}");
    // The sums and the sums alone, each with where it comes from.
    for central in [&federating, &receiving] {
        wait_for("the sums are elsewhere", || {
            central.query("job:nlmon_up:ratio{region=\"north\"}") == Some(1.0)
        });
        assert_eq!(central.query("count({__name__=~\"nlmon_.*\"})"), None);
    }
}
