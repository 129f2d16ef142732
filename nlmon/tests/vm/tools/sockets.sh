#!/bin/sh
# Sockets of many protocols, with and without a peer, as `objects.sh` does it. `ss` prints text.
. "$(dirname "$0")/run.sh"
modprobe -a -q inet_diag tcp_diag udp_diag raw_diag unix_diag packet_diag af_packet_diag netlink_diag sctp sctp_diag mptcp_diag vsock_diag vsock_loopback tipc tipc_diag tcp_bbr tcp_dctcp tcp_vegas
ip link set lo up
# Each program holds its socket for as long as it has an input.
hold() { sleep 60 | "$@" >/dev/null 2>>err & }
serve() { socat "$@" >/dev/null 2>>err & }
# What the script has left behind ends with it.
trap 'kill $(jobs -p) 2>/dev/null' EXIT
n=7000
# A connection whose sender uses this algorithm, and which sends this many bytes.
tcp() {
    n=$((n+1))
    serve "$3-LISTEN:$n,reuseaddr,fork" "$4"
    sleep 0.3
    { head -c "$2" /dev/zero; sleep 60; } |
        socat - "$3:localhost:$n,setsockopt-string=6:13:$1,$5" >/dev/null 2>>err &
}
tcp cubic 300001 TCP4 PIPE setsockopt-int=1:36:0x77,ip-tos=0x10,keepalive,keepidle=9
tcp bbr 70001 TCP6 PIPE keepalive,keepidle=1801
r sysctl -w net.ipv4.tcp_ecn=1
tcp dctcp 9001 TCP4 PIPE keepalive,keepidle=70
tcp vegas 801 TCP6 PIPE nodelay
# Nobody reads: the windows close, and what was sent waits.
tcp cubic 9000001 TCP4 EXEC:'sleep 60' keepalive
serve TCP6-LISTEN:7100,ipv6only=1,backlog=13 PIPE
serve TCP6-LISTEN:7101,ipv6only=0,so-bindtodevice=lo PIPE
serve TCP4-LISTEN:7102,reuseaddr PIPE
sleep 0.3
echo | socat -t 0.1 - TCP4:127.0.0.1:7102 >/dev/null 2>>err
# Nobody answers: the name of the peer's host is not asked for either.
r ip link add s0 type dummy; r ip addr add 192.0.2.201/24 dev s0; r ip link set s0 up
hold socat - TCP4:192.0.2.202:7103
serve UDP4-RECV:7200 PIPE
hold socat - UDP4:127.0.0.1:7200,setsockopt-int=1:36:0x99
hold socat - UDP6:[::1]:7201
hold socat - IP4-SENDTO:127.0.0.1:99
hold socat - IP6-SENDTO:[::1]:98
serve UNIX-LISTEN:socket,backlog=3,fork,max-children=1 PIPE
serve ABSTRACT-LISTEN:nobody PIPE
sleep 0.3
hold socat - UNIX-CONNECT:socket
sleep 0.2
# This one is not taken.
hold socat - UNIX-CONNECT:socket
serve SCTP4-LISTEN:7300,fork PIPE
serve SOCKET-LISTEN:2:262:x1d4c7f0000010000000000000000,fork PIPE
serve VSOCK-LISTEN:7500,fork PIPE
sleep 0.3
hold socat - SCTP4:127.0.0.1:7300
hold socat - SOCKET-CONNECT:2:262:x1d4c7f0000010000000000000000
hold socat - VSOCK-CONNECT:1:7500
hold tcpdump -q -i lo -w /dev/null udp
hold socat - INTERFACE:s0
hold ip monitor link
sleep 1
for kind in tcp udp raw sctp mptcp; do
    t ss-inet-$kind ss -H -n -o -i -m -e -O -a --tos --inet-sockopt --$kind
done
t ss-unix ss -H -n -m -e -O -a -x
t ss-packet ss -H -n -m -e -O -a -A packet_raw
t ss-netlink ss -H -n -m -e -O -a -A netlink
t ss-vsock ss -H -n -m -e -O -a -A vsock_stream
t ss-tipc ss -H -n -m -e -O -a --tipcinfo -A tipc
read_ss() {
    words "$1" -v form="$2" '
    # Host and port; a star is what is not bound, or not connected.
    function address(prefix, text,   at, i) {
        for (i = 1; i <= length(text); i++) if (substr(text, i, 1) == ":") at = i
        host = substr(text, 1, at - 1); port = substr(text, at + 1)
        if (split(host, parts, "%") > 1) { host = parts[1]; member(prefix "-device", parts[2]) }
        gsub(/[][]/, "", host)
        member(prefix, host == "*" ? "any" : host)
        # A port of netlink is a number without a sign.
        if (port ~ /^-/) port = sprintf("%.0f", port + 4294967296)
        member(prefix "-port", port != "*" ? port : (form == "vsock" ? "any" : 0))
    }
    # A time in milliseconds; above nine seconds ss cuts it off.
    function timer(text,   ms) {
        split(text, parts, ",")
        member("name", parts[1]); member("retrans", parts[3]); text = parts[2]
        if (text ~ /min/) { member("minutes", text + 0); return }
        if (text ~ /sec/) { member("seconds", text + 0); return }
        ms = text; sub(/ms/, "", ms)
        if (split(ms, parts, ".") > 1) ms = parts[1] * 1000 + parts[2]
        member("ms", ms + 0)
    }
    function group(name, text,   items, i, count, at) {
        nest(name); count = split(text, items, ",")
        for (i = 1; i <= count; i++) {
            at = index(items[i], ":")
            if (!at) { at = match(items[i], /[0-9]/); if (at) member(substr(items[i], 1, at - 1), substr(items[i], at)) }
            else rate(substr(items[i], 1, at - 1), substr(items[i], at + 1))
        }
        up()
    }
    # Bits a second.
    function rate(name, text) { sub(/bps$/, "", text); member(name, text) }
    # The number of the device as the kernel has it, of what the C library makes of it.
    function device(text,   parts) {
        split(text, parts, "/")
        return parts[1] * 256 + parts[2] % 256 + int(parts[2] / 256) * 256 * 4096
    }
    function cgroup(path,   command, id) {
        command = "stat -c %i /sys/fs/cgroup" path; command | getline id; close(command)
        member("cgroup", id)
    }
    {
        begin(); i = 1
        if ($1 == "`-") i = 2
        if (form == "unix") member("netid", $(i++))
        if (form ~ /^inet-/) member("protocol", substr(form, 6))
        member("state", $i); if (form == "inet-tcp" && $i !~ /TIME-WAIT|SYN-RECV/) member("tcp-state", $i)
        member("rq", $(i+1)); member("wq", $(i+2)); i += 3
        if (form == "unix") {
            name = $i; sub(/^\*$/, "", name); if (name != "") member("name", name)
            member("inode", $(i+1)); if ($(i+3) != "0") member("peer", $(i+3)); i += 4
        } else {
            address("local", $i); if ($(i+1) !~ /^[*-]$/) address("peer", $(i+1)); i += 2
        }
        for (; i <= NF; i++) {
            word = $i; at = index(word, ":"); name = substr(word, 1, at - 1); value = substr(word, at + 1)
            if (word ~ /^.-.$/ && word ~ /^[<-]-[->]$/) {
                shut = (word ~ /^-/ ? "receive" : ""); if (word ~ /-$/) shut = shut (shut == "" ? "" : ",") "send"
                list("shutdown", shut, ",")
            } else if (word == "inet-sockopt:" && $(i + 1) == "()") {
                # No option is set.
                i++
            } else if (word == "inet-sockopt:" || word == "flags(") {
                options = ""
                for (i += (word == "flags(" ? 1 : 2); $i !~ /\)$/; i++) options = options (options == "" ? "" : ",") $i
                last = $i; sub(/\)$/, "", last); if (last != "") options = options (options == "" ? "" : ",") last
                sub(/bind_addr_/, "bind_address_", options)
                list(word == "flags(" ? "flags" : "sockopt", options, ",")
            }
            else if (word ~ /^timer:/) { nest("timer"); gsub(/[()]/, "", value); timer(value); up() }
            else if (word ~ /^token:.*\//) {
                gsub(/[()]/, ":", value); gsub(/\//, ":", value); split(value, p, ":")
                nest("token"); member("remote", p[1]); member("remote-id", p[3]); member("local", p[5]); member("local-id", p[7]); up()
            }
            else if (word ~ /^[a-z_]+:?\(/) { sub(/:?\(.*/, "", word); sub(/^[^(]*\(/, "", $i); sub(/\)$/, "", $i); group(word, $i) }
            else if (word == "send") i++
            else if (word ~ /_rate$/) { n = split($(++i), parts, "/"); rate(word, parts[1]); if (n > 1) rate(word "_max", parts[2]) }
            else if (name == "cgroup") cgroup(value)
            else if (name == "dev") member("dev", device(value))
            else if (name == "wscale") { split(value, parts, ","); nest(name); member("snd", parts[1]); member("rcv", parts[2]); up() }
            else if (name == "rtt" || name == "retrans") {
                split(value, parts, "/"); nest(name); member(name == "rtt" ? "mean" : "now", parts[1])
                member(name == "rtt" ? "deviation" : "total", parts[2]); up()
            }
            else if (name ~ /^(busy|rwnd_limited|sndbuf_limited)$/) { sub(/ms.*/, "", value); member(name, value) }
            else if (name ~ /^(locals|peers)$/ && value != "") list(name, value, ",")
            else if (word == "peers:") { peers = $(++i); while (i < NF) peers = peers "," $(++i); list("pending", peers, ",") }
            # A letter for each flag.
            else if (name == "flags") {
                letters = "MmJjBbecv"
                split("mcap-rem mcap-loc join-rem join-loc bkup-rem bkup-loc fully-established connected mapvalid", meant, " ")
                options = ""
                for (j = 1; j <= length(value); j++)
                    options = options (j > 1 ? "," : "") meant[index(letters, substr(value, j, 1))]
                list("flags", options, ",")
            }
            else if (name == "state") member("association", value)
            # No group at all is no attribute.
            else if (word == "groups=0x00000000") continue
            else if (at > 1) member(name, value)
            else if (split(word, parts, "=") > 1) member(parts[1], parts[2])
            else flag("has-" word)
        }
    }'
}
for kind in tcp udp raw sctp mptcp; do read_ss ss-inet-$kind inet-$kind; done
for kind in unix packet netlink vsock tipc; do read_ss ss-$kind $kind; done
