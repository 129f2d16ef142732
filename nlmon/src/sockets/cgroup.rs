//! What the text of `/proc/PID/cgroup` says about a process: its systemd unit and its container.
//! Pure.

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
}
