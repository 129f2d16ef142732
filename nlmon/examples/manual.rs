//! Writes the manual pages and the completions of shells into a directory, for packages:
//! `cargo run --package nlmon --example manual -- DIRECTORY`.
//!
//! Nothing of them is written by hand: the commands' pages and the completions come from the
//! definition of the command line, the configuration's page from `deploy/nlmon.toml`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use clap::Command;
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

const CONFIGURATION: &str = include_str!("../../deploy/nlmon.toml");
const SOURCE: &str = concat!("nlmon ", env!("CARGO_PKG_VERSION"));
/// The one command that is a daemon; its page is in section 8.
const DAEMON: &str = "run";

fn main() -> Result<()> {
    let directory = env::args_os().nth(1).map(PathBuf::from).context("which directory?")?;
    let mut command = nlmon::cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![("nlmon.1".to_owned(), overview(&command)?)];
    for subcommand in command.get_subcommands() {
        let section = if subcommand.get_name() == DAEMON { "8" } else { "1" };
        pages.push((
            format!("nlmon-{}.{section}", subcommand.get_name()),
            page(subcommand, section)?,
        ));
    }
    pages.push(("nlmon.toml.5".to_owned(), configuration(CONFIGURATION)));
    let write = |name: &Path, text: &[u8]| {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&directory))
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))
    };
    for (name, text) in pages {
        write(&Path::new("man").join(name), text.as_bytes())?;
    }
    let shells = [(Shell::Bash, "nlmon"), (Shell::Zsh, "_nlmon"), (Shell::Fish, "nlmon.fish")];
    for (shell, name) in shells {
        let mut text = Vec::new();
        generate(shell, &mut nlmon::cli::command(), "nlmon", &mut text);
        write(&Path::new("completions").join(shell.to_string()).join(name), &text)?;
    }
    Ok(())
}

/// The page of nlmon itself: what each command is, and what the exit codes mean.
fn overview(command: &Command) -> Result<String> {
    let mut text = render(command, "1")?;
    let daemon = format!("nlmon\\-{DAEMON}");
    text = text.replace(&format!("{daemon}(1)"), &format!("{daemon}(8)"));
    let mut rest = Roff::new();
    rest.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in [
        ("0", "success"),
        ("1", "a wrong flag or configuration"),
        ("2", "the kernel or the privileges do not allow it"),
        ("3", "it went wrong while running"),
    ] {
        item(&mut rest, code, meaning);
    }
    see_also(&mut rest, "nlmon-run(8), nlmon.toml(5), netlink(7)");
    Ok(text + &rest.render())
}

/// The page of one command.
fn page(command: &Command, section: &str) -> Result<String> {
    let mut rest = Roff::new();
    if section == "8" {
        rest.control("SH", ["FILES"]);
        item(&mut rest, "/etc/nlmon/nlmon.toml", "the configuration: nlmon.toml(5)");
        item(&mut rest, "/etc/default/nlmon", "more arguments for the service");
        item(&mut rest, "/run/nlmon/nlmon.sock", "the live log, which nlmon-tail(1) reads");
    }
    see_also(&mut rest, "nlmon(1), nlmon.toml(5)");
    Ok(render(command, section)? + &rest.render())
}

fn render(command: &Command, section: &str) -> Result<String> {
    let mut text = Vec::new();
    let man = Man::new(command.clone()).section(section).source(SOURCE).manual("nlmon");
    man.render(&mut text)?;
    Ok(String::from_utf8(text)?)
}

fn item(roff: &mut Roff, term: &str, text: &str) {
    roff.control("TP", []).text([bold(term)]).text([roman(text)]);
}

fn see_also(roff: &mut Roff, pages: &str) {
    roff.control("SH", ["SEE ALSO"]).text([roman(pages)]);
}

/// The page of the configuration: each table a section, each key a term with its default, and the
/// comment above it as its text.
fn configuration(file: &str) -> String {
    let mut roff = Roff::new();
    roff.control("TH", ["nlmon.toml", "5", "", SOURCE, "nlmon"]);
    roff.control("SH", ["NAME"]).text([roman("nlmon.toml - the configuration of nlmon(1)")]);
    let mut section = Some("DESCRIPTION".to_owned());
    let mut comment: Vec<&str> = Vec::new();
    for line in file.lines() {
        if let Some(table) = table(line) {
            section = Some(format!("TABLE [{table}]"));
            flush(&mut roff, &mut section, &mut comment, None);
        } else if let Some(prose) = line.strip_prefix("# ") {
            comment.push(prose);
        } else if let Some(default) = line.strip_prefix('#').filter(|rest| !rest.is_empty()) {
            flush(&mut roff, &mut section, &mut comment, Some(default));
        } else {
            flush(&mut roff, &mut section, &mut comment, None);
        }
    }
    flush(&mut roff, &mut section, &mut comment, None);
    see_also(&mut roff, "nlmon-run(8), nlmon-check(1)");
    roff.render()
}

/// The name of the table that a line begins, which may be commented out as a key may.
fn table(line: &str) -> Option<&str> {
    line.strip_prefix('#').unwrap_or(line).strip_prefix('[')?.strip_suffix(']')
}

/// Writes what has been read: a section's heading, then a key with its comment, or a paragraph.
fn flush(
    roff: &mut Roff,
    section: &mut Option<String>,
    comment: &mut Vec<&str>,
    default: Option<&str>,
) {
    if let Some(section) = section.take() {
        roff.control("SH", [section.as_str()]);
    }
    let text: Inline = roman(comment.join(" "));
    match default {
        Some(default) => {
            roff.control("TP", []).text([bold(default)]).text([text]);
        }
        None if !comment.is_empty() => {
            roff.control("PP", []).text([text]);
        }
        None => {}
    }
    comment.clear();
}
