//! Where the daemon's own log lines go, and which of them: to the journal with their fields, or as
//! lines of text or JSON. `lines` writes those. Lines of crates that use `log` come too.
//!
//! The only user of what makes a log of `tracing`'s events.

mod lines;

use std::{
    os::unix::fs::MetadataExt as _,
    sync::{OnceLock, PoisonError, RwLock},
};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_journald::{Priority, PriorityMappings};
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::{Registry, filter::Targets, layer::SubscriberExt as _, reload};

use self::lines::{Form, Lines};
use crate::{
    config::{LogFormat, LogLevel},
    supervisor::panics,
};

/// A filter by module, which wins over the configured level.
const FILTER: &str = "NLMON_LOG";

/// What changes the filter.
static CURRENT: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// What is said once there is somewhere to say it.
static LATER: RwLock<Option<String>> = RwLock::new(None);

/// From here on there is a log. A panic is a line in it, too.
pub fn init_log(level: LogLevel, format: LogFormat) {
    let (filter, handle) = reload::Layer::new(targets(level));
    let registry = tracing_subscriber::registry().with(filter);
    // Fails only if there is a log already.
    let made = match output(format) {
        Output::Journal(journal) => start(registry.with(journal)),
        Output::Lines(form) => start(registry.with(Lines(form))),
    };
    made.unwrap_or_else(|error| eprintln!("nlmon: {error}"));
    // It is set once.
    let _is_first = CURRENT.set(handle);
    follow_filter();
    panics::install_hook();
    let said = LATER.write().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(said) = said {
        tracing::warn!("{said}");
    }
}

fn start(subscriber: impl Subscriber + Send + Sync) -> Result<(), String> {
    tracing::subscriber::set_global_default(subscriber).map_err(|error| error.to_string())?;
    LogTracer::init().map_err(|error| error.to_string())
}

/// From now on, lines of this level and above. Says whether it decides: `NLMON_LOG` does, if it is
/// there.
pub(super) fn set_level(level: LogLevel) -> bool {
    if let Some(current) = CURRENT.get() {
        // Fails only if the log is gone.
        current.reload(targets(level)).unwrap_or_else(|error| eprintln!("nlmon: {error}"));
        follow_filter();
    }
    std::env::var_os(FILTER).is_none()
}

/// What is of no interest to the filter need not be made by users of `log` either.
fn follow_filter() {
    log::set_max_level(LevelFilter::current().as_log());
}

fn targets(level: LogLevel) -> Targets {
    let of_level = || level.name().parse().unwrap_or_default();
    let Ok(filter) = std::env::var(FILTER) else { return of_level() };
    filter.parse().unwrap_or_else(|error| {
        eprintln!("nlmon: {FILTER}: {error}: it is like info,nlmon::http=debug");
        of_level()
    })
}

/// Where lines go.
enum Output {
    Journal(tracing_journald::Layer),
    Lines(Form),
}

fn output(format: LogFormat) -> Output {
    let is_journal = || std::env::var("JOURNAL_STREAM").is_ok_and(|stream| is_stderr(&stream));
    let text = || Output::Lines(if is_journal() { Form::Stream } else { Form::Text });
    match format {
        LogFormat::Text => text(),
        LogFormat::Json => Output::Lines(Form::Json),
        LogFormat::Auto if !is_journal() => text(),
        LogFormat::Auto | LogFormat::Journald => match tracing_journald::layer() {
            Ok(journal) => Output::Journal(with_priorities(journal)),
            Err(error) => {
                let said = format!("the journal takes no entries ({error}): lines of text instead");
                *LATER.write().unwrap_or_else(PoisonError::into_inner) = Some(said);
                text()
            }
        },
    }
}

/// The priorities of syslog. Fields have their own names.
fn with_priorities(journal: tracing_journald::Layer) -> tracing_journald::Layer {
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    journal
        .with_priority_mappings(priorities)
        .with_field_prefix(None)
        .with_syslog_identifier("nlmon".to_owned())
}

/// Whether this names standard error, as systemd does it: device and inode.
fn is_stderr(stream: &str) -> bool {
    let Some((device, inode)) = stream.split_once(':') else { return false };
    let numbers = device.parse::<u64>().ok().zip(inode.parse::<u64>().ok());
    let found = std::fs::metadata("/proc/self/fd/2").map(|found| (found.dev(), found.ino()));
    numbers.is_some_and(|numbers| found.is_ok_and(|found| found == numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_error_is_known_by_device_and_inode() {
        let found = std::fs::metadata("/proc/self/fd/2").unwrap();
        assert!(is_stderr(&format!("{}:{}", found.dev(), found.ino())));
        for other in [format!("{}:{}", found.dev(), found.ino() + 1), "8".into(), "a:b".into()] {
            assert!(!is_stderr(&other), "{other}");
        }
    }
}
