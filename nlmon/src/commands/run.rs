//! `nlmon run`: the daemon, in the foreground.

use std::path::PathBuf;

use crate::{
    commands::{Failure, flags::Flags},
    config::Source,
    http::Door,
    service, spec_files,
};

/// Arguments of `nlmon run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file [default: /etc/nlmon/nlmon.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Runs the daemon until a signal ends it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let source = args.source();
    let config = source.read().map_err(|error| Failure::Usage(error.into()))?;
    let found = spec_files::read(&config.log.specs).map_err(|e| Failure::Usage(e.into()))?;
    service::init_log(config.log_level, config.log_format);
    let door = Door::new(&config.http.web_config, &config.http.bearer_token_file)
        .map_err(|e| Failure::Usage(e.into()))?;
    use_little_memory();
    service::run(source, config, &found, door)
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
        tracing::debug!("huge pages may be used: {error}");
    }
    // One arena for all threads, because records are made in one and freed in another. Memory that a
    // storm took would stay in the arena of its thread. No thread but the pipeline's allocates much.
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [(libc::M_ARENA_MAX, 1), (libc::M_TRIM_THRESHOLD, HEAP_KEPT)] {
        // SAFETY: it takes two numbers, and there is no other thread that allocates.
        if unsafe { libc::mallopt(parameter, value) } == 0 {
            tracing::debug!("the allocator does not take {value} for its parameter {parameter}");
        }
    }
}

impl Args {
    /// Where the configuration comes from.
    fn source(&self) -> Source {
        Source { flags: self.flags.0.clone(), ..Source::new(self.config.clone()) }
    }
}
