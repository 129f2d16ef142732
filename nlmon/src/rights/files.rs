//! Landlock: files are read and written where the daemon has something to do, and nowhere else. See
//! landlock(7).

use std::{
    fmt,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

/// The newest rules that are made use of. A kernel with older ones keeps what it knows.
const NEWEST: ABI = ABI::V6;

/// Where this process reads and writes. What is below a directory belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Files are read and directories listed.
    pub read: Vec<PathBuf>,
    /// Files are read, written, made, renamed and removed.
    pub write: Vec<PathBuf>,
}

/// The kernel holds this thread to its places, and lets it execute nothing, open no connection by
/// TCP, and signal no other process, as far as the kernel knows these rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restricted {
    abi: i32,
}

impl fmt::Display for Restricted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { abi } = self;
        let tcp = if *abi >= ABI::V4 as i32 { ", no TCP" } else { "" };
        let signals = if *abi >= ABI::V6 as i32 { ", no signals to others" } else { "" };
        write!(f, "files by landlock {abi}: nothing to execute{tcp}{signals}")
    }
}

/// Why the files are not restricted.
#[derive(Debug, thiserror::Error)]
pub enum Unrestricted {
    /// It would be in the way.
    #[error("this process may look into others, which landlock would forbid")]
    LooksIntoOthers,
    /// The kernel lacks it.
    #[error("this kernel has no landlock, which takes 5.13 and CONFIG_SECURITY_LANDLOCK")]
    NotThere,
    /// It was left out when the kernel started.
    #[error("landlock is not among the security modules of this kernel (lsm=)")]
    NotEnabled,
    /// It is there, and refuses.
    #[error("landlock refuses: {0}")]
    Refused(#[from] RulesetError),
}

/// Restricts this thread, and those that it starts later, to these places.
///
/// # Errors
/// Why not; then everything is as it was.
pub fn restrict_files(places: &Places) -> Result<Restricted, Unrestricted> {
    let reading = AccessFs::ReadFile | AccessFs::ReadDir;
    let read = places.read.iter().filter_map(|path| existing(path));
    let write = places.write.iter().filter(|path| path.is_dir());
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(read, reading))?
        .add_rules(path_beneath_rules(write, reading | writing()))?
        .restrict_self()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => Err(Unrestricted::NotEnabled),
        (RulesetStatus::NotEnforced, _) => Err(Unrestricted::NotThere),
        (_, LandlockStatus::Available { effective_abi, .. }) => {
            Ok(Restricted { abi: (effective_abi as i32).min(NEWEST as i32) })
        }
        (_, LandlockStatus::NotEnabled | LandlockStatus::NotImplemented) => {
            Err(Unrestricted::NotThere)
        }
    }
}

fn writing() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{WriteFile | MakeReg | RemoveFile | Truncate})
}

/// The path, or what is there of it: what may come later comes below that.
fn existing(path: &Path) -> Option<&Path> {
    path.ancestors().find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::ErrorKind, net::TcpListener, process::Command, thread};

    use super::*;

    /// Whether the running kernel has it, as the kernel tells everybody.
    fn is_enabled() -> bool {
        fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|list| list.contains("landlock"))
    }

    #[test]
    fn what_is_there_of_a_path_is_restricted_to() {
        assert_eq!(existing(Path::new("/proc/none/of/it")), Some(Path::new("/proc")));
        assert_eq!(existing(Path::new("/proc/self")), Some(Path::new("/proc/self")));
    }

    /// In a thread, which is all that is restricted. Where the kernel lacks it, that is what is said.
    #[test]
    fn a_thread_keeps_to_its_places() {
        let root = std::env::temp_dir().join(format!("nlmon-places-{}", std::process::id()));
        let [read, write, other] = ["read", "write", "other"].map(|name| root.join(name));
        for directory in [&read, &write, &other] {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join("old"), "text").unwrap();
        }
        let places = Places { read: vec![read.clone()], write: vec![write.clone()] };
        let restricted = thread::spawn(move || {
            let restricted = match restrict_files(&places) {
                Ok(restricted) => restricted,
                Err(why @ (Unrestricted::NotThere | Unrestricted::NotEnabled)) => {
                    assert!(!is_enabled(), "{why}");
                    return None;
                }
                Err(why) => panic!("{why}"),
            };
            let denied = |result: std::io::Result<()>| {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::PermissionDenied);
            };
            assert_eq!(fs::read_to_string(read.join("old")).unwrap(), "text");
            denied(fs::write(read.join("new"), ""));
            denied(fs::read_to_string(other.join("old")).map(drop));
            denied(Command::new("/bin/true").status().map(drop));
            fs::write(write.join("new"), "more").unwrap();
            fs::rename(write.join("new"), write.join("newer")).unwrap();
            fs::remove_file(write.join("newer")).unwrap();
            denied(fs::create_dir(write.join("directory")));
            if restricted.abi >= ABI::V4 as i32 {
                denied(TcpListener::bind("127.0.0.1:0").map(drop));
            }
            Some(restricted.to_string())
        })
        .join()
        .unwrap();
        fs::remove_dir_all(root).unwrap();
        assert!(restricted.is_none_or(|said| said.starts_with("files by landlock")));
    }
}
