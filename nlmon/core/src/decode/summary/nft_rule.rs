//! A rule of nftables in the words of `nft`. The kernel keeps a rule as expressions: one loads a part
//! of the packet into a register, the next compares the register.
//!
//! Invariant: a word is printed where the expressions say it. What this does not know is printed by
//! the expression's name, and a part of a packet without a name as `nft` does: `@nh,96,32`. A register
//! that such an expression writes holds nothing that is known.

use super::nft_value::{self, Sort};
use crate::decode::attribute::{Tree, Value};
use crate::decode::line::Line;

/// A part of the packet that is in a register.
struct Loaded {
    register: u64,
    words: String,
    sort: Sort,
    /// What it is masked with before it is compared.
    mask: Option<Vec<u8>>,
    /// Its bytes are in the other order than its sort has.
    swapped: bool,
    /// A value that the rule itself gives.
    literal: Option<Vec<u8>>,
}

/// The protocol that a rule asks for, which `nft` leaves out where what follows implies it.
struct Dependency {
    layer: Layer,
    /// Where its words are.
    place: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Link,
    Network,
    Transport,
}

#[derive(Default)]
struct Rule<'a> {
    family: &'a str,
    words: Vec<String>,
    loaded: Vec<Loaded>,
    dependencies: Vec<Dependency>,
    network: String,
    transport: String,
    /// Where `>=` of a range is, with its register and value.
    from: Option<(usize, u64, String)>,
}

/// `tcp dport 22 accept`
pub(super) fn rule(family: &str, list: Tree<'_>) -> String {
    let network = if matches!(family, "ip" | "ip6" | "arp") { family } else { "" };
    let mut rule = Rule { family, network: network.to_owned(), ..Rule::default() };
    for expression in list.iter() {
        rule.expression(expression.tree());
    }
    // What was loaded and used by nothing that is known.
    let left: Vec<_> = rule.loaded.iter().filter(|l| l.literal.is_none()).collect();
    let left: Vec<_> = left.into_iter().map(|loaded| loaded.words.clone()).collect();
    rule.words.extend(left);
    let mut line = Line::default();
    for words in &rule.words {
        line.word(words);
    }
    line.finish()
}

impl Rule<'_> {
    fn expression(&mut self, expression: Tree<'_>) {
        let name = expression.text("NFTA_EXPR_NAME").unwrap_or_default();
        let data = expression.inside("NFTA_EXPR_DATA");
        // Only the next comparison can make a range of it.
        if name != "cmp" {
            self.forget_from();
        }
        let words = match &*name {
            "meta" => self.key(data, "NFTA_META", nft_value::meta),
            "ct" => self.key(data, "NFTA_CT", nft_value::ct),
            "payload" => self.payload(data),
            "bitwise" => self.bitwise(data),
            "byteorder" => self.byteorder(data),
            "cmp" => self.compare(data),
            "range" => self.range(data),
            "lookup" => self.lookup(data),
            "immediate" => self.immediate(data),
            "nat" => self.nat(data),
            "masq" => Some(self.with_port("masquerade", data, "NFTA_MASQ_REG_PROTO_MIN")),
            "redir" => Some(self.with_port("redirect", data, "NFTA_REDIR_REG_PROTO_MIN")),
            "reject" => Some(self.reject(data)),
            "counter" => counter(data),
            "limit" => limit(data),
            "log" => Some(log(data)),
            _ => None,
        };
        if words.is_none() {
            self.forget_written(data);
        }
        self.words.push(words.unwrap_or_else(|| name.into_owned()));
    }

    /// Forgets what was in the registers that an expression writes.
    fn forget_written(&mut self, data: Tree<'_>) {
        for attribute in data.iter().filter(|attribute| attribute.name.ends_with("_DREG")) {
            if let Some(target) = register(data, &attribute.name) {
                self.loaded.retain(|loaded| loaded.register != target);
            }
        }
    }

    /// Forgets what was compared with the lower end of a range that has no upper one.
    fn forget_from(&mut self) {
        if let Some((_, source, _)) = self.from.take() {
            self.loaded.retain(|loaded| loaded.register != source);
        }
    }

    /// Loads a register, for which nothing is printed yet.
    fn load(&mut self, register: u64, words: String, sort: Sort) -> String {
        // What was there is gone, and so is the start of a list that nothing looked up.
        self.loaded.retain(|loaded| loaded.register != register);
        let (mask, swapped, literal) = (None, false, None);
        self.loaded.push(Loaded { register, words, sort, mask, swapped, literal });
        String::new()
    }

    /// An expression that loads what a key says, or sets it.
    fn key(
        &mut self,
        data: Tree<'_>,
        prefix: &str,
        known: fn(&str) -> (String, Sort),
    ) -> Option<String> {
        let (words, sort) = known(&data.text(&format!("{prefix}_KEY"))?);
        if let Some(source) = register(data, &format!("{prefix}_SREG")) {
            let value = self.value_of(source, sort)?;
            return Some(format!("{words} set {value}"));
        }
        Some(self.load(register(data, &format!("{prefix}_DREG"))?, words, sort))
    }

    fn payload(&mut self, data: Tree<'_>) -> Option<String> {
        let target = register(data, "NFTA_PAYLOAD_DREG")?;
        let base = data.text("NFTA_PAYLOAD_BASE")?;
        let (offset, len) = (data.number("NFTA_PAYLOAD_OFFSET")?, data.number("NFTA_PAYLOAD_LEN")?);
        match &*base {
            "link-layer-header" => self.imply(Layer::Link),
            "network-header" => self.imply(Layer::Network),
            "transport-header" => {
                // ICMP goes over its own version of IP alone.
                if matches!(self.transport.as_str(), "icmp" | "icmpv6") {
                    self.imply(Layer::Network);
                }
                self.imply(Layer::Transport);
            }
            _ => {}
        }
        let (words, sort) =
            nft_value::payload(&base, (&self.network, &self.transport), offset, len);
        Some(self.load(target, words, sort))
    }

    /// What follows implies what the rule has asked for.
    fn imply(&mut self, layer: Layer) {
        for dependency in self.dependencies.iter().filter(|d| d.layer == layer) {
            self.words[dependency.place].clear();
        }
        self.dependencies.retain(|dependency| dependency.layer != layer);
    }

    fn bitwise(&mut self, data: Tree<'_>) -> Option<String> {
        let source = register(data, "NFTA_BITWISE_SREG")?;
        let target = register(data, "NFTA_BITWISE_DREG")?;
        let is_mask = data.text("NFTA_BITWISE_OP").is_none_or(|op| op == "mask-xor");
        let mask = bytes(data.inside("NFTA_BITWISE_MASK"))?;
        let xor = bytes(data.inside("NFTA_BITWISE_XOR"))?;
        if !is_mask || xor.iter().any(|&byte| byte != 0) {
            return None;
        }
        let mut loaded = self.take(source)?;
        (loaded.register, loaded.mask) = (target, Some(mask));
        self.put(loaded);
        Some(String::new())
    }

    /// Turns a number, so that the machine compares it as one.
    fn byteorder(&mut self, data: Tree<'_>) -> Option<String> {
        let source = register(data, "NFTA_BYTEORDER_SREG")?;
        let target = register(data, "NFTA_BYTEORDER_DREG")?;
        // Several numbers in a row would each be turned.
        if data.number("NFTA_BYTEORDER_LEN")? != data.number("NFTA_BYTEORDER_SIZE")? {
            return None;
        }
        let mut loaded = self.take(source)?;
        loaded.register = target;
        loaded.swapped ^= cfg!(target_endian = "little");
        self.put(loaded);
        Some(String::new())
    }

    fn compare(&mut self, data: Tree<'_>) -> Option<String> {
        let source = register(data, "NFTA_CMP_SREG")?;
        let value = bytes(data.inside("NFTA_CMP_DATA"))?;
        let operator = data.text("NFTA_CMP_OP")?;
        if let Some((place, register, from)) = self.from.clone()
            && (register, &*operator) == (source, "lte")
        {
            self.from = None;
            let loaded = self.take(source)?;
            let to = loaded.value(&value, None)?;
            self.words[place] = format!("{} {from}-{to}", loaded.words);
            return Some(String::new());
        }
        self.forget_from();
        let at = self.loaded.iter().position(|loaded| loaded.register == source)?;
        if operator == "gte" {
            let loaded = &self.loaded[at];
            if loaded.mask.is_some() {
                return None;
            }
            let from = loaded.value(&value, None)?;
            let words = format!("{} >= {from}", loaded.words);
            self.from = Some((self.words.len(), source, from));
            return Some(words);
        }
        let loaded = self.loaded.remove(at);
        let words = loaded.compared(&operator, &value)?;
        self.ask(&loaded, &operator, &value);
        Some(words)
    }

    /// Remembers which protocol the rest is of.
    fn ask(&mut self, loaded: &Loaded, operator: &str, value: &[u8]) {
        let layer = match loaded.sort {
            Sort::LinkType => Layer::Link,
            Sort::NetworkProtocol => Layer::Network,
            Sort::TransportProtocol => Layer::Transport,
            _ => return,
        };
        if operator != "eq" {
            return;
        }
        let name = loaded.value(value, None).unwrap_or_default();
        match layer {
            Layer::Link => {}
            Layer::Network => nft_value::header(&name).clone_into(&mut self.network),
            Layer::Transport => nft_value::header(&name).clone_into(&mut self.transport),
        }
        self.dependencies.push(Dependency { layer, place: self.words.len() });
    }

    fn range(&mut self, data: Tree<'_>) -> Option<String> {
        let source = register(data, "NFTA_RANGE_SREG")?;
        let loaded = self.take(source)?;
        if loaded.mask.is_some() {
            return None;
        }
        let from = loaded.value(&bytes(data.inside("NFTA_RANGE_FROM_DATA"))?, None)?;
        let to = loaded.value(&bytes(data.inside("NFTA_RANGE_TO_DATA"))?, None)?;
        let not = if data.text("NFTA_RANGE_OP")? == "neq" { "!= " } else { "" };
        Some(format!("{} {not}{from}-{to}", loaded.words))
    }

    fn lookup(&mut self, data: Tree<'_>) -> Option<String> {
        let set = data.text("NFTA_LOOKUP_SET")?;
        let source = register(data, "NFTA_LOOKUP_SREG")?;
        // What is looked up together is loaded one behind the other.
        let keys: Vec<_> = self.loaded.extract_if(.., |loaded| loaded.literal.is_none()).collect();
        let is_known = keys.first().is_some_and(|first| first.register == source);
        if !is_known || keys.iter().any(|key| key.mask.is_some()) {
            return None;
        }
        let keys: Vec<_> = keys.into_iter().map(|loaded| loaded.words).collect();
        let keys = keys.join(" . ");
        let not = if data.text("NFTA_LOOKUP_FLAGS")? == "0" { "" } else { "!= " };
        match register(data, "NFTA_LOOKUP_DREG") {
            Some(0) => Some(format!("{keys} vmap @{set}")),
            Some(target) => Some(self.load(target, format!("{keys} map @{set}"), Sort::Bytes)),
            None => Some(format!("{keys} {not}@{set}")),
        }
    }

    fn immediate(&mut self, data: Tree<'_>) -> Option<String> {
        let value = data.inside("NFTA_IMMEDIATE_DATA");
        if value.has("NFTA_DATA_VERDICT") {
            return verdict(value.inside("NFTA_DATA_VERDICT"));
        }
        let literal = Some(bytes(value)?);
        let register = register(data, "NFTA_IMMEDIATE_DREG")?;
        self.loaded.retain(|loaded| loaded.register != register);
        let (words, sort, mask, swapped) = (String::new(), Sort::Bytes, None, false);
        self.loaded.push(Loaded { register, words, sort, mask, swapped, literal });
        Some(String::new())
    }

    fn nat(&mut self, data: Tree<'_>) -> Option<String> {
        let mut words = data.text("NFTA_NAT_TYPE")?.into_owned();
        let family = data.text("NFTA_NAT_FAMILY")?;
        let family = if matches!(&*family, "ip" | "ipv4" | "inet") { "ip" } else { "ip6" };
        if self.family == "inet" {
            words = format!("{words} {family}");
        }
        let address = match register(data, "NFTA_NAT_REG_ADDR_MIN") {
            Some(source) => self.value_of(source, Sort::Address)?,
            None => String::new(),
        };
        let port = match register(data, "NFTA_NAT_REG_PROTO_MIN") {
            Some(source) => format!(":{}", self.value_of(source, Sort::Number)?),
            None => String::new(),
        };
        let braced = !port.is_empty() && address.contains(':');
        let address = if braced { format!("[{address}]") } else { address };
        Some(format!("{words} to {address}{port}"))
    }

    fn with_port(&mut self, words: &str, data: Tree<'_>, name: &str) -> String {
        let port = register(data, name).and_then(|source| self.value_of(source, Sort::Number));
        port.map_or_else(|| words.to_owned(), |port| format!("{words} to :{port}"))
    }

    fn reject(&self, data: Tree<'_>) -> String {
        let code = data.text("NFTA_REJECT_ICMP_CODE").unwrap_or_default();
        match data.text("NFTA_REJECT_TYPE").as_deref() {
            Some("tcp-rst") => "reject with tcp reset".to_owned(),
            Some("icmp-unreach") if matches!(self.family, "ip" | "ip6") && is_default(&code) => {
                "reject".to_owned()
            }
            Some("icmp-unreach") if self.network == "ip6" => format!("reject with icmpv6 {code}"),
            Some("icmp-unreach") => format!("reject with icmp {code}"),
            Some("icmpx-unreach") if is_default(&code) => "reject".to_owned(),
            Some("icmpx-unreach") => format!("reject with icmpx {code}"),
            _ => "reject".to_owned(),
        }
    }

    fn take(&mut self, register: u64) -> Option<Loaded> {
        let at = self.loaded.iter().position(|loaded| loaded.register == register)?;
        Some(self.loaded.remove(at))
    }

    /// Puts into a register, of which what was there before is gone.
    fn put(&mut self, loaded: Loaded) {
        self.loaded.retain(|other| other.register != loaded.register);
        self.loaded.push(loaded);
    }

    /// The value that the rule gives a register, or what it was loaded with.
    fn value_of(&mut self, register: u64, sort: Sort) -> Option<String> {
        let loaded = self.take(register)?;
        match loaded.literal {
            Some(bytes) => sort.value(&bytes, None),
            None if loaded.mask.is_some() => None,
            None => Some(loaded.words),
        }
    }
}

impl Loaded {
    /// A value that it is compared with, in words.
    fn value(&self, bytes: &[u8], mask: Option<&[u8]>) -> Option<String> {
        // Bytes of which nothing is known are shown as they are.
        if !self.swapped || self.sort == Sort::Bytes {
            return self.sort.value(bytes, mask);
        }
        let turned: Vec<_> = bytes.iter().rev().copied().collect();
        self.sort.value(&turned, mask)
    }

    fn compared(&self, operator: &str, value: &[u8]) -> Option<String> {
        let Self { words, sort, mask, .. } = self;
        if self.swapped && mask.is_some() {
            return None;
        }
        let masked = mask.as_deref();
        if let (true, Some(mask)) = (sort.is_bits(), masked)
            && value.iter().all(|&byte| byte == 0)
        {
            // Any of these bits, or none.
            let bits = sort.value(mask, None)?;
            return match operator {
                "neq" => Some(format!("{words} {bits}")),
                "eq" => Some(format!("{words} ! {bits}")),
                _ => None,
            };
        }
        let sign = match operator {
            "eq" => "",
            "neq" => "!= ",
            "lt" => "< ",
            "gt" => "> ",
            "lte" => "<= ",
            _ => return None,
        };
        match (masked, sort.is_address()) {
            (None, _) | (Some(_), true) => {
                Some(format!("{words} {sign}{}", self.value(value, masked)?))
            }
            (Some(mask), false) => {
                let sign = if sign.is_empty() { "== " } else { sign };
                let (mask, value) = (sort.value(mask, None)?, sort.value(value, None)?);
                Some(format!("{words} & {mask} {sign}{value}"))
            }
        }
    }
}

fn is_default(code: &str) -> bool {
    code == "port-unreachable"
}

/// A register by number: the first four are of sixteen bytes, the others of four.
fn register(data: Tree<'_>, name: &str) -> Option<u64> {
    const FIRST_SHORT: u64 = 8;
    match data.get(name)?.value.as_ref()? {
        Value::Number(number) => Some(*number),
        Value::Text(text) if text == "reg-verdict" => Some(0),
        Value::Text(text) => match text.strip_prefix("reg32-") {
            Some(short) => Some(short.parse::<u64>().ok()? + FIRST_SHORT),
            None => text.strip_prefix("reg-")?.parse().ok(),
        },
        Value::Flag(_) | Value::Negative(_) => None,
    }
}

/// The bytes of `NFTA_DATA_VALUE`, which are shown in hexadecimal.
fn bytes(data: Tree<'_>) -> Option<Vec<u8>> {
    let digits = data.text("NFTA_DATA_VALUE")?;
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// `enum nft_verdicts` of `include/uapi/linux/netfilter/nf_tables.h`, which are below zero.
fn own_verdict(code: Option<u64>) -> Option<&'static str> {
    Some(match u32::try_from(code?).ok()?.cast_signed() {
        -1 => "continue",
        -2 => "break",
        -3 => "jump",
        -4 => "goto",
        -5 => "return",
        _ => return None,
    })
}

/// A rule's end is a value in the verdict register.
fn verdict(verdict: Tree<'_>) -> Option<String> {
    let code = verdict.text("NFTA_VERDICT_CODE")?;
    let mut line = Line::default();
    line.word(own_verdict(verdict.number("NFTA_VERDICT_CODE")).unwrap_or(&code));
    line.word(&verdict.text("NFTA_VERDICT_CHAIN").unwrap_or_default());
    Some(line.finish())
}

fn counter(data: Tree<'_>) -> Option<String> {
    let packets = data.number("NFTA_COUNTER_PACKETS")?;
    Some(format!("counter packets {packets} bytes {}", data.number("NFTA_COUNTER_BYTES")?))
}

fn limit(data: Tree<'_>) -> Option<String> {
    /// What `nft` takes where a rule says nothing.
    const BURST: u64 = 5;
    let unit = match data.number("NFTA_LIMIT_UNIT")? {
        1 => "second",
        60 => "minute",
        3600 => "hour",
        86400 => "day",
        604_800 => "week",
        _ => return None,
    };
    let over =
        if data.text("NFTA_LIMIT_FLAGS").is_none_or(|flags| flags == "0") { "" } else { "over " };
    let (rate, burst) = (data.number("NFTA_LIMIT_RATE")?, data.number("NFTA_LIMIT_BURST")?);
    let is_bytes = data.text("NFTA_LIMIT_TYPE").is_some_and(|kind| kind.contains("bytes"));
    let usual = if is_bytes { 0 } else { BURST };
    let (rate, burst_words) = if is_bytes {
        (in_bytes(rate), in_bytes(burst))
    } else {
        (rate.to_string(), format!("{burst} packets"))
    };
    let burst = if burst == usual { String::new() } else { format!(" burst {burst_words}") };
    Some(format!("limit rate {over}{rate}/{unit}{burst}"))
}

/// In the largest unit that it is whole in.
fn in_bytes(count: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match count {
        0 => "0 bytes".to_owned(),
        _ if count.is_multiple_of(MIB) => format!("{} mbytes", count / MIB),
        _ if count.is_multiple_of(KIB) => format!("{} kbytes", count / KIB),
        _ => format!("{count} bytes"),
    }
}

fn log(data: Tree<'_>) -> String {
    let mut line = Line::default();
    line.word("log");
    line.optional("prefix", data.text("NFTA_LOG_PREFIX").map(|prefix| format!("\"{prefix}\"")));
    line.optional("level", data.text("NFTA_LOG_LEVEL").filter(|level| level != "warning"));
    line.optional("group", data.text("NFTA_LOG_GROUP"));
    line.finish()
}
