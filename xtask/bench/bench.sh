#!/bin/bash
# Prints what nlmon costs, as it is shipped: each message its sender, all in, and the daemon itself.
. "${0%/*}/observer.sh"

# How often the observer was put on a processor, or off it.
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

# paths LABEL: a route, and a message to a group with 0, 1 and 8 listeners, their senders' part
paths() {
    printf '%-44s' "$1"
    for what in routes 'multicast 0' 'multicast 1' 'multicast 8'; do
        # shellcheck disable=SC2086 # words
        printf ' %9s' "$(/root/peer $what)"
    done
    echo
}
ip link set lo up
printf '\n%-44s %9s %9s %9s %9s\n' "senders' part, fentry" 'route' 'group, 0' '1' '8'
paths 'no nlmon'
start_nlmon --subscribe usersock:2
paths 'nlmon, no member of their groups'
stop
start_nlmon --pin-modules --subscribe usersock:1 --subscribe route:ipv4-route
paths 'nlmon, a member of their groups'
stop

printf '\n%-44s %9s\n' 'a process, from its start to its end' 'instructions'
printf '%-44s %9s\n' 'no nlmon' "$(/root/peer spawn)"
start_nlmon
printf '%-44s %9s\n' 'nlmon' "$(/root/peer spawn)"
stop

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
stop

resident() {
    printf '%-44s %9d\n' "$1" "$(awk '/VmRSS/ { print $2 }' /proc/"$observer"/status)"
}
# scrape FILE
scrape() {
    exec 3<>/dev/tcp/127.0.0.1/9777
    printf 'GET /metrics HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$listen" >&3
    cat <&3 >"$1"
    exec 3>&-
}
printf '\n%-44s %9s\n' 'memory, and a scrape' 'KiB'
start_nlmon
resident 'at the start'
ip -batch /run/add
ip -batch /run/del
sleep 3
resident "after $records records, nobody reads"
/root/peer names 10007 >/dev/null
sleep 12
resident 'and 10007 short-lived processes'
/root/peer names 1009 >/dev/null
sleep 1
scrape /run/metrics
before=$(ran)
for _ in 1 2 3 4 5 6 7 8 9 10; do scrape /run/metrics; done
sleep 0.1
printf '%-44s %9s\n' "instructions of a scrape of $(grep -c '^nlmon_' /run/metrics) series" \
    $((($(ran) - before) / 10))
stop
