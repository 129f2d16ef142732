//! Words for the system calls by which tasks change what netlink tells of: tables of the kernel's
//! headers, by the machine that the program was made for. Does not know how a call is found.
//!
//! What a table lacks is shown as its number, never left out.

mod generic;
mod i386;
mod ioctls;
mod x86_64;

use std::borrow::Cow;

use crate::record::{Machine, SystemCall};

/// Name of the call: `ioctl`, `unshare`. `exit` for whatever a task that ends still does, whether by
/// itself or by a signal.
pub fn name(call: &SystemCall) -> Cow<'static, str> {
    if call.exiting {
        return Cow::Borrowed("exit");
    }
    let known = u16::try_from(call.number).ok().and_then(|number| find(table(call), number));
    known.map_or_else(|| Cow::Owned(call.number.to_string()), Cow::Borrowed)
}

/// The request of an `ioctl`: `SIOCSIFADDR`, or its number.
pub fn ioctl(call: &SystemCall) -> Option<Cow<'static, str>> {
    is(call, &["ioctl"]).then(|| {
        let known = find(ioctls::NAMES, call.argument);
        known.map_or_else(|| Cow::Owned(format!("{:#x}", call.argument)), Cow::Borrowed)
    })
}

/// The namespaces that `unshare` or `clone` was asked to make: `CLONE_NEWNET`.
pub fn namespaces(call: &SystemCall) -> Vec<&'static str> {
    if !is(call, &["unshare", "clone"]) {
        return Vec::new();
    }
    let asked = CLONE_FLAGS.iter().filter(|(flag, _)| call.argument & flag != 0);
    asked.map(|(_, name)| *name).collect()
}

/// The module that is loaded or unloaded, if it is known.
pub fn module(call: &SystemCall) -> Option<&str> {
    let subject = call.subject.as_deref()?;
    if is(call, &["delete_module"]) {
        return Some(subject);
    }
    if !is(call, &["finit_module"]) {
        return None;
    }
    // Of a file: `bridge/bridge.ko.xz`.
    let file = subject.rsplit('/').next().unwrap_or(subject);
    let stem = file.split_once(".ko").map_or(file, |(stem, _)| stem);
    Some(stem).filter(|stem| !stem.is_empty())
}

/// The file that is written to, with the directory that it is in: `eth0/mtu`.
pub fn file(call: &SystemCall) -> Option<&str> {
    call.subject.as_deref().filter(|_| is(call, &["write"]))
}

/// The call as a person reads it: `ioctl(SIOCSIFADDR)`, `finit_module(bridge)`.
pub fn text(call: &SystemCall) -> String {
    let namespaces = namespaces(call).join("|");
    let argument = ioctl(call)
        .or_else(|| module(call).or_else(|| file(call)).map(|subject| subject.to_owned().into()))
        .or_else(|| (!namespaces.is_empty()).then(|| namespaces.into()));
    let name = name(call);
    argument.map_or_else(|| name.clone().into_owned(), |argument| format!("{name}({argument})"))
}

/// Every name there is, of calls and of the requests of `ioctl`.
pub fn names() -> impl Iterator<Item = &'static str> {
    let tables = [x86_64::NAMES, generic::NAMES, i386::NAMES];
    let ioctls = ioctls::NAMES.iter().map(|(_, name)| *name);
    tables.into_iter().flatten().map(|(_, name)| *name).chain(ioctls)
}

/// `CLONE_NEW*` in `include/uapi/linux/sched.h`.
const CLONE_FLAGS: [(u32, &str); 8] = [
    (0x0000_0080, "CLONE_NEWTIME"),
    (0x0002_0000, "CLONE_NEWNS"),
    (0x0200_0000, "CLONE_NEWCGROUP"),
    (0x0400_0000, "CLONE_NEWUTS"),
    (0x0800_0000, "CLONE_NEWIPC"),
    (0x1000_0000, "CLONE_NEWUSER"),
    (0x2000_0000, "CLONE_NEWPID"),
    (0x4000_0000, "CLONE_NEWNET"),
];

fn is(call: &SystemCall, wanted: &[&str]) -> bool {
    wanted.contains(&&*name(call))
}

fn table(call: &SystemCall) -> &'static [(u16, &'static str)] {
    match call.machine {
        Machine::X86_64 => x86_64::NAMES,
        Machine::I386 => i386::NAMES,
        Machine::Arm64 => generic::NAMES,
        Machine::Arm => &[],
    }
}

fn find<T: Ord + Copy>(table: &[(T, &'static str)], number: T) -> Option<&'static str> {
    let found = table.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    table.get(found).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What a C compiler says of the kernel's header; see `cargo xtask numbers`.
    fn header(header: &str) -> BTreeMap<u32, Vec<&'static str>> {
        let text = include_str!("../../tests/data/numbers.txt");
        let section = format!("[{header}]");
        let lines = text.lines().skip_while(|line| *line != section).skip(1);
        let mut found: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, number) = line.split_once('=').unwrap();
            let name = name.strip_prefix("__NR_").unwrap_or(name);
            // How many there are, and where an architecture puts its own.
            let is_bound = matches!(name, "syscalls" | "arch_specific_syscall");
            if let Ok(number) = number.parse()
                && !is_bound
            {
                found.entry(number).or_default().push(name);
            }
        }
        assert!(found.len() > 10, "{header}");
        found
    }

    fn call(machine: Machine, number: u32) -> SystemCall {
        SystemCall { machine, number, argument: 0, subject: None, exiting: false }
    }

    #[test]
    fn every_call_has_the_name_that_the_headers_give_it() {
        for (machine, table, from) in [
            (Machine::X86_64, x86_64::NAMES, "asm/unistd_64.h"),
            (Machine::I386, i386::NAMES, "asm/unistd_32.h"),
            (Machine::Arm64, generic::NAMES, "asm-generic/unistd.h"),
        ] {
            let header = header(from);
            for number in 0..1024 {
                let name = name(&call(machine, number));
                let known = table.iter().any(|(known, _)| u32::from(*known) == number);
                match header.get(&number) {
                    Some(names) => assert!(names.contains(&&*name), "{number} of {from}: {name}"),
                    None => assert!(!known, "{name} is not in {from}"),
                }
            }
        }
    }

    #[test]
    fn every_ioctl_has_the_number_that_a_header_gives_it() {
        let headers = ["sockios", "wireless", "if_tun", "ppp-ioctl", "loop", "dm-ioctl"];
        let headers: Vec<_> = headers.iter().map(|h| header(&format!("linux/{h}.h"))).collect();
        for (number, name) in ioctls::NAMES {
            let is_in = |header: &BTreeMap<u32, Vec<&str>>| {
                header.get(number).is_some_and(|names| names.contains(name))
            };
            assert!(headers.iter().any(is_in), "{name}");
        }
    }

    #[test]
    fn tables_are_in_order() {
        for table in [x86_64::NAMES, i386::NAMES, generic::NAMES] {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0));
        }
        assert!(ioctls::NAMES.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn a_call_says_what_it_is_about() {
        let with = |number, argument, subject: Option<&str>| SystemCall {
            argument,
            subject: subject.map(Into::into),
            ..call(Machine::X86_64, number)
        };
        for (call, expected) in [
            (with(16, 0x8916, None), "ioctl(SIOCSIFADDR)"),
            (with(16, 0x1234, None), "ioctl(0x1234)"),
            (with(272, 0x6000_0000, None), "unshare(CLONE_NEWPID|CLONE_NEWNET)"),
            (with(313, 0, Some("bridge/bridge.ko.xz")), "finit_module(bridge)"),
            (with(313, 0, None), "finit_module"),
            (with(176, 0, Some("dummy")), "delete_module(dummy)"),
            (with(1, 0, Some("d0/mtu")), "write(d0/mtu)"),
            (with(3, 0, None), "close"),
            (with(9999, 0, None), "9999"),
            (SystemCall { exiting: true, ..with(0, 0, None) }, "exit"),
            (
                SystemCall { machine: Machine::I386, ..with(54, 0x8914, None) },
                "ioctl(SIOCSIFFLAGS)",
            ),
        ] {
            assert_eq!(text(&call), expected);
        }
    }
}
