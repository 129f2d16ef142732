//! Whoever reads what a command prints may go away at any moment, as `head` does. That is no reason
//! to panic.

#![expect(clippy::unwrap_used, clippy::tests_outside_test_module, reason = "test code")]

use std::io::pipe;
use std::process::{Command, Stdio};

const COMMANDS: [&[&str]; 12] = [
    &["--help"],
    &["--version"],
    &["help", "tail"],
    &["run", "--help"],
    &["check"],
    &["check", "--json"],
    &["check", "--live", "--socket", "/nowhere"],
    &["links"],
    &["links", "--output", "json"],
    &["sockets"],
    &["decode", "14000000020000000000000000000000ffffffff"],
    &["decode", "--output", "json", "1400000003000000000000000000000000000000"],
];

/// A pipe that nobody reads.
fn closed() -> Stdio {
    pipe().unwrap().1.into()
}

#[test]
fn no_command_panics_where_nobody_reads() {
    for arguments in COMMANDS {
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_nlmon"));
            command.args(arguments).stdin(Stdio::null());
            command
        };
        let output = command().stdout(closed()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        // A panic has no other trace where its words are not read either.
        let status = command().stdout(closed()).stderr(closed()).status().unwrap();
        assert!(status.code().is_some_and(|code| code <= 3), "{arguments:?}: {status}");
    }
}
