//! Faults on demand, for tests of what the daemon makes of its own. In a build without the feature
//! `test-hooks`, which is every build that is shipped, nothing of it is there.
//!
//! A test build looks for files in the directory that `NLMON_TEST_HOOKS` names.

#[cfg(feature = "test-hooks")]
use std::{fs, path::PathBuf, sync::LazyLock, thread::sleep, time::Duration};

#[cfg(feature = "test-hooks")]
static DIRECTORY: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| std::env::var_os("NLMON_TEST_HOOKS").map(PathBuf::from));

/// Panics if a file of this name is there, and takes it away.
#[cfg(feature = "test-hooks")]
pub(crate) fn fault(name: &str) {
    if let Some(directory) = &*DIRECTORY
        && fs::remove_file(directory.join(name)).is_ok()
    {
        panic!("a test asks for a panic in {name}");
    }
}

/// Holds the thread as long as a file of this name is there.
#[cfg(feature = "test-hooks")]
pub(crate) fn stall(name: &str) {
    if let Some(directory) = &*DIRECTORY {
        while directory.join(name).exists() {
            sleep(Duration::from_millis(10));
        }
    }
}

#[cfg(not(feature = "test-hooks"))]
pub(crate) fn fault(_name: &str) {}

#[cfg(not(feature = "test-hooks"))]
pub(crate) fn stall(_name: &str) {}
