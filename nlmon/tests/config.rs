//! `deploy/nlmon.toml`, the commented default configuration: as it is, and with every key
//! uncommented, it is the default; and no key is missing from it.
#![expect(clippy::tests_outside_test_module, reason = "an integration test is all tests")]

use std::path::Path;

use nlmon::config::Config;

fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nlmon.toml");
    std::fs::read_to_string(path).expect("the file is in the repository")
}

#[test]
fn the_shipped_file_changes_nothing() {
    let as_shipped: toml::Value = toml::from_str(&shipped()).unwrap();
    // `subscribe.groups` is a map: an empty one would replace the default.
    let groups = as_shipped.get("subscribe").and_then(|table| table.get("groups"));
    assert_eq!(groups, None, "an empty table of groups is a choice, not the default");
    assert_eq!(toml::from_str::<Config>(&shipped()).unwrap(), Config::default());
}

#[test]
fn uncommented_it_is_every_key_with_its_default() {
    let uncommented: String = shipped().lines().map(|line| uncomment(line) + "\n").collect();
    let file: toml::Value = toml::from_str(&uncommented).unwrap();
    assert_eq!(file, toml::Value::try_from(Config::default()).unwrap());
}

/// A key or a table has no space after its `#`; prose has.
fn uncomment(line: &str) -> String {
    let rest = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    rest.unwrap_or(line).to_owned()
}
