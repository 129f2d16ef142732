//! Writes newc archives, the format that the kernel unpacks as its first root file system.
//!
//! Everything belongs to root unless the source says otherwise, so the same archive comes out with and
//! without privileges. Archives are padded so that they can be concatenated.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER: u32 = 0o020_000;
const BLOCK: u32 = 0o060_000;
const FIFO: u32 = 0o010_000;
/// The kernel only needs 4, larger blocks keep the archive readable by every tool.
const BLOCK_BYTES: u64 = 512;

/// An archive that is being written.
#[derive(Debug)]
pub(crate) struct Archive<W: Write> {
    output: W,
    written: u64,
    inode: u32,
}

/// One entry's header.
#[derive(Debug, Default, Clone)]
struct Entry {
    inode: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    links: u32,
    modified: u32,
    device: (u32, u32),
    size: u32,
}

/// Writes a whole archive to a file.
pub(crate) fn write_file(
    path: &Path,
    contents: impl FnOnce(&mut Archive<BufWriter<File>>) -> Result<()>,
) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let mut archive = Archive::new(BufWriter::with_capacity(1 << 20, file));
    contents(&mut archive).with_context(|| format!("cannot fill {}", path.display()))?;
    archive.finish().with_context(|| format!("cannot write {}", path.display()))
}

impl<W: Write> Archive<W> {
    /// Starts an archive.
    pub(crate) fn new(output: W) -> Self {
        Self { output, written: 0, inode: 0 }
    }

    /// Adds a directory; those above it are not added.
    pub(crate) fn directory(&mut self, path: &str, permissions: u32) -> Result<()> {
        let entry = Entry { mode: DIRECTORY | permissions, ..self.fresh() };
        self.entry(Path::new(path), &entry, io::empty())
    }

    /// Adds a file with the given content.
    pub(crate) fn file(&mut self, path: &str, permissions: u32, content: &[u8]) -> Result<()> {
        let size = u32::try_from(content.len()).context("a file of 4 GiB or more")?;
        let entry = Entry { mode: REGULAR | permissions, size, ..self.fresh() };
        self.entry(Path::new(path), &entry, content)
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, path: &str, target: &str) -> Result<()> {
        self.symlink(Path::new(path), Path::new(target))
    }

    /// Adds a host's file or directory, with all that is in it, under the given name.
    pub(crate) fn tree(&mut self, host: &Path, path: &Path) -> Result<()> {
        let name = || format!("cannot archive {}", host.display());
        let metadata = fs::symlink_metadata(host).with_context(name)?;
        let permissions = metadata.permissions().mode() & 0o7777;
        if metadata.is_symlink() {
            return self.symlink(path, &fs::read_link(host).with_context(name)?);
        }
        if metadata.is_file() {
            let size = u32::try_from(metadata.len()).with_context(name)?;
            // A time before 1970 or after 2106 does not matter in a guest.
            let modified = u32::try_from(metadata.mtime()).unwrap_or_default();
            let entry = Entry { mode: REGULAR | permissions, size, modified, ..self.fresh() };
            return self.entry(path, &entry, File::open(host).with_context(name)?);
        }
        if !metadata.is_dir() {
            bail!("cannot archive {}: neither file, directory nor link", host.display());
        }
        let entry = Entry { mode: DIRECTORY | permissions, ..self.fresh() };
        self.entry(path, &entry, io::empty())?;
        let mut children: Vec<PathBuf> = fs::read_dir(host)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .with_context(name)?;
        children.sort();
        for child in children {
            let Some(name) = child.file_name() else { continue };
            self.tree(&child, &path.join(name))?;
        }
        Ok(())
    }

    /// Adds everything that a tar archive holds, with its owners, device nodes and hard links.
    pub(crate) fn tar(&mut self, path: &Path) -> Result<()> {
        let targets = link_targets(path)?;
        let mut inodes = HashMap::new();
        let mut source = tar::Archive::new(open(path)?);
        for item in source.entries()? {
            let mut item = item?;
            let name = clean(&item.path()?);
            let mut entry = self.fresh();
            describe(item.header(), &mut entry)?;
            if let Some(target) = hard_link(&item)? {
                // The archive's order guarantees that the target was written before.
                entry.inode = *inodes.get(&target).unwrap_or(&entry.inode);
                (entry.mode, entry.links) = (REGULAR | entry.mode & 0o7777, 2);
                self.entry(&name, &entry, io::empty())?;
                continue;
            }
            if item.header().entry_type().is_symlink() {
                let target = item.link_name()?.context("a link without a target")?.into_owned();
                entry.mode = SYMLINK | 0o777;
                self.link_entry(&name, &target, &entry)?;
                continue;
            }
            if targets.contains(&name) {
                entry.links = 2;
                inodes.insert(name.clone(), entry.inode);
            }
            entry.size = u32::try_from(item.size()).context("a file of 4 GiB or more")?;
            self.entry(&name, &entry, &mut item)?;
        }
        Ok(())
    }

    /// Ends the archive.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.entry(Path::new("TRAILER!!!"), &Entry { links: 1, ..Entry::default() }, io::empty())?;
        self.pad(BLOCK_BYTES)?;
        Ok(self.output.flush()?)
    }

    /// A root-owned entry with an inode of its own.
    fn fresh(&mut self) -> Entry {
        self.inode += 1;
        Entry { inode: self.inode, links: 1, ..Entry::default() }
    }

    fn symlink(&mut self, path: &Path, target: &Path) -> Result<()> {
        let entry = Entry { mode: SYMLINK | 0o777, ..self.fresh() };
        self.link_entry(path, target, &entry)
    }

    fn link_entry(&mut self, path: &Path, target: &Path, entry: &Entry) -> Result<()> {
        let content = target.as_os_str().as_bytes();
        let size = u32::try_from(content.len()).context("a link's target is too long")?;
        self.entry(path, &Entry { size, ..entry.clone() }, content)
    }

    fn entry(&mut self, path: &Path, entry: &Entry, mut content: impl Read) -> Result<()> {
        let name = path.as_os_str().as_bytes();
        let fields = [
            entry.inode,
            entry.mode,
            entry.uid,
            entry.gid,
            entry.links,
            entry.modified,
            entry.size,
            0,
            0,
            entry.device.0,
            entry.device.1,
            u32::try_from(name.len() + 1).context("a name is too long")?,
            0,
        ];
        let mut header = String::from("070701");
        for field in fields {
            write!(header, "{field:08x}")?;
        }
        self.bytes(header.as_bytes())?;
        self.bytes(name)?;
        self.bytes(&[0])?;
        self.pad(4)?;
        let copied = io::copy(&mut content.by_ref().take(entry.size.into()), &mut self.output)
            .with_context(|| format!("cannot archive {}", path.display()))?;
        if copied != u64::from(entry.size) {
            bail!("{} changed while it was archived", path.display());
        }
        self.written += copied;
        self.pad(4)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self, to: u64) -> Result<()> {
        while !self.written.is_multiple_of(to) {
            self.bytes(&[0])?;
        }
        Ok(())
    }
}

/// The names that hard links of a tar archive point to: the kernel has to be told at the first one.
fn link_targets(path: &Path) -> Result<HashSet<PathBuf>> {
    let mut targets = HashSet::new();
    for item in tar::Archive::new(open(path)?).entries()? {
        if let Some(target) = hard_link(&item?)? {
            targets.insert(target);
        }
    }
    Ok(targets)
}

fn hard_link<R: Read>(item: &tar::Entry<'_, R>) -> Result<Option<PathBuf>> {
    if !item.header().entry_type().is_hard_link() {
        return Ok(None);
    }
    Ok(Some(clean(&item.link_name()?.context("a hard link without a target")?)))
}

fn describe(header: &tar::Header, entry: &mut Entry) -> Result<()> {
    let kind = match header.entry_type() {
        tar::EntryType::Directory => DIRECTORY,
        tar::EntryType::Char => CHARACTER,
        tar::EntryType::Block => BLOCK,
        tar::EntryType::Fifo => FIFO,
        _ => REGULAR,
    };
    entry.mode = kind | header.mode()? & 0o7777;
    entry.uid = u32::try_from(header.uid()?)?;
    entry.gid = u32::try_from(header.gid()?)?;
    entry.modified = u32::try_from(header.mtime()?)?;
    if matches!(kind, CHARACTER | BLOCK) {
        let number = |part: Option<u32>| part.context("a device node without a number");
        entry.device = (number(header.device_major()?)?, number(header.device_minor()?)?);
    }
    Ok(())
}

/// A tar's name without the leading `./`; the kernel would take it, but links are looked up by name.
fn clean(path: &Path) -> PathBuf {
    let name: PathBuf =
        path.components().filter(|part| *part != std::path::Component::CurDir).collect();
    if name.as_os_str().is_empty() { PathBuf::from(".") } else { name }
}

fn open(path: &Path) -> Result<io::BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(io::BufReader::with_capacity(1 << 20, file))
}
