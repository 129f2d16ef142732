//! Which listeners lost what and when, whose messages were sent to them meanwhile, and which buffer
//! would have been enough.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::buffer::{Filled, Need};
use super::listeners::{Burst, Listener};
use super::{ANSWERS_MAX, Doubt, Evidence, Reach};
use crate::decode::names::{group_name, protocol_name};
use crate::ledger::Who;

/// Shares of one burst that are told apart.
const SHARES_MAX: usize = 16;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What is known of losses at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossState {
    /// Sockets that lost something.
    pub listeners: Vec<Listener>,
    /// What found no room, by process, protocol and type.
    pub types: Vec<TypeLost>,
    /// `net.core.rmem_max`.
    pub rmem_max: Option<u64>,
    /// Samples that were lost since the daemon began.
    pub samples_lost: u64,
}

/// Messages of a type that found no room at sockets of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeLost {
    /// Process id.
    #[serde(skip)]
    pub pid: u32,
    /// Netlink protocol number.
    #[serde(skip)]
    pub protocol: u8,
    /// The type by name.
    #[serde(rename = "type")]
    pub message_type: String,
    /// How many.
    pub count: u64,
}

/// Where a datagram went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To all that are in a group, but for one.
    Group {
        /// The group.
        group: u32,
        /// Port id of the one that is left out; 0 for none.
        except: u32,
    },
    /// To one port id.
    Port(u32),
}

/// A datagram that the log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its record.
    pub record: u64,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Netlink protocol number.
    pub protocol: u8,
    /// Where it went.
    pub to: To,
    /// Its length.
    pub bytes: u32,
    /// Who sent it; `None` is the kernel by itself.
    pub process: Option<Who>,
}

/// How many of a burst's datagrams were one sender's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Name of the process; `kernel` where no process had it done.
    pub process: String,
    /// The systemd unit of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its process id; 0 for the kernel.
    pub pid: u32,
    /// Datagrams.
    pub count: u64,
    /// Percent of all that were sent, rounded.
    pub percent: u64,
}

/// One burst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurstLoss {
    /// It began behind this moment: `CLOCK_MONOTONIC` nanoseconds.
    pub from_ns: u64,
    /// The same by the time of day.
    pub from: String,
    /// It was over, or still going on, at this one.
    pub to_ns: u64,
    /// The same by the time of day.
    pub to: String,
    /// Datagrams that found no room.
    pub lost: u64,
    /// Datagrams that were sent to it in that time, as far as the log has them.
    pub sent: u64,
    /// Whose they were, the most first.
    pub shares: Vec<Share>,
    /// Those of others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
    /// The first and the last of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Evidence>,
    /// What it needed; absent where the buffer or the datagrams are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<Need>,
    /// What weakens this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// What one socket lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerLoss {
    /// Process id; absent where nobody is known to hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Name of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// Protocol by name.
    pub protocol: String,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Port id of the socket.
    pub portid: u32,
    /// The groups that it is in, by name.
    pub groups: Vec<String>,
    /// It is there.
    pub is_open: bool,
    /// Datagrams that it lost since nlmon looked first.
    pub lost: u64,
    /// Those of them that are in no burst, because only the last bursts are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Size of its receive buffer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer_bytes: Option<u32>,
    /// What found no room at all sockets of that process and protocol, the most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TypeLost>,
    /// When, oldest first.
    pub bursts: Vec<BurstLoss>,
    /// The largest need of a burst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<Need>,
    /// What weakens this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossAnswer {
    /// Each socket that lost something, the one that lost most first.
    pub listeners: Vec<ListenerLoss>,
    /// Sockets that were left out, because there are so many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// `net.core.rmem_max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmem_max: Option<u64>,
    /// What it was made of.
    pub reach: Reach,
}

/// The answer about these losses, by the datagrams that the log has, oldest first. `time` says the
/// time of day.
pub fn losses(
    state: &LossState,
    sent: &[Sent],
    reach: Reach,
    time: &dyn Fn(u64) -> String,
) -> LossAnswer {
    let mut listeners: Vec<ListenerLoss> = Vec::new();
    let view = View { state, sent, reach: &reach, time };
    listeners.extend(state.listeners.iter().map(|listener| view.listener(listener)));
    listeners.sort_by_key(|loss| std::cmp::Reverse(loss.lost));
    let more = listeners.len().saturating_sub(ANSWERS_MAX) as u64;
    listeners.truncate(ANSWERS_MAX);
    LossAnswer { listeners, more, rmem_max: state.rmem_max, reach }
}

/// What an answer is made of.
struct View<'a> {
    state: &'a LossState,
    sent: &'a [Sent],
    reach: &'a Reach,
    time: &'a dyn Fn(u64) -> String,
}

impl View<'_> {
    fn listener(&self, listener: &Listener) -> ListenerLoss {
        let socket = &listener.socket;
        let bursts: Vec<BurstLoss> =
            listener.bursts.iter().map(|burst| self.burst(listener, burst)).collect();
        let needs = bursts.iter().filter_map(|burst| burst.need.as_ref());
        let need = needs.max_by_key(|need| need.enough_bytes).cloned();
        let (pid, process) = socket.process.clone().unzip();
        let mut types: Vec<TypeLost> = self.state.types.clone();
        types.retain(|lost| Some(lost.pid) == pid && lost.protocol == socket.protocol);
        types.sort_by_key(|lost| std::cmp::Reverse(lost.count));
        let group = |group: &u32| group_name(socket.protocol, *group).into_owned();
        let mut doubts = Vec::new();
        if pid.is_none() {
            doubts.push(Doubt::OwnerUnknown);
        }
        if listener.lost_before > 0 {
            doubts.push(Doubt::LostBefore(listener.lost_before));
        }
        ListenerLoss {
            pid,
            process,
            protocol: protocol_name(socket.protocol).into_owned(),
            netns: socket.netns,
            portid: socket.portid,
            groups: socket.groups.iter().map(group).collect(),
            is_open: listener.is_open,
            lost: listener.lost,
            forgotten: listener.forgotten,
            buffer_bytes: socket.buffer_bytes,
            types,
            bursts,
            need,
            doubts,
        }
    }

    fn burst(&self, listener: &Listener, burst: &Burst) -> BurstLoss {
        let socket = &listener.socket;
        let is_to_it = |sent: &&Sent| {
            let is_for_it = match sent.to {
                To::Group { group, except } => {
                    socket.groups.contains(&group) && (except == 0 || except != socket.portid)
                }
                To::Port(portid) => portid == socket.portid && portid != 0,
            };
            is_for_it
                && sent.protocol == socket.protocol
                && sent.netns == socket.netns
                && (burst.from_ns..=burst.to_ns).contains(&sent.record)
        };
        let sent: Vec<&Sent> = self.sent.iter().filter(is_to_it).collect();
        let evidence =
            |sent: &&Sent| Evidence { record: sent.record, time: (self.time)(sent.record) };
        let ends = [sent.first(), sent.last().filter(|_| sent.len() > 1)];
        let (shares, others) = shares(&sent);
        let longest_bytes = sent.iter().map(|sent| u64::from(sent.bytes)).max();
        let filled = socket.buffer_bytes.zip(longest_bytes).map(|(buffer, longest_bytes)| Filled {
            buffer_bytes: buffer.into(),
            queue_bytes: burst.queue_bytes.into(),
            lost: burst.lost,
            sent: sent.len() as u64,
            sent_bytes: sent.iter().map(|sent| u64::from(sent.bytes)).sum(),
            longest_bytes,
        });
        BurstLoss {
            from_ns: burst.from_ns,
            from: (self.time)(burst.from_ns),
            to_ns: burst.to_ns,
            to: (self.time)(burst.to_ns),
            lost: burst.lost,
            sent: sent.len() as u64,
            shares,
            others,
            records: ends.into_iter().flatten().map(evidence).collect(),
            need: filled.map(|filled| filled.need(self.state.rmem_max)),
            doubts: self.doubts(listener, burst),
        }
    }

    fn doubts(&self, listener: &Listener, burst: &Burst) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if burst.began_full {
            doubts.push(Doubt::BeganFull);
        }
        if listener.socket.hears_all {
            doubts.push(Doubt::HearsAllNamespaces);
        }
        let is_cut = self.reach.doubts.contains(&Doubt::LogBeginsLater);
        let oldest_ns = self.reach.oldest.as_ref().map_or(u64::MAX, |oldest| oldest.record);
        if is_cut && oldest_ns > burst.from_ns {
            doubts.push(Doubt::LogBeginsLater);
        }
        doubts
    }
}

/// Whose these are, and how many are of nobody who is named.
fn shares(sent: &[&Sent]) -> (Vec<Share>, u64) {
    let mut by: BTreeMap<(&str, Option<&str>), (u32, u64)> = BTreeMap::new();
    for datagram in sent {
        let who = datagram.process.as_ref();
        let name = who.map_or("kernel", |who| &who.comm);
        let share = by.entry((name, who.and_then(|who| who.unit.as_deref()))).or_default();
        *share = (who.map_or(0, |who| who.pid), share.1 + 1);
    }
    let all = (sent.len() as u64).max(1);
    let share = |((process, unit), (pid, count)): ((&str, Option<&str>), (u32, u64))| Share {
        process: process.to_owned(),
        unit: unit.map(str::to_owned),
        pid,
        count,
        percent: (100 * count + all / 2) / all,
    };
    let mut shares: Vec<Share> = by.into_iter().map(share).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.count));
    let others = shares.iter().skip(SHARES_MAX).map(|share| share.count).sum();
    shares.truncate(SHARES_MAX);
    (shares, others)
}

#[cfg(test)]
mod tests {
    use super::super::listeners::Socket;
    use super::*;

    fn listener() -> Listener {
        let burst =
            Burst { from_ns: 100, to_ns: 200, lost: 151, queue_bytes: 2304, began_full: false };
        Listener {
            socket: Socket {
                netns: 1,
                protocol: 0,
                portid: 7,
                groups: vec![1],
                buffer_bytes: Some(2304),
                process: Some((7, "bird".to_owned())),
                ..Socket::default()
            },
            is_open: true,
            lost: 151,
            lost_before: 0,
            bursts: [burst].into(),
            forgotten: 0,
        }
    }

    fn sent(record: u64, comm: Option<&str>, to: To) -> Sent {
        let process = comm.map(|comm| Who { pid: 9, comm: comm.to_owned(), ..Who::default() });
        Sent { record, netns: 1, protocol: 0, to, bytes: 100, process }
    }

    const LINKS: To = To::Group { group: 1, except: 0 };

    fn answer(sent: &[Sent], doubts: Vec<Doubt>, oldest: u64) -> LossAnswer {
        let types = ["RTM_NEWLINK", "RTM_DELLINK"].map(|name| TypeLost {
            pid: 7,
            protocol: 0,
            message_type: name.to_owned(),
            count: 1,
        });
        let state =
            LossState { listeners: vec![listener()], types: types.into(), ..LossState::default() };
        let oldest = Some(Evidence { record: oldest, time: String::new() });
        let reach = Reach { records: sent.len() as u64, oldest, doubts };
        losses(&state, sent, reach, &|ns| ns.to_string())
    }

    #[test]
    fn shares_are_of_what_was_sent_to_it_in_that_time() {
        let mut all = vec![sent(99, Some("early"), LINKS), sent(201, Some("late"), LINKS)];
        all.extend((0..101).map(|n| sent(100 + n % 100, Some("ip"), LINKS)));
        all.extend((0..52).map(|n| sent(110 + n, None, LINKS)));
        all.push(sent(150, Some("x"), To::Port(7)));
        // Not for it: another group, another port, the one that is left out, another namespace.
        all.push(sent(150, Some("y"), To::Group { group: 2, except: 0 }));
        all.push(sent(150, Some("y"), To::Port(8)));
        all.push(sent(150, Some("y"), To::Group { group: 1, except: 7 }));
        all.push(Sent { netns: 2, ..sent(150, Some("y"), LINKS) });
        let answer = answer(&all, Vec::new(), 0);
        let loss = &answer.listeners[0];
        let burst = &loss.bursts[0];
        let shares: Vec<_> = burst
            .shares
            .iter()
            .map(|share| (&*share.process, share.count, share.percent))
            .collect();
        assert_eq!(shares, [("ip", 101, 66), ("kernel", 52, 34), ("x", 1, 1)]);
        assert_eq!((burst.sent, burst.lost, burst.others), (154, 151, 0));
        assert_eq!(loss.need.as_ref().unwrap().charge_bytes, Some(768));
        assert_eq!((loss.types.len(), &*loss.groups[0]), (2, "link"));
        assert_eq!(burst.doubts, []);
    }

    #[test]
    fn a_log_that_begins_in_the_burst_weakens_it() {
        let all = [sent(150, Some("ip"), LINKS)];
        let cut = answer(&all, vec![Doubt::LogBeginsLater], 150);
        assert_eq!(cut.listeners[0].bursts[0].doubts, [Doubt::LogBeginsLater]);
        let whole = answer(&all, vec![Doubt::LogBeginsLater], 90);
        assert_eq!(whole.listeners[0].bursts[0].doubts, []);
        // Of what was sent nothing is known: nor what it needed.
        let none = answer(&[], vec![Doubt::NoProbes], 0);
        assert_eq!((none.listeners[0].bursts[0].sent, &none.listeners[0].need), (0, &None));
    }
}
