//! Reads the configuration again while the daemon runs, and changes what can change without losing a
//! count. What cannot is named in the log, and is as it was until the next start.
//!
//! Invariant: everything that may be wrong is found out before anything is changed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use nlmon_core::decode::specs::Specs;
use tokio::sync::watch;

use super::{
    families::FamilyKeeper, logger, probes, sockets_interval, subscribe_settings, wanted_file,
};
use crate::{
    clock::{monotonic_ns, realtime_offset_ns},
    config::{Config, Source},
    events,
    findings::Findings,
    live::{bus::Bus, file::FileControl},
    probe::Sampling,
    spec_files::{self, State},
    subscribe::Subscriptions,
};

/// Keys and sections that can change while the daemon runs.
const CHANGEABLE: [&str; 15] = [
    "file",
    "findings",
    "http.connections",
    "log.clients",
    "log.history",
    "log.history_bytes",
    "log.queue",
    "log.queue_bytes",
    "log.specs",
    "log_level",
    "probe.sample_every",
    "probe.sample_protocols",
    "probe.sample_rate",
    "sockets",
    "subscribe",
];

/// How the last reading of the configuration went, for the metrics.
#[derive(Debug)]
pub(super) struct Reloads {
    succeeded: AtomicBool,
    success_ns: AtomicU64,
}

impl Reloads {
    /// The one at the start.
    pub(super) fn new() -> Arc<Self> {
        let success_ns = AtomicU64::new(realtime_ns());
        Arc::new(Self { succeeded: AtomicBool::new(true), success_ns })
    }

    pub(super) fn last_succeeded(&self) -> bool {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// When one last went well, in nanoseconds since 1970.
    pub(super) fn success_ns(&self) -> u64 {
        self.success_ns.load(Ordering::Relaxed)
    }

    fn note(&self, succeeded: bool) {
        self.succeeded.store(succeeded, Ordering::Relaxed);
        if succeeded {
            self.success_ns.store(realtime_ns(), Ordering::Relaxed);
        }
    }
}

/// Nanoseconds since 1970.
pub(super) fn realtime_ns() -> u64 {
    monotonic_ns().checked_add_signed(realtime_offset_ns()).unwrap_or_default()
}

/// The parts of the daemon that can be changed.
pub(super) struct Parts {
    pub(super) bus: Arc<Bus>,
    pub(super) families: FamilyKeeper,
    pub(super) file: FileControl,
    pub(super) findings: Arc<Findings>,
    pub(super) subscriptions: Subscriptions,
    pub(super) connections: watch::Sender<usize>,
    pub(super) sockets_interval: watch::Sender<Option<Duration>>,
    pub(super) sampling: watch::Sender<Sampling>,
    pub(super) reloads: Arc<Reloads>,
}

/// What reloads.
pub(super) struct Reloader {
    pub(super) source: Source,
    /// What the daemon runs with: of keys that cannot change, what they were at the start.
    pub(super) running: Config,
    /// The files that the running specs were read of.
    pub(super) specs: State,
    pub(super) parts: Parts,
}

impl Reloader {
    /// Reads the configuration again. Whatever is wrong with it is said in a line, and then nothing
    /// changes.
    pub(super) async fn reload(&mut self) {
        let result = self.try_reload().await;
        self.parts.reloads.note(result.is_ok());
        match result {
            Ok(()) => tracing::info!(
                message_id = events::RELOADED,
                "read {} again",
                self.source.path().display()
            ),
            Err(error) => tracing::error!(
                message_id = events::RELOAD_REFUSED,
                "the configuration stays as it was: {error:#}"
            ),
        }
    }

    async fn try_reload(&mut self) -> anyhow::Result<()> {
        let wanted = self.source.read()?;
        let subscribe = subscribe_settings(&wanted)?;
        let specs = self.read_specs(&wanted)?;
        let file = wanted_file(&wanted, specs.unwrap_or_else(|| self.parts.bus.specs()))?;
        if wanted.subscribe != self.running.subscribe {
            let is_done = self.parts.subscriptions.change(subscribe).await;
            anyhow::ensure!(is_done, "the subscriptions have ended");
        }
        self.apply(&wanted, specs);
        if !self.parts.file.change(file).await {
            tracing::warn!("the file of records is not open yet: its disk does not answer");
        }
        for key in self.running.take(&wanted, is_changeable) {
            tracing::warn!(
                message_id = events::TAKES_RESTART,
                nlmon_key = key,
                "{key} takes a restart"
            );
        }
        Ok(())
    }

    /// The specs, if their files have changed: what was read of them before is never freed.
    fn read_specs(&mut self, wanted: &Config) -> anyhow::Result<Option<Specs>> {
        if spec_files::state(&wanted.log.specs)? == self.specs {
            return Ok(None);
        }
        let found = spec_files::read(&wanted.log.specs)?;
        super::say_found(&found);
        self.specs = found.state;
        Ok(Some(found.specs))
    }

    fn apply(&self, wanted: &Config, specs: Option<Specs>) {
        let Parts { bus, families, connections, sockets_interval: interval, sampling, .. } =
            &self.parts;
        let is_other = wanted.log_level != self.running.log_level;
        if is_other && !logger::set_level(wanted.log_level) {
            tracing::warn!("log_level decides nothing as long as NLMON_LOG is set");
        }
        bus.change(wanted.log.limits(), specs.unwrap_or_else(|| bus.specs()));
        if let Some(specs) = specs {
            families.change(specs);
        }
        connections.send_replace(wanted.http.connections);
        self.parts.findings.configure(wanted.findings.thresholds());
        sampling.send_replace(probes::sampling(wanted));
        let every = sockets_interval(wanted);
        interval.send_if_modified(|interval| std::mem::replace(interval, every) != every);
    }
}

fn is_changeable(key: &str) -> bool {
    let section = key.split_once('.').map(|(section, _)| section);
    CHANGEABLE.iter().any(|name| *name == key || Some(*name) == section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn what_can_change_is_a_key_or_a_section() {
        for name in CHANGEABLE {
            let is_of = |key: &&String| is_changeable(key) && key.starts_with(name);
            assert!(keys::all().iter().any(|key| is_of(&key)), "{name}");
        }
    }

    #[test]
    fn what_cannot_change_is_named_and_stays() {
        let mut running = Config::default();
        let mut wanted = Config::default();
        wanted.log.queue = 7;
        wanted.probe.ring_bytes *= 2;
        wanted.http.live = true;
        wanted.subscribe.groups.clear();
        for _ in 0..2 {
            let fixed = running.take(&wanted, is_changeable);
            assert_eq!(fixed, ["http.live", "probe.ring_bytes"]);
            assert_eq!(running.log.queue, 7);
            assert_eq!(running.probe, Config::default().probe);
            assert!(running.subscribe.groups.is_empty());
        }
    }
}
