//! Finds the messages of a datagram, and says what is cut or malformed, which `crate::message`
//! passes over. What the payloads mean is for other files.
//!
//! Invariant: no arithmetic on a length from the wire before it is compared with what is there,
//! and every step moves forward, so that any bytes end the walk.

use super::names::protocol;
use crate::message::{HEADER_BYTES, Header};

/// Bytes of `struct nlattr`.
pub(super) const ATTRIBUTE_HEADER_LEN: usize = 4;
/// `AUDIT_FIRST_USER_MSG`: audit types from here on are events with a text, below are requests.
pub(super) const AUDIT_FIRST_EVENT: u16 = 1100;

/// What the walk found next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A message; `whole` is false if its end was not captured.
    Message {
        /// Its header.
        header: Header,
        /// Where in the datagram the payload begins.
        at: usize,
        /// What follows the header, without padding.
        payload: &'a [u8],
        /// All of the payload is there.
        whole: bool,
    },
    /// Bytes that are no message. The walk ends here.
    Malformed {
        /// Where in the datagram they begin.
        at: usize,
        bytes: &'a [u8],
    },
}

/// The messages of a datagram, of which `missing` bytes at the end were not captured.
#[derive(Clone, Debug)]
pub(super) struct Messages<'a> {
    rest: &'a [u8],
    at: usize,
    missing: usize,
    single: bool,
}

impl<'a> Messages<'a> {
    /// The messages of `data`, the start of a datagram of `full_len` bytes.
    pub(super) fn new(protocol: u8, data: &'a [u8], full_len: usize) -> Self {
        let missing = full_len.saturating_sub(data.len());
        Self { rest: data, at: 0, missing, single: is_audit_event(protocol, data, full_len) }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let (rest, at) = (std::mem::take(&mut self.rest), self.at);
        let Some(header) = Header::parse(rest) else {
            let padding = rest.iter().all(|&byte| byte == 0);
            return (!padding && self.missing == 0).then_some(Step::Malformed { at, bytes: rest });
        };
        if at > 0 && rest.iter().all(|&byte| byte == 0) {
            // Of a buffer that was sent whole, as iproute2 does with requests: the kernel takes no
            // notice either (`netlink_rcv_skb` in `net/netlink/af_netlink.c`).
            return None;
        }
        let all = rest.len() + self.missing;
        let len = if self.single { all } else { usize::try_from(header.len).unwrap_or(usize::MAX) };
        // The kernel stops at a header that has no length, so what a sender left zero is no message.
        if len == 0 && at > 0 && rest.iter().all(|&byte| byte == 0) {
            return None;
        }
        if len < HEADER_BYTES || len > all {
            return Some(Step::Malformed { at, bytes: rest });
        }
        let whole = len <= rest.len();
        let payload = &rest[HEADER_BYTES..len.min(rest.len())];
        let end = align(len).min(rest.len());
        (self.rest, self.at) = (&rest[end..], at + end);
        Some(Step::Message { header, at: at + HEADER_BYTES, payload, whole })
    }
}

/// The kernel's audit events leave their own header out of `nlmsg_len`, for the sake of old user
/// space (`audit_log_end` in `kernel/audit.c`); each is a datagram of its own.
fn is_audit_event(protocol: u8, data: &[u8], full_len: usize) -> bool {
    Header::parse(data).is_some_and(|header| {
        protocol == protocol::AUDIT
            && header.message_type >= AUDIT_FIRST_EVENT
            && usize::try_from(header.len).ok() == full_len.checked_sub(HEADER_BYTES)
    })
}

/// `NLMSG_ALIGN`, and `NLA_ALIGN`, which is the same.
pub(super) fn align(len: usize) -> usize {
    len.checked_next_multiple_of(4).unwrap_or(len)
}

/// The native-endian number at `offset`.
pub(super) fn u16_at(data: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*data.get(offset..)?.first_chunk()?))
}

/// The little-endian number at `offset`, as IEEE 802.11 has them.
pub(super) fn u16_le_at(data: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(offset..)?.first_chunk()?))
}

/// The native-endian number at `offset`.
pub(super) fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*data.get(offset..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: u32, message_type: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(message_type.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(payload);
        bytes
    }

    fn steps(data: &[u8], full_len: usize) -> Vec<Step<'_>> {
        Messages::new(0, data, full_len).collect()
    }

    #[test]
    fn walks_over_the_padding_between_messages() {
        let mut data = message(18, 16, &[1, 2, 0, 0]);
        data.extend(message(17, 17, &[3]));
        let found = steps(&data, data.len());
        assert_eq!(found.len(), 2);
        assert!(matches!(found[0], Step::Message { payload: [1, 2], whole: true, .. }));
        assert!(matches!(found[1], Step::Message { at: 36, payload: [3], whole: true, .. }));
    }

    /// `netlink_rcv_skb` stops there, and iproute2 sends buffers that end so.
    #[test]
    fn zeros_behind_a_message_are_none() {
        let mut data = message(20, 16, &[1, 2, 3, 4]);
        data.extend([0; 64]);
        assert_eq!(steps(&data, data.len()).len(), 1);
        data.push(1);
        assert_eq!(steps(&data, data.len()).len(), 2);
    }

    #[test]
    fn lengths_that_do_not_fit_end_the_walk() {
        for len in [0, 15, 21, u32::MAX] {
            let data = message(len, 16, &[0; 4]);
            assert_eq!(
                steps(&data, data.len()),
                [Step::Malformed { at: 0, bytes: &data[..] }],
                "{len}"
            );
        }
    }

    #[test]
    fn zeros_behind_a_message_are_neither_a_message_nor_a_fault() {
        let request = message(20, 26, &[0; 4]);
        for zeros in [1, 16, 100] {
            let data = [&request[..], &vec![0; zeros]].concat();
            for full_len in [data.len(), data.len() + 8] {
                let found = steps(&data, full_len);
                assert!(matches!(found[..], [Step::Message { whole: true, .. }]), "{found:?}");
            }
        }
        let data = [&request[..], &[0; 20], &[1]].concat();
        let found = steps(&data, data.len());
        assert!(matches!(found[..], [_, Step::Malformed { at: 20, .. }]), "{found:?}");
    }

    #[test]
    fn a_cut_message_is_told_from_a_malformed_one() {
        let data = message(40, 16, &[7; 4]);
        assert!(matches!(
            steps(&data, 40)[..],
            [Step::Message { payload: [7, 7, 7, 7], whole: false, .. }]
        ));
        assert!(matches!(steps(&data, 39)[..], [Step::Malformed { .. }]));
        assert!(steps(&data[..10], 40).is_empty());
    }

    #[test]
    fn an_audit_event_is_whole_though_its_length_leaves_the_header_out() {
        let data = message(8, 1300, b"audit(1)");
        let found: Vec<_> = Messages::new(protocol::AUDIT, &data, data.len()).collect();
        assert!(matches!(found[..], [Step::Message { payload: b"audit(1)", whole: true, .. }]));
    }
}
