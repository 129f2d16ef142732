//! A datagram all the way: to a record, its text, its JSON and a capture.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::run("record", input));
