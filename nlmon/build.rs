//! Embeds the BPF object that `cargo xtask ebpf` builds. Without one, the daemon is built all the
//! same, says so at start, and runs without probes.

use std::{env, fs, io, path::PathBuf, process::Command};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=NLMON_BPF_OBJECT");
    let object = env::var_os("NLMON_BPF_OBJECT")
        .map_or_else(|| PathBuf::from("../target/bpf/nlmon.bpf.o"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", object.display());
    let embedded = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("nlmon.bpf.o");
    if object.exists() {
        fs::copy(&object, embedded)?;
    } else {
        println!("cargo::warning=no BPF object: built without probes; run `cargo xtask ebpf`");
        fs::write(embedded, [])?;
    }
    println!("cargo::rerun-if-changed=../.git/HEAD");
    println!("cargo::rustc-env=NLMON_REVISION={}", revision());
    Ok(())
}

/// The commit that this is built from; `unknown` outside a checkout.
fn revision() -> String {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
