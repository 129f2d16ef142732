//! Arrays of the programs in the daemon's own memory: read without a system call, which would keep
//! programs from running on its processor.

use std::{marker::PhantomData, os::fd::AsFd as _};

use aya::{
    Ebpf, Pod,
    maps::{Map, MapData, MapError},
};
use memmap2::{MmapOptions, MmapRaw};

use super::Error;

/// An array of `T`, whose size is a multiple of 8, so that there are no gaps between elements.
pub(super) struct Mapped<T> {
    memory: MmapRaw,
    len: usize,
    element: PhantomData<T>,
    /// Programs that are loaded later refer to it by its descriptor.
    _map: MapData,
}

impl<T: Pod> Mapped<T> {
    /// The array of that name, of an object that is loaded. It must allow to be mapped.
    pub(super) fn of(ebpf: &mut Ebpf, name: &'static str) -> Result<Self, Error> {
        const { assert!(size_of::<T>().is_multiple_of(8) && align_of::<T>() == 8) };
        let failed = |source| Error::Map { name, source };
        let Some(Map::Array(map)) = ebpf.take_map(name) else { return Err(Error::Object(name)) };
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

    /// The element at `index`, as it is at the moment; `None` beyond the end.
    pub(super) fn get(&self, index: usize) -> Option<T> {
        // SAFETY: a pointer into the live mapping, page aligned. Any bytes are a `T`. The programs
        // write its numbers meanwhile, each of them whole.
        self.at(index).map(|element| unsafe { element.read_volatile() })
    }

    /// Sets the element at `index`, if there is one, which the programs do not use at the time.
    pub(super) fn set(&mut self, index: usize, value: T) {
        if let Some(element) = self.at(index) {
            // SAFETY: as above.
            unsafe { element.write_volatile(value) };
        }
    }

    /// Every processor's element at `index`, of an array that has `stride` for each.
    pub(super) fn per_cpu(&self, stride: usize, index: usize) -> impl Iterator<Item = T> + '_ {
        (index..self.len).step_by(stride).filter_map(|index| self.get(index))
    }

    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Where the element at `index` is.
    pub(super) fn at(&self, index: usize) -> Option<*mut T> {
        (index < self.len).then(|| self.memory.as_mut_ptr().cast::<T>().wrapping_add(index))
    }
}
