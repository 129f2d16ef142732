//! How much of a receive buffer a datagram takes, and how large the buffer had to be.
//!
//! The kernel charges a datagram by `skb->truesize`: the memory that was allocated for it, not its
//! length. What is allocated beyond the length is bounded, because `netlink_trim` gives back what is
//! more than half of it (`torvalds/linux/blob/v6.12/net/netlink/af_netlink.c`).

use serde::{Deserialize, Serialize};

/// `struct sk_buff` and `struct skb_shared_info`, each in whole cache lines: what `SKB_TRUESIZE` adds
/// on 64 bits.
const OVERHEAD_BYTES: u64 = 256 + 320;

/// Sizes are said in whole pages.
const PAGE_BYTES: u64 = 4096;

/// What a burst needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// What one datagram takes of the buffer, by what waited in the queue; absent where that cannot
    /// be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_bytes: Option<u64>,
    /// What the longest of them takes at most.
    pub charge_most_bytes: u64,
    /// How many the buffer holds, at least.
    pub holds_least: u64,
    /// How many it holds by `charge_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<u64>,
    /// The buffer that the burst needed, by `charge_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_bytes: Option<u64>,
    /// A buffer that is enough for it whatever the datagrams took.
    pub enough_bytes: u64,
    /// What to give `SO_RCVBUF` for that: the kernel doubles it.
    pub so_rcvbuf: u64,
    /// It is more than `net.core.rmem_max` allows without `SO_RCVBUFFORCE`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over_rmem_max: bool,
}

/// What is known of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    /// The buffer's size.
    pub(super) buffer_bytes: u64,
    /// What waited in the queue behind the burst.
    pub(super) queue_bytes: u64,
    /// Datagrams that found no room.
    pub(super) lost: u64,
    /// Datagrams that were sent to it.
    pub(super) sent: u64,
    /// Their bytes together.
    pub(super) sent_bytes: u64,
    /// The longest of them.
    pub(super) longest_bytes: u64,
}

/// The least that a datagram of this length takes.
fn charge_least(len: u64) -> u64 {
    len + OVERHEAD_BYTES
}

/// The most: one of which more than half is waste is trimmed.
fn charge_most(len: u64) -> u64 {
    2 * charge_least(len)
}

impl Filled {
    /// What one took on the average, if none of those that found room was read before the queue was
    /// looked at: then the queue holds all of them, and each takes what is possible.
    fn charge(&self) -> Option<u64> {
        let waiting = self.sent.checked_sub(self.lost).filter(|waiting| *waiting > 0)?;
        let mean_len = self.sent_bytes / self.sent.max(1);
        let charge = self.queue_bytes.div_ceil(waiting);
        (charge_least(mean_len)..=charge_most(mean_len)).contains(&charge).then_some(charge)
    }

    /// With so much more room as the lost ones take, the queue had never been full: at each moment
    /// it would have held what it did hold, and at most all that was lost. One more is for kernels
    /// that look before they add and for those that look behind.
    pub(super) fn need(&self, rmem_max: Option<u64>) -> Need {
        let most = charge_most(self.longest_bytes);
        let charge = self.charge();
        let with = |charge: u64| self.buffer_bytes + (self.lost + 1) * charge;
        let enough_bytes = with(most).next_multiple_of(2 * PAGE_BYTES);
        let so_rcvbuf = enough_bytes / 2;
        Need {
            charge_bytes: charge,
            charge_most_bytes: most,
            holds_least: self.buffer_bytes / most,
            holds: charge.map(|charge| self.buffer_bytes / charge),
            needed_bytes: charge.map(with),
            enough_bytes,
            so_rcvbuf,
            is_over_rmem_max: rmem_max.is_some_and(|max| so_rcvbuf > max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The accept rule of the kernel before 6.16 and behind it, with datagrams of these charges and a
    /// reader that takes one at these steps: how many are lost.
    fn lost(buffer: u64, charges: &[u64], reads: &[bool], looks_behind: bool) -> u64 {
        let (mut queue, mut congested, mut lost) = (Vec::<u64>::new(), false, 0);
        for (charge, read) in charges.iter().zip(reads) {
            if *read && !queue.is_empty() {
                queue.remove(0);
            }
            congested &= !queue.is_empty();
            let held: u64 = queue.iter().sum();
            let fits =
                if looks_behind { held == 0 || held + charge <= buffer } else { held <= buffer };
            if fits && !congested {
                queue.push(*charge);
            } else {
                congested = true;
                lost += 1;
            }
        }
        lost
    }

    #[test]
    fn what_is_named_is_enough_for_the_same_burst() {
        for seed in 0..200_u64 {
            let step = |n: u64| (seed * 2_654_435_761 + n * 40_503) >> 7;
            let lens: Vec<u64> = (0..97).map(|n| 20 + step(n) % 1400).collect();
            let charges: Vec<u64> = lens
                .iter()
                .enumerate()
                .map(|(n, len)| charge_least(*len) + step(n as u64 + 500) % charge_least(*len))
                .collect();
            let reads: Vec<bool> = (0..97).map(|n| step(n + 900) % 5 < seed % 4).collect();
            for looks_behind in [false, true] {
                let buffer = 2304 + seed * 37;
                let lost_first = lost(buffer, &charges, &reads, looks_behind);
                let filled = Filled {
                    buffer_bytes: buffer,
                    queue_bytes: 0,
                    lost: lost_first,
                    sent: 97,
                    sent_bytes: lens.iter().sum(),
                    longest_bytes: *lens.iter().max().unwrap(),
                };
                let enough = filled.need(None).enough_bytes;
                assert_eq!(lost(enough, &charges, &reads, looks_behind), 0, "{seed}");
            }
        }
    }

    #[test]
    fn a_queue_that_nobody_read_tells_what_one_takes() {
        // 101 of 100 bytes, of which 3 found room and take 768 each.
        let filled = Filled {
            buffer_bytes: 2304,
            queue_bytes: 2304,
            lost: 98,
            sent: 101,
            sent_bytes: 10_100,
            longest_bytes: 100,
        };
        let need = filled.need(Some(212_992));
        assert_eq!((need.charge_bytes, need.holds, need.holds_least), (Some(768), Some(3), 1));
        assert_eq!(need.needed_bytes, Some(2304 + 99 * 768));
        assert_eq!((need.enough_bytes, need.so_rcvbuf), (139_264, 69_632));
        assert!(need.enough_bytes >= 2304 + 99 * 1352 && !need.is_over_rmem_max);
        // Somebody has read: what waits is too little for so many.
        let read = Filled { queue_bytes: 768, ..filled }.need(Some(4096));
        assert_eq!((read.charge_bytes, read.holds, read.needed_bytes), (None, None, None));
        assert!(read.is_over_rmem_max);
    }
}
