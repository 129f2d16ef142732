//! `nlmon links`: this host's network devices, over netlink: `ip -brief link` with headings, or
//! one JSON object a line.

use std::time::Duration;

use clap::ValueEnum;

use super::{Failure, output::print};
use nlmon_core::decode::printable;

use crate::subscribe::{Error, Link, links};

/// The kernel answers at once; this is for one that does not.
const TIMEOUT: Duration = Duration::from_secs(5);

const HEADINGS: [&str; 6] = ["INDEX", "NAME", "STATE", "MTU", "ADDRESS", "KIND"];

/// Arguments of `nlmon links`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table.
    Text,
    /// One object a line.
    Json,
}

/// Lists the devices.
pub fn run(args: &Args) -> Result<(), Failure> {
    let links = links(TIMEOUT).map_err(|error| match error {
        Error::Open { .. } => Failure::System(error.into()),
        error => Failure::Runtime(anyhow::Error::from(error).context("cannot list the devices")),
    })?;
    let text = match args.output {
        Output::Text => table(&links),
        Output::Json => lines(&links).map_err(|error| Failure::Runtime(error.into()))?,
    };
    print(text)
}

fn lines(links: &[Link]) -> serde_json::Result<String> {
    links.iter().map(|link| Ok(serde_json::to_string(link)? + "\n")).collect()
}

fn table(links: &[Link]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(links.iter().map(row));
    let mut widths = [0; HEADINGS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; HEADINGS.len()]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(link: &Link) -> [String; HEADINGS.len()] {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    [
        link.index.to_string(),
        // A name may hold control characters.
        printable::escape(link.name.as_bytes()),
        link.state.to_owned(),
        link.mtu.to_string(),
        or_dash(&link.address),
        or_dash(&link.kind),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, name: &str, kind: &str) -> Link {
        Link {
            index,
            name: name.to_owned(),
            state: "up",
            mtu: 1500,
            address: "02:00:00:00:00:01".to_owned(),
            kind: kind.to_owned(),
        }
    }

    #[test]
    fn lines_up_under_its_headings() {
        let text = table(&[link(1, "lo", ""), link(12, "veth0", "veth")]);
        let expected = "\
INDEX  NAME   STATE  MTU   ADDRESS            KIND
1      lo     up     1500  02:00:00:00:00:01  -
12     veth0  up     1500  02:00:00:00:00:01  veth
";
        assert_eq!(text, expected);
    }

    #[test]
    fn prints_one_object_a_line() {
        let text = lines(&[link(1, "lo", ""), link(2, "a\"b", "")]).unwrap();
        let names: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(names[1]["name"], "a\"b");
    }

    #[test]
    fn shows_no_control_characters() {
        assert!(!table(&[link(1, "a\u{1b}[2J", "")]).contains('\u{1b}'));
    }
}
