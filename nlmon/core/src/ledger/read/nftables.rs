//! Tables, chains, sets and rules of nftables. The elements of a set are none of these: a set may
//! have a million of them, which come and go with packets.

use super::{Told, text};
use crate::decode::Body;
use crate::decode::attribute::Tree;
use crate::ledger::facts::Noting;
use crate::ledger::kind::{Kind, Tells};

/// A table, chain or set is its family and names, a rule its handle in its chain:
/// `nft_table_lookup`, `nft_chain_lookup`, `nft_set_lookup` and `nft_rule_lookup` in
/// `net/netfilter/nf_tables_api.c`.
pub(super) fn object(kind: Kind, tells: Tells, message: &Body, tree: Tree<'_>) -> Option<Told> {
    let family = text(tree.inside("nfgenmsg"), "nfgen_family")?;
    let mut facts = Noting::new();
    let (base, title) = match kind {
        Kind::NftTable => {
            let name = text(tree, "NFTA_TABLE_NAME")?;
            facts.note("table", Some(&name));
            facts.note("flags", text(tree, "NFTA_TABLE_FLAGS").filter(|flags| flags != "0"));
            (format!("{family} {name}"), format!("{family} {name}"))
        }
        Kind::NftChain => {
            let (table, name) = (text(tree, "NFTA_CHAIN_TABLE")?, text(tree, "NFTA_CHAIN_NAME")?);
            let base = format!("{family} {table} {name}");
            facts.note("table", Some(table)).note("chain", Some(name));
            facts.note("is", behind(&message.summary(), &base));
            (base.clone(), base)
        }
        Kind::NftSet => {
            let (table, name) = (text(tree, "NFTA_SET_TABLE")?, text(tree, "NFTA_SET_NAME")?);
            let base = format!("{family} {table} {name}");
            facts.note("table", Some(table)).note("set", Some(name));
            facts.note("flags", text(tree, "NFTA_SET_FLAGS").filter(|flags| flags != "0"));
            (base.clone(), base)
        }
        _ => {
            let (table, chain) = (text(tree, "NFTA_RULE_TABLE")?, text(tree, "NFTA_RULE_CHAIN")?);
            let handle = text(tree, "NFTA_RULE_HANDLE")?;
            let chain_of = format!("{family} {table} {chain}");
            let does = behind(&message.summary(), &format!("{chain_of} handle {handle}"));
            let does = does.map(|does| without_counts(&does));
            facts.note("table", Some(table)).note("chain", Some(chain));
            facts.note("handle", Some(&handle)).note("does", does.as_ref());
            let does = does.map_or_else(String::new, |does| format!(" {does}"));
            (format!("{chain_of} {handle}"), format!("{chain_of} handle {handle}{does}"))
        }
    };
    Some(Told::new(kind, tells, base, title, facts.finish()))
}

/// What a summary says behind this.
fn behind(summary: &str, start: &str) -> Option<String> {
    let rest = summary.strip_prefix(start)?.trim_start();
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// The counters of a rule count packets: they are no state of it.
fn without_counts(text: &str) -> String {
    let mut words = text.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        kept.push(word);
        if word == "counter" && words.peek() == Some(&"packets") {
            words.by_ref().take(4).for_each(drop);
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_counts_is_no_part_of_it() {
        let rule = "tcp dport 22 counter packets 7 bytes 420 accept";
        assert_eq!(without_counts(rule), "tcp dport 22 counter accept");
        assert_eq!(without_counts("counter packets 0 bytes 0"), "counter");
        assert_eq!(without_counts("counter accept"), "counter accept");
    }
}
