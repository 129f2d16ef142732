//! Which conditions hold, by the totals of one look and of those before.

use std::collections::{BTreeMap, VecDeque};

use super::{
    Condition, Kind, Look, Own, Pair, Refusal, Severity, Thresholds,
    fight::Fights,
    silent::Silent,
    stall::Stalls,
    storm::{OVER_NS, Storms},
    windows::Windows,
};

use crate::talkers::{Object, Talker};

/// How many of those that have most to do with a finding are named.
const NAMED_MAX: usize = 3;

/// How often sockets have to become more: one jump is a start, and no leak.
const GROWTHS_MIN: usize = 3;

/// Numbers of sockets are kept in pieces of a tenth of the leak's time.
const LEAK_PIECES: u64 = 10;

/// What the looks before have left.
#[derive(Clone, Debug)]
pub struct Detectors {
    thresholds: Thresholds,
    overruns: Windows<Pair>,
    ended: Windows<Pair>,
    refused: Windows<Pair>,
    refusals: Windows<Refusal>,
    causes: Windows<Pair>,
    recent_causes: Windows<Pair>,
    full_tables: Windows<String>,
    own: Windows<&'static str>,
    storms: Storms,
    fights: Fights,
    silent: Silent,
    stalls: Stalls,
    sockets: BTreeMap<Pair, VecDeque<(u64, u64)>>,
}

impl Detectors {
    /// None has looked yet.
    pub fn new(thresholds: Thresholds) -> Self {
        let window_ns = thresholds.window_ns;
        Self {
            thresholds,
            overruns: Windows::new(window_ns),
            ended: Windows::new(window_ns),
            refused: Windows::new(window_ns),
            refusals: Windows::new(window_ns),
            causes: Windows::new(window_ns),
            recent_causes: Windows::new(OVER_NS),
            full_tables: Windows::new(window_ns),
            own: Windows::new(window_ns),
            storms: Storms::new(),
            fights: Fights::default(),
            silent: Silent::default(),
            stalls: Stalls::default(),
            sockets: BTreeMap::new(),
        }
    }

    /// Other thresholds from now on. What was counted stays.
    pub fn configure(&mut self, thresholds: Thresholds) {
        if thresholds.window_ns != self.thresholds.window_ns {
            *self = Self::new(thresholds);
        }
        self.thresholds = thresholds;
    }

    /// What holds now.
    pub fn look(&mut self, look: &Look) -> Vec<Condition> {
        let at_ns = look.at_ns;
        self.overruns.add(at_ns, totals(&look.overruns));
        self.ended.add(at_ns, look.requests.iter().map(|(who, of)| (who, of.ended)));
        self.refused.add(at_ns, look.requests.iter().map(|(who, of)| (who, of.refused)));
        self.refusals.add(at_ns, totals(&look.refusals));
        self.causes.add(at_ns, totals(&look.causes));
        self.recent_causes.add(at_ns, totals(&look.causes));
        self.full_tables.add(at_ns, totals(&look.full_tables));
        let Own { samples_lost, deliveries_lost, .. } = look.own;
        let own = [(&SAMPLES, samples_lost), (&DELIVERIES, deliveries_lost)];
        self.own.add(at_ns, own.into_iter());
        let storms = self.storms.look(at_ns, &look.notifications, &self.thresholds);
        let mut conditions = self.own(&look.own);
        conditions.extend(storms.into_iter().map(|storm| {
            let (protocol, message_type) = &storm.what;
            Condition {
                kind: Kind::Storm,
                subject: format!("{protocol} {message_type}"),
                severity: Severity::Warning,
                text: format!(
                    "{} messages a second of {message_type} in the last minute, where there are \
                     mostly {}.",
                    storm.rate, storm.past
                ),
                evidence: most(&self.recent_causes, protocol)
                    .into_iter()
                    .chain(about(&look.objects, protocol, message_type))
                    .collect(),
            }
        }));
        conditions.extend(self.lost());
        conditions.extend(self.errors());
        conditions.extend(self.transactions());
        conditions.extend(self.tables());
        conditions.extend(self.leaks(look));
        for change in &look.changes {
            self.fights.change(change);
            self.silent.change(change);
        }
        conditions.extend(self.fights.look(at_ns, &self.thresholds));
        conditions.extend(self.silent.look(at_ns, &self.thresholds));
        conditions.extend(self.stalls.look(look.queues.as_ref(), &self.thresholds));
        conditions
    }

    fn minutes(&self) -> String {
        minutes(self.thresholds.window_ns)
    }

    fn lost(&self) -> impl Iterator<Item = Condition> {
        self.overruns.iter().map(|((protocol, process), count)| Condition {
            kind: Kind::Lost,
            subject: format!("{process} {protocol}"),
            severity: Severity::Warning,
            text: format!(
                "{process} lost {} of {protocol} in the last {}: its receive buffer was full.",
                counted(count, "datagram"),
                self.minutes()
            ),
            evidence: most(&self.causes, protocol).into_iter().collect(),
        })
    }

    fn errors(&self) -> impl Iterator<Item = Condition> {
        self.refused.iter().filter_map(|(who, refused)| {
            let ended = self.ended.of(who);
            let is_most = refused.saturating_mul(100)
                >= ended.saturating_mul(self.thresholds.refused_percent);
            if refused < self.thresholds.refused.max(1) || !is_most {
                return None;
            }
            let (protocol, process) = who;
            Some(Condition {
                kind: Kind::Errors,
                subject: format!("{process} {protocol}"),
                severity: Severity::Warning,
                text: format!(
                    "The kernel refused {refused} of {} that {process} sent to {protocol} in the \
                     last {}.",
                    counted(ended, "request"),
                    self.minutes()
                ),
                evidence: self.refused_how(process, protocol).into_iter().collect(),
            })
        })
    }

    /// With what, and which requests.
    fn refused_how(&self, process: &str, protocol: &str) -> Option<String> {
        let of_it = |(of, by, ..): &Refusal| of == process && by == protocol;
        let refusals = self.refusals.iter().filter(|(refusal, _)| of_it(refusal));
        let named = refusals.map(|((_, _, message_type, errno), count)| {
            (format!("{message_type} with {errno}"), count)
        });
        Some(format!("Refused: {}.", ranked(named)?))
    }

    /// Each process whose transactions failed. Nothing of one that failed is applied.
    fn transactions(&self) -> Vec<Condition> {
        let mut failed: BTreeMap<&str, Vec<(String, u64)>> = BTreeMap::new();
        for ((process, protocol, message_type, errno), count) in self.refusals.iter() {
            if protocol == "netfilter" && changes_tables(message_type) {
                let how = (format!("{message_type} with {errno}"), count);
                failed.entry(process).or_default().push(how);
            }
        }
        let condition = |(process, how): (&str, Vec<(String, u64)>)| Condition {
            kind: Kind::Nft,
            subject: process.to_owned(),
            severity: Severity::Warning,
            text: format!(
                "The kernel refused {} in transactions of {process} in the last {}.",
                counted(how.iter().map(|(_, count)| count).sum(), "message"),
                self.minutes()
            ),
            evidence: ranked(how.into_iter())
                .map(|how| format!("Refused: {how}."))
                .into_iter()
                .collect(),
        };
        failed.into_iter().map(condition).collect()
    }

    fn tables(&self) -> impl Iterator<Item = Condition> {
        self.full_tables.iter().map(|(table, count)| Condition {
            kind: Kind::Neighbours,
            subject: table.clone(),
            severity: Severity::Critical,
            text: format!(
                "The table {table} was full {} in the last {}.",
                counted(count, "time"),
                self.minutes()
            ),
            evidence: Vec::new(),
        })
    }

    /// Processes with more sockets at each piece of the time than at the one before, or as many.
    fn leaks(&mut self, look: &Look) -> Vec<Condition> {
        let Some(sockets) = &look.sockets else { return Vec::new() };
        let piece_ns = (self.thresholds.leak_ns / LEAK_PIECES).max(1);
        self.sockets.retain(|who, _| sockets.contains_key(who));
        let mut leaks = Vec::new();
        for (who, &count) in sockets {
            let past = self.sockets.entry(who.clone()).or_default();
            match past.back_mut() {
                // Fewer than before: what came has gone.
                Some((_, before)) if count < *before => *past = [(look.at_ns, count)].into(),
                Some((ns, before)) if look.at_ns / piece_ns == *ns / piece_ns => *before = count,
                _ => past.push_back((look.at_ns, count)),
            }
            let oldest_ns = look.at_ns.saturating_sub(self.thresholds.leak_ns);
            while past.get(1).is_some_and(|(ns, _)| *ns <= oldest_ns) {
                past.pop_front();
            }
            let Some(&(since_ns, before)) = past.front() else { continue };
            let grown = count.saturating_sub(before);
            let grew = past.iter().zip(past.iter().skip(1)).filter(|(a, b)| a.1 < b.1).count();
            let is_long = look.at_ns.saturating_sub(since_ns) >= self.thresholds.leak_ns;
            if is_long && grown >= self.thresholds.leaked && grew >= GROWTHS_MIN {
                leaks.push(leak(who, count, grown, self.thresholds.leak_ns));
            }
        }
        leaks
    }

    fn own(&self, own: &Own) -> Vec<Condition> {
        let condition = |subject: &str, severity, text| Condition {
            kind: Kind::Own,
            subject: subject.to_owned(),
            severity,
            text,
            evidence: Vec::new(),
        };
        let mut conditions = Vec::new();
        if !own.reasons.is_empty() {
            let text = format!("nlmon is not ready: {}.", own.reasons.join("; "));
            conditions.push(condition("ready", Severity::Critical, text));
        }
        if !own.degraded.is_empty() {
            let text = format!("nlmon does without: {}.", own.degraded.join("; "));
            conditions.push(condition("degraded", Severity::Info, text));
        }
        for (what, count) in self.own.iter() {
            let text = format!("nlmon lost {count} {what} in the last {}.", self.minutes());
            conditions.push(condition(what, Severity::Warning, text));
        }
        conditions
    }
}

const SAMPLES: &str = "samples";
const DELIVERIES: &str = "deliveries";

fn totals<K>(map: &BTreeMap<K, u64>) -> impl Iterator<Item = (&K, u64)> {
    map.iter().map(|(key, total)| (key, *total))
}

fn leak((protocol, process): &Pair, count: u64, grown: u64, over_ns: u64) -> Condition {
    Condition {
        kind: Kind::Leak,
        subject: format!("{process} {protocol}"),
        severity: Severity::Warning,
        text: format!(
            "{process} holds {count} sockets of {protocol}, {grown} more than {} ago, and closes \
             none.",
            minutes(over_ns)
        ),
        evidence: Vec::new(),
    }
}

/// Whether a message of nftables changes something, and so is part of a transaction.
fn changes_tables(message_type: &str) -> bool {
    let verb = message_type.strip_prefix("NFT_MSG_").unwrap_or_default();
    verb.starts_with("NEW") || verb.starts_with("DEL") || verb.starts_with("DESTROY")
}

/// Who caused most multicasts of a protocol.
fn most(causes: &Windows<Pair>, protocol: &str) -> Option<String> {
    let of_it = causes.iter().filter(|((of, _), _)| of == protocol);
    let ranked = ranked(of_it.map(|((_, process), count)| (process.clone(), count)))?;
    Some(format!("Most notifications of {protocol} meanwhile: {ranked}."))
}

/// The largest, with their counts.
fn ranked(counts: impl Iterator<Item = (String, u64)>) -> Option<String> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let shown = counts.iter().take(NAMED_MAX).map(|(what, count)| format!("{what} ({count})"));
    let shown: Vec<_> = shown.collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The objects that most of these notifications are about.
fn about(objects: &[Talker<Object>], protocol: &str, message_type: &str) -> Option<String> {
    let of_it = objects.iter().filter(|talker| {
        let Object { protocol: of, message_type: by, .. } = &talker.of;
        of == protocol && by == message_type
    });
    let named = of_it.map(|talker| (talker.of.object.clone(), talker.count));
    Some(format!("Most of them are about: {}.", ranked(named)?))
}

pub(super) fn minutes(ns: u64) -> String {
    match ns / 1_000_000_000 {
        seconds if seconds % 60 != 0 || seconds == 0 => counted(seconds, "second"),
        60 => "minute".to_owned(),
        seconds => counted(seconds / 60, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Requests;

    const SECOND: u64 = 1_000_000_000;

    fn pair(protocol: &str, name: &str) -> Pair {
        (protocol.to_owned(), name.to_owned())
    }

    fn look(seconds: u64) -> Look {
        Look { at_ns: seconds * SECOND, ..Look::default() }
    }

    fn found(conditions: &[Condition]) -> Vec<(Kind, &str, &str)> {
        conditions.iter().map(|c| (c.kind, &*c.subject, &*c.text)).collect()
    }

    #[test]
    fn a_quiet_host_has_none() {
        let mut detectors = Detectors::new(Thresholds::default());
        for at in 0..200 {
            let all = Look {
                overruns: [(pair("route", "bird"), 17)].into(),
                requests: [(pair("route", "ip"), Requests { ended: 10 + at, refused: at / 3 })]
                    .into(),
                sockets: Some([(pair("route", "bird"), 3)].into()),
                notifications: [(pair("route", "RTM_NEWADDR"), 7 * at)].into(),
                full_tables: [("arp_cache".to_owned(), 5)].into(),
                own: Own { samples_lost: 3, ..Own::default() },
                ..look(5 * at)
            };
            assert_eq!(detectors.look(&all), []);
        }
    }

    #[test]
    fn a_loss_is_told_with_who_filled_the_buffer_and_ends_after_the_window() {
        let mut detectors = Detectors::new(Thresholds::default());
        detectors.look(&look(0));
        let lost = Look {
            overruns: [(pair("route", "bird"), 37)].into(),
            causes: [(pair("route", "ip"), 1000), (pair("route", "networkd"), 3)].into(),
            ..look(5)
        };
        let conditions = detectors.look(&lost);
        assert_eq!(
            found(&conditions),
            [(
                Kind::Lost,
                "bird route",
                "bird lost 37 datagrams of route in the last 5 minutes: its receive buffer was full."
            )]
        );
        assert_eq!(
            conditions[0].evidence,
            ["Most notifications of route meanwhile: ip (1000), networkd (3)."]
        );
        assert_eq!(detectors.look(&Look { at_ns: 304 * SECOND, ..lost.clone() }).len(), 1);
        assert_eq!(detectors.look(&Look { at_ns: 306 * SECOND, ..lost }), []);
    }

    #[test]
    fn requests_that_mostly_fail_say_with_what() {
        let mut detectors = Detectors::new(Thresholds::default());
        detectors.look(&look(0));
        let refusal = |message_type: &str, errno: &str| {
            ["agent", "route", message_type, errno].map(str::to_owned).into()
        };
        let of = |ended, refused| [(pair("route", "agent"), Requests { ended, refused })].into();
        let few = Look { requests: of(19, 19), ..look(5) };
        assert_eq!(detectors.look(&few), []);
        let refusals: BTreeMap<Refusal, u64> =
            [(refusal("RTM_NEWROUTE", "EEXIST"), 20), (refusal("RTM_DELROUTE", "ESRCH"), 3)].into();
        let most = Look { requests: of(40, 23), refusals: refusals.clone(), ..look(10) };
        let conditions = detectors.look(&most);
        assert_eq!(
            found(&conditions),
            [(
                Kind::Errors,
                "agent route",
                "The kernel refused 23 of 40 requests that agent sent to route in the last 5 \
                 minutes."
            )]
        );
        assert_eq!(
            conditions[0].evidence,
            ["Refused: RTM_NEWROUTE with EEXIST (20), RTM_DELROUTE with ESRCH (3)."]
        );
        let less = Look { requests: of(60, 23), refusals, ..look(15) };
        assert_eq!(detectors.look(&less), []);
    }

    #[test]
    fn a_failed_transaction_of_nftables_is_one_and_a_failed_question_is_none() {
        let mut detectors = Detectors::new(Thresholds::default());
        detectors.look(&look(0));
        let refusal = |message_type: &str| {
            ["nft", "netfilter", message_type, "ENOENT"].map(str::to_owned).into()
        };
        let refusals = [(refusal("NFT_MSG_NEWRULE"), 1), (refusal("NFT_MSG_GETTABLE"), 5)].into();
        let conditions = detectors.look(&Look { refusals, ..look(5) });
        let text = "The kernel refused 1 message in transactions of nft in the last 5 minutes.";
        assert_eq!(found(&conditions), [(Kind::Nft, "nft", text)]);
        assert_eq!(conditions[0].evidence, ["Refused: NFT_MSG_NEWRULE with ENOENT (1)."]);
    }

    #[test]
    fn sockets_that_come_and_never_go_are_a_leak() {
        let run = |counts: &dyn Fn(u64) -> u64| {
            let mut detectors = Detectors::new(Thresholds::default());
            let mut seen = 0;
            for at in (0..7200).step_by(10) {
                let sockets = Some([(pair("route", "agent"), counts(at))].into());
                seen += detectors.look(&Look { sockets, ..look(at) }).len();
            }
            seen
        };
        // One each 30 seconds: after half an hour there are 60 more.
        assert!(run(&|at| 5 + at / 30) > 0);
        // A jump that stays, sockets that come and go, and a few more.
        assert_eq!(run(&|at| if at < 600 { 3 } else { 300 }), 0);
        assert_eq!(run(&|at| 5 + at % 900), 0);
        assert_eq!(run(&|at| 5 + at / 300), 0);
    }

    #[test]
    fn its_own_troubles_are_told_too() {
        let mut detectors = Detectors::new(Thresholds::default());
        detectors.look(&look(0));
        let own = Own {
            reasons: vec!["the pipeline is 6.0 s behind the kernel".to_owned()],
            degraded: vec!["running without probes: no BTF".to_owned()],
            samples_lost: 101,
            deliveries_lost: 0,
        };
        let conditions = detectors.look(&Look { own, ..look(5) });
        let told: Vec<_> = conditions.iter().map(|c| (&*c.subject, c.severity)).collect();
        assert_eq!(
            told,
            [
                ("ready", Severity::Critical),
                ("degraded", Severity::Info),
                ("samples", Severity::Warning)
            ]
        );
        assert_eq!(conditions[2].text, "nlmon lost 101 samples in the last 5 minutes.");
    }

    #[test]
    fn a_storm_says_who_causes_it_and_what_it_is_about() {
        let mut detectors = Detectors::new(Thresholds::default());
        let talker = |name: &str, message_type: &str, count| Talker {
            of: Object {
                protocol: "route".to_owned(),
                message_type: message_type.to_owned(),
                object: name.to_owned(),
            },
            count,
            over: 0,
        };
        let mut storm = Vec::new();
        for at in (0..120).step_by(5) {
            storm = detectors.look(&Look {
                notifications: [(pair("route", "RTM_NEWNEIGH"), 2000 * at)].into(),
                causes: [(pair("route", "kernel"), 2000 * at)].into(),
                objects: vec![
                    talker("10.0.0.7 dev eth0", "RTM_NEWNEIGH", 99_000),
                    talker("eth0", "RTM_NEWLINK", 500),
                    talker("10.0.0.8 dev eth0", "RTM_NEWNEIGH", 21_000),
                ],
                ..look(at)
            });
        }
        assert_eq!(storm[0].kind, Kind::Storm);
        assert!(storm[0].evidence[0].contains("kernel ("), "{storm:?}");
        assert_eq!(
            storm[0].evidence[1],
            "Most of them are about: 10.0.0.7 dev eth0 (99000), 10.0.0.8 dev eth0 (21000)."
        );
    }

    #[test]
    fn a_full_table_of_neighbours_is_told() {
        let mut detectors = Detectors::new(Thresholds::default());
        let full = |count| [("arp_cache".to_owned(), count)].into();
        detectors.look(&Look { full_tables: full(2), ..look(0) });
        let conditions = detectors.look(&Look { full_tables: full(3), ..look(5) });
        let text = "The table arp_cache was full 1 time in the last 5 minutes.";
        assert_eq!(found(&conditions), [(Kind::Neighbours, "arp_cache", text)]);
    }
}
