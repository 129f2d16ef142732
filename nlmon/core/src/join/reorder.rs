//! Records on their way out: kept for the settle time, so that what a probe reports at the end of
//! a call comes out in the order in which the calls began. A record stays where it is until it goes
//! out; what is kept in order is its number.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::record::Record;

/// Names a record while it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    time_ns: u64,
    /// Order of arrival.
    number: u64,
    index: usize,
}

#[derive(Debug, Default)]
struct Held {
    /// Of the record that is here, or was last.
    number: u64,
    record: Option<Box<Record>>,
}

/// The records that wait for their turn.
#[derive(Debug)]
pub(super) struct ReorderBuffer {
    records: Vec<Held>,
    free: Vec<usize>,
    /// The earliest first. One later than all others, as most are, is added without a search.
    order: BinaryHeap<Reverse<Slot>>,
    next: u64,
    settle_ns: u64,
    max: usize,
}

impl ReorderBuffer {
    /// Holds each record until `settle_ns` after its time, and after a release at most `max`.
    pub(super) fn new(settle_ns: u64, max: usize) -> Self {
        Self {
            records: Vec::new(),
            free: Vec::new(),
            order: BinaryHeap::new(),
            next: 1,
            settle_ns,
            max,
        }
    }

    pub(super) fn push(&mut self, record: Record) -> Slot {
        let number = self.next;
        self.next += 1;
        let time_ns = record.time_ns();
        // The box goes all the way to the log. A record has some 350 bytes, and each step would copy
        // them.
        let held = Held { number, record: Some(Box::new(record)) };
        let index = if let Some(index) = self.free.pop() {
            self.records[index] = held;
            index
        } else {
            self.records.push(held);
            self.records.len() - 1
        };
        let slot = Slot { time_ns, number, index };
        self.order.push(Reverse(slot));
        slot
    }

    /// The record, unless it is out already.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Record> {
        let held = self.records.get_mut(slot.index)?;
        held.record.as_deref_mut().filter(|_| held.number == slot.number)
    }

    /// Moves every record whose time has come to `out`, in order of their time.
    #[expect(clippy::vec_box, reason = "records move on as they are held")]
    pub(super) fn release(&mut self, now_ns: u64, out: &mut Vec<Box<Record>>) {
        while let Some(Reverse(first)) = self.order.peek() {
            let due = first.time_ns.saturating_add(self.settle_ns) <= now_ns;
            if !due && self.order.len() <= self.max {
                break;
            }
            let Some(Reverse(Slot { index, .. })) = self.order.pop() else { break };
            out.extend(self.records[index].record.take());
            self.free.push(index);
        }
        self.shrink();
    }

    /// When the next record is due.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.order.peek().map(|Reverse(first)| first.time_ns.saturating_add(self.settle_ns))
    }

    /// Gives back what only a storm needed.
    fn shrink(&mut self) {
        const KEPT: usize = 256;
        if self.order.is_empty() && self.records.len() > KEPT {
            self.records = Vec::new();
            self.free = Vec::new();
            self.order = BinaryHeap::new();
        }
    }
}
