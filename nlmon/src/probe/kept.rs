//! What ended processes have counted, for later daemons: an array with a name in the BPF file system,
//! which the programs do not know. Without it, only the daemon that took a counter out of the
//! programs' table would know of it.
//!
//! By name of the process, not by its id, so that the array does not fill with every process. When it
//! is full, counters stay in the programs' table.

use std::{collections::HashMap, io, mem::offset_of, path::Path, sync::atomic::Ordering};

use aya::{Pod, maps::MapData};
use aya_obj::generated::{BPF_F_MMAPABLE, bpf_map_type::BPF_MAP_TYPE_ARRAY};
use nlmon_common::counter::{MessageCount, MessageKey};

use super::{Error, mapped::Mapped, messages::MessageTotal};
use nlmon_core::message::c_string;

/// Names and types that there is room for.
const ELEMENTS_MAX: u32 = 4096;

/// Sizes, as the kernel takes them.
const KEY_BYTES: u32 = 4;
const ELEMENT_BYTES: u32 = 56;

const _: () = assert!(size_of::<Element>() == ELEMENT_BYTES as usize);

/// Of the map, in errors.
const NAME: &str = "KEPT";

/// One sum. All zeros is a free one.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Element {
    /// Key without the process's id.
    words: [u64; 2],
    comm: [u8; 16],
    /// The user of the process, as [`MessageTotal::user`].
    user: u64,
    messages: u64,
    bytes: u64,
}

// SAFETY: repr(C), integers only, no padding: every bit pattern is a value.
unsafe impl Pod for Element {}

/// What an element is for: the words of the key, the name and the user.
type Id = ([u64; 2], [u8; 16], u64);

/// The array.
pub(super) struct Kept {
    elements: Mapped<Element>,
    /// Where each sum is.
    places: HashMap<Id, usize>,
}

impl Kept {
    /// Opens the array of that name, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::Pin { path: path.into(), source: io::Error::other(error) };
        let map = if path.exists() {
            MapData::from_pin(path).map_err(|source| Error::Map { name: NAME, source })?
        } else {
            let kind = BPF_MAP_TYPE_ARRAY as u32;
            let map = aya_obj::Map::new_from_params(
                kind,
                KEY_BYTES,
                ELEMENT_BYTES,
                ELEMENTS_MAX,
                BPF_F_MMAPABLE,
            );
            let map = MapData::create(map, NAME, None);
            let map = map.map_err(|source| Error::Map { name: NAME, source })?;
            map.pin(path).map_err(failed)?;
            map
        };
        let elements: Mapped<Element> = Mapped::of_data(map, NAME)?;
        let mut places = HashMap::new();
        for index in 0..elements.len() {
            let Some(Element { words, comm, user, .. }) = elements.get(index) else { break };
            if words == [0; 2] {
                break;
            }
            places.insert((words, comm, user), index);
        }
        Ok(Self { elements, places })
    }

    /// All sums.
    pub(super) fn totals(&self) -> Vec<MessageTotal> {
        let total = |index: &usize| {
            let Element { words, comm, user, messages, bytes } = self.elements.get(*index)?;
            Some(MessageTotal {
                key: MessageKey::from_words(words),
                count: MessageCount { messages, bytes },
                process: c_string(&comm),
                user: u32::try_from(user).unwrap_or(u32::MAX),
                ended: true,
            })
        };
        self.places.values().filter_map(total).collect()
    }

    /// Adds what a process has counted in all. Whether there was room.
    pub(super) fn add(&mut self, total: &MessageTotal) -> bool {
        let MessageTotal { key, count, process, .. } = total;
        let user = u64::from(total.user);
        let words = MessageKey { tgid: 0, ..*key }.words();
        let mut comm = [0; 16];
        for (to, from) in comm.iter_mut().zip(process.bytes()) {
            *to = from;
        }
        let next = self.places.len();
        let index = *self.places.entry((words, comm, user)).or_insert(next);
        if index == next && index < self.elements.len() {
            self.elements.store(index, &Element { words, comm, user, messages: 0, bytes: 0 });
        }
        let Some(found) = self.elements.words(index) else {
            self.places.remove(&(words, comm, user));
            return false;
        };
        found[offset_of!(Element, messages) / 8].fetch_add(count.messages, Ordering::AcqRel);
        found[offset_of!(Element, bytes) / 8].fetch_add(count.bytes, Ordering::AcqRel);
        true
    }
}
