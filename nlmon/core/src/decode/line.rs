//! A summary under construction: words and key-value pairs with single spaces between.

use std::fmt::{Display, Write as _};

/// The words so far.
#[derive(Debug, Default)]
pub(super) struct Line(String);

impl Line {
    /// Adds a word; an empty one adds nothing.
    pub(super) fn word(&mut self, word: &str) -> &mut Self {
        if !word.is_empty() {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(word);
        }
        self
    }

    /// Adds `key value`.
    pub(super) fn pair(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.word(key);
        let end = self.0.len();
        if end > 0 {
            self.0.push(' ');
        }
        let begin = self.0.len();
        // A String takes whatever is written.
        let _never_fails = write!(self.0, "{value}");
        if self.0.len() == begin {
            self.0.truncate(end);
        }
        self
    }

    /// Adds `key value` if there is a value.
    pub(super) fn optional(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.pair(key, value),
            None => self,
        }
    }

    /// The line.
    pub(super) fn finish(self) -> String {
        self.0
    }
}
