//! Keys and who may use them. What is key material is withheld.

use crate::decode::names::Table;
use crate::decode::tables::kind::Kind::{Flag, Hex, Mac, Nest, Num, Secret, Word};
use crate::decode::tables::kind::{Bits, Set};

/// `WLAN_CIPHER_SUITE_*` of `include/linux/ieee80211.h`.
pub(in crate::decode) static CIPHERS: Table = &[
    (0x000f_ac00, "use-group"),
    (0x000f_ac01, "wep40"),
    (0x000f_ac02, "tkip"),
    (0x000f_ac04, "ccmp"),
    (0x000f_ac05, "wep104"),
    (0x000f_ac06, "aes-cmac"),
    (0x000f_ac08, "gcmp"),
    (0x000f_ac09, "gcmp-256"),
    (0x000f_ac0a, "ccmp-256"),
    (0x000f_ac0b, "bip-gmac-128"),
    (0x000f_ac0c, "bip-gmac-256"),
    (0x000f_ac0d, "bip-cmac-256"),
    (0x0014_7201, "sms4"),
];

/// `WLAN_AKM_SUITE_*` of the same.
pub(in crate::decode) static KEY_MANAGEMENT: Table = &[
    (0x000f_ac01, "8021x"),
    (0x000f_ac02, "psk"),
    (0x000f_ac03, "ft-8021x"),
    (0x000f_ac04, "ft-psk"),
    (0x000f_ac05, "8021x-sha256"),
    (0x000f_ac06, "psk-sha256"),
    (0x000f_ac07, "tdls"),
    (0x000f_ac08, "sae"),
    (0x000f_ac09, "ft-over-sae"),
    (0x000f_ac0b, "8021x-suite-b"),
    (0x000f_ac0c, "8021x-suite-b-192"),
    (0x000f_ac0d, "ft-8021x-sha384"),
    (0x000f_ac0e, "fils-sha256"),
    (0x000f_ac0f, "fils-sha384"),
    (0x000f_ac10, "ft-fils-sha256"),
    (0x000f_ac11, "ft-fils-sha384"),
    (0x000f_ac12, "owe"),
    (0x000f_ac13, "ft-psk-sha384"),
    (0x000f_ac14, "psk-sha384"),
    (0x506f_9a01, "osen"),
    (0x506f_9a02, "dpp"),
];

pub(super) static KEY_TYPES: Table = &[(0, "group"), (1, "pairwise"), (2, "peerkey")];

pub(super) static DEFAULT_TYPES: Set = &[
    (1, "NL80211_KEY_DEFAULT_TYPE_UNICAST", Flag),
    (2, "NL80211_KEY_DEFAULT_TYPE_MULTICAST", Flag),
];

pub(super) static KEY: Set = &[
    (1, "NL80211_KEY_DATA", Secret),
    (2, "NL80211_KEY_IDX", Num),
    (3, "NL80211_KEY_CIPHER", Word(&CIPHERS)),
    (4, "NL80211_KEY_SEQ", Hex),
    (5, "NL80211_KEY_DEFAULT", Flag),
    (6, "NL80211_KEY_DEFAULT_MGMT", Flag),
    (7, "NL80211_KEY_TYPE", Word(&KEY_TYPES)),
    (8, "NL80211_KEY_DEFAULT_TYPES", Nest(&DEFAULT_TYPES)),
    (9, "NL80211_KEY_MODE", Num),
    (10, "NL80211_KEY_DEFAULT_BEACON", Flag),
    (11, "NL80211_KEY_LTF_SEED", Secret),
];

pub(super) static REKEY_DATA: Set = &[
    (1, "NL80211_REKEY_DATA_KEK", Secret),
    (2, "NL80211_REKEY_DATA_KCK", Secret),
    (3, "NL80211_REKEY_DATA_REPLAY_CTR", Hex),
    (4, "NL80211_REKEY_DATA_AKM", Word(&KEY_MANAGEMENT)),
];

pub(super) static WPA_VERSIONS: Bits = &[(0x1, "wpa"), (0x2, "wpa2"), (0x4, "wpa3")];

pub(super) static AUTHENTICATIONS: Table = &[
    (0, "open-system"),
    (1, "shared-key"),
    (2, "ft"),
    (3, "network-eap"),
    (4, "sae"),
    (5, "fils-sk"),
    (6, "fils-sk-pfs"),
    (7, "fils-pk"),
    (8, "eppke"),
    (9, "ieee8021x"),
    (10, "automatic"),
];

pub(super) static FRAME_PROTECTION: Table = &[(0, "no"), (1, "required"), (2, "optional")];

pub(super) static CANDIDATE: Set = &[
    (1, "NL80211_PMKSA_CANDIDATE_INDEX", Num),
    (2, "NL80211_PMKSA_CANDIDATE_BSSID", Mac),
    (3, "NL80211_PMKSA_CANDIDATE_PREAUTH", Flag),
];

/// `WLAN_EID_*` of `include/linux/ieee80211.h`
pub(in crate::decode) static ELEMENTS: Table = &[
    (0, "SSID"),
    (1, "supported_rates"),
    (3, "DS_params"),
    (5, "TIM"),
    (7, "country"),
    (11, "QBSS_load"),
    (32, "power_constraint"),
    (33, "power_capability"),
    (36, "supported_channels"),
    (37, "channel_switch"),
    (42, "ERP_info"),
    (45, "HT_capability"),
    (48, "RSN"),
    (50, "extended_supported_rates"),
    (51, "AP_channel_report"),
    (54, "mobility_domain"),
    (55, "fast_BSS_transition"),
    (59, "supported_operating_classes"),
    (61, "HT_operation"),
    (70, "RM_enabled_capabilities"),
    (76, "MMIE"),
    (107, "interworking"),
    (113, "mesh_config"),
    (114, "mesh_ID"),
    (127, "extended_capabilities"),
    (191, "VHT_capability"),
    (192, "VHT_operation"),
    (221, "vendor"),
    (244, "RSNX"),
    (255, "extension"),
];
