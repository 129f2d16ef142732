//! The families of generic netlink whose attributes nlmon knows. A family's number belongs to the
//! running kernel, so they are found by name.

mod acpi_event;
mod batadv;
pub(in crate::decode) mod devlink;
mod dpll;
mod drop_monitor;
mod ethtool;
mod ethtool_counters;
mod fou;
mod gtp;
mod handshake;
#[cfg(test)]
mod headers;
mod hsr;
pub(in crate::decode) mod ila;
mod ioam6;
mod ipvs;
mod l2tp;
mod lockd;
mod macsec;
mod mptcp_pm;
mod nbd;
mod ncsi;
mod net_shaper;
mod netdev;
mod netlabel;
mod nfc;
mod nfsd;
pub(in crate::decode) mod nl80211;
pub(in crate::decode) mod nlctrl;
mod ovpn;
mod ovs_ct_limit;
mod ovs_datapath;
mod ovs_flow;
mod ovs_meter;
mod ovs_packet;
mod ovs_vport;
mod psample;
mod psp;
mod quota;
mod seg6;
mod smc;
mod sunrpc;
mod taskstats;
mod tcmu;
mod tcp_metrics;
mod team;
mod thermal;
pub(in crate::decode::tables) mod tipc;
mod vdpa;
mod wireguard;

use super::kind::{Generic, Words};

static FAMILIES: &[&Generic] = &[
    &acpi_event::FAMILY,
    &batadv::FAMILY,
    &devlink::FAMILY,
    &dpll::FAMILY,
    &drop_monitor::FAMILY,
    &ethtool::FAMILY,
    &fou::FAMILY,
    &gtp::FAMILY,
    &handshake::FAMILY,
    &hsr::FAMILY,
    &ila::FAMILY,
    &ioam6::FAMILY,
    &ipvs::FAMILY,
    &l2tp::FAMILY,
    &lockd::FAMILY,
    &macsec::FAMILY,
    &mptcp_pm::FAMILY,
    &nbd::FAMILY,
    &ncsi::FAMILY,
    &net_shaper::FAMILY,
    &netdev::FAMILY,
    &netlabel::CALIPSO,
    &netlabel::CIPSO_V4,
    &netlabel::MANAGEMENT,
    &netlabel::UNLABELED,
    &nfc::FAMILY,
    &nfsd::FAMILY,
    &nl80211::FAMILY,
    &nlctrl::FAMILY,
    &ovpn::FAMILY,
    &ovs_ct_limit::FAMILY,
    &ovs_datapath::FAMILY,
    &ovs_flow::FAMILY,
    &ovs_meter::FAMILY,
    &ovs_packet::FAMILY,
    &ovs_vport::FAMILY,
    &psample::FAMILY,
    &psp::FAMILY,
    &quota::FAMILY,
    &seg6::FAMILY,
    &smc::FAMILY,
    &smc::PNETID,
    &sunrpc::FAMILY,
    &taskstats::FAMILY,
    &tcmu::FAMILY,
    &tcp_metrics::FAMILY,
    &team::FAMILY,
    &thermal::FAMILY,
    &tipc::FAMILY,
    &vdpa::FAMILY,
    &wireguard::FAMILY,
];

/// The family of that name.
pub(in crate::decode) fn family(name: &str) -> Option<&'static Generic> {
    FAMILIES.iter().find(|family| family.name == name).copied()
}

/// What a family's own events are, where they share their numbers with its commands.
pub(in crate::decode) fn events(name: &str) -> Option<Words> {
    match name {
        "IOAM6" => Some(ioam6::EVENTS),
        "mptcp_pm" => Some(mptcp_pm::EVENTS),
        "thermal" => Some(thermal::EVENTS),
        _ => None,
    }
}

/// Every family.
pub(in crate::decode) fn all() -> impl Iterator<Item = &'static Generic> {
    FAMILIES.iter().copied()
}
