//! Messages of IP security, whose keys must be withheld.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::run("xfrm", input));
