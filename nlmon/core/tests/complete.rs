//! That nothing of the real messages and of the cases is left unread: every attribute has a name, no
//! message is left raw, and bytes are shown as such only where a reason is given.
//!
//! A place in a list has a number for a name. A number under anything that the tables do not call a
//! list is an attribute that no table names.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]
#![cfg(target_endian = "little")]

mod captures;
mod cases;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use nlmon_core::decode::attribute::{Attribute, Value};
use nlmon_core::decode::inventory::{Form, Inventory};
use nlmon_core::decode::{Context, Message, decode};

/// The files of cases.
const FILES: [&str; 5] = ["families.txt", "lines.txt", "missing.txt", "secrets.txt", "values.txt"];

/// Lists in elements of Wi-Fi frames, which no table describes.
const LISTS: &[&str] = &["key_managements", "pairwise_ciphers"];

/// What is shown as bytes, by the reason for which there is no better form.
const BYTES: &[(&str, &[&str])] = &[
    (
        "a number that the kernel makes up, to tell a socket from a later one of the same address",
        &["idiag_cookie", "ndiag_cookie", "pdiag_cookie", "udiag_cookie", "vdiag_cookie"],
    ),
    (
        "bits or counts by rate, in the order of IEEE 802.11, which iw alone spells out",
        &[
            "NL80211_ATTR_BSS_BASIC_RATES",
            "NL80211_ATTR_HT_CAPABILITY",
            "NL80211_ATTR_HT_CAPABILITY_MASK",
            "NL80211_ATTR_STA_SUPPORTED_RATES",
            "NL80211_ATTR_VHT_CAPABILITY",
            "NL80211_ATTR_VHT_CAPABILITY_MASK",
            "NL80211_BAND_ATTR_HT_MCS_SET",
            "NL80211_BAND_ATTR_VHT_MCS_SET",
            "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_MCS_SET",
            "NL80211_BAND_IFTYPE_ATTR_EHT_CAP_PHY",
            "NL80211_BAND_IFTYPE_ATTR_HE_CAP_MAC",
            "NL80211_BAND_IFTYPE_ATTR_HE_CAP_MCS_SET",
            "NL80211_BAND_IFTYPE_ATTR_HE_CAP_PHY",
            "NL80211_BAND_IFTYPE_ATTR_HE_CAP_PPE",
            "TIM",
            "extended_supported_rates",
            "supported_operating_classes",
            "supported_rates",
        ],
    ),
    (
        "bits that are longer than a number",
        &[
            "ETHTOOL_A_BITSET_MASK",
            "ETHTOOL_A_BITSET_VALUE",
            "NL80211_ATTR_EXT_CAPA",
            "NL80211_ATTR_EXT_CAPA_MASK",
            "NL80211_ATTR_EXT_FEATURES",
            "extended_capabilities",
        ],
    ),
    (
        "parts of frames, or what a vendor defines",
        &[
            "NL80211_ATTR_BEACON_HEAD",
            "NL80211_ATTR_IE_ASSOC_RESP",
            "NL80211_ATTR_VENDOR_EVENTS",
            "vendor",
        ],
    ),
    (
        "a packet number that goes on from frame to frame",
        &["NL80211_ATTR_KEY_SEQ", "NL80211_KEY_SEQ", "NL80211_REKEY_DATA_REPLAY_CTR"],
    ),
    ("bytes that name a key and are none of it", &["MACSEC_SA_ATTR_KEYID"]),
    (
        "a register of nftables, whose type is that of the set or of the expression before it",
        &["NFTA_DATA_VALUE"],
    ),
    (
        "what user space keeps with an object, for itself",
        &["NFTA_CHAIN_USERDATA", "NFTA_SET_USERDATA"],
    ),
    ("the structure of an extension of xtables that has no table", &["NFTA_MATCH_INFO"]),
    (
        "a mask or a value of packet bytes, as the filter compares them",
        &["IFLA_VXLAN_RESERVED_BITS", "mask", "val", "value"],
    ),
    ("what the gateway does to the bytes of a frame of CAN", &["data"]),
    ("bit fields, and the words of a window of them", &["bmp", "cmpr_pad"]),
    ("a number of a device event in decimal digits, which look like bytes", &["USEC_INITIALIZED"]),
    ("a filling that is not empty in the one case that has it", &["SK_DIAG_BPF_STORAGE_PAD"]),
    ("a program of classic BPF", &["PACKET_DIAG_FILTER"]),
    ("a structure as long as none that is known: a case of its own", &["INET_DIAG_INFO"]),
];

/// What an attribute of no table, or one whose bytes nothing explains, is reported as.
fn unread(parent: &str, attribute: &Attribute, found: &mut BTreeSet<String>) {
    let Attribute { name, value, attributes, .. } = attribute;
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !lists().contains(parent) {
        found.insert(format!("{parent} holds {name}, which has no name"));
    }
    let known = if is_number { parent } else { name };
    if value.as_ref().is_some_and(is_bytes)
        && !BYTES.iter().any(|(_, names)| names.contains(&known))
    {
        found.insert(format!("{known} is shown as bytes"));
    }
    for inner in attributes {
        unread(name, inner, found);
    }
}

/// Whether a value is bytes in hexadecimal: what is no number, and longer than a word could be.
fn is_bytes(value: &Value) -> bool {
    const SHORTEST: usize = 3;
    let Value::Text(text) = value else { return false };
    let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() >= 2 * SHORTEST && text.len() % 2 == 0 && text.bytes().all(digits)
}

/// Attributes and members whose insides only count.
fn lists() -> &'static BTreeSet<&'static str> {
    static LISTS_OF_TABLES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
        let Inventory { sets, structures, .. } = Inventory::of_tables();
        let attributes = sets.iter().flat_map(|set| &set.attributes).map(|a| (a.name, &a.form));
        let members = structures.iter().flat_map(|s| &s.members).map(|m| (m.name, &m.form));
        let all = attributes.chain(members).filter(|(_, form)| is_list(form));
        all.map(|(name, _)| name).chain(LISTS.iter().copied()).collect()
    });
    &LISTS_OF_TABLES
}

fn is_list(form: &Form) -> bool {
    match form {
        Form::List(_) | Form::Items(..) | Form::Hops(..) => true,
        Form::Choice(forms) => forms.iter().any(is_list),
        _ => false,
    }
}

fn check<'a>(messages: impl Iterator<Item = (&'a str, Message)>) {
    let mut found = BTreeSet::new();
    let mut number = 0;
    for (title, message) in messages {
        number += 1;
        if message.raw.is_some() {
            found.insert(format!("{title}: left raw"));
        }
        if message.message_type.bytes().all(|byte| byte.is_ascii_digit()) {
            found.insert(format!("{title}: type {} has no name", message.message_type));
        }
        for attribute in &message.attributes {
            unread(&message.message_type, attribute, &mut found);
        }
    }
    let list = Vec::from_iter(found).join("\n");
    assert!(list.is_empty(), "of {number} messages:\n{list}");
    assert!(number > 200, "{number}");
}

#[test]
fn nothing_of_the_captures_is_left_unread() {
    let families = captures::families();
    let datagrams: Vec<_> = captures::FILES
        .iter()
        .flat_map(|(file, protocol)| {
            captures::read(file).into_iter().map(move |(title, bytes)| (title, *protocol, bytes))
        })
        .collect();
    check(datagrams.iter().flat_map(|(title, protocol, bytes)| {
        let len = u32::try_from(bytes.len()).unwrap();
        let messages = decode(*protocol, bytes, len, &Context::new(&families)).messages;
        messages.into_iter().map(|message| (title.as_str(), message))
    }));
}

#[test]
fn nothing_of_the_cases_is_left_unread() {
    let cases: Vec<_> = FILES.iter().flat_map(|file| cases::read(file)).collect();
    check(cases.iter().flat_map(|case| {
        cases::messages(case).into_iter().map(|message| (case.title.as_str(), message))
    }));
}
