//! One file per subcommand, and how each may fail. A command parses nothing itself: it gets its
//! clap arguments, does its work, and returns.

pub mod changes;
pub mod check;
pub mod decode;
pub mod explain;
mod feed;
pub mod findings;
pub mod flags;
mod health;
pub mod links;
mod output;
pub mod printer;
pub mod record;
pub mod recv;
mod rights;
pub mod run;
pub mod send;
mod signals;
pub mod sockets;
pub mod tail;
pub mod top;

use std::fmt;

pub(crate) use output::say;

/// Why a command failed; decides the exit code.
#[derive(Debug)]
pub enum Failure {
    /// A wrong flag or configuration: exit code 1.
    Usage(anyhow::Error),
    /// The kernel or the privileges do not allow it: exit code 2.
    System(anyhow::Error),
    /// It went wrong while running: exit code 3.
    Runtime(anyhow::Error),
}

impl Failure {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 1,
            Self::System(_) => 2,
            Self::Runtime(_) => 3,
        }
    }
}

/// The daemon ended while somebody read its log.
fn daemon_is_gone() -> Failure {
    Failure::Runtime(anyhow::anyhow!(
        "the daemon closed the live log: journalctl -u nlmon says why it stopped"
    ))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) | Self::System(error) | Self::Runtime(error) => {
                write!(f, "{error:#}")
            }
        }
    }
}
