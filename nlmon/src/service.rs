//! The daemon as a service: sets everything up, says when it is ready, keeps systemd's watchdog
//! content, and takes it all down again on a signal.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::Context as _;
use sd_notify::NotifyState;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, interval_at, timeout},
};

use nlmon_core::{
    decode::{Families, specs::Specs},
    join::Joiner,
};

use crate::{
    commands::Failure,
    config::{Config, Groups},
    http,
    live::{bus::Bus, server::Server, stats::Source},
    metrics::{LogTotals, Metrics},
    origin::Origins,
    pipeline::Pipeline,
    probe::{self, Execs, Options, Probes, Proof},
    self_test, shutdown,
    sockets::Scan,
    spec_files::Found,
    subscribe::{self, Hold, SubscribeSettings, Subscription, Subscriptions},
};

/// Deliveries that wait for the join; the sockets' own buffers are behind it.
const EVENTS_QUEUE: usize = 4096;

/// How often the daemon looks whether a protocol has come or gone.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// How often counters of ended processes are folded, so that their map does not fill.
const FOLD_INTERVAL: Duration = Duration::from_secs(5);

/// How long the kernel may take to say which generic families it has.
const FAMILIES_TIME: Duration = Duration::from_secs(2);

/// Least time between two such questions: an unknown number may stay unknown.
const FAMILIES_PAUSE: Duration = Duration::from_secs(2);

/// How long the tasks may take to end.
const SHUTDOWN_TIME: Duration = Duration::from_secs(5);

/// Log lines go to standard error; under systemd with their priority, without the time, which the
/// journal has.
pub fn init_log() {
    let mut builder =
        env_logger::Builder::from_env(env_logger::Env::default().filter_or("NLMON_LOG", "info"));
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.format(|out, record| {
            let priority = match record.level() {
                log::Level::Error => 3,
                log::Level::Warn => 4,
                log::Level::Info => 6,
                log::Level::Debug | log::Level::Trace => 7,
            };
            writeln!(out, "<{priority}>{}", record.args())
        });
    }
    // Fails only if there is a logger already.
    builder.try_init().unwrap_or_else(|error| eprintln!("nlmon: {error}"));
}

/// What the configuration means for the probes.
pub fn probe_options(config: &Config) -> Options {
    Options {
        attach: config.probe.attach,
        sample_every: config.probe.sample_every,
        // Checked before; and if not, all is better than nothing.
        sample_protocols: config.sample_protocols().unwrap_or(u32::MAX),
        sample_rate: config.probe.sample_rate,
        snap_length: config.probe.snap_length,
        snap: config.snap(),
        capture_secrets: config.capture_secrets,
        count_netns: config.metrics.netns,
        ring_bytes: config.probe.ring_bytes,
    }
}

/// Runs the daemon until SIGTERM or SIGINT.
pub async fn run(config: Config, found: &Found) -> Result<(), Failure> {
    say_found(found);
    // Sockets first: they fail at once, and loading programs takes a while.
    let server = Server::bind(&config.log.socket).map_err(|e| Failure::Runtime(e.into()))?;
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.http.listen))
        .map_err(Failure::Runtime)?;
    let probes = load_probes(&config)?;
    let (stop, shutdown) = watch::channel(false);
    let mut tasks = JoinSet::new();
    // Dropping it would close the sockets.
    let _subscriptions =
        start(&config, found.specs, probes, server, listener, &mut tasks, &shutdown)
            .map_err(Failure::Runtime)?;
    log::info!(
        "nlmon {} ready: http://{}/metrics, live log on {}",
        env!("CARGO_PKG_VERSION"),
        config.http.listen,
        config.log.socket.display()
    );
    notify(&[NotifyState::Ready]);
    let signal = wait_for_signal().await.map_err(|e| Failure::Runtime(e.into()))?;
    log::info!("{signal}: shutting down");
    notify(&[NotifyState::Stopping]);
    stop.send_replace(true);
    if timeout(SHUTDOWN_TIME, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        log::warn!("some tasks did not end in time");
    }
    Ok(())
}

/// Which families specs describe.
fn say_found(found: &Found) {
    if !found.described.is_empty() {
        log::info!("families by their specs: {}", found.described.join(", "));
    }
    if !found.known.is_empty() {
        log::info!("specs of families with tables, which win: {}", found.known.join(", "));
    }
}

/// The probes, or the reason why the daemon runs without them.
fn load_probes(config: &Config) -> Result<Option<Probes>, Failure> {
    match probe::load(&probe_options(config)) {
        Ok(mut probes) => {
            for attached in &probes.attached {
                let name = attached.probe.name();
                log::info!("probe {name}: {} by {}", attached.symbol, attached.hook);
            }
            for (probe, error) in &probes.missed {
                log::warn!("no probe {}, its counters stay at zero: {error}", probe.name());
            }
            if let Err(error) = &probes.exits {
                log::warn!("calls of threads that have ended may stay open: {error}");
            }
            self_test(&mut probes);
            Ok(Some(probes))
        }
        Err(error) if config.probe.require => Err(Failure::System(error.into())),
        Err(error) => {
            log::warn!(
                "running without probes, on the subscriptions alone: {:#}",
                anyhow::Error::from(error)
            );
            Ok(None)
        }
    }
}

/// Where senders belong, with what their processes were seen to execute if that is to be had.
fn origins(execs: Result<Execs, probe::Error>) -> Origins {
    match execs {
        Ok(execs) => Origins::new(Box::new(move |pid, comm| execs.path(pid, comm))),
        Err(error) => {
            log::warn!("no executables of processes that end at once: {error}");
            Origins::default()
        }
    }
}

/// Takes a probe off the list that is attached and does not fire: its counters say nothing.
fn self_test(probes: &mut Probes) {
    let shown = match self_test::run(probes) {
        Ok(shown) => shown,
        Err(error) => return log::warn!("the probes' self-test did not work: {error:#}"),
    };
    for (probe, proof) in shown {
        match proof {
            Proof::Fires | Proof::Untested => {}
            Proof::MissesReturns => {
                log::warn!("probe {} misses returns: results are not complete", probe.name());
            }
            Proof::Silent => {
                log::error!("probe {} is attached and does not fire", probe.name());
                probes.attached.retain(|attached| attached.probe != probe);
            }
        }
    }
}

/// Starts every task. The probes stay attached as long as the task that owns them runs.
fn start(
    config: &Config,
    specs: Specs,
    mut probes: Option<Probes>,
    server: Server,
    listener: TcpListener,
    tasks: &mut JoinSet<()>,
    shutdown: &watch::Receiver<bool>,
) -> anyhow::Result<Subscriptions> {
    let bus = Bus::with_specs(config.log.limits(), specs);
    let log_totals = {
        let bus = Arc::clone(&bus);
        move || LogTotals { clients: bus.clients() as u64, dropped: bus.dropped() }
    };
    let attached = probes.as_ref().map(|probes| probes.attached.clone()).unwrap_or_default();
    let counters = probes.as_mut().and_then(|probes| probes.counters.take());
    let metrics = Arc::new(Metrics::new(counters, attached, config.metrics.netns, log_totals)?);

    let (sender, events) = mpsc::channel(EVENTS_QUEUE);
    let subscriptions = Subscriptions::start(subscribe_settings(config)?, sender)?;
    let samples = probes.as_mut().and_then(|probes| probes.samples.take());
    let samples = samples.map(probe::Samples::wait).transpose().context("cannot watch the ring")?;
    if let Some(warnings) = probes.as_mut().and_then(|probes| probes.warnings.take()) {
        tokio::spawn(warnings.forward());
    }
    let unknown_family = Arc::new(Notify::new());
    let (known, families) = watch::channel(Arc::new(read_families(specs).unwrap_or_default()));
    let joiner = Joiner::new(&Pipeline::join_settings(probes.is_some(), config.snap()));
    let pipeline = Pipeline {
        joiner,
        origins: probes
            .as_mut()
            .and_then(|probes| probes.execs.take())
            .map_or_else(Origins::default, origins),
        show_secrets: config.capture_secrets,
        families,
        unknown_family: Arc::clone(&unknown_family),
        samples,
        events,
        metrics: Arc::clone(&metrics),
        bus: Arc::clone(&bus),
    };

    let told = shutdown.clone();
    tasks.spawn(async move {
        pipeline.run(told).await;
        // Last, so that the probes see what happens until the end.
        drop(probes);
    });
    let page = config.http.live.then(|| Arc::clone(&bus));
    tasks.spawn(server.serve(bus, stats(&metrics), shutdown.clone()));
    metrics.name_families(&known.borrow());
    let metrics_of = Arc::clone(&metrics);
    tasks.spawn(keep_families(known, specs, unknown_family, metrics_of, shutdown.clone()));
    tasks.spawn(serve_http(listener, Arc::clone(&metrics), page, shutdown.clone()));
    if let Some(period) = sockets_interval(config) {
        // The first look is what drops are counted from, so it comes before anybody is told that
        // the daemon is ready.
        look_at_sockets(&metrics, true);
        tasks.spawn(watch_sockets(period, Arc::clone(&metrics), shutdown.clone()));
    }
    tasks.spawn(fold(metrics, shutdown.clone()));
    tasks.spawn(watchdog(shutdown.clone()));
    Ok(subscriptions)
}

/// The metrics as the log's socket tells them.
fn stats(metrics: &Arc<Metrics>) -> Source {
    let metrics = Arc::clone(metrics);
    Source::new(move |names| {
        let snapshot = metrics.snapshot(subscribe::monotonic_ns(), names);
        // Its keys are strings, so this cannot fail.
        serde_json::to_string(&snapshot).unwrap_or_default()
    })
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

/// The generic families of the running kernel; `None` if it did not answer, which is said.
fn read_families(specs: Specs) -> Option<Families> {
    match subscribe::families(FAMILIES_TIME) {
        Ok(answers) => Some(Families::parse(&answers).with_specs(specs)),
        Err(error) => {
            let cause = anyhow::Error::from(error);
            log::warn!("new families of generic netlink stay numbers: {cause:#}");
            None
        }
    }
}

/// Asks again when the pipeline has met a family that is unknown, or was told of a change. Modules
/// bring families and take them away.
async fn keep_families(
    known: watch::Sender<Arc<Families>>,
    specs: Specs,
    unknown: Arc<Notify>,
    metrics: Arc<Metrics>,
    mut shutdown: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = unknown.notified() => {}
            _changed = shutdown.changed() => return,
        }
        let metrics = Arc::clone(&metrics);
        let scan = move || {
            let families = Arc::new(read_families(specs)?);
            // A scrape may hold them up, as long as it takes.
            metrics.name_families(&families);
            Some(families)
        };
        match tokio::task::spawn_blocking(scan).await {
            Ok(Some(families)) => drop(known.send_replace(families)),
            // Said already: what was known stays.
            Ok(None) => {}
            Err(error) => log::warn!("cannot ask for generic netlink families: {error}"),
        }
        tokio::select! {
            () = tokio::time::sleep(FAMILIES_PAUSE) => {}
            _changed = shutdown.changed() => return,
        }
    }
}

async fn serve_http(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    page: Option<Arc<Bus>>,
    shutdown: watch::Receiver<bool>,
) {
    if let Err(error) = http::serve(listener, metrics, page, shutdown).await {
        log::error!("the HTTP server ended: {error}");
    }
}

async fn fold(metrics: Arc<Metrics>, mut shutdown: watch::Receiver<bool>) {
    let mut ticks = interval(FOLD_INTERVAL);
    let mut stopped = std::pin::pin!(shutdown::requested(&mut shutdown));
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _tick = ticks.tick() => {
                let metrics = Arc::clone(&metrics);
                if let Err(error) = tokio::task::spawn_blocking(move || metrics.fold()).await {
                    log::error!("folding counters failed: {error}");
                }
            }
        }
    }
}

fn sockets_interval(config: &Config) -> Option<Duration> {
    let seconds = config.sockets.interval_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

/// Looks at all sockets of the host now and then, never because of a scrape.
async fn watch_sockets(
    period: Duration,
    metrics: Arc<Metrics>,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = std::pin::pin!(shutdown::requested(&mut shutdown));
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _tick = ticks.tick() => {
                let metrics = Arc::clone(&metrics);
                let scan = move || look_at_sockets(&metrics, false);
                if let Err(error) = tokio::task::spawn_blocking(scan).await {
                    log::error!("looking at the sockets failed: {error}");
                }
            }
        }
    }
}

/// What cannot be seen is said at the first look, and not again.
fn look_at_sockets(metrics: &Metrics, first: bool) {
    match Scan::take() {
        Ok(scan) => {
            let gaps = scan.gaps.to_string();
            if first && !gaps.is_empty() {
                log::info!("socket statistics: {gaps}");
            }
            metrics.sockets(&scan);
        }
        Err(error) => log::warn!("{:#}", anyhow::Error::from(error)),
    }
}

/// Tells systemd that the runtime is alive, at half the time that it waits.
async fn watchdog(mut shutdown: watch::Receiver<bool>) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut ticks = interval(period / 2);
    let mut stopped = std::pin::pin!(shutdown::requested(&mut shutdown));
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _tick = ticks.tick() => notify(&[NotifyState::Watchdog]),
        }
    }
}

async fn wait_for_signal() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _received = terminate.recv() => "SIGTERM",
        _received = interrupt.recv() => "SIGINT",
    })
}

/// Outside systemd there is nobody to tell.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::warn!("cannot notify systemd: {error}");
    }
}
