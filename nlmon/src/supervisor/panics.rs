//! Reports a panic: one line in the log, at most one a second, and a count.

use std::{
    any::Any,
    panic::{PanicHookInfo, set_hook},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::throttle;

static PANICS: AtomicU64 = AtomicU64::new(0);

/// Panics of all threads since the hook was installed, those that were caught included.
pub fn count() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// From here on, panics are counted and told by the log.
pub fn install_hook() {
    set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    PANICS.fetch_add(1, Ordering::Relaxed);
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let message = message(panic.payload());
    throttle::PANIC.error(format_args!("a panic{place}: {message}"));
}

/// What a panic was given to say, on one line.
pub fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_what_it_was_given() {
        let payloads: [Box<dyn Any + Send>; 3] =
            [Box::new("one"), Box::new(String::from("two\nlines")), Box::new(3)];
        let said: Vec<_> = payloads.iter().map(|payload| message(payload.as_ref())).collect();
        assert_eq!(said, ["one", "two lines", "no message"]);
    }
}
