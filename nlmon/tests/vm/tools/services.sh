#!/bin/sh
# What TIPC, IPVS, Open vSwitch and audit tell of themselves, as `objects.sh` does it.
. "$(dirname "$0")/run.sh"
modprobe -a -q tipc ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_sh openvswitch vport_vxlan nf_conntrack veth dummy
r ip link set lo up
for d in p0 p1 p2; do r ip link add $d type dummy; r ip link set $d up; done
# Two nodes, of which the second one is in a namespace of its own.
r ip netns add far3
r ip link add t0 type veth peer name t1 netns far3
r ip link set t0 up; r ip -n far3 link set t1 up
far() { r ip netns exec far3 "$@"; }
r tipc node set netid 4722; far tipc node set netid 4722
r tipc node set identity here; far tipc node set identity there
r tipc bearer enable priority 7 media eth device t0; far tipc bearer enable priority 7 media eth device t1
r tipc bearer set tolerance 1777 media eth device t0
r tipc bearer set window 60 media eth device t0
r tipc link monitor set threshold 31
sleep 2
link=$(tipc link list | sed -n 's/^\(.*t0.*\): up$/\1/p')
r tipc link set tolerance 1602 link "$link"
r ip addr add 192.0.2.211/24 dev p1
r tipc bearer enable media udp name there localip 192.0.2.211 localport 6119 remoteip 192.0.2.212 remoteport 6120
sleep 1
t tipc-links tipc -j link statistics show
t tipc-names tipc -j nametable show
t tipc-monitors tipc -j link monitor summary
t tipc-peers tipc -j link monitor list
t tipc-netid tipc node get netid
t tipc-properties tipc media get priority media udp
t tipc-tolerance tipc bearer get tolerance media eth device t0
t tipc-priority tipc bearer get priority media eth device t0
t tipc-window tipc link get window link "$link"
one() { words "$1" '{ begin(); member("value", $1) }'; }
for name in netid properties tolerance priority window; do one tipc-$name; done

r ipvsadm -A -t 192.0.2.211:80 -s wrr -p 307 -M 255.255.255.0
r ipvsadm -a -t 192.0.2.211:80 -r 192.0.2.221:8080 -m -w 7 -x 100 -y 50
r ipvsadm -a -t 192.0.2.211:80 -r 192.0.2.222 -g -w 3
r ipvsadm -A -u '[2001:db8::11]:53' -s rr -o
r ipvsadm -a -u '[2001:db8::11]:53' -r '[2001:db8::22]:53' -i -w 1
r ipvsadm -A -t '[2001:db8::12]:54' -s rr -p 66 -M 64
r ipvsadm -A -f 77 -s sh -b sh-port,sh-fallback
r ipvsadm --set 903 121 301
r ipvsadm --start-daemon master --mcast-interface p1 --syncid 7 --sync-maxlen 1400 --mcast-group 224.0.0.99 --mcast-port 8849 --mcast-ttl 3
# Connections to real servers, which are not there.
for n in 1 2 3; do timeout 1 socat - TCP4:192.0.2.211:80,connect-timeout=1 >/dev/null 2>>err </dev/null; done
for kind in stats rate thresholds persistent-conn; do t ipvs-$kind ipvsadm -Ln --exact --$kind; done
t ipvs-services ipvsadm -Ln
t ipvs-timeouts ipvsadm -Ln --timeout
t ipvs-daemons ipvsadm -Ln --daemon
# A line is a service or, behind an arrow, a server of the one above. `columns` names the numbers.
read_ipvs() {
    for end in out strace; do cp ipvs-$1.$end ipvs-servers-$1.$end; done
    for run in ipvs-$1 ipvs-servers-$1; do
        words $run -v run=$run -v columns="$2" '
        BEGIN { count = split(columns, column, " "); servers = run ~ /servers/ }
        function end(text,   at) {
            at = match(text, /:[0-9]+$/)
            if (!at) { member("fwmark", text); return }
            host = substr(text, 1, at - 1); gsub(/[][]/, "", host)
            member("address", host); member("port", substr(text, at + 1))
        }
        function numbers(   i) { for (i = 1; i <= count; i++) member(column[i], $(NF - count + i)) }
        $1 ~ /^(TCP|UDP|FWM)$/ && !servers {
            begin(); end($2); if ($1 != "FWM") member("protocol", $1)
            if ($3 ~ /^[0-9]/) { numbers(); next }
            member("scheduler", $3)
            for (i = 4; i <= NF; i++) {
                if ($i == "persistent") { flag("persistent"); member("timeout", $(++i)) }
                else if ($i == "mask") member("mask", $(++i))
                else { gsub(/[()]/, "", $i); n = split($i, part, ","); for (j = 1; j <= n; j++) flag(part[j]) }
            }
        }
        $1 == "->" && $2 ~ /[0-9]$/ && servers {
            begin(); end($2); numbers(); if ($3 !~ /^[0-9]/) member("method", $3)
        }'
    done
}
for end in out strace; do cp ipvs-services.$end ipvs-version.$end; done
read_ipvs stats "connections packets-in packets-out bytes-in bytes-out"
read_ipvs rate "connections packets-in packets-out bytes-in bytes-out"
read_ipvs thresholds "upper lower active inactive"
read_ipvs persistent-conn "weight persistent active inactive"
read_ipvs services "weight active inactive"
words ipvs-version 'NR == 1 {
    gsub(/[().=]/, " "); begin(); member("version", $5 * 65536 + $6 * 256 + $7); member("size", $9)
}'
words ipvs-timeouts '{ begin(); member("tcp", $5); member("tcpfin", $6); member("udp", $7) }'
words ipvs-daemons '{
    gsub(/[(),]/, " "); begin(); member("state", $1)
    for (i = 2; i <= NF; i++) if (split($i, part, "=") > 1) member(part[1], part[2])
}'

r ovs-dpctl add-dp sw0
r ovs-dpctl add-if sw0 p2
r ovs-dpctl add-if sw0 in1,type=internal
r ovs-dpctl add-if sw0 tun0,type=vxlan,remote_ip=flow,key=flow,dst_port=4799
flow() { r ovs-dpctl add-flow sw0 "$@"; }
flow 'in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=6,tos=0x10,ttl=64,frag=no),tcp(src=1000,dst=80),tcp_flags(0x2)' 'push_vlan(vid=7,pcp=3),2'
flow 'in_port(1),eth(src=02:00:00:00:00:03,dst=02:00:00:00:00:04),eth_type(0x86dd),ipv6(src=2001:db8::1,dst=2001:db8::2,label=0x12345,proto=17,tclass=0x20,hlimit=63,frag=first),udp(src=5000,dst=53)' 'sample(sample=12.5%,actions(2)),3'
flow 'in_port(1),eth(src=02:00:00:00:00:05,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),arp(sip=192.0.2.1,tip=192.0.2.2,op=1,sha=02:00:00:00:00:05,tha=02:00:00:00:00:15)' '1,2'
flow 'in_port(2),skb_priority(7),skb_mark(0x99),eth(src=02:00:00:00:00:06,dst=02:00:00:00:00:07),eth_type(0x8100),vlan(vid=100,pcp=5),encap(eth_type(0x0800),ipv4(src=192.0.2.5,dst=192.0.2.6,proto=1,tos=0,ttl=3,frag=no),icmp(type=8,code=3))' 'pop_vlan,set(skb_mark(0x77)),1'
flow 'in_port(1),eth(src=02:00:00:00:00:08,dst=02:00:00:00:00:09),eth_type(0x8847),mpls(label=99,tc=3,ttl=5,bos=1)' '2'
flow 'in_port(2),eth(src=00:00:00:00:00:00/00:00:00:00:00:00,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),arp(sip=192.0.2.231)' '1'
flow 'in_port(1),eth(src=02:00:00:00:00:0e,dst=02:00:00:00:00:0f),eth_type(0x86dd),ipv6(src=2001:db8::1,dst=2001:db8::3,label=0,proto=58,tclass=0,hlimit=255,frag=no),icmpv6(type=135,code=0),nd(target=2001:db8::3,sll=02:00:00:00:00:0e,tll=02:00:00:00:00:1e)' '2'
flow 'recirc_id(0),tunnel(tun_id=0x77,src=192.0.2.1,dst=192.0.2.2,tos=0x4,ttl=9,tp_src=99,tp_dst=4799,flags(df|key)),in_port(3),eth(src=02:00:00:00:00:0c,dst=02:00:00:00:00:0d),eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=132,tos=0,ttl=64,frag=later)' 'set(tunnel(tun_id=0x5,src=192.0.2.3,dst=192.0.2.4,ttl=8,flags(df|csum|key))),3'
# What its ports send of themselves would be counted between two answers.
for port in p1 p2 in1; do r sysctl -q "net.ipv6.conf.$port.disable_ipv6=1"; done
r ip addr add 192.0.2.231/24 dev in1; r ip link set in1 up
ping -c 3 -i 0.2 -W 1 192.0.2.232 >/dev/null 2>&1
t ovs-datapath ovs-dpctl -s show
t ovs-flows ovs-dpctl -m --no-names dump-flows sw0
cp ovs-datapath.out ovs-ports.out; cp ovs-datapath.strace ovs-ports.strace
words ovs-datapath '
    function pair(text,   part) { split(text, part, ":"); sub(/%/, "", part[2]); member(part[1], part[2]) }
    /^[^ ]/ { sub(/:$/, ""); sub(/.*@/, ""); begin(); member("name", $0) }
    $1 == "lookups:" { for (i = 2; i <= NF; i++) pair($i) }
    $1 == "flows:" { member("flows", $2) }
    $1 == "masks:" { nest("masks"); for (i = 2; i <= NF; i++) pair($i); up() }
    $1 == "masks-cache:" { pair("cache-" $2) }
    $1 == "port" { exit }'
words ovs-ports '
    function pairs(prefix, from,   part, i) {
        for (i = from; i <= NF; i++) { split($i, part, ":"); if (part[2] != "?") member(prefix part[1], part[2]) }
    }
    $1 == "port" {
        sub(/:/, "", $2); begin(); member("number", $2); member("name", $3)
        # What is another tunnel to ovs-dpctl is a device to the kernel.
        type = $4; gsub(/[(:)]/, "", type); member("type", type == "internal" ? type : "netdev")
    }
    $1 ~ /^[RT]X$/ && $2 ~ /^packets/ { pairs($1 "-", 2) }
    $1 == "RX" && $2 ~ /^bytes/ { split($2, part, ":"); member("RX-bytes", part[2]); split($4 == "TX" ? $5 : ($3 == "TX" ? $4 : $6), part, ":"); member("TX-bytes", part[2]) }'
# NAME(...), NAME=VALUE or NAME:VALUE, each with a mask behind a stroke if there is one.
words ovs-flows '
    function field(name, text,   at) {
        sub(/%$/, "", text); at = index(text, "/")
        member(name, at ? substr(text, 1, at - 1) : text)
        if (at) member(name "-mask", substr(text, at + 1))
    }
    function parse(text,   depth, i, c, from) {
        depth = 0; from = 1; outputs[++level] = 0
        for (i = 1; i <= length(text); i++) {
            c = substr(text, i, 1)
            if (c == "(") depth++
            if (c == ")") depth--
            if (c == "," && !depth) { one(substr(text, from, i - from)); from = i + 1 }
        }
        one(substr(text, from)); level--
    }
    function one(text,   name, inside) {
        sub(/^ +/, "", text)
        if (match(text, /^[a-z0-9_]+\(/)) {
            name = substr(text, 1, RLENGTH - 1); inside = substr(text, RLENGTH + 1)
            sub(/\)$/, "", inside)
            if (name == "actions" || inside ~ /[=(]/) { nest(name); parse(inside); up() }
            else field(name, inside)
        }
        # Without a packet there is no attribute.
        else if (text ~ /^(packets|bytes):0$/) return
        else if (match(text, /^[a-z0-9_]+[=:]/)) field(substr(text, 1, RLENGTH - 1), substr(text, RLENGTH + 1))
        # The first one; JSON has a name once.
        else if (text ~ /^[0-9]+$/) { if (!outputs[level]++) member("output", text) }
        else if (text != "") flag(text)
    }
    {
        begin(); at = index($0, ", actions:"); parse(substr($0, 1, at - 1))
        nest("actions"); parse(substr($0, at + 10)); up()
    }'

auditctl -s >audit-before 2>/dev/null
# What the kernel keeps, as audit finds it here.
before() { sed -n "s/^$1 //p" audit-before; }
r auditctl -r 307; r auditctl -b 1021; r auditctl --backlog_wait_time 1777
rule() { r auditctl "$@"; }
rule -a always,exit -F arch=b64 -S openat,unlink,renameat2 -F path=/etc/passwd -F perm=wa -F 'uid>=1009' -F 'gid!=1013' -F key=r1
rule -a always,exit -F arch=b64 -S all -F dir=/etc/systemd -F perm=rx -F success=1 -F 'auid>=1000' -F key=r2
rule -a always,exit -F arch=b64 -S connect -F saddr_fam=2 -F 'a1!=3' -F a0=7 -F ppid=211 -F key=r3
rule -a never,exit -F arch=b64 -S kill -F pid=1021 -F 'euid<307' -F 'egid>401' -F 'suid<=503' -F 'fsuid!=601' -F key=r4
rule -a always,exit -F arch=b64 -S chmod -F exe=/bin/true -F sessionid=7 -F obj_uid=1033 -F obj_gid=1039 -F key=r5
rule -a always,exit -F arch=b64 -S chown -F devmajor=8 -F devminor=17 -F inode=4099 -F 'sgid!=11' -F 'fsgid!=13' -F pers=8 -F key=r6
rule -w /etc/group -p a -k r7
rule -a never,task -F 'uid=1013'
t audit-status auditctl -s
t audit-rules auditctl -l
r auditctl -D
r auditctl -r "$(before rate_limit)"; r auditctl -b "$(before backlog_limit)"
r auditctl --backlog_wait_time "$(before backlog_wait_time)"
words audit-status 'BEGIN { begin() } NF == 2 { member($1, $2) }'
words audit-rules '
    function numbers(names,   part, i, n, all, number, command) {
        n = split(names, part, ","); all = ""
        for (i = 1; i <= n; i++) {
            if (part[i] != "all") {
                command = "ausyscall x86_64 --exact " part[i]
                command | getline number; close(command); part[i] = number
            }
            all = all (i > 1 ? "," : "") part[i]
        }
        return all
    }
    # Of a system call's arguments, which are hexadecimal, the rules above have one digit.
    function field(text) {
        if (text ~ /^a[0-3]/) sub(/0x/, "", text)
        # AUDIT_ARCH_X86_64
        sub(/=b64$/, "=0xc000003e", text)
        match(text, /[!<>&=]+/)
        member(substr(text, 1, RSTART - 1), substr(text, RSTART))
    }
    {
        begin()
        for (i = 1; i < NF; i += 2) {
            if ($i == "-a") { split($(i + 1), part, ","); member("action", part[1]); member("filter", part[2]) }
            else if ($i == "-S") list("syscalls", numbers($(i + 1)), ",")
            else if ($i == "-F") field($(i + 1))
            else if ($i == "-w") member("path", "=" $(i + 1))
            else if ($i == "-p") member("perm", "=" $(i + 1))
            else if ($i == "-k") member("key", "=" $(i + 1))
        }
    }'
