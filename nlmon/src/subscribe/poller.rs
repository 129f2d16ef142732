//! Wakes the readers of the daemon's sockets: at once for the first datagram after a pause, and
//! then at most every [`PAUSE`]. A wake-up for each datagram would cost its sender a change of
//! processes. While this sleeps, a datagram costs its sender a note in a list.
//!
//! The sockets are not the runtime's to watch, because the runtime wakes for each of them. A thread
//! waits for all of them, and ends with the last handle.

use std::{
    collections::HashMap,
    io,
    os::fd::AsFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        eventfd::{EfdFlags, EventFd},
    },
};
use tokio::sync::Notify;

/// Least time from one wake-up to the next: as long as the pipeline waits for its samples.
const PAUSE: Duration = Duration::from_millis(20);

/// Sockets that are told of at a time.
const BATCH: usize = 256;

/// What stands for the end of the thread among the sockets' numbers.
const END: u64 = 0;

/// Wake on a datagram or on an overrun. If the queue is already empty, the kernel reports an
/// overrun only as a socket error. Until that is read, the kernel drops everything
/// (`NETLINK_S_CONGESTED` in `net/netlink/af_netlink.c`).
const WAKES: EpollFlags =
    EpollFlags::EPOLLIN.union(EpollFlags::EPOLLERR).union(EpollFlags::EPOLLET);

/// A handle of the thread.
#[derive(Debug)]
pub(super) struct Poller {
    watched: Arc<Watched>,
}

#[derive(Debug)]
struct Watched {
    epoll: Epoll,
    /// Ends the thread. It must not be closed before that: what is closed is watched no more.
    end: EventFd,
    readers: Mutex<HashMap<u64, Arc<Notify>>>,
    next: AtomicU64,
}

impl Poller {
    pub(super) fn start() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let end = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
        epoll.add(&end, EpollEvent::new(EpollFlags::EPOLLIN, END))?;
        let next = AtomicU64::new(END + 1);
        let watched = Arc::new(Watched { epoll, end, readers: Mutex::default(), next });
        let thread = Arc::clone(&watched);
        thread::Builder::new().name("poller".to_owned()).spawn(move || thread.run())?;
        Ok(Self { watched })
    }

    /// Watches a socket, which whoever gets this must keep open. It is told of once for whatever has
    /// come since it was last read to its end; and once at first.
    pub(super) fn watch(&self, socket: impl AsFd) -> io::Result<Watch> {
        let number = self.watched.next.fetch_add(1, Ordering::Relaxed);
        let readable = Arc::new(Notify::new());
        readable.notify_one();
        self.watched.readers().insert(number, Arc::clone(&readable));
        // From here on it is taken back when it is dropped.
        let watch = Watch { watched: Arc::downgrade(&self.watched), number, readable };
        self.watched.epoll.add(socket, EpollEvent::new(WAKES, number))?;
        Ok(watch)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        if let Err(error) = self.watched.end.write(1) {
            tracing::warn!("the thread that watches the sockets goes on: {error}");
        }
    }
}

impl Watched {
    fn run(&self) {
        let mut events = [EpollEvent::empty(); BATCH];
        loop {
            match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(count) => {
                    let ready = &events[..count.min(BATCH)];
                    if ready.iter().any(|event| event.data() == END) {
                        return;
                    }
                    let readers = self.readers();
                    for event in ready {
                        // One that is gone by now has nobody to wake.
                        readers
                            .get(&event.data())
                            .into_iter()
                            .for_each(|reader| reader.notify_one());
                    }
                }
                Err(Errno::EINTR) => {}
                Err(error) => tracing::error!("cannot wait for the daemon's sockets: {error}"),
            }
            thread::sleep(PAUSE);
        }
    }

    fn readers(&self) -> MutexGuard<'_, HashMap<u64, Arc<Notify>>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that is watched, until this is dropped or the socket closed.
#[derive(Debug)]
pub(super) struct Watch {
    watched: Weak<Watched>,
    number: u64,
    readable: Arc<Notify>,
}

impl Watch {
    /// Waits until there may be something to read. Safe to cancel.
    pub(super) async fn readable(&self) {
        self.readable.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(watched) = self.watched.upgrade() {
            watched.readers().remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn tells_of_what_comes_and_not_of_each() {
        let poller = Poller::start().unwrap();
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        let watch = poller.watch(&receiver).unwrap();
        watch.readable().await;
        assert!(timeout(Duration::from_millis(60), watch.readable()).await.is_err());
        sender.send(b"1").unwrap();
        timeout(LONG, watch.readable()).await.unwrap();
        // These come during the pause after the first.
        (0..9).for_each(|_| assert_eq!(sender.send(b"2").unwrap(), 1));
        timeout(LONG, watch.readable()).await.unwrap();
        assert!(timeout(Duration::from_millis(60), watch.readable()).await.is_err());
    }

    #[tokio::test]
    async fn a_socket_that_goes_is_forgotten_and_the_thread_ends_with_its_handle() {
        let poller = Poller::start().unwrap();
        let (_sender, receiver) = UnixDatagram::pair().unwrap();
        let watch = poller.watch(&receiver).unwrap();
        let watched = Arc::downgrade(&poller.watched);
        assert_eq!(poller.watched.readers().len(), 1);
        drop(watch);
        assert_eq!(poller.watched.readers().len(), 0);
        drop(poller);
        let ended = async {
            while watched.upgrade().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, ended).await.expect("the thread ends");
    }
}
