//! Shares of the maps that any user could fill: reads and adds to what is taken of them. What a share
//! is, and how large, `nlmon_common::share` says.

use crate::maps::share;

/// Whether less than `max` is taken of an element.
#[inline(always)]
pub(crate) fn is_below(index: u32, max: u64) -> bool {
    share(index).is_some_and(|taken| taken.get() < max)
}

/// Takes so many of an element; a negative count gives back.
#[inline(always)]
pub(crate) fn charge(index: u32, count: i64) {
    if let Some(taken) = share(index) {
        taken.add(count);
    }
}
