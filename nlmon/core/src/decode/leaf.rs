//! What holds nothing else, by its kind: its value, and whether it may be as long as it is.

use super::attribute::Value;
use super::tables::kind::Kind;
use super::value;
use crate::decode::names::words::ETHERTYPES;

/// What holds nothing else.
pub(super) fn value(kind: &Kind, bytes: &[u8], family: u16) -> Option<Value> {
    match kind {
        Kind::Num | Kind::ByFlag => value::unsigned(bytes, false),
        Kind::Int | Kind::Index | Kind::LinkIndex => value::signed(bytes, false),
        Kind::Be | Kind::BeIndex => value::unsigned(bytes, true),
        Kind::BeInt => value::signed(bytes, true),
        Kind::Limit(word) => value::limit(word, bytes),
        Kind::Word(table) => value::word(table, bytes, false),
        Kind::BeWord(table) => value::word(table, bytes, true),
        Kind::EtherFamily => value::word(ETHERTYPES, bytes, true),
        Kind::Mask(table) => value::bits(table, bytes, false),
        Kind::BeMask(table) => value::bits(table, bytes, true),
        Kind::Handle => value::handle(bytes),
        Kind::HashHandle => value::hash_handle(bytes),
        Kind::Labels => value::labels(bytes),
        Kind::Realms => value::realms(bytes),
        Kind::Text => Some(value::c_string(bytes)),
        Kind::Ip => value::ip(bytes, family),
        Kind::LongIp => value::long_ip(bytes, family),
        Kind::Sockaddr => value::socket_address(bytes),
        Kind::Mac => value::link_address(bytes, family),
        Kind::PaddedMac => Some(value::padded_link_address(bytes)),
        Kind::Flag => Some(Value::Flag(true)),
        Kind::Base64 => value::base64(bytes),
        _ if bytes.is_empty() => None,
        _ => Some(value::hex(bytes)),
    }
}

/// Whether it is one number.
pub(super) fn is_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Num
            | Kind::ByFlag
            | Kind::Int
            | Kind::Be
            | Kind::BeInt
            | Kind::Index
            | Kind::BeIndex
            | Kind::LinkIndex
            | Kind::Limit(_)
            | Kind::Word(_)
            | Kind::BeWord(_)
            | Kind::EtherFamily
            | Kind::Mask(_)
            | Kind::BeMask(_)
    )
}

/// Whether the kernel may write such a value with that many bytes. What is of another length is
/// of another kernel or of another module than the table, and so may be anything.
pub(super) fn may_have_len(kind: &Kind, len: usize) -> bool {
    match kind {
        kind if is_number(kind) => matches!(len, 0 | 1 | 2 | 4 | 8),
        Kind::Handle | Kind::HashHandle | Kind::Realms => matches!(len, 0 | 4),
        Kind::Labels => len.is_multiple_of(4),
        Kind::Ip => matches!(len, 0 | 4 | 16),
        Kind::Mac => matches!(len, 0 | 4 | 6 | 8 | 16 | 20),
        Kind::Sockaddr => matches!(len, 0 | 16 | 28 | 128),
        Kind::Flag => len == 0,
        Kind::Base64 => matches!(len, 0 | 32),
        _ => true,
    }
}
