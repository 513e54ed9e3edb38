# SPDX-License-Identifier: MIT
#
# rtc-probe stun and nat against coturn, from behind each kind of router: what
# each kind does is named, and round trips are those that ping measures.

load helper

# What is filtered is waited for; nothing here is far.
QUICK=(--timeout 700ms)

setup_file() {
    net_check rtc-probe jq
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR"
    net_begin
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# probe STATUS HOST WORD...: the report is in $output.
probe() {
    run --separate-stderr "-$1" net_exec "$2" timeout "$LIMIT" rtc-probe "${@:3}"
}

# assert_family FAMILY FIELD VALUE
assert_family() {
    assert_equal "$(jq -r --arg f "$1" \
        ".families[] | select(.family == \$f) | .$2" <<<"$output")" "$3"
}

# ---- nat -------------------------------------------------------------------

@test "nat: a public host, both families" {
    net_host a open 46
    net_server
    probe 0 a nat --json "${QUICK[@]}" --require-mapping none "$SERVER4" "$SERVER6"
    assert_family IPv4 mapping none
    assert_family IPv4 filtering endpoint-independent
    assert_family IPv6 mapping none
    assert_family IPv6 filtering endpoint-independent
    assert_family IPv4 hairpinning null
}

@test "nat: a router that keeps the port, and for IPv6 a firewall" {
    net_host a cone 46
    net_server
    probe 0 a nat --json "${QUICK[@]}" --require-mapping endpoint-independent \
        "$SERVER4" "$SERVER6"
    assert_family IPv4 mapping endpoint-independent
    assert_family IPv4 filtering address-and-port-dependent
    assert_family IPv4 hairpinning false
    assert_family IPv4 portKept true
    assert_family IPv6 mapping none
    assert_family IPv6 filtering address-and-port-dependent
    probe 3 a nat --json "${QUICK[@]}" -4 --require-mapping none "$SERVER4"
}

@test "nat: a router that draws a port for each flow, both families" {
    net_host a symmetric66 46
    net_server
    probe 3 a nat --json "${QUICK[@]}" --require-mapping endpoint-independent \
        "$SERVER4" "$SERVER6"
    for family in IPv4 IPv6; do
        assert_family "$family" mapping address-and-port-dependent
        assert_family "$family" filtering address-and-port-dependent
        assert_family "$family" portKept false
    done
    assert_regex "$(jq -r '.verdicts[0]' <<<"$output")" 'TURN'
}

@test "nat: a router that lets everybody in to a port that is open" {
    net_host a cone
    net_forward a 1024-65535
    net_server
    probe 0 a nat --json "${QUICK[@]}" "$SERVER4"
    assert_family IPv4 mapping endpoint-independent
    assert_family IPv4 filtering endpoint-independent
}

@test "nat: a router that lets in the address that was sent to" {
    net_host a cone
    net_forward a 1024-65535
    net_exec router1 nft -f - <<END
table inet picky {
    set known {
        type ipv4_addr . inet_service . ipv4_addr
        flags dynamic
    }
    chain through {
        type filter hook forward priority filter - 5
        iifname "lan" meta l4proto udp update @known { ip saddr . udp sport . ip daddr }
        iifname "wan" meta l4proto udp ip daddr . udp dport . ip saddr != @known drop
    }
}
END
    net_server
    probe 0 a nat --json "${QUICK[@]}" "$SERVER4"
    assert_family IPv4 mapping endpoint-independent
    assert_family IPv4 filtering address-dependent
}

@test "nat: a router that takes what is for its own address back inside" {
    net_host a cone
    # Or else the switch would pass it on itself, and never back where it is from.
    net_exec router1 sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null ||
        true
    net_exec router1 nft -f - <<END
table ip hairpin {
    chain back {
        type nat hook prerouting priority dstnat
        iifname "lan" ip daddr $(router4 1) meta l4proto udp dnat to $(inside4 1).2
    }
    chain seen {
        type nat hook postrouting priority srcnat - 5
        oifname "lan" ip saddr $(inside4 1).2 snat to $(router4 1)
    }
}
END
    net_server
    probe 0 a nat --json "${QUICK[@]}" "$SERVER4"
    assert_family IPv4 mapping endpoint-independent
    assert_family IPv4 hairpinning true
    # Nobody else gets in for that.
    assert_family IPv4 filtering address-and-port-dependent
}

@test "nat: how long an idle port stays reachable" {
    net_host a cone
    net_exec router1 sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3
    net_server
    # It is longer than what this one asks for.
    net_start short a rtc-probe nat --json --timeout 500ms --lifetime \
        --lifetime-most 1s "$SERVER4"
    probe 0 a nat --json --timeout 500ms --lifetime --lifetime-most 6s "$SERVER4"
    # What is kept may be more by how late a busy machine asks.
    judge '.families[0] | 2 <= .lifetimeKept and .lifetimeKept <= 3 and
        3 <= .lifetimeGone and .lifetimeGone <= 4 and
        .lifetimeGone - .lifetimeKept <= 1' <<<"$output"
    assert_regex "$(jq -r '.verdicts[0]' <<<"$output")" 'no more after'
    finish short
    judge '.families[0] | .lifetimeKept == 1 and .lifetimeGone == null' short.out
}

@test "nat: how long an idle port keeps its public one, by a plain server" {
    net_host a symmetric
    net_exec router1 sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2
    net_start plain public python3 "$top_srcdir/tests/cli/stun.py" "$SERVER4" \
        </dev/null
    wait_for_line plain.out ':'
    probe 0 a nat --json "${QUICK[@]}" --lifetime --lifetime-most 4s \
        "$(cat plain.out)"
    judge '.families[0] | 1 <= .lifetimeKept and .lifetimeKept <= 2 and
        2 <= .lifetimeGone and .lifetimeGone <= 3 and
        .lifetimeGone - .lifetimeKept <= 1' <<<"$output"
}

# waits_with COUNT: the probe has so many UDP ports.
waits_with() {
    [ -s probe.pid ] && [ "$(net_exec a ss -Huan | wc -l)" -ge "$1" ]
}

@test "nat: interrupted, it tells what is known by then, and dies of the signal" {
    net_host a cone
    net_server
    net_start probe a rtc-probe nat --json "${QUICK[@]}" --lifetime "$SERVER4"
    # All but the lifetime is known when 10 ports wait.
    wait_until "$LIMIT" waits_with 10
    signal_to probe TERM
    finish probe 143
    judge '.families[0] | .mapping == "endpoint-independent" and
        .filtering == "address-and-port-dependent" and
        .hairpinning == false and .lifetimeKept == 0 and
        .lifetimeGone == null' probe.out
    judge '.verdicts | length == 1' probe.out
}

@test "nat: UDP is blocked" {
    net_host a cone
    net_block_udp a
    probe 4 a nat --json "${QUICK[@]}" "$SERVER4"
    assert_family IPv4 mapping null
    assert_regex "$(jq -r '.verdicts[0]' <<<"$output")" 'UDP is blocked'
}

# ---- stun ------------------------------------------------------------------

@test "stun: the router's address, for each family, at each server" {
    net_host a cone 46
    net_server
    probe 0 a stun --json -c 2 -i 20ms --max-loss 0% \
        "$SERVER4" "[$SERVER6]:3478" "$OTHER4"
    assert_equal "$(jq -c '[.servers[].mappedAddress | sub(":[0-9]+$"; "")]' \
        <<<"$output")" \
        "[\"$(router4 1)\",\"[2001:db8:1:1::2]\",\"$(router4 1)\"]"
    assert_equal "$(jq -r '.servers[0].localAddress | sub(":.*"; "")' \
        <<<"$output")" "$(inside4 1).2"
}

@test "stun: round trips are those of ping, loss is the router's" {
    net_host a cone
    net_server
    # The best of many: on a busy machine, the kernel answers a ping earlier than
    # coturn gets to run.
    net_exec a ping -c 40 -i 0.02 -q "$SERVER4" >ping
    probe 0 a stun --json -c 40 -i 20ms "$SERVER4"
    judge --argjson ping "$(sed -n 's#^rtt.*= \([0-9.]*\)/.*#\1#p' ping)" \
        '.servers[0].rttMin * 1000 - $ping | -0.1 < . and . < 1' <<<"$output"
    net_exec router1 nft -f - <<END
table inet lossy {
    chain through {
        type filter hook forward priority filter - 5
        iifname "lan" meta l4proto udp numgen inc mod 4 0 drop
    }
}
END
    probe 3 a stun --json -c 8 -i 20ms --timeout 500ms --max-loss 24% "$SERVER4"
    judge '.servers[0].loss == 0.25' <<<"$output"
}

@test "stun: a family that the host does not have, beside one that it has" {
    net_host a cone 4
    net_server
    probe 0 a stun --json -c 1 "$SERVER4" "$SERVER6"
    assert_regex "$stderr" "no way to \[$SERVER6\]:3478"
    assert_equal "$(jq -c '.servers | map(.received)' <<<"$output")" '[1,0]'
    probe 4 a stun --json -c 1 "$SERVER6"
    assert_equal "$(jq -r .error.name <<<"$output")" nothing-measured
}

# ---- host ------------------------------------------------------------------

@test "host: the addresses of the machine, and what it would offer" {
    net_host a open 46
    probe 0 a host --json
    assert_equal "$(jq -c '[.candidates[].candidate] | sort' <<<"$output")" \
        "[\"$(public4 1)\",\"$(public6 1)\"]"
    judge --arg a "$(public4 1)" '.addresses[] | select(.address == $a) |
        .interface == "eth1" and .mtu == 1500 and .scope == "public"' \
        <<<"$output"
    ip -n "$(ns a)" link set eth1 mtu 1300
    probe 0 a host --json
    judge --arg a "$(public4 1)" '.addresses[] | select(.address == $a) |
        .mtu == 1300' <<<"$output"
    net_lose a eth1
    probe 0 a host --json
    judge '[.candidates[].candidate] | contains(["127.0.0.1"])' <<<"$output"
}
