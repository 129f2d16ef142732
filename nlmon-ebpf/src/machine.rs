//! Instructions that the language has no words for on this target.

#[cfg(target_arch = "bpf")]
use core::arch::asm;

use core::cell::UnsafeCell;

/// A number in a map that several processors add to.
///
/// Of the atomic operations, kernels before 5.12 take only the addition that does not return what
/// was there, and the compiler offers none of them for BPF.
#[repr(transparent)]
pub(crate) struct Shared(UnsafeCell<u64>);

// SAFETY: every access is one instruction, and those that write are atomic.
unsafe impl Sync for Shared {}

impl Shared {
    /// Adds atomically. A [`Shared::get`] that follows sees this addition, and every one before it.
    #[inline(always)] // one instruction
    pub(crate) fn add(&self, value: i64) {
        #[cfg(target_arch = "bpf")]
        // SAFETY: the instruction writes to the live cell behind the reference, and nothing else.
        unsafe {
            asm!(
                "lock *(u64 *)({cell} + 0) += {value}",
                cell = in(reg) self.0.get(),
                value = in(reg) value,
                options(nostack),
            );
        }
        // The host build exists for clippy alone.
        #[cfg(not(target_arch = "bpf"))]
        core::hint::black_box((self, value));
    }

    /// What it is at the moment.
    #[inline(always)] // one load
    pub(crate) fn get(&self) -> u64 {
        // SAFETY: an aligned live cell; a load of eight bytes is one access.
        unsafe { core::ptr::read_volatile(self.0.get()) }
    }
}

/// `index`, cut to below `LEN`, a power of two.
///
/// The compiler may know that it is below already and would leave the cut out; what it knows that
/// from is out of the verifier's sight.
#[inline(always)] // one instruction
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
