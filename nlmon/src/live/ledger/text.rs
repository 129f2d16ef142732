//! A change as one line for a person: time, object, what happened, by whom. Pure: the time zone is
//! said by the caller.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use nlmon_core::decode::printable;
use nlmon_core::ledger::{Change, Difference, Learnt, Verb, Who};
use nlmon_core::record::Cause;

/// `11:47:03.120 route default via 10.0.0.1 dev eth0 deleted by systemd-networkd[388]
/// (systemd-networkd.service)`, in one line with its newline.
pub fn line(change: &Change, zone: &TimeZone) -> String {
    let told = Some(change).filter(|change| change.learnt == Learnt::Told);
    let by = told.and_then(by).map_or_else(String::new, |by| format!(" {by}"));
    let what = if change.verb == Verb::Changed && !change.differences.is_empty() {
        format!(": {}", differences(&change.differences))
    } else {
        String::new()
    };
    let netns = change.netns_name.as_ref().map_or_else(String::new, |netns| {
        format!("  [netns {}]", printable::escape(netns.as_bytes()))
    });
    let (time, verb) = (time(&change.time, zone), change.verb.name());
    format!("{time} {} {verb}{by}{}{what}{netns}\n", change.subject(), how(change))
}

/// The time of day, to the millisecond.
pub fn time(time: &str, zone: &TimeZone) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => ZonedDateTime::new(time, zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
        Err(_unreadable) => printable::escape(time.as_bytes()),
    }
}

/// By whom: `by ip[7] (a.service)`, `by the kernel`; `None` where that is not known.
pub fn by(change: &Change) -> Option<String> {
    match change.cause {
        Some(Cause::Kernel) => Some("by the kernel".to_owned()),
        // Who reads has not done it.
        Some(Cause::Flushed) => None,
        _ => change.process.as_ref().map(|who| format!("by {}", name(who))),
    }
}

/// `ip[7] (a.service)`, or the pod or container that it is in.
pub fn name(who: &Who) -> String {
    let escape = |text: &str| printable::escape(text.as_bytes());
    let place = who.pod.as_ref().or(who.unit.as_ref()).or(who.container.as_ref());
    let place = place.map_or_else(String::new, |place| format!(" ({})", escape(place)));
    format!("{}[{}]{place}", escape(&who.comm), who.pid)
}

/// How it came about, where that is not plain.
fn how(change: &Change) -> String {
    match (change.learnt, change.cause) {
        (Learnt::Listed, _) => change.because.as_ref().map_or_else(
            || " (found by a list: when and by whom is not known)".to_owned(),
            |because| format!(" and told to nobody, probably because {because}"),
        ),
        (Learnt::Silent, _) => {
            let by = by(change).map_or_else(String::new, |by| format!(" {by}"));
            format!("{by}, told to nobody")
        }
        (Learnt::With, _) => {
            let by = by(change).map_or_else(String::new, |by| format!(" {by}"));
            format!("{by}, with what it belonged to")
        }
        (Learnt::Told, Some(Cause::SystemCall)) => {
            change.call.as_ref().map_or_else(String::new, |call| format!(" by {call}"))
        }
        (Learnt::Told, Some(Cause::Flushed)) => " (by whom is not known)".to_owned(),
        (Learnt::Told, Some(Cause::Unknown)) => " (how is not known)".to_owned(),
        (Learnt::Told, _) => String::new(),
    }
}

/// `mtu 1500 -> 1400, master br0`
pub fn differences(differences: &[Difference]) -> String {
    let each = differences.iter().map(|difference| {
        let Difference { field, from, to } = difference;
        match (from, to) {
            (Some(from), Some(to)) => format!("{field} {from} -> {to}"),
            (None, Some(to)) => format!("{field} {to}"),
            (Some(from), None) => format!("no {field} (was {from})"),
            (None, None) => field.clone(),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nlmon_core::ledger::Kind;

    fn change() -> Change {
        let who = Who {
            pid: 388,
            comm: "systemd-network".to_owned(),
            unit: Some("systemd-networkd.service".to_owned()),
            ..Who::default()
        };
        Change {
            number: 1,
            time_ns: 7,
            time: "2026-01-02T11:47:03.120456789Z".to_owned(),
            netns: 1,
            netns_name: None,
            kind: Kind::Route,
            object: "default via 10.0.0.1 dev eth0".to_owned(),
            verb: Verb::Deleted,
            differences: Vec::new(),
            learnt: Learnt::Told,
            process: Some(who.into()),
            cause: Some(Cause::Request),
            call: None,
            request: Some("RTM_DELROUTE".into()),
            result: Some("ok".into()).into(),
            because: None,
        }
    }

    fn shown(change: &Change) -> String {
        line(change, &TimeZone::UTC)
    }

    #[test]
    fn a_line_says_what_happened_and_who_did_it() {
        let mut change = change();
        let route = "11:47:03.120 route default via 10.0.0.1 dev eth0 deleted";
        let who = "systemd-network[388] (systemd-networkd.service)";
        assert_eq!(shown(&change), format!("{route} by {who}\n"));
        change.cause = Some(Cause::SystemCall);
        change.call = Some("ioctl(SIOCDELRT)".to_owned());
        assert_eq!(shown(&change), format!("{route} by {who} by ioctl(SIOCDELRT)\n"));
        change.cause = Some(Cause::Kernel);
        assert_eq!(shown(&change), format!("{route} by the kernel\n"));
        change.cause = Some(Cause::Flushed);
        assert_eq!(shown(&change), format!("{route} (by whom is not known)\n"));
        change.learnt = Learnt::Listed;
        assert_eq!(
            shown(&change),
            format!("{route} (found by a list: when and by whom is not known)\n")
        );
        change.because = Some("link eth0 went down by ip[7]".to_owned());
        assert_eq!(
            shown(&change),
            format!("{route} and told to nobody, probably because link eth0 went down by ip[7]\n")
        );
    }

    #[test]
    fn what_changed_is_said_with_both_values() {
        let mut change = change();
        (change.kind, change.verb, change.object) = (Kind::Link, Verb::Changed, "eth0".to_owned());
        let value = |text: &str| Some(text.to_owned());
        let difference = |field: &str, from, to| Difference { field: field.to_owned(), from, to };
        change.differences = vec![
            difference("mtu", value("1500"), value("1400")),
            difference("master", None, value("br0")),
            difference("alias", value("x"), None),
        ];
        assert!(
            shown(&change).ends_with(": mtu 1500 -> 1400, master br0, no alias (was x)\n"),
            "{}",
            shown(&change)
        );
    }
}
