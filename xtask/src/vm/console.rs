//! The guest's console: a log file for each guest, and what is worth telling from it.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::arch::Arch;
use crate::{layout, process};

/// What a kernel in trouble writes.
const TROUBLE: &[&str] = &[
    "WARNING:",
    "BUG:",
    "Oops:",
    "int3: 0000",
    "Internal error:",
    "Kernel panic",
    "general protection fault",
    "INFO: rcu",
    "INFO: task",
    "refcount_t:",
    "UBSAN:",
];
/// How much of the console explains a death.
const TAIL_LINES: usize = 40;
/// Logs of finished guests that are kept.
const KEPT: usize = 20;

/// The log of one guest's console, with the emulator's own messages in it.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) path: PathBuf,
}

impl Console {
    /// Creates an empty log.
    pub(crate) fn create(arch: Arch) -> Result<Self> {
        let directory = layout::guest(arch);
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        forget_old(&directory)?;
        let path = directory.join(format!("console-{}.log", std::process::id()));
        File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }

    /// The emulator's option for a character device that writes to the log.
    pub(crate) fn chardev(&self, id: &str) -> String {
        // A comma in a value is written twice.
        let path = self.path.to_string_lossy().replace(',', ",,");
        format!("file,id={id},append=on,path={path}")
    }

    /// A second way into the log.
    pub(crate) fn writer(&self) -> Result<File> {
        let file = File::options().append(true).open(&self.path);
        file.with_context(|| format!("cannot open {}", self.path.display()))
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> String {
        process::tail(&self.text(), TAIL_LINES)
    }

    /// The lines in which the kernel reports trouble.
    pub(crate) fn trouble(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter(|line| TROUBLE.iter().any(|mark| line.contains(mark)));
        lines.map(str::to_owned).collect()
    }

    fn text(&self) -> String {
        // A log that cannot be read must not hide why it was wanted.
        let bytes = fs::read(&self.path).unwrap_or_default();
        plain(&String::from_utf8_lossy(&bytes))
    }
}

/// A text without the sequences that move a terminal's cursor or colour it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().filter(|c| *c != '\r');
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
        } else if characters.next() == Some('[') {
            // A sequence ends with its first letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        }
    }
    plain
}

/// Removes all but the latest logs.
fn forget_old(directory: &std::path::Path) -> Result<()> {
    let listing =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut logs = Vec::new();
    for entry in listing.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("console-") && name.ends_with(".log") {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            logs.push((modified.ok(), entry.path()));
        }
    }
    logs.sort();
    for (_, path) in logs.iter().rev().skip(KEPT) {
        // Another run may have removed it.
        fs::remove_file(path).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_text_without_terminal_sequences() {
        assert_eq!(
            plain("\u{1b}c\u{1b}[?7l\u{1b}[2Jhello\r\n\u{1b}[0;1;31mred\u{1b}[0m"),
            "hello\nred"
        );
    }
}
