//! What `nlmon top` shows at a moment, and what keys and news do to it. Pure.

use std::cmp::Ordering;

use super::rows::{Row, rows};
use super::situation::Situation;
use super::views::{GROUPS, Source, TableView, VIEWS};
use crate::metrics::Snapshot;
use crate::metrics::names;

/// A key, of those that mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Character(char),
    Backspace,
    Enter,
    Escape,
    Tab,
    BackTab,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    Interrupt,
}

/// Rows that a page scrolls by.
const PAGE: usize = 10;

/// Longest filter in characters.
const FILTER_MAX: usize = 64;

/// How a view is sorted: by which of its columns, those that name a row included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: usize,
    pub(super) descending: bool,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct State {
    view: usize,
    orders: Vec<Order>,
    pub(super) filter: String,
    /// Keys go to the filter.
    pub(super) editing: bool,
    pub(super) paused: bool,
    /// First row that is shown.
    pub(super) top: usize,
    now: Option<Snapshot>,
    before: Option<Snapshot>,
    /// The last that came, also while paused.
    latest: Option<Snapshot>,
    situation: Option<Situation>,
    pub(super) over: bool,
}

impl State {
    /// The first view, by its first figure.
    pub(super) fn new() -> Self {
        let order = |view: &TableView| Order { column: view.keys.len(), descending: true };
        Self {
            view: 0,
            orders: VIEWS.iter().map(order).collect(),
            filter: String::new(),
            editing: false,
            paused: false,
            top: 0,
            now: None,
            before: None,
            latest: None,
            situation: None,
            over: false,
        }
    }

    /// Takes in what the daemon says.
    pub(super) fn news(&mut self, snapshot: Snapshot) {
        let previous = self.latest.replace(snapshot.clone());
        let first = previous.is_none();
        if !self.paused {
            (self.before, self.now) = (previous, Some(snapshot));
        }
        // What the daemon's own sockets receive is then all there is to see of messages.
        if first && self.has_no_probes() && self.view == 0 {
            self.show(VIEWS.iter().position(|view| view.name == GROUPS).unwrap_or_default());
        }
    }

    /// Takes in how things are.
    pub(super) fn situation(&mut self, situation: Situation) {
        if !self.paused {
            self.situation = Some(situation);
        }
    }

    /// Does what a key says.
    pub(super) fn key(&mut self, key: Key) {
        match key {
            Key::Interrupt => self.over = true,
            _ if self.editing => self.edit(key),
            Key::Character('q') => self.over = true,
            Key::Character('p' | ' ') => self.paused = !self.paused,
            Key::Character('/') => self.editing = true,
            Key::Character('r') => self.reverse(),
            Key::Character('k') | Key::Up => self.top = self.top.saturating_sub(1),
            Key::Character('j') | Key::Down => self.scroll(1),
            Key::PageUp => self.top = self.top.saturating_sub(PAGE),
            Key::PageDown => self.scroll(PAGE),
            Key::Home => self.top = 0,
            Key::Escape => self.filter.clear(),
            Key::Tab => self.show((self.view + 1) % VIEWS.len()),
            Key::BackTab => self.show((self.view + VIEWS.len() - 1) % VIEWS.len()),
            Key::Left | Key::Character('<') => self.sort(false),
            Key::Right | Key::Character('>') => self.sort(true),
            Key::Character(digit) => {
                let index = digit.to_digit(10).and_then(|digit| digit.checked_sub(1));
                if let Some(index) = index.and_then(|index| usize::try_from(index).ok()) {
                    self.show(index);
                }
            }
            Key::Backspace | Key::Enter => {}
        }
    }

    fn edit(&mut self, key: Key) {
        self.top = 0;
        match key {
            Key::Character(letter) if self.filter.chars().count() < FILTER_MAX => {
                self.filter.push(letter);
            }
            Key::Backspace => drop(self.filter.pop()),
            Key::Enter => self.editing = false,
            Key::Escape => {
                self.editing = false;
                self.filter.clear();
            }
            _ => {}
        }
    }

    fn show(&mut self, view: usize) {
        if view < VIEWS.len() {
            (self.view, self.top) = (view, 0);
        }
    }

    fn scroll(&mut self, rows: usize) {
        self.top = (self.top + rows).min(self.rows().len().saturating_sub(1));
    }

    /// Sorts by the next column or the one before: names upwards, figures downwards.
    fn sort(&mut self, next: bool) {
        let keys = self.view().keys.len();
        let columns = keys + self.view().columns.len();
        if let Some(order) = self.orders.get_mut(self.view) {
            let step = if next { 1 } else { columns - 1 };
            order.column = (order.column + step) % columns;
            order.descending = order.column >= keys;
        }
    }

    fn reverse(&mut self) {
        if let Some(order) = self.orders.get_mut(self.view) {
            order.descending = !order.descending;
        }
    }

    /// The view that is shown.
    pub(super) fn view(&self) -> &'static TableView {
        VIEWS.get(self.view).unwrap_or(&VIEWS[0])
    }

    /// How it is sorted.
    pub(super) fn order(&self) -> Order {
        self.orders.get(self.view).copied().unwrap_or(Order { column: 0, descending: false })
    }

    /// Whether anything has come yet.
    pub(super) fn is_waiting(&self) -> bool {
        match self.view().source {
            Source::Metrics => self.now.is_none(),
            _ => self.situation.is_none(),
        }
    }

    /// Whether the daemon has no probes, so that the views of what was sent are empty.
    pub(super) fn has_no_probes(&self) -> bool {
        self.now.as_ref().is_some_and(|now| {
            now.of(&names::PROBE_ATTACHED).iter().all(|series| series.value < 1.0)
        })
    }

    /// The rows that the filter lets pass, sorted.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = match (self.view().source, &self.now, &self.situation) {
            (Source::Metrics, Some(now), _) => rows(self.view(), now, self.before.as_ref()),
            (Source::Metrics, None, _) | (_, _, None) => return Vec::new(),
            (source, _, Some(situation)) => situation.rows(source),
        };
        let wanted = self.filter.to_lowercase();
        rows.retain(|row| row.keys.iter().any(|key| key.to_lowercase().contains(&wanted)));
        let order = self.order();
        let keys = self.view().keys.len();
        rows.sort_by(|a, b| {
            let found = compare(a, b, order.column, keys);
            if order.descending { found.reverse() } else { found }
        });
        rows
    }
}

fn compare(a: &Row, b: &Row, column: usize, keys: usize) -> Ordering {
    match column.checked_sub(keys) {
        None => a.keys.get(column).cmp(&b.keys.get(column)),
        Some(figure) => {
            let of = |row: &Row| row.figures.get(figure).copied().flatten().unwrap_or(-1.0);
            of(a).total_cmp(&of(b))
        }
    }
}
