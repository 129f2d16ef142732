//! Where the daemon's own log lines go.

use std::io::Write as _;

use crate::supervisor::panics;

/// Log lines go to standard error; under systemd with their priority, without the time, which the
/// journal has. A panic is a line too.
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
    panics::install_hook();
}
