//! The tools' own words against nlmon's: what `ip`, `tc`, `bridge` and others print of the objects of
//! a host, compared by value with what nlmon decodes of the very messages that it was made of.
//!
//! The scripts make the objects and run the tools; `maps` says what corresponds. The tools read the
//! messages with decoders of their own, so that a value which both have is not the same because one
//! reader made it. No daemon takes part.

mod compare;
mod convert;
mod map;
mod path;
mod text;
mod trace;

use std::{collections::BTreeSet, fs, path::Path};

use compare::{Outcome, Run};
use convert::Interfaces;
use map::Map;

use crate::support::{kernel, run, say};

/// What all scripts begin with.
const BEGINNING: (&str, &str) = ("run.sh", include_str!("run.sh"));

const SCRIPTS: [(&str, &str); 6] = [
    ("objects.sh", include_str!("objects.sh")),
    ("tc.sh", include_str!("tc.sh")),
    ("filter.sh", include_str!("filter.sh")),
    ("sockets.sh", include_str!("sockets.sh")),
    ("services.sh", include_str!("services.sh")),
    ("devices.sh", include_str!("devices.sh")),
];

const MAPS: [&str; 11] = [
    include_str!("maps/link.map"),
    include_str!("maps/ip.map"),
    include_str!("maps/bridge.map"),
    include_str!("maps/tc.map"),
    include_str!("maps/rdma.map"),
    include_str!("maps/nft.map"),
    include_str!("maps/netfilter.map"),
    include_str!("maps/wireguard.map"),
    include_str!("maps/sockets.map"),
    include_str!("maps/services.map"),
    include_str!("maps/devices.map"),
];

/// Different attributes that have to be compared at least, with a value that says something.
const LEAST: usize = 600;

/// Differences that are the tool's or the map's, by their beginning, each with its reason.
const KNOWN: &[(&str, &str)] = &[
    (
        "nft-ruleset:  flags = NFTA_SET_FLAGS: [\"timeout\"] is \"timeout,eval\"",
        "nft 1.0.6 leaves the flag `dynamic` out of its JSON",
    ),
    (
        "nft-ruleset:  flags = NFTA_TABLE_FLAGS: \"nb\" is \"dormant\"",
        "nft 1.0.6 prints a table's name for its flags",
    ),
    (
        "ip-route4: no RTM_NEWROUTE for {\"dev\":\"d0\",\"dst\":\"100/200\"",
        "`ip` prints the encapsulation's `dst` by the name of the route's, which JSON has once",
    ),
    (
        "ip-route4: no RTM_NEWROUTE for {\"dev\":\"ipipx\",\"dst\":\"1.2.3.4\"",
        "`ip` prints the encapsulation's `dst` by the name of the route's, which JSON has once",
    ),
];

#[test]
fn what_tools_print_is_what_nlmon_decodes() {
    // What an earlier run has left can be compared again without a guest.
    let left = std::env::var("NLMON_TOOLS").ok();
    let directory = Path::new(left.as_deref().unwrap_or("/root/tools"));
    if left.is_none() {
        drop(fs::remove_dir_all(directory));
        make_objects(directory);
    }
    let runs = runs(directory);
    let interfaces = interfaces(&runs);
    let mut outcome = Outcome::default();
    for map in maps() {
        for run in runs.iter().filter(|run| map.is_of(&run.name)) {
            run.compare(&map, &interfaces, &mut outcome);
        }
    }
    report(directory, &runs, &outcome);
    let is_known = |what: &str| KNOWN.iter().any(|(known, _)| what.starts_with(known));
    let differences: Vec<_> = outcome.differences.keys().filter(|what| !is_known(what)).collect();
    assert!(differences.is_empty(), "{} differences", differences.len());
    assert!(outcome.telling.len() >= LEAST, "only {}", outcome.telling.len());
}

fn maps() -> Vec<Map> {
    MAPS.iter().flat_map(|text| Map::parse(text)).collect()
}

/// Runs the scripts in a network namespace of their own, which ends with them.
fn make_objects(directory: &Path) {
    for (name, script) in SCRIPTS.iter().chain([&BEGINNING]) {
        fs::write(format!("/root/{name}"), script).unwrap();
    }
    let all = SCRIPTS.map(|(name, _)| format!("sh /root/{name} {}", directory.display()));
    run("unshare", &["--net", "sh", "-c", &format!("{}; true", all.join("; "))]);
    for namespace in ["far", "far2", "far3"] {
        run("ip", &["netns", "del", namespace]);
    }
}

/// What the tools have left, by name.
fn runs(directory: &Path) -> Vec<Run> {
    let names = fs::read_dir(directory).unwrap().filter_map(|entry| {
        entry.unwrap().file_name().to_str()?.strip_suffix(".strace").map(str::to_owned)
    });
    let names: BTreeSet<String> = names.collect();
    let runs: Vec<Run> = names.iter().filter_map(|name| Run::read(directory, name)).collect();
    for run in &runs {
        let messages = serde_json::to_string(&run.messages).unwrap();
        fs::write(directory.join(format!("{}.json", run.name)), messages).unwrap();
    }
    runs
}

/// The interfaces that the tools were told of.
fn interfaces(runs: &[Run]) -> Interfaces {
    let messages = runs.iter().flat_map(|run| &run.messages);
    let links = messages.filter(|message| message.message_type == "RTM_NEWLINK");
    let pair = |message: &nlmon_core::decode::Message| {
        let value = |path| path::tree(&message.attributes, path, &[]).map(convert::shown);
        Some((value("IFLA_IFNAME")?, value("ifinfomsg.ifi_index")?.parse().ok()?))
    };
    links.filter_map(pair).collect()
}

fn report(directory: &Path, runs: &[Run], outcome: &Outcome) {
    let refused = fs::read_to_string(directory.join("failed")).unwrap_or_default();
    println!("{:?} refused:\n{refused}", kernel());
    let maps = maps();
    for run in runs.iter().filter(|run| !maps.iter().any(|map| map.is_of(&run.name))) {
        println!("not compared: all of {}", run.name);
    }
    let unread: Vec<_> = runs.iter().flat_map(|run| &run.unread).collect();
    say(&format!("{} objects are no JSON: {unread:?}", unread.len()));
    for what in &outcome.unmapped {
        println!("not compared: {what}");
    }
    for (what, times) in &outcome.differences {
        println!("difference ({times} times): {what}");
    }
    let (attributes, values) = (outcome.compared.len(), outcome.values);
    let telling = outcome.telling.len();
    say(&format!(
        "{attributes} attributes compared by value, {telling} with one other than 0, {values} values"
    ));
}
