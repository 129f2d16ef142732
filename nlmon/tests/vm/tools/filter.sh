#!/bin/sh
# Objects of nftables, connections that are tracked, sets of addresses and peers of WireGuard, as
# `objects.sh` does it.
. "$(dirname "$0")/run.sh"
modprobe -a -q nf_tables nft_ct nft_limit nft_counter nft_quota nft_objref nft_chain_nat nft_masq nft_log nft_reject nft_synproxy nf_flow_table nf_flow_table_inet nft_flow_offload nf_conntrack_ftp
ip link add nf0 type dummy; ip link set nf0 up
# Each is a transaction of its own: what a kernel refuses takes nothing else with it.
part() { nft -f - 2>>err || echo "nft refused $1" >>failed; }
part tables <<E
table inet nt {
    comment "of a test"
    chain first {
        comment "the first one"
        type filter hook input priority -7; policy drop;
    }
    chain second {
        type nat hook postrouting priority 100; policy accept;
    }
    chain third {
        type route hook output priority -150;
    }
    chain plain {
    }
}
table ip6 nt6 {
    chain pre {
        type filter hook prerouting priority raw; policy accept;
    }
}
E
part arp <<E
table arp na {
    chain in {
        type filter hook input priority 3;
    }
}
E
part bridge <<E
table bridge nb {
    flags dormant;
    chain over {
        type filter hook forward priority -200;
    }
}
E
part netdev <<E
table netdev nd {
    chain ing {
        type filter hook ingress device nf0 priority 11; policy accept;
    }
}
E
part sets <<E
table inet nt {
    set addresses {
        type ipv4_addr; flags interval,timeout; timeout 77s; gc-interval 13s; size 1234;
        policy memory; comment "a set"
        elements = { 192.0.2.1 timeout 33s, 198.51.100.0/24 }
    }
    set pairs {
        type ipv4_addr . inet_service; flags constant; elements = { 192.0.2.7 . 80 }
    }
    set heard {
        type ether_addr; flags dynamic; size 99; timeout 5m;
    }
    map ports {
        type inet_service : ipv4_addr; elements = { 80 : 192.0.2.8, 443 : 192.0.2.9 }
    }
    map verdicts {
        type ifname : verdict; elements = { "nf0" : jump plain }
    }
}
E
part counters <<E
table inet nt {
    counter seen {
        comment "counted"
        packets 17 bytes 1999
    }
    quota most {
        over 5 mbytes used 1 mbytes
    }
    quota least {
        7 kbytes
    }
    limit slow {
        rate 9/minute burst 3 packets
    }
    limit fast {
        rate over 11001 bytes/second burst 13001 bytes
    }
}
E
part helper <<E
table inet nt {
    ct helper ftp {
        type "ftp" protocol tcp; l3proto ip;
    }
}
E
part timeout <<E
table inet nt {
    ct timeout quick {
        protocol tcp; l3proto ip; policy = { established: 132, close: 4 }
    }
}
E
part expectation <<E
table inet nt {
    ct expectation data {
        protocol udp; dport 9876; timeout 2m; size 12; l3proto ip;
    }
}
E
part synproxy <<E
table inet nt {
    synproxy fences {
        mss 1460
        wscale 7
        timestamp sack-perm
    }
}
E
part flowtable <<E
table inet nt {
    flowtable quickly {
        hook ingress priority 5; devices = { nf0 }; counter;
    }
}
E
part rules <<E
add rule inet nt first tcp dport 22 counter packets 5 bytes 600 accept comment "for me"
add rule inet nt first ip saddr @addresses log prefix "seen " drop
E
t nft-ruleset nft -j list ruleset
ip link del nf0
# What drops packets has no place beside the connections of the next scripts.
nft flush ruleset
modprobe -a -q nf_conntrack_netlink nf_conntrack ip_set ip_set_hash_ip ip_set_hash_net ip_set_hash_ipportnet ip_set_hash_ipmark ip_set_bitmap_port ip_set_list_set
r conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 80 --state ESTABLISHED -u ASSURED -t 60 --mark 7
r conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1001 --dport 53 -t 77 -u SEEN_REPLY
r conntrack -I -p tcp -s 10.0.0.1 -d 192.0.2.9 -r 192.0.2.9 -q 192.0.2.77 --sport 1234 --dport 81 --reply-port-src 81 --reply-port-dst 4321 --state TIME_WAIT -t 33
r conntrack -I -p tcp -s 2001:db8::1 -d 2001:db8::2 --sport 5 --dport 6 --state SYN_SENT -t 99
r conntrack -I -p udp -s 2001:db8::1 -d 2001:db8::3 --sport 7 --dport 8 -t 98
t conntrack-4 conntrack -L -f ipv4 -o xml,id
t conntrack-6 conntrack -L -f ipv6 -o xml,id
r ipset create addresses hash:ip timeout 77 hashsize 2048 maxelem 1234 netmask 28
r ipset add addresses 192.0.2.1
r ipset create networks hash:net family inet6 counters comment skbinfo
r ipset add networks 2001:db8::/32 comment "of documents"
r ipset create marked hash:ip,mark markmask 0xff00
r ipset create ports bitmap:port range 1000-1099 timeout 5
r ipset create sets list:set size 9
r ipset add sets addresses
t ipset-list ipset list -o xml
modprobe -q wireguard && r ip link add wg7 type wireguard
key() { printf '%032d' "$1" | base64; }
key 7 >private; key 8 >preshared
r wg set wg7 private-key private listen-port 5182 fwmark 0x77 \
    peer "$(key 9)" preshared-key preshared endpoint 192.0.2.9:5183 persistent-keepalive 25 allowed-ips 10.7.0.0/16,2001:db8:7::/48 \
    peer "$(key 10)" endpoint '[2001:db8::9]:5184' allowed-ips 10.8.0.0/24
t wg-device wg show wg7 dump
t wg-peers wg show wg7 dump
# A line for the device and one for each peer, with tabs between; keys that are secret are left out.
awk -F'\t' 'NR == 1 { printf "[{\"public-key\":\"%s\",\"listen-port\":%s,\"fwmark\":\"%s\"}]", $2, $3, $4 }' \
    wg-device.out >device && mv device wg-device.out
awk -F'\t' 'BEGIN { printf "[" } NR > 1 {
    gsub(",", "\",\"", $4); sub("off", "0", $8)
    printf "%s{\"public-key\":\"%s\",\"endpoint\":\"%s\",\"allowed-ips\":[\"%s\"],\"keepalive\":%s}", (NR > 2 ? "," : ""), $1, $3, $4, $8
} END { printf "]" }' wg-peers.out >peers && mv peers wg-peers.out
