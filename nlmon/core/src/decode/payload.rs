//! What a message's payload is, by protocol: which tables read it, and which bytes of it are
//! withheld although no table says so.

use super::attribute::Attribute;
use super::names::protocol;
use super::reader::{Elsewhere, Reader, Span, numbers, width};
use super::tables::kind::{Fields, Generic, Kind, Layout, Set, Words, structure};
use super::tables::{self, generic};
use super::{Context, audit_rule, nd_options, netlink_test, value, walk};
use crate::message::{Header, flag};

/// `struct genlmsghdr`
static GENERIC_HEADER: Fields = structure("genlmsghdr").of(&[
    ("cmd", 1, Kind::Num),
    ("version", 1, Kind::Num),
    ("reserved", 2, Kind::Pad),
]);
/// `RDMA_NL_NLDEV`: the client of RDMA whose attributes are known.
const RDMA_DEVICES: u16 = 5;
/// Bytes of `struct nlmsghdr`, `struct cn_msg` and the head of `struct proc_event`.
const PROCESS_EVENT_BYTES: usize = 16;

/// `RTM_NEWNDUSEROPT`
const ND_USER_OPTION: u16 = 68;

/// `RTM_GETNEIGH`
const GET_NEIGHBOURS: u16 = 30;

/// A request for everything.
const DUMP_REQUEST: u16 = flag::DUMP | flag::REQUEST;

/// A payload, read.
#[derive(Debug, Default)]
pub(super) struct Payload {
    pub(super) attributes: Vec<Attribute>,
    /// Name of a generic family's command, or its number.
    pub(super) command: Option<String>,
    /// No table knows this type.
    pub(super) unknown: bool,
}

/// Protocols of which everything that no table explains may be a key.
pub(super) fn is_strict(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::XFRM
            | protocol::GENERIC
            | protocol::CRYPTO
            | protocol::ISCSI
            | protocol::RDMA
            | protocol::AUDIT
    )
}

/// Reads the payload of a message.
pub(super) fn read(
    reader: &mut Reader<'_>,
    protocol: u8,
    header: &Header,
    span: Span<'_>,
    context: &Context<'_>,
) -> Payload {
    let request = header.flags & flag::REQUEST != 0;
    let layout = match protocol {
        protocol::GENERIC => return read_generic(reader, header, span, context),
        protocol::AUDIT => return attributes(audit(reader, header.message_type, span)),
        protocol::CONNECTOR => return attributes(connector(reader, span)),
        protocol::TEST => return attributes(netlink_test::read(reader, header.message_type, span)),
        protocol::ROUTE if header.message_type == ND_USER_OPTION => {
            return attributes(nd_user_option(reader, span));
        }
        protocol::ROUTE if header.message_type == GET_NEIGHBOURS && is_old_fdb_dump(span.bytes) => {
            Some(tables::old_fdb_dump())
        }
        protocol::ROUTE => route(header.message_type, request, span.bytes),
        protocol::SELINUX => tables::selinux(header.message_type),
        protocol::NETFILTER => tables::netfilter(header.message_type),
        protocol::XFRM if header.flags & DUMP_REQUEST == DUMP_REQUEST => Some(tables::xfrm_dump()),
        protocol::XFRM => tables::xfrm(header.message_type),
        protocol::CRYPTO => Some(tables::crypto()),
        protocol::SOCK_DIAG => sock_diag(header.message_type, request, span),
        protocol::RDMA if header.message_type >> 10 == RDMA_DEVICES => Some(tables::rdma()),
        _ => None,
    };
    let Some(layout) = layout else { return unknown(reader, span) };
    if protocol == protocol::ROUTE {
        reader.elsewhere = elsewhere(header, &layout, span, !reader.whole);
    }
    let read = read_layout(reader, &layout, span);
    reader.elsewhere = Elsewhere::Nothing;
    attributes(read)
}

/// Which interfaces of a message are in another namespace than the message: it says so by an
/// attribute. Where that may be among what was cut off, it is taken to be there.
fn elsewhere(header: &Header, layout: &Layout, span: Span<'_>, cut: bool) -> Elsewhere {
    const IFLA_NET_NS_PID: u16 = 19;
    const IFLA_NET_NS_FD: u16 = 28;
    const IFLA_LINK_NETNSID: u16 = 37;
    const IFLA_TARGET_NETNSID: u16 = 46;
    const IFA_TARGET_NETNSID: u16 = 10;
    const NDA_LINK_NETNSID: u16 = 10;
    /// `NLM_F_CREATE`: what is made in another namespace has its index there.
    const CREATE: u16 = 0x400;
    let request = header.flags & flag::REQUEST != 0;
    let (all, links): (&[u16], &[u16]) = match header.message_type {
        16..=19 if request && header.flags & CREATE != 0 => {
            (&[IFLA_TARGET_NETNSID, IFLA_NET_NS_PID, IFLA_NET_NS_FD], &[IFLA_LINK_NETNSID])
        }
        16..=19 => (&[IFLA_TARGET_NETNSID], &[IFLA_LINK_NETNSID]),
        20..=23 => (&[IFA_TARGET_NETNSID], &[]),
        28..=31 => (&[], &[NDA_LINK_NETNSID]),
        _ => return Elsewhere::Nothing,
    };
    let rest = span.after(walk::align(width(layout.header)));
    let has = |wanted: &[u16]| numbers(rest.bytes).any(|number| wanted.contains(&number));
    // The kernel says whose devices it lists in front of them; a request may say it at its end.
    if has(all) || (cut && request && !all.is_empty()) {
        Elsewhere::All
    } else if has(links) || (cut && !links.is_empty()) {
        Elsewhere::Links
    } else {
        Elsewhere::Nothing
    }
}

fn attributes(attributes: Vec<Attribute>) -> Payload {
    Payload { attributes, ..Payload::default() }
}

/// What cannot be read is shown as bytes by the message itself, or is withheld here.
fn unknown(reader: &mut Reader<'_>, span: Span<'_>) -> Payload {
    if !reader.strict || span.bytes.is_empty() {
        return Payload { unknown: true, ..Payload::default() };
    }
    attributes(vec![reader.unknown("payload".into(), span)])
}

fn route(message_type: u16, request: bool, bytes: &[u8]) -> Option<Layout> {
    const GETS: u16 = 2;
    const CAN: Option<&u8> = Some(&29);
    const IP6_MULTICAST: Option<&u8> = Some(&129);
    let layout = match message_type {
        24..=26 if bytes.first() == CAN => tables::can_gateway(),
        96..=99 if bytes.first() == IP6_MULTICAST => tables::cache_report_6(),
        86 if request => tables::mdb_question(),
        84..=87 if request => tables::mdb_request(),
        _ => tables::route(message_type)?,
    };
    let short = bytes.len() < width(layout.header) && message_type % 4 == GETS;
    Some(if short { tables::address_family() } else { layout })
}

/// Whether a request for a bridge's forwarding entries begins with `struct ifinfomsg`, as before
/// Linux 4.12: by its length alone, as `valid_fdb_dump_legacy` has it.
fn is_old_fdb_dump(bytes: &[u8]) -> bool {
    const BRIDGE: u8 = 7;
    /// The structure, alone or with an attribute of four bytes.
    const LENS: [usize; 2] = [16, 24];
    bytes.first() == Some(&BRIDGE) && LENS.contains(&bytes.len())
}

/// Options of a router advertisement, and attributes behind them.
fn nd_user_option(reader: &mut Reader<'_>, span: Span<'_>) -> Vec<Attribute> {
    let head = width(&tables::NDUSEROPTMSG);
    let options = usize::from(walk::u16_at(span.bytes, 2).unwrap_or_default());
    let members = reader.fields(&tables::NDUSEROPTMSG, span.part(0, head));
    let mut read = vec![Attribute::nest("nduseroptmsg", members)];
    read.extend(nd_options::read(reader, span.part(head, head + options)));
    let rest = span.after(head + walk::align(options));
    read.extend(reader.attributes(tables::NDUSEROPT, rest));
    read
}

/// Before `SOCK_DIAG_BY_FAMILY` the request was another structure.
fn sock_diag(message_type: u16, request: bool, span: Span<'_>) -> Option<Layout> {
    /// `TCPDIAG_GETSOCK` and `DCCPDIAG_GETSOCK`
    const OLD: [u16; 2] = [18, 19];
    let family = span.bytes.first().copied().unwrap_or_default();
    if request && OLD.contains(&message_type) {
        return Some(tables::sock_diag_old());
    }
    if !request && is_tipc(span.bytes) {
        return Some(tables::sock_diag_tipc());
    }
    let layout = tables::sock_diag(family, request)?;
    let is_association = !request && is_sctp(family, span.after(width(layout.header)).bytes);
    Some(if is_association { tables::sock_diag_sctp() } else { layout })
}

/// Of sockets of TIPC the kernel sends one attribute, `TIPC_NLA_SOCK` without `NLA_F_NESTED`, and no
/// structure that says the family. No structure of a family is taken for it: what would be its length
/// has the family in its lower half, and is that of the whole message for none.
fn is_tipc(bytes: &[u8]) -> bool {
    const SOCKET: u16 = 2;
    walk::u16_at(bytes, 2) == Some(SOCKET)
        && walk::u16_at(bytes, 0).map(usize::from) == Some(bytes.len())
}

/// Associations of SCTP alone have `INET_DIAG_PEERS`; nothing else says the protocol.
fn is_sctp(family: u8, attributes: &[u8]) -> bool {
    const PEERS: u16 = 13;
    matches!(family, 2 | 10) && numbers(attributes).any(|number| number == PEERS)
}

fn read_layout(reader: &mut Reader<'_>, layout: &Layout, span: Span<'_>) -> Vec<Attribute> {
    let width = width(layout.header);
    if let Some(&family) = span.bytes.first() {
        reader.family = family.into();
    }
    let mut read = Vec::new();
    if width > 0 {
        let members = reader.fields(layout.header, span.part(0, width));
        read.push(Attribute::nest(layout.name, members));
    }
    read.extend(reader.attributes(layout.attributes, span.after(walk::align(width))));
    read
}

fn read_generic(
    reader: &mut Reader<'_>,
    header: &Header,
    span: Span<'_>,
    context: &Context<'_>,
) -> Payload {
    let head = width(&GENERIC_HEADER);
    let mut read =
        vec![Attribute::nest("genlmsghdr", reader.fields(&GENERIC_HEADER, span.part(0, head)))];
    let Some(&command) = span.bytes.first() else { return attributes(Vec::new()) };
    let known = family(context, header.message_type);
    let words = known.map(|(family, events)| match events {
        Some(events) if context.multicast => events,
        _ if header.flags & flag::REQUEST != 0 => family.requests,
        _ => family.replies,
    });
    let entry = words.and_then(|words| find(words, command));
    let name = entry.map_or_else(|| command.to_string(), |entry| entry.0.to_owned());
    let rest = span.after(head);
    match known.zip(entry) {
        Some(((family, _), (_, set))) => {
            let width = width(family.header);
            read.extend(reader.fields(family.header, rest.part(0, width)));
            read.extend(reader.attributes(set, rest.after(walk::align(width))));
        }
        None if rest.bytes.is_empty() => {}
        None => read.push(reader.unknown("attributes".into(), rest)),
    }
    Payload { attributes: read, command: Some(name), unknown: false }
}

/// The tables of a generic family, and of its events where they have numbers of their own. Tables in
/// code come first: they know what is secret.
fn family(context: &Context<'_>, message_type: u16) -> Option<(&'static Generic, Option<Words>)> {
    let name = context.families.name(message_type)?;
    let own = generic::family(name).map(|family| (family, generic::events(name)));
    own.or_else(|| context.families.specs().family(name))
}

/// The name of a generic request's command, and its attributes.
pub(super) fn generic_request(
    context: &Context<'_>,
    message_type: u16,
    command: u8,
) -> Option<(&'static str, Set)> {
    let (family, _) = family(context, message_type)?;
    find(family.requests, command)
}

fn find(words: Words, command: u8) -> Option<(&'static str, Set)> {
    let index = words.binary_search_by_key(&u16::from(command), |word| word.0).ok()?;
    words.get(index).map(|word| (word.1, *word.2))
}

/// A text, unless it may hold what somebody typed: arguments of programs, a terminal's input, what
/// user space reports about itself (`include/uapi/linux/audit.h`).
fn audit(reader: &mut Reader<'_>, message_type: u16, span: Span<'_>) -> Vec<Attribute> {
    const GET: u16 = 1000;
    const SET: u16 = 1001;
    const ADD_RULE: u16 = 1011;
    const LIST_RULES: u16 = 1013;
    const SET_FEATURE: u16 = 1018;
    const GET_FEATURE: u16 = 1019;
    const EXECVE: u16 = 1309;
    const TTY: u16 = 1319;
    const PROCTITLE: u16 = 1327;
    match message_type {
        GET | SET => reader.fields(&tables::AUDIT_STATUS, span),
        SET_FEATURE | GET_FEATURE => reader.fields(&tables::AUDIT_FEATURES, span),
        ADD_RULE..=LIST_RULES if !span.bytes.is_empty() => {
            let mut rule = reader.fields(&tables::AUDIT_RULE, span);
            // Where they fit together, in the place of the arrays and texts that they are made of.
            if let Some(conditions) = audit_rule::conditions(span) {
                rule.retain(|member| matches!(&*member.name, "flags" | "action"));
                rule.extend(conditions);
            }
            vec![Attribute::nest("audit_rule_data", rule)]
        }
        EXECVE | TTY | PROCTITLE => vec![reader.secret_attribute("text", span)],
        1200..=1999 => vec![Attribute {
            name: "text".into(),
            value: Some(value::c_string(span.bytes)),
            ..Attribute::default()
        }],
        _ if span.bytes.is_empty() => Vec::new(),
        _ => vec![reader.secret_attribute("text", span)],
    }
}

fn connector(reader: &mut Reader<'_>, span: Span<'_>) -> Vec<Attribute> {
    /// `CN_IDX_PROC`
    const PROCESSES: Option<u32> = Some(1);
    let head = width(&tables::CN_MSG);
    let mut read =
        vec![Attribute::nest("cn_msg", reader.fields(&tables::CN_MSG, span.part(0, head)))];
    let rest = span.after(head);
    if walk::u32_at(span.bytes, 0) == PROCESSES && rest.bytes.len() < PROCESS_EVENT_BYTES {
        read.extend(reader.fields(&tables::PROC_INPUT, rest));
        return read;
    }
    if walk::u32_at(span.bytes, 0) != PROCESSES {
        // Of other indices only who sends and who listens know what it is: of Hyper-V's, keys and
        // values that the host hands to the guest, passwords among them.
        if !rest.bytes.is_empty() {
            read.push(reader.secret_attribute("data", rest));
        }
        return read;
    }
    let event = rest.part(0, PROCESS_EVENT_BYTES);
    read.push(Attribute::nest("proc_event", reader.fields(&tables::PROC_EVENT, event)));
    let what = walk::u32_at(rest.bytes, 0).unwrap_or_default();
    if let Some(fields) = tables::process_event(what) {
        let rest = rest.after(PROCESS_EVENT_BYTES);
        read.extend(reader.fields(fields, rest.part(0, width(fields))));
    } else if let Some(value) = value::unsigned(&what.to_ne_bytes(), false) {
        read.push(Attribute { name: "what".into(), value: Some(value), ..Attribute::default() });
    }
    read
}

/// The attributes that a request of that type has, to name one that it lacks.
pub(super) fn set(protocol: u8, header: &Header, payload: &[u8], context: &Context<'_>) -> Set {
    let layout = match protocol {
        protocol::ROUTE => route(header.message_type, true, payload),
        protocol::NETFILTER => tables::netfilter(header.message_type),
        protocol::XFRM => tables::xfrm(header.message_type),
        _ => None,
    };
    let generic =
        || generic_request(context, header.message_type, *payload.first()?).map(|word| word.1);
    match layout {
        Some(layout) => layout.attributes,
        None if protocol == protocol::GENERIC => generic().unwrap_or(&[]),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::names::protocol;
    use crate::decode::{Context, Families, decode};
    use crate::message::Header;

    /// As `auditctl -a always,exit -S unlink -k removed` gives it to the kernel.
    #[test]
    fn a_rule_of_audit_says_when_it_applies_and_its_key() {
        let mut payload = [4_u32, 2, 2].map(u32::to_ne_bytes).concat();
        payload.resize(12 + 4 * 256, 0);
        payload.extend(7_u32.to_ne_bytes());
        payload.extend(b"removed");
        let len = u32::try_from(16 + payload.len()).unwrap();
        let header = Header { len, message_type: 1011, flags: 5, seq: 1, portid: 0 };
        let bytes = [&header.to_bytes(), &payload[..]].concat();
        let families = Families::default();
        let decoded = decode(protocol::AUDIT, &bytes, len, &Context::new(&families));
        assert_eq!(decoded.messages[0].summary, "always exit removed");
        // Of a sample the texts behind the structure are cut.
        let decoded = decode(protocol::AUDIT, &bytes[..256], len, &Context::new(&families));
        assert_eq!(decoded.messages[0].summary, "always exit");
    }
}
