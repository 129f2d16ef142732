//! The maps of a loaded object by their names, for whoever reads them to take.

use std::{
    collections::HashMap,
    os::fd::{AsFd as _, OwnedFd},
};

use aya::{
    Ebpf,
    maps::{Map, MapData, MapError},
};

use super::Error;

/// Maps that nobody has taken yet.
pub(super) struct Maps(HashMap<String, Map>);

impl Maps {
    /// Takes all maps of an object; its programs hold them, too.
    pub(super) fn of(ebpf: &mut Ebpf) -> Self {
        let names: Vec<String> = ebpf.maps().map(|(name, _)| name.to_owned()).collect();
        let taken = names.into_iter().filter_map(|name| {
            let map = ebpf.take_map(&name)?;
            Some((name, map))
        });
        Self(taken.collect())
    }

    /// A map, as what it is.
    pub(super) fn take(&mut self, name: &'static str) -> Result<Map, Error> {
        self.0.remove(name).ok_or(Error::Object(name))
    }

    /// A map, as the type to use it by.
    pub(super) fn take_as<M>(&mut self, name: &'static str) -> Result<M, Error>
    where
        M: TryFrom<Map, Error = MapError>,
    {
        M::try_from(self.take(name)?).map_err(|source| Error::Map { name, source })
    }
}

/// Descriptors of all maps of an object, for programs that are yet to be linked to them.
pub(super) fn descriptors(ebpf: &Ebpf) -> Vec<(String, OwnedFd)> {
    let descriptors = ebpf.maps().filter_map(|(name, map)| {
        let fd = data(map)?.fd().as_fd().try_clone_to_owned().ok()?;
        Some((name.to_owned(), fd))
    });
    descriptors.collect()
}

/// What `aya` knows of a map, of the kinds that the object has.
fn data(map: &Map) -> Option<&MapData> {
    match map {
        Map::Array(data)
        | Map::HashMap(data)
        | Map::LruHashMap(data)
        | Map::PerCpuArray(data)
        | Map::PerCpuHashMap(data)
        | Map::PerfEventArray(data)
        | Map::RingBuf(data) => Some(data),
        _ => None,
    }
}
