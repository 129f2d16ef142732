//! Lines of strace: the calls that send or receive, with their bytes as a C string (`-xx`, or octal
//! as by default), or in a dump below the call (`-e read=all -e write=all`). Which socket is of which
//! protocol is learnt from `socket()` and from what `-yy` says of a descriptor. A message that strace
//! has decoded itself has no bytes in its line: that is a remark.

use std::collections::BTreeMap;

use nlmon_core::decode::names;

use super::{Datagram, Error, Line, Sender, message_len, structure};

/// Calls that bring a datagram, and whether the process sends it.
const CALLS: [(&str, bool); 12] = [
    ("sendto", true),
    ("send", true),
    ("sendmsg", true),
    ("sendmmsg", true),
    ("write", true),
    ("writev", true),
    ("recvfrom", false),
    ("recv", false),
    ("recvmsg", false),
    ("recvmmsg", false),
    ("read", false),
    ("readv", false),
];

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Descriptor {
    /// A netlink socket, of this protocol if that is known.
    Netlink(Option<u8>),
    /// Something else.
    Other,
}

/// The call of the last line.
#[derive(Clone, Debug)]
struct Call {
    line: usize,
    descriptor: Descriptor,
    sender: Sender,
    /// It has several messages, each with buffers of its own.
    many: bool,
    /// It only looks at what the next call receives.
    peeks: bool,
    /// How many datagrams its strings were.
    strings: usize,
    /// The number of the buffer that is dumped below it.
    buffer: usize,
}

/// What the lines so far tell.
#[derive(Default)]
pub(super) struct Trace {
    /// By process and number.
    sockets: BTreeMap<(u32, u32), Descriptor>,
    /// The process of this line, where there are several.
    process: u32,
    call: Option<Call>,
    /// Lines of messages that strace has decoded itself, and whose bytes are not below them.
    decoded: Vec<usize>,
}

/// What becomes of a dump below a call.
pub(super) enum Below {
    /// It is no netlink message.
    Nothing,
    /// It is a datagram, in the place of so many that the call's strings were.
    Datagram(Datagram, usize),
    /// It is more of the datagram before.
    More(Vec<u8>),
}

impl Trace {
    /// Reads a line, if it is one of strace, or a string in C.
    pub(super) fn line(&mut self, line: Line<'_>) -> Result<Option<Vec<Datagram>>, Error> {
        let text = line.text.trim();
        if let Some(string) = bare_string(text) {
            let (bytes, _cut, rest) = string_at(line, string)?;
            if !matches!(rest.trim_matches([',', ';', ')', ' ']), "" | "\\") {
                return Err(line.error(rest, "there is more behind the string"));
            }
            let len = bytes.len();
            let (protocol, sender) = (None, Sender::Unknown);
            return Ok(Some(vec![Datagram { line: line.number, protocol, sender, bytes, len }]));
        }
        if let Some(buffer) = buffer_number(text) {
            if let Some(call) = &mut self.call {
                call.buffer = buffer;
            }
            return Ok(Some(Vec::new()));
        }
        if ["+++ ", "--- ", "strace: "].iter().any(|start| text.contains(start)) {
            return Ok(Some(Vec::new()));
        }
        let Some((name, arguments)) = call(text) else { return Ok(None) };
        self.call = None;
        self.process = process(text);
        if let Some((_, sends)) = CALLS.iter().find(|(known, _)| *known == name) {
            return self.transfer(line, name, *sends, arguments).map(Some);
        }
        self.learn(name, arguments);
        Ok(Some(Vec::new()))
    }

    /// What a dump below the last call is.
    pub(super) fn below(&mut self, mut dump: Datagram) -> Below {
        let Some(call) = &mut self.call else { return Below::Datagram(dump, 0) };
        let Descriptor::Netlink(protocol) = call.descriptor else { return Below::Nothing };
        if call.peeks {
            return Below::Nothing;
        }
        if call.buffer > 0 && !call.many {
            return Below::More(dump.bytes);
        }
        let line = call.line;
        self.decoded.retain(|decoded| *decoded != line);
        (dump.protocol, dump.sender) = (protocol, call.sender);
        Below::Datagram(dump, std::mem::take(&mut call.strings))
    }

    /// What was passed over.
    pub(super) fn remarks(&self) -> Vec<String> {
        let Some(first) = self.decoded.first() else { return Vec::new() };
        let others = match self.decoded.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more like it)"),
        };
        vec![format!(
            "line {first}{others}: strace has decoded this message itself, so its bytes are not \
             here: let strace print them with -e read=all -e write=all"
        )]
    }

    /// Which descriptor is a socket of which protocol.
    fn learn(&mut self, name: &str, arguments: &str) {
        let result = arguments.rsplit_once(" = ").map(|(_, result)| result);
        match name {
            "open" | "openat" | "accept" | "accept4" => {
                if let Some(number) = result.and_then(leading_number) {
                    self.sockets.insert((self.process, number), Descriptor::Other);
                }
            }
            "socket" => {
                let Some(number) = result.and_then(leading_number) else { return };
                let mut words = arguments.split([',', ')']).map(str::trim);
                let is_netlink = matches!(words.next(), Some("AF_NETLINK" | "0x10"));
                let protocol = words.nth(1).and_then(protocol);
                let socket =
                    if is_netlink { Descriptor::Netlink(protocol) } else { Descriptor::Other };
                self.sockets.insert((self.process, number), socket);
            }
            "close" => {
                let number = leading_number(arguments);
                number.and_then(|number| self.sockets.remove(&(self.process, number)));
            }
            _ => {}
        }
    }

    /// What the descriptor is by earlier lines: of the process itself, or of the one that it has it
    /// from, if only one thing has had this number.
    fn known(&self, arguments: &str) -> Option<Descriptor> {
        let number = leading_number(arguments)?;
        let own = self.sockets.get(&(self.process, number)).copied();
        let mut all = self.sockets.iter().filter(|((_, other), _)| *other == number);
        let first = all.next().map(|(_, descriptor)| *descriptor);
        own.or_else(|| first.filter(|first| all.all(|(_, other)| other == first)))
    }

    fn descriptor(&self, arguments: &str) -> Descriptor {
        let is_digit = |c: char| c.is_ascii_digit();
        let said = arguments.trim_start_matches(is_digit).strip_prefix('<');
        let known = self.known(arguments);
        let Some(said) = said else { return known.unwrap_or(Descriptor::Netlink(None)) };
        match said.strip_prefix("NETLINK:[").and_then(|rest| rest.split([':', ']']).next()) {
            // Before the socket is bound, this is the number of its inode.
            Some(name) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                known.unwrap_or(Descriptor::Netlink(None))
            }
            Some(name) => Descriptor::Netlink(protocol(name)),
            None => Descriptor::Other,
        }
    }

    fn transfer(
        &mut self,
        line: Line<'_>,
        name: &str,
        sends: bool,
        arguments: &str,
    ) -> Result<Vec<Datagram>, Error> {
        let descriptor = self.descriptor(arguments);
        let sender = if sends { Sender::Process } else { Sender::Other };
        let peeks = arguments.contains("MSG_PEEK");
        let many = name.ends_with("mmsg");
        let mut call =
            Call { line: line.number, descriptor, sender, many, peeks, strings: 0, buffer: 0 };
        let mut found = Vec::new();
        if let (Descriptor::Netlink(protocol), false) = (descriptor, peeks) {
            let result =
                arguments.rsplit_once(" = ").and_then(|(_, result)| leading_number(result));
            let whole = result.filter(|_| !many).and_then(|len| usize::try_from(len).ok());
            let separator = if many { "msg_hdr=" } else { "\0" };
            let datagram =
                |(bytes, len)| Datagram { line: line.number, protocol, sender, bytes, len };
            for part in arguments.split(separator) {
                found.extend(
                    self.messages(line, part, (protocol, whole))?.into_iter().map(datagram),
                );
            }
        }
        if !self.is_socket(name, arguments) {
            found.retain(|datagram| message_len(&datagram.bytes).is_some());
        }
        call.strings = found.len();
        self.call = Some(call);
        Ok(found)
    }

    /// Whether the call or its descriptor is of a socket; a file may be read and written as well.
    fn is_socket(&self, name: &str, arguments: &str) -> bool {
        self.known(arguments).is_some() || !matches!(name, "read" | "readv" | "write" | "writev")
    }

    /// The bytes of what a message is made of, and its whole length: one string, or several messages
    /// that strace shows as structures.
    fn messages(
        &mut self,
        line: Line<'_>,
        part: &str,
        (protocol, whole): (Option<u8>, Option<usize>),
    ) -> Result<Vec<(Vec<u8>, usize)>, Error> {
        let mut all = Vec::new();
        for buffer in buffers(part) {
            if structure::is_one(buffer) {
                let made = structure::messages(line, protocol, buffer)?;
                if made.is_none() {
                    self.decoded.push(line.number);
                }
                return Ok(made.unwrap_or_default());
            }
            if buffer.starts_with('"') {
                let (bytes, cut, _rest) = string_at(line, buffer)?;
                all.extend(bytes);
                if cut {
                    let len = whole.unwrap_or_default().max(all.len());
                    return Ok(vec![(all, len)]);
                }
            }
        }
        let len = all.len();
        Ok(if len == 0 { Vec::new() } else { vec![(all, len)] })
    }
}

/// What the buffers of a message begin with: behind each `iov_base=`, or the second argument.
fn buffers(part: &str) -> Vec<&str> {
    if part.contains("iov_base=") {
        return part
            .match_indices("iov_base=")
            .map(|(at, name)| &part[at + name.len()..])
            .collect();
    }
    part.split_once(", ").map(|(_, rest)| rest).into_iter().collect()
}

/// Name and arguments of a call, behind the process and the time that strace puts before it.
fn call(text: &str) -> Option<(&str, &str)> {
    if let Some((before, rest)) = text.split_once(" resumed>") {
        return before.rsplit_once("<... ").map(|(_, name)| (name, rest));
    }
    let (before, arguments) = text.split_once('(')?;
    let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
    is_name.then_some((name, arguments))
}

/// The process that strace names before a call: `[pid 812] ` or `812 `; 0 where it names none.
fn process(text: &str) -> u32 {
    let named = text.strip_prefix("[pid").map_or(text, str::trim_start);
    // A time begins with digits, too.
    let behind = named.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_process = behind.starts_with([' ', ']', '<']);
    leading_number(named).filter(|_| is_process).unwrap_or_default()
}

/// A string that stands alone, or behind `b` as in Python.
fn bare_string(text: &str) -> Option<&str> {
    let text = text.strip_prefix('b').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(text);
    text.starts_with(['"', '\'']).then_some(text)
}

/// ` * 52 bytes in buffer 0`
fn buffer_number(text: &str) -> Option<usize> {
    let (before, number) = text.strip_prefix("* ")?.split_once(" in buffer ")?;
    before.strip_suffix(" bytes")?.parse::<usize>().ok()?;
    number.parse().ok()
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

fn protocol(name: &str) -> Option<u8> {
    let name = name.strip_prefix("NETLINK_").unwrap_or(name).to_ascii_lowercase();
    match name.split_whitespace().next()? {
        "inet_diag" => Some(names::protocol::SOCK_DIAG),
        number if number.starts_with("0x") => u8::from_str_radix(&number[2..], 16).ok(),
        name => names::parse_protocol(name),
    }
}

/// The bytes of a string in C, whether `...` behind it says that it is cut, and what follows.
pub(super) fn string_at<'a>(
    line: Line<'_>,
    text: &'a str,
) -> Result<(Vec<u8>, bool, &'a str), Error> {
    let quote = text.chars().next().unwrap_or('"');
    let mut bytes = Vec::new();
    let mut rest = &text[quote.len_utf8()..];
    loop {
        let Some(c) = rest.chars().next() else {
            return Err(line.error(text, "this string has no end"));
        };
        if c == quote {
            rest = &rest[c.len_utf8()..];
            return Ok((bytes, rest.starts_with("..."), rest));
        }
        if c != '\\' {
            bytes.extend(c.to_string().bytes());
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (byte, len) = escape(&rest[1..]).ok_or_else(|| {
            line.error(rest, "this is no escape of C: \\x28, \\050, \\n and their like are")
        })?;
        bytes.push(byte);
        rest = &rest[1 + len..];
    }
}

/// The byte of an escape, of which `text` is what follows the backslash, and its length.
fn escape(text: &str) -> Option<(u8, usize)> {
    let digits = |text: &str, most: usize, base: u32| {
        text.chars().take(most).take_while(|c| c.is_digit(base)).count()
    };
    let first = text.chars().next()?;
    let plain = match first {
        'x' => {
            let len = digits(&text[1..], 2, 16);
            return u8::from_str_radix(text.get(1..=len)?, 16).ok().map(|byte| (byte, 1 + len));
        }
        '0'..='7' => {
            let len = digits(text, 3, 8);
            return u8::from_str_radix(text.get(..len)?, 8).ok().map(|byte| (byte, len));
        }
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        'v' => 0x0b,
        'f' => 0x0c,
        'a' => 0x07,
        'b' => 0x08,
        'e' => 0x1b,
        '\\' | '"' | '\'' | '?' => u8::try_from(first).ok()?,
        _ => return None,
    };
    Some((plain, 1))
}
