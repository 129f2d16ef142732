//! Instructions that the language has no words for on this target.

#[cfg(target_arch = "bpf")]
use core::arch::asm;

use core::cell::UnsafeCell;

/// Adds to a counter, whatever else does at the same time: even one that belongs to a processor is
/// added to by interrupts, and on preemptible kernels by other tasks.
///
/// Of the atomic operations, kernels before 5.12 take only the addition that does not return what
/// was there, and the compiler offers none of them for BPF.
#[inline(always)]
pub(crate) fn add(counter: &mut u64, value: u64) {
    add_at(counter, value);
}

/// A number in a map that several processors add to.
#[repr(transparent)]
pub(crate) struct Shared(UnsafeCell<u64>);

// SAFETY: every access is one instruction, and those that write are atomic.
unsafe impl Sync for Shared {}

impl Shared {
    /// A number that begins with `value`.
    pub(crate) fn new(value: u64) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Adds atomically. A [`Shared::get`] that follows sees this addition, and every one before it.
    #[inline(always)]
    pub(crate) fn add(&self, value: i64) {
        add_at(self.0.get(), value.cast_unsigned());
    }

    /// Replaces it.
    #[inline(always)]
    pub(crate) fn set(&self, value: u64) {
        // SAFETY: an aligned live cell; a store of eight bytes is one access.
        unsafe { core::ptr::write_volatile(self.0.get(), value) }
    }

    /// What it is at the moment.
    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        // SAFETY: an aligned live cell; a load of eight bytes is one access.
        unsafe { core::ptr::read_volatile(self.0.get()) }
    }
}

/// Adds atomically, wrapping. `counter` points to a live aligned number.
#[inline(always)]
fn add_at(counter: *mut u64, value: u64) {
    #[cfg(target_arch = "bpf")]
    // SAFETY: the instruction writes to the number, and nothing else.
    unsafe {
        asm!(
            "lock *(u64 *)({counter} + 0) += {value}",
            counter = in(reg) counter,
            value = in(reg) value,
            options(nostack),
        );
    }
    // The host build exists for clippy alone.
    #[cfg(not(target_arch = "bpf"))]
    core::hint::black_box((counter, value));
}

/// 1 for any number but 0, without a branch: the verifier would go on for each outcome.
#[inline(always)]
pub(crate) fn is_nonzero(value: u64) -> u64 {
    #[cfg(target_arch = "bpf")]
    {
        let mut bit = value;
        // SAFETY: the instructions change the register that is named, and nothing else. The highest
        // bit of a number or of its negative is set, but for 0.
        unsafe {
            asm!(
                "{bit} = -{bit}",
                "{bit} |= {value}",
                "{bit} >>= 63",
                bit = inout(reg) bit,
                value = in(reg) value,
                options(nomem, nostack),
            );
        }
        bit
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        u64::from(value != 0)
    }
}

/// `index`, cut to below `LEN`, a power of two.
///
/// The compiler may know that it is below already and would leave the cut out; what it knows that
/// from is out of the verifier's sight.
#[inline(always)]
pub(crate) fn masked<const LEN: usize>(index: usize) -> usize {
    const { assert!(LEN.is_power_of_two()) };
    #[cfg(target_arch = "bpf")]
    {
        let mut index = index;
        // SAFETY: the instruction changes the register that is named, and nothing else.
        unsafe {
            asm!("{0} &= {mask}", inout(reg) index, mask = const LEN - 1, options(nomem, nostack));
        }
        index
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        index & (LEN - 1)
    }
}
