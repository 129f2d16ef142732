//! Wi-Fi, in the words of `iw`: which radio, interface and station, which network and channel, and
//! what came of it.

use crate::decode::attribute::{Tree, Value};
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    let text = |name: &str| tree.text(&["NL80211_ATTR_", name].concat());
    let inside = |name: &str| tree.inside(&["NL80211_ATTR_", name].concat());
    let radio = text("WIPHY_NAME").or_else(|| Some(format!("phy#{}", text("WIPHY")?).into()));
    line.optional("", radio);
    let known = || Some(tree.ifname("NL80211_ATTR_IFINDEX")?.into());
    line.optional("", text("IFNAME").or_else(known)).optional("ifindex", text("IFINDEX"));
    // What has no network device, a P2P device for one, is known by this alone.
    let wdev = tree.number("NL80211_ATTR_WDEV").filter(|_| !tree.has("NL80211_ATTR_IFINDEX"));
    line.optional("wdev", wdev.map(|wdev| format!("{wdev:#x}")));
    line.optional("type", text("IFTYPE")).optional("", text("MAC"));
    line.optional("ssid", text("SSID")).optional("freq", text("WIPHY_FREQ"));
    line.optional("width", text("CHANNEL_WIDTH"));
    line.optional("country", text("REG_ALPHA2").filter(|country| country != "00"));
    line.optional("power-save", text("PS_STATE"));
    line.optional("txpower", text("WIPHY_TX_POWER_SETTING"));
    line.optional("power", power(tree, "NL80211_ATTR_WIPHY_TX_POWER_LEVEL", Unit::Mbm));
    key(&mut line, inside("KEY"));
    network(&mut line, inside("BSS"));
    line.optional("signal", power(inside("STA_INFO"), "NL80211_STA_INFO_SIGNAL", Unit::Dbm));
    line.optional("vendor", tree.number("NL80211_ATTR_VENDOR_ID").map(|id| format!("{id:#x}")));
    line.optional("subcmd", text("VENDOR_SUBCMD"));
    line.optional("status", text("STATUS_CODE")).optional("reason", text("REASON_CODE"));
    line.optional("timeout", text("TIMEOUT_REASON"));
    line.finish()
}

fn key(line: &mut Line, key: Tree<'_>) {
    line.optional("key", key.text("NL80211_KEY_IDX"));
    line.optional("", key.text("NL80211_KEY_CIPHER"));
    line.optional("", key.text("NL80211_KEY_TYPE"));
}

fn network(line: &mut Line, network: Tree<'_>) {
    line.optional("bss", network.text("NL80211_BSS_BSSID"));
    line.optional("freq", network.text("NL80211_BSS_FREQUENCY"));
    line.optional("signal", power(network, "NL80211_BSS_SIGNAL_MBM", Unit::Mbm));
    line.optional("", network.text("NL80211_BSS_STATUS"));
    let elements = network.inside("NL80211_BSS_INFORMATION_ELEMENTS");
    let beacon = network.inside("NL80211_BSS_BEACON_IES");
    let elements = if elements.iter().len() > 0 { elements } else { beacon };
    line.optional("ssid", elements.text("SSID"));
    line.optional("channel", channel(elements));
    line.optional("security", security(network, elements));
}

/// The channel that the element `DS_params` gives, one byte.
fn channel(elements: Tree<'_>) -> Option<String> {
    let digits = elements.text("DS_params")?;
    Some(u8::from_str_radix(&digits, 16).ok()?.to_string())
}

/// How one joins: `rsn psk ccmp`, as key management and ciphers of the security element; `wep` where
/// there is none and the network asks for privacy; or else `open`. A cut element tells less.
fn security(network: Tree<'_>, elements: Tree<'_>) -> Option<String> {
    /// `WLAN_CAPABILITY_PRIVACY`, `include/linux/ieee80211.h`.
    const PRIVACY: u64 = 1 << 4;
    let joined = |element: Tree<'_>, name| {
        let values = element.inside(name).iter().filter_map(|item| item.value.as_ref());
        values.map(ToString::to_string).collect::<Vec<_>>().join("/")
    };
    if elements.has("RSN") {
        let element = elements.inside("RSN");
        let mut line = Line::default();
        line.word("rsn").word(&joined(element, "key_managements"));
        line.word(&joined(element, "pairwise_ciphers"));
        return Some(line.finish());
    }
    if elements.iter().len() == 0 || elements.has("vendor") {
        // WPA, which RSN took the place of, is an element of a vendor.
        return None;
    }
    let private = network.number("NL80211_BSS_CAPABILITY")? & PRIVACY != 0;
    Some(if private { "wep" } else { "open" }.to_owned())
}

/// Power, of which the attribute has that unit.
fn power(tree: Tree<'_>, name: &str, unit: Unit) -> Option<String> {
    let power = match tree.get(name)?.value.as_ref()? {
        Value::Negative(power) => i32::try_from(*power).ok()?,
        Value::Number(power) => i32::try_from(*power).ok()?,
        Value::Flag(_) | Value::Text(_) => return None,
    };
    Some(match unit {
        Unit::Dbm => format!("{power} dBm"),
        Unit::Mbm => format!("{:.2} dBm", f64::from(power) / 100.0),
    })
}

/// Decibels to a milliwatt, or hundredths of them.
#[derive(Clone, Copy)]
enum Unit {
    Dbm,
    Mbm,
}
