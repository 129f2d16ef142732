//! Message counters by process, protocol, path and type: a hash table in two arrays.
//!
//! No map of the kernel's, because those cost a look-up several times what this does, and the daemon
//! could read and clear them by system calls only, which keep programs from running (see `maps`).
//!
//! A key may be in any of [`MESSAGE_ASSOC`] elements, its [`ProbeSequence`]. An atomic add decides which
//! processor gets a free one, as with contexts. Two processors that meet a new key at the same time
//! may make it twice; the daemon adds them up. Only the daemon frees elements.
//!
//! Any user can send messages of as many types as he likes, so elements have shares: beyond those of a
//! process it is counted as of another type, and beyond those of a user without the process.
//!
//! Invariant: processors and the daemon share the elements, so that every access is of a [`Shared`]
//! word. Of a key's words a reader takes none but its own key, both halves of it.

use aya_ebpf::helpers::generated;
use nlmon_common::{
    counter::{MessageKey, MessageSlot, ProbeSequence, stat},
    limits::MESSAGE_ASSOC,
    share,
};

use crate::{
    machine::{self, Shared},
    maps::{MESSAGE_COUNTS, MESSAGES, bump, datagrams, global, place},
    shares::{charge, is_below},
    task::Task,
};

/// A [`MessageSlot`] as several processors use it at one time.
#[repr(C)]
struct Slot {
    words: [Shared; 2],
    claims: Shared,
    comm: [Shared; 2],
    user: Shared,
    pad: [Shared; 2],
}

const _: () = assert!(size_of::<Slot>() == size_of::<MessageSlot>());
const _: () =
    assert!(core::mem::offset_of!(Slot, claims) == core::mem::offset_of!(MessageSlot, claims));
const _: () =
    assert!(core::mem::offset_of!(Slot, comm) == core::mem::offset_of!(MessageSlot, comm));

/// Counts one message.
#[inline(always)]
pub(crate) fn add(key: &MessageKey, bytes: u32) {
    let words = key.words();
    let index = ProbeSequence::of(words).nth(0, global!(SETTINGS.message_keys));
    if slot(index).is_some_and(|slot| slot.is_of(words)) {
        add_to(index, bytes);
    } else {
        let [who, what] = words;
        look_up(who, what, bytes);
    }
}

/// Counts a message of a key that is not in the first place it can be; the arguments are its words.
///
/// A global function with numbers for arguments, so that the verifier goes through it once and for
/// itself, not once for every path that leads to the call.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn look_up(who: u64, what: u64, bytes: u32) -> u32 {
    if add_known(who, what, bytes) != 0 {
        return 0;
    }
    let key = MessageKey::from_words([who, what]);
    let user = user_of(key.tgid);
    if user_has_room(user) && process_has_room(user, key.tgid) {
        if add_new(who, what, bytes, user) != 0 {
            return 0;
        }
    } else {
        bump(stat::MESSAGE_FOLDED);
        let [who, what] = key.folded().words();
        if add_known(who, what, bytes) != 0
            || (user_has_room(user) && add_new(who, what, bytes, user) != 0)
        {
            return 0;
        }
    }
    if let Some(counters) = datagrams(key.protocol, key.path()) {
        machine::add(&mut counters.overflow.messages, 1);
        machine::add(&mut counters.overflow.bytes, u64::from(bytes));
    }
    0
}

/// Counts a message of a key that has an element; 0 if it has none. Global as [`look_up`] is.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn add_known(who: u64, what: u64, bytes: u32) -> u32 {
    let words = [who, what];
    let places = ProbeSequence::of(words);
    let keys = global!(SETTINGS.message_keys);
    for step in 0..MESSAGE_ASSOC {
        let index = places.nth(step, keys);
        if slot(index).is_some_and(|slot| slot.is_of(words)) {
            add_to(index, bytes);
            return 1;
        }
    }
    0
}

/// Counts the first message of a key, in the first of its places that is free; 0 if none is. Global as
/// [`look_up`] is.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn add_new(who: u64, what: u64, bytes: u32, user: u32) -> u32 {
    let words = [who, what];
    let places = ProbeSequence::of(words);
    let keys = global!(SETTINGS.message_keys);
    for step in 0..MESSAGE_ASSOC {
        let index = places.nth(step, keys);
        if slot(index).is_some_and(|slot| slot.claim(words, user)) {
            charge_user(user, MessageKey::from_words(words).tgid);
            add_to(index, bytes);
            return 1;
        }
    }
    0
}

/// Whose share a process's keys are of, in the initial user namespace. What interrupts send is the
/// kernel's, whomever they met.
#[inline(always)]
fn user_of(tgid: u32) -> u32 {
    if tgid == 0 || tgid == MessageKey::INTERRUPT {
        return 0;
    }
    // The low half is the user, the high half the group.
    // SAFETY: the helper takes no arguments and cannot fail.
    unsafe { generated::bpf_get_current_uid_gid() as u32 }
}

#[inline(always)]
fn user_has_room(user: u32) -> bool {
    let keys = global!(SETTINGS.message_keys);
    user == 0
        || (is_below(share::MESSAGES, share::messages_max_others(keys))
            && is_below(share::message_user(user), share::messages_max_user(keys)))
}

#[inline(always)]
fn process_has_room(user: u32, tgid: u32) -> bool {
    let most = share::messages_max_process(global!(SETTINGS.message_keys));
    user == 0 || is_below(share::message_process(tgid), most)
}

/// Takes an element of the user's share, which the daemon gives back with the element.
#[inline(always)]
fn charge_user(user: u32, tgid: u32) {
    if user == 0 {
        return;
    }
    charge(share::MESSAGES, 1);
    charge(share::message_user(user), 1);
    charge(share::message_process(tgid), 1);
}

#[inline(always)] // an address computation
fn slot(index: u32) -> Option<&'static Slot> {
    // SAFETY: a live element, of the same layout, all words of which are shared.
    MESSAGES.get_ptr(index).map(|slot| unsafe { &*slot.cast::<Slot>() })
}

impl Slot {
    /// Whether it counts the key with these words.
    #[inline(always)]
    fn is_of(&self, [who, what]: [u64; 2]) -> bool {
        self.words[0].get() == who && self.words[1].get() == what
    }

    /// Makes a free element that of a key; notes who the process is, which may have ended when the
    /// daemon looks.
    #[inline(always)] // one caller
    fn claim(&self, [who, what]: [u64; 2], user: u32) -> bool {
        if self.words[1].get() != 0 {
            return false;
        }
        self.claims.add(1);
        if self.claims.get() != 1 {
            self.claims.add(-1);
            return false;
        }
        let [first, second] = Task::current().process_comm();
        self.comm[0].set(first);
        self.comm[1].set(second);
        self.user.set(u64::from(user));
        self.words[0].set(who);
        // With the second word the element is whole.
        self.words[1].set(what);
        true
    }
}

/// Adds a message to this processor's counter at `index`.
#[inline(always)] // an address computation
fn add_to(index: u32, bytes: u32) {
    let stride = global!(SETTINGS.message_keys);
    let Some(count) = MESSAGE_COUNTS.get_ptr_mut(place(stride, index)) else { return };
    // SAFETY: a live element, which belongs to this processor; what else runs there adds atomically,
    // as we do.
    let count = unsafe { &mut *count };
    machine::add(&mut count.messages, 1);
    machine::add(&mut count.bytes, u64::from(bytes));
}
