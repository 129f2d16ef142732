//! What an input of a fuzz target is: a control byte, and what it decides. Shared with the targets of
//! the daemon, which take the same inputs further.

use std::sync::{Arc, LazyLock};

use nlmon_core::decode::{Families, generic_names};

/// What the first byte of an input says.
pub(crate) struct Control(pub(crate) u8);

impl Control {
    pub(crate) fn multicast(&self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) fn shows_secrets(&self) -> bool {
        self.0 & 2 != 0
    }

    /// Bytes that the datagram is longer than what is there of it.
    pub(crate) fn missing(&self) -> u32 {
        if self.0 & 4 != 0 { u32::from(self.0) << 3 } else { 0 }
    }
}

/// The families of the kernel that the corpus is from have the numbers that it gave them, all others
/// that have tables numbers above. That commands are among those names does no harm.
pub(crate) static FAMILIES: LazyLock<Arc<Families>> = LazyLock::new(|| {
    const OF_CORPUS: [(&str, u16); 8] = [
        ("nlctrl", 16),
        ("ethtool", 20),
        ("devlink", 21),
        ("tcp_metrics", 27),
        ("mptcp_pm", 28),
        ("wireguard", 32),
        ("macsec", 33),
        ("l2tp", 34),
    ];
    let all = OF_CORPUS.into_iter().chain(generic_names().zip(64..));
    Arc::new(Families::named(&all.map(|(name, number)| (number, name.to_owned())).collect()))
});
