//! A panic of the decoder costs one record and no more. The pipeline goes on, and so do the clients
//! that have the record in their history. The panic is counted, and the record is shown as raw
//! bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

static PANICS: AtomicU64 = AtomicU64::new(0);

/// Records whose decoding has panicked.
pub fn decode_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// What `decode` makes, or else what `raw` makes. Neither leaves anything half done that others
/// see: both only read.
pub(super) fn contained<T>(decode: impl FnOnce() -> T, raw: impl FnOnce() -> T) -> T {
    attempted(decode).unwrap_or_else(|| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        raw()
    })
}

/// What `decode` makes; `None` if it panics, which is not counted.
pub(in crate::live) fn attempted<T>(decode: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(decode)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_counted_and_gives_way_to_the_raw_bytes() {
        let before = decode_panics();
        assert_eq!(contained(|| 1, || 2), 1);
        assert_eq!(contained(|| panic!("a record that no decoder should meet"), || 2), 2);
        assert_eq!(decode_panics(), before + 1);
    }
}
