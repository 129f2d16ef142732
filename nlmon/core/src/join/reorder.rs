//! Records on their way out: kept for the settle time, so that what a probe reports at the end of
//! a call comes out in the order in which the calls began.

use std::collections::BTreeMap;

use crate::record::Record;

/// Names a record while it is held: its time, then the order of arrival.
pub(super) type Slot = (u64, u64);

/// The records that wait for their turn.
#[derive(Debug)]
pub(super) struct ReorderBuffer {
    records: BTreeMap<Slot, Record>,
    next: u64,
    settle_ns: u64,
    max: usize,
}

impl ReorderBuffer {
    /// Holds each record until `settle_ns` after its time, and after a release at most `max`.
    pub(super) fn new(settle_ns: u64, max: usize) -> Self {
        Self { records: BTreeMap::new(), next: 0, settle_ns, max }
    }

    pub(super) fn push(&mut self, record: Record) -> Slot {
        let slot = (record.time_ns(), self.next);
        self.next += 1;
        self.records.insert(slot, record);
        slot
    }

    /// The record, unless it is out already.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Record> {
        self.records.get_mut(&slot)
    }

    /// Moves every record whose time has come to `out`, in order of their time.
    pub(super) fn release(&mut self, now_ns: u64, out: &mut Vec<Record>) {
        while let Some(first) = self.records.first_entry() {
            let due = first.key().0.saturating_add(self.settle_ns) <= now_ns;
            if !due && self.records.len() <= self.max {
                break;
            }
            out.extend(self.records.pop_first().map(|(_, record)| record));
        }
    }
}
