//! Scenarios that run in a guest, as root, with the test module at hand: `cargo xtask test` boots
//! it. Each compares what nlmon shows with something independent, in prime numbers of messages,
//! and ends by checking the accounting identity.
//!
//! They share one kernel, so they run one at a time (`--test-threads=1`). Those of [`lockdown`] need
//! one that refuses probes, [`page`] a guest that has a browser, [`prometheus`] one that has that, [`goings`] one whose processors take
//! turns, and [`cost`] one whose clock counts instructions.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::format_collect,
    clippy::unused_self,
    reason = "all of this file is test code"
)]

mod adversity;
mod answers;
mod browser;
mod calls;
mod capture;
mod causes;
mod cost;
mod counts;
mod crowds;
mod delivery;
#[path = "../../benches/peer/exchange.rs"]
mod exchange;
mod fairness;
mod faults;
mod findings;
mod goings;
mod interrupts;
mod join;
mod layouts;
mod ledger;
mod listeners;
mod lockdown;
mod module;
mod namespaces;
mod owners;
mod package;
mod packets;
mod page;
mod pins;
mod programs;
mod prometheus;
mod recorder;
mod requests;
mod sampling;
mod secrets;
mod service;
mod silent;
mod sockets;
mod specs;
mod strace;
mod stress;
mod support;
mod tap;
mod thinning;
mod tools;
mod verifier;
mod wireless;
