//! nlmon's kernel side: programs that count every netlink datagram exactly and sample it into a
//! ring buffer. `probes` holds the hooks, which all end in one body; `skb`, `task` and `socket` are
//! the only readers of kernel structures; `maps` lists what is shared with the daemon.
//!
//! A function is `#[inline(always)]` if it has one caller in each program, or is a few instructions
//! long: a call costs more than it saves. Any other function that is inlined says why. Usually the
//! verifier needs to see a bound or a pointer's type, and both end at a call.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

mod call;
mod count;
mod emit;
mod frame;
mod machine;
mod maps;
mod messages;
mod meter;
mod overruns;
mod owners;
mod probes;
mod sampler;
mod shares;
mod silent;
mod skb;
mod socket;
mod system_call;
mod tally;
mod task;

/// The verifier proves that no program can panic; this only satisfies the compiler.
#[cfg(not(test))]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The kernel's own licence: GPL-only helpers read its memory.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 4] = *b"GPL\0";
