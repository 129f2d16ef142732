//! Where the HTTP server listens: at a socket that systemd passed, or at one of its own. With a
//! passed one the daemon needs no right to make sockets of the internet.

use std::{
    io,
    net::SocketAddr,
    os::fd::{FromRawFd as _, OwnedFd},
};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;

/// What a passed socket is called in messages.
const PASSED: &str = "the socket that systemd passed";

/// Takes the passed socket, or listens at `address`.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    let Some(socket) = passed()? else {
        return TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"));
    };
    let listener = take(socket).with_context(|| format!("cannot use {PASSED}"))?;
    let passed = listener.local_addr()?;
    if passed != address {
        log::info!("http: listening at {passed}, as systemd says, and not at {address}");
    }
    Ok(listener)
}

/// The socket that this process was started with, if there is one.
fn passed() -> Result<Option<OwnedFd>> {
    let mut sockets = sd_notify::listen_fds().context("cannot read what systemd passed")?;
    match (sockets.next(), sockets.len()) {
        (None, _) => Ok(None),
        (Some(fd), 0) => {
            // SAFETY: LISTEN_PID names this process, so the descriptor is open and was made for it.
            // The daemon starts once, so nothing else owns it.
            Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) }))
        }
        (Some(_), more) => bail!("systemd passed {} sockets, and nlmon takes one", more + 1),
    }
}

fn take(socket: OwnedFd) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    // Fails for a socket of another family.
    listener.local_addr()?;
    TcpListener::from_std(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn takes_a_listener_and_nothing_else() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        assert_eq!(take(socket.into()).unwrap().local_addr().unwrap(), address);
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(take(pair.into()).is_err());
    }

    #[tokio::test]
    async fn listens_itself_where_nothing_is_passed() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let taken = listener.local_addr().unwrap();
        assert!(format!("{:#}", listen(taken).await.unwrap_err()).contains(&taken.to_string()));
    }
}
