//! The files of a package, in the order of their names, each with its mode; and archives of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Files by their path without the leading slash.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, File>,
}

#[derive(Debug, Clone)]
struct File {
    mode: u32,
    content: Vec<u8>,
}

impl Tree {
    pub(super) fn add(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        self.files.insert(path.to_owned(), File { mode, content });
    }

    pub(super) fn copy(&mut self, path: &str, mode: u32, source: &Path) -> Result<()> {
        self.add(path, mode, read(source)?);
        Ok(())
    }

    /// Adds a file as gzip packs it.
    pub(super) fn compressed(&mut self, path: &str, source: &Path) -> Result<()> {
        self.add(path, 0o644, compress(&read(source)?)?);
        Ok(())
    }

    /// Adds a file of another tree.
    pub(super) fn take(&mut self, other: &Self, path: &str) -> Result<()> {
        let file = other.files.get(path).with_context(|| format!("there is no {path}"))?;
        self.files.insert(path.to_owned(), file.clone());
        Ok(())
    }

    /// The paths that lie in a directory.
    pub(super) fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        self.files.keys().map(String::as_str).filter(move |path| path.starts_with(directory))
    }

    /// What the files take on a disk, in KiB, each rounded up.
    pub(super) fn kib(&self) -> usize {
        self.files.values().map(|file| file.content.len().div_ceil(1024)).sum()
    }

    /// Writes the files into a directory.
    pub(super) fn unpack(&self, directory: &Path) -> Result<()> {
        make_directory(directory)?;
        for parent in self.directories() {
            make_directory(&directory.join(parent))?;
        }
        for (name, file) in &self.files {
            let path = directory.join(name);
            fs::write(&path, &file.content)
                .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(file.mode)))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// A tar archive of the files below `prefix`, all of root's and of one time.
    pub(super) fn tar(&self, prefix: &str, epoch: u64) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut append = |path: &str, kind, mode, content: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_mode(mode);
            header.set_mtime(epoch);
            header.set_uid(0);
            header.set_gid(0);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, path, content).context("cannot make an archive")
        };
        for directory in self.directories() {
            append(&format!("{prefix}{directory}/"), tar::EntryType::Directory, 0o755, &[])?;
        }
        for (name, file) in &self.files {
            let path = format!("{prefix}{name}");
            append(&path, tar::EntryType::Regular, file.mode, &file.content)?;
        }
        archive.into_inner().context("cannot make an archive")
    }

    /// Every directory that a file lies in, parents first.
    fn directories(&self) -> BTreeSet<String> {
        let parents = self.files.keys().flat_map(|path| Path::new(path).ancestors().skip(1));
        let names = parents.map(|parent| parent.to_string_lossy().into_owned());
        names.filter(|name| !name.is_empty()).collect()
    }
}

fn make_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot create {}", path.display()))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files of a directory, in the order of their names.
pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)
        .with_context(|| format!("cannot list {}", directory.display()))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Packs bytes with gzip, without name and time.
pub(super) fn compress(content: &[u8]) -> Result<Vec<u8>> {
    filter(Command::new("gzip").args(["-9", "--no-name"]), content)
}

/// What a program makes of its standard input.
pub(super) fn filter(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let mut stdin = child.stdin.take().context("no pipe to the program")?;
    // Both ends at once: the program may write before it has read everything.
    let output = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(input));
        let output = child.wait_with_output();
        let written = writer.join();
        (output, written)
    });
    match output {
        (Ok(output), Ok(Ok(()))) if output.status.success() => Ok(output.stdout),
        _ => bail!("{program} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.add("usr/bin/a", 0o755, vec![0; 1025]);
        tree.add("etc/b", 0o644, b"b".to_vec());
        tree
    }

    #[test]
    fn parents_come_before_what_is_in_them() {
        let directories: Vec<_> = tree().directories().into_iter().collect();
        assert_eq!(directories, ["etc", "usr", "usr/bin"]);
        assert_eq!(tree().kib(), 3);
        assert_eq!(tree().below("etc/").collect::<Vec<_>>(), ["etc/b"]);
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let archive = || compress(&tree().tar("x/", 1_000).expect("an archive")).expect("gzip");
        assert_eq!(archive(), archive());
    }
}
