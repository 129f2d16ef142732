//! What the user writes for several files: how many of which size, and the one name that all of their
//! names are made of. Pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Least bytes of a file of a ring: room for the header and some records.
const FILE_BYTES_MIN: u64 = 4096;

/// Most files of a ring.
const FILES_MAX: usize = 100_000;

/// So many files of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RingSize {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

/// `10x64MiB`.
pub(super) fn ring_size(text: &str) -> Result<RingSize, String> {
    let wrong = || {
        format!(
            "a ring is files x size, as in 10x64MiB: 1 to {FILES_MAX} files of {FILE_BYTES_MIN} \
             bytes or more"
        )
    };
    let (files, bytes) = text.split_once('x').ok_or_else(wrong)?;
    let files = files.parse().ok().filter(|files| (1..=FILES_MAX).contains(files));
    let bytes = size(bytes).ok().filter(|bytes| *bytes >= FILE_BYTES_MIN);
    files.zip(bytes).map(|(files, bytes)| RingSize { files, bytes }).ok_or_else(wrong)
}

/// Bytes: `65536`, `64KiB`, `64MiB`, `2GiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let with_unit = units.iter().find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, *bits)));
    let (number, bits) = with_unit.unwrap_or((text, 0));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << bits));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "a size is like 65536, 64MiB or 2GiB".to_owned())
}

/// The name of a file among several: `a.pcapng` becomes `a_00001_20260102T030405Z.pcapng`.
pub(super) fn numbered(file: &Path, number: u64, time: Timestamp) -> PathBuf {
    let mut name = OsString::from(file.file_stem().unwrap_or_default());
    name.push(format!("_{number:05}_{}", time.strftime("%Y%m%dT%H%M%SZ")));
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_a_number_of_files_and_their_size() {
        assert_eq!(ring_size("10x64MiB"), Ok(RingSize { files: 10, bytes: 64 << 20 }));
        assert_eq!(ring_size("1x4096"), Ok(RingSize { files: 1, bytes: 4096 }));
        for wrong in ["", "10", "x", "0x64MiB", "10x0", "10x64MB", "10x4095", "-1x1MiB", "2x3x4KiB"]
        {
            assert!(ring_size(wrong).is_err(), "{wrong}");
        }
        assert!(size("99999999999GiB").is_err());
    }

    #[test]
    fn a_name_has_its_number_and_its_time_before_the_extension() {
        let time = "2026-01-02T03:04:05.6Z".parse().unwrap();
        let name = |file: &str| numbered(Path::new(file), 7, time).display().to_string();
        assert_eq!(name("/x/a.b.pcapng"), "/x/a.b_00007_20260102T030405Z.pcapng");
        assert_eq!(name("a"), "a_00007_20260102T030405Z");
    }
}
