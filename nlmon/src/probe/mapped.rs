//! Arrays of the programs in the daemon's own memory: read without a system call, which would keep
//! programs from running on its processor.

use std::{
    marker::PhantomData,
    os::fd::AsFd as _,
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

use aya::{
    Pod,
    maps::{Map, MapData, MapError},
};
use memmap2::{MmapOptions, MmapRaw};

use super::{Error, maps::Maps};

/// Bytes of a word: what the kernel and the daemon read and write whole.
const WORD: usize = size_of::<u64>();

/// An array of `T`, whose size is a multiple of a word's, so that there are no gaps between elements.
pub(super) struct Mapped<T> {
    memory: MmapRaw,
    len: usize,
    element: PhantomData<T>,
    /// Programs that are loaded later refer to it by its descriptor.
    _map: MapData,
}

impl<T: Pod> Mapped<T> {
    /// The array of that name, of an object that is loaded. It must allow to be mapped.
    pub(super) fn of(maps: &mut Maps, name: &'static str) -> Result<Self, Error> {
        let Map::Array(map) = maps.take(name)? else { return Err(Error::Object(name)) };
        Self::of_data(map, name)
    }

    /// An array that is no object's.
    pub(super) fn of_data(map: MapData, name: &'static str) -> Result<Self, Error> {
        const { assert!(size_of::<T>().is_multiple_of(WORD) && align_of::<T>() == WORD) };
        let failed = |source| Error::Map { name, source };
        let info = map.info().map_err(failed)?;
        if info.value_size() as usize != size_of::<T>() {
            let (size, expected) = (info.value_size() as usize, size_of::<T>());
            return Err(failed(MapError::InvalidValueSize { size, expected }));
        }
        let len = info.max_entries() as usize;
        let mut options = MmapOptions::new();
        let memory = options.len(len * size_of::<T>()).map_raw(&map.fd().as_fd());
        Ok(Self { memory: memory.map_err(Error::Memory)?, len, element: PhantomData, _map: map })
    }

    /// The element at `index`, as it is at the moment; `None` beyond the end. Each word of it is
    /// whole; together they need not be of one moment.
    pub(super) fn get(&self, index: usize) -> Option<T> {
        let words = self.words(index)?;
        let mut value = std::mem::MaybeUninit::<T>::uninit();
        for (number, word) in words.iter().enumerate() {
            let word = word.load(Ordering::Acquire);
            // SAFETY: a word within the value, which has the size of all words together.
            unsafe { value.as_mut_ptr().cast::<u64>().wrapping_add(number).write(word) };
        }
        // SAFETY: every word of it is written, and any bytes are a `T`.
        Some(unsafe { value.assume_init() })
    }

    /// Every processor's element at `index`, of an array that has `stride` for each.
    pub(super) fn per_cpu(&self, stride: usize, index: usize) -> impl Iterator<Item = T> + '_ {
        (index..self.len).step_by(stride).filter_map(|index| self.get(index))
    }

    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Writes the element at `index`, word by word; nothing beyond the end.
    pub(super) fn store(&self, index: usize, value: &T) {
        let from = ptr::from_ref(value).cast::<u64>();
        for (number, word) in self.words(index).into_iter().flatten().enumerate() {
            // SAFETY: a word within the value, which is aligned to words and has no padding.
            word.store(unsafe { from.wrapping_add(number).read() }, Ordering::Release);
        }
    }

    /// The words of the element at `index`, which the programs may change at any time; `None` beyond
    /// the end.
    pub(super) fn words(&self, index: usize) -> Option<&[AtomicU64]> {
        if index >= self.len {
            return None;
        }
        let first = self.memory.as_mut_ptr().cast::<T>().wrapping_add(index).cast::<AtomicU64>();
        let words = ptr::slice_from_raw_parts(first, size_of::<T>() / WORD);
        // SAFETY: memory of the mapping, which is page aligned and lives as long as `self`. The
        // kernel's side changes it by instructions that are atomic on a word.
        Some(unsafe { &*words })
    }
}
