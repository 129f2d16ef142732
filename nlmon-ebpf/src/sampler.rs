//! Whether a datagram is sampled. What is not is counted with its reason.
//!
//! Invariant: the draw is made for the outermost call, and every call inside it inherits it. So a
//! request, its acknowledgement and its notifications are all sampled or none of them is, but for
//! protocols that are not sampled at all. The parts of a dump are sampled if its request is.
//!
//! The daemon changes what is to be sampled word by word. A call in between is drawn by some of the
//! old and some of the new.

use aya_ebpf::helpers::generated;
use nlmon_common::counter::{DatagramCount, path, stat};

use crate::{
    emit::Datagram,
    frame::{Context, state},
    machine,
    maps::{Charge, SAMPLER, bump},
    skb,
};

/// Thinning and rate cap of one processor.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Sampler {
    /// Start of the second that `taken` counts in.
    pub(crate) window_ns: u64,
    /// Samples taken in it.
    pub(crate) taken: u32,
    /// Outermost calls since the last one sampled.
    pub(crate) skipped: u32,
}

const SECOND_NS: u64 = 1_000_000_000;

/// `NLM_F_DUMP` in include/uapi/linux/netlink.h.
const DUMP: u16 = 0x300;

/// The draw for a call, as a bit of [`state`]; none if none in the call tree is of a protocol that
/// is sampled.
#[inline(always)]
pub(crate) fn draw(
    context: &mut Context,
    index: usize,
    datagram: &Datagram,
    charge: Charge,
) -> u32 {
    let (every, rate) = (charge.sample_every(), charge.sample_rate());
    let inherited = inherited(context, index);
    // By default.
    if inherited == 0 && every == 1 && rate == 0 && charge.sample_protocols() == u32::MAX {
        return state::TAKEN;
    }
    if inherited != 0 || !is_sampled(datagram.envelope.protocol, charge) {
        if rate != 0 && inherited == state::TAKEN {
            // It counts, but the draw stands.
            is_within(rate);
        }
        return inherited;
    }
    if every != 1 && (every == 0 || !is_turn(every, datagram)) {
        return state::THINNED;
    }
    if rate != 0 && !is_within(rate) {
        return state::RATE_LIMITED;
    }
    state::TAKEN
}

/// Whether samples of this protocol are asked for.
#[inline(always)]
fn is_sampled(protocol: u8, charge: Charge) -> bool {
    let protocols = charge.sample_protocols();
    protocols == u32::MAX || protocols >> (protocol & 31) & 1 != 0
}

/// The draw for the call around this one. An interrupt is inside none.
#[inline(always)]
fn inherited(context: &mut Context, index: usize) -> u32 {
    if index == 0 || context.frame(index).foreign() != context.frame(index - 1).foreign() {
        return 0;
    }
    context.frame(index - 1).state & state::DRAWN
}

/// Whether a datagram is sampled after this draw; counts that.
#[inline(always)]
pub(crate) fn decide(
    counters: &mut DatagramCount,
    protocol: u8,
    draw: u32,
    charge: Charge,
) -> bool {
    if draw & state::THINNED != 0 || !is_sampled(protocol, charge) {
        machine::add(&mut counters.thinned, 1);
        return false;
    }
    if draw & state::RATE_LIMITED != 0 {
        bump(stat::RATE_LIMITED);
        return false;
    }
    machine::add(&mut counters.sampled, 1);
    true
}

/// Whether this outermost call is the one to sample of `every` many.
#[inline(always)]
fn is_turn(every: u32, datagram: &Datagram) -> bool {
    let is_dump = datagram.envelope.path == path::DUMP
        || datagram.envelope.path == path::REQUEST && datagram.messages.first.flags & DUMP != 0;
    if is_dump {
        return is_dumps_turn(every, datagram);
    }
    let Some(sampler) = SAMPLER.get_ptr_mut(0) else { return false };
    // SAFETY: the element belongs to this CPU.
    let sampler = unsafe { &mut *sampler };
    sampler.skipped += 1;
    if sampler.skipped < every {
        return false;
    }
    sampler.skipped = 0;
    true
}

/// The same of a dump: its later parts are sent from reads, outside its request. What all have in
/// common are the port id of the socket that asks and the sequence number, which decide.
#[inline(always)]
fn is_dumps_turn(every: u32, datagram: &Datagram) -> bool {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let portid = match datagram.envelope.path {
        path::DUMP => datagram.envelope.portid,
        _ => skb::addresses(datagram.skb).source_portid,
    };
    let both = u64::from(portid) << 32 | u64::from(skb::sequence_number(datagram.data));
    ((both.wrapping_mul(GOLDEN) >> 33) as u32).is_multiple_of(every)
}

/// Counts a sample; whether no more than `rate` of them were taken in this second.
#[inline(always)]
fn is_within(rate: u32) -> bool {
    let Some(sampler) = SAMPLER.get_ptr_mut(0) else { return false };
    // SAFETY: the element belongs to this CPU.
    let sampler = unsafe { &mut *sampler };
    // SAFETY: no argument, no precondition.
    let now_ns = unsafe { generated::bpf_ktime_get_ns() };
    if now_ns.wrapping_sub(sampler.window_ns) >= SECOND_NS {
        sampler.window_ns = now_ns;
        sampler.taken = 0;
    }
    sampler.taken += 1;
    sampler.taken <= rate
}
