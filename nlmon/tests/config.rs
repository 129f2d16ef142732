//! The configuration. The file that is shipped lists every key with its default. Each key can be set
//! in three places. A mistake gets one line, whose words are tested here.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

mod directory;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use directory::Directory;
use nlmon::commands::flags::{self, Flags, Takes};
use nlmon::config::{Config, Source, keys};

fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nlmon.toml");
    fs::read_to_string(path).expect("the file is in the repository")
}

#[test]
fn the_shipped_file_changes_nothing() {
    let as_shipped: toml::Value = toml::from_str(&shipped()).unwrap();
    // `subscribe.groups` is a map: an empty one would replace the default.
    let groups = as_shipped.get("subscribe").and_then(|table| table.get("groups"));
    assert_eq!(groups, None, "an empty table of groups is a choice, not the default");
    assert_eq!(toml::from_str::<Config>(&shipped()).unwrap(), Config::default());
}

#[test]
fn uncommented_it_is_every_key_with_its_default() {
    let uncommented: String = shipped().lines().map(|line| uncomment(line) + "\n").collect();
    let file: toml::Value = toml::from_str(&uncommented).unwrap();
    assert_eq!(file, toml::Value::try_from(Config::default()).unwrap());
}

/// A key or a table has no space after its `#`; prose has.
fn uncomment(line: &str) -> String {
    let rest = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    rest.unwrap_or(line).to_owned()
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
}

/// What a file, an environment and a command line make together.
fn read(file: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Result<Config, String> {
    let directory = Directory::new();
    let path = directory.join("f.toml");
    fs::write(&path, file).unwrap();
    let cli = Cli::try_parse_from([&["nlmon"], arguments].concat()).unwrap();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let source = Source {
        file: Some(path),
        environment: environment.iter().map(owned).collect(),
        flags: cli.flags.0,
    };
    let at = format!("{}/", directory.display());
    source.read().map_err(|error| error.to_string().replace(&at, ""))
}

fn value_of(config: &Config, key: &str) -> toml::Value {
    let all = toml::Value::try_from(config).unwrap();
    key.split('.').fold(all, |value, name| value[name].clone())
}

/// Another value than the default, as TOML and as text.
fn another(key: &str) -> (String, String) {
    let (toml, text) = match key {
        "file.path" => (r#""/var/log/x""#, "/var/log/x"),
        "file.mode" => (r#""0640""#, "0640"),
        "file.format" => (r#""pcapng""#, "pcapng"),
        "file.filter" => (r#""process=a,b errors""#, "process=a,b errors"),
        "http.listen" => {
            (r#"["[::1]:9", "unix:/run/x", "vsock://2:9"]"#, "[::1]:9,unix:/run/x,vsock://2:9")
        }
        "http.web_config" | "http.bearer_token_file" => (r#""/etc/other""#, "/etc/other"),
        "log.socket" => (r#""/run/other""#, "/run/other"),
        "log.specs" => (r#"["a.yaml", "b"]"#, "a.yaml,b"),
        "log_format" => (r#""json""#, "json"),
        "log_level" => (r#""debug""#, "debug"),
        "probe.cpu_budget" => (r#""2%""#, "2%"),
        "probe.attach" => (r#""kprobe_multi""#, "kprobe_multi"),
        "probe.sample_protocols" => (r#"["route", "17"]"#, "route,17"),
        "probe.snap_length" => ("128", "128"),
        "subscribe.netns" => (r#"["blue"]"#, "blue"),
        "subscribe.groups" => (r#"{ route = ["link", 33], 17 = [1] }"#, "route:link,33 17:1"),
        _ => {
            return match value_of(&Config::default(), key) {
                toml::Value::Boolean(value) => ((!value).to_string(), (!value).to_string()),
                toml::Value::Integer(0) => ("1".to_owned(), "1".to_owned()),
                toml::Value::Integer(value) => ((2 * value).to_string(), (2 * value).to_string()),
                other => panic!("{key} = {other}: say here to what else it can be set"),
            };
        }
    };
    (toml.to_owned(), text.to_owned())
}

/// The arguments of a flag that sets its key to that.
fn arguments(flag: &flags::Flag, text: &str) -> Vec<String> {
    let name = format!("--{}", flag.name);
    let separator = if flag.key == "subscribe.groups" { ' ' } else { ',' };
    match flag.takes {
        Takes::Nothing => vec![name],
        Takes::One(_) | Takes::Hook | Takes::List(_) => vec![name, text.to_owned()],
        Takes::Each(_) => {
            text.split(separator).flat_map(|part| [name.clone(), part.to_owned()]).collect()
        }
    }
}

#[test]
fn each_key_is_set_by_the_file_by_the_environment_and_by_its_flag() {
    let mut flags = 0;
    for key in keys::all() {
        let (toml, text) = another(key);
        let by_file = read(&format!("{key} = {toml}\n"), &[], &[]).unwrap();
        assert_ne!(value_of(&by_file, key), value_of(&Config::default(), key), "{key}");
        for other in keys::all().iter().filter(|other| *other != key) {
            assert_eq!(value_of(&by_file, other), value_of(&Config::default(), other), "{key}");
        }
        let variable = keys::variable(key);
        assert_eq!(read("", &[(&variable, &text)], &[]).as_ref(), Ok(&by_file), "{variable}");
        for flag in flags::ALL.iter().filter(|flag| flag.key == key) {
            let arguments = arguments(flag, &text);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            assert_eq!(read("", &[], &arguments).as_ref(), Ok(&by_file), "{arguments:?}");
            flags += 1;
        }
    }
    assert_eq!(flags, flags::ALL.len(), "a flag is for a key that there is not");
}

#[test]
fn each_key_has_a_flag() {
    let flags: BTreeSet<_> = flags::ALL.iter().map(|flag| flag.key).collect();
    assert_eq!(flags, keys::all().iter().map(String::as_str).collect());
}

#[test]
fn a_flag_wins_over_the_environment_and_both_over_the_file() {
    let file = "[log]\nqueue = 2\n[subscribe.groups]\nroute = [\"link\"]\n";
    let environment =
        [("NLMON_LOG_QUEUE", "3"), ("NLMON_SUBSCRIBE_GROUPS", "generic:nlctrl/notify")];
    let queue = |environment: &[(&str, &str)], arguments: &[&str]| {
        read(file, environment, arguments).unwrap().log.queue
    };
    assert_eq!(queue(&[], &[]), 2);
    assert_eq!(queue(&environment, &[]), 3);
    assert_eq!(queue(&environment, &["--queue", "4"]), 4);
    // A list or a table replaces the other as a whole.
    let groups = read(file, &environment, &[]).unwrap().subscribe.groups;
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["generic"]);
}

#[test]
fn addresses_are_one_or_several_in_each_place() {
    let expected = read("http.listen = [\"unix:/run/x\", \"[::1]:9\"]\n", &[], &[]).unwrap();
    assert_eq!(expected.http.listen.0.len(), 2);
    let variable = [("NLMON_HTTP_LISTEN", "unix:/run/x,[::1]:9")];
    assert_eq!(read("", &variable, &[]).as_ref(), Ok(&expected));
    let flags = ["--listen", "unix:/run/x", "--listen", "[::1]:9"];
    assert_eq!(read("", &[], &flags).as_ref(), Ok(&expected));
    let one = read("http.listen = [\"[::1]:9\"]\n", &[], &[]).unwrap();
    assert_eq!(read("http.listen = \"[::1]:9\"\n", &[], &[]), Ok(one));
}

#[test]
fn an_empty_variable_is_an_empty_list() {
    let file = "probe.sample_protocols = [\"route\"]\n";
    let config = read(file, &[("NLMON_PROBE_SAMPLE_PROTOCOLS", "")], &[]).unwrap();
    assert_eq!(config.probe.sample_protocols, [""; 0]);
}

#[test]
fn variables_that_are_no_keys_and_mean_something_are_left_alone() {
    for name in ["NLMON_LOG", "NLMON_BPF_OBJECT", "NLMON_TEST_HOOKS"] {
        assert_eq!(read("", &[(name, "x")], &[]), Ok(Config::default()), "{name}");
    }
}

/// Compares all at once, so that one run shows every difference.
fn assert_told(mistakes: &[(&str, &str)], told: impl Fn(&str) -> Result<Config, String>) {
    let wrong: Vec<_> = mistakes
        .iter()
        .filter_map(|(mistake, expected)| {
            let line = told(mistake).map(drop).unwrap_err();
            (line != *expected).then(|| format!("{mistake}\n  {line}\n  {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is written, and what is said of it.
const IN_A_FILE: [(&str, &str); 40] = [
    // Unknown names.
    ("[http]\nlive_ = true", "line 2, column 1: unknown key http.live_, the nearest is http.live"),
    (
        "[probe]\nlisten = 1",
        "line 2, column 1: unknown key probe.listen, the nearest is http.listen",
    ),
    ("[probes]\npin = true", "line 1, column 2: unknown key probes, the nearest is probe"),
    (
        "log.queue.bytes = 1",
        "line 1, column 11: unknown key log.queue.bytes, the nearest is log.queue_bytes",
    ),
    ("[log]\n\n   elephants = 3", "line 3, column 4: unknown key log.elephants"),
    // No TOML.
    ("[http\nlive = true", "line 1, column 6: unclosed table, expected `]`"),
    ("[http]\nlive =", "line 2, column 7: string values must be quoted, expected literal string"),
    ("[http]\nlive = true\nlive = true", "line 3, column 1: duplicate key"),
    (
        "[http]\nlive = yes",
        "line 2, column 8: string values must be quoted, expected literal string",
    ),
    // Of another type.
    ("http = 3", "line 1, column 8: http: found 3, expected a table"),
    (
        "[http]\nlive = \"yes\"",
        "line 2, column 8: http.live: found \"yes\", expected true or false",
    ),
    (
        "[http]\nlisten = \"nowhere\"",
        "line 2, column 10: http.listen: found \"nowhere\", expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "http.listen = 9776",
        "line 1, column 15: http.listen: found 9776, expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "[log]\nqueue = \"many\"",
        "line 2, column 9: log.queue: found \"many\", expected a whole number, 0 or more",
    ),
    (
        "[http]\nlisten = []",
        "line 2, column 10: http.listen: found [], expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "[http]\nlisten = [\"[::1]:1\", \"[::1]:1\"]",
        "line 2, column 10: http.listen: found [\"[::1]:1\", \"[::1]:1\"], expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "[http]\nlisten = \"unix:relative\"",
        "line 2, column 10: http.listen: found \"unix:relative\", expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "[http]\nlisten = \"vsock://x:1\"",
        "line 2, column 10: http.listen: found \"vsock://x:1\", expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    ("[http]\nweb_config = 1", "line 2, column 14: http.web_config: found 1, expected a string"),
    (
        "[http]\nbearer_token_file = [\"x\"]",
        "line 2, column 21: http.bearer_token_file: found [\"x\"], expected a string",
    ),
    ("[log]\nsocket = 7", "line 2, column 10: log.socket: found 7, expected a string"),
    ("[log]\nspecs = \"a.yaml\"", "line 2, column 9: log.specs: found \"a.yaml\", expected a list"),
    (
        "[probe]\nsample_every = -1",
        "line 2, column 16: probe.sample_every: found -1, expected a whole number from 0 to 4294967295",
    ),
    (
        "[probe]\nsnap_length = 70000",
        "line 2, column 15: probe.snap_length: found 70000, expected a whole number from 0 to 65535",
    ),
    (
        "[probe]\nattach = \"kprob\"",
        "line 2, column 10: probe.attach: found \"kprob\", expected auto, kprobe, kprobe_multi or fentry",
    ),
    (
        "[subscribe]\nnetns = \"blue\"",
        "line 2, column 9: subscribe.netns: found \"blue\", expected \"self\", \"all\" or a list of names",
    ),
    (
        "[subscribe.groups]\nroute = [\"link\"]\ngeneric = 3",
        "line 3, column 11: subscribe.groups.generic: found 3, expected a list",
    ),
    // Out of range.
    (
        "[probe]\nsnap_length = 8",
        "line 2, column 15: probe.snap_length: found 8, expected a number from 16 to 256",
    ),
    (
        "[probe]\nring_bytes = 100000",
        "line 2, column 14: probe.ring_bytes: found 100000, expected a power of two from 65536 to 1073741824",
    ),
    (
        "[log]\nclients = 0",
        "line 2, column 11: log.clients: found 0, expected a number from 1 to 1048576",
    ),
    (
        "[probe]\ncpu_budget = \"2\"",
        "line 2, column 14: probe.cpu_budget: found \"2\", expected \"off\", or a part of one processor from \"0.1%\" to \"100%\"",
    ),
    (
        "[file]\npath = \"records\"",
        "line 2, column 8: file.path: found \"records\", expected the absolute path of a file, or \"\"",
    ),
    (
        "[file]\nmax_bytes = 1",
        "line 2, column 13: file.max_bytes: found 1, expected a number from 4096 to 1099511627776",
    ),
    (
        "[file]\nmode = \"0755\"",
        "line 2, column 8: file.mode: found \"0755\", expected permissions in octal from \"0600\" to \"0666\"",
    ),
    (
        "[file]\nformat = \"xml\"",
        "line 2, column 10: file.format: found \"xml\", expected json or pcapng",
    ),
    (
        "[file]\nfilter = \"protocol=rout\"",
        "line 2, column 10: file.filter: found \"protocol=rout\", expected words of nlmon tail, as in process=bird errors (unknown protocol \"rout\": did you mean \"route\"?)",
    ),
    (
        "[file]\nkeep = 1001",
        "line 2, column 8: file.keep: found 1001, expected a number from 0 to 1000",
    ),
    (
        "[probe]\nsample_protocols = [\"rout\"]",
        "line 2, column 20: probe.sample_protocols: found \"rout\", expected a protocol by its name or number",
    ),
    (
        "[subscribe.groups]\nroute = [\"lnk\"]",
        "line 2, column 9: subscribe.groups.route: found \"lnk\", expected a group of route by its name or number",
    ),
    (
        "[subscribe]\nnetns = [\"/run/netns/blue\"]",
        "line 2, column 9: subscribe.netns: found [\"/run/netns/blue\"], expected names of /run/netns, without a path",
    ),
];

#[test]
fn what_is_wrong_in_a_file_is_told_in_one_line() {
    let told = |file: &str| {
        read(file, &[], &[]).map_err(|error| error.strip_prefix("f.toml, ").unwrap().to_owned())
    };
    assert_told(&IN_A_FILE, told);
}

/// What is written, and what is said of it.
const IN_THE_ENVIRONMENT: [(&str, &str); 9] = [
    (
        "NLMON_PROB_SAMPLE_EVERY=1",
        "NLMON_PROB_SAMPLE_EVERY: unknown environment variable, the nearest is NLMON_PROBE_SAMPLE_EVERY",
    ),
    ("NLMON_SERVICE_HOST=::1", "NLMON_SERVICE_HOST: unknown environment variable"),
    ("NLMON_HTTP_LIVE=yes", "NLMON_HTTP_LIVE: http.live: found \"yes\", expected true or false"),
    (
        "NLMON_HTTP_LISTEN=nowhere",
        "NLMON_HTTP_LISTEN: http.listen: found \"nowhere\", expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "NLMON_PROBE_SAMPLE_EVERY=",
        "NLMON_PROBE_SAMPLE_EVERY: probe.sample_every: found \"\", expected a whole number from 0 to 4294967295",
    ),
    (
        "NLMON_PROBE_ATTACH=uprobe",
        "NLMON_PROBE_ATTACH: probe.attach: found \"uprobe\", expected auto, kprobe, kprobe_multi or fentry",
    ),
    (
        "NLMON_PROBE_SNAP_LENGTH=8",
        "NLMON_PROBE_SNAP_LENGTH: probe.snap_length: found 8, expected a number from 16 to 256",
    ),
    (
        "NLMON_SUBSCRIBE_GROUPS=route",
        "NLMON_SUBSCRIBE_GROUPS: subscribe.groups: found \"route\", expected PROTOCOL:GROUP,GROUP",
    ),
    (
        "NLMON_SUBSCRIBE_GROUPS=route:lnk",
        "NLMON_SUBSCRIBE_GROUPS: subscribe.groups.route: found \"lnk\", expected a group of route by its name or number",
    ),
];

#[test]
fn what_is_wrong_in_the_environment_is_told_in_one_line() {
    assert_told(&IN_THE_ENVIRONMENT, |variable| {
        read("", &[variable.split_once('=').unwrap()], &[])
    });
}

/// What is written, and what is said of it.
const IN_A_FLAG: [(&str, &str); 6] = [
    (
        "--listen=nowhere",
        "--listen: http.listen: found \"nowhere\", expected an address and a port, as in 127.0.0.1:9776, or unix:/PATH, or vsock://CID:PORT, or a list of different ones",
    ),
    (
        "--attach=uprobe",
        "--attach: probe.attach: found \"uprobe\", expected auto, kprobe, kprobe_multi or fentry",
    ),
    ("--queue=0", "--queue: log.queue: found 0, expected a number from 1"),
    (
        "--sample-protocols=route,x",
        "--sample-protocols: probe.sample_protocols: found \"x\", expected a protocol by its name or number",
    ),
    (
        "--subscribe=route",
        "--subscribe: subscribe.groups: found \"route\", expected PROTOCOL:GROUP,GROUP",
    ),
    (
        "--netns=a/b",
        "--netns: subscribe.netns: found [\"a/b\"], expected names of /run/netns, without a path",
    ),
];

#[test]
fn what_is_wrong_in_a_flag_is_told_in_one_line() {
    assert_told(&IN_A_FLAG, |argument| read("", &[], &[argument]));
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let source = Source { file: Some("/nowhere/f.toml".into()), ..Source::default() };
    assert_eq!(source.read().unwrap_err().to_string(), "cannot read /nowhere/f.toml");
}

#[test]
fn check_tells_a_program_what_is_wrong() {
    let directory = Directory::new();
    let path = directory.join("f.toml");
    fs::write(&path, "[http]\nlive = 1\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nlmon"));
    let output = command.args(["check", "--json", "--config"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["configuration_valid"], false);
    assert_eq!(report["exit_code"], 1);
    let line =
        format!("{}, line 2, column 8: http.live: found 1, expected true or false", path.display());
    assert_eq!(report["error"], *line);
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("nlmon: {line}\n"));
}

#[test]
fn check_tells_a_program_what_the_kernel_lacks() {
    let directory = Directory::new();
    let path = directory.join("f.toml");
    fs::write(&path, "").unwrap();
    // In a user namespace of its own, whose root has no rights over the kernel.
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", env!("CARGO_BIN_EXE_nlmon"), "check", "--json"]);
    let output = command.arg("--config").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["configuration_valid"], true);
    assert_eq!(report["exit_code"], 2);
    assert!(report["error"].as_str().unwrap().contains("CAP_BPF"), "{report}");
}
