//! The manifests in `deploy/kubernetes`: the rights that they give and none else, what they mount,
//! and that they agree with the daemon and its image. `cargo xtask test --step dist` holds them to
//! Kubernetes' own schemas. No cluster runs them.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "all of this file is test code"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_dir, read_to_string};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nlmon::config::Config;
use nlmon::http::Address;
use serde_json::{Value, json};

const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes")
}

fn read(path: &str) -> Value {
    let text = read_to_string(directory().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn daemon_set() -> Value {
    read("daemonset.yaml")
}

fn at<'a>(manifest: &'a Value, place: &str) -> &'a Value {
    manifest.pointer(place).unwrap_or_else(|| panic!("there is no {place}"))
}

fn list<'a>(manifest: &'a Value, place: &str) -> impl Iterator<Item = &'a Value> {
    at(manifest, place).as_array().unwrap_or_else(|| panic!("{place} is no list")).iter()
}

fn strings<'a>(manifest: &'a Value, place: &str) -> Vec<&'a str> {
    list(manifest, place).map(|value| value.as_str().unwrap()).collect()
}

/// Every manifest below the directory.
fn files() -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for place in ["", "podmonitor/"] {
        let entries = read_dir(directory().join(place)).unwrap().map(|entry| entry.unwrap().path());
        for path in entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            files.insert(format!("{place}{name}"));
        }
    }
    files
}

#[track_caller]
fn is(manifest: &Value, place: &str, expected: &Value) {
    assert_eq!(at(manifest, place), expected, "{place}");
}

#[test]
fn the_container_has_three_capabilities_and_no_more() {
    let manifest = daemon_set();
    let rights = format!("{CONTAINER}/securityContext");
    assert_eq!(
        *at(&manifest, &rights),
        json!({
            "privileged": false,
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"], "add": ["BPF", "PERFMON", "NET_ADMIN"]},
        })
    );
    assert_eq!(list(&manifest, &format!("{POD}/containers")).count(), 1);
    for other in ["initContainers", "ephemeralContainers"] {
        assert_eq!(manifest.pointer(&format!("{POD}/{other}")), None);
    }
}

#[test]
fn calls_are_filtered_by_the_runtime() {
    let profile = json!({"type": "RuntimeDefault"});
    is(&daemon_set(), &format!("{POD}/securityContext/seccompProfile"), &profile);
}

#[test]
fn the_api_server_is_asked_nothing() {
    let manifest = daemon_set();
    is(&manifest, &format!("{POD}/automountServiceAccountToken"), &json!(false));
    assert_eq!(manifest.pointer(&format!("{POD}/serviceAccountName")), None);
    let kinds: BTreeSet<_> =
        files().iter().map(|file| read(file)["kind"].as_str().unwrap().to_owned()).collect();
    let expected = ["Component", "DaemonSet", "Kustomization", "Namespace", "PodMonitor"];
    assert_eq!(kinds, expected.map(str::to_owned).into(), "no role, no account, no binding");
}

#[test]
fn it_sees_the_processes_and_the_network_of_the_node() {
    let manifest = daemon_set();
    is(&manifest, &format!("{POD}/hostPID"), &json!(true));
    is(&manifest, &format!("{POD}/hostNetwork"), &json!(true));
    is(&manifest, &format!("{POD}/hostUsers"), &json!(true));
    assert_eq!(manifest.pointer(&format!("{POD}/hostIPC")), None);
    let enforced = "/metadata/labels/pod-security.kubernetes.io~1enforce";
    is(&read("namespace.yaml"), enforced, &json!("privileged"));
}

#[test]
fn of_the_node_it_sees_three_directories_and_writes_none() {
    let manifest = daemon_set();
    let mounts: BTreeMap<_, _> = list(&manifest, &format!("{CONTAINER}/volumeMounts"))
        .map(|mount| (mount["name"].as_str().unwrap(), mount))
        .collect();
    let mut paths = Vec::new();
    for volume in list(&manifest, &format!("{POD}/volumes")) {
        let mount = mounts[volume["name"].as_str().unwrap()];
        match volume["hostPath"]["path"].as_str() {
            Some(path) => {
                assert_eq!(mount["readOnly"], true, "{path}");
                assert_eq!(mount["mountPath"], path, "nlmon looks for it where the node has it");
                assert_ne!(mount["mountPropagation"], "Bidirectional", "{path}");
                paths.push(path);
            }
            None if volume["configMap"].is_object() => {
                assert_eq!(mount["readOnly"], true);
                assert_eq!(mount["mountPath"], "/etc/nlmon");
            }
            None => {
                assert!(volume["emptyDir"]["sizeLimit"].is_string(), "{volume}");
                assert_eq!(mount["mountPath"], "/run/nlmon");
            }
        }
    }
    assert_eq!(paths, ["/sys/fs/cgroup", "/var/log/pods", "/run/netns"]);
    assert_eq!(mounts.len(), 5);
}

#[test]
fn it_runs_on_every_node_and_is_replaced_in_place() {
    let manifest = daemon_set();
    is(&manifest, &format!("{POD}/tolerations"), &json!([{"operator": "Exists"}]));
    // Two pods of one node would want one port.
    is(&manifest, "/spec/updateStrategy/rollingUpdate/maxSurge", &json!(0));
    let selector = json!({"app.kubernetes.io/name": "nlmon"});
    is(&manifest, "/spec/selector/matchLabels", &selector);
    is(&manifest, "/spec/template/metadata/labels/app.kubernetes.io~1name", &json!("nlmon"));
}

#[test]
fn it_asks_for_what_it_takes_and_has_the_limit_of_the_unit() {
    let manifest = daemon_set();
    let resources = at(&manifest, &format!("{CONTAINER}/resources"));
    assert!(
        resources["requests"]["cpu"].is_string() && resources["requests"]["memory"].is_string()
    );
    let unit = directory().join("../systemd/nlmon.service");
    let unit = read_to_string(unit).unwrap();
    let limit = unit.lines().find_map(|line| line.strip_prefix("MemoryMax=")).unwrap();
    assert_eq!(resources["limits"]["memory"].as_str().unwrap(), format!("{limit}i"));
}

#[test]
fn the_kubelet_asks_where_the_daemon_listens() {
    let config = Config::read(&directory().join("nlmon.toml")).unwrap();
    let [Address::Tcp(listen)] = config.http.listen.0[..] else { panic!("{config:?}") };
    assert!(listen.ip().is_loopback(), "there is no password");
    assert_eq!(config, Config::default(), "the file shows defaults, and states no others");
    let manifest = daemon_set();
    for (probe, path) in
        [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")]
    {
        let asked = at(&manifest, &format!("{CONTAINER}/{probe}/httpGet"));
        let host: IpAddr = asked["host"].as_str().unwrap().parse().unwrap();
        assert_eq!((host, asked["path"].as_str()), (listen.ip(), Some(path)));
        assert_eq!(asked["port"], listen.port());
    }
}

#[test]
fn the_image_is_the_one_that_is_built() {
    let kustomization = read("kustomization.yaml");
    let [image] = &list(&kustomization, "/images").collect::<Vec<_>>()[..] else {
        panic!("one image");
    };
    assert_eq!(image["newTag"], env!("CARGO_PKG_VERSION"));
    is(&daemon_set(), &format!("{CONTAINER}/image"), &image["name"]);
    // The entry point of the image is the program.
    assert_eq!(strings(&daemon_set(), &format!("{CONTAINER}/args")), ["run"]);
    let layout = directory().join("../../xtask/src/dist/mod.rs");
    let group = read_to_string(layout).unwrap();
    let groups =
        at(&daemon_set(), &format!("{POD}/securityContext/supplementalGroups")).to_string();
    let id = groups.trim_matches(['[', ']']);
    assert!(group.contains(&format!("nlmon:x:{id}:")), "the image's group nlmon is not {id}");
}

#[test]
fn the_kustomizations_name_every_file_and_none_else() {
    let mut named = BTreeSet::new();
    for place in ["", "podmonitor/"] {
        let file = format!("{place}kustomization.yaml");
        let kustomization = read(&file);
        named.extend(
            strings(&kustomization, "/resources").iter().map(|name| format!("{place}{name}")),
        );
        named.insert(file);
    }
    assert_eq!(named, files());
    let generated = read("kustomization.yaml");
    is(&generated, "/configMapGenerator/0", &json!({"name": "nlmon", "files": ["nlmon.toml"]}));
}

#[test]
fn the_pod_monitor_believes_the_cluster_and_names_the_node() {
    let monitor = read("podmonitor/podmonitor.yaml");
    is(&monitor, "/spec/selector", &json!({"matchLabels": {"app.kubernetes.io/name": "nlmon"}}));
    let endpoint = at(&monitor, "/spec/podMetricsEndpoints/0");
    assert_eq!(endpoint["honorLabels"], false);
    let targets: Vec<_> = list(endpoint, "/relabelings")
        .filter(|rule| rule["sourceLabels"] == json!(["__meta_kubernetes_pod_node_name"]))
        .map(|rule| rule["targetLabel"].as_str().unwrap())
        .collect();
    assert_eq!(targets, ["node", "instance"]);
    // Its component opens the port that it names.
    let component = read("podmonitor/kustomization.yaml");
    let patch = at(&component, "/patches/0/patch").as_str().unwrap();
    let patch: Value = serde_saphyr::from_str(patch).unwrap();
    let added = |end: &str| {
        let place = format!("{CONTAINER}/{end}");
        list(&patch, "").find(|change| change["path"] == place).map(|change| &change["value"])
    };
    let port = &added("ports").unwrap()[0];
    assert_eq!(port["name"], endpoint["port"]);
    let listen = added("args/-").unwrap().as_str().unwrap();
    assert!(listen.ends_with(&format!(":{}", port["containerPort"])), "{listen}");
    assert!(listen.starts_with("--listen="), "{listen}");
}
