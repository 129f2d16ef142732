//! Fifty daemons behind one Prometheus, and their sums in two others, as docs/fleet.md sets them up.
//! Each daemon is without probes, in namespaces of its own.

use std::{
    fs,
    net::TcpListener,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use super::{get, query, wait_for};
use crate::support::{run, say};

const DOCUMENT: &str = include_str!("../../../../docs/fleet.md");

const HOSTS: u16 = 50;
/// Where the first of them listens; the others follow.
const PORT: u16 = 21_000;
const REGION: u16 = 9090;
const FEDERATING: u16 = 9091;
const RECEIVING: u16 = 9092;

/// What docs/fleet.md says of a host.
const SERIES_MAX: f64 = 400.0;
const RESIDENT_MAX: f64 = 48.0 * 1024.0 * 1024.0;
/// All of the sums, of however many hosts.
const SUMS_MAX: f64 = 200.0;

/// The socket comes as standard input. `unshare` and `exec` keep the id of the process.
const HOST: &str = r#"exec unshare --user --map-root-user --net sh -c '
    ip link set lo up; export LISTEN_FDS=1 LISTEN_PID=$$
    exec nlmon run --socket "$1" 2>"$1.said"' sh "$1" 3<&0 </dev/null"#;

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop((self.0.kill(), self.0.wait()));
    }
}

/// A block of the document, by the remark in its first line, with what stands for addresses there
/// replaced.
fn block(name: &str, replaced: &[(&str, String)]) -> String {
    let begin = format!("```yaml\n# {name}\n");
    let (_, rest) = DOCUMENT.split_once(&begin).unwrap();
    let mut text = rest.split_once("```").unwrap().0.to_owned();
    for (placeholder, with) in replaced {
        assert!(text.contains(placeholder), "{placeholder}: {text}");
        text = text.replace(placeholder, with);
    }
    text
}

fn host(number: u16) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", PORT + number)).unwrap();
    let socket = format!("/run/fleet-{number}");
    let child = Command::new("sh")
        .args(["-c", HOST, "sh", &socket])
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .spawn()
        .unwrap();
    Running(child)
}

fn prometheus(port: u16, config: &str, more: &[&str]) -> Running {
    let (file, data) = (format!("/run/central-{port}.yml"), format!("/run/central-{port}"));
    fs::write(&file, config).unwrap();
    run("promtool", &["check", "config", &file]);
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={file}")).arg(format!("--storage.tsdb.path={data}"));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}")).args(more);
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// Regional: as the document has it, in less time.
fn region() {
    let rules = "/usr/share/nlmon/prometheus/";
    let scrape = block(
        "scrape",
        &[("15s", "5s\n  evaluation_interval: 5s".into()), (rules, "/etc/prometheus/".into())],
    );
    let receiver = ("central.example:9090", format!("127.0.0.1:{RECEIVING}"));
    let config = scrape + &block("remote write", &[receiver]);
    for (name, text) in [
        ("nlmon.rules.yml", super::RULES),
        (
            "nlmon.fleet.rules.yml",
            include_str!("../../../../deploy/prometheus/nlmon.fleet.rules.yml"),
        ),
    ] {
        fs::write(format!("/etc/prometheus/{name}"), text).unwrap();
    }
    let hosts = block("hosts", &[]);
    let (head, _) = hosts.split_once("    - host-1").unwrap();
    let lines = (0..HOSTS).map(|number| format!("    - 127.0.0.1:{}\n", PORT + number));
    fs::write("/etc/prometheus/nlmon-hosts.yml", head.to_owned() + &lines.collect::<String>())
        .unwrap();
    fs::write("/etc/prometheus/prometheus.yml", config).unwrap();
    run("promtool", &["check", "config", "/etc/prometheus/prometheus.yml"]);
    run("systemctl", &["restart", "prometheus"]);
}

#[test]
fn fifty_hosts_are_behind_one_prometheus_and_their_sums_elsewhere() {
    run("systemctl", &["stop", "nlmon", "nlmon.socket"]);
    let hosts: Vec<_> = (0..HOSTS).map(host).collect();
    let address = ("north.example:9090", format!("127.0.0.1:{REGION}"));
    let federation = block("federation", &[address, ("60s", "5s".into())]);
    let federating = prometheus(FEDERATING, &federation, &[]);
    let receiver = ["--web.enable-remote-write-receiver"];
    let receiving = prometheus(RECEIVING, "global: {}\n", &receiver);
    region();
    wait_for("all hosts are up", || {
        query(REGION, "sum(up{job=\"nlmon\"})") == Some(f64::from(HOSTS))
    });
    for Running(host) in &hosts {
        let pid = host.id().to_string();
        let changes = "ip link add a0 type dummy; ip link set a0 up; ip link del a0";
        run("nsenter", &["--user", "--net", "--target", &pid, "sh", "-c", changes]);
    }
    sleep(Duration::from_secs(15));
    let measured = |what: &str| query(REGION, what).unwrap_or_else(|| panic!("no {what}"));
    assert_eq!(measured("count(max by (instance) (nlmon_probe_attached) == 0)"), f64::from(HOSTS));
    assert!(measured("min(sum by (instance) (nlmon_multicast_deliveries_total))") >= 2.0);
    let series = measured("max(scrape_samples_post_metric_relabeling{job=\"nlmon\"})");
    let longest = measured("max(scrape_duration_seconds{job=\"nlmon\"})");
    let mean = measured("avg(scrape_duration_seconds{job=\"nlmon\"})");
    let resident = measured("max(process_resident_memory_bytes{job=\"nlmon\"})");
    let sums = measured("count({__name__=~\"job.*:nlmon_.*\"})");
    let head = get(REGION, "/api/v1/status/tsdb").unwrap();
    let in_head = &head["data"]["headStats"]["numSeries"];
    let pid = run("systemctl", &["show", "-p", "MainPID", "--value", "prometheus"]);
    let status = fs::read_to_string(format!("/proc/{}/status", pid.trim_end())).unwrap();
    let own = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim();
    say(&format!(
        "{HOSTS} hosts: at most {series} series each, a scrape {mean:.3} s on average and {longest:.3} s \
         at most, a daemon at most {:.1} MiB; Prometheus: {in_head} series, {own}; {sums} sums",
        resident / 1_048_576.0
    ));
    assert!(series <= SERIES_MAX, "{series}");
    assert!(resident <= RESIDENT_MAX, "{resident}");
    assert!(longest < 5.0, "{longest}");
    assert!(sums <= SUMS_MAX, "{sums}");
    // The sums and the sums alone, each with where it comes from.
    for port in [FEDERATING, RECEIVING] {
        wait_for("the sums are elsewhere", || {
            query(port, "job:nlmon_up:ratio{region=\"north\"}") == Some(1.0)
        });
        assert_eq!(query(port, "count({__name__=~\"nlmon_.*\"})"), None, "{port}");
    }
    drop((hosts, federating, receiving));
}
