//! At most so many records in a second. Pure: the time is an argument.

const SECOND_NS: u64 = 1_000_000_000;

/// Counts in spans of a second, each of which begins with a record.
#[derive(Debug)]
pub(super) struct Rate {
    /// 0 for no limit.
    most: u32,
    began_ns: u64,
    passed: u32,
}

impl Rate {
    pub(super) fn new(most: u32) -> Self {
        Self { most, began_ns: 0, passed: 0 }
    }

    /// Whether one more may pass at `now_ns`.
    pub(super) fn admits(&mut self, now_ns: u64) -> bool {
        if self.most == 0 {
            return true;
        }
        if self.passed == 0 || now_ns.saturating_sub(self.began_ns) >= SECOND_NS {
            (self.began_ns, self.passed) = (now_ns, 0);
        }
        let admits = self.passed < self.most;
        self.passed += u32::from(admits);
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_pass_in_a_second_and_none_is_saved_for_the_next() {
        let mut rate = Rate::new(3);
        let admitted = |rate: &mut Rate, at_ns| (0..10).filter(|_| rate.admits(at_ns)).count();
        assert_eq!(admitted(&mut rate, 5 * SECOND_NS), 3);
        assert_eq!(admitted(&mut rate, 6 * SECOND_NS - 1), 0);
        assert_eq!(admitted(&mut rate, 6 * SECOND_NS), 3);
        assert_eq!(admitted(&mut rate, 60 * SECOND_NS), 3);
        assert_eq!((0..10).filter(|_| Rate::new(0).admits(0)).count(), 10);
    }
}
