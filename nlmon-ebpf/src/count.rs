//! Exact counts of what calls returned.

use aya_ebpf::{bindings::BPF_NOEXIST, maps::PerCpuHashMap};
use nlmon_common::counter::{ErrorKey, stat};

use crate::{
    machine,
    maps::{ERRORS, bump, datagrams},
};

/// Counts what a call returned, and how many sockets got its datagram.
#[inline(always)]
pub(crate) fn result(protocol: u8, path: u8, result: i32, deliveries: u32) {
    if let Some(counters) = datagrams(protocol, path) {
        if deliveries != 0 {
            machine::add(&mut counters.deliveries, u64::from(deliveries));
        }
        if result >= 0 {
            machine::add(&mut counters.ok, 1);
            return;
        }
    }
    let errno = result.unsigned_abs() as u16;
    one_more(&ERRORS, &ErrorKey { errno, protocol, path }, stat::ERROR_OVERFLOW);
}

/// Counts how many sockets got a datagram that is in no other counter.
#[inline(always)]
pub(crate) fn deliveries(protocol: u8, path: u8, deliveries: u32) {
    if let Some(counters) = datagrams(protocol, path) {
        machine::add(&mut counters.deliveries, u64::from(deliveries));
    }
}

/// Adds one to the counter of `key`, made if there is none; without room, to `overflow`.
#[inline(always)]
fn one_more<K>(map: &PerCpuHashMap<K, u64>, key: &K, overflow: u32) {
    if !add_one(map, key)
        && map.insert(key, 1, u64::from(BPF_NOEXIST)).is_err()
        // Another CPU may have made the element in between.
        && !add_one(map, key)
    {
        bump(overflow);
    }
}

#[inline(always)]
fn add_one<K>(map: &PerCpuHashMap<K, u64>, key: &K) -> bool {
    let Some(counter) = map.get_ptr_mut(key) else { return false };
    // SAFETY: the value belongs to this CPU; what else runs there adds atomically, as we do.
    machine::add(unsafe { &mut *counter }, 1);
    true
}
