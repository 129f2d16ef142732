//! What the daemon gives up once its probes are attached, while it has one thread: capabilities that
//! it needs no more, and files that it has nothing to do with. `nlmon check` does the same, and says
//! what is left.

use std::{
    env, fmt,
    path::{self, Path, PathBuf},
};

use crate::{
    config::{Config, Source},
    http::{Address, Door},
    probe::Probes,
    rights::{self, Held, Places, Restricted, Unrestricted},
};

/// What a host keeps for its programs to read: processes, cgroups and namespaces are there, settings,
/// names of pods, certificates. A reload may name another file there.
const SYSTEM: [&str; 6] = ["/etc", "/proc", "/run", "/sys", "/usr", "/var"];

/// Where systemd says that a service may write, which a reload may begin to make use of.
const WRITABLE: [&str; 3] = ["RUNTIME_DIRECTORY", "LOGS_DIRECTORY", "STATE_DIRECTORY"];

/// What is left, or why it was not given up.
#[derive(Debug)]
pub struct Confinement {
    /// The capabilities.
    pub capabilities: Result<Held, String>,
    /// The files.
    pub files: Result<Restricted, Unrestricted>,
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.capabilities {
            Ok(held) => write!(f, "{held}; ")?,
            Err(error) => write!(f, "all that there were: {error}; ")?,
        }
        match &self.files {
            Ok(restricted) => write!(f, "{restricted}"),
            Err(why) => write!(f, "files not restricted: {why}"),
        }
    }
}

/// Gives up what is not needed any more, for this thread and those that it starts later.
pub fn confine(
    config: &Config,
    source: &Source,
    door: &Door,
    probes: Option<&Probes>,
) -> Confinement {
    let works = || probes.is_none_or(Probes::are_readable);
    let capabilities = rights::give_up_capabilities(works).map_err(|error| error.to_string());
    let files = if rights::looks_into_others() {
        Err(Unrestricted::LooksIntoOthers)
    } else {
        rights::restrict_files(&places(config, source.path(), door))
    };
    Confinement { capabilities, files }
}

/// Where the daemon reads and writes with this configuration.
fn places(config: &Config, file: &Path, door: &Door) -> Places {
    let mut read: Vec<PathBuf> = SYSTEM.map(PathBuf::from).into();
    for named in config.log.specs.iter().map(PathBuf::as_path).chain([file]).chain(door.files()) {
        read.extend(homes(named));
    }
    let mut write: Vec<PathBuf> = WRITABLE
        .iter()
        .filter_map(env::var_os)
        .flat_map(|list| env::split_paths(&list).collect::<Vec<_>>())
        .collect();
    let sockets = config.http.listen.0.iter().filter_map(|address| match address {
        Address::Unix(path) => Some(path),
        Address::Tcp(_) | Address::Vsock { .. } => None,
    });
    let records = Some(&config.file.path).filter(|path| !path.as_os_str().is_empty());
    for made in sockets.chain([&config.log.socket]).chain(records) {
        write.extend(homes(made));
    }
    Places { read, write }
}

/// The directories that a file is in, because another may take its place: by its name, and where
/// links lead to. A directory is its own.
fn homes(file: &Path) -> Vec<PathBuf> {
    let home = |path: PathBuf| {
        if path.is_dir() { Some(path) } else { path.parent().map(Path::to_owned) }
    };
    let paths = [path::absolute(file), file.canonicalize()];
    paths.into_iter().flatten().filter_map(home).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_homes_of_what_the_configuration_names() {
        let mut config = Config::default();
        config.log.socket = "/nowhere/log".into();
        config.log.specs = vec!["/srv-of-nobody/specs.yaml".into(), "/tmp".into()];
        config.file.path = "/nowhere/records/now".into();
        config.http.listen.0.push("unix:/nowhere/http/socket".parse().unwrap());
        let door = Door::new(Path::new(""), Path::new("")).unwrap();
        let Places { read, write } = places(&config, Path::new("/conf/nlmon.toml"), &door);
        for expected in ["/etc", "/conf", "/srv-of-nobody", "/tmp"] {
            assert!(read.contains(&expected.into()), "{expected} {read:?}");
        }
        for expected in ["/nowhere", "/nowhere/records", "/nowhere/http"] {
            assert!(write.contains(&expected.into()), "{expected} {write:?}");
        }
        assert!(!read.contains(&"/".into()) && !write.contains(&"/".into()));
    }
}
