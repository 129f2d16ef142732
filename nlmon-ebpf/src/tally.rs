//! Message counters by process, protocol, path and type: a hash table in two arrays.
//!
//! No map of the kernel's, because those cost a look-up several times what this does, and the daemon
//! could read and clear them by system calls only, which keep programs from running (see `maps`).
//!
//! A key may be in any of [`MESSAGE_WAYS`] elements, its [`Places`]. Whose a free one is, is
//! decided by an atomic addition, as with contexts. Two processors that meet a new key at the same
//! time may make it twice; the daemon adds them up. Only the daemon frees elements.

use nlmon_common::{
    counter::{MessageKey, MessageSlot, Places},
    limits::{MESSAGE_KEYS_MAX, MESSAGE_WAYS},
};

use crate::{
    machine,
    maps::{MESSAGE_COUNTS, MESSAGES, datagrams, place},
    skb::Task,
};

/// Counts one message.
#[inline(always)] // two compares in the common case
pub(crate) fn add(key: &MessageKey, bytes: u32) {
    let words = key.words();
    let index = Places::of(words).nth(0);
    if slot(index).is_some_and(|slot| slot.words == words) {
        add_to(index, bytes);
    } else {
        let [who, what] = words;
        look_up(who, what, bytes);
    }
}

/// Counts a message of a key that is not in the first place it can be; the arguments are its words.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every way that leads to the call.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn look_up(who: u64, what: u64, bytes: u32) -> u32 {
    let words = [who, what];
    let places = Places::of(words);
    for way in 0..MESSAGE_WAYS {
        let index = places.nth(way);
        if slot(index).is_some_and(|slot| slot.words == words) {
            add_to(index, bytes);
            return 0;
        }
    }
    for way in 0..MESSAGE_WAYS {
        let index = places.nth(way);
        if slot(index).is_some_and(|slot| claim(slot, words)) {
            add_to(index, bytes);
            return 0;
        }
    }
    let key = MessageKey::from_words(words);
    if let Some(counters) = datagrams(key.protocol, key.path()) {
        machine::add(&mut counters.overflow.messages, 1);
        machine::add(&mut counters.overflow.bytes, u64::from(bytes));
    }
    0
}

#[inline(always)] // an address computation
fn slot(index: u32) -> Option<&'static mut MessageSlot> {
    // SAFETY: a live element. Processors and the daemon share it: `claims` is only added to, and of
    // the words every reader takes none but its own key, both halves of it.
    MESSAGES.get_ptr_mut(index).map(|slot| unsafe { &mut *slot })
}

/// Makes a free element that of a key; notes who the process is, which may have ended when the
/// daemon looks.
#[inline(always)] // one caller
fn claim(slot: &mut MessageSlot, [who, what]: [u64; 2]) -> bool {
    let [first, second] = slot.words.each_mut();
    // SAFETY: a live reference. Volatile: another processor may take it meanwhile.
    if unsafe { core::ptr::read_volatile(second) } != 0 {
        return false;
    }
    machine::add(&mut slot.claims, 1);
    // SAFETY: as above.
    if unsafe { core::ptr::read_volatile(&raw const slot.claims) } != 1 {
        machine::add(&mut slot.claims, u64::MAX);
        return false;
    }
    slot.comm = Task::current().process_comm();
    // SAFETY: as above. With the second word the element is whole.
    unsafe { core::ptr::write_volatile(first, who) };
    // SAFETY: as above.
    unsafe { core::ptr::write_volatile(second, what) };
    true
}

/// Adds a message to this processor's counter at `index`.
#[inline(always)] // an address computation
fn add_to(index: u32, bytes: u32) {
    let Some(count) = MESSAGE_COUNTS.get_ptr_mut(place(MESSAGE_KEYS_MAX, index)) else { return };
    // SAFETY: a live element, which belongs to this processor; what else runs there adds atomically,
    // as we do.
    let count = unsafe { &mut *count };
    machine::add(&mut count.messages, 1);
    machine::add(&mut count.bytes, u64::from(bytes));
}
