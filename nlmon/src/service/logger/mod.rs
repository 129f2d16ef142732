//! Where the daemon's own log lines go, and which of them.

use std::{
    io::Write as _,
    sync::{PoisonError, RwLock},
};

use env_logger::{Builder, Env, Logger};
use log::{Log, Metadata, Record};

use crate::{config::LogLevel, supervisor::panics};

/// A filter by module, which wins over the configured level.
const FILTER: &str = "NLMON_LOG";

/// The one that there is, as a level may come that asks for another.
static CURRENT: RwLock<Option<Logger>> = RwLock::new(None);

/// Log lines go to standard error; under systemd with their priority, without the time, which the
/// journal has. A panic is a line too.
pub fn init_log(level: LogLevel) {
    set_level(level);
    // Fails only if there is a logger already.
    log::set_logger(&Current).unwrap_or_else(|error| eprintln!("nlmon: {error}"));
    panics::install_hook();
}

/// From now on, lines of this level and above. Says whether it decides: `NLMON_LOG` does, if it is
/// there.
pub(super) fn set_level(level: LogLevel) -> bool {
    let logger = logger(level);
    log::set_max_level(logger.filter());
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(logger);
    std::env::var_os(FILTER).is_none()
}

fn logger(level: LogLevel) -> Logger {
    let mut builder = Builder::from_env(Env::default().filter_or(FILTER, level.name()));
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
    builder.build()
}

struct Current;

impl Log for Current {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        with(|logger| logger.enabled(metadata)).unwrap_or_default()
    }

    fn log(&self, record: &Record<'_>) {
        with(|logger| logger.log(record)).unwrap_or_default();
    }

    fn flush(&self) {
        with(Log::flush).unwrap_or_default();
    }
}

fn with<T>(work: impl FnOnce(&Logger) -> T) -> Option<T> {
    CURRENT.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(work)
}
