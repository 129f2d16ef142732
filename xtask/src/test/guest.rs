//! The tests that need a real kernel: one test program, run in a guest with nlmon installed, parts of
//! it in guests of another kind.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Options;
use crate::arch::Arch;
use crate::guest::overlay;
use crate::kernel::{self, Kernel};
use crate::progress::line;
use crate::{build, cache, dist, ebpf, layout, process, vm};

/// Where the tests are, with the list of the Debian packages that they use.
const DIRECTORY: &str = "nlmon/tests/vm";
/// What a run of all tests may take on a slow machine.
const LIMIT_SECONDS: u64 = 3600;
/// Guests for one run of the test program: an emulator that fails more often than that is broken.
const GUESTS: usize = 3;
/// The tests of a locked down kernel, by the beginning of their names.
const LOCKED_DOWN: &str = "lockdown::";
/// The tests of the page, likewise.
const PAGE: &str = "page::";
/// Those of daemons that come and go, likewise.
const GOINGS: &str = "goings::";
/// Those of what nlmon costs, likewise.
const COST: &str = "cost::";
/// Those that compare with the words of other tools and with the kernel's types: they load modules of
/// every kind.
const TOOLS: &str = "tools::";
const LAYOUTS: &str = "layouts::";
/// Those that install the package, and take it away with what the other tests use.
const PACKAGE: &str = "package::";
/// Those of alerts, which a real Prometheus judges. It scrapes every second, which guests side by side
/// are too slow for: these run only if they are asked for.
const PROMETHEUS: &str = "prometheus::";
/// Those that take many minutes, and run only if they are asked for.
const CROWDS: &str = "crowds::";
const OWN_GUEST: [&str; 9] =
    [LOCKED_DOWN, PAGE, GOINGS, COST, TOOLS, LAYOUTS, PACKAGE, PROMETHEUS, CROWDS];
/// A browser is unpacked into memory, and then takes some.
const PAGE_MEMORY_MIB: u32 = 4096;
/// What makes a kernel refuse every read of its memory, and with it probes.
const LOCK_DOWN: &str = "lockdown=confidentiality";

/// Runs the tests in guests of this kernel: those that need a guest of another kind each in one of
/// their own, all others in one.
pub(super) fn run(kernel: &Kernel, options: &Options) -> Result<()> {
    let program = build(kernel.arch)?;
    let filter = options.filter.as_deref();
    let has = |own: &str| filter.is_none_or(|filter| filter.starts_with(own));
    let mut guest = vm::Options {
        arch: kernel.arch,
        kernel: kernel.name.to_owned(),
        packages: packages()?,
        timeout: LIMIT_SECONDS,
        ..vm::Options::default()
    };
    guest.cpus = options.cpus.unwrap_or(guest.cpus);
    if filter.is_none_or(|filter| !OWN_GUEST.iter().any(|own| filter.starts_with(own))) {
        let skipped = OWN_GUEST.iter().flat_map(|own| ["--skip", own]);
        boot(
            &mut guest,
            &program,
            skipped.chain(filter.into_iter().flat_map(str::split_whitespace)),
        )?;
    }
    // The browser and the page are the same on every kernel, so that one is enough.
    if has(PAGE) && (filter.is_some() || kernel.name == kernel::DEFAULT) {
        page(kernel, &guest, &program, filter.unwrap_or(PAGE))?;
    }
    if has(GOINGS) {
        let mut own = vm::Options { turns: true, ..guest.clone() };
        boot(&mut own, &program, [filter.unwrap_or(GOINGS)])?;
    }
    // Figures are kept of one kernel.
    if has(COST) && kernel.name == kernel::DEFAULT {
        let mut own = vm::Options { icount: true, ..guest.clone() };
        boot(&mut own, &program, [filter.unwrap_or(COST)])?;
    }
    if has(TOOLS) || has(LAYOUTS) {
        let both = || vec![TOOLS, LAYOUTS];
        let wanted = filter.map_or_else(both, |filter| filter.split_whitespace().collect());
        boot(&mut guest, &program, wanted)?;
    }
    if let Some(filter) = filter.filter(|filter| filter.starts_with(CROWDS)) {
        boot(&mut guest, &program, [filter])?;
    }
    if let Some(filter) = filter.filter(|filter| filter.starts_with(PROMETHEUS)) {
        let packages = listed("packages-prometheus.txt")?;
        let mut own = vm::Options { packages, memory: PAGE_MEMORY_MIB, ..guest.clone() };
        boot(&mut own, &program, [filter])?;
    }
    // The package is the same on every kernel.
    if has(PACKAGE) && (filter.is_some() || kernel.name == kernel::DEFAULT) {
        let arch = kernel.arch;
        let packed = dist::pack(arch, &build::nlmon(arch)?, &arch.directory().join("dist-guest"))?;
        let mut own = vm::Options { copies: vec![packed.nlmon], ..guest.clone() };
        boot(&mut own, &program, [filter.unwrap_or(PACKAGE)])?;
    }
    if has(LOCKED_DOWN) {
        guest.append.push(LOCK_DOWN.to_owned());
        boot(&mut guest, &program, [filter.unwrap_or(LOCKED_DOWN)])?;
    }
    Ok(())
}

/// Builds the BPF object and the test program.
pub(super) fn build(arch: Arch) -> Result<PathBuf> {
    ebpf::build(arch)?;
    build::program(arch, "test", "vm")
}

/// Runs the tests of the page, in a guest that has a browser, and keeps its screenshots.
fn page(kernel: &Kernel, guest: &vm::Options, program: &Path, filter: &str) -> Result<()> {
    let directory = layout::screenshots(kernel.arch, kernel.name);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let archive = directory.join("screenshots.tar");
    let mut own = vm::Options {
        packages: page_packages()?,
        memory: PAGE_MEMORY_MIB,
        files: Some(archive.clone()),
        ..guest.clone()
    };
    let ended = boot(&mut own, program, [filter]);
    // What was seen until a failure is what shows it.
    let mut unpack = Command::new("tar");
    unpack.arg("-C").arg(&directory).arg("-xf").arg(&archive);
    let unpacked = process::run(&mut unpack, "screenshots");
    cache::remove(&archive)?;
    ended?;
    line(&format!("screenshots are in {}", directory.display()));
    unpacked.map(drop)
}

/// Runs the test program in a guest, with these arguments. If the emulator fails, a new guest runs the
/// tests that had not ended.
fn boot<'a>(
    guest: &mut vm::Options,
    program: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    for _ in 1..GUESTS {
        let session = boot_once(guest, program, &arguments)?;
        if session.ending != vm::Ending::EmulatorFailed {
            return passed(session.ending);
        }
        let done = ended(&String::from_utf8_lossy(&session.output))?;
        let selected = selected(program, &arguments)?;
        let left = selected.into_iter().filter(|name| !done.contains(name));
        arguments = iter::once("--exact".to_owned()).chain(left).collect();
        line(&format!("guest: running the {} tests that are left", arguments.len() - 1));
    }
    passed(boot_once(guest, program, &arguments)?.ending)
}

fn boot_once(guest: &mut vm::Options, program: &Path, arguments: &[String]) -> Result<vm::Session> {
    guest.command = ["/root/vm", "--test-threads=1"].map(Into::into).to_vec();
    guest.command.extend(arguments.iter().map(Into::into));
    let mut copies = overlay::copies(&guest.copies)?;
    copies.push((program.to_owned(), "vm".into()));
    vm::boot(guest, copies)
}

fn passed(ending: vm::Ending) -> Result<()> {
    match ending {
        vm::Ending::Exited(0) => Ok(()),
        vm::Ending::Exited(status) => bail!("the tests exited with status {status}"),
        vm::Ending::EmulatorFailed => bail!("the emulator failed {GUESTS} times"),
        vm::Ending::Died => bail!("the guest stopped before the tests had ended"),
        vm::Ending::TimedOut => bail!("the tests took more than {LIMIT_SECONDS} s"),
    }
}

/// The tests that the program runs with these arguments.
fn selected(program: &Path, arguments: &[String]) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    let list = process::capture(command.args(["--list", "--format", "terse"]).args(arguments))?;
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// The tests that had ended when a run was cut off: all that had begun but the last. It is an error
/// if one of them had failed.
fn ended(output: &str) -> Result<Vec<String>> {
    let mut begun = Vec::new();
    for line in output.lines() {
        if let Some((name, _)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        {
            begun.push(name.to_owned());
        }
        // What a program of the test prints may come between its name and its result.
        if line.ends_with("FAILED") {
            let name = begun.last().map_or("a test", String::as_str);
            bail!("the emulator failed, and before that {name} had failed");
        }
    }
    begun.pop();
    Ok(begun)
}

/// The Debian packages that the tests use, listed beside them, one a line.
pub(super) fn packages() -> Result<Vec<String>> {
    listed("packages.txt")
}

/// Those of the tests of the page, besides what every guest has.
pub(super) fn page_packages() -> Result<Vec<String>> {
    listed("packages-page.txt")
}

fn listed(name: &str) -> Result<Vec<String>> {
    let path = layout::root().join(DIRECTORY).join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let names =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_cut_off_goes_on_with_the_test_that_had_begun() {
        let output = "\nrunning 4 tests\ntest a::b ... ok\ntest a::c ... noise\nok\ntest a::d ... ";
        assert_eq!(ended(output).expect("none failed"), ["a::b", "a::c"]);
        assert_eq!(ended("").expect("none began"), [""; 0]);
    }

    #[test]
    fn a_run_that_had_failed_before_it_was_cut_off_has_failed() {
        let outputs =
            ["test a::b ... FAILED\ntest a::c ... ", "test a::b ... noise\nFAILED\ntest a::c ... "];
        for output in outputs {
            let error = ended(output).expect_err("one failed");
            assert!(error.to_string().ends_with("a::b had failed"), "{error}");
        }
    }
}
