//! `cargo xtask numbers`: writes down which number the kernel's own headers give each name that
//! nlmon shows, for the test that compares nlmon's tables with them.
//!
//! Owns which headers are asked, and for which names. Invariant: the C compiler says every number;
//! nothing is taken from nlmon's tables.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::apt::Suite;
use crate::arch::Arch;
use crate::audit::{internal, source};
use crate::{kernel, layout, process, progress};

/// Whose headers are asked: the newest test kernel's.
const KERNEL: &str = "7.3";
/// Which suite has the headers of the audit daemon, whose programs send most audit messages.
const AUDIT_SUITE: &str = "trixie";

/// Each header, and how the names in it begin that have a number on the wire.
const HEADERS: &[(&str, &[&str])] = &[
    ("linux/netlink.h", &["NETLINK_", "NLMSG_"]),
    ("asm-generic/errno-base.h", &["E"]),
    ("asm-generic/errno.h", &["E"]),
    ("linux/rtnetlink.h", &["RTM_", "RTNLGRP_"]),
    ("linux/sock_diag.h", &["SOCK_D", "SKNLGRP_"]),
    ("linux/inet_diag.h", &["TCPDIAG_", "DCCPDIAG_"]),
    ("linux/xfrm.h", &["XFRM_MSG_", "XFRMNLGRP_"]),
    ("linux/selinux_netlink.h", &["SELNL_MSG_", "SELNLGRP_"]),
    ("scsi/iscsi_if.h", &["ISCSI_UEVENT_", "ISCSI_KEVENT_", "ISCSI_NL_GRP_"]),
    ("linux/audit.h", &["AUDIT_"]),
    ("linux/connector.h", &["CN_"]),
    ("linux/netfilter/nfnetlink.h", &["NFNL_", "NFNLGRP_"]),
    ("linux/netfilter/nfnetlink_conntrack.h", &["IPCTNL_MSG_"]),
    ("linux/netfilter/nfnetlink_queue.h", &["NFQNL_MSG_"]),
    ("linux/netfilter/nfnetlink_log.h", &["NFULNL_MSG_"]),
    ("linux/netfilter/nfnetlink_osf.h", &["OSF_MSG_"]),
    ("linux/netfilter/ipset/ip_set.h", &["IPSET_CMD_"]),
    ("linux/netfilter/nfnetlink_acct.h", &["NFNL_MSG_"]),
    ("linux/netfilter/nfnetlink_cttimeout.h", &["IPCTNL_MSG_"]),
    ("linux/netfilter/nfnetlink_cthelper.h", &["NFNL_MSG_"]),
    ("linux/netfilter/nf_tables.h", &["NFT_MSG_"]),
    ("linux/netfilter/nf_tables_compat.h", &["NFNL_MSG_"]),
    ("linux/netfilter/nfnetlink_hook.h", &["NFNL_MSG_"]),
    ("scsi/scsi_netlink.h", &["SCSI_TRANSPORT_", "SCSI_NL_GRP_"]),
    ("rdma/rdma_netlink.h", &["RDMA_NL_", "RDMA_NLDEV_CMD_"]),
    ("linux/cryptouser.h", &["CRYPTO_MSG_"]),
    ("linux/genetlink.h", &["GENL_ID_", "CTRL_CMD_"]),
    ("linux/batman_adv.h", &["BATADV_CMD_"]),
    ("linux/devlink.h", &["DEVLINK_CMD_"]),
    ("linux/dpll.h", &["DPLL_CMD_"]),
    ("linux/ethtool_netlink_generated.h", &["ETHTOOL_MSG_"]),
    ("linux/fou.h", &["FOU_CMD_"]),
    ("linux/gtp.h", &["GTP_CMD_"]),
    ("linux/handshake.h", &["HANDSHAKE_CMD_"]),
    ("linux/hsr_netlink.h", &["HSR_C_"]),
    ("linux/ila.h", &["ILA_CMD_"]),
    ("linux/ioam6_genl.h", &["IOAM6_CMD_", "IOAM6_EVENT_TRACE"]),
    ("linux/ip_vs.h", &["IPVS_CMD_"]),
    ("linux/l2tp.h", &["L2TP_CMD_"]),
    ("linux/if_macsec.h", &["MACSEC_CMD_"]),
    ("linux/mptcp_pm.h", &["MPTCP_PM_CMD_", "MPTCP_EVENT_"]),
    ("linux/nbd-netlink.h", &["NBD_CMD_"]),
    ("linux/netdev.h", &["NETDEV_CMD_"]),
    ("linux/nfsd_netlink.h", &["NFSD_CMD_"]),
    ("linux/nl80211.h", &["NL80211_CMD_"]),
    ("linux/ovpn.h", &["OVPN_CMD_"]),
    (
        "linux/openvswitch.h",
        &[
            "OVS_DP_CMD_",
            "OVS_FLOW_CMD_",
            "OVS_VPORT_CMD_",
            "OVS_PACKET_CMD_",
            "OVS_METER_CMD_",
            "OVS_CT_LIMIT_CMD_",
        ],
    ),
    ("linux/psample.h", &["PSAMPLE_CMD_"]),
    ("linux/quota.h", &["QUOTA_NL_C_"]),
    ("linux/seg6_genl.h", &["SEG6_CMD_"]),
    ("linux/taskstats.h", &["TASKSTATS_CMD_"]),
    ("linux/cgroupstats.h", &["CGROUPSTATS_CMD_"]),
    ("linux/tcp_metrics.h", &["TCP_METRICS_CMD_"]),
    ("linux/if_team.h", &["TEAM_CMD_"]),
    ("linux/thermal.h", &["THERMAL_GENL_CMD_", "THERMAL_GENL_EVENT_"]),
    ("linux/tipc_netlink.h", &["TIPC_NL_"]),
    ("linux/vdpa.h", &["VDPA_CMD_"]),
    ("linux/wireguard.h", &["WG_CMD_"]),
    ("internal/event.h", &["ACPI_GENL_CMD_"]),
    ("internal/netlabel_mgmt.h", &["NLBL_MGMT_C_"]),
    ("internal/netlabel_unlabeled.h", &["NLBL_UNLABEL_C_"]),
    ("internal/netlabel_cipso_v4.h", &["NLBL_CIPSOV4_C_"]),
    ("internal/netlabel_calipso.h", &["NLBL_CALIPSO_C_"]),
    ("linux/net_dropmon.h", &["NET_DM_CMD_"]),
    ("linux/lockd_netlink.h", &["LOCKD_CMD_"]),
    ("linux/ncsi.h", &["NCSI_CMD_"]),
    ("linux/net_shaper.h", &["NET_SHAPER_CMD_"]),
    ("linux/nfc.h", &["NFC_CMD_", "NFC_EVENT_"]),
    ("linux/psp.h", &["PSP_CMD_"]),
    (
        "linux/smc.h",
        &["SMC_NETLINK_", "SMC_PNETID_GET", "SMC_PNETID_ADD", "SMC_PNETID_DEL", "SMC_PNETID_FLUSH"],
    ),
    ("linux/sunrpc_netlink.h", &["SUNRPC_CMD_"]),
    ("linux/target_core_user.h", &["TCMU_CMD_"]),
    ("asm/unistd_64.h", &["__NR_"]),
    ("asm/unistd_32.h", &["__NR_"]),
    ("asm-generic/unistd.h", &["__NR_"]),
    ("linux/sockios.h", &["SIOC"]),
    ("linux/wireless.h", &["SIOC"]),
    ("linux/if_tun.h", &["TUNSET", "TUNGET", "TUNATTACH", "TUNDETACH"]),
    ("linux/ppp-ioctl.h", &["PPPIOC"]),
    ("linux/loop.h", &["LOOP_CTL_", "LOOP_SET_", "LOOP_CLR_", "LOOP_CHANGE_", "LOOP_CONFIGURE"]),
    ("linux/dm-ioctl.h", &["DM_"]),
];

/// What is no number of anything: the first and the last of an enumeration, and other bounds.
const BOUNDS: &[&str] =
    &["_MAX", "_BASE", "_UNSPEC", "_NONE", "_CNT", "_COUNT", "_NUM", "_NUM_OPS"];

/// What the kernel's compiler knows and a program's does not: it changes no number.
const ANNOTATIONS: &str = "#define __user\n#define __force\n#define __always_inline inline\n\
    #define __packed __attribute__((packed))\n\
    #define __aligned(x) __attribute__((aligned(x)))\n";

/// Writes the numbers of all headers into the core crate's tests.
pub(crate) fn write() -> Result<()> {
    let kernel = kernel::named(Arch::X86_64, KERNEL)?;
    kernel::fetch::ensure(&kernel)?;
    let work = layout::target().join("numbers");
    let audit = work.join("audit");
    progress::step("headers of audit", || {
        Suite::open(AUDIT_SUITE)?.unpack("libaudit-dev", &audit)
    })?;
    let release = kernel.release()?;
    let compiler = Compiler::new(&kernel.root(), &release, &audit, &work)?;
    internal::write(&source::ensure()?, &work.join("own"))?;
    let mut text = format!(
        "# Numbers of Linux {KERNEL} and of audit's user space, by header: what the C compiler says.\n\
         # Made by `cargo xtask numbers`; change nothing here.\n"
    );
    progress::step(&format!("numbers of {release}"), || {
        for (header, prefixes) in HEADERS {
            compiler.section(header, prefixes, &mut text)?;
        }
        // The kernel's own errors are in a header that programs do not have, below user space's name.
        compiler.section("internal/errno.h", &["E"], &mut text)?;
        compiler.section("libaudit.h", &["AUDIT_"], &mut text)
    })?;
    let path = layout::root().join("nlmon/core/tests/data/numbers.txt");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Where headers are found, and how one is compiled.
struct Compiler {
    work: PathBuf,
    /// In the order in which they are looked through.
    include: Vec<PathBuf>,
}

impl Compiler {
    fn new(root: &Path, release: &str, audit: &Path, work: &Path) -> Result<Self> {
        let built = root.join("usr/src").join(format!("linux-headers-{release}"));
        let flavour = release.rsplit('-').next().unwrap_or_default();
        let common = built.with_file_name(format!(
            "linux-headers-{}common",
            release.strip_suffix(flavour).unwrap_or(release)
        ));
        // Headers say `linux/compiler.h` for annotations that programs do not need.
        let own = work.join("own");
        let internal = work.join("own/internal");
        for dir in [own.join("linux"), own.join("scsi"), internal.clone()] {
            fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        // What goes over the cable has no numbers of netlink, and does not compile in a program.
        for (name, text) in [("linux/compiler.h", ANNOTATIONS), ("scsi/iscsi_proto.h", "")] {
            let path = own.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let errors = common.join("include/linux/errno.h");
        fs::copy(&errors, internal.join("errno.h"))
            .with_context(|| format!("cannot copy {}", errors.display()))?;
        let include = vec![
            own,
            common.join("include/uapi"),
            common.join("arch/x86/include/uapi"),
            built.join("arch/x86/include/generated/uapi"),
            audit.join("usr/include"),
            common.join("include"),
        ];
        Ok(Self { work: work.to_owned(), include })
    }

    /// Adds one header's numbers.
    fn section(&self, header: &str, prefixes: &[&str], text: &mut String) -> Result<()> {
        let found = self.include.iter().map(|dir| dir.join(header)).find(|path| path.is_file());
        let path = found.with_context(|| format!("there is no {header}"))?;
        let names = names(&path, prefixes)?;
        let numbers = self.numbers(header, names)?;
        if numbers.is_empty() {
            bail!("{header} has no name that begins with {}", prefixes.join(" or "));
        }
        writeln!(text, "\n[{header}]\n{numbers}").context("cannot add a section")?;
        text.truncate(text.trim_end().len());
        text.push('\n');
        Ok(())
    }

    /// A line `NAME=NUMBER` for each name that is a number: a macro that takes arguments, say, is none.
    fn numbers(&self, header: &str, mut names: Vec<String>) -> Result<String> {
        let source = self.work.join("numbers.c");
        let program = self.work.join("numbers");
        // Each attempt leaves out what the compiler refused; it does not refuse all of it at once.
        for _ in 0..ATTEMPTS {
            fs::write(&source, program_text(header, &names))
                .with_context(|| format!("cannot write {}", source.display()))?;
            let output =
                self.compile(&source, &program).output().context("cannot start the C compiler")?;
            if output.status.success() {
                return process::capture(&mut Command::new(&program));
            }
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let refused: BTreeSet<usize> = errors.lines().filter_map(refused_line).collect();
            if refused.is_empty() {
                bail!("{header} does not compile:\n{}", process::tail(&errors, 20));
            }
            let mut line = FIRST_LINE;
            names.retain(|_| {
                line += 1;
                !refused.contains(&(line - 1))
            });
        }
        bail!("{header} does not compile: {}", names.join(" "))
    }

    fn compile(&self, source: &Path, program: &Path) -> Command {
        let mut compile = Command::new("cc");
        compile.args(["-w", "-fmax-errors=0", "-include", "linux/compiler.h"]);
        for dir in &self.include {
            compile.arg("-idirafter").arg(dir);
        }
        // Not the machine's own headers, where both have one.
        compile.arg("-isystem").arg(&self.include[0]).arg("-isystem").arg(&self.include[1]);
        compile.arg("-o").arg(program).arg(source);
        compile
    }
}

const ATTEMPTS: usize = 5;

/// The line of the program that has the first name.
const FIRST_LINE: usize = 8;

fn program_text(header: &str, names: &[String]) -> String {
    let mut text = format!(
        "#include <stdio.h>\n#include <stdint.h>\n#include <sys/types.h>\n\
         #include <sys/ioctl.h>\n#include <linux/netlink.h>\n#include <{header}>\n\
         int main(void) {{\n"
    );
    for name in names {
        let line = format!("printf(\"{name}=%lld\\n\", (long long)({name}));\n");
        text.push_str(&line);
    }
    text.push_str("return 0; }\n");
    text
}

/// The names of a header and of the header of the same directory that it consists of.
fn names(path: &Path, prefixes: &[&str]) -> Result<Vec<String>> {
    let mut source =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Of audit 4 the records are in a file of their own.
    let records = path.with_file_name("audit-records.h");
    if path.ends_with("libaudit.h") && records.is_file() {
        source += &fs::read_to_string(&records)?;
    }
    let source = without_comments(&source);
    let mut seen = BTreeSet::new();
    let words = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let wanted = words.filter(|word| {
        prefixes.iter().any(|prefix| word.starts_with(prefix))
            && !BOUNDS.iter().any(|bound| word.ends_with(bound))
    });
    Ok(wanted.filter(|word| seen.insert(*word)).map(str::to_owned).collect())
}

/// The line of the program that an error is about.
fn refused_line(error: &str) -> Option<usize> {
    let place = error.split_once(".c:")?.1;
    let (line, rest) = place.split_once(':')?;
    rest.contains("error:").then(|| line.parse().ok())?
}

fn without_comments(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((code, comment)) = rest.split_once("/*") {
        text.push_str(code);
        text.push(' ');
        rest = comment.split_once("*/").map_or("", |parts| parts.1);
    }
    text.push_str(rest);
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_comments_are_no_names() {
        assert_eq!(without_comments("A /* B\nC */ D // E\nF"), "A   D \nF");
    }

    #[test]
    fn an_error_names_its_line() {
        assert_eq!(refused_line("/w/numbers.c:7:31: error: 'X' undeclared"), Some(7));
        assert_eq!(refused_line("/w/numbers.c:7:31: note: each is reported"), None);
    }
}
