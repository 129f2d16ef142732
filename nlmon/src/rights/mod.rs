//! What this process may do, and giving up what it needs no more. The only user of `caps` and
//! `landlock`. Does not know what needs which right: who calls says it.
//!
//! Both kinds of rights are a thread's own. What is given up before there are other threads is given
//! up by all of them.

mod capabilities;
mod files;

pub use capabilities::{
    Held, give_up_capabilities, keep_only, looks_into_others, named, permitted,
};
pub use files::{Places, Restricted, Unrestricted, restrict_files};
