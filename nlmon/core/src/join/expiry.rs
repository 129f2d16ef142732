//! In which order waiting things are given up. Nearly all wait for one of a few constant windows,
//! so a queue for each keeps them in order without a search: a thing is added at a queue's end. The
//! queues are linked through the table's slots, so that a thing leaves from anywhere at once.

/// Queues. More windows than this work too; some are then searched for their place.
const QUEUES: usize = 4;

/// No slot.
const NONE: u32 = u32::MAX;

/// A slot's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    expires_ns: u64,
    /// Order of arrival, among those that expire at once.
    number: u64,
    previous: u32,
    next: u32,
    queue: u8,
}

impl Links {
    pub(super) fn new(expires_ns: u64, number: u64) -> Self {
        Self { expires_ns, number, previous: NONE, next: NONE, queue: 0 }
    }

    fn order(&self) -> (u64, u64) {
        (self.expires_ns, self.number)
    }
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: u32,
    last: u32,
}

/// All queues, and the links of every slot by its index.
#[derive(Debug)]
pub(super) struct Queues {
    ends: [Ends; QUEUES],
    links: Vec<Links>,
}

impl Default for Queues {
    fn default() -> Self {
        Self { ends: [Ends { first: NONE, last: NONE }; QUEUES], links: Vec::new() }
    }
}

impl Queues {
    /// Adds a slot that is in no queue.
    pub(super) fn add(&mut self, index: u32, links: Links) {
        if self.links.len() <= index as usize {
            self.links.resize(index as usize + 1, Links::new(0, 0));
        }
        let queue = self.queue_for(&links);
        let mut before = self.ends[queue].last;
        // Only where there are more windows than queues is there anything to pass.
        while let Some(last) = self.get(before)
            && last.order() > links.order()
        {
            before = last.previous;
        }
        let after = self.get(before).map_or(self.ends[queue].first, |before| before.next);
        let queue = u8::try_from(queue).unwrap_or_default();
        self.links[index as usize] = Links { previous: before, next: after, queue, ..links };
        self.join(before, index, queue);
        self.join(index, after, queue);
    }

    /// Takes out a slot that is in a queue.
    pub(super) fn remove(&mut self, index: u32) {
        if let Some(Links { previous, next, queue, .. }) = self.get(index).copied() {
            self.join(previous, next, queue);
        }
    }

    /// The slot that expires first.
    pub(super) fn first(&self) -> Option<u32> {
        let firsts = self.ends.iter().filter_map(|ends| Some((ends.first, self.get(ends.first)?)));
        firsts.min_by_key(|(_, links)| links.order()).map(|(index, _)| index)
    }

    /// When a slot's time is up.
    pub(super) fn expires_ns(&self, index: u32) -> u64 {
        self.get(index).map_or(u64::MAX, |links| links.expires_ns)
    }

    /// The queue with the latest end that is not too late; if all are, the one that is the least.
    fn queue_for(&self, links: &Links) -> usize {
        let end = |queue: &usize| self.get(self.ends[*queue].last).map_or((0, 0), Links::order);
        let fitting = (0..QUEUES).filter(|queue| end(queue) <= links.order()).max_by_key(end);
        fitting.or_else(|| (0..QUEUES).min_by_key(end)).unwrap_or_default()
    }

    /// Makes `second` follow `first`; without either, the other is the queue's end.
    fn join(&mut self, first: u32, second: u32, queue: u8) {
        let queue = usize::from(queue);
        match self.links.get_mut(first as usize) {
            Some(links) => links.next = second,
            None => self.ends[queue].first = second,
        }
        match self.links.get_mut(second as usize) {
            Some(links) => links.previous = first,
            None => self.ends[queue].last = first,
        }
    }

    fn get(&self, index: u32) -> Option<&Links> {
        self.links.get(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes everything in order.
    fn drain(queues: &mut Queues) -> Vec<u64> {
        let next = || {
            let first = queues.first()?;
            let expires_ns = queues.expires_ns(first);
            queues.remove(first);
            Some(expires_ns)
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn comes_out_in_order_whatever_the_order_in() {
        // More descents than there are queues.
        let times = [50, 40, 30, 20, 10, 60, 5, 35, 45, 1, 70, 2, 65, 30];
        let mut queues = Queues::default();
        for (index, time) in (0..).zip(times) {
            queues.add(index, Links::new(time, index.into()));
        }
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        assert_eq!(drain(&mut queues), sorted);
    }

    #[test]
    fn what_leaves_leaves_the_rest_in_order() {
        let mut queues = Queues::default();
        for index in 0..9_u32 {
            queues.add(index, Links::new(u64::from(index % 3) * 10, index.into()));
        }
        for index in [0, 4, 8] {
            queues.remove(index);
        }
        queues.add(4, Links::new(15, 9));
        assert_eq!(drain(&mut queues), [0, 0, 10, 10, 15, 20, 20]);
        assert_eq!(queues.first(), None);
    }

    #[test]
    fn what_expires_at_once_goes_in_order_of_arrival() {
        let mut queues = Queues::default();
        queues.add(1, Links::new(10, 0));
        queues.add(0, Links::new(10, 1));
        assert_eq!(queues.first(), Some(1));
    }
}
