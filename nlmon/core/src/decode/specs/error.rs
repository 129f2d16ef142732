//! What can be wrong with a spec, and where.

use std::fmt;

use super::{TEXT_MAX, schema};

/// What is wrong with a spec, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Counted from 1; 0 where it is not known.
    pub line: u64,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => self.fault.fmt(f),
            line => write!(f, "line {line}: {}", self.fault),
        }
    }
}

impl std::error::Error for Error {}

/// What is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More than [`TEXT_MAX`] bytes.
    #[error("it is longer than {TEXT_MAX} bytes, the most that is read")]
    TooLarge,
    /// No YAML, or not of the form that specs have.
    #[error("{0}")]
    Form(String),
    /// It describes messages of another netlink protocol.
    #[error("its protocol is {0}, and only specs of generic netlink are read")]
    OtherProtocol(String),
    /// A name refers to nothing.
    #[error("there is no {what} {name:?}")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Two things have the same name or number.
    #[error("{name:?} has the {what} of {other:?}")]
    Twice {
        /// `name` or `number`.
        what: &'static str,
        /// The later one.
        name: String,
        /// The earlier one.
        other: String,
    },
    /// A set is a subset of itself, or a structure has itself as a member.
    #[error("{name:?} is inside of itself, by {how}")]
    Cycle {
        /// Its name.
        name: String,
        /// The key that leads there.
        how: &'static str,
    },
    /// A number that there cannot be.
    #[error("{name:?} has a number over {most}")]
    TooHigh {
        /// Whose.
        name: String,
        /// The largest.
        most: u16,
    },
    /// More of something than a family has.
    #[error("there are more than {most} {what}")]
    TooMany {
        /// What.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// An attribute, a structure or its member that cannot be as it says.
    #[error("{name:?} {problem}")]
    Wrong {
        /// Whose.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Fault {
    pub(super) fn at(self, line: u64) -> Error {
        Error { line, fault: self }
    }

    /// That `name` stands for nothing.
    pub(super) fn missing(what: &'static str, name: &schema::Name) -> Error {
        Self::Missing { what, name: name.text.clone() }.at(name.line)
    }

    /// What is wrong with what has that name.
    pub(super) fn wrong(name: &schema::Name, problem: &'static str) -> Error {
        Self::Wrong { name: name.text.clone(), problem }.at(name.line)
    }
}
