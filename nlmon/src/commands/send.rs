//! `nlmon send`: sends a text to the test module and prints its echo, as the user program of the
//! article does that the module comes from.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use nix::errno::Errno;

use super::{Failure, output::print};
use crate::subscribe::{Error, Socket, test_module};

/// The longest timeout: a day. Longer ones are typing errors.
const TIMEOUT_MAX: Duration = Duration::from_hours(24);

/// Arguments of `nlmon send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Text to send.
    #[arg(required_unless_present = "greet")]
    text: Option<String>,
    /// Ask the module to greet group 1, after the echo if there is a text.
    #[arg(long)]
    greet: bool,
    /// Seconds to wait for each answer.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
}

/// Sends, and waits for the answer.
pub fn run(args: &Args) -> Result<(), Failure> {
    let socket = open_test_module()?;
    if let Some(text) = &args.text {
        echo(&socket, text, args.timeout)?;
    }
    if args.greet {
        test_module::greet(&socket, args.timeout)
            .context("the module did not greet")
            .map_err(Failure::Runtime)?;
    }
    Ok(())
}

fn echo(socket: &Socket, text: &str, timeout: Duration) -> Result<(), Failure> {
    // With its NUL, as a C program sends a string.
    let sent = [text.as_bytes(), &[0]].concat();
    let received = test_module::echo(socket, &sent, timeout)
        .context("the text was not echoed")
        .map_err(Failure::Runtime)?;
    if received != sent {
        let (got, wanted) = (received.len(), sent.len());
        return Err(Failure::Runtime(anyhow!(
            "the echo is not what was sent: {got} bytes came back for {wanted}"
        )));
    }
    print(format!("Received message payload: {text}\n"))
}

/// Opens a socket of the test module, or says what to do.
pub(super) fn open_test_module() -> Result<Socket, Failure> {
    Socket::open(test_module::PROTOCOL).map_err(|error| {
        let hint = (error.errno() == Some(Errno::EPROTONOSUPPORT))
            .then_some("the module netlink_test is not loaded: run `modprobe netlink_test`");
        Failure::System(with_hint(error, hint))
    })
}

fn with_hint(error: Error, hint: Option<&'static str>) -> anyhow::Error {
    match hint {
        Some(hint) => anyhow::Error::from(error).context(hint),
        None => error.into(),
    }
}

/// Reads a positive number of seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from_secs_f64(number) {
        Ok(duration) if !duration.is_zero() && duration <= TIMEOUT_MAX => Ok(duration),
        _ => Err(format!("must be above 0 and at most {}", TIMEOUT_MAX.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_sensible_times_only() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for text in ["0", "-1", "nan", "inf", "1e300", "86401", "x", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
