//! The task that reads the log for the file. What it is to write may change while it runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::time::timeout;

use super::writer::Writer;
use super::{Counts, Settings};
use crate::live::bus::{Batch, Bus, Cursor};
use crate::live::filter::Matcher;
use crate::shutdown;
use crate::subscribe::monotonic_ns;

/// How long a change may take: the disk may hang.
const CHANGE_TIME: Duration = Duration::from_secs(5);

/// Most batches that are still written at the end.
const LAST_BATCHES: usize = 1024;

/// What is to be written, and by which matcher records are chosen; `None` is nothing.
pub type Wanted = Option<(Settings, Arc<Matcher>)>;

/// What is wanted, and its number.
#[derive(Clone, Debug)]
struct Order {
    number: u64,
    wanted: Wanted,
}

/// Tells the task what is wanted. Clones tell the same task.
#[derive(Clone, Debug)]
pub struct FileControl {
    orders: Arc<watch::Sender<Order>>,
    done: watch::Receiver<u64>,
    counts: Arc<Counts>,
}

impl FileControl {
    /// What became of records.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// From now on this is wanted. What is at the path is opened anew, also if nothing else changes.
    /// Returns whether that was done in time.
    pub async fn change(&mut self, wanted: Wanted) -> bool {
        let number = self.orders.borrow().number + 1;
        self.orders.send_replace(Order { number, wanted });
        let is_done = self.done.wait_for(|done| *done >= number);
        matches!(timeout(CHANGE_TIME, is_done).await, Ok(Ok(_)))
    }
}

/// The task, before it runs. Clones are made for each time that it is started again.
#[derive(Clone, Debug)]
pub struct RecordsFile {
    bus: Arc<Bus>,
    orders: watch::Receiver<Order>,
    done: Arc<watch::Sender<u64>>,
    counts: Arc<Counts>,
}

impl RecordsFile {
    /// A task that is to write this.
    pub fn new(bus: &Arc<Bus>, wanted: Wanted) -> (Self, FileControl) {
        let (orders, taken) = watch::channel(Order { number: 0, wanted });
        let (done, is_done) = watch::channel(0);
        let counts = Arc::<Counts>::default();
        let control =
            FileControl { orders: Arc::new(orders), done: is_done, counts: Arc::clone(&counts) };
        (Self { bus: Arc::clone(bus), orders: taken, done: Arc::new(done), counts }, control)
    }

    /// A place in the log, for a first run that is to lack nothing that comes before it begins.
    pub fn cursor(&self) -> Option<Cursor> {
        self.orders.borrow().wanted.is_some().then(|| self.bus.subscribe())
    }

    /// Writes what is wanted until the end of the daemon; of the first run, from `cursor` on.
    ///
    /// # Errors
    /// Something panicked.
    pub async fn run(
        mut self,
        mut cursor: Option<Cursor>,
        mut shutdown: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let mut running = None;
        loop {
            if self.orders.has_changed().unwrap_or(true) || self.is_first(running.as_ref()) {
                let order = self.orders.borrow_and_update().clone();
                running = self.follow(order.wanted, running, &mut cursor).await?;
                self.done.send_replace(order.number);
            }
            let batch = tokio::select! {
                () = shutdown::requested(&mut shutdown) => return finish(running).await,
                changed = self.orders.changed() => {
                    if changed.is_err() {
                        return finish(running).await;
                    }
                    self.orders.mark_changed();
                    continue;
                }
                batch = next(&mut running) => batch,
            };
            if let Some(Running { cursor, writer }) = running {
                running = Some(write(cursor, writer, batch).await?);
            }
        }
    }

    /// Whether there is an order, and nothing was done of it.
    fn is_first(&self, running: Option<&Running>) -> bool {
        running.is_none() && self.orders.borrow().wanted.is_some()
    }

    /// Goes over to what is wanted.
    async fn follow(
        &self,
        wanted: Wanted,
        running: Option<Running>,
        first: &mut Option<Cursor>,
    ) -> anyhow::Result<Option<Running>> {
        self.counts.is_on.store(wanted.is_some(), Ordering::Relaxed);
        let Some((settings, matcher)) = wanted else {
            finish(running).await?;
            return Ok(None);
        };
        let new = |settings| Writer::new(settings, Arc::clone(&matcher), Arc::clone(&self.counts));
        let (cursor, writer) = match running {
            Some(Running { cursor, mut writer }) if writer.settings == settings => {
                writer.choose_by(matcher);
                (cursor, writer)
            }
            Some(Running { cursor, writer }) => {
                blocking(writer, Writer::finish).await?;
                (cursor, new(settings))
            }
            None => (first.take().unwrap_or_else(|| self.bus.subscribe()), new(settings)),
        };
        let writer = blocking(writer, |writer| writer.reopen(monotonic_ns())).await?;
        Ok(Some(Running { cursor, writer }))
    }
}

/// A file that is being written.
struct Running {
    cursor: Cursor,
    writer: Writer,
}

/// What comes next of the log; never, where nothing is written. Safe to cancel.
async fn next(running: &mut Option<Running>) -> Batch {
    match running {
        Some(running) => running.cursor.read().await,
        None => std::future::pending().await,
    }
}

async fn write(cursor: Cursor, mut writer: Writer, batch: Batch) -> anyhow::Result<Running> {
    if writer.is_look_due(monotonic_ns()) {
        writer = blocking(writer, |writer| writer.look(monotonic_ns())).await?;
    }
    let is_many = batch.is_many();
    let Batch { lost, entries } = batch;
    let encode = move || {
        let chunks = writer.encode(lost, &entries, monotonic_ns());
        (writer, chunks)
    };
    let encoded = cursor.work(is_many, encode).await;
    let (mut writer, chunks) = encoded.context("cannot encode records for the file")?;
    if !chunks.is_empty() {
        let write = move |writer: &mut Writer| writer.write(&chunks, monotonic_ns());
        writer = blocking(writer, write).await?;
    }
    Ok(Running { cursor, writer })
}

/// Writes what has come by now, and what there is to say at the end.
async fn finish(running: Option<Running>) -> anyhow::Result<()> {
    let Some(mut running) = running else { return Ok(()) };
    for _ in 0..LAST_BATCHES {
        let Ok(batch) = timeout(Duration::ZERO, running.cursor.read()).await else { break };
        running = write(running.cursor, running.writer, batch).await?;
    }
    blocking(running.writer, Writer::finish).await.map(drop)
}

/// Lets the writer do what may block, beside the workers.
async fn blocking(
    mut writer: Writer,
    work: impl FnOnce(&mut Writer) + Send + 'static,
) -> anyhow::Result<Writer> {
    let work = move || {
        work(&mut writer);
        writer
    };
    tokio::task::spawn_blocking(work).await.context("cannot write the file of records")
}
