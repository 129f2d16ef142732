//! The netlink message header: what every part of nlmon has to read of a datagram to know what it
//! is. No payload is decoded here but an error's; a datagram comes from outside and nothing in it
//! is believed. Netlink is in the byte order of the host.

use std::ops::Range;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 16;

/// Message types that every protocol shares, `include/uapi/linux/netlink.h`.
pub mod kind {
    /// Nothing.
    pub const NOOP: u16 = 1;
    /// An acknowledgement (error 0) or an error.
    pub const ERROR: u16 = 2;
    /// The end of a dump.
    pub const DONE: u16 = 3;
    /// Data was lost.
    pub const OVERRUN: u16 = 4;
    /// The first that a protocol gives a meaning (`NLMSG_MIN_TYPE`).
    pub const FIRST: u16 = 16;
}

/// Bits of [`Header::flags`].
pub mod flag {
    /// It is a request.
    pub const REQUEST: u16 = 1;
    /// Part of a multi-part answer that [`super::kind::DONE`] ends.
    pub const MULTI: u16 = 2;
    /// An acknowledgement is asked for.
    pub const ACK: u16 = 4;
    /// The dump is inconsistent: what it lists changed meanwhile.
    pub const DUMP_INTR: u16 = 0x10;
    /// Everything is asked for: `NLM_F_ROOT | NLM_F_MATCH`.
    pub const DUMP: u16 = 0x300;
    /// Of an answer: the request is quoted without its payload.
    pub const CAPPED: u16 = 0x100;
    /// Of an answer: attributes of the extended acknowledgement follow.
    pub const ACK_TLVS: u16 = 0x200;
}

/// `struct nlmsghdr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Length of the message with this header, in bytes, without the padding behind it.
    pub len: u32,
    /// What it is; the meaning depends on the protocol.
    pub message_type: u16,
    /// Bits of [`flag`], and others by type.
    pub flags: u16,
    /// Number that an answer repeats.
    pub seq: u32,
    /// Port id, as the sender filled it in: a claim, not a fact.
    pub portid: u32,
}

impl Header {
    /// Reads the header at the start of `bytes`; `None` if they are too few.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            len: word(bytes, 0)?,
            message_type: half(bytes, 4)?,
            flags: half(bytes, 6)?,
            seq: word(bytes, 8)?,
            portid: word(bytes, 12)?,
        })
    }

    /// The header as it goes on the wire.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&self.len.to_ne_bytes());
        bytes[4..6].copy_from_slice(&self.message_type.to_ne_bytes());
        bytes[6..8].copy_from_slice(&self.flags.to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.seq.to_ne_bytes());
        bytes[12..16].copy_from_slice(&self.portid.to_ne_bytes());
        bytes
    }
}

/// The parts of an error or acknowledgement (`struct nlmsgerr`, [`kind::ERROR`]), or of the end of
/// a dump, which has no request in it ([`kind::DONE`]). The one place that knows where each lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nlmsgerr {
    /// Positive, or 0 for success.
    pub errno: i32,
    /// Header of the request that is answered.
    pub request: Option<Header>,
    /// Where in the payload that request's own payload is; empty where it is left out
    /// ([`flag::CAPPED`]). Its end is a claim, and may be beyond what is there.
    pub request_payload: Range<usize>,
    /// Where in the payload the attributes of the extended acknowledgement begin, if it has any.
    pub attributes: Option<usize>,
}

/// Bytes of the errno that opens both.
const ERRNO_BYTES: usize = 4;

impl Nlmsgerr {
    /// Reads the payload of a message of this type and with these flags; `None` if it is of another
    /// type, or not even its errno is there.
    pub fn parse(message_type: u16, flags: u16, payload: &[u8]) -> Option<Self> {
        let errno = word(payload, 0)?.cast_signed().saturating_neg();
        let has_attributes = flags & flag::ACK_TLVS != 0;
        match message_type {
            kind::ERROR => {}
            kind::DONE => {
                let attributes = has_attributes.then_some(ERRNO_BYTES);
                // A positive value there is no error.
                let (errno, request_payload) = (errno.max(0), ERRNO_BYTES..ERRNO_BYTES);
                return Some(Self { errno, request: None, request_payload, attributes });
            }
            _ => return None,
        }
        let request = Header::parse(&payload[ERRNO_BYTES..]);
        let start = ERRNO_BYTES + HEADER_BYTES;
        let end = request.filter(|_| flags & flag::CAPPED == 0).map_or(start, |request| {
            let len = usize::try_from(request.len).unwrap_or(usize::MAX).max(HEADER_BYTES);
            len.saturating_add(ERRNO_BYTES)
        });
        let attributes = request.filter(|_| has_attributes).and(end.checked_next_multiple_of(4));
        Some(Self { errno, request, request_payload: start..end, attributes })
    }
}

/// One message of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its header.
    pub header: Header,
    /// What follows the header: less than the header says where the datagram was cut.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// What the message says about how its request ended: a positive errno, or 0 for success.
    ///
    /// `None` if it is neither an acknowledgement nor the end of a dump, or is cut too short.
    pub fn errno(&self) -> Option<i32> {
        // A dump's end carries its errno as an error does, or nothing at all.
        if self.header.message_type == kind::DONE && self.header.len < 20 {
            return Some(0);
        }
        self.nlmsgerr().map(|error| error.errno)
    }

    /// Type of the message that an acknowledgement or error answers.
    pub fn answered_type(&self) -> Option<u16> {
        self.nlmsgerr()?.request.map(|request| request.message_type)
    }

    /// What an extended acknowledgement says in words: `NLMSGERR_ATTR_MSG`, not escaped.
    pub fn extended_text(&self) -> Option<String> {
        let rest = self.payload.get(self.nlmsgerr()?.attributes?..)?;
        let text = attributes(rest).find(|(number, _)| *number == ATTRIBUTE_TEXT);
        text.map(|(_, bytes)| c_string(bytes))
    }

    fn nlmsgerr(&self) -> Option<Nlmsgerr> {
        Nlmsgerr::parse(self.header.message_type, self.header.flags, self.payload)
    }
}

/// `NLMSGERR_ATTR_MSG`, `include/uapi/linux/netlink.h`.
const ATTRIBUTE_TEXT: u16 = 1;

/// The attributes of a payload: type, with its flags, and value. Ends at the first that does not
/// fit (`struct nlattr` and `struct rtattr`: length, type, value, padding).
pub fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let size = usize::from(half(bytes, 0)?);
        let number = half(bytes, 2)?;
        let value = bytes.get(4..size)?;
        bytes = bytes.get(size.next_multiple_of(4)..).unwrap_or_default();
        Some((number, value))
    })
}

/// Text up to its first NUL.
pub fn c_string(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The messages of a datagram. `data` holds its first bytes, and `len` is its length.
///
/// Ends at the first header that is not wholly in `data`, or that does not fit the datagram. So it
/// also ends at the zeros that many programs send behind the last message.
pub fn messages(data: &[u8], len: usize) -> impl Iterator<Item = Message<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = data.get(at..)?;
        let header = Header::parse(rest)?;
        let size = usize::try_from(header.len).ok()?;
        if size < HEADER_BYTES || size > len - at {
            return None;
        }
        at = at.saturating_add(size.next_multiple_of(4)).min(len);
        Some(Message { header, payload: &rest[HEADER_BYTES..size.min(rest.len())] })
    })
}

/// An error's headers with its attributes right behind them, as a message: the one that the kernel
/// itself sends to a socket with `NETLINK_CAP_ACK`, which does not want the rest of its request
/// back.
pub fn capped(data: &[u8]) -> Vec<u8> {
    let payload = data.get(HEADER_BYTES..).unwrap_or_default();
    let quoted = Nlmsgerr::parse(kind::ERROR, 0, payload).filter(|error| error.request.is_some());
    let Some((header, quoted)) = Header::parse(data).zip(quoted) else { return data.to_vec() };
    let left_out = quoted.request_payload.len().next_multiple_of(4);
    let len = header.len.saturating_sub(u32::try_from(left_out).unwrap_or(u32::MAX));
    let flags = header.flags | flag::CAPPED;
    [&Header { len, flags, ..header }.to_bytes(), &data[HEADER_BYTES..]].concat()
}

/// The 32-bit number at `at`, of the host's byte order.
pub fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The 16-bit number at `at`, of the host's byte order.
pub fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(len: u32, message_type: u16) -> Header {
        Header { len, message_type, flags: 0, seq: 7, portid: 9 }
    }

    #[test]
    fn reads_back_what_it_writes() {
        let written = header(20, kind::DONE);
        assert_eq!(Header::parse(&written.to_bytes()), Some(written));
        assert_eq!(Header::parse(&written.to_bytes()[..15]), None);
    }

    #[test]
    fn an_error_without_its_quote_is_a_capped_one() {
        let text = [&9_u16.to_ne_bytes()[..], &1_u16.to_ne_bytes(), b"nope\0\0\0\0"].concat();
        let error = Header { flags: flag::ACK_TLVS, ..header(36 + 301 + 3 - 16 + 12, kind::ERROR) };
        let errno = (-22_i32).to_ne_bytes();
        let kept = [&error.to_bytes(), &errno[..], &header(301, 16).to_bytes(), &text].concat();
        let capped = capped(&kept);
        let message = messages(&capped, 336).next().unwrap();
        assert_eq!((message.errno(), message.answered_type()), (Some(22), Some(16)));
        assert_eq!(message.extended_text().as_deref(), Some("nope"));
        assert_eq!(capped.len(), message.header.len as usize);
        assert_eq!(super::capped(&kept[..20]), kept[..20]);
    }

    #[test]
    fn walks_padded_messages() {
        let mut data = header(17, 30).to_bytes().to_vec();
        data.extend([1, 0, 0, 0]);
        data.extend(header(16, 31).to_bytes());
        let types: Vec<_> =
            messages(&data, 36).map(|m| (m.header.message_type, m.payload)).collect();
        assert_eq!(types, [(30, &[1][..]), (31, &[][..])]);
    }

    #[test]
    fn stops_at_a_length_that_cannot_be() {
        for len in [0, 15, 17, u32::MAX] {
            assert_eq!(messages(&header(len, 1).to_bytes(), 16).count(), 0, "{len}");
        }
        assert_eq!(messages(&header(16, 1).to_bytes(), 3).count(), 0);
    }

    #[test]
    fn zeros_behind_a_message_are_no_message() {
        let data = [&header(16, 26).to_bytes()[..], &[0; 100]].concat();
        assert_eq!(messages(&data, data.len()).count(), 1);
    }

    #[test]
    fn cuts_the_payload_where_the_data_ends() {
        let mut data = header(100, 30).to_bytes().to_vec();
        data.extend([5; 8]);
        let message = messages(&data, 100).next().unwrap();
        assert_eq!(message.payload, [5; 8]);
        assert_eq!(messages(&data, 100).count(), 1);
    }

    #[test]
    fn reads_how_a_request_ended() {
        let says = |message_type, value: i32| {
            let mut data = header(20, message_type).to_bytes().to_vec();
            data.extend(value.to_ne_bytes());
            messages(&data, 20).next().and_then(|m| m.errno())
        };
        assert_eq!(says(kind::ERROR, -17), Some(17));
        assert_eq!(says(kind::ERROR, 0), Some(0));
        assert_eq!(says(kind::DONE, 0), Some(0));
        assert_eq!(says(kind::DONE, 12), Some(0));
        assert_eq!(says(kind::DONE, -4), Some(4));
        assert_eq!(says(30, -4), None);
        let bare = header(16, kind::ERROR).to_bytes();
        assert_eq!(messages(&bare, 16).next().and_then(|m| m.errno()), None);
    }

    fn refusal(flags: u16, quoted: &[u8], attributes: &[u8]) -> Vec<u8> {
        let mut payload = (-22_i32).to_ne_bytes().to_vec();
        payload.extend(quoted);
        payload.extend(attributes);
        let len = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
        let header = Header { len, message_type: kind::ERROR, flags, seq: 1, portid: 1 };
        [&header.to_bytes()[..], &payload].concat()
    }

    fn text_of(bytes: &[u8]) -> String {
        messages(bytes, bytes.len()).next().unwrap().extended_text().unwrap_or_default()
    }

    fn attributes() -> Vec<u8> {
        let mut bytes = vec![];
        for (number, payload) in [(2_u16, &[0, 0, 0, 0][..]), (1, b"too long\0")] {
            bytes.extend(u16::try_from(4 + payload.len()).unwrap().to_ne_bytes());
            bytes.extend(number.to_ne_bytes());
            bytes.extend(payload);
        }
        bytes
    }

    #[test]
    fn reads_the_text_behind_a_capped_and_a_whole_request() {
        let quoted = Header { len: 18, message_type: 16, flags: 1, seq: 1, portid: 1 }.to_bytes();
        let capped = refusal(flag::CAPPED | flag::ACK_TLVS, &quoted, &attributes());
        assert_eq!(text_of(&capped), "too long");
        let whole = [&quoted[..], &[9, 9, 0, 0]].concat();
        assert_eq!(text_of(&refusal(flag::ACK_TLVS, &whole, &attributes())), "too long");
    }

    #[test]
    fn has_no_text_where_there_is_none() {
        let quoted = Header { len: 0, message_type: 16, flags: 1, seq: 1, portid: 1 }.to_bytes();
        assert_eq!(text_of(&refusal(0, &quoted, &attributes())), "");
        assert_eq!(text_of(&refusal(flag::CAPPED | flag::ACK_TLVS, &quoted, &[])), "");
        assert_eq!(text_of(&refusal(flag::CAPPED | flag::ACK_TLVS, &quoted, &[0, 0, 1, 0])), "");
        assert_eq!(text_of(&refusal(flag::CAPPED | flag::ACK_TLVS, &[], &[])), "");
    }
}
