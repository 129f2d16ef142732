//! The kinds of events of the daemon's own log that somebody may look up: the `message_id` of a line.
//! journald keeps it as `MESSAGE_ID`, and `journalctl -x` shows what `deploy/systemd/nlmon.catalog`
//! says of it. `nlmon/tests/events.rs` holds the three together.
//!
//! Invariant: an id never gets another meaning, and each is used in one place.

macro_rules! events {
    ($($(#[$doc:meta])+ $name:ident = $id:literal;)+) => {
        $($(#[$doc])+ pub const $name: &str = $id;)+
        /// All of them, by their names.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $id)),+];
    };
}

events! {
    /// The daemon does its work.
    READY = "db272da4c51cda8f98dd8cd4d6a5c272";
    /// What the daemon may still do, once its probes are attached.
    RIGHTS = "a099c1e12b7a49c587ae8b0044287680";
    /// The daemon does not do all of its work: the reasons of `/readyz`.
    NOT_READY = "13d7eff03d966dfbc247858887af60e7";
    /// It does again.
    READY_AGAIN = "25248c02f4e6eae820d830d38790c3a1";
    /// A signal ends the daemon.
    STOPPING = "d54467982701251facd69d4bbefe7e32";
    /// A task has ended that the daemon cannot do without.
    FATAL = "d6ca7598c4e0d6e2226b933e22b50d7b";
    /// Tasks did not end in time, or failed at the end.
    LATE_END = "cae1b5fc69276031b4000cec0076e3bd";
    /// The configuration was read again.
    RELOADED = "121b247d635b7578d0913da1adf46c6b";
    /// The configuration stays as it was.
    RELOAD_REFUSED = "5bbcf31df0715636ab7783e7df960903";
    /// A changed key takes a restart.
    TAKES_RESTART = "62499a4e718cec6a3ff986054f0dec22";
    /// A probe is not as wanted, or there are none.
    PROBE_MISSING = "c998144b6cdf7ed91e1db9a92d92f568";
    /// A probe is attached and does not work.
    PROBE_BROKEN = "8e875e6bd0dd375c686f3af0b803e70d";
    /// No more samples are read.
    SAMPLES_ENDED = "5e3316ef86cac61293970448a3828a4d";
    /// The kernel's counters cannot be read.
    COUNTERS_UNREADABLE = "50104e857e1d404110bb53e99edcb347";
    /// An own multicast socket ran over.
    OWN_OVERRUN = "b23d7f602c03610cf708cf22ccf2bb8e";
    /// A subscription does not work.
    SUBSCRIPTION_FAILED = "76866c0ccc5b665eca6e844d104284f5";
    /// A task failed, and starts again.
    TASK_RESTARTED = "186d9c115ad82d65c1889c241a04a7de";
    /// Something panicked.
    PANIC = "c4b02d2eceb771bf29554b76b4b60069";
    /// A connection could not be accepted.
    NOT_ACCEPTED = "5ebba72d543bd04b0800337d70ac8319";
    /// The files that say who may use the HTTP server do not do.
    DOOR_FAILED = "3d3597a7bb7d903668f75495541c1cdd";
    /// The name of an interface found no room.
    NAMES_FULL = "220bdf1376e1882dc36976bd0ba4335e";
    /// What the host tells in files could not be read.
    UNREADABLE = "059c5ebac3762122a9501b84c38fff5a";
    /// Owners of sockets are read from /proc.
    OWNERS_FROM_PROC = "a05ee057d9e1c1f7d8c8ffa511b25d4c";
    /// Records cannot be written to their file.
    FILE_FAILED = "236b9ca821f63b97578c3500038364bc";
    /// Records are written to their file again.
    FILE_AGAIN = "bec54dede84d2c3464d44af1b91aae4d";
    /// Something is wrong on the host: a finding begins.
    FINDING_BEGAN = "8a128c9530094766b9b952abadb725d7";
    /// A finding ends.
    FINDING_ENDED = "9986ea34547d48219a20fb5c1e512493";
}

/// The name of an id.
pub fn name(id: &str) -> Option<&'static str> {
    ALL.iter().find(|(_, known)| *known == id).map(|(name, _)| *name)
}
