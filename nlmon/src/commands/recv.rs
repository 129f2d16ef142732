//! `nlmon recv`: joins the test module's group and prints each greeting. Greetings are all that
//! standard output gets; what state the command is in goes to standard error.

use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::{
    Failure,
    output::print_to_reader,
    send::{open_test_module, seconds},
};
use nlmon_core::{decode::printable, message::messages};

use crate::subscribe::{Datagram, Received, Socket, test_module};

/// Holds any greeting, and the start of whatever else comes by the group.
const BUFFER_BYTES: usize = 32 << 10;

/// Arguments of `nlmon recv`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End after this many greetings [default: until interrupted].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this many seconds; an error if --count is not reached by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

/// Waits for greetings.
pub fn run(args: &Args) -> Result<(), Failure> {
    let socket = open_test_module()?;
    socket.join(test_module::GROUP).map_err(|error| Failure::System(error.into()))?;
    super::say(format_args!("waiting for greetings, protocol 17, group 1"));
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut greetings = 0;
    while args.count.is_none_or(|count| greetings < count) {
        if !wait(&socket, deadline)? {
            return out_of_time(greetings, args.count);
        }
        match socket.receive(&mut buffer).map_err(|error| Failure::Runtime(error.into()))? {
            Received::Datagram(datagram) => {
                let greeted = greetings_of(&datagram);
                greetings += greeted.len() as u64;
                if !greeted.is_empty() && !print_to_reader(greeted.concat())? {
                    return Ok(());
                }
            }
            Received::Overrun => {
                super::say(format_args!("the receive buffer ran over, greetings are lost"));
            }
            Received::Empty => {}
        }
    }
    Ok(())
}

/// Sets how long the next read waits. False if there is no time left.
fn wait(socket: &Socket, deadline: Option<Instant>) -> Result<bool, Failure> {
    let Some(deadline) = deadline else { return Ok(true) };
    let left = deadline.saturating_duration_since(Instant::now());
    // The option counts microseconds, and takes zero for no limit.
    if left < Duration::from_micros(1) {
        return Ok(false);
    }
    socket.set_timeout(left).map_err(|error| Failure::Runtime(error.into()))?;
    Ok(true)
}

fn out_of_time(greetings: u64, count: Option<u64>) -> Result<(), Failure> {
    match count {
        Some(count) => {
            Err(Failure::Runtime(anyhow!("only {greetings} of {count} greetings came in time")))
        }
        None => Ok(()),
    }
}

/// The greetings in a datagram, a line each.
fn greetings_of(datagram: &Datagram<'_>) -> Vec<String> {
    // A user may send to the group, too.
    if datagram.src_portid != 0 {
        return Vec::new();
    }
    let len = usize::try_from(datagram.len).unwrap_or(usize::MAX);
    let messages = messages(datagram.data, len);
    messages
        .filter(|message| message.header.message_type == test_module::GREETING)
        .map(|message| format!("{}\n", printable::c_string(message.payload)))
        .collect()
}
