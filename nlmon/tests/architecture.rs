//! Which module may use which: the rules of ARCHITECTURE.md, read out of the sources. Data flows one
//! way, a dependency has one owner, and the core has no I/O.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module, and the modules of its own crate that it may use besides itself.
type Rule = (&'static str, &'static [&'static str]);

const CORE: [Rule; 10] = [
    ("answers", &["decode", "ledger", "record"]),
    ("findings", &["ledger", "record", "talkers"]),
    ("ledger", &["decode", "message", "record"]),
    ("calls", &["record"]),
    ("interfaces", &["decode", "message", "record"]),
    ("message", &[]),
    ("record", &[]),
    ("talkers", &[]),
    // Names of types say what a request does, and so what it caused.
    ("join", &["decode", "message", "record"]),
    ("decode", &["message"]),
];

const DAEMON: [Rule; 28] = [
    ("cli", &["commands"]),
    ("clock", &[]),
    (
        "commands",
        &[
            "config",
            "findings",
            "health",
            "http",
            "live",
            "metrics",
            "paste",
            "probe",
            "rights",
            "self_test",
            "service",
            "sockets",
            "spec_files",
            "subscribe",
        ],
    ),
    ("config", &["http", "live", "probe", "subscribe", "thinning"]),
    ("connections", &["subscribe", "throttle"]),
    ("events", &[]),
    ("health", &["clock", "probe", "subscribe", "supervisor"]),
    ("hooks", &[]),
    (
        "http",
        &[
            "connections",
            "health",
            "live",
            "metrics",
            "shutdown",
            "subscribe",
            "throttle",
            "unix_socket",
        ],
    ),
    (
        "live",
        &[
            "connections",
            "events",
            "hooks",
            "origin",
            "shutdown",
            "subscribe",
            "throttle",
            "unix_socket",
        ],
    ),
    ("findings", &["clock", "events"]),
    ("metrics", &["connections", "events", "namespaces", "probe", "sockets", "throttle"]),
    ("namespaces", &[]),
    ("origin", &["clock", "namespaces", "sockets", "throttle"]),
    (
        "pipeline",
        &[
            "clock",
            "events",
            "health",
            "hooks",
            "live",
            "metrics",
            "origin",
            "probe",
            "subscribe",
            "supervisor",
            "thinning",
            "throttle",
        ],
    ),
    ("paste", &[]),
    ("probe", &["shutdown"]),
    ("rights", &[]),
    ("self_test", &["probe", "subscribe"]),
    (
        "service",
        &[
            "clock",
            "commands",
            "config",
            "events",
            "findings",
            "health",
            "http",
            "live",
            "metrics",
            "origin",
            "pipeline",
            "probe",
            "rights",
            "self_test",
            "shutdown",
            "sockets",
            "spec_files",
            "subscribe",
            "supervisor",
            "thinning",
            "throttle",
        ],
    ),
    ("shutdown", &[]),
    ("sockets", &["namespaces", "probe", "subscribe"]),
    ("spec_files", &[]),
    ("subscribe", &["clock", "hooks", "namespaces", "shutdown", "supervisor", "throttle"]),
    ("supervisor", &["clock", "events", "shutdown", "throttle"]),
    ("thinning", &["probe"]),
    ("throttle", &["clock", "events"]),
    ("unix_socket", &[]),
];

/// A dependency, and where it may be named: a file or directory of the daemon's sources.
const OWNERS: [(&str, &str); 25] = [
    ("aya", "probe"),
    ("aya_log", "probe"),
    ("aya_obj", "probe"),
    ("caps", "rights"),
    ("landlock", "rights"),
    ("memmap2", "probe"),
    ("neli", "subscribe"),
    ("prometheus", "metrics"),
    ("axum", "http"),
    ("hyper", "http"),
    ("hyper_util", "http"),
    ("rustls", "http"),
    ("tokio_rustls", "http"),
    ("tokio_vsock", "http/listen.rs"),
    ("bcrypt", "http/door"),
    ("x509_cert", "http/door"),
    ("base64", "http/door"),
    ("serde_saphyr", "http/door"),
    ("ratatui", "commands/top"),
    ("terminal_size", "commands/printer.rs"),
    ("pcap_file", "live/pcapng"),
    ("flate2", "live/pcapng"),
    ("tracing_journald", "service/logger"),
    ("tracing_log", "service/logger"),
    ("tracing_subscriber", "service/logger"),
];

/// What the core may not name.
const IMPURE: [&str; 9] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::os",
    "std::process",
    "std::thread",
    "tokio::",
    "libc::",
    "nix::",
];

struct Source {
    /// Below `src`.
    path: PathBuf,
    /// Without comments.
    code: String,
}

impl Source {
    fn module(&self) -> String {
        let first = self.path.components().next().unwrap();
        Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
    }
}

fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let is_code = |line: &&str| !line.trim_start().starts_with("//");
                let code = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
                found.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), code });
            }
        }
    }
    found
}

/// The modules that `code` names behind `crate::`, alone or in braces.
fn used(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = BTreeSet::new();
    for (at, name) in code.match_indices("crate::") {
        // The end of a longer name.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + name.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut starts = true;
        for (at, c) in list.char_indices() {
            if starts && depth == 1 && (c.is_alphanumeric() || c == '_') {
                names.insert(word(&list[at..]));
                starts = false;
            }
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => starts = true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

fn daemon() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src")
}

fn breaches(root: &Path, rules: &[Rule]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources(root) {
        let module = source.module();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = rules.iter().find(|(name, _)| *name == module) else {
            breaches.push(format!("{module} has no rule"));
            continue;
        };
        for name in used(&source.code) {
            // An item of the crate's root is no module.
            let is_module = rules.iter().any(|(module, _)| *module == name);
            if is_module && name != module && !allowed.contains(&name.as_str()) {
                breaches.push(format!("{} uses {name}", source.path.display()));
            }
        }
    }
    breaches
}

#[test]
fn finds_what_is_used() {
    let code = "use crate::{\n    a::{B, c::D},\n    e,\n};\nlet f = crate::g::H; my_crate::i";
    assert_eq!(used(code), ["a", "e", "g"].map(String::from).into());
}

#[test]
fn modules_of_the_core_use_what_is_upstream_of_them() {
    assert_eq!(breaches(&core(), &CORE), [""; 0]);
}

#[test]
fn modules_of_the_daemon_use_what_is_upstream_of_them() {
    assert_eq!(breaches(&daemon(), &DAEMON), [""; 0]);
}

#[test]
fn each_dependency_has_one_owner() {
    for source in sources(&daemon()) {
        for (name, owner) in OWNERS {
            let names_it = [format!("use {name}::"), format!(" {name}::")]
                .iter()
                .any(|text| source.code.contains(text));
            assert!(
                !names_it || source.path.starts_with(owner),
                "{} uses {name}, which is {owner}'s",
                source.path.display()
            );
        }
    }
}

#[test]
fn the_core_has_no_input_or_output() {
    for source in sources(&core()) {
        for name in IMPURE {
            assert!(!source.code.contains(name), "{} uses {name}", source.path.display());
        }
    }
}
