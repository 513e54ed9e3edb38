# SPDX-License-Identifier: MIT
#
# rtc-probe peer between two hosts over a link whose rate the kernel limits
# (tbf): it measures that rate, and under load the round trips that ping does.

load helper

RATE=4000000
QUEUE=100ms # that packets wait in at most

setup_file() {
    net_check rtc-probe jq tc
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR" || return
    net_begin
    net_host a open
    net_host b open
    tc -n "$(ns a)" qdisc add dev eth1 root tbf rate "$RATE" burst 4kb \
        latency "$QUEUE" 2>tc.err || skip "no tbf here: $(cat tc.err)"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# measure NAME WORD...: from a to b; NAME.out is the report.
measure() {
    net_start "$1" a rtc-probe peer --json "${@:2}" --signal \
        "exec ip netns exec $(ns b) rtc-probe peer --signal -" </dev/null
}

# Of ping.out in milliseconds: the least and the average.
ping_rtts() {
    sed -n 's,^rtt [^=]*= \([^/]*\)/\([^/]*\)/.*,[\1;\2],p' ping.out | tr ';' ,
}

# A tenth is what headers take, too: those of Ethernet, IP, UDP and DTLS or SRTP
# are in the link's rate, and not in what is measured. A busy machine leaves the
# link idle for times, so it is the most of any interval.
@test "data: the link's rate, and ping's round trips while it is full" {
    measure data -t 4s -i 500ms --data --mtu 1400
    wait_until "$LIMIT" busy
    net_exec a ping -q -i 0.1 -c 25 "$(public4 2)" >ping.out
    finish data
    judge --argjson rate "$RATE" '
        (.intervals | map(.bitrateReceived) | max) > 0.9 * $rate and
        .directions[0].bitrateReceived < $rate and
        .directions[0].bitrateReceived > 0.6 * $rate' data.out
    # The queue is full, but for a sawtooth.
    judge --argjson ping "$(ping_rtts)" '
        (.intervals | map(.rtt * 1000) | sort | .[length / 2 | floor]) |
        . > 20 and (. - $ping[1] | fabs) < 10 + 0.2 * $ping[1]' data.out
}

# Packets wait: some hundred were sent.
busy() {
    [ "$(tc -n "$(ns a)" -s -j qdisc show dev eth1 | jq '.[0].packets')" -gt 200 ]
}

# Congestion control comes near the rate within some seconds, without losses.
@test "media: what the link carries; and ping's round trips of a free one" {
    measure under -t 2s -b 3500k
    finish under
    judge 'any(.ends[]; .lateMax > 0.02) as $late | .directions[0] |
        .lost == 0 and (.heldBack < 0.05 * .packetsSent or $late) and
        (.bitrateReceived > 3.3e6 or $late) and
        .bitrateReceived > 2e6 and .bitrateReceived < 3.6e6' under.out
    measure most -t 4s -b 0
    finish most
    judge --argjson rate "$RATE" '
        (.intervals | map(.bitrateReceived) | max) > 0.5 * $rate and
        (.directions[0] | .bitrateReceived < $rate and .missing == 0 and
        .loss < 0.03)' most.out
    measure free -t 1s -b 100k
    net_exec a ping -q -i 0.1 -c 10 "$(public4 2)" >ping.out
    finish free
    judge --argjson ping "$(ping_rtts)" '
        any(.ends[]; .lateMax > 0.02) as $late | .sessions[0] |
        (.rttMin * 1000 - $ping[0] | fabs) < 1 and
        ((.rttAvg * 1000 - $ping[1] | fabs) < 5 or $late)' free.out
    judge '.directions[0] | .lost == 0' free.out
}
