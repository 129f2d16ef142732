//! `nlmon top`: who is busy, what fails and what is slow, as tables that follow the daemon's
//! metrics. `views` says which tables there are, `rows` and `situation` make them, `state` is what is shown and
//! what keys do to it, `draw` is how it looks: these are pure. Here is the terminal, which is put
//! back as it was however this ends. The only owner of `ratatui`.

mod draw;
mod rows;
mod situation;
mod state;
#[cfg(test)]
mod tests;
mod views;

use std::io::{self, BufRead as _, BufReader, IsTerminal as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::{Context as _, anyhow};
use nix::sys::signal::Signal;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use serde::de::DeserializeOwned;

use self::situation::Situation;
use self::state::{Key, State};
use super::{Failure, feed, signals};
use crate::config::DEFAULT_SOCKET;
use crate::live::protocol::Request;
use crate::live::situation::SituationRequest;
use crate::live::stats::StatsRequest;
use crate::metrics::Snapshot;

/// Show the busiest processes and types, errors, latencies, failing sockets, findings, changes, live
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Scan this often, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000,
        value_parser = clap::value_parser!(u64).range(200..=60_000))]
    interval: u64,
    /// The daemon's socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
}

/// What happens.
enum Event {
    News(Box<Snapshot>),
    Situation(Box<Situation>),
    Key(Key),
    /// The terminal has another size.
    Resize,
    /// A signal says to stop.
    Stop,
    /// The daemon, or the terminal, is gone.
    Lost(Option<anyhow::Error>),
}

/// Shows the tables until `q`, a signal, or the end of the daemon.
///
/// # Errors
/// `Usage` without a terminal, `System` where the socket may not be used, `Runtime` where there is
/// no daemon or it goes away.
pub fn run(args: &Args) -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let advice = "nlmon top needs a terminal: for programs there is /metrics";
        return Err(Failure::Usage(anyhow!(advice)));
    }
    let daemon = feed::open(&args.socket, &args.request())?;
    let (sender, events) = mpsc::channel();
    let request = Request { situation: Some(SituationRequest {}), ..Request::new() };
    let situation = feed::open(&args.socket, &request)?;
    watch(daemon, situation, sender).map_err(Failure::Runtime)?;
    // Sets a hook, too, that puts the terminal back before a panic is told.
    let terminal = ratatui::try_init().context("cannot set up the terminal");
    let result = terminal.and_then(|mut terminal| show(&mut terminal, &events));
    ratatui::restore();
    match result.map_err(Failure::Runtime)? {
        StopReason::Wanted => Ok(()),
        StopReason::Closed => Err(super::daemon_is_gone()),
    }
}

impl Args {
    fn request(&self) -> Request {
        Request {
            stats: Some(StatsRequest { metrics: views::metrics(), interval_ms: self.interval }),
            ..Request::new()
        }
    }
}

/// Why it is over.
enum StopReason {
    Wanted,
    Closed,
}

fn show(terminal: &mut DefaultTerminal, events: &Receiver<Event>) -> anyhow::Result<StopReason> {
    let mut state = State::new();
    while !state.over {
        terminal
            .draw(|frame| draw::draw(&state, frame.area(), frame.buffer_mut()))
            .context("cannot write to the terminal")?;
        match events.recv() {
            Ok(Event::News(snapshot)) => state.news(*snapshot),
            Ok(Event::Situation(situation)) => state.situation(*situation),
            Ok(Event::Key(key)) => state.key(key),
            Ok(Event::Resize) => {}
            Ok(Event::Lost(Some(error))) => return Err(error),
            Ok(Event::Lost(None)) => return Ok(StopReason::Closed),
            Ok(Event::Stop) | Err(_) => return Ok(StopReason::Wanted),
        }
    }
    Ok(StopReason::Wanted)
}

/// One thread for each that has to be waited for. They end with the process.
fn watch(
    daemon: BufReader<UnixStream>,
    situation: BufReader<UnixStream>,
    sender: Sender<Event>,
) -> anyhow::Result<()> {
    let (stop, keys, told) = (sender.clone(), sender.clone(), sender.clone());
    signals::on_first([Signal::SIGTERM, Signal::SIGHUP], move || drop(stop.send(Event::Stop)))?;
    thread::spawn(move || read_keys(&keys));
    thread::spawn(move || read(situation, &told, Event::Situation));
    thread::spawn(move || read(daemon, &sender, Event::News));
    Ok(())
}

/// Passes on what each line says, until the daemon is gone.
fn read<T: DeserializeOwned>(
    mut daemon: BufReader<UnixStream>,
    sender: &Sender<Event>,
    event_of: fn(Box<T>) -> Event,
) {
    loop {
        let mut line = String::new();
        let event = match daemon.read_line(&mut line) {
            Ok(0) | Err(_) => Event::Lost(None),
            Ok(_) => match serde_json::from_str(&line) {
                Ok(told) => event_of(Box::new(told)),
                Err(error) => Event::Lost(Some(
                    anyhow!(error).context("the daemon sent numbers that this nlmon cannot read"),
                )),
            },
        };
        let last = matches!(event, Event::Lost(_));
        if sender.send(event).is_err() || last {
            return;
        }
    }
}

fn read_keys(sender: &Sender<Event>) {
    loop {
        let event = match event::read() {
            Ok(event::Event::Key(event)) if event.kind != KeyEventKind::Release => {
                key(event.code, event.modifiers).map(Event::Key)
            }
            Ok(event::Event::Resize(..)) => Some(Event::Resize),
            Ok(_) => None,
            Err(error) => {
                let error = anyhow!(error).context("cannot read from the terminal");
                drop(sender.send(Event::Lost(Some(error))));
                return;
            }
        };
        if event.is_some_and(|event| sender.send(event).is_err()) {
            return;
        }
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    Some(match code {
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(letter) => Key::Character(letter),
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        _ => return None,
    })
}
