//! Events as lines: text for a person or for a stream that ends in the journal, or JSON.

use std::{
    fmt::{Debug, Write as _},
    io::{self, Write as _},
};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::{Layer, layer::Context};

use crate::events;

/// What a line is, and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `[time LEVEL module] message`, on standard error.
    Text,
    /// `<priority>message`, on standard error: the journal has the rest.
    Stream,
    /// An object, on standard output.
    Json,
}

/// Writes each event as a line.
pub(super) struct Lines(pub(super) Form);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        // Of a user of `log`, where it came from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(self.0, Timestamp::now(), metadata, fields);
        // There is nobody to tell that nobody listens.
        drop(match self.0 {
            Form::Text | Form::Stream => io::stderr().lock().write_all(line.as_bytes()),
            Form::Json => io::stdout().lock().write_all(line.as_bytes()),
        });
    }
}

/// The line, with its newline and no other.
fn line(form: Form, now: Timestamp, metadata: &Metadata<'_>, fields: Fields) -> String {
    let (level, target) = (*metadata.level(), metadata.target());
    let message = fields.message.replace('\n', " ");
    match form {
        Form::Text => {
            let time = now.strftime("%Y-%m-%dT%H:%M:%SZ");
            format!("[{time} {level:<5} {target}] {message}\n")
        }
        Form::Stream => format!("<{}>{message}\n", priority(level)),
        Form::Json => {
            let mut object = Map::new();
            object.insert("time".to_owned(), format!("{now:.6}").into());
            object.insert("level".to_owned(), level.as_str().to_lowercase().into());
            object.insert("module".to_owned(), target.into());
            object.insert("message".to_owned(), fields.message.into());
            object.extend(fields.others);
            format!("{}\n", Value::Object(object))
        }
    }
}

/// As syslog has it.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    /// The fields for JSON: there the journal's names are short.
    others: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        let name = field.name();
        // Where a user of `log` logged is in the metadata.
        if name.starts_with("log.") {
            return;
        }
        if name == "message_id"
            && let Some(event) = value.as_str().and_then(events::name)
        {
            self.others.insert("event".to_owned(), event.to_lowercase().into());
        }
        let name = name.strip_prefix("nlmon_").unwrap_or(name);
        self.others.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a string does not fail, unless a value says so.
        let _ok = write!(text, "{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, value.into());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}
