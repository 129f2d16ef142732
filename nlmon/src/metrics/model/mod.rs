//! What is counted and how it is added up. Pure: no lock, no `/proc`, no system call, no clock. What is
//! read of the kernel is given to it, and what it has counted is taken from it as families.

mod budget;
pub(super) mod daemon;
pub(super) mod family;
pub(super) mod kernel;
mod latency;
pub(super) mod ledger;
pub(super) mod losses;
pub(super) mod members;
mod overruns;
pub(super) mod pipeline;
pub(super) mod requests;
pub(super) mod sockets;
pub(super) mod tallies;
