//! The daemon as a service: sets everything up, says when it is ready, and takes it all down again
//! on a signal, or when a task has ended that it cannot do without. What the parts do is theirs.

mod confinement;
mod families;
mod health;
mod listener;
mod logger;
mod periodic;
mod probes;
mod readiness;
mod reload;
mod systemd;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use nlmon_core::{answers::LossState, decode::specs::Specs, join::Joiner};
use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};

pub use confinement::{Confinement, confine};
pub use logger::init_log;
pub use probes::probe_options;

use crate::{
    clock::{Offsets, monotonic_ns},
    commands::Failure,
    config::{Config, Groups, Source},
    events,
    findings::Findings,
    health::{Health, ProbeState},
    http::{self, Address, Door, Listener},
    live::{
        bus::Bus,
        file::{self, RecordsFile},
        interfaces::KnownInterfaces,
        ledger::{KeptLedger, LedgerTask},
        server::Server,
        stats::StatsSource,
        talkers::TalkerBoard,
    },
    metrics::{DaemonTotals, LogTotals, Metrics},
    origin::Origins,
    pipeline::{Pipeline, Sampler},
    probe::{Probe, Probes, Samples, SocketChanges},
    sockets::Scanner,
    spec_files::Found,
    subscribe::{Changed, Hold, Keeper, Lists, SubscribeSettings, Subscription, Subscriptions},
    supervisor::Supervisor,
};
use families::FamilyKeeper;
use periodic::Looks;
use reload::{Parts, Reloader, Reloads};
use systemd::{Signals, Wish, hold_signals, notify, notify_reloading};

/// Deliveries that wait for the join; the sockets' own buffers are behind it.
const EVENTS_QUEUE: usize = 4096;

/// Lists of objects that wait for the ledger: one may be of megabytes.
const LISTS_QUEUE: usize = 4;

/// How often the daemon looks whether a protocol has come or gone.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// How long the tasks may take to end.
const SHUTDOWN_TIME: Duration = Duration::from_secs(5);

/// How long threads may take to end, once every task was told to.
const END_TIME: Duration = Duration::from_secs(1);

/// Runs the daemon until SIGTERM or SIGINT, with a configuration that was read from `source`.
pub fn run(source: Source, config: Config, found: &Found, door: Door) -> Result<(), Failure> {
    say_found(found);
    // Sockets first: they fail at once, and loading programs takes a while.
    let server = Server::bind(&config.log.socket).map_err(|e| Failure::Runtime(e.into()))?;
    let listeners = listener::listen(&config.http.listen.0).map_err(Failure::Runtime)?;
    hold_signals().map_err(|e| Failure::Runtime(e.into()))?;
    let (probes, state) = probes::load(&config)?;
    // Rights are a thread's own, and there is one yet.
    let confinement = confine(&config, &source, &door, probes.as_ref());
    tracing::info!(message_id = events::RIGHTS, "rights left: {confinement}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("nlmon")
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .map_err(Failure::Runtime)?;
    let parts = Prepared { probes, state, server, listeners, door };
    let result = runtime.block_on(serve(source, config, found, parts));
    // A thread that hangs in a system call must not keep the process.
    runtime.shutdown_timeout(END_TIME);
    result
}

/// Starts every task, and does what signals ask for.
async fn serve(
    source: Source,
    config: Config,
    found: &Found,
    parts: Prepared,
) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(|e| Failure::Runtime(e.into()))?;
    let (stop, shutdown) = watch::channel(false);
    let mut supervisor = Supervisor::new(shutdown);
    let reached = reached(&parts.listeners, &parts.door);
    // Dropping its subscriptions would close the sockets.
    let parts = start(&config, found.specs, parts, &mut supervisor).map_err(Failure::Runtime)?;
    let specs = found.state.clone();
    tracing::info!(
        message_id = events::READY,
        "nlmon {} ready: {reached}, live log on {}",
        env!("CARGO_PKG_VERSION"),
        config.log.socket.display()
    );
    notify(&[NotifyState::Ready]);
    let mut reloader = Reloader { source, running: config, specs, parts };
    let result = loop {
        tokio::select! {
            wish = signals.next() => match wish {
                Wish::Reload => reload(&mut reloader).await,
                Wish::End(signal) => {
                    tracing::info!(message_id = events::STOPPING, "{signal}: shutting down");
                    break Ok(());
                }
            },
            end = supervisor.failure() => {
                tracing::error!(
                    message_id = events::FATAL,
                    nlmon_task = end.name(),
                    "{end}: the daemon cannot go on"
                );
                break Err(Failure::Runtime(end.into()));
            }
        }
    };
    notify(&[NotifyState::Stopping]);
    stop.send_replace(true);
    supervisor.stop(SHUTDOWN_TIME).await;
    result
}

/// Where the metrics are, by each listener.
fn reached(listeners: &[Listener], door: &Door) -> String {
    let scheme = if door.is_tls() { "https" } else { "http" };
    let place = |listener: &Listener| match listener.address() {
        Address::Tcp(address) => format!("{scheme}://{address}/metrics"),
        other => other.to_string(),
    };
    listeners.iter().map(place).collect::<Vec<_>>().join(", ")
}

/// Reads the configuration again, which systemd is told of.
async fn reload(reloader: &mut Reloader) {
    notify_reloading();
    reloader.reload().await;
    notify(&[NotifyState::Ready]);
}

/// Which families specs describe.
fn say_found(found: &Found) {
    if !found.described.is_empty() {
        tracing::info!("families by their specs: {}", found.described.join(", "));
    }
    if !found.known.is_empty() {
        tracing::info!("specs of families with tables, which win: {}", found.known.join(", "));
    }
}

/// What is set up before any task.
struct Prepared {
    probes: Option<Probes>,
    state: ProbeState,
    server: Server,
    listeners: Vec<Listener>,
    door: Door,
}

/// Starts every task. The probes stay attached as long as the task that owns them runs.
fn start(
    config: &Config,
    specs: Specs,
    parts: Prepared,
    supervisor: &mut Supervisor,
) -> anyhow::Result<Parts> {
    let Prepared { mut probes, state, server, listeners, door } = parts;
    let bus = bus(config, specs, probes.is_some());
    let (sender, events) = mpsc::channel(EVENTS_QUEUE);
    let (subscriptions, keeper) = Subscriptions::new(subscribe_settings(config)?, sender)?;
    let samples = probes.as_mut().and_then(|probes| probes.samples.take());
    let health = health::health(state, samples.as_ref(), &subscriptions, supervisor);
    let reloads = Reloads::new();
    let (records_file, file) = RecordsFile::new(&bus, wanted_file(config, specs)?);
    let findings = Arc::new(Findings::new(config.findings.thresholds()));
    let join_settings = Pipeline::join_settings(probes.is_some(), &probe_options(config));
    let (ledger, kept, keeper) = ledger(config, &bus, keeper)?;
    let totals = health::totals(&health, &reloads, file.counts(), &findings, kept.clone());
    let metrics = metrics(config, probes.as_mut(), &bus, totals)?;
    let families = FamilyKeeper::new(specs, &metrics);
    let keeper = told_of_changes(keeper, probes.as_ref(), &families);
    let execs = probes.as_mut().and_then(|probes| probes.execs.take());
    let (sampling, configured) = watch::channel(probes::sampling(config));
    let holdings = probes.as_mut().and_then(|probes| probes.holdings.take());
    let pipeline = Pipeline {
        joiner: Joiner::new(&join_settings),
        interfaces: KnownInterfaces::new(&join_settings),
        sampler: Sampler::new(probes::thinning(config), configured, join_settings),
        origins: execs.map_or_else(Origins::default, probes::origins),
        show_secrets: config.capture_secrets,
        families: families.known(),
        unknown_family: families.unknown(),
        samples: None,
        events,
        metrics: Arc::clone(&metrics),
        bus: Arc::clone(&bus),
        offsets: Offsets::default(),
        pulse: systemd::pulse(health.pipeline.clone()),
        progress: Arc::clone(&health.progress),
    };
    run_pipeline(pipeline, samples, probes, &health, supervisor);
    keep_ledger(ledger, keeper, supervisor);
    let scanner = Arc::new(probes::scanner(holdings));
    let talkers = TalkerBoard::new(&bus);
    let source = source((&metrics, &health, &findings), kept.clone(), (&scanner, &talkers));
    serve_log(server, &bus, source.clone(), supervisor);
    write_file(records_file, supervisor);
    watch_readiness(&health, supervisor);
    let page = config.http.live.then(|| (Arc::clone(&bus), source));
    let connections = watch::Sender::new(config.http.connections);
    let looks = periodic::looks(&metrics, &health, &findings, (kept, talkers));
    let (metrics_of, most) = (Arc::clone(&metrics), connections.subscribe());
    serve_http((listeners, door), metrics_of, health, page, most, supervisor);
    let sockets_interval = watch::Sender::new(sockets_interval(config));
    maintain(sockets_interval.subscribe(), families.clone(), scanner, looks, supervisor);
    Ok(Parts {
        bus,
        families,
        file,
        findings,
        subscriptions,
        connections,
        sockets_interval,
        sampling,
        reloads,
    })
}

/// The log, which says what it has records of.
fn bus(config: &Config, specs: Specs, has_probes: bool) -> Arc<Bus> {
    let bus = Bus::with_specs(config.log.limits(), specs);
    if !has_probes {
        bus.without_probes();
    }
    bus.set_sample_every(config.probe.sample_every);
    bus
}

/// The subscriptions, which look again when the probes tell that there may be something new. Without
/// the one of sockets that come, their count stands still, and the subscriptions look all the time.
fn told_of_changes(keeper: Keeper, probes: Option<&Probes>, families: &FamilyKeeper) -> Keeper {
    let tells =
        |probes: &&Probes| probes.attached.iter().any(|attached| attached.probe == Probe::Bind);
    match probes.filter(tells).map(|probes| probes.sockets.clone()) {
        Some(sockets) => keeper.with_changes(changes(sockets, families.asked())),
        None => keeper,
    }
}

/// Starts the pipeline, with what it reads samples of.
fn run_pipeline(
    pipeline: Pipeline,
    samples: Option<Samples>,
    mut probes: Option<Probes>,
    health: &Health,
    supervisor: &mut Supervisor,
) {
    forward_warnings(probes.as_mut(), supervisor);
    let shutdown = supervisor.shutdown();
    supervisor.fatal_thread("pipeline", health.pipeline.clone(), || async move {
        pipeline.run(samples, shutdown).await?;
        // Last, so that the probes see what happens until the end.
        drop(probes);
        Ok(())
    });
}

/// Starts the server of the log's socket.
fn serve_log(server: Server, bus: &Arc<Bus>, stats: StatsSource, supervisor: &mut Supervisor) {
    let log = server.serve(Arc::clone(bus), stats, supervisor.shutdown());
    supervisor.fatal("log", async { Ok(log.await?) });
}

/// Starts the HTTP server.
fn serve_http(
    (listeners, door): (Vec<Listener>, Door),
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    page: Option<(Arc<Bus>, StatsSource)>,
    most: watch::Receiver<usize>,
    supervisor: &mut Supervisor,
) {
    let http = http::serve(listeners, door, metrics, health, page, most, supervisor.shutdown());
    supervisor.fatal("http", async { Ok(http.await?) });
}

/// Starts the task that says when the daemon ceases to be ready.
fn watch_readiness(health: &Arc<Health>, supervisor: &mut Supervisor) {
    let (health, shutdown) = (Arc::clone(health), supervisor.shutdown());
    let watch = move || readiness::watch(Arc::clone(&health), shutdown.clone());
    supervisor.restarting("readiness", watch);
}

/// Passes on what the programs warn of.
fn forward_warnings(probes: Option<&mut Probes>, supervisor: &mut Supervisor) {
    if let Some(warnings) = probes.and_then(|probes| probes.warnings.take()) {
        let shutdown = supervisor.shutdown();
        supervisor.restarting("probe-warnings", move || warnings.clone().forward(shutdown.clone()));
    }
}

/// Starts the task that writes records to a file. Its first run has its place in the log from now on,
/// so that it lacks nothing that comes before it begins.
fn write_file(file: RecordsFile, supervisor: &mut Supervisor) {
    let (mut first, shutdown) = (file.cursor(), supervisor.shutdown());
    supervisor.restarting("file", move || file.clone().run(first.take(), shutdown.clone()));
}

/// The ledger's task if one is wanted, and the subscriptions, whose namespaces are listed for it.
fn ledger(
    config: &Config,
    bus: &Arc<Bus>,
    keeper: Keeper,
) -> anyhow::Result<(Option<LedgerTask>, Option<Arc<KeptLedger>>, Keeper)> {
    let Some(limits) = config.ledger()? else { return Ok((None, None, keeper)) };
    let (sender, listings) = mpsc::channel(LISTS_QUEUE);
    let lists = Lists::new(sender);
    let keeper = keeper.with_lists(lists.clone());
    let task = LedgerTask::new(bus, limits, (lists, listings));
    let kept = Some(task.kept());
    Ok((Some(task), kept, keeper))
}

/// Starts the task that feeds the ledger, with its place in the log from now on, and then the
/// subscriptions, which bring lists for it.
fn keep_ledger(ledger: Option<LedgerTask>, keeper: Keeper, supervisor: &mut Supervisor) {
    if let Some(ledger) = ledger {
        let (mut first, shutdown) = (Some(ledger.cursor()), supervisor.shutdown());
        supervisor.restarting("ledger", move || ledger.clone().run(first.take(), shutdown.clone()));
    }
    supervisor.fatal("subscriptions", keeper.run(supervisor.shutdown()));
}

/// What is to be written to a file. Types in its filter may have names by these specs.
fn wanted_file(config: &Config, specs: Specs) -> anyhow::Result<file::Wanted> {
    let Some(settings) = config.file()? else { return Ok(None) };
    let matcher = settings.filter.compile(specs).context("file.filter")?;
    Ok(Some((settings, Arc::new(matcher))))
}

/// What tells the subscriptions that there may be something new.
fn changes(sockets: SocketChanges, families: Arc<AtomicU64>) -> impl Fn() -> Changed {
    move || Changed { sockets: sockets.count(), families: families.load(Ordering::Relaxed) }
}

/// The metrics of these probes.
fn metrics(
    config: &Config,
    probes: Option<&mut Probes>,
    bus: &Arc<Bus>,
    totals: impl Fn() -> DaemonTotals + Send + Sync + 'static,
) -> anyhow::Result<Arc<Metrics>> {
    let log_totals = {
        let bus = Arc::clone(bus);
        let has_probes = probes.is_some();
        move || LogTotals {
            clients: bus.clients() as u64,
            dropped: bus.dropped(),
            sample_every: has_probes.then(|| bus.sample_every()),
        }
    };
    let (attached, counters) = match probes {
        Some(probes) => (probes.attached.clone(), probes.counters.take()),
        None => (Vec::new(), None),
    };
    let wanted = Probe::wanted(config.probe.deliveries).collect();
    let metrics = Metrics::new(counters, attached, wanted, config.metrics.netns, log_totals)?;
    Ok(Arc::new(metrics.with_daemon(totals)))
}

/// Starts the tasks that run now and then.
fn maintain(
    sockets_interval: watch::Receiver<Option<Duration>>,
    families: FamilyKeeper,
    scanner: Arc<Scanner>,
    looks: Looks,
    supervisor: &mut Supervisor,
) {
    let metrics = Arc::clone(&looks.metrics);
    let shutdown = supervisor.shutdown();
    supervisor.restarting("families", move || families.clone().run(shutdown.clone()));
    if sockets_interval.borrow().is_some() {
        // The first scan is what drops are counted from, so it comes before anybody is told that
        // the daemon is ready.
        periodic::scan(&scanner, &metrics, true);
    }
    let shutdown = supervisor.shutdown();
    let scan = move || {
        let (scanner, metrics) = (Arc::clone(&scanner), Arc::clone(&metrics));
        periodic::scan_sockets(sockets_interval.clone(), scanner, metrics, shutdown.clone())
    };
    supervisor.restarting("sockets", scan);
    let shutdown = supervisor.shutdown();
    supervisor.restarting("fold", move || periodic::fold(looks.clone(), shutdown.clone()));
}

/// The metrics, whether all is well, what is not, and the ledger, as the log's socket tells them.
/// Their keys are strings, so making text of them cannot fail.
fn source(
    (metrics, health, findings): (&Arc<Metrics>, &Arc<Health>, &Arc<Findings>),
    ledger: Option<Arc<KeptLedger>>,
    (scanner, talkers): (&Arc<Scanner>, &Arc<TalkerBoard>),
) -> StatsSource {
    let losses = losses(scanner, metrics);
    let (metrics, health) = (Arc::clone(metrics), Arc::clone(health));
    let findings = Arc::clone(findings);
    let numbers = move |names: &[String]| {
        serde_json::to_string(&metrics.snapshot(monotonic_ns(), names)).unwrap_or_default()
    };
    let report = move || serde_json::to_string(&health.report()).unwrap_or_default();
    let wrong = move || serde_json::to_string(&findings.told()).unwrap_or_default();
    let source = StatsSource::new(numbers).with_health(report).with_findings(wrong);
    source.with_ledger(ledger).with_losses(losses).with_talkers(Arc::clone(talkers))
}

/// What was lost at sockets, as the log's socket asks for it.
fn losses(
    scanner: &Arc<Scanner>,
    metrics: &Arc<Metrics>,
) -> impl Fn() -> LossState + Send + Sync + 'static {
    let (scanner, metrics) = (Arc::clone(scanner), Arc::clone(metrics));
    move || periodic::losses(&scanner, &metrics)
}

fn subscribe_settings(config: &Config) -> Result<SubscribeSettings, crate::config::Error> {
    let subscription = |(protocol, groups): (u8, Groups)| {
        let hold =
            if config.subscribe.pin_modules { Hold::Always } else { Hold::for_protocol(protocol) };
        let Groups { numbers, named } = groups;
        (protocol, Subscription { groups: numbers, named, hold })
    };
    Ok(SubscribeSettings {
        reach: config.reach()?,
        subscriptions: config.groups()?.into_iter().map(subscription).collect(),
        receive_buffer_bytes: config.subscribe.receive_buffer,
        look_interval: LOOK_INTERVAL,
    })
}

fn sockets_interval(config: &Config) -> Option<Duration> {
    let seconds = config.sockets.interval_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}
