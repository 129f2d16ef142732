//! What the text of `/proc/PID/cgroup` says about a process: its systemd unit, its container and its
//! Kubernetes pod. Pure.

/// The innermost unit: a service or a scope.
pub(crate) fn unit(text: &str) -> Option<String> {
    // systemd manages the one hierarchy of version 2, or a named one of version 1.
    let managed = |line: &&str| line.starts_with("0::") || line.contains(":name=systemd:");
    let mut units = text.lines().filter(managed).filter_map(|line| {
        path(line)?
            .rsplit('/')
            .find(|part| matches!(part.rsplit_once('.'), Some((_, "service" | "scope"))))
    });
    units.next().map(str::to_owned)
}

/// The id that the container's runtime gave it: 64 hexadecimal digits, alone or between the
/// runtime's name and `.scope`.
pub(crate) fn container(text: &str) -> Option<String> {
    let parts = text.lines().filter_map(path).flat_map(|path| path.rsplit('/'));
    let mut ids = parts.filter_map(|part| {
        let part = part.strip_suffix(".scope").unwrap_or(part);
        let id = part.rsplit(['-', ':']).next()?;
        (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
    });
    ids.next().map(str::to_owned)
}

/// The UID of the Kubernetes pod that it is in, as `/var/log/pods` has it.
///
/// The kubelet makes a pod's cgroup below one called `kubepods`. The outermost one counts: what is
/// inside a pod may call its own cgroups as it likes. So may a user, whose cgroups are left out.
pub(crate) fn pod(text: &str) -> Option<String> {
    text.lines().filter_map(path).find_map(|path| {
        let parts = || path.split('/').filter(|part| !part.is_empty());
        // Seen from a cgroup namespace, a path may begin above it.
        if parts().find(|part| *part != "..") == Some("user.slice") {
            return None;
        }
        parts().skip_while(|part| !part.contains("kubepods")).find_map(pod_of)
    })
}

/// The UID in the name of a pod's cgroup: `kubepods-burstable-podUID.slice` by systemd, `podUID`
/// without. containerd appends its own name and a container's if only one of them uses systemd.
fn pod_of(part: &str) -> Option<String> {
    let part = part.split(':').next()?;
    let part = part.strip_suffix(".slice").unwrap_or(part);
    let uid = match part.rsplit_once("-pod") {
        Some((before, uid)) => before.contains("kubepods").then_some(uid)?,
        None => part.strip_prefix("pod")?,
    };
    // A dash is systemd's sign for a slice within a slice.
    let uid = uid.replace('_', "-");
    is_pod_uid(&uid).then_some(uid)
}

/// Whether this is a UUID, or the hash of a file, which is the UID of a pod that a file describes.
pub(crate) fn is_pod_uid(uid: &str) -> bool {
    let lengths: Vec<_> = uid.split('-').map(str::len).collect();
    let is_hexadecimal = uid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_hexadecimal && matches!(lengths[..], [8, 4, 4, 4, 12] | [32])
}

/// `HIERARCHY:CONTROLLERS:PATH`
fn path(line: &str) -> Option<&str> {
    line.splitn(3, ':').nth(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn of(text: &str) -> (String, String) {
        (unit(text).unwrap_or_default(), container(text).unwrap_or_default())
    }

    fn is(unit: &str, container: &str) -> (String, String) {
        (unit.to_owned(), container.to_owned())
    }

    #[test]
    fn finds_the_innermost_unit() {
        assert_eq!(of("0::/system.slice/ssh.service\n"), is("ssh.service", ""));
        assert_eq!(of("0::/init.scope\n"), is("init.scope", ""));
        let user = "0::/user.slice/user-0.slice/user@0.service/app.slice/a.service/sub\n";
        assert_eq!(of(user), is("a.service", ""));
        assert_eq!(of("9:name=systemd:/x.service\n1:cpu:/\n0::/\n"), is("x.service", ""));
        assert_eq!(of("0::/\n"), is("", ""));
        assert_eq!(of("\n::\nx\n"), is("", ""));
    }

    #[test]
    fn finds_the_container() {
        let scope = format!("docker-{ID}.scope");
        assert_eq!(of(&format!("0::/system.slice/{scope}\n")), is(&scope, ID));
        assert_eq!(of(&format!("5:cpu:/docker/{ID}\n0::/\n")), is("", ID));
        let pod = format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n");
        assert_eq!(of(&pod).1, ID);
        let nested = format!("0::/kubelet.slice/pod1:cri-containerd:{ID}\n");
        assert_eq!(of(&nested), is("", ID));
    }
    const POD: &str = "01234567-89ab-cdef-0123-456789abcdef";
    const SLICE: &str = "pod01234567_89ab_cdef_0123_456789abcdef.slice";
    /// Of a pod that a file describes.
    const HASH: &str = "0123456789abcdef0123456789abcdef";

    #[track_caller]
    fn is_in_pod(path: &str, uid: &str) {
        assert_eq!(pod(&format!("0::{path}\n")).as_deref(), Some(uid), "{path}");
        assert_eq!(pod(&format!("4:memory:{path}\n1:name=systemd:/\n")).as_deref(), Some(uid));
        assert_eq!(container(&format!("0::{path}\n")).as_deref(), Some(ID), "{path}");
    }

    #[test]
    fn finds_the_pod_as_systemd_lays_it_out() {
        let below = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-";
        for runtime in ["cri-containerd", "crio", "docker"] {
            is_in_pod(&format!("{below}{SLICE}/{runtime}-{ID}.scope"), POD);
            is_in_pod(&format!("{below}pod{HASH}.slice/{runtime}-{ID}.scope"), HASH);
            is_in_pod(&format!("/kubepods.slice/kubepods-{SLICE}/{runtime}-{ID}.scope"), POD);
        }
        let nested = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice";
        is_in_pod(
            &format!("{nested}/kubelet-kubepods-burstable-{SLICE}/cri-containerd-{ID}.scope"),
            POD,
        );
        // A runtime that does not use systemd, under a kubelet that does.
        let name = format!("kubepods-burstable-{SLICE}:cri-containerd:{ID}");
        is_in_pod(&format!("/system.slice/containerd.service/{name}"), POD);
        // A container with systemd in it.
        is_in_pod(&format!("{below}{SLICE}/crio-{ID}.scope/system.slice/a.service"), POD);
    }

    #[test]
    fn finds_the_pod_as_the_kubelet_lays_it_out_itself() {
        for class in ["", "/burstable", "/besteffort"] {
            is_in_pod(&format!("/kubepods{class}/pod{POD}/{ID}"), POD);
            is_in_pod(&format!("/kubepods{class}/pod{HASH}/{ID}"), HASH);
            is_in_pod(&format!("/kubepods{class}/pod{POD}/crio-{ID}"), POD);
        }
    }

    #[test]
    fn seen_from_a_cgroup_namespace_a_pod_is_found_where_it_is_named() {
        let path = format!("/../../kubepods-burstable-{SLICE}/cri-containerd-{ID}.scope");
        is_in_pod(&path, POD);
        assert_eq!(pod(&format!("0::/../cri-containerd-{ID}.scope\n")), None);
    }

    #[test]
    fn takes_nothing_else_for_a_pod() {
        let other = "fedcba98-7654-3210-fedc-ba9876543210";
        for path in [
            "/".to_owned(),
            format!("/system.slice/docker-{ID}.scope"),
            format!("/machine.slice/libpod-{ID}.scope"),
            format!("/pod{POD}/{ID}"),
            format!("/kubepods/pod{POD}0/{ID}"),
            format!("/kubepods/pod{ID}"),
            "/kubepods.slice/kubepods-podinfo.slice".to_owned(),
            format!("/user.slice/user-1000.slice/kubepods.slice/kubepods-{SLICE}"),
            format!("/../../user.slice/user-1000.slice/kubepods.slice/kubepods-{SLICE}"),
        ] {
            assert_eq!(pod(&format!("0::{path}\n")), None, "{path}");
        }
        // What a container calls its own cgroups is not believed.
        let inner = format!("/kubepods/pod{POD}/{ID}/kubepods/pod{other}/{ID}");
        is_in_pod(&inner, POD);
    }
}
