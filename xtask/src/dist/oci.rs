//! An image in the layout of the Open Container Initiative: a directory of blobs, each named by its
//! sum. Tools that copy images read it: `skopeo copy oci:PATH docker://...`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{VERSION, tree, tree::Tree};
use crate::{cache, process};

const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Writes an image of one layer, for a processor by the name that containers and Debian have for it.
pub(super) fn write(files: &Tree, architecture: &str, epoch: u64, directory: &Path) -> Result<()> {
    cache::remove(directory)?;
    let blobs = directory.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| format!("cannot create {}", blobs.display()))?;
    let blob = |kind: &str, content: &[u8]| -> Result<String> {
        let sum = sum(content)?;
        let path = blobs.join(&sum);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        let size = content.len();
        Ok(format!(r#""mediaType":"{kind}","digest":"sha256:{sum}","size":{size}"#))
    };
    let archive = files.tar("", epoch)?;
    let layer = blob(LAYER, &tree::compress(&archive)?)?;
    let config = blob(CONFIG, config(&sum(&archive)?, architecture, epoch)?.as_bytes())?;
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{{config}}},"layers":[{{{layer}}}]}}"#
    );
    let manifest = blob(MANIFEST, manifest.as_bytes())?;
    let platform = format!(r#""platform":{{"architecture":"{architecture}","os":"linux"}}"#);
    let name = format!(r#""annotations":{{"org.opencontainers.image.ref.name":"{VERSION}"}}"#);
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{{{manifest},{platform},{name}}}]}}"#);
    for (file, content) in [("oci-layout", LAYOUT), ("index.json", &index)] {
        let path = directory.join(file);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// How a container runs the image. Its capabilities come from who starts it.
fn config(layer: &str, architecture: &str, epoch: u64) -> Result<String> {
    let mut date = Command::new("date");
    date.args(["--utc", "+%Y-%m-%dT%H:%M:%SZ", &format!("--date=@{epoch}")]);
    let created = process::capture(&mut date)?;
    Ok(format!(
        concat!(
            r#"{{"created":"{}","architecture":"{}","os":"linux","#,
            r#""config":{{"Entrypoint":["/usr/bin/nlmon"],"Cmd":["run"],"#,
            r#""Labels":{{"org.opencontainers.image.title":"nlmon","#,
            r#""org.opencontainers.image.version":"{}"}}}},"#,
            r#""rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}}"#
        ),
        created, architecture, VERSION, layer
    ))
}

fn sum(content: &[u8]) -> Result<String> {
    let text = String::from_utf8(tree::filter(&mut Command::new("sha256sum"), content)?)?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}
