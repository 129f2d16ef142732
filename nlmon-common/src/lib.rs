//! What nlmon's BPF programs and its daemon agree on: the record, the counter keys, the settings,
//! and every size and limit. No logic, no dependency; both sides compile it.
//!
//! Invariant: every type here is `repr(C)`, made of fixed-width integers, widest field first, with
//! its padding named, because its bytes cross from kernel maps to the daemon unchecked. A change
//! of any layout bumps [`ABI`].
#![no_std]

pub mod control;
pub mod counter;
pub mod exec;
pub mod limits;
pub mod observation;
pub mod settings;
pub mod share;
pub mod silent;
pub mod socket;

/// Version of everything in this crate. The object carries it as a global; the daemon refuses an
/// object that carries another.
pub const ABI: u32 = 10;
