//! Bytes of an attribute that holds no others, as a [`Value`]. Nothing here knows a name.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::attribute::Value;
use super::names::{Table, name_or_number};
use super::printable;

pub(super) const AF_INET: u16 = 2;
pub(super) const AF_INET6: u16 = 10;
/// `AF_MPLS`: an address of this family is a label.
const AF_MPLS: u16 = 28;

/// The number in `bytes`, if they are as many as a number has.
pub(super) fn number(bytes: &[u8], big_endian: bool) -> Option<u64> {
    let little = cfg!(target_endian = "little") != big_endian;
    let mut widened = [0; 8];
    match bytes.len() {
        len @ (1 | 2 | 4 | 8) if little => widened[..len].copy_from_slice(bytes),
        len @ (1 | 2 | 4 | 8) => widened[8 - len..].copy_from_slice(bytes),
        _ => return None,
    }
    Some(if little { u64::from_le_bytes(widened) } else { u64::from_be_bytes(widened) })
}

/// A number, or the bytes in hexadecimal.
pub(super) fn unsigned(bytes: &[u8], big_endian: bool) -> Option<Value> {
    if bytes.is_empty() {
        return None;
    }
    Some(number(bytes, big_endian).map_or_else(|| hex(bytes), Value::Number))
}

/// A number with a sign.
pub(super) fn signed(bytes: &[u8], big_endian: bool) -> Option<Value> {
    let Some(number) = number(bytes, big_endian) else { return unsigned(bytes, big_endian) };
    let unused_bits = 64 - 8 * u32::try_from(bytes.len()).unwrap_or(8).min(8);
    let value = (number << unused_bits).cast_signed() >> unused_bits;
    Some(u64::try_from(value).map_or(Value::Negative(value), Value::Number))
}

/// A number, or the word that says that there is no limit.
pub(super) fn limit(word: &'static str, bytes: &[u8]) -> Option<Value> {
    let unlimited = bytes.len() > 1 && bytes.iter().all(|&byte| byte == u8::MAX);
    if unlimited { Some(Value::Text(word.into())) } else { unsigned(bytes, false) }
}

/// The word for a number.
pub(super) fn word(table: Table, bytes: &[u8], big_endian: bool) -> Option<Value> {
    match number(bytes, big_endian).map(u32::try_from) {
        Some(Ok(number)) => Some(Value::Text(name_or_number(table, number))),
        _ => unsigned(bytes, big_endian),
    }
}

/// The names of the bits that are set, and those without a name as one number; 0 for none.
pub(super) fn bits(table: &[(u32, &'static str)], bytes: &[u8], big_endian: bool) -> Option<Value> {
    let Some(mut rest) = number(bytes, big_endian) else { return unsigned(bytes, big_endian) };
    // All of them at once is how a message says that it does not say which.
    if rest == u64::from(u32::MAX) {
        return Some(text(format!("{rest:#x}")));
    }
    let mut names: Vec<Cow<'static, str>> = Vec::new();
    for &(bits, name) in table {
        if rest & u64::from(bits) != 0 {
            rest &= !u64::from(bits);
            names.push(name.into());
        }
    }
    if rest != 0 {
        names.push(format!("{rest:#x}").into());
    }
    Some(if names.is_empty() { text("0".to_owned()) } else { text(names.join(",")) })
}

/// An IPv4 or IPv6 address, by its length.
pub(super) fn ip(bytes: &[u8], family: u16) -> Option<Value> {
    match *bytes {
        [_, _, _, _, ..] if family == AF_MPLS => labels(bytes),
        [a, b, c, d] => Some(text(Ipv4Addr::new(a, b, c, d).to_string())),
        [] => None,
        _ => Some(ipv6(bytes).unwrap_or_else(|| hex(bytes))),
    }
}

/// Labels of MPLS: the upper 20 bits of each word. One is a number, several are joined.
pub(super) fn labels(bytes: &[u8]) -> Option<Value> {
    let (words, []) = bytes.as_chunks::<4>() else { return unsigned(bytes, true) };
    let label = |word: &[u8; 4]| u32::from_be_bytes(*word) >> 12;
    match words {
        [] => None,
        [one] => Some(Value::Number(label(one).into())),
        _ => {
            let labels = words.iter().map(|word| label(word).to_string());
            Some(text(labels.collect::<Vec<_>>().join("/")))
        }
    }
}

/// Realms of a route: `from/to`, or the one to which it leads.
pub(super) fn realms(bytes: &[u8]) -> Option<Value> {
    let Some(number) = number(bytes, false) else { return unsigned(bytes, false) };
    Some(match (number >> 16, number & 0xffff) {
        (0, to) => Value::Number(to),
        (from, to) => text(format!("{from}/{to}")),
    })
}

/// `xfrm_address_t` and its like: sixteen bytes, of which IPv4 uses the first four.
pub(super) fn long_ip(bytes: &[u8], family: u16) -> Option<Value> {
    let Some((first, rest)) = bytes.split_first_chunk::<4>() else { return unsigned(bytes, true) };
    let short = match family {
        AF_INET => true,
        AF_INET6 => false,
        _ => rest.iter().all(|&byte| byte == 0),
    };
    if short { Some(text(Ipv4Addr::from(*first).to_string())) } else { ip(bytes, family) }
}

/// A socket's address and port.
pub(super) fn socket_address(bytes: &[u8]) -> Option<Value> {
    let port = number(bytes.get(2..4)?, true)?;
    let ip = match number(bytes.get(..2)?, false).and_then(|family| u16::try_from(family).ok())? {
        AF_INET => ip(bytes.get(4..8)?, AF_INET)?,
        AF_INET6 => text(format!("[{}]", ip(bytes.get(8..24)?, AF_INET6)?)),
        _ => return unsigned(bytes, false),
    };
    Some(text(format!("{ip}:{port}")))
}

/// A link layer address; that of a tunnel is an IP address.
pub(super) fn link_address(bytes: &[u8], family: u16) -> Option<Value> {
    match bytes.len() {
        0 => None,
        4 | 16 => ip(bytes, family),
        _ => Some(text(printable::link_address(bytes))),
    }
}

/// A link layer address of six bytes, or of twenty (InfiniBand) if more than six are in use.
pub(super) fn padded_link_address(bytes: &[u8]) -> Value {
    const ETHERNET: usize = 6;
    const INFINIBAND: usize = 20;
    let used = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let len = if used > ETHERNET { INFINIBAND } else { ETHERNET };
    text(printable::link_address(bytes.get(..len).unwrap_or(bytes)))
}

/// A handle of traffic control, as `tc` prints it.
pub(super) fn handle(bytes: &[u8]) -> Option<Value> {
    let Some(number) = number(bytes, false) else { return unsigned(bytes, false) };
    Some(text(match number {
        0 => "none".to_owned(),
        0xffff_ffff => "root".to_owned(),
        0xffff_fff1 => "ingress".to_owned(),
        _ => match (number >> 16, number & 0xffff) {
            (major, 0) => format!("{major:x}:"),
            (major, minor) => format!("{major:x}:{minor:x}"),
        },
    }))
}

/// A handle of the filter `u32`, as `tc` prints it: what is 0 at the end is left out.
pub(super) fn hash_handle(bytes: &[u8]) -> Option<Value> {
    let Some(number) = number(bytes, false) else { return unsigned(bytes, false) };
    Some(text(match (number >> 20, (number >> 12) & 0xff, number & 0xfff) {
        (0, 0, 0) => "none".to_owned(),
        (table, 0, 0) => format!("{table:x}:"),
        (table, bucket, 0) => format!("{table:x}:{bucket:x}:"),
        (table, bucket, node) => format!("{table:x}:{bucket:x}:{node:x}"),
    }))
}

/// A text, up to its first NUL. One that begins with a NUL is a name of an abstract Unix socket,
/// which `ss` shows with an `@`.
pub(super) fn c_string(bytes: &[u8]) -> Value {
    match bytes {
        [0, rest @ ..] if rest.first().is_some_and(|&first| first != 0) => {
            text(format!("@{}", printable::escape(rest)))
        }
        _ => text(printable::c_string(bytes)),
    }
}

/// Bytes in base64, as RFC 4648 has it.
pub(super) fn base64(bytes: &[u8]) -> Option<Value> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=group.len()].copy_from_slice(group);
        let word = u32::from_be_bytes(word);
        for place in 0..4 {
            let digit = usize::try_from(word >> (18 - 6 * place) & 0x3f).unwrap_or_default();
            encoded.push(if place <= group.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    (!encoded.is_empty()).then(|| text(encoded))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> Value {
    text(printable::hex(bytes))
}

fn ipv6(bytes: &[u8]) -> Option<Value> {
    let octets: [u8; 16] = bytes.try_into().ok()?;
    Some(text(Ipv6Addr::from(octets).to_string()))
}

fn text(text: String) -> Value {
    Value::Text(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Option<Value>) -> String {
        value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
    }

    #[test]
    fn numbers_are_as_wide_as_their_bytes() {
        assert_eq!(shown(unsigned(&[7], false)), "7");
        assert_eq!(shown(unsigned(&0x1234_u16.to_ne_bytes(), false)), "4660");
        assert_eq!(shown(unsigned(&0x1234_u16.to_be_bytes(), true)), "4660");
        assert_eq!(shown(unsigned(&u64::MAX.to_ne_bytes(), false)), "18446744073709551615");
        assert_eq!(shown(unsigned(&[1, 2, 3], false)), "010203");
        assert_eq!(shown(unsigned(&[], false)), "nothing");
        assert_eq!(shown(signed(&(-2_i16).to_ne_bytes(), false)), "-2");
        assert_eq!(shown(signed(&(-150_i32).to_be_bytes(), true)), "-150");
        assert_eq!(shown(signed(&2_i32.to_ne_bytes(), false)), "2");
        assert_eq!(shown(signed(&i64::MIN.to_ne_bytes(), false)), i64::MIN.to_string());
    }

    #[test]
    fn unknown_words_and_bits_stay_numbers() {
        assert_eq!(shown(word(&[(1, "one")], &[1], false)), "one");
        assert_eq!(shown(word(&[(1, "one")], &[2], false)), "2");
        let table = &[(1, "a"), (4, "c")];
        assert_eq!(shown(bits(table, &[5], false)), "a,c");
        assert_eq!(shown(bits(table, &[0xf4], false)), "c,0xf0");
        assert_eq!(shown(bits(table, &[0], false)), "0");
    }

    #[test]
    fn addresses_are_known_by_their_length() {
        assert_eq!(shown(ip(&[192, 0, 2, 1], 2)), "192.0.2.1");
        assert_eq!(shown(ip(&[0, 0x06, 0x41, 0], AF_MPLS)), "100");
        let mut six = [0; 16];
        six[15] = 1;
        assert_eq!(shown(ip(&six, 10)), "::1");
        assert_eq!(shown(ip(&[1, 2, 3], 2)), "010203");
        six = [0; 16];
        six[..4].copy_from_slice(&[192, 0, 2, 1]);
        assert_eq!(shown(long_ip(&six, 0)), "192.0.2.1");
        assert_eq!(shown(long_ip(&six, AF_INET6)), "c000:201::");
        assert_eq!(shown(link_address(&[2, 0, 0, 0, 0, 1], 0)), "02:00:00:00:00:01");
    }

    #[test]
    fn a_socket_has_an_address_and_a_port() {
        let four = [&2u16.to_ne_bytes()[..], &[0, 80, 192, 0, 2, 1, 0, 0]].concat();
        assert_eq!(shown(socket_address(&four)), "192.0.2.1:80");
        let six = [&10u16.to_ne_bytes()[..], &[0, 80, 0, 0, 0, 0], &[0; 15], &[1]].concat();
        assert_eq!(shown(socket_address(&six)), "[::1]:80");
        assert_eq!(shown(socket_address(&four[..7])), "nothing");
    }

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, expected) in [
            ("", "nothing"),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(shown(base64(bytes.as_bytes())), expected);
        }
    }

    #[test]
    fn numbers_of_two_halves_are_shown_as_such() {
        assert_eq!(shown(realms(&0x00fa_00fe_u32.to_ne_bytes())), "250/254");
        assert_eq!(shown(realms(&3_u32.to_ne_bytes())), "3");
        assert_eq!(shown(labels(&[0, 0x06, 0x40, 0, 0, 0x0c, 0x81, 0])), "100/200");
        assert_eq!(shown(hash_handle(&0x8000_1800_u32.to_ne_bytes())), "800:1:800");
        assert_eq!(shown(limit("forever", &[255; 4])), "forever");
        assert_eq!(shown(limit("forever", &7_u32.to_ne_bytes())), "7");
    }

    #[test]
    fn handles_are_those_of_tc() {
        let of = |number: u32| shown(handle(&number.to_ne_bytes()));
        assert_eq!(of(0x0001_0010), "1:10");
        assert_eq!(of(0x8001_0000), "8001:");
        assert_eq!(of(u32::MAX), "root");
    }
}
