//! Which requests the kernel refused, grouped by who sent them, of which type they were, and what
//! the kernel said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ANSWERS_MAX, Evidence, Reach};
use crate::ledger::Who;

/// Groups that are kept while records are read.
const GROUPS_MAX: usize = 1024;

/// Records that are named as evidence of a group: the last ones.
const EVIDENCE_MAX: usize = 5;

/// A request that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its record.
    pub evidence: Evidence,
    /// Inode number of the network namespace.
    pub netns: u32,
    /// Who sent it.
    pub process: Option<Who>,
    /// Protocol by name.
    pub protocol: String,
    /// Type of the message that was refused, by name.
    pub request: String,
    /// What that message was about, in words.
    pub about: String,
    /// Name of the errno.
    pub errno: String,
    /// The kernel's own words, if it had any.
    pub text: Option<String>,
    /// The attribute that the kernel found at fault, by name.
    pub attribute: Option<String>,
}

/// Refusals of one kind: of one process by name, of one type, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The process that sent the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Who>,
    /// Protocol by name.
    pub protocol: String,
    /// Type of the message.
    pub request: String,
    /// Name of the errno.
    pub errno: String,
    /// The kernel's own words, if it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The attribute that the kernel found at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// How often.
    pub count: u64,
    /// The first that the log has.
    pub first: Evidence,
    /// The last ones, oldest first.
    pub last: Vec<Evidence>,
    /// What the last was about, in words.
    pub last_about: String,
    /// Inode number of the namespace of the last.
    pub netns: u32,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// What was refused, the most frequent first.
    pub refused: Vec<Refused>,
    /// Refusals that are in none of these, because there are so many kinds.
    #[serde(default, skip_serializing_if = "super::losses::is_zero")]
    pub more: u64,
    /// Requests of these processes that the log has, by name of the process.
    pub requests: BTreeMap<String, u64>,
    /// What it was made of.
    pub reach: Reach,
}

type Key = (String, String, String, String, Option<String>, Option<String>);

/// Takes in requests, oldest first.
#[derive(Debug, Default)]
pub struct Errors {
    groups: BTreeMap<Key, Refused>,
    requests: BTreeMap<String, u64>,
    more: u64,
}

impl Errors {
    /// Takes in a request of this process, whatever became of it.
    pub fn request(&mut self, process: &str) {
        if self.requests.len() < GROUPS_MAX || self.requests.contains_key(process) {
            *self.requests.entry(process.to_owned()).or_default() += 1;
        }
    }

    /// Takes in one that was refused.
    pub fn refusal(&mut self, refusal: Refusal) {
        let Refusal { evidence, netns, process, protocol, request, about, errno, text, attribute } =
            refusal;
        let name = process.as_ref().map_or_else(String::new, |who| who.comm.clone());
        let key = (
            name,
            protocol.clone(),
            request.clone(),
            errno.clone(),
            text.clone(),
            attribute.clone(),
        );
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(&key) {
            self.more += 1;
            return;
        }
        let first = evidence.clone();
        let group = self.groups.entry(key).or_insert_with(|| Refused {
            process: None,
            protocol,
            request,
            errno,
            text,
            attribute,
            count: 0,
            first,
            last: Vec::new(),
            last_about: String::new(),
            netns,
        });
        group.count += 1;
        (group.process, group.last_about, group.netns) = (process, about, netns);
        if group.last.len() == EVIDENCE_MAX {
            group.last.remove(0);
        }
        group.last.push(evidence);
    }

    /// The answer.
    pub fn answer(self, reach: Reach) -> ErrorAnswer {
        let mut refused: Vec<Refused> = self.groups.into_values().collect();
        let last = |group: &Refused| group.last.last().map_or(0, |evidence| evidence.record);
        refused.sort_by_key(|group| std::cmp::Reverse((group.count, last(group))));
        let left_out = refused.iter().skip(ANSWERS_MAX).map(|group| group.count);
        let more = self.more + left_out.sum::<u64>();
        refused.truncate(ANSWERS_MAX);
        ErrorAnswer { refused, more, requests: self.requests, reach }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(record: u64, comm: &str, errno: &str, text: Option<&str>) -> Refusal {
        let process = Some(Who { pid: 7, comm: comm.to_owned(), ..Who::default() });
        Refusal {
            evidence: Evidence { record, time: record.to_string() },
            netns: 1,
            process,
            protocol: "route".to_owned(),
            request: "RTM_NEWLINK".to_owned(),
            about: format!("link {record}"),
            errno: errno.to_owned(),
            text: text.map(str::to_owned),
            attribute: None,
        }
    }

    #[test]
    fn what_is_alike_is_counted_together_and_its_last_records_are_named() {
        let mut errors = Errors::default();
        for record in 1..=7 {
            errors.request("ip");
            errors.refusal(refusal(record, "ip", "EINVAL", Some("mtu less than device minimum")));
        }
        errors.request("ip");
        errors.request("bird");
        errors.refusal(refusal(8, "bird", "EEXIST", None));
        let answer = errors.answer(Reach::default());
        assert_eq!(answer.requests, [("bird".to_owned(), 1), ("ip".to_owned(), 8)].into());
        let [most, other] = &*answer.refused else { panic!("{answer:?}") };
        assert_eq!((most.count, most.first.record, &*most.last_about), (7, 1, "link 7"));
        assert_eq!(most.text.as_deref(), Some("mtu less than device minimum"));
        let records: Vec<u64> = most.last.iter().map(|evidence| evidence.record).collect();
        assert_eq!(records, [3, 4, 5, 6, 7]);
        assert_eq!((other.count, other.errno.as_str()), (1, "EEXIST"));
    }

    #[test]
    fn made_up_names_fill_no_memory_and_are_counted() {
        let mut errors = Errors::default();
        for record in 0..3000 {
            errors.request(&record.to_string());
            errors.refusal(refusal(record, &record.to_string(), "EPERM", None));
        }
        assert_eq!((errors.groups.len(), errors.requests.len()), (GROUPS_MAX, GROUPS_MAX));
        let answer = errors.answer(Reach::default());
        assert_eq!(answer.refused.len(), ANSWERS_MAX);
        assert_eq!(answer.more + ANSWERS_MAX as u64, 3000);
    }
}
