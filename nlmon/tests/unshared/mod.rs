//! A daemon without rights over the kernel, in namespaces of its own and with a configuration of its
//! own.
#![allow(dead_code, reason = "not every test wants all of it")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStderr, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::directory::Directory;

pub(crate) const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_mins(1);

/// Ended with this, if it still runs: a test that failed leaves none behind.
pub(crate) struct Daemon {
    pub(crate) directory: Directory,
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    /// Starts it with these flags once `prepare` has run in its namespaces, and waits until it is
    /// ready. `$DIR` in that and in the configuration is its directory.
    pub(crate) fn start(prepare: &str, file: &str, arguments: &[&str]) -> Self {
        let directory = Directory::new();
        let script = r#"ip link set lo up; eval "$PREPARE"
            exec "$NLMON" run --config "$DIR/nlmon.toml" --socket "$DIR/log" "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-euc", script, "sh"]);
        command.args(arguments).env("NLMON", NLMON).env("DIR", &*directory).env("PREPARE", prepare);
        command.env_remove("NLMON_LOG").stderr(Stdio::piped());
        configure(&directory, file);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut daemon = Self { directory, child, lines };
        daemon.lines_until("ready:");
        daemon
    }

    /// Its log, up to a line with this text.
    pub(crate) fn lines_until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("no {text:?} in {seen:?}"));
            seen.push(line.unwrap());
            if seen.last().unwrap().contains(text) {
                return seen;
            }
        }
    }

    /// Has it read another file; what its log says of it, up to a line with the text `end`.
    pub(crate) fn reload(&mut self, file: &str, end: &str) -> Vec<String> {
        configure(&self.directory, file);
        self.signal("-HUP");
        self.lines_until(end)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// What a script writes that runs in its namespaces.
    pub(crate) fn inside(&self, script: &str) -> String {
        let pid = self.child.id().to_string();
        let output = Command::new("nsenter")
            .args(["--user", "--preserve-credentials", "--net", "--mount", "--target", &pid])
            .args(["bash", "-euc", script])
            .env("DIR", &*self.directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let text = self.inside(
            "exec 3<>/dev/tcp/127.0.0.1/9776; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3",
        );
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.next().map(|value| value.parse().unwrap())
    }

    /// The groups of route that it is in, as the kernel has them: a bit each.
    pub(crate) fn route_groups(&self) -> u32 {
        let table = self.inside("cat /proc/net/netlink");
        let groups = table.lines().filter_map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            (columns[1] == "0").then(|| u32::from_str_radix(columns[3], 16).unwrap())
        });
        groups.fold(0, |all, groups| all | groups)
    }

    /// Ends it; its directory, and the rest of its log.
    pub(crate) fn end(mut self) -> (Directory, Vec<String>) {
        self.signal("-TERM");
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success());
        (std::mem::replace(&mut self.directory, Directory::new()), rest)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().unwrap();
        }
    }
}

fn configure(directory: &Directory, file: &str) {
    let text = file.replace("$DIR", directory.to_str().unwrap());
    fs::write(directory.join("nlmon.toml"), text).unwrap();
}

pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(50));
    }
}
