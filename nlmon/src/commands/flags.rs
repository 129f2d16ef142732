//! The flags of `nlmon run`: one table says which key of the configuration each sets. Their values
//! are read where those of the file are, so that the same mistake gets the same words.

use clap::{
    Arg, ArgAction, ArgMatches, Command, ValueEnum as _,
    builder::{PossibleValue, TypedValueParser},
    error::ErrorKind,
};

use crate::{
    config::{self, Text},
    probe::Attach,
};

/// A flag and its key.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Without hyphens.
    pub name: &'static str,
    /// What it sets.
    pub key: &'static str,
    /// What it takes.
    pub takes: Takes,
    help: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is there or it is not.
    Nothing,
    /// A value, called so in the help.
    One(&'static str),
    /// One of the ways to attach.
    Hook,
    /// A value each time.
    Each(&'static str),
    /// Values, with commas between them.
    List(&'static str),
}

macro_rules! flags {
    ($($name:literal $key:literal ($($takes:tt)+) $help:literal;)+) => {
        /// Every flag that stands for a key, in the order of the help.
        pub const ALL: &[Flag] = &[
            $(Flag { name: $name, key: $key, takes: Takes::$($takes)+, help: $help }),+
        ];
    };
}

flags! {
    "listen" "http.listen" (Each("ADDRESS"))
        "Address and port of the HTTP server, or unix:/PATH, or vsock://CID:PORT";
    "http-connections" "http.connections" (One("N"))
        "Connections of the HTTP server at one time";
    "http-live" "http.live" (Nothing)
        "Serve the live log as a page, to whoever reaches that address";
    "web-config" "http.web_config" (One("FILE"))
        "Web configuration of the Prometheus exporters: TLS, passwords, headers, rate";
    "bearer-token-file" "http.bearer_token_file" (One("FILE"))
        "File with the token that lets in who sends it";
    "socket" "log.socket" (One("PATH"))
        "Unix socket of the live log";
    "clients" "log.clients" (One("N"))
        "Clients of the live log at one time";
    "queue" "log.queue" (One("N"))
        "Records that wait for one client";
    "queue-bytes" "log.queue_bytes" (One("BYTES"))
        "Most memory of those";
    "history" "log.history" (One("N"))
        "Records kept for clients to come, 0 for none";
    "history-bytes" "log.history_bytes" (One("BYTES"))
        "Most memory of those";
    "specs" "log.specs" (Each("PATH"))
        "YAML spec of a generic family, or a directory of some, instead of the configured ones";
    "file" "file.path" (One("PATH"))
        "File to write records to";
    "file-max-bytes" "file.max_bytes" (One("BYTES"))
        "Most bytes of one such file";
    "file-keep" "file.keep" (One("N"))
        "Older ones to keep";
    "file-mode" "file.mode" (One("MODE"))
        "Their permissions, in octal";
    "file-format" "file.format" (One("FORMAT"))
        "What they are written as: json or pcapng";
    "file-filter" "file.filter" (One("WORDS"))
        "Which records to write, in the words of nlmon tail: 'process=bird errors'";
    "file-rate" "file.rate" (One("N"))
        "Most records a second, 0 for no limit";
    "findings-window" "findings.window_seconds" (One("SECONDS"))
        "How far back losses and refusals are findings";
    "findings-refused" "findings.refused" (One("N"))
        "Least refused requests of a process that are a finding";
    "findings-refused-percent" "findings.refused_percent" (One("PERCENT"))
        "Least part of its requests that they have to be";
    "findings-leaked-sockets" "findings.leaked_sockets" (One("N"))
        "Least sockets of a process that come and do not go that are a finding";
    "findings-leak-minutes" "findings.leak_minutes" (One("MINUTES"))
        "How long they have to do so";
    "findings-storm-per-second" "findings.storm_per_second" (One("N"))
        "Least messages of a type a second, over a minute, that are a finding";
    "findings-storm-factor" "findings.storm_factor" (One("N"))
        "As many times as usual they have to be";
    "findings-fight-turns" "findings.fight_turns" (One("N"))
        "Least turns that two take on one object that are a finding";
    "findings-fight-minutes" "findings.fight_minutes" (One("MINUTES"))
        "How far back their turns count";
    "findings-silent-routes" "findings.silent_routes" (One("N"))
        "Least routes gone without a message, and not put back, that are a finding";
    "findings-stall-seconds" "findings.stall_seconds" (One("SECONDS"))
        "How long a listener does not read before that is a finding";
    "ledger" "ledger.enabled" (One("BOOL"))
        "Whether to keep the ledger: the state of what is configured, and who changed it";
    "ledger-objects" "ledger.objects" (One("N"))
        "Objects that it remembers, those included that are gone";
    "ledger-events" "ledger.events" (One("N"))
        "Changes that it remembers of each";
    "ledger-bytes" "ledger.bytes" (One("BYTES"))
        "Most memory of all";
    "metrics-netns" "metrics.netns" (Nothing)
        "Give the counts of messages a label for the network namespace";
    "attach" "probe.attach" (Hook)
        "Which hooks to use";
    "require-probes" "probe.require" (Nothing)
        "Do not run without probes: exit with code 2";
    "pin" "probe.pin" (Nothing)
        "Let the probes outlive the daemon, and take over those of an earlier one";
    "deliveries" "probe.deliveries" (One("BOOL"))
        "Whether to look at receiving sockets' queues; without, dumps are not counted";
    "sample-every" "probe.sample_every" (One("N"))
        "Sample one datagram in N, 0 for none";
    "sample-protocols" "probe.sample_protocols" (List("NAME"))
        "Protocols to sample, instead of all";
    "sample-rate" "probe.sample_rate" (One("N"))
        "Samples per second and processor, 0 for no cap";
    "cpu-budget" "probe.cpu_budget" (One("PERCENT"))
        "What probes and daemon may take of one processor, held by fewer samples: 2%, or off";
    "snap-length" "probe.snap_length" (One("BYTES"))
        "Payload bytes of a sample";
    "ring-bytes" "probe.ring_bytes" (One("BYTES"))
        "Size of the ring of samples";
    "sockets-interval" "sockets.interval_seconds" (One("SECONDS"))
        "Scan all netlink sockets this often, 0 for never";
    "receive-buffer" "subscribe.receive_buffer" (One("BYTES"))
        "Receive buffer of the multicast sockets";
    "pin-modules" "subscribe.pin_modules" (Nothing)
        "Listen to protocols of modules even when nobody else does";
    "subscribe" "subscribe.groups" (Each("PROTOCOL:GROUP,..."))
        "Groups to listen to, instead of the configured ones";
    "netns" "subscribe.netns" (One("NAME,..."))
        "Network namespaces to listen in: self, all, or names";
    "log-format" "log_format" (One("FORMAT"))
        "What the daemon's own log is: auto, text, json or journald";
    "log-level" "log_level" (One("LEVEL"))
        "Lines of the daemon's own log: off, error, warn, info, debug or trace";
    "capture-secrets" "capture_secrets" (Nothing)
        "Let payloads that may carry keys into the samples";
}

/// The flags that were given, in the order of the table.
#[derive(Clone, Debug, Default)]
pub struct Flags(pub Vec<config::Flag>);

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(ALL.iter().map(Flag::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = ALL.iter().filter_map(|flag| {
            let (name, key) = (format!("--{}", flag.name), flag.key.to_owned());
            Some(config::Flag { name, key, value: flag.value(matches)? })
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Flag {
    fn arg(&self) -> Arg {
        let arg =
            Arg::new(self.name).long(self.name).help(format!("{} (`{}`)", self.help, self.key));
        match self.takes {
            Takes::Nothing => arg.action(ArgAction::SetTrue),
            Takes::One(value) => arg.value_name(value),
            Takes::Hook => arg.value_name("HOOK").value_parser(AnyHook),
            Takes::Each(value) => arg.value_name(value).action(ArgAction::Append),
            Takes::List(value) => {
                arg.value_name(value).action(ArgAction::Append).value_delimiter(',')
            }
        }
    }

    /// What it says, if it was given.
    fn value(&self, matches: &ArgMatches) -> Option<Text> {
        match self.takes {
            Takes::Nothing => matches.get_flag(self.name).then(|| Text::Whole(true.to_string())),
            Takes::One(_) | Takes::Hook => {
                matches.get_one::<String>(self.name).cloned().map(Text::Whole)
            }
            Takes::Each(_) | Takes::List(_) => {
                Some(Text::Parts(matches.get_many::<String>(self.name)?.cloned().collect()))
            }
        }
    }
}

/// Takes any text, for the configuration to judge, and tells the help and the completions which
/// are right.
#[derive(Clone)]
struct AnyHook;

impl TypedValueParser for AnyHook {
    type Value = String;

    fn parse_ref(
        &self,
        _command: &Command,
        _arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        let text = value.to_str().map(str::to_owned);
        text.ok_or_else(|| clap::Error::raw(ErrorKind::InvalidUtf8, "the value is no text\n"))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Attach::value_variants().iter().filter_map(Attach::to_possible_value)))
    }
}
