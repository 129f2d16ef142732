//! What the kernel's headers for programs define, as the C compiler sees it: each header is compiled by
//! itself, and its structures and enumerations are read from the types that the compiler writes. What
//! `internal` copies out of other files is read in the same way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::btf::{self, Enumeration, Structure};
use super::internal;
use crate::process;

/// All headers together.
#[derive(Debug, Default)]
pub(super) struct Headers {
    pub(super) structures: BTreeMap<String, Structure>,
    pub(super) enumerations: Vec<Enumeration>,
    /// What each name of an enumeration stands for.
    pub(super) numbers: BTreeMap<String, i64>,
    /// What did not compile, with the first error.
    pub(super) refused: Vec<String>,
}

/// What the kernel's compiler knows and a program's does not.
const ANNOTATIONS: &str = "#define __user\n#define __force\n#define __always_inline inline\n\
    #define __packed __attribute__((packed))\n\
    #define __aligned(x) __attribute__((aligned(x)))\n";

/// What some headers take for granted.
const BEFORE: &str = "#include <stdio.h>\n#include <stdint.h>\n#include <stdbool.h>\n\
    #include <sys/types.h>\n#include <linux/types.h>\n#include <linux/netlink.h>\n";

/// What others need, which a third kind does not bear.
const SOCKETS: &str = "#include <sys/socket.h>\n#include <netinet/in.h>\n";

/// Directories of headers that have to do with netlink.
const DIRECTORIES: &[&str] = &["linux", "rdma", "scsi"];

impl Headers {
    /// Compiles every header.
    pub(super) fn read(source: &Path, work: &Path) -> Result<Self> {
        let compiler = Compiler::new(source, work)?;
        let mut found = Self::default();
        for directory in DIRECTORIES {
            for header in list(&source.join("include/uapi"), Path::new(directory))? {
                found.add(&compiler, &header)?;
            }
        }
        for header in list(&compiler.own, Path::new(internal::DIRECTORY))? {
            found.add(&compiler, &header)?;
        }
        Ok(found)
    }

    /// Whether two structures have the same members.
    pub(super) fn alike(&self, one: &str, other: &str) -> bool {
        let both = self.structures.get(one).zip(self.structures.get(other));
        both.is_some_and(|(one, other)| one.size == other.size && one.members == other.members)
    }

    fn add(&mut self, compiler: &Compiler, header: &Path) -> Result<()> {
        let again = |_| compiler.compile(header, &format!("{SOCKETS}{BEFORE}"));
        let section = match compiler.compile(header, BEFORE).or_else(again) {
            Ok(section) => section,
            Err(error) => {
                self.refused.push(format!("{}: {error:#}", header.display()));
                return Ok(());
            }
        };
        let types = btf::parse(&section).with_context(|| format!("{}", header.display()))?;
        for structure in types.structures {
            self.structures.entry(structure.name.clone()).or_insert(structure);
        }
        for enumeration in types.enumerations {
            let known = |n: &(String, i64)| self.numbers.get(&n.0) == Some(&n.1);
            if enumeration.names.iter().all(known) {
                continue;
            }
            self.numbers.extend(enumeration.names.iter().cloned());
            self.enumerations.push(enumeration);
        }
        Ok(())
    }
}

/// Where headers are found, and where compiling leaves its files.
struct Compiler {
    uapi: PathBuf,
    own: PathBuf,
    machine: PathBuf,
    work: PathBuf,
}

impl Compiler {
    fn new(source: &Path, work: &Path) -> Result<Self> {
        let own = work.join("own");
        for (name, text) in [("linux/compiler.h", ANNOTATIONS), ("scsi/iscsi_proto.h", "")] {
            let path = own.join(name);
            let dir = path.parent().unwrap_or(&own);
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        internal::write(source, &own)?;
        let uapi = source.join("include/uapi");
        let machine = source.join("arch/x86/include/uapi");
        Ok(Self { uapi, own, machine, work: work.to_owned() })
    }

    /// The types of a header.
    fn compile(&self, header: &Path, before: &str) -> Result<Vec<u8>> {
        let (source, object) = (self.work.join("header.c"), self.work.join("header.o"));
        let section = self.work.join("header.btf");
        let text = format!("{before}#include <{}>\n", header.display());
        fs::write(&source, text).with_context(|| format!("cannot write {}", source.display()))?;
        let mut cc = Command::new("cc");
        cc.args(["-w", "-c", "-gbtf", "-fno-eliminate-unused-debug-types"]);
        cc.args(["-include", "linux/compiler.h"]);
        cc.arg("-isystem").arg(&self.own).arg("-isystem").arg(&self.uapi);
        cc.arg("-idirafter").arg(&self.machine);
        process::capture(cc.arg(&source).arg("-o").arg(&object))?;
        let mut extract = Command::new("objcopy");
        extract.args(["-O", "binary", "--only-section=.BTF", "--set-section-flags", ".BTF=alloc"]);
        process::capture(extract.arg(&object).arg(&section))?;
        fs::read(&section).with_context(|| format!("cannot read {}", section.display()))
    }
}

/// The headers of a directory, those in directories of it too, as they are included.
fn list(root: &Path, directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let dir = root.join(directory);
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let entry = entry.with_context(|| format!("cannot list {}", dir.display()))?;
        let path = directory.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(list(root, &path)?);
        } else if path.extension().is_some_and(|end| end == "h") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
