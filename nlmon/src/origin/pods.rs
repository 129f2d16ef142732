//! UIDs of Kubernetes pods as names, as the kubelet lays out the logs of a node:
//! `/var/log/pods/NAMESPACE_POD_UID`. It makes that directory before it starts the pod. So names take
//! no API server, no credentials and no runtime's socket.
//!
//! Invariant: a UID is never used again, so what is known stays true, also when the pod has gone.

use std::{fs, io, path::PathBuf, sync::Arc};

use super::{ENTRIES_MAX, Table, keep};
use crate::{sockets::cgroup::is_pod_uid, throttle};

const DIRECTORY: &str = "/var/log/pods";

/// Least time between two looks.
const PAUSE_NS: u64 = 1_000_000_000;

/// What a pod is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

/// The pods that were looked up.
#[derive(Debug)]
pub(super) struct Pods {
    directory: PathBuf,
    by_uid: Table<Arc<str>, Pod>,
    looked_ns: Option<u64>,
}

impl Default for Pods {
    fn default() -> Self {
        Self::at(DIRECTORY)
    }
}

impl Pods {
    pub(super) fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), by_uid: Table::default(), looked_ns: None }
    }

    /// Looks for a pod that is not known, unless the last look was a moment ago.
    pub(super) fn note(&mut self, uid: &str, now_ns: u64) {
        let is_due = |looked_ns| now_ns.saturating_sub(looked_ns) >= PAUSE_NS;
        if self.by_uid.contains_key(uid) || !self.looked_ns.is_none_or(is_due) {
            return;
        }
        self.looked_ns = Some(now_ns);
        if let Err(error) = self.look() {
            // Without a kubelet there is none, and where it is not mounted, none is seen.
            if error.kind() != io::ErrorKind::NotFound {
                throttle::UNREADABLE.warn(format_args!(
                    "cannot look for names of pods in {}: {error}",
                    self.directory.display()
                ));
            }
        }
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Pod> {
        self.by_uid.get(uid)
    }

    fn look(&mut self) -> io::Result<()> {
        // A node has some hundreds at most.
        for entry in fs::read_dir(&self.directory)?.take(ENTRIES_MAX) {
            let name = entry?.file_name();
            if let Some((uid, pod)) = name.to_str().and_then(named)
                && !self.by_uid.contains_key(uid)
            {
                keep(&mut self.by_uid, uid.into(), pod);
            }
        }
        Ok(())
    }
}

/// The UID and the names in `NAMESPACE_POD_UID`. Neither name can have an underscore.
fn named(directory: &str) -> Option<(&str, Pod)> {
    let mut parts = directory.split('_');
    let (namespace, name, uid) = (parts.next()?, parts.next()?, parts.next()?);
    let is_name = |name: &str| {
        let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        !name.is_empty() && name.bytes().all(is_allowed)
    };
    let is_whole = parts.next().is_none() && is_name(namespace) && is_name(name);
    let pod = || Pod { namespace: namespace.into(), name: name.into() };
    (is_whole && is_pod_uid(uid)).then(|| (uid, pod()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    fn pods(name: &str) -> (Pods, PathBuf) {
        let directory =
            std::env::temp_dir().join(format!("nlmon-pods-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        (Pods::at(&directory), directory)
    }

    fn names(pods: &Pods, uid: &str) -> Option<(String, String)> {
        pods.get(uid).map(|pod| (pod.namespace.to_string(), pod.name.to_string()))
    }

    #[test]
    fn reads_the_names_of_directories() {
        let pod = |text: &str| named(text).map(|(uid, pod)| (uid.to_owned(), pod.name.to_string()));
        let web = format!("default_web-5d4.x_{UID}");
        assert_eq!(pod(&web), Some((UID.into(), "web-5d4.x".into())));
        let hash = "0123456789abcdef0123456789abcdef";
        let etcd = format!("kube-system_etcd-node1_{hash}");
        assert_eq!(pod(&etcd), Some((hash.into(), "etcd-node1".into())));
        for wrong in ["", "web", "a_b", "a_b_c", "_b_", "lost+found", &format!("a_b_{UID}_c")] {
            assert_eq!(pod(wrong), None, "{wrong}");
        }
        assert_eq!(pod(&format!("a_\u{1b}[2J_{UID}")), None);
        assert_eq!(pod(&format!("_b_{UID}")), None);
    }

    #[test]
    fn a_pod_is_known_when_it_has_gone() {
        let (mut pods, directory) = pods("gone");
        fs::create_dir(directory.join(format!("default_web_{UID}"))).unwrap();
        pods.note(UID, 1);
        fs::remove_dir_all(&directory).unwrap();
        pods.note(UID, 1 + 10 * PAUSE_NS);
        assert_eq!(names(&pods, UID), Some(("default".into(), "web".into())));
    }

    #[test]
    fn a_later_pod_is_found_once_in_a_while() {
        let (mut pods, directory) = pods("late");
        pods.note(UID, 1);
        fs::create_dir(directory.join(format!("default_web_{UID}"))).unwrap();
        pods.note(UID, 2);
        assert_eq!(names(&pods, UID), None);
        pods.note(UID, 1 + PAUSE_NS);
        assert!(names(&pods, UID).is_some());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn where_there_is_no_directory_no_pod_has_a_name() {
        let mut pods = Pods::at("/nonexistent/pods");
        pods.note(UID, 1);
        assert_eq!(names(&pods, UID), None);
    }
}
