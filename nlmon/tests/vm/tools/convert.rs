//! Whether a tool's value and an attribute's are the same: by default as numbers, as addresses or as
//! words whatever their case; else after the conversion that the map names.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use nlmon_core::decode::attribute::Attribute;
use serde_json::Value;

/// Indexes of interfaces by name.
pub(super) type Interfaces = BTreeMap<String, u64>;

/// Compares by a conversion.
pub(super) fn same(
    conversion: &str,
    tool: &Value,
    attribute: &Attribute,
    interfaces: &Interfaces,
) -> bool {
    let shown = shown(attribute);
    let (name, argument) = conversion.split_once(' ').unwrap_or((conversion, ""));
    match name {
        "" => plain(tool, &shown),
        "bit" => is_on(tool) == listed(&shown).contains(&word(argument)),
        "has" => listed(&shown).contains(&word(&text(tool))),
        "nobit" => is_on(tool) != listed(&shown).contains(&word(argument)),
        "mask" => {
            let mask = integer(argument).unwrap_or_default();
            integer(&shown).is_some_and(|number| is_on(tool) == (number & mask != 0))
        }
        "index" => index(tool, &shown, interfaces),
        "prefix" => plain(&Value::from(text(tool).split('/').next().unwrap_or_default()), &shown),
        "flags" => flags(tool) == flags(&Value::from(shown.as_str())),
        "members" => {
            // In order: what an array means is often by the place in it.
            let inside: Vec<_> = attribute.attributes.iter().map(self::shown).collect();
            let items = tool.as_array().map_or(&[][..], Vec::as_slice);
            items.len() == inside.len() && items.iter().zip(&inside).all(|(a, b)| plain(a, b))
        }
        "forever" => plain(tool, if shown == "forever" { "4294967295" } else { &shown }),
        "bits" => bits(tool, &shown, argument),
        "root" => is_on(tool) == (shown == "root"),
        "after" => shown.split(argument).last().is_some_and(|last| plain(tool, last)),
        "bridgeid" => text(tool)
            .split_once('.')
            .is_some_and(|(prio, _)| integer(&format!("0x{prio}")) == integer(&shown)),
        "bridgeaddr" => text(tool).split_once('.').is_some_and(|(_, a)| bytes(a) == bytes(&shown)),
        "len" => {
            let text = text(tool);
            let full = if text.contains(':') { "128" } else { "32" };
            shown == text.split_once('/').map_or(full, |parts| parts.1)
        }
        "x" | "/" | "+" => scaled(name, argument, tool, &shown),
        "is" => {
            argument.split(',').any(|pair| {
                let (tool_word, other) = pair.split_once('=').unwrap_or((pair, pair));
                text(tool) == tool_word && shown == other
            }) || plain(tool, &shown)
        }
        "rest" => {
            let all = argument.parse::<f64>().unwrap_or_default();
            let part = text(tool).parse::<f64>().map(|part| Value::from(1.0 - part));
            part.is_ok_and(|part| scaled("x", &all.to_string(), &part, &shown))
        }
        "fh" => handle(tool, &shown),
        "before" => shown.split(argument).next().is_some_and(|first| plain(tool, first)),
        "until" => {
            let end = text(tool).split(argument).next().unwrap_or_default().to_owned();
            plain(&Value::from(end), &shown)
        }
        "hex" => {
            integer(&format!("0x{}", text(tool).trim_start_matches("0x"))) == integer(&shown)
                || text(tool).replace([':', ' '], "").eq_ignore_ascii_case(&shown.replace(':', ""))
        }
        _ => panic!("no conversion {conversion}"),
    }
}

/// Whether a tool's value says something: nothing, zero and false are also what a reader of the wrong
/// place often finds.
pub(super) fn is_telling(tool: &Value) -> bool {
    match tool {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.trim(), "" | "0" | "0.00" | "0x0" | "off" | "none"),
        Value::Array(items) => items.iter().any(is_telling),
        _ => true,
    }
}

/// An attribute's value as text.
pub(super) fn shown(attribute: &Attribute) -> String {
    attribute.value.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn plain(tool: &Value, shown: &str) -> bool {
    match tool {
        Value::Null => !matches!(shown, "0" | "false"),
        Value::Bool(on) => match integer(shown) {
            Some(number) => *on == (number != 0),
            None => *on == !matches!(shown, "false" | "off" | "disabled"),
        },
        Value::Array(_) => words(tool) == listed(shown),
        _ => {
            let tool = text(tool);
            let numbers = integer(&tool).zip(integer(shown));
            let address = |text: &str| text.parse::<IpAddr>().ok();
            numbers.is_some_and(|(a, b)| a == b)
                || address(&tool).zip(address(shown)).is_some_and(|(a, b)| a == b)
                || word(&tool) == word(shown)
                || tool.parse::<Ipv4Addr>().is_ok_and(|ip| shown == ip.to_bits().to_string())
                || (matches!(tool.as_str(), "any" | "all") && matches!(shown, "0.0.0.0" | "::"))
                || matches!((tool.as_str(), shown), ("on" | "true", "1") | ("off" | "false", "0"))
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_on(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "off" | "false" | "no" | ""),
        _ => true,
    }
}

fn word(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', "-")
}

fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| word(&text(item))).collect(),
        _ => listed(&text(value)),
    }
}

fn listed(shown: &str) -> BTreeSet<String> {
    shown.split([',', '|', '/']).filter(|w| !matches!(*w, "0" | "")).map(word).collect()
}

fn integer(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The tool's number times `x`, or divided by, or plus what the map says.
fn scaled(how: &str, argument: &str, tool: &Value, shown: &str) -> bool {
    let text = text(tool);
    let (Ok(tool), Ok(by), Ok(shown)) =
        (text.trim().parse::<f64>(), argument.parse::<f64>(), shown.parse::<f64>())
    else {
        return false;
    };
    let expected = match how {
        "x" => tool * by,
        "/" => return (tool - (shown / by)).abs() < 1.0,
        _ => tool + by,
    };
    (expected - shown).abs() <= expected.abs() * 1e-6 + 0.5
}

fn index(tool: &Value, shown: &str, interfaces: &Interfaces) -> bool {
    let name = text(tool);
    match (tool, shown) {
        (Value::Null, _) => return shown == "0",
        (_, "-1") => return name == "all",
        (_, "-2") => return name == "default",
        (_, "all" | "default") => return name == shown,
        _ => {}
    }
    let found = interfaces.get(&name).copied().or_else(|| name.strip_prefix("if")?.parse().ok());
    found.is_some_and(|index| shown == index.to_string())
}

/// The flags of a link: `ip` leaves out one, and says that there is no carrier.
fn flags(value: &Value) -> BTreeSet<String> {
    let mut flags = words(value);
    flags.retain(|flag| !matches!(flag.as_str(), "running" | "no-carrier" | "m-down"));
    flags
}

/// The bytes of an address: in a bridge's ID, `ip` prints them without leading zeros.
fn bytes(address: &str) -> Vec<Option<u8>> {
    address.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

/// Some bits of a number: the place of the lowest one, and how many.
fn bits(tool: &Value, shown: &str, argument: &str) -> bool {
    let part = || {
        let (place, count) = argument.split_once(' ')?;
        let (place, count) = (place.parse::<u32>().ok()?, count.parse::<u32>().ok()?);
        Some((integer(shown)? >> place) & ((1 << count) - 1))
    };
    part().is_some_and(|part| integer(&text(tool)) == Some(part))
}

/// A handle of `u32`, `TABLE:BUCKET:NODE` in hexadecimal, and the number that it is.
fn handle(tool: &Value, shown: &str) -> bool {
    let parts = text(tool);
    let mut parts = parts.split(':').map(|part| u32::from_str_radix(part, 16).unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    let number = part() << 20 | part() << 12 | part();
    shown == number.to_string() || plain(tool, shown)
}
