//! Whether a password is a user's. To find that out costs much on purpose, so it is done once for
//! each, on a thread of its own, and what came of it is remembered for a while: as a keyed hash,
//! which tells nobody the password.
//!
//! Invariant: one is tried at a time. Who tries many waits, and takes no more than a processor.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use ring::{hmac, rand::SystemRandom};
use tokio::sync::Mutex as AsyncMutex;

use super::settings::{Hash, Users};

/// Most results that are remembered, of each kind.
const RESULTS_MAX: usize = 128;

/// A hash of no password that anybody has: who names no user is compared with it, so that the time
/// tells nobody which users there are.
const NOBODY: &str = "ZEgElTN6eBPZ5rjsZ0pZXOa7n2jrEQCHHcCLxWtwvBgCEcEpCM6Vy";

/// What came of earlier trials.
pub(super) struct Passwords {
    key: Option<hmac::Key>,
    trial: Arc<AsyncMutex<()>>,
    results: Mutex<Results>,
}

#[derive(Default)]
struct Results {
    right: VecDeque<hmac::Tag>,
    wrong: VecDeque<hmac::Tag>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        // Without a key nothing is remembered.
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok();
        Self { key, trial: Arc::default(), results: Mutex::default() }
    }

    /// Whether it is the password of one of `users`.
    pub(super) async fn is_right(&self, users: &Users, user: &str, password: &[u8]) -> bool {
        let known = users.get(user);
        let hash = known.map_or_else(|| nobody(users), |hash| hash.text.clone());
        let tag =
            self.key.as_ref().map(|key| tag(key, [user.as_bytes(), hash.as_bytes(), password]));
        if let Some(is_right) = tag.and_then(|tag| self.remembered(&tag)) {
            return is_right && known.is_some();
        }
        let password = password.to_vec();
        // It goes with the work: a client that leaves must not let in the next while it goes on.
        let turn = Arc::clone(&self.trial).lock_owned().await;
        let work = move || {
            let is_right = bcrypt::verify(password, &hash).unwrap_or(false);
            drop(turn);
            is_right
        };
        let is_right = tokio::task::spawn_blocking(work).await.unwrap_or(false) && known.is_some();
        if let Some(tag) = tag {
            self.remember(tag, is_right);
        }
        is_right
    }

    fn remembered(&self, tag: &hmac::Tag) -> Option<bool> {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let is_among = |tags: &VecDeque<hmac::Tag>| tags.iter().any(|t| t.as_ref() == tag.as_ref());
        if is_among(&results.right) {
            return Some(true);
        }
        is_among(&results.wrong).then_some(false)
    }

    fn remember(&self, tag: hmac::Tag, is_right: bool) {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        // Apart, so that wrong ones by the thousand do not make the right ones forgotten.
        let tags = if is_right { &mut results.right } else { &mut results.wrong };
        if tags.len() >= RESULTS_MAX {
            tags.pop_front();
        }
        tags.push_back(tag);
    }
}

/// Each part with its length before it, so that no two triples are one text.
fn tag(key: &hmac::Key, parts: [&[u8]; 3]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    }
    context.sign()
}

/// A hash that takes as long as that of the user whose takes longest.
fn nobody(users: &Users) -> String {
    let cost = users.values().map(|Hash { cost, .. }| *cost).max().unwrap_or(bcrypt::DEFAULT_COST);
    format!("$2b${cost:02}${NOBODY}")
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    #[test]
    fn nobodys_hash_is_one_of_the_highest_cost() {
        let hash = |cost| Hash { text: String::new(), cost };
        let users = Users::from([("a".to_owned(), hash(5)), ("b".to_owned(), hash(7))]);
        let parts = bcrypt::HashParts::from_str(&nobody(&users)).unwrap();
        assert_eq!(parts.get_cost(), 7);
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded_and_wrong_ones_displace_no_right_one() {
        let text = bcrypt::hash("right", 4).unwrap();
        let users = Users::from([("a".to_owned(), Hash { text, cost: 4 })]);
        let passwords = Passwords::new();
        assert!(passwords.is_right(&users, "a", b"right").await);
        for number in 0..=RESULTS_MAX {
            let wrong = format!("wrong {number}");
            assert!(!passwords.is_right(&users, "a", wrong.as_bytes()).await);
        }
        let results = passwords.results.lock().unwrap();
        assert_eq!((results.right.len(), results.wrong.len()), (1, RESULTS_MAX));
    }
}
