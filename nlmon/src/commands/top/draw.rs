//! How `nlmon top` looks. Pure: a state to the cells of a buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as TableRow, Table, Widget as _};

use super::rows::Row;
use super::state::{Order, State};
use super::views::{Unit, VIEWS};

/// Space between columns.
const GAP: u16 = 2;
/// Widest column that names a row. The last of a table without figures may be wider.
const KEY_MAX: usize = 40;
/// Longest name of a view.
const NAME_MAX: usize = 9;

const KEYS: &str = "1-9 view  <> sort  r reverse  / filter  p pause  up down scroll  q quit";

/// Draws everything.
pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]);
    let [tabs, status, table, keys] = rows.areas(area);
    let rows = state.rows();
    self::tabs(state, tabs.width).render(tabs, buffer);
    self::status(state, &rows).render(status, buffer);
    self::table(state, &rows).render(table, buffer);
    footer(state).render(keys, buffer);
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn reversed() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// All views, whose names are cut where there is no room but for the one that is shown.
fn tabs(state: &State, width: u16) -> Line<'static> {
    let mut line = Line::default();
    for letters in (1..=NAME_MAX).rev() {
        line = tabs_of(state, letters);
        if line.width() <= usize::from(width) {
            break;
        }
    }
    line
}

fn tabs_of(state: &State, letters: usize) -> Line<'static> {
    let mut spans = vec![Span::styled("nlmon top ", bold())];
    for (index, view) in VIEWS.iter().enumerate() {
        let shown = view.name == state.view().name;
        let style = if shown { reversed() } else { Style::new() };
        let name: String = view.name.chars().take(if shown { NAME_MAX } else { letters }).collect();
        spans.push(Span::raw(" "));
        spans.push(Span::styled(format!(" {} {name} ", index + 1), style));
    }
    Line::from(spans)
}

fn status(state: &State, rows: &[Row]) -> Line<'static> {
    let mut words = Vec::new();
    if state.paused {
        words.push("PAUSED".to_owned());
    }
    if state.is_waiting() {
        words.push("waiting for the daemon".to_owned());
    } else {
        words.push(format!("{} rows", rows.len()));
    }
    if !state.filter.is_empty() && !state.editing {
        words.push(format!("filter {:?}", state.filter));
    }
    if state.has_no_probes() {
        words.push("no probes: only sockets and groups are known".to_owned());
    }
    Line::from(words.join(", "))
}

fn footer(state: &State) -> Line<'static> {
    if state.editing {
        return Line::from(vec![
            Span::styled("filter: ", bold()),
            Span::raw(state.filter.clone()),
            Span::styled(" ", reversed()),
        ]);
    }
    Line::styled(KEYS, Style::new().add_modifier(Modifier::DIM))
}

fn table(state: &State, rows: &[Row]) -> Table<'static> {
    let view = state.view();
    let headings = view.keys.iter().map(|(heading, _)| *heading);
    let headings = headings.chain(view.columns.iter().map(|column| column.heading));
    let headings: Vec<_> =
        headings.enumerate().map(|(index, text)| heading(index, text, state.order())).collect();
    let units: Vec<_> = view.columns.iter().map(|column| column.unit).collect();
    // All of them, so that columns stay in place when the table is scrolled.
    let cells: Vec<_> = rows.iter().map(|row| cells(row, &units)).collect();
    let width = |index: usize| {
        let cells = cells.iter().filter_map(|cells| cells.get(index));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or_default();
        let heading = headings.get(index).map_or(0, |heading| heading.chars().count());
        let is_last = view.columns.is_empty() && index + 1 == view.keys.len();
        widest.min(if is_last { usize::MAX } else { KEY_MAX }).max(heading)
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let keys = view.keys.len();
    let line = |cells: &[String], style: Style| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(index, (cell, width))| {
            Cell::from(if index < keys { cell.clone() } else { format!("{cell:>width$}") })
        });
        TableRow::new(cells.collect::<Vec<_>>()).style(style)
    };
    let constraint = |width: &usize| Constraint::Length(u16::try_from(*width).unwrap_or(u16::MAX));
    let body: Vec<_> = cells.iter().skip(state.top).map(|row| line(row, Style::new())).collect();
    Table::new(body, widths.iter().map(constraint).collect::<Vec<_>>())
        .header(line(&headings, bold()))
        .column_spacing(GAP)
}

fn heading(index: usize, text: &str, order: Order) -> String {
    match (index == order.column, order.descending) {
        (false, _) => text.to_owned(),
        (true, true) => format!("{text}v"),
        (true, false) => format!("{text}^"),
    }
}

fn cells(row: &Row, units: &[Unit]) -> Vec<String> {
    let figures = row.figures.iter().zip(units).map(|(figure, unit)| match figure {
        Some(figure) => show(*figure, *unit),
        None => "-".to_owned(),
    });
    row.keys.iter().cloned().chain(figures).collect()
}

/// A figure with about three digits.
fn show(figure: f64, unit: Unit) -> String {
    match unit {
        Unit::Number => scaled(figure, 1000.0, 0),
        Unit::PerSecond => scaled(figure, 1000.0, 1),
        Unit::Bytes => scaled(figure, 1024.0, 0),
        Unit::Seconds => seconds(figure),
        Unit::UpTo if figure.is_infinite() => ">10s".to_owned(),
        Unit::UpTo => format!("<={}", seconds(figure)),
    }
}

fn scaled(figure: f64, step: f64, decimals: usize) -> String {
    // Five digits are as short as three with a letter and a point.
    if figure < 100_000.0 {
        return format!("{figure:.decimals$}");
    }
    let mut rest = figure;
    for letter in ["", "k", "M", "G", "T"] {
        if rest < step {
            return format!("{rest:.1}{letter}");
        }
        rest /= step;
    }
    format!("{rest:.1}P")
}

fn seconds(figure: f64) -> String {
    let (value, unit) = match figure {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let shown = if value < 9.995 { format!("{value:.2}") } else { format!("{value:.0}") };
    let short = shown.trim_end_matches('0').trim_end_matches('.');
    format!("{}{unit}", if shown.contains('.') { short } else { &shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(show(99_999.0, Unit::Number), "99999");
        assert_eq!(show(1_234_567.0, Unit::Number), "1.2M");
        assert_eq!(show(212_992.0, Unit::Bytes), "208.0k");
        assert_eq!(show(0.25, Unit::PerSecond), "0.2");
        assert_eq!(show(0.000_03, Unit::UpTo), "<=30us");
        assert_eq!(show(0.01, Unit::UpTo), "<=10ms");
        assert_eq!(show(f64::INFINITY, Unit::UpTo), ">10s");
        assert_eq!(show(0.001_234, Unit::Seconds), "1.23ms");
        assert_eq!(show(0.0, Unit::Seconds), "0us");
        assert_eq!(show(100.0, Unit::Seconds), "100s");
    }
}
