//! `NLMSG_ERROR` and `NLMSG_DONE`: the errno, and the extended acknowledgement behind it
//! (`include/uapi/linux/netlink.h`, `netlink_ack` in `net/netlink/af_netlink.c`).

use super::line::Line;
use super::message::ErrorReport;
use super::names;
use super::printable;
use super::walk::{Attributes, align, i32_at, u32_at};
use crate::message::flag::{ACK_TLVS, CAPPED};
use crate::message::{HEADER_BYTES, Header};

const NLMSGERR_ATTR_MSG: u16 = 1;
const NLMSGERR_ATTR_OFFS: u16 = 2;
const NLMSGERR_ATTR_MISS_TYPE: u16 = 5;

/// Bytes of the errno that opens both messages.
const ERRNO_LEN: usize = 4;

/// A `NLMSG_ERROR`; `None` if even its errno is cut.
pub(super) fn error(protocol: u8, flags: u16, payload: &[u8]) -> Option<ErrorReport> {
    let mut report = report(payload)?;
    let request = Header::parse(&payload[ERRNO_LEN..]);
    report.request = request.map(|r| names::message_type_name(protocol, r.message_type));
    report.capped = flags & CAPPED != 0;
    if flags & ACK_TLVS != 0 {
        let repeated = request.filter(|_| !report.capped).map_or(HEADER_BYTES, |r| request_len(&r));
        read_attributes(&mut report, payload, ERRNO_LEN.saturating_add(align(repeated)));
    }
    Some(report)
}

/// A `NLMSG_DONE`; `None` if it carries no errno.
pub(super) fn done(flags: u16, payload: &[u8]) -> Option<ErrorReport> {
    let mut report = report(payload)?;
    if flags & ACK_TLVS != 0 {
        read_attributes(&mut report, payload, ERRNO_LEN);
    }
    Some(report)
}

/// The line that a person reads: `RTM_NEWLINK: EEXIST "..."`.
pub(super) fn summary(report: &ErrorReport) -> String {
    let mut line = Line::default();
    match (report.errno, report.request.as_deref()) {
        (0, Some(request)) => line.pair("ack", request),
        (0, None) => line.word("end of dump"),
        (_, Some(request)) => line.pair(&format!("{request}:"), &report.name),
        (_, None) => line.pair("dump failed:", &report.name),
    };
    line.optional("", report.text.as_ref().map(|text| format!("\"{text}\"")));
    line.optional("at byte", report.offset);
    line.optional("missing attribute", report.missing_attribute);
    line.finish()
}

fn report(payload: &[u8]) -> Option<ErrorReport> {
    let errno = i32_at(payload, 0)?.saturating_neg();
    Some(ErrorReport { errno, name: names::errno_name(errno), ..ErrorReport::default() })
}

fn request_len(request: &Header) -> usize {
    usize::try_from(request.len).unwrap_or(usize::MAX).max(HEADER_BYTES)
}

fn read_attributes(report: &mut ErrorReport, payload: &[u8], offset: usize) {
    for attribute in Attributes::new(payload.get(offset..).unwrap_or_default()) {
        match attribute.kind {
            NLMSGERR_ATTR_MSG => report.text = Some(printable::c_string(attribute.value)),
            NLMSGERR_ATTR_OFFS => report.offset = u32_at(attribute.value, 0),
            NLMSGERR_ATTR_MISS_TYPE => report.missing_attribute = u32_at(attribute.value, 0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nlmsgerr(errno: i32, request_len: u32, request_payload: &[u8]) -> Vec<u8> {
        let mut payload = (-errno).to_ne_bytes().to_vec();
        payload.extend(request_len.to_ne_bytes());
        payload.extend(16u16.to_ne_bytes());
        payload.extend([0; 10]);
        payload.extend(request_payload);
        payload
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(align(bytes.len()), 0);
        bytes
    }

    #[test]
    fn an_acknowledgement_names_the_request() {
        let report = error(0, CAPPED, &nlmsgerr(0, 32, &[])).unwrap();
        assert_eq!(summary(&report), "ack RTM_NEWLINK");
        assert!(report.capped);
    }

    #[test]
    fn the_text_is_found_behind_a_repeated_and_behind_a_capped_request() {
        let text = attribute(NLMSGERR_ATTR_MSG, b"Device exists\0");
        let offset = attribute(NLMSGERR_ATTR_OFFS, &20u32.to_ne_bytes());
        let repeated = [nlmsgerr(17, 21, &[1, 2, 3, 4, 5, 0, 0, 0]), text.clone()].concat();
        let capped = [nlmsgerr(17, 21, &[]), text, offset].concat();
        let report = error(0, ACK_TLVS, &repeated).unwrap();
        assert_eq!(report.text.as_deref(), Some("Device exists"));
        let report = error(0, ACK_TLVS | CAPPED, &capped).unwrap();
        assert_eq!(summary(&report), "RTM_NEWLINK: EEXIST \"Device exists\" at byte 20");
    }

    #[test]
    fn a_dump_ends_with_its_errno() {
        assert_eq!(summary(&done(0, &0i32.to_ne_bytes()).unwrap()), "end of dump");
        let payload = [(-4i32).to_ne_bytes().to_vec(), attribute(1, b"no\0")].concat();
        assert_eq!(summary(&done(ACK_TLVS, &payload).unwrap()), "dump failed: EINTR \"no\"");
        assert_eq!(done(0, &[0; 3]), None);
    }

    #[test]
    fn a_request_length_from_the_wire_is_not_trusted() {
        let payload = nlmsgerr(22, u32::MAX, &[]);
        assert_eq!(error(0, ACK_TLVS, &payload).unwrap().text, None);
    }
}
