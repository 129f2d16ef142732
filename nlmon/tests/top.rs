//! `nlmon top` in a terminal: driven by tmux, against a daemon without probes, in a namespace of its
//! own. Looks at what is on the screen, and at the state that the terminal is left in.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const NLMON: &str = env!("CARGO_BIN_EXE_nlmon");
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon, and a terminal in which `nlmon top` runs.
struct Scene {
    directory: PathBuf,
    daemon: Child,
}

impl Scene {
    /// Starts both. When it is over, the terminal says how, and whether it is as it was.
    fn new(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("nlmon-top-{name}-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let script = r#"exec "$NLMON" run --socket "$DIR/log" --sockets-interval 1"#;
        let mut daemon = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net", "sh", "-euc", script])
            .env("NLMON", NLMON)
            .env("DIR", &directory)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("ready:")));
        let scene = Self { directory, daemon };
        let socket = scene.directory.join("log");
        let top = format!(
            "{NLMON} top --interval 200 --socket {}; echo \"exit $?\"; stty -a; exec sleep 600",
            socket.display()
        );
        scene.tmux(&["new-session", "-d", "-x", "110", "-y", "24", &top]);
        scene
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(self.directory.join("tmux"))
            .args(["-f", "/dev/null"])
            .args(arguments)
            .env_remove("TMUX")
            .output()
            .expect("this test drives nlmon top in tmux: install the package tmux");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// The screen, once it is as wanted.
    fn screen(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if wanted(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "not seen: {what}\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }

    fn sees(&self, text: &str) -> String {
        self.screen(text, |screen| screen.contains(text))
    }

    /// Checks that it is over with that code, and the terminal as it was before.
    fn is_over(&self, code: i32) -> String {
        let screen = self.screen("the end", |screen| {
            screen.contains(&format!("exit {code}")) && screen.contains("echoke")
        });
        assert_eq!(self.tmux(&["display", "-p", "#{alternate_on}#{cursor_flag}"]).trim(), "01");
        for raw in ["-icanon", "-echo ", "-isig", "-opost"] {
            assert!(!screen.contains(raw), "{raw} is left\n{screen}");
        }
        screen
    }

    fn signal(pid: &str, signal: &str) {
        assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
    }

    /// The process id of `nlmon top`, a child of the terminal's shell.
    fn top(&self) -> String {
        let shell = self.tmux(&["display", "-p", "#{pane_pid}"]);
        let path = format!("/proc/{0}/task/{0}/children", shell.trim());
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let mut tmux = Command::new("tmux");
        drop(tmux.arg("-S").arg(self.directory.join("tmux")).arg("kill-server").status());
        drop(self.daemon.kill());
        drop(self.daemon.wait());
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

#[test]
fn it_shows_the_daemons_sockets_and_obeys_its_keys() {
    let scene = Scene::new("keys");
    let screen = scene.sees("no probes: only sockets and groups are known");
    assert!(screen.contains("1 Proces") && screen.contains("6 Groups"), "{screen}");
    scene.press(&["5"]);
    scene.screen("sockets of nlmon", |screen| {
        let row = |line: &str| line.starts_with("route ") && line.contains(" nlmon ");
        screen.contains("DROPSv") && screen.lines().any(row)
    });
    // A filter, while `q` is a letter; then it is cleared.
    scene.press(&["/", "q", "q"]);
    scene.sees("filter: qq");
    scene.press(&["Enter"]);
    scene.sees("0 rows, filter \"qq\"");
    scene.press(&["Escape"]);
    scene
        .screen("rows again", |screen| screen.contains(" nlmon ") && !screen.contains("filter \""));
    scene.press(&["Right"]);
    scene.sees("DROPS/Sv");
    scene.press(&["r"]);
    scene.sees("DROPS/S^");
    scene.press(&["p"]);
    scene.sees("PAUSED");
    scene.press(&["p"]);
    scene.screen("no pause", |screen| !screen.contains("PAUSED"));
    // Smaller and larger: the line of keys stays the last one.
    for (width, height) in [("60", "10"), ("130", "30")] {
        scene.tmux(&["resize-window", "-x", width, "-y", height]);
        let lines: usize = height.parse().unwrap();
        scene.screen("the new size", |screen| {
            let lines = screen.lines().nth(lines - 1);
            lines.is_some_and(|line| line.starts_with("1-9 view"))
        });
    }
    scene.press(&["q"]);
    scene.is_over(0);
}

#[test]
fn the_terminal_is_put_back_however_it_ends() {
    let scene = Scene::new("signal");
    scene.sees("no probes");
    Scene::signal(&scene.top(), "-TERM");
    scene.is_over(0);
    drop(scene);
    let scene = Scene::new("interrupt");
    scene.sees("no probes");
    scene.press(&["C-c"]);
    scene.is_over(0);
    drop(scene);
    let scene = Scene::new("lost");
    scene.sees("no probes");
    Scene::signal(&scene.daemon.id().to_string(), "-TERM");
    let screen = scene.is_over(3);
    assert!(screen.contains("the daemon closed the live log"), "{screen}");
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = Command::new(NLMON).arg("top").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("needs a terminal") && message.lines().count() == 1, "{message}");
    assert!(output.stdout.is_empty());
}
