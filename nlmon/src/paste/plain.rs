//! Plain hexadecimal, in whatever way the digits are grouped: `2800 0000`, `28:00:00:00`,
//! `0x28, 0x00` and C arrays of `xxd -i`. Lines that follow one another are one datagram, unless each
//! holds whole messages. An empty line ends a datagram.

use super::{Datagram, Error, Line, Sender, message_len, unhex};

/// Lines that follow one another.
#[derive(Default)]
pub(super) struct Block {
    lines: Vec<(usize, Vec<u8>)>,
}

impl Block {
    /// Adds the bytes of a line.
    pub(super) fn line(&mut self, line: Line<'_>) -> Result<(), Error> {
        let text = line.without_time();
        if is_declaration(text.trim()) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || c == ',') {
            bytes.extend(self::bytes(line, word)?);
        }
        self.lines.push((line.number, bytes));
        Ok(())
    }

    /// The datagrams of these lines.
    pub(super) fn datagrams(self) -> Vec<Datagram> {
        if self.lines.iter().all(|(_, bytes)| is_whole(bytes)) {
            return self.lines.into_iter().map(|(line, bytes)| datagram(line, bytes)).collect();
        }
        let first = self.lines.first().map_or(0, |(line, _)| *line);
        let bytes = self.lines.into_iter().flat_map(|(_, bytes)| bytes).collect();
        vec![datagram(first, bytes)]
    }
}

fn datagram(line: usize, bytes: Vec<u8>) -> Datagram {
    Datagram { line, protocol: None, sender: Sender::Unknown, len: bytes.len(), bytes }
}

/// Of an array in C, what is not its bytes.
fn is_declaration(text: &str) -> bool {
    matches!(text, "{" | "}" | "};") || text.starts_with("unsigned ") || text.ends_with("= {")
}

/// Whether the bytes are messages up to their end.
fn is_whole(mut bytes: &[u8]) -> bool {
    while let Some(len) = message_len(bytes).filter(|len| *len <= bytes.len()) {
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        if bytes.is_empty() {
            return true;
        }
    }
    false
}

/// The bytes of a word: digits, with or without `0x`, or pairs of digits with `:` or `-` between.
fn bytes(line: Line<'_>, word: &str) -> Result<Vec<u8>, Error> {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    if let Some(digit) = digits.filter(|digits| digits.len() == 1) {
        return unhex(&format!("0{digit}")).ok_or_else(|| wrong(line, digit));
    }
    let digits = digits.unwrap_or(word);
    let mut bytes = Vec::new();
    for part in digits.split([':', '-']) {
        bytes.extend(unhex(part).ok_or_else(|| wrong(line, part))?);
    }
    Ok(bytes)
}

/// Says which character is no digit, or that one is missing.
fn wrong(line: Line<'_>, part: &str) -> Error {
    match part.find(|c: char| !c.is_ascii_hexdigit()) {
        Some(at) => {
            let found = part[at..].chars().next().unwrap_or_default();
            line.error(&part[at..], format!("{found:?} is no hexadecimal digit"))
        }
        None => line.error(
            part,
            format!("{} digits are no whole bytes: one is missing or too many", part.len()),
        ),
    }
}
