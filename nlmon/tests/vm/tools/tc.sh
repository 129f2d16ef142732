#!/bin/sh
# Queueing disciplines, classes, filters and actions of every kind, as `objects.sh` does it.
. "$(dirname "$0")/run.sh"
modprobe -a -q sch_htb sch_hfsc sch_cbs sch_etf sch_fq sch_fq_codel sch_codel sch_cake sch_pie sch_fq_pie sch_hhf sch_red sch_gred sch_choke sch_sfq sch_sfb sch_tbf sch_netem sch_prio sch_multiq sch_mqprio sch_taprio sch_drr sch_qfq sch_ets sch_plug sch_skbprio sch_ingress sch_teql cls_u32 cls_flower cls_basic cls_bpf cls_fw cls_route cls_flow cls_cgroup cls_matchall cls_rsvp cls_tcindex em_cmp em_nbyte em_u32 em_meta em_ipset em_canid em_text act_gact act_mirred act_police act_skbedit act_skbmod act_vlan act_tunnel_key act_mpls act_ct act_ctinfo act_connmark act_csum act_nat act_pedit act_sample act_simple act_bpf act_gate act_ife act_ipt
n=0; q() { n=$((n+1)); ip link add q$n numtxqueues 4 type dummy; ip link set q$n up; r tc qdisc add dev q$n "$@"; }
c() { r tc class add dev q$n "$@"; }
q root handle 1: htb default 0x20 r2q 5 direct_qlen 77
c parent 1: classid 1:10 htb rate 1mbit ceil 2mbit burst 20k cburst 30k prio 3 quantum 3000
q root handle 2: hfsc default 10
c parent 2: classid 2:10 hfsc rt m1 1mbit d 10ms m2 500kbit ls m2 300kbit ul m2 2mbit
q root handle 3: cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389 offload 0
q root handle 4: etf clockid CLOCK_TAI delta 300000 deadline_mode skip_sock_check
q root handle 5: fq limit 7777 flow_limit 77 quantum 3000 initial_quantum 15000 maxrate 10mbit buckets 512 refill_delay 50ms orphan_mask 511 low_rate_threshold 600kbit ce_threshold 3ms timer_slack 20us horizon 5s horizon_cap
q root handle 6: fq_codel limit 2000 flows 512 target 7ms interval 120ms quantum 1000 ecn ce_threshold 9ms memory_limit 8Mb drop_batch 32
q root handle 7: codel limit 500 target 8ms interval 130ms ecn ce_threshold 11ms
q root handle 8: cake bandwidth 20mbit besteffort dual-srchost nat wash ack-filter-aggressive rtt 50ms overhead 18 mpu 64 memlimit 5m fwmark 0xff split-gso
q root handle 9: pie limit 500 target 20ms tupdate 30ms alpha 3 beta 21 ecn bytemode
q root handle a: fq_pie limit 5000 flows 256 target 16ms tupdate 17ms alpha 4 beta 22 quantum 1400 memory_limit 16Mb ecn_prob 12 ecn bytemode
q root handle b: hhf limit 900 quantum 1300 hh_limit 1024 reset_timeout 50ms admit_bytes 100000 evict_timeout 2s non_hh_weight 3
q root handle c: red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 ecn bandwidth 10mbit probability 0.02 adaptive nodrop
q root handle d: gred setup vqs 4 default 2 grio
r tc qdisc change dev q$n root handle d: gred limit 60000 min 15000 max 25000 burst 20 avpkt 1000 bandwidth 10Mbit vq 1 probability 0.1 prio 3
q root handle e: choke limit 1000 bandwidth 10mbit min 100 max 300 probability 0.03 ecn burst 150
q root handle f: sfq limit 100 perturb 10 quantum 1514 divisor 512 depth 60 headdrop flows 99
q root handle 10: sfb limit 1000 max 25 target 20 increment 0.005 decrement 0.0001 penalty_rate 12 penalty_burst 22 rehash 60000 db 6000
q root handle 11: tbf rate 1mbit burst 20kb latency 50ms peakrate 2mbit mtu 2000 mpu 64
q root handle 12: netem limit 999 delay 100ms 10ms 25% distribution normal loss 1.5% 30% duplicate 2% corrupt 0.5% reorder 25% 50% gap 5 rate 1mbit 20 100 5 slot 10ms 20ms packets 7 bytes 9999 ecn
q root handle 13: prio bands 4 priomap 1 2 3 3 1 2 0 0 1 1 1 1 1 1 1 2
q root handle 14: multiq
q root handle 15: mqprio num_tc 2 map 0 0 1 1 queues 2@0 2@2 hw 0
q root handle 16: taprio num_tc 2 map 0 0 1 1 queues 1@0 1@1 base-time 1000 sched-entry S 01 300000 sched-entry S 02 400000 clockid CLOCK_TAI
q root handle 17: drr
c parent 17: classid 17:1 drr quantum 1777
q root handle 18: qfq
c parent 18: classid 18:1 qfq weight 7 maxpkt 1600
q root handle 19: ets bands 5 strict 2 quanta 4000 3000 2000 priomap 4 3 2 1 0
q root handle 1a: skbprio limit 77
q root handle 1b: pfifo limit 77
q root handle 1c: bfifo limit 77777
q root handle 1d: netem loss gemodel 1% 10% 70% 0.1%
q root handle 1e: netem loss state 1% 20% 30% 40% 5%
q ingress
q clsact
C=q$n
f() { r tc filter add dev $C "$@"; }
f ingress protocol ip pref 1 flower src_mac 02:00:00:00:00:01/ff:ff:ff:00:00:00 dst_mac 02:00:00:00:00:02 ip_proto tcp src_ip 10.0.0.0/8 dst_ip 10.1.2.3 src_port 80 dst_port 1000-2000 tcp_flags 0x2/0x12 ip_tos 0x10/0xf0 ip_ttl 64 skip_hw action gact drop random determ pass 7 index 5
f ingress protocol 802.1q pref 2 flower vlan_id 100 vlan_prio 3 vlan_ethtype ipv6 src_ip 2001:db8::/32 ip_proto icmpv6 type 128 code 0 action vlan push id 77 protocol 802.1ad priority 5 index 6
f ingress protocol arp pref 3 flower arp_op request arp_sip 192.0.2.0/24 arp_tip 192.0.2.5 arp_sha 02:00:00:00:00:05 action mirred egress mirror dev d1 index 7
f ingress protocol mpls_uc pref 4 flower mpls_label 100 mpls_tc 3 mpls_bos 1 mpls_ttl 5 action mpls push protocol mpls_uc label 123 tc 3 ttl 64 bos 1 index 8
f ingress protocol ip pref 5 flower enc_src_ip 1.2.3.4 enc_dst_ip 5.6.7.8 enc_key_id 77 enc_dst_port 4789 enc_tos 4 enc_ttl 9 geneve_opts 0102:80:00112233 action tunnel_key set src_ip 1.1.1.1 dst_ip 2.2.2.2 id 99 dst_port 4789 tos 8 ttl 7 nocsum index 9
f ingress protocol ip pref 6 flower ct_state +trk+est ct_zone 5 ct_mark 0x7/0xff action ct zone 5 mark 7/255 nat src addr 10.0.0.1-10.0.0.9 port 100-200 commit index 10
f ingress protocol ip pref 7 matchall skip_hw action police rate 1mbit burst 20k mtu 2000 conform-exceed drop/pipe index 11
f ingress protocol ip pref 8 u32 match ip src 10.0.0.0/8 match ip dport 80 0xffff action skbedit priority 1:7 queue_mapping 2 mark 0x77/0xff ptype host index 12
f ingress protocol ip pref 9 basic match 'cmp(u8 at 0 layer 1 mask 0xf eq 5) and meta(priority gt 3)' action skbmod set dmac 02:00:00:00:00:09 smac 02:00:00:00:00:08 etype 0x800 index 13
f ingress protocol ip pref 10 handle 78 fw classid 1:7 action csum ip4h and tcp and udp index 14
f ingress protocol ip pref 11 route from 3 classid 1:8 action nat ingress 10.0.0.0/8 192.0.2.1 index 15
f ingress protocol ip pref 12 flow map key dst rshift 3 divisor 1024 baseclass 1:1 action connmark zone 7 index 16
f ingress protocol ip pref 13 handle 77 fw action sample rate 100 group 5 trunc 64 index 17
f ingress protocol ip pref 14 matchall action simple sdata "hello" index 18
f ingress protocol ip pref 15 matchall action pedit ex munge ip ttl set 7 munge eth dst set 02:00:00:00:00:0a index 19
f ingress protocol ip pref 16 matchall action ctinfo dscp 0xfc000000 0x1000000 cpmark 0xff zone 3 index 20
f ingress protocol ip pref 17 matchall action gate clockid CLOCK_TAI base-time 1000 cycle-time 700000 sched-entry open 300000 -1 -1 sched-entry close 400000 -1 -1 priority 3 index 21
f ingress protocol ip pref 18 matchall action ife encode allow mark allow prio dst 02:00:00:00:00:0b type 0xed3e index 22
f ingress protocol ip pref 19 matchall action bpf bytecode '1,6 0 0 4294967295' index 23
f ingress protocol ip pref 20 bpf bytecode '1,6 0 0 4294967295' classid 1:9
f ingress protocol ip pref 21 flower num_of_vlans 2
f ingress protocol ip pref 22 chain 3 flower ip_flags frag/firstfrag action goto chain 5
f ingress protocol ip pref 23 cgroup
t tc-qdisc tc -j -s -d qdisc show
t tc-filter tc -j -s -d filter show dev $C ingress
for a in gact vlan mirred mpls tunnel_key ct police skbedit skbmod csum nat connmark sample simple pedit ctinfo gate ife bpf; do t tc-act-$a tc -j -s -d actions list action $a; done
t tc-chain tc -j chain show dev $C ingress
