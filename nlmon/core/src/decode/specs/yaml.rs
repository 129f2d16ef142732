//! A spec's text as its schema, within bounds.

use serde::Deserialize;
use serde_saphyr::{Options, UserMessageFormatter};

use super::schema::Family;
use super::{Error, Fault};

/// Most parts of a spec, those that aliases repeat included. The largest of the kernel have 20000.
const PARTS_MAX: usize = 200_000;
/// Mappings and sequences inside of each other; a spec has ten.
const DEPTH_MAX: usize = 32;

#[derive(Debug, Deserialize)]
struct Head {
    protocol: Option<String>,
}

/// Reads a spec. Its protocol comes first: those of another one have other types too.
pub(super) fn parse(text: &str) -> Result<Family, Error> {
    let Head { protocol } = read(text)?;
    match protocol.as_deref() {
        None | Some("genetlink" | "genetlink-c" | "genetlink-legacy") => read(text),
        Some("netlink-raw") => Err(Fault::OtherProtocol("netlink-raw".to_owned()).at(0)),
        Some(other) => {
            let message = format!(
                "unknown protocol {other:?}, expected genetlink, genetlink-c or genetlink-legacy"
            );
            Err(Fault::Form(message).at(0))
        }
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        Fault::Form(message(&error)).at(line)
    })
}

/// Aliases are repeated as they are read, so that a few may stand for more than fits in memory.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: PARTS_MAX,
            max_nodes: PARTS_MAX,
            max_depth: DEPTH_MAX,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: PARTS_MAX },
        strict_booleans: true,
        with_snippet: false,
    }
}

/// What the library says, in one line without the place, which stands before it.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render_with_formatter(&UserMessageFormatter);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
