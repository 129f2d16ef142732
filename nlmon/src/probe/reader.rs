//! Reads samples from the ring.
//!
//! The programs do not wake the daemon for each sample, because that would cost the sender more
//! than the sample. They wake it when the ring fills, and when it has said that it
//! [sleeps](WaitingSamples::sleep); between the two it looks by itself.

use std::{os::fd::AsFd as _, sync::Arc};

use aya::maps::{Map, MapData};
use nlmon_common::{
    limits::{RING_BYTES, SNAP_MAX},
    observation::{Call, HEADER_LEN, SampleHeader, call, flag},
};
use tokio::io::{Interest, unix::AsyncFd};

use super::{
    Error, RingFill,
    control::{Control, Sampling},
    maps::Maps,
    ring::{HEADER_BYTES, Ring},
    stats::Stats,
};
use nlmon_core::{
    calls, message,
    record::{Comm, Contents, End, Machine, Observation, Parent, Path, SystemCall, Task},
};

/// Observations handed over at a time, so that a busy ring does not starve other tasks.
pub const BATCH: usize = 1024;

/// Batches that a ring of the default size can hold: each record has a header of the ring's own.
const BATCHES_MAX: usize = (RING_BYTES as usize / (HEADER_LEN + HEADER_BYTES)).div_ceil(BATCH);

/// The ring of samples.
pub struct Samples {
    ring: Ring,
    map: MapData,
    /// Records that are none of this version's.
    malformed: u64,
    ring_bytes: usize,
    control: Control,
    stats: Arc<Stats>,
    /// Of those missing, how many were told already.
    lost: u64,
}

impl Samples {
    pub(super) fn new(maps: &mut Maps, control: Control, stats: Arc<Stats>) -> Result<Self, Error> {
        const NAME: &str = "SAMPLES";
        let failed = |source| Error::Map { name: NAME, source };
        let Map::RingBuf(map) = maps.take(NAME)? else { return Err(Error::Object(NAME)) };
        let ring_bytes = map.info().map_err(failed)?.max_entries() as usize;
        let ring = Ring::of(&map.fd().as_fd(), ring_bytes).map_err(Error::Memory)?;
        let lost = stats.lost_samples();
        Ok(Self { ring, map, malformed: 0, ring_bytes, control, stats, lost })
    }

    /// Looks into the ring beside the reader.
    pub fn fill(&self) -> std::io::Result<RingFill> {
        RingFill::of(self, self.ring_bytes)
    }

    /// Makes it wait on the runtime that this is called in.
    pub fn wait(self) -> std::io::Result<WaitingSamples> {
        // SAFETY: the map owns its descriptor for its whole life, and as_raw_fd always returns
        // that one.
        let ring = unsafe { AsyncFd::register_with_interest(self, Interest::READABLE) }
            .map_err(std::io::Error::from)?;
        Ok(WaitingSamples { ring })
    }

    /// Moves up to a batch of observations to `out`; how many were read, malformed ones included.
    fn drain(&mut self, out: &mut Vec<Observation>) -> usize {
        let (mut read, mut silent) = (0, 0);
        while read < BATCH
            && let Some(parsed) = self.ring.next(parse)
        {
            read += 1;
            match parsed {
                Some(observation) => {
                    silent += usize::from(observation.path == Path::Silent);
                    out.push(observation);
                }
                None => self.malformed += 1,
            }
        }
        if read > silent {
            // Silent changes are none of the samples that datagrams have.
            self.control.add_read((read - silent) as u64);
        }
        read
    }
}

impl std::os::fd::AsRawFd for Samples {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.map.fd().as_fd().as_raw_fd()
    }
}

/// The ring, registered with the runtime.
pub struct WaitingSamples {
    ring: AsyncFd<Samples>,
}

impl WaitingSamples {
    /// Appends up to [`BATCH`] samples that are there to `out`. Returns how many records were read,
    /// and how many of them were no samples of this version. Fewer than a batch means that the ring
    /// was found empty.
    pub fn read(&mut self, out: &mut Vec<Observation>) -> (usize, u64) {
        let samples = self.ring.get_mut();
        (samples.drain(out), std::mem::take(&mut samples.malformed))
    }

    /// Says whether the next sample has to wake the daemon. A program that runs meanwhile may have
    /// looked before, so the ring is to be read once more before sleeping for long.
    pub fn sleep(&self, asleep: bool) {
        self.ring.get_ref().control.set_asleep(asleep);
    }

    /// Says what is to be sampled from now on.
    pub fn set_sampling(&self, sampling: Sampling) {
        self.ring.get_ref().control.set_sampling(sampling);
    }

    /// Nanoseconds that the programs have taken, in whatever process they ran, by their own clock.
    pub fn programs_ns(&self) -> u64 {
        self.ring.get_ref().stats.programs_ns()
    }

    /// Waits until a program wakes the daemon. Safe to cancel.
    pub async fn woken(&mut self) -> std::io::Result<()> {
        self.ring.readable_mut().await?.clear_ready();
        Ok(())
    }

    /// Whether samples were lost since the last time that this was asked.
    pub fn have_been_lost(&mut self) -> bool {
        let samples = self.ring.get_mut();
        let before = std::mem::replace(&mut samples.lost, samples.stats.lost_samples());
        samples.lost != before
    }

    /// Appends the samples that are there now to `out`. Senders may add more without end: those
    /// wait.
    pub fn read_now(&mut self, out: &mut Vec<Observation>) {
        for _ in 0..BATCHES_MAX {
            if self.ring.get_mut().drain(out) == 0 {
                return;
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Observation> {
    let header = header(bytes)?;
    let data = bytes.get(HEADER_LEN..HEADER_LEN + usize::from(header.snap_len))?;
    let has = |flag: u16| header.flags & flag != 0;
    Some(Observation {
        start_ns: header.start_ns,
        duration_ns: header.duration_ns,
        protocol: header.protocol,
        path: Path::from_abi(header.path)?,
        netns: header.netns,
        task: Task {
            pid: header.tgid,
            tid: header.tid,
            comm: Comm::new(&header.comm),
            uid: header.uid,
            cgroup_id: header.cgroup_id,
            kernel_thread: has(flag::KTHREAD),
            interrupt: has(flag::INTERRUPT),
            system_call: if has(flag::HAS_CALL) { Some(system_call(bytes)?) } else { None },
        },
        portid: header.portid,
        src_portid: header.src_portid,
        group: header.group,
        len: header.len,
        result: (!has(flag::NO_RESULT)).then_some(header.result),
        parent: has(flag::HAS_PARENT).then_some(Parent {
            start_ns: header.parent_start_ns,
            protocol: header.parent_protocol,
            message_type: header.parent_type,
            flags: header.parent_flags,
            command: has(flag::HAS_PARENT_COMMAND).then_some(header.parent_command),
        }),
        redacted: has(flag::REDACTED),
        contents: Contents {
            messages: (header.messages > 0 && !has(flag::WALK_CUT)).then_some(header.messages),
            end: has(flag::HAS_END).then_some(End {
                errno: if header.end < 0 { header.end.wrapping_neg() } else { 0 },
                interrupted: has(flag::END_INTERRUPTED),
            }),
        },
        data: if has(flag::QUOTE_LEFT_OUT) { message::capped(data) } else { data.to_vec() },
    })
}

/// The system call of a sample that has one; `None` if it is cut.
fn system_call(bytes: &[u8]) -> Option<SystemCall> {
    let bytes = bytes.get(HEADER_LEN + SNAP_MAX..)?.get(..size_of::<Call>())?;
    // SAFETY: the slice has the size of a Call, every bit pattern of which is a value, and the read
    // does not ask for alignment.
    let found = unsafe { bytes.as_ptr().cast::<Call>().read_unaligned() };
    let machine = machine(found.kind & call::COMPAT != 0);
    let name = |bytes: &[u8]| {
        let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(bytes.get(..len).unwrap_or_default()).into_owned()
    };
    let (subject, directory) = (name(&found.subject), name(&found.directory));
    let subject = match (subject.is_empty(), directory.is_empty()) {
        (true, _) => None,
        (false, true) => Some(subject),
        (false, false) => Some(format!("{directory}/{subject}")),
    };
    let call = SystemCall {
        machine,
        number: found.number,
        argument: found.first,
        subject: subject.map(String::into_boxed_str),
        exiting: found.kind & call::EXITING != 0,
    };
    // The first argument says which file it is, the second what is to be done.
    let is_ioctl = calls::name(&call) == "ioctl";
    Some(SystemCall { argument: if is_ioctl { found.second } else { found.first }, ..call })
}

/// What the numbers mean that this machine's kernel gives.
fn machine(is_compat: bool) -> Machine {
    match (cfg!(target_arch = "aarch64"), is_compat) {
        (false, false) => Machine::X86_64,
        (false, true) => Machine::I386,
        (true, false) => Machine::Arm64,
        (true, true) => Machine::Arm,
    }
}

fn header(bytes: &[u8]) -> Option<SampleHeader> {
    let bytes = bytes.get(..HEADER_LEN)?;
    // SAFETY: the slice has the size of a Header, every bit pattern of which is a value, and the
    // read does not ask for alignment.
    Some(unsafe { bytes.as_ptr().cast::<SampleHeader>().read_unaligned() })
}
