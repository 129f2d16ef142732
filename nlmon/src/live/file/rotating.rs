//! The file on the disk: opened with care, rotated by renaming, and cut back to whole records where a
//! write fails. Every call may block.
//!
//! Invariant: it never follows a link at its last name, and never writes to anything but a regular
//! file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::encoder::{Chunk, End};
use super::{Format, Gap, Settings};

/// How far back the beginning of a half line is looked for.
const TAIL_BYTES: u64 = 1 << 20;

/// What became of chunks.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Records that are in the file.
    pub(super) records: u64,
    /// Records that are not.
    pub(super) failed: u64,
    /// What those would have said is missing before them.
    pub(super) unsaid: Gap,
    /// Why not.
    pub(super) error: Option<io::Error>,
}

impl Written {
    fn lack(&mut self, records: &[End]) {
        for record in records {
            self.failed += 1;
            self.unsaid.add(record.gap);
        }
    }
}

/// The file under its name, and those before it.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    keep: u32,
    mode: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Device and inode.
    identity: (u64, u64),
    len: u64,
}

impl Rotating {
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { ref path, keep, mode, .. } = *settings;
        Self { path: path.clone(), keep, mode, open: None }
    }

    /// How long the file is.
    pub(super) fn len(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.len)
    }

    /// Whether it has one.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens what is at the path, or makes it. A line that a crash of the machine cut is removed. A
    /// capture that is there becomes an old one: it may be cut anywhere.
    ///
    /// # Errors
    /// It cannot be opened, or is something else than a regular file.
    pub(super) fn open(&mut self, format: Format) -> io::Result<()> {
        self.open = None;
        let mut open = self.open_or_make()?;
        match format {
            Format::Json => open.cut_half_line()?,
            Format::Pcapng if open.len > 0 => {
                self.shift()?;
                open = self.open_or_make()?;
            }
            Format::Pcapng => {}
        }
        self.open = Some(open);
        Ok(())
    }

    /// Whether another file is at the path by now, or none, as whoever rotates logs leaves it.
    pub(super) fn is_moved(&self) -> bool {
        let Some(open) = &self.open else { return false };
        let found = fs::symlink_metadata(&self.path);
        !found.is_ok_and(|found| (found.dev(), found.ino()) == open.identity)
    }

    /// Writes chunks, up to the first that fails. Of records that do not fit, no part stays.
    pub(super) fn write(&mut self, chunks: &[Chunk]) -> Written {
        let mut written = Written::default();
        for chunk in chunks {
            if written.error.is_some() {
                written.lack(&chunk.records);
                continue;
            }
            let begun = if chunk.begins_file { self.rotate() } else { Ok(()) };
            let added = begun.and_then(|()| {
                let open = self.open.as_mut().ok_or(io::ErrorKind::NotFound)?;
                Ok(open.append(chunk))
            });
            let (whole, error) = added.unwrap_or_else(|error| (0, Some(error)));
            written.records += whole as u64;
            written.lack(chunk.records.get(whole..).unwrap_or_default());
            written.error = error;
        }
        written
    }

    /// Adds bytes that are no record.
    pub(super) fn write_words(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let chunk = Chunk { bytes: bytes.to_vec(), ..Chunk::default() };
        open.append(&chunk).1.map_or(Ok(()), Err)
    }

    /// Makes the file an old one, and begins another.
    fn rotate(&mut self) -> io::Result<()> {
        self.shift()?;
        self.open = None;
        self.open = Some(self.open_or_make()?);
        Ok(())
    }

    /// Gives each file the next number, up to the first number that is free, so that an attempt that
    /// failed half way costs no file.
    fn shift(&self) -> io::Result<()> {
        if self.keep == 0 {
            return fs::remove_file(&self.path);
        }
        let is_there = |number| fs::symlink_metadata(numbered(&self.path, number)).is_ok();
        let last = (1..self.keep).find(|number| !is_there(*number)).unwrap_or(self.keep);
        for number in (1..last).rev() {
            fs::rename(numbered(&self.path, number), numbered(&self.path, number + 1))?;
        }
        fs::rename(&self.path, numbered(&self.path, 1))
    }

    fn open_or_make(&self) -> io::Result<Open> {
        // O_NONBLOCK: to open a FIFO must not wait for its reader.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        let mut options = OpenOptions::new();
        options.read(true).append(true).custom_flags(flags).mode(self.mode);
        let file = match options.clone().create_new(true).open(&self.path) {
            Ok(file) => {
                // The mode that is wanted, whatever the umask.
                file.set_permissions(Permissions::from_mode(self.mode))?;
                file
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                options.open(&self.path).map_err(|error| match error.raw_os_error() {
                    Some(libc::ELOOP) => io::Error::other("it is a symbolic link"),
                    _ => error,
                })?
            }
            Err(error) => return Err(error),
        };
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Open { identity: (found.dev(), found.ino()), len: found.len(), file })
    }
}

impl Open {
    /// Adds a chunk. Says how many of its records are in the file, and what went wrong behind those.
    fn append(&mut self, chunk: &Chunk) -> (usize, Option<io::Error>) {
        let (done, error) = write_all(&mut self.file, &chunk.bytes);
        let Some(error) = error else {
            self.len += done as u64;
            return (chunk.records.len(), None);
        };
        let whole = chunk.records.iter().take_while(|record| record.at <= done).count();
        let kept = whole.checked_sub(1).and_then(|last| chunk.records.get(last));
        self.len += kept.map_or(0, |record| record.at as u64);
        // Where even this fails, the next writer cuts a half line, and a capture is rotated.
        let cut = self.file.set_len(self.len);
        (whole, Some(cut.err().unwrap_or(error)))
    }

    fn cut_half_line(&mut self) -> io::Result<()> {
        let from = self.len.saturating_sub(TAIL_BYTES);
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(from))?;
        Read::by_ref(&mut self.file).take(TAIL_BYTES).read_to_end(&mut tail)?;
        if tail.is_empty() || tail.ends_with(b"\n") {
            return Ok(());
        }
        // Without a line in all of that it is no file of lines.
        let end = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        if end == 0 && from > 0 {
            return Err(io::Error::other("it holds no lines"));
        }
        self.len = from + end;
        self.file.set_len(self.len)
    }
}

/// Writes as much as goes; how much that was.
fn write_all(file: &mut File, bytes: &[u8]) -> (usize, Option<io::Error>) {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match file.write(rest) {
            Ok(0) => return (done, Some(io::ErrorKind::WriteZero.into())),
            Ok(more) => done += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory of its own.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("nlmon-file-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn rotating(&self, keep: u32) -> Rotating {
            Rotating { path: self.0.join("log"), keep, mode: 0o640, open: None }
        }

        /// Names and contents.
        fn files(&self) -> Vec<(String, String)> {
            let entry = |entry: io::Result<fs::DirEntry>| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            };
            let mut files: Vec<_> = fs::read_dir(&self.0).unwrap().map(entry).collect();
            files.sort();
            files
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn chunk(begins_file: bool, text: &str) -> Chunk {
        let records = vec![End { at: text.len(), gap: Gap::default() }];
        Chunk { begins_file, bytes: text.as_bytes().to_vec(), records }
    }

    fn named(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_newest_files_are_kept_in_order() {
        let place = Place::new("order");
        let mut rotating = place.rotating(2);
        rotating.open(Format::Json).unwrap();
        let chunks = ["a\n", "b\n", "c\n", "d\n"].map(|text| chunk(text != "a\n", text));
        let written = rotating.write(&chunks);
        assert_eq!((written.records, written.failed), (4, 0));
        assert_eq!(place.files(), named(&[("log", "d\n"), ("log.1", "c\n"), ("log.2", "b\n")]));
        let mode = fs::metadata(place.0.join("log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn none_is_kept_if_none_is_wanted() {
        let place = Place::new("none");
        let mut rotating = place.rotating(0);
        rotating.open(Format::Json).unwrap();
        rotating.write(&[chunk(false, "a\n"), chunk(true, "b\n")]);
        assert_eq!(place.files(), named(&[("log", "b\n")]));
    }

    #[test]
    fn a_free_number_is_used_before_a_file_is_lost() {
        let place = Place::new("free");
        for (name, text) in [("log", "new\n"), ("log.1", "1\n"), ("log.3", "3\n")] {
            fs::write(place.0.join(name), text).unwrap();
        }
        let mut rotating = place.rotating(3);
        rotating.open(Format::Json).unwrap();
        rotating.write(&[chunk(true, "a\n")]);
        let expected = [("log", "a\n"), ("log.1", "new\n"), ("log.2", "1\n"), ("log.3", "3\n")];
        assert_eq!(place.files(), named(&expected));
    }

    #[test]
    fn lines_go_on_behind_whole_ones_and_a_capture_begins_anew() {
        let place = Place::new("half");
        fs::write(place.0.join("log"), "whole\nha").unwrap();
        let mut rotating = place.rotating(1);
        rotating.open(Format::Json).unwrap();
        rotating.write(&[chunk(false, "next\n")]);
        assert_eq!(place.files(), named(&[("log", "whole\nnext\n")]));
        rotating.open(Format::Pcapng).unwrap();
        assert_eq!(place.files(), named(&[("log", ""), ("log.1", "whole\nnext\n")]));
    }

    #[test]
    fn only_a_regular_file_is_written_to() {
        let place = Place::new("kinds");
        let path = place.0.join("log");
        fs::write(place.0.join("precious"), "precious").unwrap();
        symlink(place.0.join("precious"), &path).unwrap();
        let mut rotating = place.rotating(1);
        let refused =
            |rotating: &mut Rotating| rotating.open(Format::Json).unwrap_err().to_string();
        assert_eq!(refused(&mut rotating), "it is a symbolic link");
        fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(refused(&mut rotating), "it is no regular file");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(rotating.open(Format::Json).is_err());
        fs::remove_dir(&path).unwrap();
        assert_eq!(place.files(), named(&[("precious", "precious")]));
    }
}
