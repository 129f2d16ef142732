#!/bin/sh
# What drivers of devices say of them, by `ethtool`, and radios by `iw`, as `objects.sh` does it. Both
# print text.
. "$(dirname "$0")/run.sh"
modprobe -a -q veth dummy tun bonding
r ip link add e0 type dummy
r ip link add e2 numtxqueues 4 numrxqueues 3 type veth peer name e3
r ip link set e2 up; r ip link set e3 up
r ethtool -L e2 rx 2 tx 3
r ip tuntap add dev e4 mode tap
r ethtool -s e4 speed 1000 duplex half autoneg off port aui
r ethtool -s e4 msglvl 7
r ethtool -C e4 rx-frames 17
for d in e2 e4; do t ethtool-link-$d ethtool $d; done
t ethtool-times ethtool -T e2
t ethtool-channels ethtool -l e2
t ethtool-coalesce ethtool -c e4
t ethtool-names ethtool -k e2
for d in e2 e4; do
    words ethtool-link-$d '
    function rest(name) { sub(/^[^:]*: */, ""); member(name, $0) }
    NR == 1 { begin(); nest("modes") }
    /^\tSpeed: / { sub(/Mb.*/, ""); rest("speed") }
    /^\tDuplex: / { rest("duplex") }
    /^\tAuto-negotiation: / { rest("autoneg"); up(); nest("info") }
    /^\tPort: / { rest("port") }
    /^\tPHYAD: / { rest("address") }
    /^\tTransceiver: / { rest("transceiver") }
    /message level/ { getline; gsub(/^ +| +$/, ""); names = $0 }
    /^\tLink detected: / {
        up(); nest("state"); rest("link"); up()
        if (names != "") { nest("debug"); list("levels", names, " "); up() }
    }'
done
words ethtool-times '
    /^Capabilities:/ { begin(); inside = 1; next }
    /^[^\t]/ { inside = 0 }
    inside { names = names (names == "" ? "" : " ") $1 }
    END { list("abilities", names, " ") }'
words ethtool-channels '
    BEGIN { begin() }
    /maximums/ { end = "-most" }
    /Current/ { end = "" }
    /^(RX|TX|Other|Combined):/ && !/n\/a/ { sub(/:/, "", $1); member($1 end, $2) }'
words ethtool-coalesce '
    BEGIN { begin() }
    /^[rt]x-[a-z-]*: [0-9]/ { sub(/:/, "", $1); member($1, $2) }'
# Names that ethtool has not made itself of several bits, or of older ones.
words ethtool-names '
    /^\t?[a-z0-9_-]*: / && !/checksumming|scatter-gather:|offload:|hashing|ntuple/ { sub(/:/, "", $1); begin(); member("name", $1) }'

modprobe -q mac80211_hwsim radios=2
# The radios are in the first namespace, and their numbers grow.
sleep 1
for phy in /sys/class/ieee80211/*; do r nsenter -t 1 -n iw phy "${phy##*/}" set netns $$; done
interfaces=$(iw dev | awk '$1 == "Interface" { print $2 }' | sort)
first=${interfaces%%
*}; last=${interfaces##*
}
phy=$(iw dev "$first" info | awk '$1 == "wiphy" { print "phy#" $2 }')
r ip link set "$first" up
r iw dev "$first" set txpower fixed 1300
r iw "$phy" set rts 700
r iw "$phy" set frag 1000
r iw "$phy" set retry short 5 long 3
r iw dev "$last" set type ibss
r ip link set "$last" up
r iw dev "$last" ibss join there 2437 HT20 fixed-freq 02:77:00:00:00:01 beacon-interval 177
sleep 1
r iw dev "$first" scan
t iw-phy iw phy
t iw-dev iw dev
t iw-reg iw reg get
t iw-scan iw dev "$first" scan dump
t iw-survey iw dev "$first" survey dump
t iw-power iw dev "$first" get power_save
for part in ciphers channels rates; do
    for end in out strace; do cp iw-phy.$end iw-$part.$end; done
done
words iw-phy '
    function last_of(name) { member(name, $NF) }
    /^Wiphy / { begin(); member("name", $2) }
    /wiphy index:/ { last_of("index") }
    /max # scan SSIDs:/ { last_of("scan-ssids") }
    /max scan IEs length:/ { member("scan-length", $(NF - 1)) }
    /max # sched scan SSIDs:/ { last_of("scheduled") }
    /max # match sets:/ { last_of("match-sets") }
    /Retry short limit:/ { last_of("retry-short") }
    /Retry long limit:/ { last_of("retry-long") }
    /Fragmentation threshold:/ { last_of("fragmentation") }
    /RTS threshold:/ { last_of("rts") }
    /Coverage class:/ { member("coverage", $3) }
    /supports RSN-IBSS/ { flag("rsn-ibss") }
    /supports AP-side u-APSD/ { flag("uapsd") }
    /supports T-DLS/ { flag("tdls") }'
words iw-ciphers '
    /^Wiphy / { begin(); member("name", $2) }
    /Supported Ciphers:/ { names = ""; inside = 1; next }
    inside && !/\*/ { inside = 0; list("ciphers", names, " ") }
    inside { sub(/-128/, "", $2); names = names (names == "" ? "" : " ") $2 }
    /Available Antennas:/ { member("antennas-tx", $4); member("antennas-rx", $6) }'
words iw-channels '
    /\* [0-9.]+ MHz \[/ {
        begin(); member("frequency", int($2))
        if ($5 == "dBm)") { power = $4; sub(/\(/, "", power); member("power", power) }
        if (/disabled/) flag("disabled")
        if (/no IR/) flag("no-ir")
        if (/radar/) flag("radar")
    }'
words iw-rates '
    /\* [0-9.]+ Mbps/ { begin(); member("rate", $2); if (/short preamble/) flag("short") }'
words iw-dev '
    function rest(name) { sub(/^[ \t]*[a-z]+ /, ""); member(name, $0) }
    /^phy#/ { wiphy = substr($1, 5) }
    $1 == "Interface" { begin(); member("name", $2); member("wiphy", wiphy) }
    $1 == "ifindex" || $1 == "wdev" || $1 == "addr" || $1 == "type" { member($1, $2) }
    $1 == "ssid" { rest("ssid") }
    $1 == "channel" {
        frequency = $3; sub(/\(/, "", frequency); member("frequency", frequency)
        member("width", $6); member("center", $9)
    }
    $1 == "txpower" { member("power", $2) }'
words iw-reg '
    $1 == "country" { sub(/:/, "", $2); country = $2 }
    /^\t\(/ {
        passive = /PASSIVE-SCAN/; automatic = /AUTO-BW/; ofdm = /NO-OFDM/; dfs = / DFS/
        gsub(/[(),@]/, " "); begin(); member("start", $1); member("end", $3); member("width", $4)
        if ($5 != "N/A") member("gain", $5)
        member("power", $6); if ($7 ~ /^[0-9]/) member("wait", $7)
        if (passive) flag("no-ir"); if (automatic) flag("auto-bw"); if (ofdm) flag("no-ofdm"); if (dfs) flag("dfs")
    }'
words iw-scan '
    /^BSS / { begin(); member("bssid", substr($2, 1, 17)) }
    /last seen:.*boottime/ { sub(/s$/, "", $3); member("boottime", $3) }
    $1 == "TSF:" { member("tsf", $2) }
    $1 == "freq:" { member("frequency", $2) }
    /^\tbeacon interval:/ { member("interval", $3) }
    /^\tcapability:/ { sub(/.*\(/, ""); sub(/\).*/, ""); member("capability", $0) }
    /^\tsignal:/ { member("signal", $2) }
    /last seen:.*ms ago/ { member("ago", $3) }
    /^\tSSID:/ { member("ssid", $2) }
    /primary channel:/ { member("primary", $NF) }'
words iw-survey '
    /^Survey data/ { begin() }
    /frequency:/ { member("frequency", $2) }
    /in use/ { flag("used") }
    /noise:/ { member("noise", $2) }
    /active time:/ { member("active", $4) }
    /busy time:/ { member("busy", $4) }
    /receive time:/ { member("received", $4) }
    /transmit time:/ { member("sent", $4) }'
words iw-power '{ begin(); member("state", $3) }'
