//! What each fuzz target does with an input, and what has to hold. Shared by the targets, which need
//! a nightly compiler, and by the test that puts the whole corpus through them on any.
//!
//! An input is a control byte (see [`Control`]), for some targets a protocol, and a datagram; that of
//! `capture` is a whole file.

use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use nlmon::live::json::{Clock, Detail, LogRecord, View};
use nlmon::live::pcapng::{Capture, Item, Reader};
use nlmon::live::text::Style;
use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::names::protocol;
use nlmon_core::decode::{Context, Decoded, Families, decode, generic_names};
use nlmon_core::record::{Contents, Observation, Path, Record, Task};

/// The targets, with the protocol whose messages they are, where it is one.
pub(crate) const TARGETS: [(&str, Option<u8>); 8] = [
    ("route", Some(protocol::ROUTE)),
    ("netfilter", Some(protocol::NETFILTER)),
    ("generic", Some(protocol::GENERIC)),
    ("xfrm", Some(protocol::XFRM)),
    ("sock_diag", Some(protocol::SOCK_DIAG)),
    ("others", None),
    ("record", None),
    ("capture", None),
];

/// Longest word of text that an attribute may show.
const TEXT_MAX: usize = 2048;

/// What the first byte of an input says.
struct Control(u8);

impl Control {
    fn multicast(&self) -> bool {
        self.0 & 1 != 0
    }

    fn shows_secrets(&self) -> bool {
        self.0 & 2 != 0
    }

    /// Bytes that the datagram is longer than what is there of it.
    fn missing(&self) -> u32 {
        if self.0 & 4 != 0 { u32::from(self.0) << 3 } else { 0 }
    }
}

/// Runs the body of a target on an input.
pub(crate) fn run(target: &str, input: &[u8]) {
    if target == "capture" {
        return as_capture(input);
    }
    let Some((&control, rest)) = input.split_first() else { return };
    let control = Control(control);
    let own = TARGETS.iter().find(|(name, _)| *name == target).and_then(|(_, protocol)| *protocol);
    let (protocol, datagram) = match (own, rest.split_first()) {
        (Some(protocol), _) => (protocol, rest),
        (None, Some((&protocol, datagram))) => (protocol, datagram),
        (None, None) => return,
    };
    if target == "record" {
        as_record(protocol, datagram, &control);
    } else {
        as_messages(protocol, datagram, &control);
    }
}

/// The families of the kernel that the corpus is from have the numbers that it gave them, all others
/// that have tables numbers above. That commands are among those names does no harm.
static FAMILIES: LazyLock<Arc<Families>> = LazyLock::new(|| {
    const OF_CORPUS: [(&str, u16); 8] = [
        ("nlctrl", 16),
        ("ethtool", 20),
        ("devlink", 21),
        ("tcp_metrics", 27),
        ("mptcp_pm", 28),
        ("wireguard", 32),
        ("macsec", 33),
        ("l2tp", 34),
    ];
    let all = OF_CORPUS.into_iter().chain(generic_names().zip(64..));
    Arc::new(Families::named(&all.map(|(name, number)| (number, name.to_owned())).collect()))
});

/// Decoding neither panics nor shows anything but text; what is withheld is inside of the datagram,
/// and what is shown does not depend on it.
fn as_messages(protocol: u8, datagram: &[u8], control: &Control) {
    let len = u32::try_from(datagram.len()).unwrap_or(u32::MAX).saturating_add(control.missing());
    let context = Context {
        families: &FAMILIES,
        show_secrets: control.shows_secrets(),
        multicast: control.multicast(),
        interfaces: None,
    };
    let decoded = decode(protocol, datagram, len, &context);
    assert!(!context.show_secrets || decoded.withheld.is_empty());
    for message in &decoded.messages {
        assert!(!message.summary.chars().any(char::is_control), "{message:?}");
        message.attributes.iter().for_each(assert_printable);
    }
    let mut masked = datagram.to_vec();
    decoded.withheld.iter().for_each(|place| masked[place.clone()].fill(0));
    assert_eq!(shown(&decode(protocol, &masked, len, &context)), shown(&decoded));
}

fn assert_printable(attribute: &Attribute) {
    assert!(!attribute.name.chars().any(char::is_control), "{attribute:?}");
    if let Some(Value::Text(text)) = &attribute.value {
        assert!(!text.chars().any(char::is_control) && text.len() <= TEXT_MAX, "{attribute:?}");
    }
    attribute.attributes.iter().for_each(assert_printable);
}

/// Bytes that are no message and are withheld as zeros may be taken for padding.
fn shown(decoded: &Decoded) -> Vec<&nlmon_core::decode::Message> {
    decoded.messages.iter().filter(|message| message.message_type != "raw").collect()
}

/// A record can be written in every form, and its JSON reads back.
fn as_record(protocol: u8, datagram: &[u8], control: &Control) {
    let view = View {
        families: Arc::clone(&FAMILIES),
        show_secrets: control.shows_secrets(),
        ..View::new(Clock::new(1_767_323_044_000_000_000))
    };
    let path = if control.multicast() { Path::Multicast } else { Path::Request };
    let record = record(protocol, datagram, path, control.missing());
    let record = LogRecord::new(&record, &view).with(Detail::Data);
    let style = Style { colour: false, verbose: true, hex: true, zone: TimeZone::UTC };
    let text = style.render(&record);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let json = serde_json::to_string(&record).expect("the schema has string keys");
    let again: LogRecord = serde_json::from_str(&json).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("likewise"), json);
    let mut capture = Capture::new(Vec::new()).expect("a vector takes what it is given");
    capture.write(&record).expect("likewise");
}

fn record(protocol: u8, datagram: &[u8], path: Path, missing: u32) -> Record {
    let observation = Observation {
        start_ns: 1,
        duration_ns: 1,
        protocol,
        path,
        netns: 1,
        task: Task::default(),
        portid: 0,
        src_portid: 0,
        group: u32::from(path == Path::Multicast),
        len: u32::try_from(datagram.len()).unwrap_or(u32::MAX).saturating_add(missing),
        result: Some(0),
        parent: None,
        redacted: false,
        contents: Contents::default(),
        data: datagram.to_vec(),
    };
    Record::sent(observation)
}

/// A file is read to its end or to what is wrong with it; and what was read can be written and is then
/// read as the same.
fn as_capture(file: &[u8]) {
    let items = items(file);
    let mut capture = Capture::new(Vec::new()).expect("a vector takes what it is given");
    for item in &items {
        match item {
            Item::Lost(count) => capture.lost(*count),
            Item::Record(record) => capture.write(record).expect("likewise"),
        }
    }
    let written = std::mem::take(capture.get_mut());
    let again = self::items(&written);
    assert_eq!(records(&again), records(&items));
}

fn items(file: &[u8]) -> Vec<Item> {
    let Ok(mut reader) = Reader::new(file) else { return Vec::new() };
    std::iter::from_fn(|| reader.read().ok().flatten()).collect()
}

fn records(items: &[Item]) -> Vec<&LogRecord> {
    let records = items.iter().filter_map(|item| match item {
        Item::Record(record) => Some(&**record),
        Item::Lost(_) => None,
    });
    records.collect()
}
