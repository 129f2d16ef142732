//! Whether a value is as long as the kernel writes it and lets it in. What is not was made by somebody
//! who takes it for something else, and means nothing that a table could say.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::leaf::{is_number, may_have_len};
use super::tables::kind::{Fields, Kind};
use super::value::{AF_INET, AF_INET6};

/// A list for which `nla_len`, of 16 bits, may be too short: that of a link's virtual functions
/// (`rtnl_fill_vf` in `net/core/rtnetlink.c`). The kernel checks none of its nests. Behind such a
/// list is not the next attribute, but the rest of it.
pub(super) const OVERFLOWING: &str = "IFLA_VFINFO_LIST";

/// The number of its entries, `IFLA_VF_INFO`. Of a link it is that of the address, which comes long
/// before.
pub(super) const OVERFLOWING_ENTRY: u16 = 1;

/// Bytes of a number by the attribute's name, of those that the kernel's source tells the length of.
static WIDTHS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let lines = include_str!("tables/widths.txt").lines();
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs.filter_map(|(name, width)| Some((name, width.parse().ok()?))).collect()
});

/// `1 byte`, `2 bytes`.
pub(super) fn bytes(count: usize) -> String {
    format!("{count} byte{}", if count == 1 { "" } else { "s" })
}

/// What is wrong with the length of an attribute's value: `IFLA_MTU has 8 bytes, not 4`. An empty
/// value is none, which the kernel itself decides on.
pub(super) fn fault(name: &str, kind: &Kind, len: usize, family: u16) -> Option<String> {
    if len == 0 {
        return None;
    }
    let expected = match kind {
        Kind::Elsewhere(kind) => return fault(name, kind, len, family),
        Kind::Struct(fields) => {
            let member = cut_member(fields, len)?;
            return Some(format!("{name} has {}, which end within {member}", bytes(len)));
        }
        kind if is_number(kind) => WIDTHS.get(name).copied(),
        // Link layers, and families of other addresses, have lengths of their own.
        Kind::Mac => return None,
        Kind::Ip if !matches!(family, AF_INET | AF_INET6) => return None,
        _ => None,
    };
    match expected {
        Some(expected) if expected != len => {
            Some(format!("{name} has {}, not {expected}", bytes(len)))
        }
        None if !may_have_len(kind, len) => Some(format!("{name} has {}", bytes(len))),
        _ => None,
    }
}

/// The member that the end of so many bytes is within. A structure grows from kernel to kernel by
/// whole members.
fn cut_member(fields: &Fields, len: usize) -> Option<&'static str> {
    let mut at = 0;
    for (name, width, _) in fields.iter() {
        if at < len && len < at + width {
            return Some(name);
        }
        at += width;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::tables::kind::structure;

    static FIELDS: Fields = structure("s").of(&[("a", 4, Kind::Num), ("b", 8, Kind::Num)]);

    #[test]
    fn a_number_has_the_length_that_the_kernel_gives_it() {
        // include/uapi/linux/if_link.h; net/core/rtnetlink.c, ifla_policy: NLA_U32.
        let mtu = |len| fault("IFLA_MTU", &Kind::Num, len, 0);
        assert_eq!(mtu(4), None);
        assert_eq!(mtu(0), None);
        assert_eq!(mtu(8).as_deref(), Some("IFLA_MTU has 8 bytes, not 4"));
        assert_eq!(mtu(3).as_deref(), Some("IFLA_MTU has 3 bytes, not 4"));
        // What the source does not tell the length of may have that of any number.
        assert_eq!(fault("UNHEARD_OF", &Kind::Num, 8, 0), None);
        assert_eq!(
            fault("UNHEARD_OF", &Kind::Num, 3, 0).as_deref(),
            Some("UNHEARD_OF has 3 bytes")
        );
    }

    #[test]
    fn a_structure_ends_with_a_member() {
        let of = |len| fault("S", &Kind::Struct(&FIELDS), len, 0);
        assert_eq!(of(4), None);
        assert_eq!(of(12), None);
        assert_eq!(of(16), None);
        assert_eq!(of(10).as_deref(), Some("S has 10 bytes, which end within b"));
        assert_eq!(of(3).as_deref(), Some("S has 3 bytes, which end within a"));
    }

    #[test]
    fn an_address_is_of_its_family() {
        assert_eq!(fault("A", &Kind::Ip, 5, AF_INET).as_deref(), Some("A has 5 bytes"));
        // net/phonet/pn_netlink.c: an address of one byte.
        assert_eq!(fault("A", &Kind::Ip, 1, 35), None);
    }
}
