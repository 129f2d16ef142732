//! What commands print. Whoever reads it may go away at any moment, as `head` does: that is no
//! failure, and no reason to panic.

use std::fmt;
use std::io::{self, Write as _};

use super::Failure;

/// Writes a text to standard output, if somebody reads it.
///
/// # Errors
/// It cannot be written.
pub(super) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    print_to_reader(text).map(drop)
}

/// Writes a text to standard output. Whether somebody read what was there before.
///
/// # Errors
/// It cannot be written.
pub(super) fn print_to_reader(text: impl AsRef<[u8]>) -> Result<bool, Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_ref()).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            let error = anyhow::Error::from(error).context("cannot write to standard output");
            Err(Failure::Runtime(error))
        }
    }
}

/// Says something to whoever runs the command, in a line of standard error.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    // There is nobody else to tell.
    let _unheard = writeln!(io::stderr(), "nlmon: {line}");
}
