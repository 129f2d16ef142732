//! `NLMSG_ERROR` and `NLMSG_DONE`: the errno, the request that is quoted, and the extended
//! acknowledgement behind it (`include/uapi/linux/netlink.h`, `netlink_ack` in
//! `net/netlink/af_netlink.c`).

use std::borrow::Cow;

use super::attribute::{Attribute, Tree};
use super::line::Line;
use super::message::ErrorReport;
use super::payload::{self, Payload};
use super::reader::{Reader, Search, Span, entry};
use super::tables::ACKNOWLEDGEMENT;
use super::{Context, names};
use crate::message::flag::CAPPED;
use crate::message::{HEADER_BYTES, Nlmsgerr, kind};

/// A `NLMSG_ERROR`; without a report if even its errno is cut.
pub(super) fn error(
    reader: &mut Reader<'_>,
    protocol: u8,
    flags: u16,
    span: Span<'_>,
    context: &Context<'_>,
) -> (Payload, Option<ErrorReport>) {
    let Some(parts) = Nlmsgerr::parse(kind::ERROR, flags, span.bytes) else {
        return (Payload::default(), None);
    };
    let mut report = report(&parts);
    let Some(request) = parts.request else { return (Payload::default(), Some(report)) };
    report.request = Some(context.request_name(protocol, request.message_type));
    report.capped = flags & CAPPED != 0;
    let mut attributes = Vec::new();
    if let Some(at) = parts.attributes {
        attributes = acknowledgement(reader, &mut report, span.after(at));
    }
    let asked = span.part(parts.request_payload.start, parts.request_payload.end);
    let offset = report.offset.and_then(|offset| usize::try_from(offset).ok());
    // It is told from the request's header on.
    let from = span.at + parts.request_payload.start - HEADER_BYTES;
    reader.search = offset.map(|offset| Search { at: from.saturating_add(offset), found: None });
    let inside = payload::read(reader, protocol, &request, asked, context);
    let found = reader.search.take().and_then(|search| search.found);
    report.missing = report.missing_attribute.and_then(|number| {
        let nest = Tree(&attributes).has("NLMSGERR_ATTR_MISS_NEST");
        let set = match &found {
            Some((_, set)) if nest => set,
            _ => payload::set(protocol, &request, asked.bytes, context),
        };
        entry(set, u16::try_from(number).ok()?).map(|entry| entry.1.into())
    });
    report.attribute = found.map(|found| found.0);
    if let Some(command) = inside.command.filter(|_| !asked.bytes.is_empty()) {
        report.request = Some(command.into());
    }
    if !inside.attributes.is_empty() {
        attributes.insert(0, Attribute::nest("request", inside.attributes));
    }
    (Payload { attributes, ..Payload::default() }, Some(report))
}

/// A `NLMSG_DONE`; without a report if it carries no errno.
pub(super) fn done(
    reader: &mut Reader<'_>,
    flags: u16,
    span: Span<'_>,
) -> (Payload, Option<ErrorReport>) {
    let Some(parts) = Nlmsgerr::parse(kind::DONE, flags, span.bytes) else {
        return (Payload::default(), None);
    };
    let mut report = report(&parts);
    let mut attributes = Vec::new();
    if let Some(at) = parts.attributes {
        attributes = acknowledgement(reader, &mut report, span.after(at));
    }
    (Payload { attributes, ..Payload::default() }, Some(report))
}

/// The line that a person reads: `RTM_NEWLINK: EEXIST "..."`. Of an answer that was cut, the
/// request may be missing.
pub(super) fn summary(report: &ErrorReport, message_type: u16) -> String {
    let mut line = Line::default();
    let done = message_type == kind::DONE;
    match (report.errno, report.request.as_deref()) {
        (0, Some(request)) => line.pair("ack", request),
        (0, None) => line.word(if done { "end of dump" } else { "ack" }),
        (_, Some(request)) => line.pair(&format!("{request}:"), &report.name),
        (_, None) if done => line.pair("dump failed:", &report.name),
        (_, None) => line.word(&report.name),
    };
    line.optional("", report.text.as_ref().map(|text| format!("\"{text}\"")));
    match (&report.attribute, report.offset) {
        (Some(attribute), _) => line.pair("at", attribute),
        (None, offset) => line.optional("at byte", offset),
    };
    line.optional("accepts", report.policy.as_ref());
    match &report.missing {
        Some(name) => line.pair("missing", name),
        None => line.optional("missing attribute", report.missing_attribute),
    };
    line.finish()
}

fn report(parts: &Nlmsgerr) -> ErrorReport {
    let name = names::errno_name(parts.errno);
    ErrorReport { errno: parts.errno, name, ..ErrorReport::default() }
}

/// The attributes behind an answer. They are the kernel's own words, in every protocol.
fn acknowledgement(
    reader: &mut Reader<'_>,
    report: &mut ErrorReport,
    span: Span<'_>,
) -> Vec<Attribute> {
    let strict = std::mem::take(&mut reader.strict);
    let attributes = reader.attributes(ACKNOWLEDGEMENT, span);
    reader.strict = strict;
    let tree = Tree(&attributes);
    let number = |name| tree.number(name).and_then(|number| u32::try_from(number).ok());
    report.text = tree.text("NLMSGERR_ATTR_MSG").map(Cow::into_owned);
    report.offset = number("NLMSGERR_ATTR_OFFS");
    report.missing_attribute = number("NLMSGERR_ATTR_MISS_TYPE");
    report.policy = policy(tree.inside("NLMSGERR_ATTR_POLICY"));
    attributes
}

/// `u32 from 68 to 65535`, `string of 15 bytes at most`.
fn policy(tree: Tree<'_>) -> Option<String> {
    let value = |name: &str| tree.text(&format!("NL_POLICY_TYPE_ATTR_{name}"));
    let mut line = Line::default();
    line.word(&value("TYPE")?);
    let either = |unsigned: &str, signed: &str| value(unsigned).or_else(|| value(signed));
    line.optional("from", either("MIN_VALUE_U", "MIN_VALUE_S"));
    line.optional("to", either("MAX_VALUE_U", "MAX_VALUE_S"));
    line.optional("of bytes from", value("MIN_LENGTH"));
    line.optional("of bytes up to", value("MAX_LENGTH"));
    line.optional("in mask", value("MASK").or_else(|| value("BITFIELD32_MASK")));
    Some(line.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Families;
    use crate::decode::walk::align;
    use crate::message::flag::ACK_TLVS;

    const NLMSGERR_ATTR_MSG: u16 = 1;
    const NLMSGERR_ATTR_OFFS: u16 = 2;

    fn error(flags: u16, payload: &[u8]) -> Option<ErrorReport> {
        let span = Span { at: HEADER_BYTES, bytes: payload };
        let families = Families::default();
        super::error(&mut Reader::default(), 0, flags, span, &Context::new(&families)).1
    }

    fn done(flags: u16, payload: &[u8]) -> Option<ErrorReport> {
        let span = Span { at: HEADER_BYTES, bytes: payload };
        super::done(&mut Reader::default(), flags, span).1
    }

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
        let report = error(CAPPED, &nlmsgerr(0, 32, &[])).unwrap();
        assert_eq!(summary(&report, kind::ERROR), "ack RTM_NEWLINK");
        assert!(report.capped);
    }

    #[test]
    fn the_text_is_found_behind_a_repeated_and_behind_a_capped_request() {
        let text = attribute(NLMSGERR_ATTR_MSG, b"Device exists\0");
        let offset = attribute(NLMSGERR_ATTR_OFFS, &20u32.to_ne_bytes());
        let repeated = [nlmsgerr(17, 21, &[1, 2, 3, 4, 5, 0, 0, 0]), text.clone()].concat();
        let capped = [nlmsgerr(17, 21, &[]), text, offset].concat();
        let report = error(ACK_TLVS, &repeated).unwrap();
        assert_eq!(report.text.as_deref(), Some("Device exists"));
        let report = error(ACK_TLVS | CAPPED, &capped).unwrap();
        assert_eq!(
            summary(&report, kind::ERROR),
            "RTM_NEWLINK: EEXIST \"Device exists\" at byte 20"
        );
    }

    #[test]
    fn an_answer_that_was_cut_is_no_end_of_a_dump() {
        assert_eq!(summary(&error(0, &0i32.to_ne_bytes()).unwrap(), kind::ERROR), "ack");
        assert_eq!(summary(&error(0, &(-1i32).to_ne_bytes()).unwrap(), kind::ERROR), "EPERM");
    }

    #[test]
    fn a_dump_ends_with_its_errno() {
        assert_eq!(summary(&done(0, &0i32.to_ne_bytes()).unwrap(), kind::DONE), "end of dump");
        let payload = [(-4i32).to_ne_bytes().to_vec(), attribute(1, b"no\0")].concat();
        assert_eq!(
            summary(&done(ACK_TLVS, &payload).unwrap(), kind::DONE),
            "dump failed: EINTR \"no\""
        );
        assert_eq!(done(0, &[0; 3]), None);
    }

    #[test]
    fn a_request_length_from_the_wire_is_not_trusted() {
        let payload = nlmsgerr(22, u32::MAX, &[]);
        assert_eq!(error(ACK_TLVS, &payload).unwrap().text, None);
    }

    #[test]
    fn the_attribute_at_fault_and_what_it_may_be_are_named() {
        let mtu = [&[0; 16][..], &attribute(4, &9u32.to_ne_bytes())].concat();
        let policy = [
            attribute(1, &4u32.to_ne_bytes()),
            attribute(4, &68u64.to_ne_bytes()),
            attribute(5, &65535u64.to_ne_bytes()),
        ];
        let payload = [
            nlmsgerr(34, 40, &mtu),
            attribute(NLMSGERR_ATTR_OFFS, &32u32.to_ne_bytes()),
            attribute(4, &policy.concat()),
            attribute(5, &3u32.to_ne_bytes()),
        ];
        let report = error(ACK_TLVS, &payload.concat()).unwrap();
        assert_eq!(
            summary(&report, kind::ERROR),
            "RTM_NEWLINK: ERANGE at IFLA_MTU accepts u32 from 68 to 65535 missing IFLA_IFNAME"
        );
    }
}
