# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # of the helpers
#
# rtc-probe turn against coturn, from behind a router: addresses and round trips
# are what they should be, blocked UDP is told from a dead server, and data also
# comes back past a NAT where the relay is no peer of itself.

load helper

QUICK=(--json -c 3 -i 5ms -t 0 --timeout 1s)

setup_file() {
    net_check rtc-probe jq
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR" || return
    LOGIN=$RELAY_USER:$RELAY_PASSWORD
    net_begin
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# probe STATUS WORD...: from host a; the report is in $output.
probe() {
    run --separate-stderr "-$1" net_exec a timeout "$LIMIT" rtc-probe turn \
        "${@:2}"
}

@test "UDP, TCP, TLS and IPv6 from behind a NAT; round trips are those of ping" {
    net_host a symmetric 46
    net_server
    net_exec a ping -c 10 -i 0.05 -q "$SERVER4" >ping
    probe 0 "${QUICK[@]}" --cacert cert.pem "turn:$LOGIN@$SERVER4" \
        "turn:$LOGIN@$SERVER4?transport=tcp" "turns:$LOGIN@$SERVER4" \
        "turn:$LOGIN@[$SERVER6]"
    judge --arg relay "$SERVER4:" --arg mapped "$(router4 1):" \
        '[.servers[0:3][] | (.relayAddress | startswith($relay)) and
        (.mappedAddress | startswith($mapped)) and .echoedBy == "self" and
        .mappedAddress != .localAddress] == [true, true, true]' <<<"$output"
    judge --arg relay "[$SERVER6]:" '.servers[3] | .transport == "udp" and
        (.mappedAddress == .localAddress) and
        ([.relayAddress, .secondRelayAddress] |
        any(.[]; . != null and startswith($relay))) and .reachable' \
        <<<"$output"
    judge '.servers[2] | .tls > 0 and .certificateDays == 1' <<<"$output"
    # The best of some: a busy machine adds times of its own.
    judge --argjson ping "$(sed -n 's#^rtt.*= \([0-9.]*\)/.*#\1#p' ping)" \
        'all(.echoes[]; .received == 3 and
        (.rttMin * 1000 - $ping | -0.1 < . and . < 20))' <<<"$output"
}

@test "UDP is blocked: 21 and the remedy, which works" {
    net_host a cone
    net_server
    net_block_udp a
    probe 21 "${QUICK[@]}" "turn:$LOGIN@$SERVER4"
    assert_regex "$stderr" 'nothing came back over UDP .*try \?transport=tcp'
    judge '.servers[0].failedPhase == "allocate"' <<<"$output"
    probe 0 "${QUICK[@]}" "turn:$LOGIN@$SERVER4?transport=tcp"
    judge '.servers[0].echoedBy == "self" and
        all(.echoes[]; .received == 3)' <<<"$output"
    probe 21 "${QUICK[@]}" "turn:$LOGIN@198.51.100.77?transport=tcp"
    judge '.servers[0].failedPhase == "connect"' <<<"$output"
}

@test "loss is the router's" {
    net_host a cone
    net_server
    net_exec router1 nft -f - <<END
table inet lossy {
    chain through {
        type filter hook forward priority filter - 5
        iifname "lan" meta l4proto udp meta length 100-200 numgen inc mod 4 0 drop
    }
}
END
    probe 3 --json -c 40 -i 5ms -t 0 --timeout 1s --max-loss 10% \
        "turn:$LOGIN@$SERVER4"
    judge '.echoes | all(.[]; .loss >= 0.225 and .loss <= 0.275)' <<<"$output"
}

@test "a relay that is no peer of itself: past a NAT to a socket of ours" {
    net_host a symmetric
    net_start turn public turnserver -n --no-cli -v --log-file stdout \
        --simple-log --userdb "$PWD/turndb" --pidfile "$PWD/turn.own" \
        --listening-ip "$SERVER4" --relay-ip "$SERVER4" --no-tls --no-dtls \
        --denied-peer-ip "$SERVER4" --lt-cred-mech --user "$LOGIN" --realm r
    wait_for_line turn.out 'UDP listener opened on'
    probe 0 "${QUICK[@]}" -t 500ms "turn:$LOGIN@$SERVER4"
    judge '.servers[0].echoedBy == "outside" and
        all(.echoes[]; .received == 3) and
        (.loads[0] | .received == .sent and .bitrate > 5e5 and
        .bitrate < 2.1e6)' <<<"$output"
    assert_regex "$(jq -r '.verdicts[-1]' <<<"$output")" 'refuses \(403\)'
}

@test "a firewall before the relay's ports: round within the server, no further" {
    net_host a cone
    net_server
    probe 0 "${QUICK[@]}" --require-reachable "turn:$LOGIN@$SERVER4" \
        "turn:$LOGIN@$SERVER4?transport=tcp"
    net_exec public nft -f - <<END
table inet shut {
    chain in {
        type filter hook input priority filter
        iifname != "lo" udp dport 49152-65535 drop
    }
}
END
    probe 3 "${QUICK[@]}" --require-reachable "turn:$LOGIN@$SERVER4"
    judge '.servers[0] | .echoedBy == "self" and .reachable == false' \
        <<<"$output"
    assert_regex "$(jq -r '.verdicts[-1]' <<<"$output")" 'firewall'
    probe 3 "${QUICK[@]}" --require-reachable \
        "turn:$LOGIN@$SERVER4?transport=tcp"
    judge '.servers[0].reachable == null' <<<"$output"
}
