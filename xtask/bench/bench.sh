#!/bin/bash
# Prints what nlmon costs, as it is shipped: each message its sender, all in, and the daemon itself.
set -eu
systemctl stop nlmon
nlmon=/root/nlmon
log=/run/bench.log
listen=127.0.0.1:9777

# start COMMAND...: the observer, in the background
start() {
    : >"$log"
    "$@" 2>"$log" &
    observer=$!
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

# What the observer's threads have run, in nanoseconds, which are instructions here.
ran() { awk '{ sum += $1 } END { printf "%d\n", sum }' /proc/"$observer"/task/*/schedstat; }
switched() {
    awk '/ctxt_switches/ { sum += $2 } END { print sum }' /proc/"$observer"/task/*/status
}

# What the verifier went through, of all programs that the observer holds. Linux tells since 5.16.
verified() {
    cat /proc/"$observer"/fdinfo/* 2>/dev/null | sed -n 's/^verified_insns:[[:space:]]*//p' |
        awk '{ all += $1; if ($1 > most) most = $1 }
            END { printf "%-44s %9d %9d\n", "  verified in all; the largest", all, most }'
}

base=$(/root/peer)
printf '%-44s %9s %9s\n' 'probes alone' 'a message' 'over base'
printf '%-44s %9s\n' 'no nlmon' "$base"
for hook in fentry kprobe; do
    for sample in 0 1; do
        # A sample that finds no room costs less than one that does: the ring holds all of a run.
        start_nlmon --ring-bytes 67108864 --attach "$hook" --sample-every "$sample"
        cost=$(/root/peer)
        verified=$(verified)
        stop
        what=$([ "$sample" = 0 ] && echo 'exact counts' || echo 'and every message sampled')
        printf '%-44s %9s %9s\n' "$what, $hook" "$cost" $((cost - base))
        echo "$verified"
    done
done

# all_in LABEL: with all that the observer does, until nothing is left to do
messages=100003
all_in() {
    before=$(/root/peer "$messages")
    ran=$(ran)
    sleep 2
    cost=$(((before + $(ran) - ran) / messages))
    printf '%-44s %9s %9s\n' "$1" "$cost" $((cost - plain))
}
plain=$(($(/root/peer "$messages") / messages))
printf '\n%-44s %9s %9s\n' 'all in, one processor' 'a message' 'over base'
printf '%-44s %9s\n' 'no observer' "$plain"
start_nlmon
all_in 'nlmon, default configuration'
stop
ip link add nlmon0 type nlmon
ip link set nlmon0 up
start tcpdump -i nlmon0 -s 256 -w /dev/null
sleep 2
all_in 'tcpdump -i nlmon0 -s 256 -w /dev/null'
stop
grep -E 'dropped by kernel' "$log"
ip link del nlmon0

changes=4001
for i in $(seq "$changes"); do
    echo "route add 10.$((i >> 16)).$((i >> 8 & 255)).$((i & 255))/32 dev lo"
done >/run/add
sed s/add/del/ /run/add >/run/del
ip link set lo up
# The first time fills caches.
ip -batch /run/add
ip -batch /run/del
records=$((6 * changes))
printf '\n%-44s %9s\n' 'the daemon' 'instructions'
start_nlmon
before=$(ran) switches=$(switched)
sleep 20
printf '%-44s %9s\n' 'a second at rest' $((($(ran) - before) / 20))
printf '%-44s %9s\n' 'switches in ten seconds at rest' $((($(switched) - switches) / 2))
before=$(ran)
ip -batch /run/add
ip -batch /run/del
sleep 2
printf '%-44s %9s\n' 'a record of route changes, nobody reads' $((($(ran) - before) / records))
"$nlmon" tail --socket /run/bench.sock --output json --verbose >/run/tail.json &
reader=$!
sleep 1
before=$(ran)
ip -batch /run/add
ip -batch /run/del
sleep 4
printf '%-44s %9s\n' 'the same, one reads JSON with attributes' $((($(ran) - before) / records))
kill "$reader"
awk '/VmRSS/ { printf "%-44s %9d\n", "resident memory then, KiB", $2 }' /proc/"$observer"/status
stop
