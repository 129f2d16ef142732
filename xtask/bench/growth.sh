#!/bin/bash
# Prints how the cost of nlmon, as it is shipped, grows with what there is on a host, and what other
# tools take for less.
. "${0%/*}/observer.sh"
ulimit -n 65536

# at_rest: instructions a second, once what was sent before is done with
at_rest() {
    sleep 5
    before=$(ran)
    sleep 10
    echo $((($(ran) - before) / 10))
}

row() { printf '%-44s %9s %9s\n' "$@"; }

# sent LABEL WORD...: a message that the bench sends by these words
sent() {
    label=$1
    shift
    plain=$(/root/peer "$@")
    start_nlmon "${room[@]}"
    row "$label" "$plain" "$(/root/peer "$@")"
    stop
}
# A sample that finds no room costs less than one that does.
room=(--ring-bytes 67108864)
echo
row 'a message, its sender, sampled, fentry' 'no nlmon' 'nlmon'
for size in 64 1024 8192; do sent "$size bytes" size "$size"; done
for types in 1 31 307; do sent "one of $types types" types "$types"; done

# grown WHAT: a message and a second at rest of the observer that runs
grown() { row "$1" "$(/root/peer)" "$(at_rest)"; }
echo
row 'with nlmon, and' 'a message' 'at rest'
start_nlmon "${room[@]}"
grown 'no more than the bench'
for processes in 101 1009 10007; do
    /root/peer names "$processes" >/dev/null
    sleep 6
    grown "$processes processes that have ended"
done
stop
start_nlmon "${room[@]}"
for sockets in 101 1009 10007; do
    mkfifo /run/held
    /root/peer hold "$sockets" </run/held >/run/holds &
    holder=$!
    exec 4>/run/held
    until grep -q . /run/holds; do sleep 0.2; done
    sleep 11
    grown "$sockets sockets more"
    exec 4>&-
    wait "$holder"
    rm /run/held /run/holds
done
stop
start_nlmon "${room[@]}"
made=0
for namespaces in 11 101 307; do
    while [ "$made" -lt "$namespaces" ]; do
        ip netns add "b$made"
        made=$((made + 1))
    done
    sleep 11
    grown "$namespaces network namespaces"
done
stop
for i in $(seq 0 $((made - 1))); do ip netns del "b$i"; done

# all_in COMMAND: messages with all that an observer does for them
messages=10007
all_in() {
    label=$1
    before=$(/root/peer "$messages")
    ran=$(ran)
    sleep 2
    cost=$(((before + $(ran) - ran) / messages))
    row "$label" "$cost" $((cost - plain))
}
plain=$(($(/root/peer "$messages") / messages))
echo
row 'all in, one processor' 'a message' 'over base'
row 'no observer' "$plain" 0
for clients in 0 1 11 101; do
    start_nlmon "${room[@]}" --clients 128
    readers=()
    for _ in $(seq "$clients"); do
        "$nlmon" tail --socket /run/bench.sock --protocol route >/dev/null 2>&1 &
        readers+=($!)
    done
    sleep 3
    all_in "nlmon, $clients clients that want other records"
    for reader in "${readers[@]}"; do kill "$reader"; done
    stop
done
bpf() {
    label=$1
    shift
    start bpftrace "$@"
    sleep 20
    all_in "$label"
    kill -INT "$observer"
    wait "$observer" || true
}
bpf 'bpftrace, a count' -e 'kprobe:netlink_unicast { @[comm] = count(); }'
bpf 'bpftrace, a count and a latency' -e 'kprobe:netlink_unicast { @start[tid] = nsecs; @[comm] = count(); }
    kretprobe:netlink_unicast /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }'
bpf 'bpftrace, a line an event' -e 'kprobe:netlink_unicast { @start[tid] = nsecs; }
    kretprobe:netlink_unicast /@start[tid]/ {
        printf("%s %d %d %d\\n", comm, pid, retval, nsecs - @start[tid]); delete(@start[tid]); }'
start sleep 600
before=$(strace -f -e trace=network -o /dev/null /root/peer "$messages")
row 'strace -e trace=network, a line a call' $((before / messages)) $((before / messages - plain))
stop
