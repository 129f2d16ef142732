//! The tables' structures and numbers against the running kernel's own types: each structure that a
//! table lays out has the members, places, sizes and byte order that the kernel was compiled with.
//!
//! What a kernel's types do not have is named and not compared: it is newer than the kernel, or only
//! a module has it that is not loaded, or is in no type at all.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
};

use btf_rs::{Btf, Type};
use nlmon_core::decode::inventory::{Form, Inventory, Meaning, Member, Structure};

use crate::support::{kernel, say};

/// Modules whose types are of netlink: they are loaded first, as far as the kernel has them.
const MODULES: &[&str] = &[
    "act_bpf",
    "act_connmark",
    "act_csum",
    "act_ct",
    "act_ctinfo",
    "act_gact",
    "act_gate",
    "act_ife",
    "act_mirred",
    "act_mpls",
    "act_nat",
    "act_pedit",
    "act_police",
    "act_sample",
    "act_simple",
    "act_skbedit",
    "act_skbmod",
    "act_tunnel_key",
    "act_vlan",
    "bridge",
    "can_gw",
    "cls_basic",
    "cls_bpf",
    "cls_flow",
    "cls_flower",
    "cls_fw",
    "cls_matchall",
    "cls_route",
    "cls_u32",
    "em_cmp",
    "em_meta",
    "em_nbyte",
    "ip_set",
    "ip_vs",
    "l2tp_netlink",
    "macsec",
    "mptcp_diag",
    "nf_conntrack_netlink",
    "nf_tables",
    "nfnetlink_log",
    "nfnetlink_queue",
    "openvswitch",
    "psample",
    "raw_diag",
    "sch_cake",
    "sch_cbs",
    "sch_choke",
    "sch_codel",
    "sch_drr",
    "sch_etf",
    "sch_ets",
    "sch_fq",
    "sch_fq_codel",
    "sch_fq_pie",
    "sch_gred",
    "sch_hfsc",
    "sch_hhf",
    "sch_htb",
    "sch_mqprio",
    "sch_multiq",
    "sch_netem",
    "sch_pie",
    "sch_plug",
    "sch_prio",
    "sch_qfq",
    "sch_red",
    "sch_sfb",
    "sch_sfq",
    "sch_skbprio",
    "sch_taprio",
    "sch_tbf",
    "sctp_diag",
    "smc_diag",
    "tcp_diag",
    "tipc",
    "udp_diag",
    "unix_diag",
    "vsock_diag",
    "vxlan",
    "wireguard",
    "xfrm_user",
    "8021q",
    "geneve",
    "crypto_user",
    "ib_core",
    "af_packet_diag",
    "netlink_diag",
    "nfnetlink_acct",
    "nfnetlink_cttimeout",
    "nfnetlink_cthelper",
    "nfnetlink_osf",
    "nft_compat",
    "seg6",
    "cfg80211",
    "batman_adv",
];

/// Differences that stay, by their beginning, each with its reason.
const KNOWN: &[(&str, &str)] = &[
    ("ipv6_sr_hdr.tag:", "RFC 8754 has it in network byte order, whatever the kernel's type says"),
    ("iw_event.u:", "the wireless extensions send it packed, and all of it is withheld"),
    ("proc_event:", "what is behind depends on the event, and has structures of its own"),
    ("nexthop_grp.weight_high: the kernel has no", "since 6.12, where a gap was"),
    ("mptcp_info.mptcpi_endp_laminar_max: the kernel has no", "since 6.18, where a gap was"),
    ("mptcp_info.mptcpi_endp_fullmesh_max: the kernel has no", "since 7.3, where a gap was"),
    ("tcp_info.tcpi_ecn: the kernel has no", "since 7.3, where a gap was"),
];

/// Types that stand for another one end somewhere.
const DEPTH: usize = 16;

/// A member as the kernel has it.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the type, and none excludes another"
)]
struct Found {
    name: String,
    offset: usize,
    size: usize,
    /// `__be16`, `u32`; of an array, that of an item.
    kind: String,
    signed: bool,
    bits: bool,
    array: bool,
    /// It has members of its own.
    inner: bool,
}

/// The types of the kernel and of its modules.
struct Types {
    all: Vec<Btf>,
    numbers: HashMap<String, BTreeSet<u64>>,
}

#[test]
fn structures_and_numbers_are_those_of_the_running_kernel() {
    let types = Types::load();
    let inventory = Inventory::of_tables();
    let (mut differences, mut absent) = (BTreeSet::new(), BTreeSet::new());
    let (mut structures, mut members) = (0, 0);
    let mut inside = BTreeSet::new();
    for structure in inventory.structures.iter().filter(|s| !s.name.is_empty()) {
        match types.structure(structure.name) {
            Some((size, found)) => {
                structures += 1;
                members += found.len();
                compare(structure, size, &found, &mut differences, &mut inside);
            }
            None => drop(absent.insert(structure.name)),
        }
    }
    let numbers = types.compare_numbers(&inventory, &mut differences);
    differences.retain(|what| !KNOWN.iter().any(|(known, _)| what.starts_with(known)));
    println!("not in this kernel's types: {}", Vec::from_iter(absent).join(" "));
    println!("newer, or inside of another member: {}", Vec::from_iter(inside.clone()).join(" "));
    let inside = inside.len();
    say(&format!(
        "{structures} structures, {members} members, {numbers} numbers compared; {inside} members not"
    ));
    assert!(differences.is_empty(), "{}", Vec::from_iter(differences).join("\n"));
    let (least_structures, least_numbers) = least();
    assert!(structures >= least_structures && numbers >= least_numbers);
}

/// What a kernel's types have at least; modules of 5.10 have none.
fn least() -> (usize, usize) {
    if kernel() < (5, 11) { (60, 1000) } else { (240, 3600) }
}

impl Types {
    fn load() -> Self {
        for module in MODULES {
            drop(std::process::Command::new("modprobe").args(["-q", module]).status());
        }
        let base = Btf::from_file("/sys/kernel/btf/vmlinux").unwrap();
        let mut all = Vec::new();
        for entry in fs::read_dir("/sys/kernel/btf").unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("vmlinux") {
                // A module of other sources than the kernel's has types of its own.
                all.extend(Btf::from_split_file(&path, &base));
            }
        }
        let mut numbers: HashMap<String, BTreeSet<u64>> = HashMap::new();
        collect(&base, base.base(), &mut numbers);
        for module in &all {
            if let Some(split) = module.split() {
                collect(module, split, &mut numbers);
            }
        }
        all.insert(0, base);
        Self { all, numbers }
    }

    /// The size of a structure, and its members.
    fn structure(&self, name: &str) -> Option<(usize, Vec<Found>)> {
        self.all.iter().find_map(|btf| {
            let types = btf.resolve_types_by_name(name).ok()?;
            types.iter().find_map(|found| match found {
                Type::Struct(found) | Type::Union(found) if !found.members.is_empty() => {
                    let mut members = Vec::new();
                    flatten(btf, found, 0, &mut members);
                    Some((found.size(), members))
                }
                _ => None,
            })
        })
    }

    /// Compares the number of each attribute that is an enumerator of the kernel's.
    fn compare_numbers(&self, inventory: &Inventory, differences: &mut BTreeSet<String>) -> usize {
        let mut compared = BTreeMap::new();
        for attribute in inventory.sets.iter().flat_map(|set| &set.attributes) {
            let Some(numbers) = self.numbers.get(attribute.name) else { continue };
            compared.insert(attribute.name, attribute.number);
            if !numbers.contains(&u64::from(attribute.number)) {
                let what =
                    format!("{} is {} and not {numbers:?}", attribute.name, attribute.number);
                differences.insert(what);
            }
        }
        compared.len()
    }
}

/// All enumerators with their numbers.
fn collect(btf: &Btf, section: &btf_rs::BtfSection, numbers: &mut HashMap<String, BTreeSet<u64>>) {
    let (first, last) = section.type_id_range();
    for id in first..=last {
        if let Ok(Type::Enum(found)) = section.resolve_type_by_id(id) {
            for member in &found.members {
                let name = btf.resolve_name(member).unwrap();
                numbers.entry(name).or_default().insert(member.val().into());
            }
        }
    }
}

/// The members, with those of nameless structures inside.
fn flatten(btf: &Btf, of: &btf_rs::Struct, base: usize, members: &mut Vec<Found>) {
    for member in &of.members {
        let name = btf.resolve_name(member).unwrap_or_default();
        let offset = base + member.bit_offset() as usize / 8;
        let inner = btf.resolve_chained_type(member).unwrap();
        if let (true, Type::Struct(inner) | Type::Union(inner)) = (name.is_empty(), &inner) {
            flatten(btf, inner, offset, members);
            continue;
        }
        let bits = member.bitfield_size().is_some_and(|bits| bits > 0);
        let described = describe(btf, inner);
        members.push(Found { name, offset, bits, ..described });
    }
}

/// What a type is: its size, the first name on the way to what it stands for, its sign.
fn describe(btf: &Btf, mut of: Type) -> Found {
    let mut found = Found {
        name: String::new(),
        offset: 0,
        size: 0,
        kind: String::new(),
        signed: false,
        bits: false,
        array: false,
        inner: false,
    };
    let mut count = 1;
    for _ in 0..DEPTH {
        if let (true, Some(named)) = (found.kind.is_empty(), of.as_btf_type()) {
            found.kind = btf.resolve_name(named).unwrap_or_default();
        }
        let size = match &of {
            Type::Int(number) => {
                found.signed = number.is_signed();
                number.size()
            }
            Type::Enum(number) => number.size(),
            Type::Enum64(number) => number.size(),
            Type::Struct(inner) | Type::Union(inner) => {
                found.inner = true;
                inner.size()
            }
            Type::Ptr(_) => size_of::<u64>(),
            Type::Array(array) => {
                found.array = true;
                count *= array.len();
                0
            }
            _ => 0,
        };
        if size > 0 {
            found.size = size * count;
            break;
        }
        let Some(next) = of.as_btf_type().and_then(|t| btf.resolve_chained_type(t).ok()) else {
            break;
        };
        of = next;
    }
    found
}

fn compare(
    table: &Structure,
    size: usize,
    kernel: &[Found],
    differences: &mut BTreeSet<String>,
    inside: &mut BTreeSet<String>,
) {
    let end = table.members.last().map_or(0, |last| last.offset + last.size.unwrap_or(0));
    for member in table.members.iter().filter(|member| member.form != Form::Padding) {
        let about = format!("{}.{}", table.name, member.name);
        match find(member, kernel) {
            Some(found) => {
                differences.extend(differs(member, found).map(|what| format!("{about}: {what}")));
            }
            None if is_newer_or_inside(member, kernel) => drop(inside.insert(about)),
            None => drop(differences.insert(format!("{about}: the kernel has no such member"))),
        }
    }
    if end < size && table.members.last().is_some_and(|last| last.size.is_some()) {
        differences.insert(format!("{}: {end} bytes and not {size}", table.name));
    }
}

/// The member of that name, or one at the same place whose name ends so.
fn find<'a>(member: &Member, kernel: &'a [Found]) -> Option<&'a Found> {
    let end = format!("_{}", member.name);
    let named = kernel.iter().find(|found| found.name == member.name);
    named.or_else(|| kernel.iter().find(|f| f.offset == member.offset && f.name.ends_with(&end)))
}

/// Whether an older kernel has nothing there, or bits or a structure of which it is a part: those are
/// compared by `cargo xtask audit`.
fn is_newer_or_inside(member: &Member, kernel: &[Found]) -> bool {
    let mut there = kernel
        .iter()
        .filter(|f| f.offset <= member.offset && member.offset < f.offset + f.size.max(1));
    there.all(|found| found.inner || found.bits)
}

fn differs(member: &Member, kernel: &Found) -> Option<String> {
    if member.offset != kernel.offset {
        return Some(format!("at {} and not at {}", member.offset, kernel.offset));
    }
    let size = member
        .size
        .filter(|size| *size != kernel.size && !kernel.bits && !kernel.inner && kernel.size > 0);
    if let Some(size) = size {
        return Some(format!("{size} bytes and not {}", kernel.size));
    }
    let Form::Number { signed, big_endian, meaning } = member.form else { return None };
    let network = ["__be16", "__be32", "__be64", "__sum16"].contains(&kernel.kind.as_str());
    if !kernel.array && kernel.size > 1 && network != big_endian {
        return Some(format!("network byte order is {big_endian} and not {}", kernel.kind));
    }
    // BTF of 5.10 gives a character no sign.
    let kernel_signed = kernel.signed || kernel.kind == "signed char";
    let plain = matches!(meaning, Meaning::Plain | Meaning::Limit);
    (plain && !kernel.array && !network && signed != kernel_signed)
        .then(|| format!("sign is {signed} and not as of {}", kernel.kind))
}
