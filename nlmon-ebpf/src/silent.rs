//! Routes that the kernel removes without a notification: with the device or the address that they
//! depended on. The removal is a frame, as a call that sends is one, so that what caused it is found
//! as a notification's cause is; the routes are added to its sample one by one.
//!
//! What the kernel returns is how many routes went; their names may be fewer. Of several routes to one
//! destination only the one in use is told of (`fib_table_flush` in `net/ipv4/fib_trie.c`).

use core::mem::offset_of;

use aya_ebpf::helpers::bpf_get_current_pid_tgid;
use nlmon_common::{
    counter::{path, stat},
    observation::{Sample, flag},
    silent::{HEAD_LEN, Head, NAMED_MAX, ROUTE_LEN, ROUTES_MAX, Route, payload_len},
};

use crate::{
    call::innermost,
    emit,
    frame::{self, Context, Frame, Nesting, Return, Thread},
    machine::masked,
    maps::{bump, route_field},
    skb::{Helper, Memory as _, net_number},
    system_call,
};

/// `NETLINK_ROUTE`
const PROTOCOL: u8 = 0;

/// `AF_INET` and `AF_INET6` in `include/linux/socket.h`.
const INET: u8 = 2;
const INET6: u8 = 10;

/// `FIB_EVENT_ENTRY_DEL` in `include/net/fib_notifier.h`.
const ENTRY_DELETED: u64 = 3;

/// `fib_table_flush` begins. With `flush_all` a namespace ends, and nobody is there to be told.
#[inline(always)]
pub(crate) fn begin_ipv4(net: *const u8, table: *const u8, flush_all: u64, id: u64) {
    if flush_all as u8 == 0 {
        begin(net, INET, Helper::read(table, route_field!(table_id)), id);
    }
}

/// `fib6_clean_all_skip_notify` begins, which goes through all tables.
#[inline(always)]
pub(crate) fn begin_ipv6(net: *const u8, id: u64) {
    begin(net, INET6, 0, id);
}

#[inline(always)]
fn begin(net: *const u8, family: u8, table: u32, id: u64) {
    let pid_tgid = bpf_get_current_pid_tgid();
    let Some(thread) = Thread::of(pid_tgid) else { return };
    let Ok((context, index)) = frame::push(thread, id, Nesting::Nested) else {
        bump(stat::SILENT_UNSEEN);
        return;
    };
    context.frame(index).set_path(PROTOCOL, path::SILENT);
    emit::begin(context, index, net_number(net), pid_tgid);
    let frame = context.frame(index);
    frame.portid = 0;
    *head(frame) = Head { table, removed: 0, routes: 0, family, last: 0, pad: [0; 2] };
}

/// `call_fib4_notifiers` tells the kernel's own of an event.
#[inline(always)]
pub(crate) fn event_ipv4(event: u64, info: *const u8) {
    if u64::from(event as u32) != ENTRY_DELETED {
        return;
    }
    let Some((context, index)) = removal(INET) else { return };
    let mut address = [0; 16];
    let dst: u32 = Helper::read(info, route_field!(entry_dst));
    // As the kernel counts, not as it is on the wire.
    let [a, b, c, d] = dst.to_be_bytes();
    (address[0], address[1], address[2], address[3]) = (a, b, c, d);
    let fib: *const u8 = Helper::read(info, route_field!(entry_info));
    let nexthops: u32 = Helper::read(fib, route_field!(info_nexthops));
    let len: u32 = Helper::read(info, route_field!(entry_dst_len));
    let route = Route {
        address,
        interface: if nexthops == 0 { 0 } else { interface(fib, route_field!(info_device)) },
        priority: Helper::read(fib, route_field!(info_priority)),
        prefix_len: len as u8,
        kind: Helper::read(info, route_field!(entry_type)),
        tos: Helper::read(info, route_field!(entry_tos)),
        pad: 0,
    };
    add(context, index, &route);
}

/// `fib6_del` removes a route.
#[inline(always)]
pub(crate) fn event_ipv6(route: *const u8, info: *const u8) {
    let skip: u8 = Helper::read(info, route_field!(skip_notify));
    if u32::from(skip) & route_field!(skip_notify_mask) == 0 {
        return;
    }
    let Some((context, index)) = removal(INET6) else { return };
    let in_table: *const u8 = Helper::read(route, route_field!(route_table));
    let table: u32 = Helper::read(in_table, route_field!(table6_id));
    let known = head(context.frame(index)).table;
    if known != table {
        finish(context, index);
        let head = head(context.frame(index));
        (head.table, head.removed) = (table, 0);
    }
    let nexthop: u64 = Helper::read(route, route_field!(route_nexthop));
    let removed = Route {
        address: Helper::read(route, route_field!(route_dst)),
        interface: if nexthop != 0 { 0 } else { interface(route, route_field!(route_device)) },
        priority: Helper::read(route, route_field!(route_metric)),
        prefix_len: Helper::read::<u32>(route, route_field!(route_dst_len)) as u8,
        kind: Helper::read(route, route_field!(route_type)),
        tos: 0,
        pad: 0,
    };
    head(context.frame(index)).removed += 1;
    add(context, index, &removed);
}

/// Index of the interface of a nexthop; 0 if it has none.
#[inline(always)]
fn interface(of: *const u8, device: u32) -> u32 {
    let device: *const u8 = Helper::read(of, device);
    Helper::read(device, route_field!(device_index))
}

/// `fib_table_flush` has removed so many.
#[inline(always)]
pub(crate) fn end_ipv4(call: &impl Return, removed: i32) {
    end(call, |head| head.removed = removed.max(0).cast_unsigned());
}

/// `fib6_clean_all_skip_notify` returns.
#[inline(always)]
pub(crate) fn end_ipv6(call: &impl Return) {
    end(call, |_counted| {});
}

#[inline(always)]
fn end(call: &impl Return, sum: impl Fn(&mut Head)) {
    let Some(thread) = Thread::of(bpf_get_current_pid_tgid()) else { return };
    let Some((context, index)) = frame::find(thread, call) else { return };
    if context.frame(index).sample.header.path == path::SILENT {
        sum(head(context.frame(index)));
        finish(context, index);
    }
    frame::close(context, index);
}

/// The removal that the current thread is in.
#[inline(always)]
fn removal(family: u8) -> Option<(&'static mut Context, usize)> {
    let (context, index) = innermost(bpf_get_current_pid_tgid())?;
    let frame = context.frame(index);
    let is_it = frame.sample.header.path == path::SILENT && head(frame).family == family;
    is_it.then_some((context, index))
}

/// Adds a route to the sample of a removal, which is sent when it is full.
#[inline(always)]
fn add(context: &mut Context, index: usize, route: &Route) {
    let frame = context.frame(index);
    if frame.portid >= NAMED_MAX {
        return;
    }
    frame.portid += 1;
    let place = masked::<ROUTES_MAX>(head(frame).routes as usize);
    let at = HEAD_LEN + place * ROUTE_LEN;
    // SAFETY: the place is below the last one that there is room for, and it is aligned.
    *unsafe { part::<Route>(frame, at) } = *route;
    head(frame).routes = place as u32 + 1;
    if place + 1 == ROUTES_MAX {
        send(context, index);
    }
}

/// Sends the last sample of a removal; none if it has removed nothing.
#[inline(always)]
fn finish(context: &mut Context, index: usize) {
    let head = head(context.frame(index));
    if head.removed == 0 {
        return;
    }
    head.last = 1;
    send(context, index);
}

/// Sends what there is, and begins anew.
#[inline(always)]
fn send(context: &mut Context, index: usize) {
    let frame = context.frame(index);
    frame.sample.header.snap_len =
        payload_len(masked::<16>(head(frame).routes as usize) as u32) as u16;
    if frame.sample.header.flags & flag::HAS_CALL == 0
        && system_call::is_unexplained(frame.sample.header.flags)
    {
        system_call::note_call(context.key(), index as u32);
    }
    let frame = context.frame(index);
    if emit::send(frame, None).is_err() {
        bump(stat::SILENT_LOST);
    }
    let head = head(frame);
    (head.routes, head.last) = (0, 0);
}

/// How the payload of a removal's sample begins.
#[inline(always)]
fn head(frame: &mut Frame) -> &mut Head {
    // SAFETY: there is room, it is aligned, and any bytes are a value.
    unsafe { part(frame, 0) }
}

/// The part of the payload that begins `at` that many bytes.
///
/// # Safety
///
/// `at` must lie within the payload, and be a multiple of the part's alignment. Any bytes must be a
/// value of the part.
#[inline(always)]
unsafe fn part<T>(frame: &mut Frame, at: usize) -> &mut T {
    const {
        let before = offset_of!(Frame, sample) + offset_of!(Sample, data);
        assert!(before.is_multiple_of(align_of::<T>()));
        assert!(align_of::<T>() <= align_of::<Frame>());
    }
    // SAFETY: the caller says that it lies within the payload.
    let part = unsafe { frame.sample.data.as_mut_ptr().add(at) };
    // SAFETY: the caller says that it is aligned and a value.
    unsafe { &mut *part.cast() }
}
