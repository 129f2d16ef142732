//! How families are shown: as the text of `/metrics`, and as values for `nlmon top`.

mod snapshot;

pub use snapshot::{Series, Snapshot};
