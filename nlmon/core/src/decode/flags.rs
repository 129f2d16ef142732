//! Names of `nlmsg_flags`. The upper byte means something else for each kind of request
//! (`include/uapi/linux/netlink.h`), so the type's name decides.

use std::borrow::Cow;

/// What a message type asks for, as far as its flags depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads, or dumps.
    Get,
    /// Makes or changes.
    New,
    /// Removes.
    Delete,
    /// Answers a request.
    Answer,
}

impl Verb {
    /// The verb in a type's name: `RTM_NEWLINK`, `IPCTNL_MSG_CT_DELETE`. A name without one counts
    /// as a read, because dumps are what such types (`SOCK_DIAG_BY_FAMILY`, every generic netlink
    /// family) have in common.
    pub fn of(type_name: &str) -> Self {
        const NEW: [&str; 7] = ["NEW", "SET", "UPD", "CREATE", "ADD", "RENAME", "REPLACE"];
        const DELETE: [&str; 4] = ["DEL", "DESTROY", "REM", "FLUSH"];
        if matches!(type_name, "NLMSG_ERROR" | "NLMSG_DONE") {
            return Self::Answer;
        }
        let (mut deletes, mut makes) = (false, false);
        for word in type_name.split('_').skip(1) {
            let begins_with = |verbs: &[&str]| verbs.iter().any(|verb| word.starts_with(verb));
            if word.starts_with("GET") {
                return Self::Get;
            }
            deletes |= begins_with(&DELETE);
            makes |= begins_with(&NEW);
        }
        match (deletes, makes) {
            (true, _) if type_name != "SOCK_DESTROY" => Self::Delete,
            (_, true) => Self::New,
            _ => Self::Get,
        }
    }
}

const COMMON: [(u16, &str); 6] = [
    (0x01, "REQUEST"),
    (0x02, "MULTI"),
    (0x04, "ACK"),
    (0x08, "ECHO"),
    (0x10, "DUMP_INTR"),
    (0x20, "DUMP_FILTERED"),
];
const GET: [(u16, &str); 4] =
    [(0x300, "DUMP"), (0x100, "ROOT"), (0x200, "MATCH"), (0x400, "ATOMIC")];
const NEW: [(u16, &str); 4] =
    [(0x100, "REPLACE"), (0x200, "EXCL"), (0x400, "CREATE"), (0x800, "APPEND")];
const DELETE: [(u16, &str); 2] = [(0x100, "NONREC"), (0x200, "BULK")];
const ANSWER: [(u16, &str); 2] = [(0x100, "CAPPED"), (0x200, "ACK_TLVS")];

/// The names of the flags that are set, unknown bits as one number at the end.
pub fn names(type_name: &str, flags: u16) -> Vec<Cow<'static, str>> {
    let particular: &[(u16, &'static str)] = match Verb::of(type_name) {
        Verb::Get => &GET,
        Verb::New => &NEW,
        Verb::Delete => &DELETE,
        Verb::Answer => &ANSWER,
    };
    let mut rest = flags;
    let mut names = Vec::new();
    for &(bits, name) in COMMON.iter().chain(particular) {
        if rest & bits == bits {
            rest &= !bits;
            names.push(Cow::Borrowed(name));
        }
    }
    if rest != 0 {
        names.push(Cow::Owned(format!("{rest:#x}")));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bits_have_other_names_in_other_requests() {
        assert_eq!(names("RTM_GETLINK", 0x301), ["REQUEST", "DUMP"]);
        assert_eq!(names("RTM_GETLINK", 0x101), ["REQUEST", "ROOT"]);
        assert_eq!(names("RTM_NEWLINK", 0x605), ["REQUEST", "ACK", "EXCL", "CREATE"]);
        assert_eq!(names("RTM_DELROUTE", 0x201), ["REQUEST", "BULK"]);
        assert_eq!(names("NLMSG_ERROR", 0x300), ["CAPPED", "ACK_TLVS"]);
        assert_eq!(names("nlctrl", 0x9001), ["REQUEST", "0x9000"]);
    }

    #[test]
    fn verbs_are_found_in_names_of_every_subsystem() {
        assert_eq!(Verb::of("IPCTNL_MSG_CT_DELETE"), Verb::Delete);
        assert_eq!(Verb::of("NFT_MSG_DESTROYRULE"), Verb::Delete);
        assert_eq!(Verb::of("XFRM_MSG_UPDSA"), Verb::New);
        assert_eq!(Verb::of("NFT_MSG_GETOBJ_RESET"), Verb::Get);
        assert_eq!(Verb::of("NLTEST_MSG_ECHO"), Verb::Get);
        assert_eq!(Verb::of("SOCK_DESTROY"), Verb::Get);
    }
}
