//! Everything that `nlmon tail` shows from one moment to another, for scenarios that cannot say in
//! advance how many records there will be.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{JoinHandle, sleep, spawn},
    time::Duration,
};

use serde_json::Value;

use crate::support::{Daemon, wait_for};

/// A running `nlmon tail`, read by a thread.
pub(crate) struct Recorder {
    child: Child,
    reader: JoinHandle<()>,
    records: Arc<Mutex<Vec<Value>>>,
}

impl Recorder {
    pub(crate) fn start(daemon: &Daemon, args: &[&str]) -> Self {
        let clients = daemon.metrics().sum("nlmon_log_clients", &[]);
        let mut child = Command::new("/usr/bin/nlmon")
            .args(["tail", "--output", "json", "--socket"])
            .arg(&daemon.socket)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let records = Arc::new(Mutex::new(Vec::new()));
        let reader = {
            let records = Arc::clone(&records);
            spawn(move || {
                for line in lines.map_while(Result::ok) {
                    records.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                }
            })
        };
        wait_for("the client is connected", || {
            daemon.metrics().sum("nlmon_log_clients", &[]) > clients
        });
        Self { child, reader, records }
    }

    /// Waits until a record is as wanted, and returns it.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        wait_for(what, || {
            found = self.records.lock().unwrap().iter().find(|record| wanted(record)).cloned();
            found.is_some()
        });
        found.unwrap()
    }

    /// The records so far.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.records.lock().unwrap().clone()
    }

    /// Every record, once the daemon has nothing under way any more.
    pub(crate) fn finish(mut self, daemon: &Daemon) -> Vec<Value> {
        daemon.quiet();
        let count = || self.records.lock().unwrap().len();
        let mut before = usize::MAX;
        // Records settle, and then cross a socket.
        wait_for("no record comes any more", || {
            let grown = before != count();
            before = count();
            sleep(Duration::from_millis(700));
            !grown
        });
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.join().unwrap();
        let records = std::mem::take(&mut *self.records.lock().unwrap());
        assert!(records.iter().all(|record| record.get("lost").is_none()), "the client was slow");
        records
    }
}

/// The summary of a record's first message.
pub(crate) fn summary(record: &Value) -> &str {
    record["messages"][0]["summary"].as_str().unwrap_or_default()
}

/// The type of a record's first message.
pub(crate) fn message_type(record: &Value) -> &str {
    record["messages"][0]["type"].as_str().unwrap_or_default()
}
