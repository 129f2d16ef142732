//! What the daemon says of how things are, as rows: findings, the last changes, who talks most. Pure.

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::rows::Row;
use super::views::Source;
use crate::findings::Told;
use crate::live::ledger::text;
use crate::live::situation::ChangeLine;
use nlmon_core::decode::printable::escape;
use nlmon_core::talkers::Minute;

/// How things are.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Situation {
    #[serde(default)]
    findings: Vec<Told>,
    /// Absent where no ledger is kept.
    #[serde(default)]
    changes: Option<Vec<ChangeLine>>,
    #[serde(default)]
    minute: Minute,
}

impl Situation {
    /// The rows of a view, in their own order.
    pub(super) fn rows(&self, source: Source) -> Vec<Row> {
        match source {
            Source::Metrics => Vec::new(),
            Source::Findings => self.findings.iter().map(finding).collect(),
            Source::Changes => self.changes.iter().flatten().map(change).collect(),
            Source::Talkers => talkers(&self.minute),
        }
    }
}

fn row(keys: &[&str], figures: Vec<Option<f64>>) -> Row {
    Row { keys: keys.iter().map(|key| escape(key.as_bytes())).collect(), figures }
}

fn finding(told: &Told) -> Row {
    let Told { since, finding, .. } = told;
    let since = text::time(since, &TimeZone::system());
    row(&[&since, finding.severity.name(), finding.kind.name(), &finding.text], Vec::new())
}

fn change(line: &ChangeLine) -> Row {
    row(&[&text::time(&line.time, &TimeZone::system()), &line.text], Vec::new())
}

#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
fn talkers(minute: &Minute) -> Vec<Row> {
    let objects = minute.objects.iter().map(|talker| {
        let of = &talker.of;
        let keys = ["object", &of.protocol, &of.message_type, &of.object];
        row(&keys, vec![Some(talker.count as f64)])
    });
    let processes = minute.processes.iter().map(|talker| {
        row(&["process", "", "", &talker.of.process], vec![Some(talker.count as f64)])
    });
    objects.chain(processes).collect()
}
