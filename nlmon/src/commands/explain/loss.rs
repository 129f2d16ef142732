//! `nlmon explain loss`: which listener lost what, whose messages filled its buffer, and which size is
//! enough. Pure.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::reach;
use crate::live::ledger::text;
use nlmon_core::answers::{BurstLoss, ListenerLoss, LossAnswer, Need, Share};
use nlmon_core::decode::printable::escape;

/// The answer in sentences, each socket a paragraph.
pub(super) fn sentences(process: Option<&str>, answer: &LossAnswer, zone: &TimeZone) -> String {
    let mut out = String::new();
    if answer.listeners.is_empty() {
        let of = process
            .map_or_else(String::new, |process| format!(" of {}", escape(process.as_bytes())));
        let _ok = writeln!(out, "No netlink socket{of} lost anything since nlmon looked first.");
    }
    for loss in &answer.listeners {
        paragraph(&mut out, loss, answer, zone);
    }
    if answer.more > 0 {
        let _ok = writeln!(out, "{} sockets that lost less are left out.", answer.more);
    }
    if !answer.listeners.is_empty() {
        reach::notes(&mut out, &answer.reach, zone);
    }
    out
}

fn paragraph(out: &mut String, loss: &ListenerLoss, answer: &LossAnswer, zone: &TimeZone) {
    let name = loss.process.as_ref().map_or_else(
        || "somebody".to_owned(),
        |name| format!("{}[{}]", escape(name.as_bytes()), loss.pid.unwrap_or(0)),
    );
    let groups = match &*loss.groups {
        [] => String::new(),
        groups => format!(", in {}", groups.join(", ")),
    };
    let closed = if loss.is_open { "" } else { " It is closed." };
    let _ok = writeln!(
        out,
        "{name} lost {} of {} at one socket (port id {}, netns {}{groups}).{closed}",
        counted(loss.lost, "datagram"),
        loss.protocol,
        loss.portid,
        loss.netns
    );
    if !loss.types.is_empty() {
        let types: Vec<String> =
            loss.types.iter().map(|of| format!("{} {}", of.message_type, of.count)).collect();
        let _ok = writeln!(
            out,
            "  All {} sockets of that process lost: {}.",
            loss.protocol,
            types.join(", ")
        );
    }
    for burst in &loss.bursts {
        self::burst(out, burst, zone);
    }
    if loss.forgotten > 0 {
        let _ok = writeln!(out, "  {} more were lost before that.", loss.forgotten);
    }
    if let Some(need) = &loss.need {
        self::need(out, need, loss, answer);
    } else if !loss.bursts.is_empty() {
        let _ok =
            writeln!(out, "  What it needed is not known: no record says what was sent to it.");
    }
    for doubt in &loss.doubts {
        let _ok = writeln!(out, "  Note: {}", reach::words(doubt));
    }
}

fn burst(out: &mut String, burst: &BurstLoss, zone: &TimeZone) {
    let at = |time: &str| text::time(time, zone);
    let (from, to, lost) = (at(&burst.from), at(&burst.to), burst.lost);
    if burst.sent == 0 {
        let _ok = writeln!(out, "  Between {from} and {to} it lost {lost}.");
    } else {
        let probably = if burst.doubts.is_empty() { "" } else { "probably " };
        let mut shares: Vec<String> = burst.shares.iter().map(share).collect();
        if burst.others > 0 {
            shares.push(format!("{} by others", burst.others));
        }
        let records: Vec<String> =
            burst.records.iter().map(|evidence| evidence.record.to_string()).collect();
        let _ok = writeln!(
            out,
            "  Between {from} and {to} it lost {lost} of {} that were sent to it, {probably}{} \
             [records {}].",
            burst.sent,
            shares.join(", "),
            records.join(" to ")
        );
    }
    for doubt in &burst.doubts {
        let _ok = writeln!(out, "    Note: {}", reach::words(doubt));
    }
}

/// `101 (66 %) by ip[7] (a.service)`
fn share(share: &Share) -> String {
    let Share { process, unit, pid, count, percent } = share;
    let name = escape(process.as_bytes());
    let by = if *pid == 0 { format!("the {name}") } else { format!("{name}[{pid}]") };
    let unit =
        unit.as_ref().map_or_else(String::new, |unit| format!(" ({})", escape(unit.as_bytes())));
    format!("{count} ({percent} %) by {by}{unit}")
}

fn need(out: &mut String, need: &Need, loss: &ListenerLoss, answer: &LossAnswer) {
    let buffer = loss.buffer_bytes.unwrap_or(0);
    let _ok = match (need.holds, need.charge_bytes) {
        (Some(holds), Some(charge)) => writeln!(
            out,
            "  Its buffer of {buffer} bytes holds about {holds} of them: each takes about {charge}."
        ),
        _ => writeln!(
            out,
            "  Its buffer of {buffer} bytes holds {} of them or more: each takes at most {}.",
            need.holds_least, need.charge_most_bytes
        ),
    };
    let needed = need
        .needed_bytes
        .map_or_else(String::new, |bytes| format!("needed probably {bytes} bytes; "));
    let _ok = writeln!(
        out,
        "  The largest burst {needed}{}{} bytes are enough: SO_RCVBUF {} (the kernel doubles it).",
        if needed.is_empty() { "would have had room: " } else { "" },
        need.enough_bytes,
        need.so_rcvbuf
    );
    if let Some(max) = answer.rmem_max.filter(|_| need.is_over_rmem_max) {
        let _ok = writeln!(
            out,
            "  net.core.rmem_max is {max}: set it to {} (sysctl), or use SO_RCVBUFFORCE, which needs \
             CAP_NET_ADMIN.",
            need.so_rcvbuf
        );
    }
}

fn counted(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"rmem_max":212992,"reach":{"records":900,"oldest":
        {"record":1,"time":"2026-01-02T11:00:00Z"}},"listeners":[{"pid":771,"process":"zebra",
        "protocol":"route","netns":4026531840,"portid":771,"groups":["link","neigh"],"is_open":true,
        "lost":412,"buffer_bytes":212992,"types":[{"type":"RTM_NEWNEIGH","count":412}],"bursts":[
        {"from_ns":5,"from":"2026-01-02T11:47:03Z","to_ns":9,"to":"2026-01-02T11:47:08Z","lost":412,
        "sent":549,"shares":[{"process":"kernel","pid":0,"count":533,"percent":97},
        {"process":"ip","pid":7,"unit":"a.service","count":16,"percent":3}],"records":[
        {"record":6,"time":""},{"record":8,"time":""}]}],"need":{"charge_bytes":1554,
        "charge_most_bytes":2000,"holds_least":106,"holds":137,"needed_bytes":854794,
        "enough_bytes":1040384,"so_rcvbuf":520192,"is_over_rmem_max":true}}]}"#;

    #[test]
    fn a_loss_is_told_with_shares_a_size_and_how_to_set_it() {
        let answer: LossAnswer = serde_json::from_str(ANSWER).unwrap();
        let expected = "\
zebra[771] lost 412 datagrams of route at one socket (port id 771, netns 4026531840, in link, neigh).
  All route sockets of that process lost: RTM_NEWNEIGH 412.
  Between 11:47:03.000 and 11:47:08.000 it lost 412 of 549 that were sent to it, 533 (97 %) by the \
kernel, 16 (3 %) by ip[7] (a.service) [records 6 to 8].
  Its buffer of 212992 bytes holds about 137 of them: each takes about 1554.
  The largest burst needed probably 854794 bytes; 1040384 bytes are enough: SO_RCVBUF 520192 (the \
kernel doubles it).
  net.core.rmem_max is 212992: set it to 520192 (sysctl), or use SO_RCVBUFFORCE, which needs \
CAP_NET_ADMIN.
The log has 900 records, since 11:00:00.000.
";
        assert_eq!(sentences(None, &answer, &TimeZone::UTC), expected);
        let none = sentences(Some("bird"), &LossAnswer::default(), &TimeZone::UTC);
        assert_eq!(none, "No netlink socket of bird lost anything since nlmon looked first.\n");
    }
}
