#!/bin/bash
# The demonstration, in the guest: the article's module and programs at work, and nlmon watching.
# Every step says what it does; the last one compares nlmon's counts with the module's own.
set -euo pipefail

step() { printf '\n== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
# One URL of the daemon, without a client to install.
get() {
	exec 3<>/dev/tcp/127.0.0.1/9776
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	sed '1,/^\r$/d' <&3
	exec 3<&- 3>&-
}
# Sum of the series of /metrics (standard input) that have a name and all of some labels.
sum() {
	local name=$1 label
	local text
	text=$(grep "^$name{" || true)
	shift
	for label; do text=$(grep -F "$label" <<<"$text" || true); done
	awk '{ sum += $NF } END { printf "%d\n", sum }' <<<"$text"
}
counter() { awk -v name="$1" '$1 == name { print $2 }' /proc/net/netlink_test; }
wait_for() {
	local tries=200
	until eval "$1"; do
		((tries--)) || fail "waited in vain: $1"
		sleep 0.1
	done
}

step "The service"
systemctl is-active --quiet nlmon || { systemctl status --no-pager nlmon; fail "not running"; }
nlmon check

step "The test module, and two programs that wait for its greeting"
modprobe netlink_test
logs=$(mktemp -d)
nlmon tail >"$logs/tail" &
tail=$!
wait_for '[ "$(get /metrics | sum nlmon_log_clients)" != 0 ] || get /metrics | grep -q "^nlmon_log_clients 1"'
for name in first second; do
	nlmon recv --count 1 --timeout 30 >"$logs/$name" 2>"$logs/$name.state" &
	declare "$name=$!"
done
wait_for 'grep -q waiting "$logs/first.state" && grep -q waiting "$logs/second.state"'
# nlmon listens to a module's group as long as somebody else does: give it the time to notice.
wait_for '[ "$(awk "\$2 == 17 && \$4 == \"00000001\"" /proc/net/netlink | wc -l)" = 3 ]'
sleep 0.3
get /metrics >"$logs/before"

step "The module greets: nlmon send --greet"
nlmon send --greet
wait "$first" && wait "$second" || fail "a greeting did not come"
for name in first second; do echo "$name receiver: $(<"$logs/$name")"; done

step 'A user says hello: nlmon send "Hello you!"'
nlmon send "Hello you!"
echo "and from the worker, with deferred=1:"
echo 1 >/sys/module/netlink_test/parameters/deferred
nlmon send "Hello you!"

step "A link is made and deleted: ip link add, ip link del; an error: ip route del"
ip link add demo0 type dummy
ip link del demo0
ip route del 203.0.113.0/24 2>&1 || true

step "The live log of all of it: nlmon tail"
sleep 1.5
kill "$tail"
wait "$tail" || true
cat "$logs/tail"
grep -q 'nlmon\[.*NLTEST_MSG_ECHO.*Hello you!' "$logs/tail" || fail "the log lacks the echo"
grep -q 'ip\[.*RTM_DELLINK.*demo0' "$logs/tail" || fail "the log lacks the deleted link"
grep -q 'ESRCH' "$logs/tail" || fail "the log lacks the refused request"

step "Who changed what: nlmon changes, nlmon explain link demo0"
timeout 20 nlmon changes --object link --text demo0 --last 2 --count 2 | tee "$logs/changes"
grep -q 'link demo0 .*deleted by ip\[' "$logs/changes" || fail "nobody is said to have deleted the link"
nlmon explain link demo0

step "The metrics: curl http://127.0.0.1:9776/metrics"
get /metrics >"$logs/after"
grep -E '^nlmon_(datagrams|messages|multicast_deliveries)_total.*"test"' "$logs/after"
grep -E '^nlmon_(process_messages_total.*"ip"|request_errors_total|probe_attached)' "$logs/after"
grep -E '^nlmon_request_duration_seconds_(sum|count).*RTM_.*LINK' "$logs/after"

step "nlmon's counts and the module's own"
compare() {
	printf '%-44s nlmon %4d   module %4d   %s\n' "$1" "$2" "$3" "$([ "$2" = "$3" ] && echo equal)"
	[ "$2" = "$3" ] || fail "$1: the counts differ"
}
datagrams() { sum nlmon_datagrams_total 'protocol="test"' "$@" <"$logs/after"; }
compare "requests to the module" "$(datagrams 'path="request"')" "$(counter received_datagrams)"
compare "echoes and acknowledgements from it" "$(datagrams 'path="reply"')" \
	"$(($(counter echoed) + $(counter echo_failed) + $(counter acks)))"
compare "greetings to its group" "$(datagrams 'path="multicast"')" "$(counter multicast)"
compare "of them seen by nlmon's own socket" \
	"$(sum nlmon_multicast_deliveries_total 'protocol="test"' 'outcome="delivered"' <"$logs/after")" \
	"$(counter multicast)"

step "Done: the module can be removed while nlmon runs"
wait_for 'rmmod netlink_test 2>/dev/null'
systemctl is-active nlmon
