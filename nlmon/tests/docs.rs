//! docs/metrics.md is rendered from the table of metrics, and has to be up to date with it:
//! `NLMON_BLESS=1 cargo test --package nlmon --test docs` writes it.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::path::Path;

use nlmon::metrics::names::{ALL, Kind, Metric};

const HEAD: &str = "\
# Metrics

<!-- Made from nlmon/src/metrics/names.rs by nlmon/tests/docs.rs: change those, not this file. -->

`nlmon run` serves them on `http://127.0.0.1:9776/metrics`, in the text format of Prometheus. Times are seconds, sizes
are bytes. A series appears when it first counts something. On top come the usual `process_*` of the daemon itself.

| name | type | labels | meaning |
|---|---|---|---|
";

const TAIL: &str = "
## What each can be trusted for

**Exact.** `nlmon_datagrams_*`, `nlmon_second_legs_total`, `nlmon_own_datagrams_total`, `nlmon_message*` and
`nlmon_process_messages_total` are counters in kernel maps, added to in the sender's own context and read at each scrape. No
thinning, no full ring and no busy daemon takes anything from them. They begin at 0 when the probes are attached (by an earlier daemon, with `probe.pin`), and without
probes (`nlmon_probe_attached` 0) they are absent.

**Of samples.** `nlmon_request_*`, `nlmon_process_request*`, `nlmon_dump*` and `nlmon_multicast_*` are made of the records that reached the
daemon. With the defaults that is every datagram, unless the ring ran over; `nlmon_samples_total` says how many did not come, and why. A
request that nobody answers counts after 10 s, and so does a dump that its reader did not read to its end (`unfinished`). Where samples are
thinned (`probe.sample_every`, `probe.sample_rate`), what misses its other half is `not_sampled`: a sample of it may not have been taken.

**Looked at.** `nlmon_socket*` and `nlmon_group_members` are what a look at all sockets found, every 10 s by default (`sockets.interval_seconds`), and not at a scrape. Drops
count from the first look, which is taken before the daemon says that it is ready; what a socket loses after its last look is not in
them. nlmon's own sockets are there as `process=\"nlmon\"`. Other namespaces are in it as far as nlmon may see them: the log says at start what it may not.

**Accounting.** When nothing is under way, for every protocol and path and in sum:

    datagrams = nlmon_datagrams_total over every result + nlmon_datagrams_open
    datagrams = nlmon_samples_total over every outcome
    read      = nlmon_join_total over every outcome but unobserved, without the kind delivery, + nlmon_join_pending, without the kind delivery

What was sent and what each receiver got are two ledgers, which must not be added: `result` is what the kernel's send function
returned, and proves no delivery. `ESRCH` of a multicast says that nobody listened, and is no fault.

## Labels

| label | values |
|---|---|
| `protocol` | the kernel's name in lower case without `NETLINK_`: `route`, `generic`, ...; the number where there is none; `test` is 17, the test module |
| `path` | `request` (process to kernel), `reply` (kernel to process, acknowledgements included), `peer` (process to process), `multicast` |
| `type` | the kernel's name (`RTM_NEWLINK`); of generic netlink the family's (`nl80211`), as nlmon knew it when it read the count; else the number; `raw` for what is no netlink message (uevents); `other` beyond the budget |
| `group` | the kernel's name, `link`, or the number; of generic netlink `family/group` where nlmon listens to it; `other` beyond the budget |
| `result`, `errno` | `ok` or the errno's name |
| `process` | name of the process in whose context it was sent; one for all `kworker`; `swapper` is the idle task; `other` beyond the budget |
| `(netns)` | only with `metrics.netns`: network namespace of the sending socket, by its name in `/run/netns` at the time of reading, which is every 5 s and at each scrape, or else its inode number; `other` beyond the budget |
| `process` of `nlmon_overruns_total` | name of the process that made the socket or, if it was passed on before the last scan, of the first that holds it; `unknown` where that is not known, `other` where its user's share is used up, too |
| `process` of `nlmon_socket*` | name of the process that holds it, not init if another does; `kernel`; `unknown` where that cannot be seen |
| `outcome` of `nlmon_multicast_deliveries_total` | `delivered`; `lost`: a probe saw it and nlmon's own socket never got it; `unobserved`: the other way round; `not_sampled`: nlmon got it, and not every datagram of the protocol is sampled; `undecided`: nlmon ended, or had too many waiting, before it was clear |
| `outcome` of `nlmon_process_requests_total` | `answered`; `refused`: with an error; `unanswered`: it asked for an answer (`NLM_F_ACK`, a dump), and within 10 s none came or found room; `unasked`: it did not ask, and got none before it returned; `not_sampled`: none was seen, or no end of its dump, and not every datagram is sampled; `undecided`: nlmon ended before |
| `outcome` of `nlmon_dumps_total` | `complete`; `interrupted`: what it lists changed meanwhile (`NLM_F_DUMP_INTR`); `failed`: it ended with an error; `unfinished`: no end was seen; `not_sampled`, `undecided`: none was seen, for these reasons |
| `outcome` of `nlmon_samples_total` | `read`, and `read_earlier` by daemons whose pinned probes this one took over; not taken: `thinned` (`probe.sample_every`, `probe.sample_protocols`), `rate_limited`, `too_deep`, `no_context`, `unseen`; taken and lost: `ring_full`, `malformed` |
| `fault` | `no_entry`: a return whose call began before the probes; `read_failed`; `walk_cut`: more than 1024 messages in one datagram; `walk_malformed`; `error_overflow` |
| `task` | a task that starts again when it fails: `families`, `sockets`, `fold`, `probe-warnings`, or one `subscription-reader` of several |
| `kind` of `nlmon_log_suppressed_total` | `panic`, `own_overrun`, `subscription`, `accept`, `interfaces`, `unreadable`: what the lines are about |
| `kind`, `outcome` of `nlmon_join_*` | `multicast` and its `delivery`, `request` and its `answer`, `peer`; ARCHITECTURE.md explains the join |

Labels are closed sets or have a budget: 256 names of processes, 64 network namespaces, 128 message types without a name, 512 pairs of protocol and process of `nlmon_socket*`,
512 types, 512 groups and 512 triples of process, protocol and type of the sampled metrics. Names of
processes, types and namespaces are shared by user: whoever has the most makes room for another, the quietest of them first, and a quarter is root's alone. What has no series
is counted as `other`, together with what it had counted when it lost its place, and the value in `nlmon_series_overflow_total`. A process that has ended
is folded into its name, so that no counter goes backwards.
";

#[test]
fn the_metrics_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let rendered = render();
    if std::env::var_os("NLMON_BLESS").is_some() {
        std::fs::write(&path, &rendered).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = rendered.lines().zip(written.lines()).position(|(a, b)| a != b);
    assert!(
        rendered == written,
        "docs/metrics.md is out of date (line {}); write it anew with\n    \
         NLMON_BLESS=1 cargo test --package nlmon --test docs",
        differing.unwrap_or(rendered.lines().count().min(written.lines().count())) + 1
    );
}

fn render() -> String {
    let rows: String = ALL.iter().map(row).collect();
    [HEAD, &rows, TAIL].concat()
}

fn row(metric: &Metric) -> String {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let optional = metric.optional.iter().map(|label| format!("({label})"));
    let labels: Vec<_> =
        metric.labels.iter().map(|label| (*label).to_owned()).chain(optional).collect();
    let labels = labels.join(", ");
    format!("| `{}` | {kind} | {labels} | {} |\n", metric.name, metric.help)
}
