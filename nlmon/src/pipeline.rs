//! The daemon's main loop: samples and deliveries go into the join, and finished records to the
//! metrics and to the live log. One task owns the join, so that nothing needs a lock.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep, timeout_at},
};

use nlmon_core::{
    decode::{
        self, Families,
        names::{group_name, protocol, protocol_name},
    },
    join::{JoinSettings, Joiner},
    message::{Header, kind},
    record::{Observation, Path, Record},
};

use crate::{
    clock::{self, Offsets, monotonic_ns, realtime_offset_ns},
    events,
    health::Progress,
    hooks,
    live::{
        bus::Bus,
        entry::Entry,
        interfaces::KnownInterfaces,
        json::{Clock, LogRecord, View},
    },
    metrics::Metrics,
    origin::Origins,
    probe::{self, Options, Samples, Sampling, WaitingSamples},
    subscribe::Event,
    supervisor::Pulse,
    thinning::{Thinning, Usage},
    throttle,
};

/// Time between two rounds while there is something to do: the most that the log lags behind what
/// the join has decided.
const TICK: Duration = Duration::from_millis(20);

/// The longest time between two rounds. What wakes the daemon may miss it by a moment, and its
/// pulse has to go on.
const REST_MAX: Duration = Duration::from_secs(1);

/// Events of the sockets taken at a time, so that a flood of them does not starve the ring.
const EVENTS_MAX: usize = 1024;

/// How long the readers of the sockets may take to end.
const FINISH_TIME: Duration = Duration::from_secs(1);

/// How the last round was, which says how long to wait for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// There is more to read.
    Cut,
    /// Something was read.
    Busy,
    /// Nothing was: the next sample shall wake the daemon, but may not yet do so.
    Quiet,
    /// Again nothing was.
    Asleep,
}

/// What the probes sample, and what it is to be.
pub(crate) struct Sampler {
    thinning: Thinning,
    /// As the configuration has it, which may change.
    configured: watch::Receiver<Sampling>,
    /// What the join and the names of interfaces know of it.
    join_settings: JoinSettings,
    now: Sampling,
}

impl Sampler {
    /// The probes have just been told what is configured.
    pub(crate) fn new(
        thinning: Thinning,
        configured: watch::Receiver<Sampling>,
        join_settings: JoinSettings,
    ) -> Self {
        let now = *configured.borrow();
        Self { thinning, configured, join_settings, now }
    }

    /// What to sample from now on, if that is something else.
    fn change(&mut self, now_ns: u64, samples: &WaitingSamples) -> Option<Sampling> {
        self.thinning.configure(*self.configured.borrow_and_update());
        if self.thinning.is_due(now_ns) {
            let (daemon_ns, programs_ns) = (clock::process_ns(), samples.programs_ns());
            self.thinning.look(Usage { at_ns: now_ns, daemon_ns, programs_ns });
        }
        let wanted = self.thinning.sampling();
        let before = std::mem::replace(&mut self.now, wanted);
        if wanted == before {
            return None;
        }
        tracing::debug!("samples one call in {}, it was {}", wanted.every, before.every);
        self.join_settings.sampled = wanted.sampled();
        self.join_settings.thinned = wanted.is_thinned();
        Some(wanted)
    }

    /// Waits until the configuration wants something else; for ever once nobody can say so.
    async fn configured(&mut self) {
        if self.configured.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The loop's parts.
pub(crate) struct Pipeline {
    pub(crate) joiner: Joiner,
    pub(crate) origins: Origins,
    /// Show keys, and what may be keys, in the live log.
    pub(crate) show_secrets: bool,
    /// The generic families of the running kernel.
    pub(crate) families: watch::Receiver<Arc<Families>>,
    /// Told when a generic family has a number that is none of those.
    pub(crate) unknown_family: Arc<Notify>,
    /// The ring, once it runs.
    pub(crate) samples: Option<WaitingSamples>,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) bus: Arc<Bus>,
    /// What makes times of day of the records' times.
    pub(crate) offsets: Offsets,
    /// How interfaces are called.
    pub(crate) interfaces: KnownInterfaces,
    /// What the probes sample.
    pub(crate) sampler: Sampler,
    /// Its sign of life.
    pub(crate) pulse: Pulse,
    /// How far it is, for whoever asks.
    pub(crate) progress: Arc<Progress>,
}

impl Pipeline {
    /// The join's settings for what the probes sample, if there are `probes`.
    pub(crate) fn join_settings(probes: bool, options: &Options) -> JoinSettings {
        let Options { sampling, snap, .. } = *options;
        JoinSettings {
            probes,
            sampled: sampling.sampled(),
            thinned: sampling.is_thinned(),
            snap,
            ..JoinSettings::default()
        }
    }

    /// Runs until `shutdown`. Then it takes the samples and deliveries that are there to their end.
    /// What is undecided by then stays undecided.
    pub(crate) async fn run(
        mut self,
        samples: Option<Samples>,
        mut shutdown: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        self.samples = samples.map(Samples::wait).transpose().context("cannot watch the ring")?;
        let mut observations = Vec::new();
        let mut events = Vec::new();
        self.offsets.note(monotonic_ns(), realtime_offset_ns());
        let mut round = Round::Busy;
        while !*shutdown.borrow() {
            let wait = self.wait(round);
            self.sleep(round, wait, &mut events, &mut shutdown).await;
            let before_ns = monotonic_ns();
            let read = self.read(before_ns, &mut observations);
            // A storm of samples must not starve the sockets.
            while events.len() < EVENTS_MAX
                && let Ok(event) = self.events.try_recv()
            {
                events.push(event);
            }
            round = round.next(read, events.len());
            events.drain(..).for_each(|event| self.event(event));
            self.observe(&mut observations);
            if read < probe::BATCH {
                // The ring was found empty.
                self.joiner.samples_read(before_ns);
            }
            let now_ns = monotonic_ns();
            self.advance(now_ns);
            self.sample(now_ns);
            self.pulse.beat(now_ns);
            hooks::fault("pipeline");
            hooks::stall("stall");
        }
        self.finish(&mut observations).await;
        Ok(())
    }

    async fn finish(&mut self, observations: &mut Vec<Observation>) {
        let deadline = Instant::now() + FINISH_TIME;
        // The readers end as well, with what is in their sockets.
        while let Ok(Some(event)) = timeout_at(deadline, self.events.recv()).await {
            self.event(event);
        }
        let before_ns = monotonic_ns();
        if let Some(samples) = &mut self.samples {
            samples.read_now(observations);
            self.joiner.samples_read(before_ns);
            self.metrics.samples_read(datagrams(observations), 0);
        }
        self.observe(observations);
        let mut records = Vec::new();
        let now_ns = monotonic_ns();
        self.joiner.finish(now_ns, &mut records);
        self.pass_on(records, now_ns);
    }

    /// How long there is nothing to do if nothing comes.
    fn wait(&self, round: Round) -> Duration {
        match round {
            Round::Cut => Duration::ZERO,
            Round::Busy | Round::Quiet => TICK,
            Round::Asleep => {
                let due_ns = self.joiner.next_ns().unwrap_or(u64::MAX);
                let due = Duration::from_nanos(due_ns.saturating_sub(monotonic_ns()));
                let rest = self.pulse.interval().map_or(REST_MAX, |often| often.min(REST_MAX));
                due.min(rest).max(TICK)
            }
        }
    }

    /// Sleeps for `wait`, or until something wakes the daemon. While there is much to do only a
    /// ring that fills does; else the first thing that comes.
    async fn sleep(
        &mut self,
        round: Round,
        wait: Duration,
        events: &mut Vec<Event>,
        shutdown: &mut watch::Receiver<bool>,
    ) {
        if round == Round::Cut {
            return tokio::task::yield_now().await;
        }
        let is_quiet = round != Round::Busy;
        if let Some(samples) = &self.samples {
            samples.sleep(is_quiet);
        }
        self.progress.sleep(round == Round::Asleep);
        let mut failed = None;
        tokio::select! {
            // Whether it changed or its sender is gone, the loop looks at the value.
            _changed = shutdown.changed() => {}
            () = self.sampler.configured() => {}
            woken = woken(&mut self.samples) => failed = woken.err(),
            _count = self.events.recv_many(events, EVENTS_MAX), if is_quiet => {}
            () = sleep(wait) => {}
        }
        self.progress.sleep(false);
        if let Some(error) = failed {
            tracing::error!(
                message_id = events::SAMPLES_ENDED,
                "cannot wait for samples, going on without: {error}"
            );
            self.progress.end_samples(error.to_string());
            self.samples = None;
        }
    }

    /// Reads samples from the ring, up to a batch; how many there were.
    fn read(&mut self, before_ns: u64, observations: &mut Vec<Observation>) -> usize {
        let Some(samples) = &mut self.samples else { return 0 };
        let (read, malformed) = samples.read(observations);
        if read > 0 {
            self.metrics.samples_read(datagrams(observations), malformed);
        }
        let ended_ns = |o: &Observation| o.start_ns.saturating_add(o.duration_ns);
        self.progress.ring_read(observations.first().map(ended_ns), before_ns);
        read
    }

    fn observe(&mut self, observations: &mut Vec<Observation>) {
        let now_ns = monotonic_ns();
        for observation in observations.drain(..) {
            // At once: in a moment the process may be gone.
            self.interfaces.observe(&observation);
            self.origins.note(&observation, now_ns, &self.offsets);
            self.joiner.observe(observation, now_ns);
        }
    }

    fn event(&mut self, event: Event) {
        self.interfaces.event(&event);
        match event {
            Event::Delivery(delivery) => {
                let now_ns = delivery.received_ns;
                self.joiner.deliver(delivery, now_ns);
            }
            Event::Joined { netns, protocol, group, name, portid, at_ns } => {
                tracing::debug!(
                    "joined {} of {} in {netns}",
                    name.as_deref().unwrap_or(&group_name(protocol, group)),
                    protocol_name(protocol)
                );
                if let Some(name) = name {
                    self.metrics.name_group(protocol, group, &name);
                }
                self.joiner.subscribed(netns, protocol, group, portid, at_ns);
            }
            Event::Left { netns, protocol, group, at_ns } => {
                tracing::debug!(
                    "left {} of {}",
                    group_name(protocol, group),
                    protocol_name(protocol)
                );
                self.joiner.unsubscribed(netns, protocol, group, at_ns);
            }
            Event::Empty { netns, protocol, at_ns } => {
                self.joiner.socket_read(netns, protocol, at_ns);
            }
            Event::Unicast { protocol } => self.metrics.unicast(protocol),
            Event::Overrun { protocol, lost, .. } => {
                let protocol_name = protocol_name(protocol);
                let line = format_args!(
                    "own socket of {protocol_name} ran over, {lost} datagrams lost: \
                     raise subscribe.receive_buffer"
                );
                throttle::OWN_OVERRUN.warn_of(&protocol_name, line);
                self.joiner.overrun();
                self.metrics.overrun(protocol, u64::from(lost));
            }
            Event::Interfaces { netns, links, .. } => {
                tracing::debug!("{} interfaces in {netns}", links.len());
            }
            Event::Failed { protocol, error } => {
                let cause = anyhow::Error::from(error);
                let protocol = protocol_name(protocol);
                let line = format_args!("no subscription to {protocol}: {cause:#}");
                throttle::SUBSCRIPTION.warn_of(&protocol, line);
            }
        }
    }

    /// Has the probes sample as much as they may now.
    fn sample(&mut self, now_ns: u64) {
        let Some(samples) = &self.samples else { return };
        let Some(sampling) = self.sampler.change(now_ns, samples) else { return };
        samples.set_sampling(sampling);
        self.bus.set_sample_every(sampling.every);
        self.interfaces.sampling(&self.sampler.join_settings);
        // The time after the change: until now, calls were drawn by what was before.
        self.joiner.sampling(&self.sampler.join_settings, monotonic_ns());
    }

    fn advance(&mut self, now_ns: u64) {
        if self.samples.as_mut().is_some_and(WaitingSamples::have_been_lost) {
            self.joiner.samples_lost(now_ns);
        }
        let mut records = Vec::new();
        self.joiner.advance(now_ns, &mut records);
        self.pass_on(records, now_ns);
    }

    /// Passes on what the join made.
    #[expect(clippy::vec_box, reason = "records move on as the join has held them")]
    fn pass_on(&mut self, records: Vec<Box<Record>>, now_ns: u64) {
        let request_events = self.joiner.take_request_events();
        self.metrics.joined(&records, &request_events, self.joiner.counts());
        // Read each time: the time of day can be set.
        self.offsets.note(now_ns, realtime_offset_ns());
        let is_read = self.bus.wants_records();
        let mut entries = Vec::with_capacity(if is_read { records.len() } else { 0 });
        let mut view = Arc::new(View {
            clock: Clock::new(0),
            families: Arc::clone(&self.families.borrow()),
            show_secrets: self.show_secrets,
            interfaces: Some(self.interfaces.clone()),
        });
        for record in records {
            self.origins.finish(&record, now_ns, &self.offsets);
            let clock = Clock::new(self.offsets.at(record.time_ns()));
            if view.clock != clock {
                Arc::make_mut(&mut view).clock = clock;
            }
            self.interfaces.record(&record);
            if concerns_families(&record, &view.families, is_read) {
                self.unknown_family.notify_one();
            }
            if is_read {
                entries.push(self.entry(record, &view, now_ns));
            }
        }
        if !entries.is_empty() {
            self.bus.publish_all(entries);
        }
    }

    /// A record as the log keeps it.
    fn entry(&mut self, record: Box<Record>, view: &Arc<View>, now_ns: u64) -> Entry {
        // At once: in a moment the process may be gone.
        let (origin, view) = (self.origins.of(&record, now_ns), Arc::clone(view));
        if decode::may_hold_keys(record.protocol()) {
            // At once too: what is withheld should not be kept.
            return LogRecord::new(&record, &view).with_origin(&origin).into();
        }
        Entry::joined(record, origin, view)
    }
}

/// How many are of datagrams: a silent change has none.
fn datagrams(observations: &[Observation]) -> u64 {
    let of_datagram = |observation: &&Observation| observation.path != Path::Silent;
    observations.iter().filter(of_datagram).count() as u64
}

/// Whether the record is of a generic family that is not among `families`, or of the controller.
/// That tells its group of families that come and go, and a process asks it before it uses a new
/// one: the last is so common that only somebody who reads the log is worth another look.
fn concerns_families(record: &Record, families: &Families, is_read: bool) -> bool {
    let told = is_read || record.path() == Path::Multicast;
    record.protocol() == protocol::GENERIC
        && Header::parse(record.data()).is_some_and(|header| {
            header.message_type >= kind::FIRST
                && families.name(header.message_type).is_none_or(|name| told && name == "nlctrl")
        })
}

impl Round {
    /// What a round is that has read so much, and follows this one.
    fn next(self, samples: usize, events: usize) -> Self {
        match (samples, events) {
            (probe::BATCH.., _) | (_, EVENTS_MAX..) => Self::Cut,
            (0, 0) if self == Self::Quiet || self == Self::Asleep => Self::Asleep,
            (0, 0) => Self::Quiet,
            _ => Self::Busy,
        }
    }
}

/// Waits until a program wakes the daemon; for ever where there are no probes.
async fn woken(samples: &mut Option<WaitingSamples>) -> std::io::Result<()> {
    match samples {
        Some(samples) => samples.woken().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use nlmon_common::limits::PROTOCOLS;

    use super::*;
    use crate::probe::Attach;

    #[test]
    fn the_daemon_sleeps_only_after_a_look_at_the_ring_that_programs_know_of() {
        let rounds = [(7, 0), (0, 0), (0, 0), (0, 0), (0, 3), (0, 0), (probe::BATCH, 0)];
        let mut round = Round::Busy;
        let next = |(samples, events)| {
            round = round.next(samples, events);
            round
        };
        let expected = [
            Round::Busy,
            Round::Quiet,
            Round::Asleep,
            Round::Asleep,
            Round::Busy,
            Round::Quiet,
            Round::Cut,
        ];
        assert_eq!(rounds.map(next), expected);
    }

    #[test]
    fn the_join_knows_what_is_not_sampled() {
        let told = |every, rate, protocols| {
            let options = Options {
                attach: Attach::Auto,
                deliveries: true,
                sampling: Sampling { every, protocols, rate },
                metered: false,
                snap_length: 256,
                snap: [256; PROTOCOLS],
                capture_secrets: false,
                count_netns: false,
                ring_bytes: 0,
                pin: false,
            };
            let settings = Pipeline::join_settings(true, &options);
            (settings.sampled, settings.thinned)
        };
        assert_eq!(told(1, 0, u32::MAX), (u32::MAX, false));
        assert_eq!(told(0, 0, u32::MAX), (0, false));
        assert_eq!(told(3, 0, u32::MAX), (u32::MAX, true));
        assert_eq!(told(1, 9, u32::MAX), (u32::MAX, true));
        assert_eq!(told(1, 0, 1), (1, false));
    }
}
