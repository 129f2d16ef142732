//! A number that several processors add to.
//!
//! Of the atomic operations, kernels before 5.12 take only the addition that does not return what
//! was there, and the compiler offers none of them for this target; so it is written out.

use core::cell::UnsafeCell;

/// A number in a map, shared by all processors.
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
            core::arch::asm!(
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
