//! Chromium without a screen, driven by its own protocol over two pipes, as a person drives it: by
//! keys, and by looking at what is on the page.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use serde_json::{Value, json};

use crate::support::{PATIENCE, wait_for};

/// It reads commands from descriptor 3 and writes answers to 4.
const START: &str = "exec chromium-headless-shell --no-sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir=/tmp/nlmon-chromium --remote-debugging-pipe 3<&0 4>&1 >&2 </dev/null";

pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    number: u64,
    session: Option<String>,
    /// What the console of the page has been told, and what the browser itself complains about.
    pub(crate) complaints: Vec<String>,
}

impl Browser {
    /// One empty page.
    pub(crate) fn start() -> Self {
        let mut child = Command::new("sh")
            .args(["-c", START])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let pipe = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        thread::spawn(move || {
            for answer in pipe.split(0) {
                let answer = serde_json::from_slice(&answer.unwrap()).unwrap();
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        let (number, complaints) = (0, Vec::new());
        let mut browser = Self { child, commands, answers, number, session: None, complaints };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", attach);
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        browser.ask("Log.enable", json!({}));
        browser.ask("Page.enable", json!({}));
        browser.ask("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        browser
    }

    #[expect(clippy::needless_pass_by_value, reason = "each is made for the call")]
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut command = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.commands.write_all(&[command.to_string().as_bytes(), &[0]].concat()).unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE).expect(method);
            if answer["method"] == "Log.entryAdded" {
                self.complaints.push(answer["params"]["entry"]["text"].to_string());
            }
            if answer["id"] == self.number {
                assert_eq!(answer.get("error"), None, "{method}");
                return answer["result"].clone();
            }
        }
    }

    pub(crate) fn open(&mut self, address: &str) {
        self.ask("Page.navigate", json!({"url": address}));
    }

    /// The value of an expression on the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", params);
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true on the page.
    pub(crate) fn wait(&mut self, expression: &str) {
        wait_for(expression, || self.value(&format!("Boolean({expression})")) == true);
    }

    /// Presses a key: a letter, or one by its name.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowDown" => (40, ""),
            letter => (0, letter),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// Writes into the field that has the focus, instead of what is there.
    pub(crate) fn write(&mut self, text: &str) {
        self.value("document.activeElement.select()");
        self.ask("Input.insertText", json!({"text": text}));
    }

    /// As a reader who prefers it so sees the page.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": feature}));
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size);
    }

    /// The page as a PNG, in base64.
    pub(crate) fn screenshot(&mut self) -> String {
        self.ask("Page.captureScreenshot", json!({}))["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
