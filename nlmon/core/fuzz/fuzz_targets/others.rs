//! Messages of any protocol: audit, connector, crypto, device events, RDMA, iSCSI and unknown ones.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::run("others", input));
