//! Where the HTTP server listens: at sockets that systemd passed, or at its own. With passed ones the
//! daemon needs no right to make sockets of the internet.

use std::os::fd::{FromRawFd as _, OwnedFd};

use anyhow::{Context as _, Result};

use crate::http::{Address, Listener};

/// Takes the passed sockets, or listens at these addresses.
pub(super) fn listen(addresses: &[Address]) -> Result<Vec<Listener>> {
    let passed = passed()?;
    if passed.is_empty() {
        return addresses.iter().map(|address| Ok(Listener::bind(address)?)).collect();
    }
    let take = |(number, socket): (usize, OwnedFd)| {
        let which = || format!("cannot use socket {} of those that systemd passed", number + 1);
        Listener::of_fd(socket).with_context(which)
    };
    let listeners = passed.into_iter().enumerate().map(take).collect::<Result<Vec<_>>>()?;
    if !listeners.iter().map(Listener::address).eq(addresses) {
        let passed = names(listeners.iter().map(Listener::address));
        let own = names(addresses.iter());
        tracing::info!("http: listening at {passed}, as systemd says, and not at {own}");
    }
    Ok(listeners)
}

fn names<'a>(addresses: impl Iterator<Item = &'a Address>) -> String {
    addresses.map(Address::to_string).collect::<Vec<_>>().join(", ")
}

/// The sockets that this process was started with.
fn passed() -> Result<Vec<OwnedFd>> {
    let sockets = sd_notify::listen_fds().context("cannot read what systemd passed")?;
    // SAFETY: LISTEN_PID names this process, so each descriptor is open and was made for it. The daemon
    // starts once, so nothing else owns it.
    Ok(sockets.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listens_itself_where_nothing_is_passed() {
        let own = listen(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let taken = own[0].address().clone();
        let again = listen(std::slice::from_ref(&taken)).unwrap_err();
        assert!(format!("{again:#}").contains(&taken.to_string()));
    }
}
