//! Messages of nftables, conntrack, ipset and the other subsystems of nfnetlink.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::run("netfilter", input));
