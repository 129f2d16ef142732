use super::*;
use crate::live::history::History;
use crate::live::json::{Clock, LogRecord, View};
use crate::live::sample;

fn record(number: u64) -> LogRecord {
    let mut record = LogRecord::new(&sample::multicast(), &View::new(Clock::new(0)));
    record.time_ns = number;
    record
}

/// A bus without history.
fn bus(queue: Extent) -> Arc<Bus> {
    Bus::new(Limits { clients: 2, queue, history: Extent::NONE })
}

/// A bus that keeps that many records for clients to come.
fn with_history(records: usize) -> Arc<Bus> {
    let history = Extent { records, ..Limits::default().history };
    Bus::new(Limits { history, ..Limits::default() })
}

/// What a client gets that begins there and is sent what is there.
async fn history(bus: &Arc<Bus>, history: History, wants: fn(u64) -> bool) -> Vec<u64> {
    let subscription = bus.subscribe();
    let wanted = move |entry: &Entry| wants(entry.record().time_ns);
    let mut subscription = subscription.with(history, 1000, wanted).await.unwrap();
    let (lost, mut numbers) = drain(&mut subscription);
    assert_eq!(lost, 0);
    numbers.retain(|number| wants(*number));
    numbers
}

/// What is there for a client, without waiting for more.
fn drain(subscription: &mut Cursor) -> (u64, Vec<u64>) {
    let (mut lost, mut numbers) = (0, Vec::new());
    loop {
        let batch = subscription.take();
        lost += batch.lost;
        if batch.entries.is_empty() {
            return (lost, numbers);
        }
        numbers.extend(batch.entries.iter().map(|entry| entry.record().time_ns));
    }
}

#[test]
fn without_a_client_no_record_is_made() {
    let bus = bus(Limits::default().queue);
    bus.publish(|| panic!("nobody listens"));
    let subscription = bus.subscribe();
    assert!(bus.wants_records());
    drop(subscription);
    bus.publish(|| panic!("nobody listens any more"));
}

#[test]
fn every_client_gets_every_record_from_when_it_came() {
    let bus = bus(Limits::default().queue);
    let mut early = bus.subscribe();
    bus.publish(|| record(1).into());
    let mut late = bus.subscribe();
    (2..200).for_each(|number| bus.publish(|| record(number).into()));
    assert_eq!(drain(&mut early), (0, (1..200).collect()));
    assert_eq!(drain(&mut late), (0, (2..200).collect()));
    assert_eq!(bus.dropped(), 0);
}

#[test]
fn a_slow_client_is_told_what_it_lost_and_no_other_loses() {
    let bus = bus(Extent { records: 10, ..Limits::default().queue });
    let (mut slow, mut fast) = (bus.subscribe(), bus.subscribe());
    for number in 0..25 {
        bus.publish(|| record(number).into());
        assert_eq!(drain(&mut fast), (0, vec![number]));
    }
    assert_eq!(drain(&mut slow), (15, (15..25).collect()));
    assert_eq!(bus.dropped(), 15);
    assert_eq!(drain(&mut slow), (0, vec![]));
}

#[test]
fn memory_is_bounded_by_bytes_too() {
    let bus = bus(Extent { bytes: 8192, ..Limits::default().queue });
    let _client = bus.subscribe();
    (0..1000).for_each(|number| bus.publish(|| record(number).into()));
    let ring = bus.ring();
    assert!(ring.bytes <= 8192 && !ring.entries.is_empty());
    let real = ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>();
    assert_eq!(ring.bytes, real);
}

#[test]
fn the_last_client_frees_the_ring() {
    let bus = bus(Limits::default().queue);
    let (one, two) = (bus.subscribe(), bus.subscribe());
    bus.publish(|| record(1).into());
    drop(one);
    assert_eq!(bus.ring().entries.len(), 1);
    drop(two);
    let ring = bus.ring();
    assert_eq!((bus.clients(), ring.entries.len(), ring.bytes), (0, 0, 0));
}

#[tokio::test]
async fn history_is_kept_without_clients_and_bounded() {
    let bus = with_history(100);
    (0..150).for_each(|number| bus.publish(|| record(number).into()));
    let all = History { last: Some(u64::MAX), since_ns: None };
    assert_eq!(history(&bus, all, |_| true).await, (50..150).collect::<Vec<_>>());
    let entry = bus.ring().entries[0].bytes();
    let few = Extent { records: usize::MAX, bytes: 10 * entry };
    let bus = Bus::new(Limits { history: few, ..Limits::default() });
    (0..150).for_each(|number| bus.publish(|| record(number).into()));
    let ring = bus.ring();
    assert_eq!((ring.entries.len(), ring.bytes), (10, 10 * entry));
}

#[tokio::test]
async fn a_client_begins_as_far_back_as_it_wants() {
    let bus = with_history(100);
    (900..1000).for_each(|number| bus.publish(|| record(number).into()));
    let even = |number| number % 2 == 0;
    let begin = async |last, since_ns| history(&bus, History { last, since_ns }, even).await;
    assert!(begin(None, None).await.is_empty());
    assert!(begin(Some(0), None).await.is_empty());
    assert_eq!(begin(Some(3), None).await, [994, 996, 998]);
    assert_eq!(begin(None, Some(5)).await, [996, 998]);
    assert!(begin(None, Some(0)).await.is_empty());
    assert_eq!(begin(Some(1), Some(5)).await, [998]);
    assert_eq!(begin(Some(9), Some(5)).await, [996, 998]);
}

#[tokio::test]
async fn history_that_goes_before_it_is_read_is_no_loss_and_what_comes_later_is() {
    let bus = Bus::new(Limits {
        clients: 1,
        queue: Extent { records: 10, bytes: usize::MAX },
        history: Extent { records: 10, bytes: usize::MAX },
    });
    let publish = |numbers: std::ops::Range<u64>| {
        numbers.for_each(|number| bus.publish(|| record(number).into()));
    };
    publish(0..10);
    let all = History { last: Some(10), since_ns: None };
    let mut client = bus.subscribe().with(all, 0, |_| true).await.unwrap();
    publish(10..15);
    assert_eq!(drain(&mut client), (0, (5..15).collect()));
    drop(client);
    let mut client = bus.subscribe().with(all, 0, |_| true).await.unwrap();
    publish(15..28);
    assert_eq!(drain(&mut client), (3, (18..28).collect()));
    assert_eq!(bus.dropped(), 3);
}

#[test]
fn the_last_client_leaves_the_history() {
    let bus = with_history(5);
    let client = bus.subscribe();
    (0..50).for_each(|number| bus.publish(|| record(number).into()));
    assert_eq!(bus.ring().entries.len(), 50);
    drop(client);
    let ring = bus.ring();
    assert_eq!(ring.entries.len(), 5);
    assert_eq!(ring.bytes, ring.entries.iter().map(|entry| entry.bytes()).sum::<usize>());
}

/// Records that count how many of them were decoded.
fn counted(bus: &Arc<Bus>, numbers: std::ops::Range<u64>) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    for number in numbers {
        let counter = Arc::clone(&count);
        let make = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            record(number)
        };
        bus.publish(|| Entry::later(number, 100, make));
    }
    count
}

#[tokio::test]
async fn no_more_is_decoded_than_it_takes() {
    let bus = with_history(2000);
    let made = counted(&bus, 0..2000);
    let begin = async |last, since_ns| {
        let wanted = |entry: &Entry| entry.record().time_ns.is_multiple_of(2);
        let subscription = bus.subscribe();
        let history = History { last, since_ns };
        subscription.with(history, 2000, wanted).await.unwrap().next
    };
    assert_eq!(begin(Some(3), None).await, 1994);
    assert_eq!(made.load(Ordering::Relaxed), 6);
    assert_eq!(begin(None, Some(1900)).await, 100);
    assert_eq!(made.load(Ordering::Relaxed), 6);
    assert_eq!(begin(Some(500), Some(200)).await, 1800);
    assert_eq!(made.load(Ordering::Relaxed), 200);
}

#[tokio::test]
async fn a_search_delays_neither_others_nor_the_publisher() {
    let (found, is_found) = std::sync::mpsc::channel();
    let is_found = Mutex::new(is_found);
    let bus = with_history(40_000);
    let slow = move || {
        // Until another client has been served: this test has one async thread.
        is_found.lock().unwrap().recv().unwrap();
        record(0)
    };
    bus.publish(|| Entry::later(0, 100, slow));
    let made = counted(&bus, 1..32_768);
    let nothing = History { last: Some(1), since_ns: None };
    let none = |entry: &Entry| entry.record().time_ns == u64::MAX;
    let search = tokio::spawn(bus.subscribe().with(nothing, 0, none));
    tokio::task::yield_now().await;
    let mut other = bus.subscribe();
    bus.publish(|| record(40_000).into());
    assert_eq!(other.read().await.entries[0].time_ns(), 40_000);
    found.send(()).unwrap();
    let searched = search.await.unwrap().unwrap();
    assert_eq!((searched.next, made.load(Ordering::Relaxed)), (0, 32_767));
}
