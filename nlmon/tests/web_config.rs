//! Web configurations, good and bad: what `nlmon run` and `nlmon check` say of each. The cases
//! and the lines are in `data/web_config.txt`.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod certificates;
mod directory;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use certificates::{Authority, self_signed};
use directory::Directory;
use nlmon::http::Door;

/// A directory with certificates, as the cases name them.
fn with_certificates() -> Directory {
    let directory = Directory::new();
    let authority = Authority::new("authority");
    authority.sign("server", &["localhost"]).write(&directory, "server");
    self_signed("client", true).write(&directory, "client");
    self_signed("other", false).write(&directory, "other");
    fs::write(directory.join("authority.crt"), &authority.cert).unwrap();
    fs::write(directory.join("empty.crt"), "").unwrap();
    fs::write(directory.join("broken.crt"), "-----BEGIN CERTIFICATE-----\nAA\n").unwrap();
    directory
}

/// What is said of a web configuration; of a good one "good".
fn told(directory: &Path, text: &str) -> String {
    let path = directory.join("web.yml");
    fs::write(&path, text).unwrap();
    match Door::new(&path, Path::new("")) {
        Ok(_) => "good".to_owned(),
        Err(error) => error.to_string().replace(&format!("{}/", directory.display()), ""),
    }
}

#[test]
fn each_is_told_in_one_line() {
    let directory = with_certificates();
    let cases = include_str!("data/web_config.txt").split("\n=== ").skip(1);
    let mut wrong = Vec::new();
    for case in cases {
        let (expected, text) = case.split_once('\n').unwrap_or((case, ""));
        let told = told(&directory, text);
        if told != expected {
            wrong.push(format!("{text}  {expected}\n  {told}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn certificate_and_key_may_stand_in_the_file_itself() {
    let directory = with_certificates();
    let inline = |name: &str| {
        let text = fs::read_to_string(directory.join(name)).unwrap();
        text.lines().map(|line| ["    ", line, "\n"].concat()).collect::<String>()
    };
    let (cert, key) = (inline("server.crt"), inline("server.key"));
    let (ca, other) = (inline("authority.crt"), inline("client.key"));
    let text = |cert: &str, key: &str| {
        format!(
            "tls_server_config:\n  cert: |\n{cert}  key: |\n{key}  client_ca: |\n{ca}  \
             client_auth_type: RequireAndVerifyClientCert\n"
        )
    };
    assert_eq!(told(&directory, &text(&cert, &key)), "good");
    let file = format!(
        "tls_server_config:\n  cert_file: server.crt\n  key: |\n{key}  client_auth_type: \
        RequireAnyClientCert\n"
    );
    assert_eq!(told(&directory, &file), "good");
    let line = 4 + cert.lines().count();
    assert_eq!(
        told(&directory, &text(&cert, &other)),
        format!(
            "web.yml, line {line}, column 5: expected the key of the certificate: keys may not \
            be consistent: KeyMismatch"
        )
    );
}

#[test]
fn a_token_is_one_line_and_not_empty() {
    let directory = Directory::new();
    let path = directory.join("token");
    let told = |text: &str| {
        fs::write(&path, text).unwrap();
        match Door::new(Path::new(""), &path) {
            Ok(_) => "good".to_owned(),
            Err(error) => error.to_string().replace(&format!("{}/", directory.display()), ""),
        }
    };
    assert_eq!(told("geheim\n"), "good");
    assert_eq!(told(" \n"), "token: found nothing, expected a token");
    let lines = "token: found what cannot stand in a header (and is not shown), expected a token of \
        printable ASCII in one line";
    assert_eq!(told("geheim\ngeheim\n"), lines);
    assert_eq!(told("geh\u{e4}im\n"), lines);
    fs::remove_file(&path).unwrap();
    let missing = Door::new(Path::new(""), &path).unwrap_err().to_string();
    assert!(missing.ends_with("token: No such file or directory (os error 2)"), "{missing}");
}

#[test]
fn a_token_that_everybody_may_read_is_warned_of() {
    let directory = Directory::new();
    let (token, file) = (directory.join("token"), directory.join("file"));
    fs::write(&token, "geheim").unwrap();
    fs::write(&file, "").unwrap();
    for (mode, expected) in [(0o644, true), (0o640, false)] {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).unwrap();
        // It ends at once, as it cannot listen there.
        let mut nlmon = Command::new(env!("CARGO_BIN_EXE_nlmon"));
        nlmon.arg("run").arg("--bearer-token-file").arg(&token);
        nlmon.arg("--socket").arg(directory.join("log"));
        let output = nlmon.arg(format!("--listen=unix:{}", file.display())).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("exists and is no socket"), "{said}");
        assert_eq!(said.contains("everybody may read the token in"), expected, "{said}");
        assert!(!said.contains("geheim"), "{said}");
    }
}

/// The same line, whoever finds the mistake.
#[test]
fn check_and_run_end_with_code_1() {
    let directory = with_certificates();
    let web = directory.join("web.yml");
    fs::write(&web, "tls_server_config:\n  min_version: TLS11\n").unwrap();
    let config = directory.join("nlmon.toml");
    fs::write(&config, format!("[http]\nweb_config = {:?}\n", web.display().to_string())).unwrap();
    for command in ["check", "run"] {
        let mut nlmon = Command::new(env!("CARGO_BIN_EXE_nlmon"));
        let output = nlmon.args([command, "--config"]).arg(&config).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let expected = format!(
            "nlmon: {}, line 2, column 16: tls_server_config.min_version: found \"TLS11\", \
             expected TLS12 or TLS13: nlmon has no older version\n",
            web.display()
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    }
}
