//! What made the kernel send a notification. A request's handler runs in the task that sent the
//! request. So a broadcast inside the handler is due to that request. A request that only reads is
//! an exception: it happened to flush a pending notification. Where there is no request, the task's
//! system call is the cause.

use crate::{
    decode::{flags::Verb, names::protocol},
    message::flag,
    record::{Cause, Observation, Parent, Path},
};

/// The first type that rtnetlink has: from here on types come in fours, in this order: NEW, DEL,
/// GET, SET (`rtnl_msgtype_kind` in `include/net/rtnetlink.h`).
const RTM_BASE: u16 = 16;

/// The controller of generic netlink, which only tells: `GENL_ID_CTRL`.
const NLCTRL: u16 = 16;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    Change,
    Read,
    /// Its type does not tell.
    Unclear,
}

/// Why the kernel sent this, or changed something without a word; `None` if it is neither. The
/// multicast of a process needs no cause: it is one. `name` is the name of the parent, if there is
/// one.
pub fn cause(observation: &Observation, name: &str) -> Option<Cause> {
    if !matches!(observation.path, Path::Multicast | Path::Silent) || observation.src_portid != 0 {
        return None;
    }
    let task = &observation.task;
    if task.interrupt || task.kernel_thread {
        return Some(Cause::Kernel);
    }
    Some(match observation.parent.map(|parent| intent(parent, name)) {
        Some(Intent::Change) => Cause::Request,
        Some(Intent::Read) => Cause::Flushed,
        None if task.system_call.is_some() => Cause::SystemCall,
        Some(Intent::Unclear) | None => Cause::Unknown,
    })
}

fn intent(request: Parent, name: &str) -> Intent {
    let Parent { protocol, message_type, flags, .. } = request;
    match protocol {
        protocol::ROUTE if message_type < RTM_BASE => Intent::Unclear,
        protocol::ROUTE if (message_type - RTM_BASE) % 4 == 2 => Intent::Read,
        protocol::ROUTE => Intent::Change,
        protocol::GENERIC if message_type == NLCTRL => Intent::Read,
        // Whatever the command: a dump never changes anything.
        protocol::GENERIC if flags & flag::DUMP == flag::DUMP => Intent::Read,
        _ => by_name(name),
    }
}

/// By the words that the kernel's names are made of. A number tells nothing.
fn by_name(name: &str) -> Intent {
    match (Verb::of(name), name) {
        // The first of these begins a transaction of nftables.
        (Verb::New | Verb::Delete, _) | (_, "NFNL_MSG_BATCH_BEGIN" | "SOCK_DESTROY") => {
            Intent::Change
        }
        (_, "SOCK_DIAG_BY_FAMILY") => Intent::Read,
        (Verb::Get, _) if name.contains("_GET") => Intent::Read,
        (Verb::Get, _) if name.starts_with("XFRM_MSG_") || name.starts_with("NLTEST_MSG_") => {
            Intent::Change
        }
        (Verb::Get | Verb::Answer, _) => Intent::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decode::names::message_type_name,
        record::{Contents, Task},
    };

    fn notification(parent: Option<(u8, u16, u16)>, task: Task) -> Observation {
        let parent = parent.map(|(protocol, message_type, flags)| Parent {
            start_ns: 1,
            protocol,
            message_type,
            flags,
            command: None,
        });
        Observation {
            start_ns: 2,
            duration_ns: 1,
            protocol: protocol::ROUTE,
            path: Path::Multicast,
            netns: 1,
            task,
            portid: 0,
            src_portid: 0,
            group: 1,
            len: 16,
            result: Some(0),
            parent,
            redacted: false,
            contents: Contents::default(),
            data: vec![0; 16],
        }
    }

    fn of(observation: &Observation) -> Option<Cause> {
        let name = |parent: Parent| message_type_name(parent.protocol, parent.message_type);
        cause(observation, &observation.parent.map(name).unwrap_or_default())
    }

    fn inside(protocol: u8, message_type: u16, flags: u16) -> Option<Cause> {
        of(&notification(Some((protocol, message_type, flags)), Task::default()))
    }

    #[test]
    fn a_request_that_changes_is_the_cause_and_one_that_reads_is_not() {
        for (message_type, expected) in [
            (16, Cause::Request),
            (17, Cause::Request),
            (18, Cause::Flushed),
            (19, Cause::Request),
            (25, Cause::Request),
            (26, Cause::Flushed),
            // RTM_GETSTATS, RTM_NEWNEXTHOPBUCKET, and one that has no name yet.
            (94, Cause::Flushed),
            (116, Cause::Request),
            (202, Cause::Flushed),
            (2, Cause::Unknown),
        ] {
            assert_eq!(inside(protocol::ROUTE, message_type, 0x301), Some(expected));
        }
    }

    #[test]
    fn other_protocols_go_by_the_names_of_their_types() {
        let netfilter = |message_type| inside(protocol::NETFILTER, message_type, 5);
        assert_eq!(netfilter(16), Some(Cause::Request));
        assert_eq!(netfilter(0x0102), Some(Cause::Request));
        assert_eq!(netfilter(0x0101), Some(Cause::Flushed));
        assert_eq!(inside(protocol::XFRM, 0x16, 5), Some(Cause::Request));
        assert_eq!(inside(protocol::XFRM, 0x12, 5), Some(Cause::Flushed));
        assert_eq!(inside(protocol::TEST, 0x11, 5), Some(Cause::Request));
    }

    #[test]
    fn what_a_type_does_not_tell_is_unknown() {
        assert_eq!(inside(protocol::GENERIC, 16, 5), Some(Cause::Flushed));
        assert_eq!(inside(protocol::GENERIC, 28, 0x301), Some(Cause::Flushed));
        assert_eq!(inside(protocol::GENERIC, 28, 5), Some(Cause::Unknown));
        assert_eq!(inside(protocol::TEST, 4711, 5), Some(Cause::Unknown));
        assert_eq!(inside(31, 16, 5), Some(Cause::Unknown));
        assert_eq!(of(&notification(None, Task::default())), Some(Cause::Unknown));
    }

    #[test]
    fn a_generic_request_goes_by_the_name_of_its_command() {
        let by = |name| {
            let inside = notification(Some((protocol::GENERIC, 28, 5)), Task::default());
            cause(&inside, name)
        };
        assert_eq!(by("ETHTOOL_MSG_LINKMODES_SET"), Some(Cause::Request));
        assert_eq!(by("DEVLINK_CMD_GET"), Some(Cause::Flushed));
        assert_eq!(by("ETHTOOL_MSG_CABLE_TEST_ACT"), Some(Cause::Unknown));
    }

    #[test]
    fn a_bystander_is_never_the_cause() {
        let parent = Some((protocol::ROUTE, 16, 5));
        for task in [
            Task { kernel_thread: true, ..Task::default() },
            Task { interrupt: true, ..Task::default() },
        ] {
            assert_eq!(of(&notification(parent, task)), Some(Cause::Kernel));
        }
    }

    #[test]
    fn a_system_call_is_the_cause_where_no_request_and_no_interrupt_is() {
        use crate::record::{Machine, SystemCall};

        let ioctl = SystemCall {
            machine: Machine::X86_64,
            number: 16,
            argument: 0x8914,
            subject: None,
            exiting: false,
        };
        let task = Task { system_call: Some(ioctl), ..Task::default() };
        assert_eq!(of(&notification(None, task.clone())), Some(Cause::SystemCall));
        let inside = notification(Some((protocol::ROUTE, 16, 5)), task.clone());
        assert_eq!(of(&inside), Some(Cause::Request));
        let bystander = Task { interrupt: true, ..task.clone() };
        assert_eq!(of(&notification(None, bystander)), Some(Cause::Kernel));
        let silent = Observation { path: Path::Silent, ..notification(None, task) };
        assert_eq!(of(&silent), Some(Cause::SystemCall));
    }

    #[test]
    fn only_a_notification_of_the_kernel_has_a_cause() {
        let own = Observation { src_portid: 5, ..notification(None, Task::default()) };
        assert_eq!(of(&own), None);
        let reply = Observation { path: Path::Reply, ..notification(None, Task::default()) };
        assert_eq!(of(&reply), None);
    }
}
