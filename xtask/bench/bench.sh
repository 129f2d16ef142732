#!/bin/sh
# Runs /root/peer without nlmon and beside it, and prints what each message cost more.
set -eu
systemctl stop nlmon
log=/run/bench.log
base=$(/root/peer)
printf '%-34s %8s %8s\n' configuration "a message" "over base"
printf '%-34s %8s\n' "no nlmon" "$base"

# A sample that finds no room costs less than one that does: the ring holds all of a run.
ring=67108864

# measure LABEL FLAG...
measure() {
    label=$1
    shift
    : >"$log"
    nlmon run --require-probes --socket /run/bench.sock --listen 127.0.0.1:9777 \
        --ring-bytes "$ring" "$@" 2>"$log" &
    daemon=$!
    until grep -q 'ready:' "$log"; do
        kill -0 "$daemon" 2>/dev/null || { cat "$log" >&2; exit 1; }
        sleep 0.2
    done
    # It joins its groups and notes its sockets first.
    sleep 2
    cost=$(/root/peer)
    kill "$daemon"
    wait "$daemon"
    printf '%-34s %8s %8s\n' "$label" "$cost" $((cost - base))
}

for hook in fentry kprobe; do
    measure "exact counts, $hook" --attach "$hook" --sample-every 0
    measure "and every message sampled, $hook" --attach "$hook"
done
