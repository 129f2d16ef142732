//! Debian's archive without touching the system's apt: other suites are read through a private
//! configuration, made from the system's own sources with only the suite changed.
//!
//! Works without privileges; mirrors, proxies and keys stay the ones that the machine is set up with.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::arch::Arch;
use crate::{cache, layout, process};

/// A private view of one suite.
#[derive(Debug)]
pub(crate) struct Suite {
    config: PathBuf,
}

impl Suite {
    /// Fetches the package lists of a suite, of the machine's own processor.
    pub(crate) fn open(suite: &str) -> Result<Self> {
        Self::update(suite, suite, &sources(suite)?, "")
    }

    /// The same of a guest's processor. A package's name may end in `:` and the build machine's
    /// processor, as for programs that build for the guest.
    pub(crate) fn open_for(arch: Arch, suite: &str) -> Result<Self> {
        let name = format!("{suite}-{}", arch.facts().debian);
        match Arch::of_build_machine() {
            Some(own) if own != arch => {
                Self::update(suite, &name, &sources(suite)?, &architectures(arch, own))
            }
            _ => Self::open(suite),
        }
    }

    /// Fetches the lists of a suite's source packages.
    pub(crate) fn open_sources(suite: &str) -> Result<Self> {
        let list = sources(suite)?.replace("deb ", "deb-src ");
        Self::update(suite, &format!("{suite}-sources"), &list, "")
    }

    fn update(suite: &str, name: &str, list: &str, settings: &str) -> Result<Self> {
        let dir = layout::apt(name);
        let _lock = cache::lock(&dir)?;
        for sub in ["state/lists/partial", "cache/archives/partial"] {
            let sub = dir.join(sub);
            fs::create_dir_all(&sub).with_context(|| format!("cannot create {}", sub.display()))?;
        }
        let config = dir.join("apt.conf");
        write(&dir.join("sources.list"), list)?;
        write(&dir.join("status"), "")?;
        write(&config, &(configuration(&dir)? + settings))?;
        let view = Self { config };
        process::run(view.tool("apt-get").arg("update"), &format!("package lists of {suite}"))?;
        Ok(view)
    }

    /// The names of all packages that begin so.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let names = process::capture(self.tool("apt-cache").args(["pkgnames", prefix]))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Whether the suite has a package, not only mentions it.
    pub(crate) fn has(&self, package: &str) -> bool {
        self.record(package).is_ok_and(|record| record.contains("\nFilename: "))
    }

    /// What a package depends on, versions and alternatives left out.
    pub(crate) fn depends(&self, package: &str) -> Result<Vec<String>> {
        let record = self.record(package)?;
        let fields = record.lines().filter_map(|line| line.strip_prefix("Depends: "));
        let words = fields.flat_map(|list| list.split([',', '|']));
        Ok(words.filter_map(|word| word.split_whitespace().next()).map(str::to_owned).collect())
    }

    /// The size of a package's archive in bytes, 0 when the archive does not say.
    pub(crate) fn size(&self, package: &str) -> Result<u64> {
        let record = self.record(package)?;
        let size = record.lines().find_map(|line| line.strip_prefix("Size: "));
        Ok(size.and_then(|size| size.trim().parse().ok()).unwrap_or(0))
    }

    /// Downloads a package and unpacks it into a directory.
    pub(crate) fn unpack(&self, package: &str, dir: &Path) -> Result<()> {
        let downloads = dir.with_extension("debs");
        cache::remove(&downloads)?;
        for dir in [dir, &downloads] {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        let mut download = self.tool("apt-get");
        process::run(download.current_dir(&downloads).args(["download", package]), package)?;
        let mut found =
            fs::read_dir(&downloads).with_context(|| format!("cannot read {package}"))?;
        let archive =
            found.next().with_context(|| format!("apt-get downloaded no {package}"))??.path();
        let mut unpack = Command::new("dpkg-deb");
        process::run(unpack.arg("--extract").arg(&archive).arg(dir), package)?;
        cache::remove(&downloads)
    }

    /// Downloads the upstream part of a source package.
    pub(crate) fn source(&self, package: &str, version: &str, dir: &Path) -> Result<PathBuf> {
        let records = process::capture(self.tool("apt-cache").args(["showsrc", package]))?;
        let mut versions = records.lines().filter_map(|line| line.strip_prefix("Version: "));
        let prefix = format!("{version}-");
        let full = versions.find(|full| full.starts_with(&prefix));
        let full = full.with_context(|| format!("no source of {package} {version}"))?;
        let mut download = self.tool("apt-get");
        download.args(["source", "--download-only", "--tar-only", &format!("{package}={full}")]);
        process::run(download.current_dir(dir), &format!("source of {package} {full}"))?;
        Ok(dir.join(format!("{package}_{version}.orig.tar.xz")))
    }

    fn record(&self, package: &str) -> Result<String> {
        process::capture(self.tool("apt-cache").args(["show", "--no-all-versions", package]))
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.arg("--quiet").env("APT_CONFIG", &self.config).env("LC_ALL", "C.UTF-8");
        command
    }
}

/// Lets apt see the packages of two processors, the guest's first.
fn architectures(arch: Arch, own: Arch) -> String {
    let [arch, own] = [arch, own].map(|arch| arch.facts().debian);
    format!("APT::Architecture \"{arch}\";\nAPT::Architectures {{ \"{arch}\"; \"{own}\"; }};\n")
}

/// The bootstrapper's own way to a merged /usr; the package that would be chosen to merge it
/// afterwards brings 50 MB of Perl.
const MERGED_USR: &str = "/usr/share/mmdebstrap/hooks/merged-usr";

/// Installs the essential packages of a release and the given ones, separated by commas, into a tar
/// archive; with or without privileges.
pub(crate) fn bootstrap(
    arch: Arch,
    suite: &str,
    packages: &str,
    tar: &Path,
    options: &[String],
) -> Result<()> {
    let (list, settings) = (tar.with_extension("list"), tar.with_extension("apt.conf"));
    write(&list, &(sources(suite)? + &sources(&format!("{suite}-security"))?))?;
    write(&settings, &acquisition()?)?;
    let mut command = Command::new("mmdebstrap");
    command.args(["--variant=essential", "--format=tar"]).args(options);
    if arch.is_foreign() {
        command.arg(format!("--architectures={}", arch.facts().debian));
    }
    command.arg(format!("--include={packages}")).arg(format!("--hook-dir={MERGED_USR}"));
    command.arg(format!("--aptopt={}", settings.display())).arg(suite).arg(tar).arg(&list);
    process::run(&mut command, &format!("bootstrapping {suite}"))?;
    cache::remove(&settings)?;
    cache::remove(&list)
}

/// The system's sources as one-line entries, its own suite replaced by another.
///
/// A security suite uses the sources of the system's security suite, any other one those of its
/// main suite.
pub(crate) fn sources(suite: &str) -> Result<String> {
    let codename = codename()?;
    let own = if suite.ends_with("-security") { format!("{codename}-security") } else { codename };
    let entries = system_entries()?;
    let mut list = String::new();
    for entry in entries.iter().filter(|entry| entry.suites.contains(&own)) {
        writeln!(list, "deb {}{} {suite} main", entry.options, entry.uri)?;
    }
    if list.is_empty() {
        bail!(
            "apt's sources have no {own}, so the mirror of {suite} is not known: add it to /etc/apt"
        );
    }
    Ok(list)
}

/// The code name of the Debian release that this machine runs.
pub(crate) fn codename() -> Result<String> {
    let path = "/etc/os-release";
    let release = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let name = name.map(|name| name.trim_matches('"').to_owned());
    name.with_context(|| format!("{path} has no VERSION_CODENAME: a Debian release is needed"))
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Empty, or `[signed-by=...] `.
    options: String,
    uri: String,
    suites: Vec<String>,
}

fn system_entries() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for path in source_files()? {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if path.extension().is_some_and(|extension| extension == "sources") {
            entries.extend(text.split("\n\n").flat_map(parse_stanza));
        } else {
            entries.extend(text.lines().filter_map(parse_line));
        }
    }
    Ok(entries)
}

fn source_files() -> Result<Vec<PathBuf>> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(parts) = fs::read_dir("/etc/apt/sources.list.d") {
        for part in parts {
            files.push(part.context("cannot list /etc/apt/sources.list.d")?.path());
        }
    }
    files.retain(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("list" | "sources")) && path.is_file()
    });
    files.sort();
    Ok(files)
}

/// Reads one stanza of a deb822 file; a stanza is one entry per URI.
fn parse_stanza(stanza: &str) -> Vec<Entry> {
    let field = |name: &str| {
        let mut lines = stanza.lines().filter(|line| !line.starts_with('#'));
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let enabled = field("Enabled").is_none_or(|value| value != "no");
    let binary = field("Types").is_some_and(|types| types.split_whitespace().any(|t| t == "deb"));
    let (Some(uris), Some(suites), true, true) = (field("URIs"), field("Suites"), enabled, binary)
    else {
        return Vec::new();
    };
    // A key that is embedded in the stanza cannot be carried over; apt's own keyring has Debian's.
    let options = field("Signed-By").filter(|key| key.starts_with('/'));
    let options = options.map_or_else(String::new, |key| format!("[signed-by={key}] "));
    let suites: Vec<String> = suites.split_whitespace().map(str::to_owned).collect();
    let entry =
        |uri: &str| Entry { options: options.clone(), uri: uri.to_owned(), suites: suites.clone() };
    uris.split_whitespace().map(entry).collect()
}

/// Reads one line of a `sources.list` file.
fn parse_line(line: &str) -> Option<Entry> {
    let rest = line.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (options, rest) = rest.split_once(']')?;
            (format!("[{}] ", options.trim()), rest)
        }
        None => (String::new(), rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Entry { options, uri, suites: vec![suite] })
}

/// The system's settings for reaching mirrors, such as proxies.
pub(crate) fn acquisition() -> Result<String> {
    let system = process::capture(Command::new("apt-config").arg("dump"))?;
    let settings = system.lines().filter(|line| line.starts_with("Acquire::"));
    Ok(settings.fold(String::new(), |text, line| text + line + "\n"))
}

/// The private configuration: the system's ways to reach a mirror, and none of its hooks, which
/// would clean the system's caches and fail without privileges.
fn configuration(dir: &Path) -> Result<String> {
    let mut text = acquisition()?;
    let dir = dir.to_str().ok_or_else(|| anyhow!("{} is not UTF-8", dir.display()))?;
    for (key, value) in [
        ("Dir::State", format!("{dir}/state/")),
        ("Dir::State::status", format!("{dir}/status")),
        ("Dir::Cache", format!("{dir}/cache/")),
        ("Dir::Etc::sourcelist", format!("{dir}/sources.list")),
        ("Dir::Etc::sourceparts", "/dev/null".to_owned()),
        ("Dir::Etc::parts", "/dev/null".to_owned()),
        ("Dir::Etc::main", "/dev/null".to_owned()),
        ("Dir::Etc::preferencesparts", "/dev/null".to_owned()),
        ("Dir::Etc::preferences", "/dev/null".to_owned()),
        ("Acquire::Languages", "none".to_owned()),
        // Another user could not write below a private home directory.
        ("APT::Sandbox::User", String::new()),
    ] {
        writeln!(text, "{key} \"{value}\";")?;
    }
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_deb822_stanza() {
        let stanza = "Types: deb deb-src\n# a note\nURIs: http://one/debian http://two/debian\n\
                      Suites: bookworm bookworm-updates\nComponents: main\n\
                      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg";
        let entries = parse_stanza(stanza);
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].uri, "http://two/debian");
        assert_eq!(entries[1].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(
            entries[1].options,
            "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
        );
    }

    #[test]
    fn leaves_out_disabled_and_source_stanzas() {
        assert!(parse_stanza("Types: deb\nURIs: http://m/\nSuites: s\nEnabled: no").is_empty());
        assert!(parse_stanza("Types: deb-src\nURIs: http://m/\nSuites: s").is_empty());
    }

    #[test]
    fn reads_one_line_entries() {
        let entry = parse_line("deb [ signed-by=/k.gpg ] http://m/debian bookworm main contrib");
        let entry = entry.expect("the line is an entry");
        assert_eq!(
            (entry.options.as_str(), entry.uri.as_str()),
            ("[signed-by=/k.gpg] ", "http://m/debian")
        );
        assert_eq!(entry.suites, ["bookworm"]);
        assert_eq!(parse_line("# deb http://m/debian bookworm main"), None);
        assert_eq!(parse_line("deb-src http://m/debian bookworm main"), None);
    }
}
