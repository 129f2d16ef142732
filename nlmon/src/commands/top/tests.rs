//! `nlmon top` without a terminal: snapshots and keys in, a screen of text out.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw::draw;
use super::state::{Key, State};
use crate::metrics::names::{self, Metric};
use crate::metrics::{Series, Snapshot};

fn add(snapshot: &mut Snapshot, metric: &Metric, labels: &[&str], value: f64) {
    let labels = metric.labels.iter().zip(labels);
    let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let series = Series { labels, value, ..Series::default() };
    snapshot.metrics.entry(metric.name.to_owned()).or_default().push(series);
}

/// After so many seconds, in each of which `ip` sent 100 messages and `bird` 10.
fn snapshot(seconds: u32) -> Snapshot {
    let at = f64::from(seconds);
    let mut snapshot = Snapshot { time_ns: u64::from(seconds) * 1_000_000_000, ..<_>::default() };
    let all = &mut snapshot;
    add(all, &names::PROBE_ATTACHED, &["unicast", "fentry"], 1.0);
    for (process, path, rate) in
        [("ip", "request", 60.0), ("ip", "dump", 40.0), ("bird", "request", 10.0)]
    {
        add(all, &names::PROCESS_MESSAGES, &[process, "route", path], rate * at);
    }
    for outcome in ["answered", "refused"] {
        add(all, &names::PROCESS_REQUESTS, &["ip", "route", "RTM_NEWLINK", outcome], 2.0);
    }
    add(all, &names::PROCESS_REQUEST_SECONDS, &["ip", "route", "RTM_NEWLINK"], 0.001);
    add(all, &names::PROCESS_REQUEST_ERRORS, &["ip", "route", "RTM_NEWLINK", "EEXIST"], 3.0);
    add(all, &names::SOCKETS, &["route", "\u{1b}[2Jbird"], 2.0);
    add(all, &names::SOCKET_DROPS, &["route", "\u{1b}[2Jbird"], 7.0);
    add(all, &names::REQUEST_DURATION, &["route", "RTM_NEWLINK"], 0.5);
    let durations = all.metrics.get_mut(names::REQUEST_DURATION.name).unwrap();
    durations[0].count = Some(100);
    durations[0].buckets = vec![(0.000_01, 10), (0.000_03, 60), (0.01, 98)];
    snapshot
}

fn state() -> State {
    let mut state = State::new();
    state.news(snapshot(1));
    state.news(snapshot(3));
    state
}

fn press(state: &mut State, keys: &str) {
    for letter in keys.chars() {
        state.key(if letter == '\n' { Key::Enter } else { Key::Character(letter) });
    }
}

fn screen_of(state: &State, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(state, frame.area(), frame.buffer_mut())).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

fn screen(state: &State) -> Vec<String> {
    screen_of(state, 100, 9)
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn the_busiest_process_is_first_with_its_rate_errors_and_latency() {
    let screen = screen(&state());
    assert!(screen[0].starts_with("nlmon top   1 Processes"), "{screen:#?}");
    assert_eq!(screen[1], "3 rows");
    let headings =
        ["PROCESS", "MSG/Sv", "MESSAGES", "REQUESTS", "ERRORS", "MEAN", "SOCKETS", "DROPS"];
    assert_eq!(words(&screen[2]), headings);
    assert_eq!(words(&screen[3]), ["ip", "100.0", "300", "4", "3", "250us", "-", "-"]);
    assert_eq!(words(&screen[4]), ["bird", "10.0", "30", "-", "-", "-", "-", "-"]);
    assert!(screen[8].contains("q quit"));
}

#[test]
fn a_name_cannot_write_to_the_terminal() {
    let screen = screen(&state());
    assert_eq!(words(&screen[5])[0], "\\u{1b}[2Jbird");
}

#[test]
fn each_view_has_its_key_and_tab_goes_round() {
    let mut state = state();
    press(&mut state, "3");
    assert_eq!(words(&screen(&state)[3]), ["ip", "route", "RTM_NEWLINK", "EEXIST", "0.0", "3"]);
    press(&mut state, "4");
    assert_eq!(
        words(&screen(&state)[3]),
        ["route", "RTM_NEWLINK", "0.0", "100", "5ms", "<=30us", ">10s", "-"]
    );
    press(&mut state, "5");
    assert_eq!(words(&screen(&state)[3])[1..4], ["\\u{1b}[2Jbird", "7", "0.0"]);
    state.key(Key::Tab);
    assert_eq!(screen(&state)[1], "0 rows");
    assert_eq!(words(&screen(&state)[2])[1], "GROUP");
    press(&mut state, "90");
    assert_eq!(screen(&state)[1], "waiting for the daemon");
    state.key(Key::Tab);
    assert_eq!(words(&screen(&state)[3])[0], "ip");
    state.key(Key::BackTab);
    assert_eq!(words(&screen(&state)[2])[0], "OF");
}

/// What a daemon says of a loss, two changes and a storm.
const SITUATION: &str = r#"{"findings":[{"since":"2026-01-02T11:47:03.120Z",
    "seen":"2026-01-02T11:48:00Z","kind":"lost","subject":"bird route","severity":"warning",
    "text":"bird lost 37 datagrams of route in the last 5 minutes: its receive buffer was full.",
    "advice":"","runbook":"","first_ns":1,"last_ns":2}],"changes":[
    {"time":"2026-01-02T11:47:03Z","record":7,"text":"route default deleted by \u001b[2Jx[7]"},
    {"time":"2026-01-02T11:46:03Z","text":"link eth0 added"}],"minute":{"messages":120000,
    "objects":[{"protocol":"route","type":"RTM_NEWNEIGH","object":"10.0.0.7 dev eth0",
    "count":99000,"over":3}],"processes":[{"process":"kernel","count":120000}]}}"#;

#[test]
fn findings_changes_and_talkers_are_views_too() {
    let mut state = state();
    state.situation(serde_json::from_str(SITUATION).unwrap());
    press(&mut state, "7");
    let found = screen_of(&state, 120, 9);
    assert_eq!(words(&found[2]), ["SINCE", "SEVERITY", "KIND", "FINDING"]);
    assert_eq!(words(&found[3])[1..6], ["warning", "lost", "bird", "lost", "37"]);
    assert!(found[3].ends_with("was full."), "{found:#?}");
    press(&mut state, "8");
    let changes = screen(&state);
    assert_eq!(changes[1], "2 rows");
    assert!(changes[3].ends_with("route default deleted by \\u{1b}[2Jx[7]"), "{changes:#?}");
    assert!(changes[4].ends_with("link eth0 added"), "{changes:#?}");
    press(&mut state, "9/eth0\n");
    let rest = ["object", "route", "RTM_NEWNEIGH", "10.0.0.7", "dev", "eth0", "99000"];
    assert_eq!(words(&screen(&state)[3]), rest);
    assert_eq!(screen(&state)[1], "1 rows, filter \"eth0\"");
    // As narrow as a terminal is, each view has its number.
    for width in [80, 60] {
        let tabs = screen_of(&state, width, 9).remove(0);
        assert!(tabs.contains("9 Talkers") || width < 80, "{tabs}");
        assert!(tabs.contains("7 F"), "{tabs}");
    }
}

#[test]
fn it_sorts_by_any_column_in_both_directions() {
    let mut state = state();
    let first = |state: &State| words(&screen(state)[3])[0].to_owned();
    press(&mut state, "r");
    assert!(screen(&state)[2].contains("MSG/S^") && first(&state).ends_with("bird"));
    state.key(Key::Left);
    assert!(screen(&state)[2].starts_with("PROCESS^"));
    assert_eq!(first(&state), "\\u{1b}[2Jbird");
    press(&mut state, "r");
    assert_eq!(first(&state), "ip");
    state.key(Key::Left);
    assert!(screen(&state)[2].ends_with("DROPSv"));
    assert_eq!(first(&state), "\\u{1b}[2Jbird");
    press(&mut state, ">>");
    assert!(screen(&state)[2].contains("MSG/Sv"));
}

#[test]
fn the_filter_is_typed_shown_and_cleared() {
    let mut state = state();
    press(&mut state, "/BIRq");
    assert_eq!(screen(&state)[8], "filter: BIRq");
    state.key(Key::Backspace);
    press(&mut state, "\n");
    assert_eq!(screen(&state)[1], "2 rows, filter \"BIR\"");
    state.key(Key::Escape);
    assert_eq!(screen(&state)[1], "3 rows");
    assert!(!state.over);
    press(&mut state, "q");
    assert!(state.over);
    let mut state = self::state();
    press(&mut state, "/");
    state.key(Key::Interrupt);
    assert!(state.over, "also while the filter is typed");
}

#[test]
fn a_pause_holds_what_is_shown_and_the_rate_is_right_behind_it() {
    let mut state = state();
    press(&mut state, "p");
    state.news(snapshot(4));
    assert_eq!(words(&screen(&state)[3])[2], "300");
    assert!(screen(&state)[1].starts_with("PAUSED"));
    press(&mut state, "p");
    state.news(snapshot(6));
    assert_eq!(words(&screen(&state)[3])[1..3], ["100.0", "600"]);
}

#[test]
fn it_scrolls_and_stays_within() {
    let mut state = state();
    for _ in 0..9 {
        state.key(Key::Down);
    }
    assert_eq!(screen(&state)[4], "");
    state.key(Key::PageUp);
    state.key(Key::PageDown);
    state.key(Key::Up);
    assert_eq!(words(&screen(&state)[3])[0], "bird");
    state.key(Key::Home);
    assert_eq!(words(&screen(&state)[3])[0], "ip");
}

#[test]
fn any_size_and_an_empty_snapshot_can_be_drawn() {
    let mut waiting = State::new();
    assert!(screen(&waiting)[1].contains("waiting"));
    waiting.news(Snapshot::default());
    assert!(screen(&waiting)[1].contains("no probes"));
    for (width, height) in [(1, 1), (3, 2), (20, 4), (300, 80)] {
        screen_of(&state(), width, height);
        screen_of(&waiting, width, height);
    }
}

/// There it shows what the daemon's own sockets receive.
#[test]
fn without_probes_it_begins_with_the_groups() {
    let mut state = State::new();
    for seconds in [1_u32, 3] {
        let time_ns = u64::from(seconds) * 1_000_000_000;
        let mut snapshot = Snapshot { time_ns, ..<_>::default() };
        let count = 5.0 * f64::from(seconds);
        let labels = ["route", "link", "unobserved"];
        add(&mut snapshot, &names::MULTICAST_DELIVERIES, &labels, count);
        state.news(snapshot);
    }
    let screen = screen_of(&state, 100, 10);
    let row = screen.iter().find(|line| line.starts_with("route ")).unwrap();
    assert!(row.contains(" link ") && row.contains(" 5.0 "), "{screen:?}");
    // What somebody chose stays.
    press(&mut state, "1");
    state.news(Snapshot { time_ns: 4_000_000_000, ..<_>::default() });
    assert!(!screen_of(&state, 100, 10).iter().any(|line| line.contains("UNOBSERVED")));
}
