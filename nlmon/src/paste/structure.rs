//! Messages that strace shows as a structure: `{nlmsg_len=20, nlmsg_type=nlctrl, ...}`. Of those whose
//! payload strace prints as a string, or as the error and the request that it answers, the bytes can
//! be made again. Of any other the bytes are not in the text.

use nlmon_core::decode::names;
use nlmon_core::message::{HEADER_BYTES, Header};

use super::strace::string_at;
use super::{Error, Line};

/// `NLM_F_`: flags with the same value have the names that strace gives them by type.
const FLAGS: [(&str, u16); 18] = [
    ("REQUEST", 1),
    ("MULTI", 2),
    ("ACK", 4),
    ("ECHO", 8),
    ("DUMP_INTR", 0x10),
    ("DUMP_FILTERED", 0x20),
    ("ROOT", 0x100),
    ("MATCH", 0x200),
    ("ATOMIC", 0x400),
    ("DUMP", 0x300),
    ("REPLACE", 0x100),
    ("EXCL", 0x200),
    ("CREATE", 0x400),
    ("APPEND", 0x800),
    ("NONREC", 0x100),
    ("BULK", 0x200),
    ("CAPPED", 0x100),
    ("ACK_TLVS", 0x200),
];

/// Whether a buffer begins with such a message.
pub(super) fn is_one(buffer: &str) -> bool {
    buffer.trim_start_matches(['[', '{']).starts_with("nlmsg_len=")
}

/// The bytes of each message and its whole length, as long as they can be made.
pub(super) fn messages(
    line: Line<'_>,
    protocol: Option<u8>,
    mut buffer: &str,
) -> Result<Option<Vec<Found>>, Error> {
    let mut all = Vec::new();
    loop {
        let Some((bytes, len, rest)) = message(line, protocol, buffer, true)? else {
            return Ok(None);
        };
        all.push((bytes, len));
        match rest.strip_prefix("], ").filter(|next| is_one(next)) {
            Some(next) => buffer = next,
            None => return Ok(Some(all)),
        }
    }
}

/// The bytes of a message, and its whole length.
type Found = (Vec<u8>, usize);

/// The same, and what is behind it.
type Made<'a> = Option<(Vec<u8>, usize, &'a str)>;

/// One message. A request that an error quotes quotes none itself: however often a text nests them,
/// this goes one level down.
fn message<'a>(
    line: Line<'_>,
    protocol: Option<u8>,
    text: &'a str,
    may_quote: bool,
) -> Result<Made<'a>, Error> {
    let Some((header, rest)) = header(protocol, text) else { return Ok(None) };
    let len = usize::try_from(header.len).unwrap_or(usize::MAX);
    let mut bytes = header.to_bytes().to_vec();
    let behind = match rest.strip_prefix(", ") {
        Some(string) if string.starts_with('"') => {
            let (payload, _cut, behind) = string_at(line, string)?;
            bytes.extend(payload);
            behind.trim_start_matches('.')
        }
        Some(error) if may_quote && error.starts_with("{error=") => {
            let Some((errno, rest)) = errno(&error["{error=".len()..]) else { return Ok(None) };
            bytes.extend(errno.to_ne_bytes());
            let Some(request) = rest.strip_prefix(", msg=") else { return Ok(None) };
            let Some((request, _len, behind)) = message(line, protocol, request, false)? else {
                return Ok(None);
            };
            bytes.extend(request);
            behind.trim_start_matches([']', '}'])
        }
        Some(end) if !is_one(end) && len == HEADER_BYTES + 4 => {
            let Some((errno, behind)) = errno(end) else { return Ok(None) };
            bytes.extend(errno.to_ne_bytes());
            behind
        }
        _ if len == HEADER_BYTES => rest,
        _ => return Ok(None),
    };
    // More bytes than the header says are there all the same.
    let len = len.max(bytes.len());
    Ok(Some((bytes, len, behind)))
}

/// A header, and what is behind it.
fn header(protocol: Option<u8>, text: &str) -> Option<(Header, &str)> {
    let text = text.trim_start_matches('[').strip_prefix('{')?;
    let (fields, rest) = text.split_once('}')?;
    let field = |name: &str| {
        let parts = fields.split(", ").find_map(|field| field.strip_prefix(name));
        parts.and_then(|rest| rest.strip_prefix('='))
    };
    // A port id is shown with a sign.
    let number = |name| field(name)?.parse::<i64>().ok().map(|n| u32::try_from(n & 0xffff_ffff));
    let header = Header {
        len: number("nlmsg_len")?.ok()?,
        message_type: message_type(protocol, field("nlmsg_type")?)?,
        flags: flags(field("nlmsg_flags")?)?,
        seq: number("nlmsg_seq")?.ok()?,
        portid: number("nlmsg_pid")?.ok()?,
    };
    Some((header, rest))
}

fn message_type(protocol: Option<u8>, text: &str) -> Option<u16> {
    let word = text.split(' ').next()?;
    if let Some(digits) = word.strip_prefix("0x") {
        return u16::from_str_radix(digits, 16).ok();
    }
    names::parse_message_type(protocol?, word)
}

fn flags(text: &str) -> Option<u16> {
    let one = |word: &str| match word.strip_prefix("NLM_F_") {
        Some(name) => FLAGS.iter().find(|(known, _)| *known == name).map(|(_, bits)| *bits),
        None => u16::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok(),
    };
    text.split('|').map(one).try_fold(0, |all, bits| Some(all | bits?))
}

/// `-ENOENT` or `0`, and what is behind it.
fn errno(text: &str) -> Option<(i32, &str)> {
    let end = text.find([',', ']', '}', ')'])?;
    let (word, rest) = text.split_at(end);
    let number = match word.strip_prefix('-').filter(|name| name.starts_with('E')) {
        Some(name) => names::parse_errno(name)?.checked_neg()?,
        None => word.parse().ok()?,
    };
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "nlmsg_type=0x2, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0";

    fn read(text: &str) -> Option<Vec<Found>> {
        messages(Line { number: 1, text }, Some(0), text).unwrap()
    }

    #[test]
    fn a_message_is_as_long_as_what_is_shown_of_it() {
        let text = format!("[{{nlmsg_len=18, {HEADER}}}, \"abcdef\"]");
        let found = read(&text).unwrap();
        assert_eq!((found[0].0.len(), found[0].1), (22, 22));
    }

    #[test]
    fn errors_within_errors_are_no_messages() {
        let one = format!("{{nlmsg_len=36, {HEADER}}}, {{error=0, msg=");
        assert_eq!(read(&one.repeat(100_000)), None);
    }
}
