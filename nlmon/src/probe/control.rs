//! The words that daemon and programs share while they run: who is in charge, what is to be sampled,
//! and how much of the ring has been read, also by daemons before this one.

use std::{
    mem::offset_of,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use nlmon_common::control::{Control as Words, Identity};

use super::{Error, mapped::Mapped, maps::Maps};

/// Name of the map.
pub(super) const MAP: &str = "CONTROL";

/// What is to be sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// One outermost call in this many, with all inside it; 0 for none.
    pub every: u32,
    /// Protocols, a bit for each by its number.
    pub protocols: u32,
    /// Samples per second and processor; 0 for no cap.
    pub rate: u32,
}

impl Sampling {
    /// Whether only a part of the sampled protocols' datagrams is sampled.
    pub fn is_thinned(self) -> bool {
        self.every > 1 || self.rate > 0
    }

    /// Protocols of which anything is sampled, a bit for each.
    pub fn sampled(self) -> u32 {
        if self.every == 0 { 0 } else { self.protocols }
    }
}

/// The map, in memory.
#[derive(Clone)]
pub(super) struct Control(Arc<Mapped<Words>>);

impl Control {
    pub(super) fn of(maps: &mut Maps) -> Result<Self, Error> {
        Ok(Self(Arc::new(Mapped::of(maps, MAP)?)))
    }

    /// Makes this process the one in charge of programs just loaded. They count from 0.
    pub(super) fn begin(&self, identity: Identity, sampling: Sampling) {
        let words = Words {
            own_tgid: u64::from(std::process::id()),
            read: 0,
            complete: 0,
            asleep: 0,
            sample_every: sampling.every.into(),
            sample_protocols: sampling.protocols.into(),
            sample_rate: sampling.rate.into(),
            identity,
        };
        self.0.store(0, &words);
    }

    /// Makes this process the one in charge of programs that count already.
    pub(super) fn take_charge(&self) {
        self.word(offset_of!(Words, own_tgid), |word| {
            word.store(std::process::id().into(), Ordering::Release);
        });
    }

    /// Says that a later daemon may take charge.
    pub(super) fn complete(&self) {
        self.word(offset_of!(Words, complete), |word| word.store(1, Ordering::Release));
    }

    /// Samples that have been read, by whichever daemon.
    pub(super) fn read(&self) -> u64 {
        self.0.get(0).map_or(0, |words| words.read)
    }

    /// Counts samples that this daemon has read.
    pub(super) fn add_read(&self, count: u64) {
        self.word(offset_of!(Words, read), |word| {
            word.fetch_add(count, Ordering::AcqRel);
        });
    }

    /// Says whether the next sample has to wake the daemon.
    pub(super) fn set_asleep(&self, asleep: bool) {
        self.word(offset_of!(Words, asleep), |word| word.store(asleep.into(), Ordering::SeqCst));
    }

    /// Says what is to be sampled from now on.
    pub(super) fn set_sampling(&self, sampling: Sampling) {
        let Sampling { every, protocols, rate } = sampling;
        for (offset, value) in [
            (offset_of!(Words, sample_every), every),
            (offset_of!(Words, sample_protocols), protocols),
            (offset_of!(Words, sample_rate), rate),
        ] {
            self.word(offset, |word| word.store(value.into(), Ordering::Release));
        }
    }

    fn word(&self, offset: usize, change: impl Fn(&AtomicU64)) {
        let word = self.0.words(0).and_then(|words| words.get(offset / size_of::<u64>()));
        word.into_iter().for_each(change);
    }
}

/// Why this daemon cannot take over the programs of this control word; `None` if it can.
pub(super) fn refusal(found: &Words, wanted: &Identity) -> Option<&'static str> {
    let Identity { abi, attach, ring_bytes, settings } = found.identity;
    if found.complete != 1 {
        Some("they were never complete")
    } else if abi != wanted.abi {
        Some("they belong to another version of nlmon")
    } else if attach != wanted.attach || ring_bytes != wanted.ring_bytes {
        Some("the configuration asks for other hooks or another ring")
    } else if settings != wanted.settings {
        Some("the configuration asks for other samples")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use nlmon_common::{ABI, limits::PROTOCOLS, settings::Settings};

    use super::*;

    fn identity() -> Identity {
        let settings = Settings {
            count_netns: 0,
            metered: 0,
            capture_secrets: 0,
            snap_length: 256,
            typed_task: 1,
            typed_regs: 1,
            message_keys: 16_384,
            snap: [256; PROTOCOLS],
        };
        Identity { abi: ABI, attach: 0, ring_bytes: 1 << 22, settings }
    }

    #[test]
    fn only_the_same_programs_are_taken_over() {
        let found = Words {
            own_tgid: 7,
            read: 3,
            complete: 1,
            asleep: 0,
            sample_every: 2,
            sample_protocols: 1,
            sample_rate: 0,
            identity: identity(),
        };
        assert_eq!(refusal(&found, &identity()), None);
        let other = Identity { abi: ABI + 1, ..identity() };
        assert!(refusal(&found, &other).is_some_and(|why| why.contains("version")));
        let mut other = identity();
        other.settings.snap_length = 128;
        assert!(refusal(&found, &other).is_some_and(|why| why.contains("samples")));
        assert!(refusal(&Words { complete: 0, ..found }, &identity()).is_some());
    }
}
