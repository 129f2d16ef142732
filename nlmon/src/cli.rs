//! The command line: one binary, one subcommand per file of `commands`.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

use crate::commands::{
    Failure, changes, check, decode, explain, findings, links, record, recv, run, say, send,
    sockets, tail, top,
};

/// Observability for netlink: who sent what, who got it, how long it took, what was lost.
#[derive(Debug, Parser)]
#[command(name = "nlmon", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground.
    Run(run::Args),
    /// Show who changed what of the network's configuration, a line a change.
    Changes(changes::Args),
    /// Say what is known of a route, a link, an address and the like: who made it so, and when.
    Explain(explain::Args),
    /// Show the live log of the running daemon.
    Tail(tail::Args),
    /// Write the live log of the running daemon to a capture, until stopped.
    Record(record::Args),
    /// Show what pasted bytes of netlink messages mean.
    Decode(decode::Args),
    /// Show who is busy, what fails, what is slow and which sockets lose messages, live.
    Top(top::Args),
    /// Show every netlink socket of every namespace: owner, groups, queue, buffer, drops.
    Sockets(sockets::Args),
    /// Say what is wrong now, with evidence and advice.
    Findings(findings::Args),
    /// Say what this kernel offers, what nlmon would do with it, and whether the configuration is
    /// valid.
    Check(check::Args),
    /// Send a text to the test module and print its echo.
    Send(send::Args),
    /// Wait for the test module's greeting to group 1.
    Recv(recv::Args),
    /// List this host's network devices, over netlink.
    Links(links::Args),
}

/// The definition of the command line, from which manual pages and completions are made.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the command line and runs it.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Changes(args) => changes::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Tail(args) => tail::run(args),
        Command::Record(args) => record::run(args),
        Command::Decode(args) => decode::run(args),
        Command::Top(args) => top::run(args),
        Command::Sockets(args) => sockets::run(args),
        Command::Findings(args) => findings::run(args),
        Command::Check(args) => check::run(args),
        Command::Send(args) => send::run(args),
        Command::Recv(args) => recv::run(args),
        Command::Links(args) => links::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    say(format_args!("{failure}"));
    ExitCode::from(failure.exit_code())
}

/// Help and version go to standard output; an error is one line, not clap's paragraph.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // A closed standard output is nobody's error here.
        let missing = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        drop(error.print());
        return ExitCode::from(u8::from(missing));
    }
    fail(&Failure::Usage(anyhow::anyhow!("{}", one_line(&error.to_string()))))
}

/// The first paragraph of clap's message, and its tip where it has one.
fn one_line(text: &str) -> String {
    let mut paragraphs = text.split("\n\n");
    let words = |paragraph: &str| {
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ").replacen("error: ", "", 1)
    };
    let message = words(paragraphs.next().unwrap_or_default());
    match paragraphs.next().map(words).and_then(|tip| tip.strip_prefix("tip: ").map(str::to_owned))
    {
        Some(tip) => format!("{message}; {tip}"),
        None => format!("{message} (see --help)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_flag_is_told_in_one_line() {
        let error = Cli::try_parse_from(["nlmon", "run", "--confg", "x"]).unwrap_err();
        let line = one_line(&error.to_string());
        assert!(!line.contains('\n'), "{line}");
        assert!(line.contains("--confg") && line.contains("--config"), "{line}");
    }
}
