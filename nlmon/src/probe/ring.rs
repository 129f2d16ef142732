//! The ring that the programs write samples to, mapped to be read (`kernel/bpf/ringbuf.c`).
//!
//! Two pages come first: in the one the reader says how far it has read, in the other the kernel how
//! far it has written. Then come the records, each behind a header of its own. The kernel shows them
//! twice in a row, so that none seems to be cut at the end of the ring. Here they are mapped once,
//! which halves the daemon's resident memory, and the few that are cut are put together.

use std::{
    ffi::c_void,
    io,
    os::fd::AsRawFd,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};

use aya_obj::generated::{BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT, BPF_RINGBUF_HDR_SZ};
use memmap2::{MmapOptions, MmapRaw};
use nix::unistd::{SysconfVar, sysconf};

/// Size of a record's header: its length with two flags, and a number of the kernel's.
pub(super) const HEADER_BYTES: usize = BPF_RINGBUF_HDR_SZ as usize;

/// The one reader of a ring.
pub(super) struct Ring {
    /// How far it has been read.
    consumer: MmapRaw,
    /// How far it has been written, and from the second page on the records.
    written: MmapRaw,
    page_bytes: usize,
    size: usize,
    /// A record that is cut at the end of the ring.
    joined: Vec<u8>,
}

impl Ring {
    /// The ring of `ring_bytes`, a power of two, behind this descriptor.
    pub(super) fn of(ring: &impl AsRawFd, ring_bytes: usize) -> io::Result<Self> {
        if !ring_bytes.is_power_of_two() {
            let why = format!("a ring of {ring_bytes} bytes, which is no power of two");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let page_bytes = page_bytes()?;
        let consumer = MmapOptions::new().len(page_bytes).map_raw(ring.as_raw_fd())?;
        let written = MmapOptions::new()
            .offset(page_bytes as u64)
            .len(page_bytes + ring_bytes)
            .map_raw_read_only(ring.as_raw_fd())?;
        Ok(Self { consumer, written, page_bytes, size: ring_bytes, joined: Vec::new() })
    }

    /// Hands over the next record, if there is one that is whole, and makes room for others.
    pub(super) fn next<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        loop {
            let position = word(&self.consumer, 0).load(Ordering::Relaxed);
            if position == word(&self.written, 0).load(Ordering::Acquire) {
                return None;
            }
            let header = self.header(position).load(Ordering::Acquire);
            if header & BPF_RINGBUF_BUSY_BIT != 0 {
                return None;
            }
            let len = (header & !BPF_RINGBUF_DISCARD_BIT) as usize;
            let bytes = (HEADER_BYTES + len).next_multiple_of(HEADER_BYTES);
            let read_up_to = position.wrapping_add(bytes);
            if header & BPF_RINGBUF_DISCARD_BIT != 0 {
                word(&self.consumer, 0).store(read_up_to, Ordering::Release);
                continue;
            }
            let taken = read(self.record(position, len));
            word(&self.consumer, 0).store(read_up_to, Ordering::Release);
            return Some(taken);
        }
    }

    /// The length of the record at `position`. Headers are aligned, so that none is cut.
    fn header(&self, position: usize) -> &AtomicU32 {
        let at = position & (self.size - 1);
        let header = self.written.as_ptr().wrapping_add(self.page_bytes + at).cast::<c_void>();
        // SAFETY: within the mapping, which lives as long as `self`, and aligned: positions are
        // multiples of eight. The kernel writes it as one word.
        unsafe { &*header.cast::<AtomicU32>() }
    }

    /// The bytes of the record at `position`.
    fn record(&mut self, position: usize, len: usize) -> &[u8] {
        let at = position.wrapping_add(HEADER_BYTES) & (self.size - 1);
        let len = len.min(self.size);
        let uncut = len.min(self.size - at);
        if uncut == len {
            return self.bytes(at, len);
        }
        self.joined = [self.bytes(at, uncut), self.bytes(0, len - uncut)].concat();
        &self.joined
    }

    /// Bytes of records that are whole, and that nobody has been told are read.
    fn bytes(&self, at: usize, len: usize) -> &[u8] {
        let first = self.written.as_ptr().wrapping_add(self.page_bytes + at);
        // SAFETY: within the mapping, because `at + len` is at most the ring's size. The kernel does
        // not write there before the consumer's position is past it.
        unsafe { std::slice::from_raw_parts(first, len) }
    }
}

/// The position that begins the page at `at`.
pub(super) fn word(memory: &MmapRaw, at: usize) -> &AtomicUsize {
    let word = memory.as_ptr().wrapping_add(at).cast::<c_void>();
    // SAFETY: within the mapping, at the start of a page, and mapped as long as `memory` lives. Kernel
    // and reader write it as one word.
    unsafe { &*word.cast::<AtomicUsize>() }
}

/// Size of a page of memory.
pub(super) fn page_bytes() -> io::Result<usize> {
    let bytes = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.unwrap_or(4096))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsFd as _};

    use nix::sys::memfd::{MFdFlags, memfd_create};

    use super::*;

    const RING_BYTES: usize = 4096;

    /// What the kernel does, in memory of the test.
    struct Kernel {
        file: File,
        memory: MmapRaw,
        written: usize,
    }

    impl Kernel {
        fn new(position: usize) -> (Self, Ring) {
            let page = page_bytes().unwrap();
            let file = File::from(memfd_create("ring", MFdFlags::empty()).unwrap());
            file.set_len((2 * page + RING_BYTES) as u64).unwrap();
            let memory = MmapOptions::new().map_raw(&file.as_fd()).unwrap();
            let ring = Ring::of(&file, RING_BYTES).unwrap();
            let kernel = Self { file, memory, written: position };
            word(&kernel.memory, 0).store(position, Ordering::Relaxed);
            word(&kernel.memory, page).store(position, Ordering::Relaxed);
            (kernel, ring)
        }

        /// Writes a record with these flags, byte by byte around the end.
        fn write(&mut self, flags: u32, data: &[u8]) {
            let page = page_bytes().unwrap();
            let len = u32::try_from(data.len()).unwrap() | flags;
            let header = [len.to_ne_bytes(), [0; 4]].concat();
            for (index, byte) in header.iter().chain(data).enumerate() {
                let at = 2 * page + (self.written.wrapping_add(index) & (RING_BYTES - 1));
                // SAFETY: within the mapping.
                unsafe { self.memory.as_mut_ptr().wrapping_add(at).write(*byte) };
            }
            let bytes = (HEADER_BYTES + data.len()).next_multiple_of(HEADER_BYTES);
            self.written = self.written.wrapping_add(bytes);
            word(&self.memory, page).store(self.written, Ordering::Release);
        }

        /// How much is not read.
        fn used(&self) -> usize {
            self.written.wrapping_sub(word(&self.memory, 0).load(Ordering::Acquire))
        }
    }

    fn next(ring: &mut Ring) -> Option<Vec<u8>> {
        ring.next(<[u8]>::to_vec)
    }

    #[test]
    fn records_come_whole_and_in_order_also_around_the_end() {
        let (mut kernel, mut ring) = Kernel::new(0);
        // A length that has no divisor in common with the ring's makes every cut.
        for number in 0..1009_usize {
            let len = 301 + number % 7;
            let data: Vec<u8> =
                (0..len).map(|at| u8::try_from((at + number) % 251).unwrap()).collect();
            kernel.write(0, &data);
            assert_eq!(next(&mut ring).as_ref(), Some(&data), "{number}");
            assert_eq!((next(&mut ring), kernel.used()), (None, 0));
        }
    }

    #[test]
    fn positions_may_wrap() {
        let (mut kernel, mut ring) = Kernel::new(usize::MAX - 15);
        for data in [b"seven b", b"another"] {
            kernel.write(0, data);
            assert_eq!(next(&mut ring).as_deref(), Some(&data[..]));
        }
        assert_eq!((next(&mut ring), kernel.used()), (None, 0));
    }

    #[test]
    fn what_is_discarded_is_skipped_and_what_is_being_written_is_waited_for() {
        let (mut kernel, mut ring) = Kernel::new(0);
        kernel.write(BPF_RINGBUF_DISCARD_BIT, b"discarded");
        kernel.write(0, b"kept");
        let busy = kernel.written;
        kernel.write(BPF_RINGBUF_BUSY_BIT, b"later");
        kernel.write(0, b"behind it");
        assert_eq!(next(&mut ring).as_deref(), Some(&b"kept"[..]));
        assert_eq!(next(&mut ring), None);
        let end = std::mem::replace(&mut kernel.written, busy);
        kernel.write(0, b"later");
        kernel.written = end;
        word(&kernel.memory, page_bytes().unwrap()).store(end, Ordering::Release);
        assert_eq!(next(&mut ring).as_deref(), Some(&b"later"[..]));
        assert_eq!(next(&mut ring).as_deref(), Some(&b"behind it"[..]));
        assert_eq!((next(&mut ring), kernel.used()), (None, 0));
    }

    #[test]
    fn a_size_that_is_no_power_of_two_is_refused() {
        let (kernel, _ring) = Kernel::new(0);
        let refused = Ring::of(&kernel.file, 4095).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("a ring of 4095 bytes, which is no power of two"));
    }
}
