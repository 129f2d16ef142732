# shellcheck shell=bash
# The observer of a bench, nlmon as it is shipped or another tool: how it starts and ends, and what it
# has run. For the scripts beside this one.
set -eu
systemctl stop nlmon
nlmon=/root/nlmon
log=/run/bench.log
listen=127.0.0.1:9777
cgroup=/sys/fs/cgroup/bench

# start COMMAND...: the observer, in the background
start() {
    : >"$log"
    "$@" >/dev/null 2>"$log" &
    observer=$!
    mkdir -p "$cgroup"
    echo "$observer" >"$cgroup/cgroup.procs"
}

# start_nlmon FLAG...: it joins its groups and notes its sockets first
start_nlmon() {
    start "$nlmon" run --require-probes --socket /run/bench.sock --listen "$listen" "$@"
    until grep -q 'ready:' "$log"; do
        kill -0 "$observer" 2>/dev/null || { cat "$log" >&2; exit 1; }
        sleep 0.2
    done
    sleep 3
}

stop() {
    kill "$observer"
    wait "$observer" || true
}

# What the observers have run, in nanoseconds, which are instructions here. Threads that have ended
# are in it.
ran() { awk '/^usage_usec/ { printf "%.0f\n", $2 * 1000 }' "$cgroup/cpu.stat"; }
