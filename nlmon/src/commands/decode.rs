//! `nlmon decode`: bytes that somebody pastes, as the log shows them. `paste` finds the bytes in the
//! text. Needs no daemon and asks no kernel. What is cut, left over or passed over is said on standard
//! error.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::Failure;
use super::printer::{Output, Printer, Shown, Stop};
use crate::live::foreign::{Datagram, Direction, Known};
use crate::live::json::LogRecord;
use crate::paste::{self, Paste, Sender, TEXT_MAX};
use crate::spec_files;
use nlmon_core::decode::names;
use nlmon_core::message::{Header, kind};

/// Show what pasted bytes of netlink messages mean
///
/// Takes hexadecimal as it comes: digits alone; the output of xxd, hexdump -C, od, tcpdump -x or
/// Wireshark; lines of strace -xx, or of strace -e read=all -e write=all; dumps of the kernel's log;
/// and what libnl prints with NLCB=debug. An empty line ends a datagram.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The bytes, or one file to read them from; without, standard input
    #[arg(value_name = "HEX|FILE")]
    pub hex_or_file: Vec<String>,
    /// Read the text from this file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "hex_or_file")]
    pub file: Option<PathBuf>,
    /// Protocol of the messages, by name or number. Without it, the one that the text names, or else
    /// route
    #[arg(long, value_name = "NAME", value_parser = protocol)]
    pub protocol: Option<u8>,
    /// Number and name of a family of generic netlink, like 36=wireguard: the kernel gives out
    /// numbers at run time, so the bytes do not tell. Means --protocol generic
    #[arg(long, value_name = "NUMBER=NAME", value_parser = family)]
    pub family: Vec<(u16, String)>,
    /// YAML spec of a generic family, or a directory of some, to read the messages by
    #[arg(long, value_name = "PATH")]
    pub specs: Vec<PathBuf>,
    /// Show keys too, which are withheld otherwise: the bytes are in your hands already
    #[arg(long)]
    pub show_secrets: bool,
    #[command(flatten)]
    pub shown: Shown,
}

fn protocol(text: &str) -> Result<u8, String> {
    names::parse_protocol(text).ok_or_else(|| {
        let all: Vec<_> = names::protocol_names().collect();
        format!("there is no such protocol; those with names are {}", all.join(", "))
    })
}

fn family(text: &str) -> Result<(u16, String), String> {
    let parts = text.split_once('=').map(|(number, name)| (number.parse().ok(), name));
    match parts {
        Some((Some(number), name)) if Known::default().families.insert(number, name) => {
            Ok((number, name.to_owned()))
        }
        _ => Err(
            "a family is like 36=wireguard: a number from 17 to 1023, and a name of at most 15 \
                  letters"
                .to_owned(),
        ),
    }
}

/// Shows the messages.
///
/// # Errors
/// `Usage` where the text is no bytes, `Runtime` where it cannot be read or shown.
pub fn run(args: &Args) -> Result<(), Failure> {
    args.shown.check()?;
    let specs = spec_files::read(&args.specs).map_err(|error| Failure::Usage(error.into()))?.specs;
    let text = args.text()?;
    let paste = paste::read(&text).map_err(|error| Failure::Usage(error.into()))?;
    for remark in &paste.remarks {
        super::say(format_args!("{remark}"));
    }
    if paste.datagrams.is_empty() {
        return Err(Failure::Usage(anyhow!("there are no bytes of a message in this text")));
    }
    let mut known = Known::new(specs, args.show_secrets);
    let datagrams: Vec<_> = args.datagrams(&paste).collect();
    // What is said later helps to read what was before.
    for datagram in &datagrams {
        known.learn(datagram);
    }
    for (number, name) in &args.family {
        known.families.insert(*number, name);
    }
    args.hint(&datagrams, &known);
    match args.print(&datagrams, &known) {
        Ok(()) | Err(Stop::NoReader | Stop::End) => Ok(()),
        Err(Stop::Failed(error)) => Err(Failure::Runtime(error)),
    }
}

impl Args {
    fn text(&self) -> Result<String, Failure> {
        if let Some(file) = &self.file {
            return read(file);
        }
        if let [file] = &*self.hex_or_file
            && Path::new(file).is_file()
        {
            return read(Path::new(file));
        }
        if self.hex_or_file.is_empty() {
            return read(Path::new("-"));
        }
        Ok(self.hex_or_file.join(" "))
    }

    /// The datagrams with the protocol that is meant: what the flags say comes first.
    fn datagrams<'a>(&self, paste: &'a Paste) -> impl Iterator<Item = Datagram<'a>> {
        let generic = (!self.family.is_empty()).then_some(names::protocol::GENERIC);
        let said = self.protocol.or(generic);
        paste.datagrams.iter().map(move |datagram| Datagram {
            time: None,
            direction: match datagram.sender {
                Sender::Unknown => Direction::Unknown,
                Sender::Process => Direction::ToKernel,
                Sender::Other => Direction::ToUser,
            },
            place: 0,
            protocol: said.or(datagram.protocol).unwrap_or(names::protocol::ROUTE),
            data: &datagram.bytes,
            len: u32::try_from(datagram.len).unwrap_or(u32::MAX),
        })
    }

    /// Says what would tell more about a type of message that is not known.
    fn hint(&self, datagrams: &[Datagram<'_>], known: &Known) {
        let unknown = datagrams.iter().find_map(|datagram| {
            let number = Header::parse(datagram.data)?.message_type;
            let is_own = number < kind::FIRST;
            let is_known = if datagram.protocol == names::protocol::GENERIC {
                known.families.name(number).is_some()
            } else {
                names::is_known_message_type(datagram.protocol, number)
            };
            (!is_own && !is_known).then_some((datagram.protocol, number))
        });
        let Some((protocol, number)) = unknown else { return };
        let name = names::protocol_name(protocol);
        if protocol == names::protocol::GENERIC {
            super::say(format_args!(
                "which family has the number {number} is not in the text: say it with \
                 --family {number}=NAME (genl ctrl list shows those of this machine)"
            ));
        } else if self.protocol.is_none() {
            super::say(format_args!(
                "{number} is no type of message of protocol {name}: say the protocol with \
                 --protocol"
            ));
        }
    }

    fn print(&self, datagrams: &[Datagram<'_>], known: &Known) -> Result<(), Stop> {
        let mut printer = Printer::new(self.shown, false, None)?;
        for datagram in datagrams {
            let record = LogRecord::foreign(datagram, known);
            // A line tells of one message, and here all are wanted.
            if self.shown.output == Output::Text && !self.shown.verbose && !self.shown.hex {
                for message in &record.messages {
                    let mut line = record.clone();
                    line.messages = vec![message.clone()];
                    printer.print(line)?;
                }
            } else {
                printer.print(record)?;
            }
        }
        printer.flush()
    }
}

/// The text of a file; of `-`, of standard input.
fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let failed = || format!("cannot read {}", file.display());
    let limit = TEXT_MAX as u64 + 1;
    let read = if file.as_os_str() == "-" {
        if io::stdin().is_terminal() {
            super::say(format_args!(
                "paste the bytes, and end them with Ctrl-D on a line of its own"
            ));
        }
        io::stdin().take(limit).read_to_string(&mut text)
    } else {
        let length = fs::metadata(file).map(|about| about.len()).unwrap_or_default();
        let file =
            if length < limit { File::open(file) } else { Err(io::ErrorKind::FileTooLarge.into()) };
        file.and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.with_context(failed).map_err(Failure::Runtime)?;
    if text.len() > TEXT_MAX {
        return Err(Failure::Usage(anyhow!("the text is longer than {} MiB", TEXT_MAX >> 20)));
    }
    Ok(text)
}
