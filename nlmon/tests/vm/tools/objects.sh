#!/bin/sh
# Makes objects of every kind that the kernel offers, and runs the tools on them.
. "$(dirname "$0")/run.sh"
batch() { "$1" -force -batch - >/dev/null 2>>err || echo "$1 refused some of a batch" >>failed; }
for m in dummy veth bridge 8021q macvlan macvtap ipvlan vxlan geneve bareudp gtp amt macsec bonding team vrf ifb ip_gre ip6_gre ip_vti ip6_vti sit ipip ip6_tunnel xfrm_interface hsr batman-adv vcan vxcan can-gw wireguard nlmon netdevsim rdma_rxe tipc openvswitch mpls_router mpls_iptunnel ip_vs nf_conntrack ipvtap netkit team fou fou6 ila l2tp_netlink l2tp_eth; do
    modprobe -q $m || echo "no module $m" >>failed
done
ip netns add far 2>/dev/null
ip netns add far2; r ip netns set far2 77
batch ip <<E
link add d0 type dummy
link add d1 type dummy
link add d2 type dummy
E
r ip link set d0 mtu 1480 alias "the first" group 7 txqueuelen 777 address 02:00:00:00:00:01
batch ip <<E
link property add dev d0 altname first-dummy
link set d1 addrgenmode none
link set d2 promisc on allmulticast on
link add v0 type veth peer name v1
link add v2 type veth peer name v3 netns far
E
for d in d0 d1 d2 v0 v1 v2; do r ip link set $d up; done
batch ip <<E
link add br0 type bridge stp_state 1 vlan_filtering 1 mcast_snooping 1 vlan_default_pvid 5 ageing_time 20000 priority 4096 forward_delay 1000 hello_time 300 max_age 2500 group_fwd_mask 0x8 group_address 01:80:c2:00:00:0d mcast_querier 1 mcast_hash_max 1024 mcast_last_member_count 3 mcast_startup_query_count 4 nf_call_iptables 1 vlan_stats_enabled 1 vlan_stats_per_port 1 mcast_stats_enabled 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_router 2 mcast_query_use_ifaddr 1
link set br0 up
link set v0 master br0
link set d2 master br0
E
r bridge link set dev v0 cost 17 priority 9 learning off flood off mcast_flood off hairpin on guard on fastleave on isolated on neigh_suppress on bcast_flood off mcast_to_unicast on mcast_router 2 vlan_tunnel on locked on backup_port d2
r ip link set v0 type bridge_slave group_fwd_mask 8 proxy_arp on proxy_arp_wifi on
batch bridge <<E
vlan add dev v0 vid 100-105
vlan add dev v0 vid 200 pvid untagged
vlan add dev v0 vid 300 tunnel_info id 3000
fdb add 02:aa:00:00:00:01 dev v0 master static vlan 100
fdb add 02:aa:00:00:00:02 dev d2 master temp
fdb add 02:aa:00:00:00:04 dev d0 self
mdb add dev br0 port v0 grp 239.1.1.1 permanent vid 100
mdb add dev br0 port v0 grp ff0e::77 temp vid 100
mdb add dev br0 port v0 grp 03:00:5e:00:00:09 permanent
E
batch ip <<E
link add link d0 name vl7 type vlan id 7 reorder_hdr off gvrp on mvrp on loose_binding on ingress-qos-map 1:2 3:4 egress-qos-map 5:6
link add link d0 name vl8 type vlan proto 802.1ad id 8
link add link d0 name mv0 type macvlan mode private
link add link d0 name mv1 type macvlan mode source macaddr set 02:bb:00:00:00:01 02:bb:00:00:00:02
link add link d1 name mvt0 type macvtap mode vepa
link add link v1 name ipv0 type ipvlan mode l3s vepa
link add vx0 type vxlan id 77 local 192.0.2.1 remote 192.0.2.2 dev d0 dstport 4790 srcport 10000 20000 ttl 13 tos 0x10 nolearning proxy rsc l2miss l3miss ageing 222 maxaddress 99 udpcsum udp6zerocsumtx udp6zerocsumrx remcsumtx remcsumrx gbp
link add vx6 type vxlan id 78 group ff05::100 dev d0 dstport 4791 df unset
link add vx1 type vxlan external dstport 4792 vnifilter
E
batch bridge <<E
vni add vni 500-502 dev vx1
vni add vni 600 remote 192.0.2.44 dev vx1
E
r ip link set vx1 up
r bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.9 via d0 port 9999 vni 99 self
batch ip <<E
link add gnv0 type geneve id 99 remote 192.0.2.3 dstport 6082 ttl 9 tos 4 df set udpcsum
link add gnv6 type geneve id 98 remote 2001:db8::9 flowlabel 0x123 udp6zerocsumtx
link add bud0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 1234 multiproto
link add amt0 type amt mode gateway local 192.0.2.1 discovery 192.0.2.7 dev d0 gateway_port 2268 relay_port 2269
link add link d0 name ms0 type macsec port 11 encrypt on validate check replay on window 33 encodingsa 2
E
r ip macsec add ms0 tx sa 2 pn 100 on key 01 $(printf '%032d' 11)
r ip macsec add ms0 rx port 22 address 02:cc:00:00:00:01 on
r ip macsec add ms0 rx port 22 address 02:cc:00:00:00:01 sa 1 pn 7 on key 02 $(printf '%032d' 22)
batch ip <<E
link add bond1 type bond mode 802.3ad miimon 110 updelay 220 downdelay 330 lacp_rate fast ad_select bandwidth xmit_hash_policy layer3+4 min_links 1 resend_igmp 3 all_slaves_active 1 ad_actor_sys_prio 77 ad_user_port_key 33 ad_actor_system 02:dd:00:00:00:01 lp_interval 4 peer_notify_delay 440
link add bond2 type bond mode active-backup arp_interval 500 arp_ip_target 192.0.2.5,192.0.2.6 arp_validate all arp_all_targets all primary_reselect better fail_over_mac follow num_grat_arp 4
link add d5 type dummy
link add d6 type dummy
link set d5 master bond1
link set d6 master bond2
E
r ip link set bond1 up; r ip link set bond2 up
batch ip <<E
link add vrf1 type vrf table 1234
link set vrf1 up
link add d7 type dummy
link set d7 master vrf1
link add ifb7 type ifb
link add gre1 type gre local 192.0.2.1 remote 192.0.2.4 ttl 33 tos 8 key 1.2.3.4 iseq oseq icsum ocsum dev d0 nopmtudisc ignore-df
link add gre2 type gretap local 192.0.2.1 remote 192.0.2.5 ikey 7 okey 8 encap fou encap-sport auto encap-dport 5555 encap-csum
link add er1 type erspan local 192.0.2.1 remote 192.0.2.6 key 9 erspan_ver 1 erspan 99 seq
link add er2 type erspan local 192.0.2.1 remote 192.0.2.6 key 10 erspan_ver 2 erspan_dir ingress erspan_hwid 7 seq
link add g6 type ip6gre local 2001:db8::1 remote 2001:db8::2 hoplimit 44 tclass 0x10 flowlabel 0x12345 encaplimit 3 key 99
link add g6t type ip6gretap local 2001:db8::1 remote 2001:db8::3
link add vti1 type vti local 192.0.2.1 remote 192.0.2.7 ikey 3 okey 4 fwmark 0x77
link add vti6 type vti6 local 2001:db8::1 remote 2001:db8::7 key 5
link add sit1 type sit local 192.0.2.1 remote 192.0.2.8 ttl 77 tos 0x4 mode any isatap
link add ipip1 type ipip local 192.0.2.1 remote 192.0.2.9 ttl 55 mode ipip
link add ipipx type ipip external
link add ip61 type ip6tnl local 2001:db8::1 remote 2001:db8::8 mode ip4ip6 hoplimit 66 encaplimit none fwmark 9
tunnel add tt1 mode ipip local 192.0.2.1 remote 192.0.2.77 ttl 9
link add xf0 type xfrm dev d0 if_id 0x99
E
r ip link add ha type dummy; r ip link add hb type dummy
batch ip <<E
link add hsr0 type hsr slave1 ha slave2 hb supervision 45 version 1
link add bat0 type batadv
link add vc0 type vcan
link set vc0 up
link add vxc0 type vxcan peer name vxc1
link add wg0 type wireguard
link add nlm0 type nlmon
link add team0 type team
link add gtp0 type gtp role sgsn hsize 100
link add link lo name ipvt0 type ipvtap
link add nk0 type netkit

addr add 192.0.2.1/24 brd + dev d0 label d0:x
addr add 198.51.100.1 peer 198.51.100.2/32 dev d0 scope link metric 77
addr add 10.9.0.1/24 dev d1 valid_lft 3000 preferred_lft 2000 noprefixroute
addr add 2001:db8::1/64 dev d0 nodad
addr add 2001:db8:1::1/64 dev d1 nodad valid_lft 5000 preferred_lft 0 home mngtmpaddr

route add 203.0.113.0/24 via 192.0.2.2 dev d0 metric 99 mtu lock 1400 advmss 1300 window 5000 rtt 100 rttvar 50 cwnd 11 initcwnd 12 initrwnd 13 hoplimit 44 reordering 5 ssthresh 100 rto_min 300 quickack 1 congctl cubic features ecn realms 3/4 src 192.0.2.1 proto static
route add 203.0.114.0/24 nexthop via 192.0.2.2 weight 3 nexthop via 192.0.2.3 weight 5
route add blackhole 203.0.115.0/24 table 77
route add unreachable 203.0.116.0/24
route add prohibit 203.0.117.0/24
route add throw 203.0.118.0/24
route add 203.0.119.0/24 via inet6 fe80::5 dev d0
link set ipipx up
route add 203.0.120.0/24 encap ip id 100 dst 1.2.3.4 src 5.6.7.8 ttl 9 tos 4 dev ipipx
route add 203.0.121.0/24 encap mpls 100/200 via 192.0.2.2 dev d0
route add 203.0.122.0/24 dev d0 scope link tos 0x10 table 88 proto bird
E
r ip -6 route add 2001:db8:5::/48 via 2001:db8::5 dev d0 pref high metric 77 expires 500
r ip -6 route add 2001:db8:6::/48 nexthop via 2001:db8::5 weight 2 nexthop via 2001:db8::6 weight 4
r ip -6 route add 2001:db8:7::/48 encap seg6 mode encap segs 2001:db8::a,2001:db8::b dev d0
r ip -6 route add 2001:db8:8::/48 encap seg6local action End.DX4 nh4 192.0.2.3 dev d0
r ip -6 route add 2001:db8:9::/48 from 2001:db8::/64 via 2001:db8::5 dev d0
r sysctl -w net.mpls.platform_labels=1000
r ip -f mpls route add 100 as 200/300 via inet 192.0.2.2 dev d0
r ip -f mpls route add 101 via inet6 2001:db8::5 dev d0
batch ip <<E
nexthop add id 1 via 192.0.2.2 dev d0 proto static
nexthop add id 2 via 192.0.2.3 dev d0 onlink
nexthop add id 3 blackhole
nexthop add id 4 via 2001:db8::5 dev d0
nexthop add id 5 group 1,3/2,7
nexthop add id 6 group 1,3/2,7 type resilient buckets 32 idle_timer 60 unbalanced_timer 300
nexthop add id 8 via 192.0.2.9 fdb
nexthop add id 9 group 1,3/2,7
nexthop add id 10 group 1,10/2,20
nexthop add id 11 group 1/2 type resilient buckets 8 idle_timer 60 unbalanced_timer 300
nexthop add id 12 encap mpls 300 via 192.0.2.2 dev d0
route add 203.0.123.0/24 nhid 1
rule add from 192.0.2.0/24 to 10.0.0.0/8 tos 0x10 fwmark 0x7/0xff iif d0 oif d1 table 77 pref 500
rule add uidrange 100-200 ipproto 6 sport 80-90 dport 443 lookup 88 pref 501 suppress_prefixlength 8 suppress_ifgroup 7
rule add pref 502 goto 600
rule add pref 600 blackhole
rule add pref 601 unreachable protocol 99
rule add pref 602 l3mdev
rule add pref 603 tun_id 77 realms 3/9 lookup 99
E
r ip -6 rule add from 2001:db8::/32 pref 700 lookup 66 not
batch ip <<E
neigh add 192.0.2.2 lladdr 02:ee:00:00:00:02 dev d0 nud permanent
neigh add 192.0.2.3 lladdr 02:ee:00:00:00:03 dev d0 nud reachable router protocol 7
neigh add 192.0.2.4 dev d0 use
neigh add 192.0.2.14 dev d0 managed
neigh add 192.0.2.5 lladdr 02:ee:00:00:00:05 dev d0 nud stale extern_learn
neigh add 2001:db8::5 lladdr 02:ee:00:00:00:06 dev d0 nud noarp
neigh add proxy 192.0.2.99 dev d0
addrlabel add prefix 2001:db8:77::/48 dev d0 label 77
E
r sysctl -w net.ipv6.conf.v1.accept_ra=1
batch ip <<E
token set ::77 dev v1
maddr add 33:33:00:00:00:77 dev d0
mptcp limits set subflows 3 add_addr_accepted 4
mptcp endpoint add 192.0.2.1 dev d0 id 7 signal
mptcp endpoint add 198.51.100.1 id 8 signal port 777
mptcp endpoint add 2001:db8::1 id 9 subflow fullmesh
l2tp add tunnel tunnel_id 7 peer_tunnel_id 8 encap udp local 192.0.2.1 remote 192.0.2.2 udp_sport 5000 udp_dport 6000
l2tp add session name l2s tunnel_id 7 session_id 9 peer_session_id 10 cookie 01020304 seq both
fou add port 5555 ipproto 47
fou add port 5556 gue
ila add loc_match 1:2:3:4 loc 5:6:7:8 csum-mode adj-transport
sr tunsrc set 2001:db8::1
E
r ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1234 reqid 7 mode tunnel aead 'rfc4106(gcm(aes))' 0x$(printf '%040d' 3) 128 replay-window 32 sel src 10.0.0.0/8 dst 10.1.0.0/16 limit time-soft 100 limit byte-hard 100000
r ip xfrm policy add src 10.0.0.0/8 dst 10.1.0.0/16 proto 6 sport 80 dir out priority 77 mark 3 mask 0xff tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip netns exec far ip link set lo up; true
# traffic for statistics
r ip link set lo up

t ip-link ip -j -d -s -s link show
t ip-addr ip -j -d -s addr show
t ip-route4 ip -j -d -s -4 route show table all
t ip-route6 ip -j -d -s -6 route show table all
t ip-routem ip -j -d -f mpls route show
t ip-rule4 ip -j -d -4 rule show
t ip-rule6 ip -j -d -6 rule show
t ip-neigh ip -j -d -s neigh show nud all
t ip-neighproxy ip -j -d -s neigh show proxy
t ip-nexthop ip -j -d nexthop show
t ip-nhbucket ip -j -d nexthop bucket show
t ip-netconf ip -j -d netconf show
t ip-addrlabel ip -j -d addrlabel
t ip-token ip -j -d token
t ip-mptcpl ip -j -d mptcp limits
t ip-mptcpe ip -j -d mptcp endpoint show
t ip-macsec ip -j -d -s macsec show
t ip-tunnel ip -j -d -s tunnel show
t ip-tunnel6 ip -j -d -s -6 tunnel show
t ip-l2tpt ip -j -d l2tp show tunnel
t ip-l2tps ip -j -d l2tp show session
t ip-fou ip -j -d fou show
t ip-ila ip -j -d ila list
t ip-vrf ip -j -d vrf show
t ip-netns ip -j -d netns list-id
t ip-stats ip -j -d stats show
t ip-xfrms ip -j -d -s xfrm state
t ip-xfrmp ip -j -d -s xfrm policy
t bridge-link bridge -j -d -s link show
t bridge-fdb bridge -j -d -s fdb show
t bridge-vlan bridge -j -d -s vlan show
t bridge-vlanglobal bridge -j -d vlan global show
t bridge-mdb bridge -j -d -s mdb show
t bridge-vni bridge -j -d -s vni show
modprobe -q rdma_rxe && r rdma link add rxe0 type rxe netdev d0
t rdma-dev_show rdma -j -d -d dev show
t rdma-link_show rdma -j -d -d link show
t rdma-resource_show_qp rdma -j -d -d resource show qp
t rdma-resource_show_cq rdma -j -d -d resource show cq
