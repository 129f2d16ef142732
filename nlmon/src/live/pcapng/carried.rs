//! What a packet cannot say about its record, in a block before it. The block's type is from the
//! range for local use, so other readers skip it. Its value is JSON. It leaves the messages out if
//! decoding the packet's bytes makes them again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::live::interfaces::NamesByIndex;
use crate::live::json::LogRecord;
use nlmon_core::decode::attribute::{Attribute, Value as Content};
use nlmon_core::decode::specs::Specs;
use nlmon_core::decode::{self, Context, Families, Interfaces, Message, names};
use nlmon_core::record::Path;

/// Type of the block.
pub(super) const TYPE: u32 = 0x8e6c_6d6e;

/// Version of the value.
const VERSION: u32 = 1;

/// The block's value.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    nlmon: u32,
    /// The record without its bytes.
    record: LogRecord,
    /// The generic families of its messages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    families: BTreeMap<u16, String>,
    /// The names of the interfaces in its messages, by index.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    interfaces: BTreeMap<u32, String>,
    /// Decoding the bytes makes the same messages: with keys shown, or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secrets: Option<bool>,
}

/// The value for a record that has these bytes.
pub(super) fn value(record: &LogRecord, bytes: &[u8]) -> Vec<u8> {
    let families = families(record);
    let known = Families::named(&families);
    let interfaces = interfaces(record);
    let names = names_of(&interfaces);
    let again =
        |secrets: &bool| messages(record, bytes, (&known, &names), *secrets) == record.messages;
    let secrets = [false, true].into_iter().find(again);
    let mut bare = record.clone();
    bare.data = None;
    if secrets.is_some() {
        bare.messages.clear();
    }
    let carried = Carried { nlmon: VERSION, record: bare, families, interfaces, secrets };
    // The schema has string keys and finite numbers only, so this cannot fail.
    let mut value = serde_json::to_vec(&carried).unwrap_or_default();
    // A reader cannot tell the padding from the value, so the padding must be valid JSON as well.
    value.resize(value.len().next_multiple_of(4), b' ');
    value
}

/// The record of a packet with these bytes. `None` if the block comes from another program or from
/// another version of nlmon.
pub(super) fn record(value: &[u8], bytes: &[u8], specs: Specs) -> Option<LogRecord> {
    let carried: Carried = serde_json::from_slice(value).ok()?;
    let Carried { nlmon: VERSION, mut record, families, interfaces, secrets } = carried else {
        return None;
    };
    let is_safe = |name: &String| !name.contains(char::is_control);
    if !is_printable(&record) || !interfaces.values().all(is_safe) {
        return None;
    }
    if let Some(secrets) = secrets {
        // Withheld bytes are zeros here, and a spec would show these as values.
        let specs = if secrets { specs } else { Specs::default() };
        let families = Families::named(&families).with_specs(specs);
        record.messages = messages(&record, bytes, (&families, &names_of(&interfaces)), secrets);
    }
    Some(record)
}

/// Whether its texts are safe on a terminal, as nlmon makes them. The names of its process and its
/// namespace need no check here: they are escaped when they are shown.
fn is_printable(record: &LogRecord) -> bool {
    let mut record = record.clone();
    (record.process, record.netns_name) = (None, None);
    serde_json::to_value(&record).is_ok_and(|value| has_no_control(&value))
}

fn has_no_control(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(char::is_control),
        Value::Array(values) => values.iter().all(has_no_control),
        Value::Object(fields) => fields.values().all(has_no_control),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn messages(
    record: &LogRecord,
    bytes: &[u8],
    (families, names): (&Families, &NamesByIndex),
    show_secrets: bool,
) -> Vec<Message> {
    let protocol = names::parse_protocol(&record.protocol).unwrap_or_default();
    let multicast = record.path == Path::Multicast;
    let interfaces = Some(Interfaces { names, netns: record.netns, at_ns: record.time_ns });
    let context = Context { show_secrets, multicast, interfaces, ..Context::new(families) };
    decode::decode(protocol, bytes, record.bytes, &context).messages
}

/// The names of interfaces in the record's attributes, by index.
fn interfaces(record: &LogRecord) -> BTreeMap<u32, String> {
    fn collect(attributes: &[Attribute], found: &mut BTreeMap<u32, String>) {
        for attribute in attributes {
            if let (Some(name), Some(Content::Number(index))) =
                (&attribute.ifname, &attribute.value)
                && let Ok(index) = u32::try_from(*index)
            {
                found.insert(index, name.clone().into());
            }
            collect(&attribute.attributes, found);
        }
    }
    let mut found = BTreeMap::new();
    record.messages.iter().for_each(|message| collect(&message.attributes, &mut found));
    found
}

fn names_of(interfaces: &BTreeMap<u32, String>) -> NamesByIndex {
    NamesByIndex(interfaces.iter().map(|(index, name)| (*index, name.as_str().into())).collect())
}

/// The names that the record's messages have by the families of its kernel.
fn families(record: &LogRecord) -> BTreeMap<u16, String> {
    if names::parse_protocol(&record.protocol) != Some(names::protocol::GENERIC) {
        return BTreeMap::new();
    }
    let named = record.messages.iter().filter_map(|message| {
        let number =
            message.type_number.filter(|&number| number >= nlmon_core::message::kind::FIRST)?;
        Some((number, message.message_type.clone().into_owned()))
    });
    named.filter(|(number, name)| name.parse() != Ok(*number)).collect()
}
