//! `nlmon run`: the daemon, in the foreground.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context as _;

use crate::{commands::Failure, config::Config, probe::Attach, service, spec_files};

/// How long threads may take to end, once every task was told to.
const END_TIME: Duration = Duration::from_secs(1);

/// Arguments of `nlmon run`. Every one but `--config` stands for a key of the configuration file,
/// which it overrides.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag, which is there or is not")]
pub struct Args {
    /// Configuration file [default: /etc/nlmon/nlmon.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port of the HTTP server (`http.listen`)
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Connections of the HTTP server at one time (`http.connections`)
    #[arg(long, value_name = "N")]
    http_connections: Option<usize>,
    /// Serve the live log as a page, to whoever reaches that address (`http.live`)
    #[arg(long)]
    http_live: bool,
    /// Unix socket of the live log (`log.socket`)
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Clients of the live log at one time (`log.clients`)
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// Records that wait for one client (`log.queue`)
    #[arg(long, value_name = "N")]
    queue: Option<usize>,
    /// Most memory of those (`log.queue_bytes`)
    #[arg(long, value_name = "BYTES")]
    queue_bytes: Option<usize>,
    /// Records kept for clients to come, 0 for none (`log.history`)
    #[arg(long, value_name = "N")]
    history: Option<usize>,
    /// Most memory of those (`log.history_bytes`)
    #[arg(long, value_name = "BYTES")]
    history_bytes: Option<usize>,
    /// YAML spec of a generic family, or a directory of some, instead of the configured ones
    /// (`log.specs`)
    #[arg(long, value_name = "PATH")]
    specs: Vec<PathBuf>,
    /// Give the counts of messages a label for the network namespace (`metrics.netns`)
    #[arg(long)]
    metrics_netns: bool,
    /// Which hooks to use (`probe.attach`)
    #[arg(long)]
    attach: Option<Attach>,
    /// Do not run without probes: exit with code 2 (`probe.require`)
    #[arg(long)]
    require_probes: bool,
    /// Let the probes outlive the daemon, and take over those of an earlier one (`probe.pin`)
    #[arg(long)]
    pin: bool,
    /// Sample one datagram in N, 0 for none (`probe.sample_every`)
    #[arg(long, value_name = "N")]
    sample_every: Option<u32>,
    /// Protocols to sample, instead of all (`probe.sample_protocols`)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    sample_protocols: Vec<String>,
    /// Samples per second and processor, 0 for no cap (`probe.sample_rate`)
    #[arg(long, value_name = "N")]
    sample_rate: Option<u32>,
    /// Payload bytes of a sample (`probe.snap_length`)
    #[arg(long, value_name = "BYTES")]
    snap_length: Option<u16>,
    /// Size of the ring of samples (`probe.ring_bytes`)
    #[arg(long, value_name = "BYTES")]
    ring_bytes: Option<u32>,
    /// Scan at all netlink sockets this often, 0 for never (`sockets.interval_seconds`)
    #[arg(long, value_name = "SECONDS")]
    sockets_interval: Option<u32>,
    /// Receive buffer of the multicast sockets (`subscribe.receive_buffer`)
    #[arg(long, value_name = "BYTES")]
    receive_buffer: Option<usize>,
    /// Listen to protocols of modules even when nobody else does (`subscribe.pin_modules`)
    #[arg(long)]
    pin_modules: bool,
    /// Groups to listen to, instead of the configured ones (`subscribe.groups`)
    #[arg(long, value_name = "PROTOCOL:GROUP,...", value_parser = parse_groups)]
    subscribe: Vec<(String, Vec<crate::config::Group>)>,
    /// Network namespaces to listen in: self, all, or names (`subscribe.netns`)
    #[arg(long, value_name = "NAME,...", value_parser = parse_netns)]
    netns: Option<crate::config::Netns>,
    /// Let payloads that may carry keys into the samples (`capture_secrets`)
    #[arg(long)]
    capture_secrets: bool,
}

/// Runs the daemon until a signal ends it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let config = args.config().map_err(|error| Failure::Usage(error.into()))?;
    let found = spec_files::read(&config.log.specs).map_err(|e| Failure::Usage(e.into()))?;
    service::init_log();
    use_little_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("nlmon")
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .map_err(Failure::Runtime)?;
    let result = runtime.block_on(service::run(config, &found));
    // A thread that hangs in a system call must not keep the process.
    runtime.shutdown_timeout(END_TIME);
    result
}

/// Bytes at the end of the heap that the allocator keeps when they are free. It would give 128 KiB
/// back, and what the daemon does every few seconds takes more than that each time.
#[cfg(target_env = "gnu")]
const HEAP_KEPT: i32 = 1 << 20;

/// Sets what decides how much more memory than it needs the daemon takes. To be called before there
/// are other threads.
fn use_little_memory() {
    // A huge page is taken whole for the first byte that is used of it. The daemon's memory is small,
    // and lies in many places.
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        log::debug!("huge pages may be used: {error}");
    }
    // One arena for all threads, because records are made in one and freed in another. Memory that a
    // storm took would stay in the arena of its thread. No thread but the pipeline's allocates much.
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [(libc::M_ARENA_MAX, 1), (libc::M_TRIM_THRESHOLD, HEAP_KEPT)] {
        // SAFETY: it takes two numbers, and there is no other thread that allocates.
        if unsafe { libc::mallopt(parameter, value) } == 0 {
            log::debug!("the allocator does not take {value} for its parameter {parameter}");
        }
    }
}

impl Args {
    /// The file's configuration with the flags on top.
    fn config(&self) -> Result<Config, crate::config::Error> {
        let mut config = Config::read(self.config.as_deref())?;
        set(&mut config.http.listen, self.listen);
        set(&mut config.http.connections, self.http_connections);
        set(&mut config.log.socket, self.socket.clone());
        set(&mut config.log.clients, self.clients);
        set(&mut config.log.queue, self.queue);
        set(&mut config.log.queue_bytes, self.queue_bytes);
        set(&mut config.log.history, self.history);
        set(&mut config.log.history_bytes, self.history_bytes);
        set(&mut config.probe.attach, self.attach);
        set(&mut config.probe.sample_every, self.sample_every);
        set(&mut config.probe.sample_rate, self.sample_rate);
        set(&mut config.probe.snap_length, self.snap_length);
        set(&mut config.probe.ring_bytes, self.ring_bytes);
        set(&mut config.sockets.interval_seconds, self.sockets_interval);
        set(&mut config.subscribe.receive_buffer, self.receive_buffer);
        set(&mut config.subscribe.netns, self.netns.clone());
        if !self.sample_protocols.is_empty() {
            config.probe.sample_protocols.clone_from(&self.sample_protocols);
        }
        if !self.specs.is_empty() {
            config.log.specs.clone_from(&self.specs);
        }
        if !self.subscribe.is_empty() {
            config.subscribe.groups = self.subscribe.iter().cloned().collect();
        }
        config.http.live |= self.http_live;
        config.metrics.netns |= self.metrics_netns;
        config.probe.require |= self.require_probes;
        config.probe.pin |= self.pin;
        config.subscribe.pin_modules |= self.pin_modules;
        config.capture_secrets |= self.capture_secrets;
        config.check()?;
        Ok(config)
    }
}

fn set<T>(value: &mut T, flag: Option<T>) {
    if let Some(flag) = flag {
        *value = flag;
    }
}

/// `self`, `all`, or names; a single name stands for a list of one.
#[expect(clippy::unnecessary_wraps, reason = "what clap asks for")]
fn parse_netns(text: &str) -> Result<crate::config::Netns, String> {
    Ok(match text {
        "self" | "all" => crate::config::Netns::Word(text.to_owned()),
        names => crate::config::Netns::Names(names.split(',').map(str::to_owned).collect()),
    })
}

/// `PROTOCOL:GROUP,GROUP`; whether they exist is checked with the rest of the configuration.
fn parse_groups(text: &str) -> Result<(String, Vec<crate::config::Group>), String> {
    let (protocol, groups) = text.split_once(':').ok_or("expected PROTOCOL:GROUP,...")?;
    let group = |text: &str| match text.parse() {
        Ok(number) => crate::config::Group::Number(number),
        Err(_) => crate::config::Group::Name(text.to_owned()),
    };
    Ok((protocol.to_owned(), groups.split(',').map(group).collect()))
}
