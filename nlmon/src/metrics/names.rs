//! Names, helps and labels of every metric, in one place: docs/metrics.md is made from this table.

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// One metric family.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Full name.
    pub name: &'static str,
    /// Kind.
    pub kind: Kind,
    /// Labels, in order.
    pub labels: &'static [&'static str],
    /// Those that come after them where the configuration asks for it.
    pub optional: &'static [&'static str],
    /// Meaning and unit.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $labels:tt $(+ $optional:tt)? $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                labels: &$labels,
                optional: metrics!(@optional $($optional)?),
                help: $help,
            };
        )+
        /// Every metric of the daemon's own; `process_*` come on top.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
    (@optional) => { &[] };
    (@optional $labels:tt) => { &$labels };
}

metrics! {
    BUILD_INFO = Gauge "nlmon_build_info" ["version", "revision"]
        "Always 1; the labels say what is running.";
    READY = Gauge "nlmon_ready" []
        "1 if the daemon does its work, as /readyz says, where the reasons are if not.";
    START_TIME = Gauge "nlmon_start_time_seconds" []
        "When the daemon started, in seconds since 1970: its counters begin there.";
    RELOAD_SUCCESSFUL = Gauge "nlmon_config_last_reload_successful" []
        "1 if the last reading of the configuration found nothing wrong with it, 0 if it stays as it was before.";
    RELOAD_SUCCESS_TIME = Gauge "nlmon_config_last_reload_success_timestamp_seconds" []
        "When the configuration was last read with nothing wrong, in seconds since 1970: at the start or a reload.";
    PIPELINE_LAG = Gauge "nlmon_pipeline_lag_seconds" []
        "How far the pipeline is behind the kernel: the age of the oldest sample of its last read, or the time since its last tick where that is longer.";
    LAST_SAMPLE = Gauge "nlmon_last_sample_time_seconds" []
        "When the pipeline last read a sample, in seconds since 1970.";
    RING_USED = Gauge "nlmon_ring_used_bytes" []
        "Bytes of the ring of samples that are not yet read.";
    RING_SIZE = Gauge "nlmon_ring_size_bytes" []
        "Bytes that the ring of samples holds.";
    TASK_RESTARTS = Counter "nlmon_task_restarts_total" ["task"]
        "Times that a task of the daemon failed and was started again.";
    PANICS = Counter "nlmon_panics_total" []
        "Panics in the daemon, which are faults of nlmon; each cost a record or a task.";
    DECODE_PANICS = Counter "nlmon_decode_panics_total" []
        "Records whose decoding panicked: the log shows their bytes alone.";
    LOG_SUPPRESSED = Counter "nlmon_log_suppressed_total" ["kind"]
        "Lines that the daemon's own log left out, because one of their kind came within the last second.";
    PROBE_ATTACHED = Gauge "nlmon_probe_attached" ["probe", "hook"]
        "1 if the probe is in place, by the hook named (fentry, `kprobe_multi`, kprobe); 0 and hook none if not.";
    DATAGRAMS = Counter "nlmon_datagrams_total" ["protocol", "path", "result"]
        "Netlink datagrams by what their call returned: ok, an errno name, or unknown where the kernel did not report the return. Exact.";
    DATAGRAMS_OPEN = Gauge "nlmon_datagrams_open" ["protocol", "path"]
        "Calls seen to begin and not to return: under way, or not yet known to be of unknown result.";
    SECOND_LEGS = Counter "nlmon_second_legs_total" ["protocol"]
        "Unicast calls that follow a user's multicast send and belong to it. In no other counter.";
    OWN_DATAGRAMS = Counter "nlmon_own_datagrams_total" ["protocol", "path"]
        "Datagrams sent by nlmon itself or in answer to it. In no other counter.";
    DELIVERIES = Counter "nlmon_deliveries_total" ["protocol", "path"]
        "Receiving sockets that got a datagram, by the path it came. A ledger of its own: one multicast has many. Exact.";
    OVERRUNS = Counter "nlmon_overruns_total" ["protocol", "process"]
        "Datagrams that found no room at a receiving socket, by the process that holds it. Exact. There at 0 for each process that a scan saw in a group.";
    OVERRUN_TYPES = Counter "nlmon_overrun_types_total" ["protocol", "type"]
        "The same datagrams by type of their first message.";
    MESSAGES = Counter "nlmon_messages_total" ["protocol", "path", "type"] + ["netns"]
        "Netlink messages: a datagram may hold many. Exact; type other where its counters were full.";
    MESSAGE_BYTES = Counter "nlmon_message_bytes_total" ["protocol", "path", "type"] + ["netns"]
        "Bytes of those messages, headers included, padding between messages not.";
    PROCESS_MESSAGES = Counter "nlmon_process_messages_total" ["process", "protocol", "path"] + ["netns"]
        "Netlink messages by name of the process in whose context they were sent. Exact.";
    REQUEST_DURATION = Histogram "nlmon_request_duration_seconds" ["protocol", "type"]
        "Time from a request to its first answer, of the requests that were sampled.";
    REQUEST_ERRORS = Counter "nlmon_request_errors_total" ["protocol", "type", "errno"]
        "Requests that were answered with an error, of those that were sampled; each message of a batch is one.";
    REQUEST_COMPLETION = Histogram "nlmon_request_completion_seconds" ["protocol", "type"]
        "Time from a request to its acknowledgement, its error or the end of its dump, of the requests that were sampled.";
    PROCESS_REQUESTS = Counter "nlmon_process_requests_total" ["process", "protocol", "type", "outcome"]
        "Requests by process and by how they ended: answered, refused, unanswered although they asked, unasked, or unknown.";
    PROCESS_REQUEST_SECONDS = Counter "nlmon_process_request_seconds_total" ["process", "protocol", "type"]
        "Sum of the times from those requests to their acknowledgement, error or end of dump.";
    PROCESS_REQUEST_ERRORS = Counter "nlmon_process_request_errors_total" ["process", "protocol", "type", "errno"]
        "The errors of requests by process.";
    PROCESS_ERRORS = Counter "nlmon_process_errors_total" ["process", "protocol"]
        "The same by process alone, for alerts: there at 0 for each process that a scan saw in a group.";
    DUMPS = Counter "nlmon_dumps_total" ["protocol", "type", "outcome"]
        "Dumps by type of their request: complete, interrupted because what they list changed, failed, unfinished.";
    DUMP_BYTES = Counter "nlmon_dump_bytes_total" ["protocol", "type"]
        "Bytes of those dumps.";
    DUMP_MESSAGES = Counter "nlmon_dump_messages_total" ["protocol", "type"]
        "Messages of those dumps without their ends, of as many as could be counted to their last.";
    DUMP_DURATION = Histogram "nlmon_dump_duration_seconds" ["protocol", "type"]
        "Time from the request of a dump to its end: the pace of the reader is in it.";
    MULTICAST_DELIVERIES = Counter "nlmon_multicast_deliveries_total" ["protocol", "group", "outcome"]
        "Multicasts to groups that nlmon listens to, by what became of them at its own socket.";
    MULTICAST_DELIVERY = Histogram "nlmon_multicast_delivery_seconds" ["protocol", "group"]
        "Time from the broadcast in the kernel until nlmon read it from its own socket, which it does every 20 ms.";
    GROUP_MEMBERS = Gauge "nlmon_group_members" ["protocol", "group"]
        "Sockets in a multicast group, nlmon's own included, in all namespaces: how many get what is sent there. Of the last look.";
    OWN_OVERRUNS = Counter "nlmon_own_overruns_total" ["protocol"]
        "Datagrams that nlmon's own sockets lost because their receive buffer ran over.";
    OWN_UNICASTS = Counter "nlmon_own_unicasts_total" ["protocol"]
        "Datagrams that a process sent to the port id of nlmon's own subscribed socket. Dropped: they came by no group.";
    SAMPLES = Counter "nlmon_samples_total" ["outcome"]
        "Datagrams by what became of their sample: read, or the reason why there is none.";
    SAMPLE_EVERY = Gauge "nlmon_sample_every" []
        "One call in this many is sampled, 0 for none: as configured, or fewer where that would exceed the configured budget.";
    SAMPLES_PENDING = Gauge "nlmon_samples_pending" []
        "Datagrams whose sample is not at its end: the call has not returned, or the daemon has not read it.";
    PROBE_FAULTS = Counter "nlmon_probe_faults_total" ["fault"]
        "What the probes could not do: reads that failed, walks that ended early, returns without entry.";
    FINDINGS = Gauge "nlmon_findings" ["kind", "severity"]
        "Findings that are open: what is wrong now, as `nlmon findings` tells it. A kind without any has a 0.";
    BPF_RUNS = Counter "nlmon_bpf_runs_total" ["program"]
        "Runs of nlmon's BPF programs, counted while the kernel keeps statistics of them (sysctl `kernel.bpf_stats_enabled`).";
    BPF_RUN_SECONDS = Counter "nlmon_bpf_run_seconds_total" ["program"]
        "Time of those runs.";
    BPF_SECONDS = Counter "nlmon_bpf_seconds_total" []
        "What the programs have taken of all processors, estimated from one run in 61; only where a budget is configured.";
    BPF_MISSED = Counter "nlmon_bpf_missed_runs_total" ["program"]
        "Calls that a program did not see, because it was running on that processor already. From 5.12 on, for kprobes from 6.7 on.";
    JOIN = Counter "nlmon_join_total" ["kind", "outcome"]
        "Samples and deliveries by how their join ended.";
    JOIN_PENDING = Gauge "nlmon_join_pending" ["kind"]
        "Samples and deliveries that wait for their other half.";
    SILENT_CHANGES = Counter "nlmon_silent_changes_total" ["table"]
        "Routes that the kernel removed without a notification, by routing table: with the device or address that they depended on.";
    SILENT_SAMPLES = Counter "nlmon_silent_samples_total" ["outcome"]
        "Samples of such removals: `complete`, of one whose end did not come (`unfinished`), not readable (`malformed`), lost because the ring was full (`lost`). `unseen` are removals that no probe could follow, or whose return it missed: their routes are not counted.";
    SOCKETS = Gauge "nlmon_sockets" ["protocol", "process"]
        "Netlink sockets by the process that holds them, kernel for the kernel's. Of the last look, which is not the scrape.";
    SOCKET_QUEUE = Gauge "nlmon_socket_queue_bytes" ["protocol", "process"]
        "Bytes that wait in the receive queues of those sockets.";
    SOCKET_QUEUE_HIGH = Gauge "nlmon_socket_queue_high_bytes" ["protocol", "process"]
        "The most that a look has seen in those queues since nlmon started.";
    SOCKET_BUFFER = Gauge "nlmon_socket_buffer_bytes" ["protocol", "process"]
        "Size of the receive buffers of those sockets: what their queues may hold.";
    SOCKET_DROPS = Counter "nlmon_socket_drops_total" ["protocol", "process"]
        "Datagrams that those sockets lost since nlmon started, but for what a closed one lost after its last look.";
    LOG_CLIENTS = Gauge "nlmon_log_clients" []
        "Clients of the live log: of its socket and of the page, and the file of records.";
    LOG_DROPPED = Counter "nlmon_log_dropped_total" []
        "Records that slow clients of the live log did not get.";
    FILE_RECORDS = Counter "nlmon_file_records_total" ["outcome"]
        "Records for the file of records: written, over the rate (`over_rate`), lost because the disk was too slow (`too_slow`, counted before the filter), or not written for an error (`failed`). Only with `file.path`.";
    FILE_WRITABLE = Gauge "nlmon_file_writable" []
        "1 if the last attempt to write the file of records went well, 0 if not. Only with `file.path`.";
    LEDGER_OBJECTS = Gauge "nlmon_ledger_objects" ["kind"]
        "Objects that are there by the ledger: links, addresses, routes and so on. Only with `ledger.enabled`.";
    LEDGER_BYTES = Gauge "nlmon_ledger_bytes" []
        "Memory that the ledger takes, by estimate. Only with `ledger.enabled`.";
    LEDGER_CHANGES = Counter "nlmon_ledger_changes_total" []
        "Changes of those objects. Only with `ledger.enabled`.";
    LEDGER_UNCHANGED = Counter "nlmon_ledger_unchanged_total" ["reason"]
        "Messages about objects that are no change: they say nothing new (`repeated`), or are of neighbours and bridge entries that the kernel learns and forgets by itself (`passing`). Only with `ledger.enabled`.";
    LEDGER_EVICTED = Counter "nlmon_ledger_evicted_total" ["what"]
        "What had no room in the ledger: objects that are there (`live`), that are gone (`gone`), changes of kept objects (`event`). Only with `ledger.enabled`.";
    LEDGER_RESYNCS = Counter "nlmon_ledger_resyncs_total" []
        "Lists of all objects after the first of a namespace: something was missed, or routes may have gone without a message. Only with `ledger.enabled`.";
    LEDGER_MISSED = Counter "nlmon_ledger_missed_records_total" []
        "Records that the log had overwritten before the ledger read them. A resynchronisation follows. Only with `ledger.enabled`.";
    CONNECTIONS_TURNED_AWAY = Counter "nlmon_connections_turned_away_total" ["server", "reason"]
        "Connections to nlmon that were closed for another (`evicted`), found all places taken (`refused`), or could not be accepted (`not_accepted`).";
    HTTP_REFUSED = Counter "nlmon_http_refused_total" ["reason"]
        "Requests and TLS handshakes that nlmon refused: its web configuration or token cannot be used (`configuration`), the handshake failed (`handshake`), there were too many requests (`rate`), or neither password nor token was right (`unauthorized`).";
    SERIES_OVERFLOW = Counter "nlmon_series_overflow_total" ["metric"]
        "Label values that found the metric's budget used up, and were counted as other.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in ALL {
            assert!(metric.name.starts_with("nlmon_"), "{}", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == Kind::Counter,
                "{}",
                metric.name
            );
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
    }
}
