//! Bytes from the wire as text that is safe on a terminal and bounded in length. Interface names,
//! payloads and kernel texts are all chosen by somebody else.

use std::fmt::Write as _;

/// Most bytes of a message that are shown in hexadecimal.
pub const HEX_MAX: usize = 64;
/// Most bytes of a text that are shown.
pub const TEXT_MAX: usize = 256;

/// The first [`HEX_MAX`] bytes in hexadecimal; `..` says that there are more.
pub fn hex(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(HEX_MAX)];
    let mut text = String::with_capacity(2 * shown.len() + 2);
    for byte in shown {
        // Writing to a String cannot fail.
        let _ok = write!(text, "{byte:02x}");
    }
    if bytes.len() > shown.len() {
        text.push_str("..");
    }
    text
}

/// A link layer address: `02:00:00:00:00:01`.
pub fn link_address(bytes: &[u8]) -> String {
    let octets: Vec<_> = bytes.iter().take(HEX_MAX).map(|byte| format!("{byte:02x}")).collect();
    octets.join(":")
}

/// A C string: up to its first NUL, escaped.
pub fn c_string(bytes: &[u8]) -> String {
    escape(bytes.split(|&byte| byte == 0).next().unwrap_or_default())
}

/// Text between quotes, with one final NUL left out.
pub fn quoted(bytes: &[u8]) -> String {
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    format!("\"{}\"", escape(text).replace('"', "\\\""))
}

/// Bytes as text: control characters, backslashes and invalid UTF-8 escaped, cut at [`TEXT_MAX`].
pub fn escape(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(TEXT_MAX)];
    let mut text = String::with_capacity(shown.len());
    for chunk in shown.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_escaped(&mut text, c));
        for byte in chunk.invalid() {
            let _ok = write!(text, "\\x{byte:02x}");
        }
    }
    if bytes.len() > shown.len() {
        text.push_str("..");
    }
    text
}

fn push_escaped(text: &mut String, c: char) {
    if c == '\\' {
        text.push_str("\\\\");
    } else if c.is_control() || is_direction_mark(c) {
        text.extend(c.escape_default());
    } else {
        text.push(c);
    }
}

/// Characters that print nothing and reorder what is printed around them.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_bounded() {
        assert_eq!(hex(&[0, 0xff]), "00ff");
        assert_eq!(hex(&[1; 65]).len(), 2 * HEX_MAX + 2);
    }

    #[test]
    fn nothing_reaches_the_terminal_unescaped() {
        assert_eq!(escape(b"a\x1b[31m\n\xff\\"), "a\\u{1b}[31m\\n\\xff\\\\");
        assert_eq!(escape("\u{202e}x".as_bytes()), "\\u{202e}x");
        assert_eq!(quoted(b"say \"hi\"\0"), "\"say \\\"hi\\\"\"");
        assert_eq!(c_string(b"eth0\0junk"), "eth0");
        assert!(escape(&[b'a'; 1000]).len() <= TEXT_MAX + 2);
    }
}
