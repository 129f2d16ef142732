//! Elements of IEEE 802.11 (section 9.4.2), as beacons, requests and answers carry them: a number, a
//! length in bytes, and what the number defines. What `nft` keeps with a rule is made the same way.
//!
//! Invariant: what identifies a key (the list of PMKIDs of a security element) and what a handshake
//! of fast transition or FILS carries is withheld: it lets one guess the passphrase.

use super::attribute::Attribute;
use super::names::name_or_number;
use super::reader::{Reader, Span};
use super::tables::kind::Kind;
use super::tables::{WLAN_AKMS, WLAN_CIPHERS, WLAN_ELEMENTS};
use super::walk::u16_le_at;

const SSID: u8 = 0;
const RSN: u8 = 48;
/// Fast transition: nonces, and keys that are wrapped.
const FAST_TRANSITION: u8 = 55;
const VENDOR: u8 = 221;
/// FILS: sessions, nonces, wrapped keys.
const EXTENSION: u8 = 255;
/// `OSEN` of the Wi-Fi Alliance, which is made as RSN is.
const OSEN: [u8; 4] = [0x50, 0x6f, 0x9a, 0x12];

/// Bytes of a selector of a cipher or of a key management.
const SUITE: usize = 4;
const PMKID: usize = 16;

/// The elements of `span`. What is no element at the end is withheld where that may be a key.
pub(super) fn read(reader: &mut Reader<'_>, span: Span<'_>) -> Vec<Attribute> {
    let mut elements = Vec::new();
    let mut rest = span;
    while let &[number, len, ..] = rest.bytes {
        let len = usize::from(len);
        let name = name_or_number(WLAN_ELEMENTS, number.into());
        let body = rest.part(2, 2 + len);
        elements.push(match number {
            RSN => Attribute::nest(name, security(reader, body)),
            SSID => reader.value(name, &Kind::Text, body),
            FAST_TRANSITION | EXTENSION => reader.value(name, &Kind::Secret, body),
            VENDOR if body.bytes.starts_with(&OSEN) => {
                Attribute::nest(name, security(reader, body.after(OSEN.len())))
            }
            _ => reader.value(name, &Kind::Hex, body),
        });
        rest = rest.after(2 + len);
    }
    if !rest.bytes.is_empty() {
        elements.push(reader.value("rest".into(), &Kind::Secret, rest));
    }
    elements
}

/// What `nft` keeps with a rule (`libnftnl/udata.h`).
pub(super) fn userdata(reader: &mut Reader<'_>, span: Span<'_>) -> Vec<Attribute> {
    const COMMENT: u8 = 0;
    let mut members = Vec::new();
    let mut rest = span;
    while let &[number, len, ..] = rest.bytes {
        let len = usize::from(len);
        let body = rest.part(2, 2 + len);
        members.push(match number {
            COMMENT => reader.value("comment".into(), &Kind::Text, body),
            _ => reader.value(number.to_string().into(), &Kind::Hex, body),
        });
        rest = rest.after(2 + len);
    }
    members
}

/// What may be cut after any of its parts.
fn security(reader: &mut Reader<'_>, body: Span<'_>) -> Vec<Attribute> {
    static SUITES: Kind = Kind::Each(SUITE, &Kind::BeWord(&WLAN_CIPHERS));
    static AKMS: Kind = Kind::Each(SUITE, &Kind::BeWord(&WLAN_AKMS));
    let mut at = 0;
    let mut members = Vec::new();
    let mut part = |name: &'static str, kind: &Kind, width: usize| {
        let span = body.part(at, at.saturating_add(width));
        at = at.saturating_add(width);
        if !span.bytes.is_empty() {
            members.push(reader.value(name.into(), kind, span));
        }
    };
    part("version", &Kind::Hex, 2);
    part("group_cipher", &Kind::BeWord(&WLAN_CIPHERS), SUITE);
    let mut at_count = 2 + SUITE;
    let count = |at| usize::from(u16_le_at(body.bytes, at).unwrap_or_default());
    let pairwise = count(at_count);
    part("", &Kind::Pad, 2);
    part("pairwise_ciphers", &SUITES, SUITE * pairwise);
    at_count += 2 + SUITE * pairwise;
    let akms = count(at_count);
    part("", &Kind::Pad, 2);
    part("key_managements", &AKMS, SUITE * akms);
    part("capabilities", &Kind::Hex, 2);
    at_count += 2 + SUITE * akms + 2;
    let keys = count(at_count);
    part("", &Kind::Pad, 2);
    part("pmkids", &Kind::Secret, PMKID * keys);
    part("group_management_cipher", &Kind::BeWord(&WLAN_CIPHERS), SUITE);
    part("rest", &Kind::Secret, usize::MAX);
    members.retain(|member| !member.name.is_empty());
    members
}
