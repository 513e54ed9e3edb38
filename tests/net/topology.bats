# SPDX-License-Identifier: MIT
#
# That the networks of topology.bash are what they are said to be, seen by ping
# and plain sockets: what the other tests here conclude rests on it.

load helper

setup_file() {
    net_check
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

probe() { # HOST COMMAND ARGUMENT...
    net_exec "$1" timeout 20 python3 "$net/probe.py" "${@:2}"
}

# start_refused TRACE COMMAND ARGUMENT...: host a gets nowhere with that, as
# `finish TRACE 1` asserts; so several can wait beside each other.
start_refused() {
    net_start "$1" a python3 "$net/probe.py" "${@:2}"
}

# Host a's mappings towards four addresses of the server, one a line.
mappings() { # SERVER OTHER
    probe a mapping "$1" 3478 "$2" 3478 "$1" 3479 "$2" 3479
}

# punches SERVER: whether each host gets through to the other.
punches() {
    net_start a a python3 "$net/probe.py" punch "$1" 3478 a.at b.at
    net_start b b python3 "$net/probe.py" punch "$1" 3478 b.at a.at
    wait_for_file a.status
    wait_for_file b.status
    case $(cat a.status b.status | xargs) in
    '0 0') echo both ;;
    '1 1') echo neither ;;
    *) echo "a $(cat a.status a.err) b $(cat b.status b.err)" ;;
    esac
}

reaches() { # FROM ADDRESS
    net_exec "$1" ping -c 1 -W 2 -q "$2" >/dev/null
}

refuse_reaching() { # FROM ADDRESS
    run net_exec "$1" ping -c 1 -W 0.3 -q "$2"
    assert_failure
}

# ---- without a router ------------------------------------------------------

@test "two public hosts reach each other, with both families" {
    net_host a open 46
    net_host b open 46
    reaches a "$(public4 2)"
    reaches a "$(public6 2)"
    reaches b "$SERVER4"
    reaches b "$SERVER6"
    net_server
    run probe a mapping "$SERVER4" 3478
    assert_output --regexp "^$(public4 1) "
    run punches "$SERVER4"
    assert_output both
}

@test "two hosts of one network reach each other directly" {
    net_host a cone 46
    net_neighbour b 1
    reaches a 10.0.1.3
    reaches a 2001:db8:1:1::3
    run probe b local "$SERVER4" 9
    assert_output 10.0.1.3
}

# ---- NAT -------------------------------------------------------------------

@test "a cone NAT has one mapping for all, its port kept" {
    net_host a cone
    net_server
    run mappings "$SERVER4" "$OTHER4"
    assert_success
    assert_equal "${#lines[@]}" 4
    assert_equal "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" 1
    assert_output --regexp "^$(router4 1) "
}

@test "a symmetric NAT has a mapping for each" {
    net_host a symmetric
    net_server
    run mappings "$SERVER4" "$OTHER4"
    assert_success
    assert_equal "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" 4
    run cut -d' ' -f1 <<<"$output"
    assert_line --index 3 "$(router4 1)"
}

@test "no host behind NAT is reached from outside, by whatever address" {
    net_host a cone
    net_host b symmetric
    refuse_reaching b "$(inside4 1).2"
    refuse_reaching public "$(inside4 1).2"
    refuse_reaching a "$(router4 2)"
    # Nor does a server get an error for them.
    probe public say "$(inside4 1).2" 9
    net_start hear a python3 "$net/probe.py" hear at
    wait_for_file at
    probe public say "$(router4 1)" "$(cut -d' ' -f2 at)"
    finish hear 1
}

@test "cone and cone: packets both ways open the way" {
    net_host a cone
    net_host b cone
    net_server
    run punches "$SERVER4"
    assert_output both
}

@test "symmetric and public: what comes can be answered" {
    net_host a symmetric
    net_host b open
    net_server
    run punches "$SERVER4"
    # The public one hears, but answers to where the server saw the other.
    assert_output --partial 'b 0'
}

@test "symmetric and cone: no way" {
    net_host a symmetric
    net_host b cone
    net_server
    run punches "$SERVER4"
    assert_output neither
}

@test "symmetric and symmetric: no way" {
    net_host a symmetric
    net_host b symmetric
    net_server
    run punches "$SERVER4"
    assert_output neither
}

@test "a forwarded port lets in" {
    net_host a cone
    net_host b open
    net_start hear a python3 "$net/probe.py" hear at
    wait_for_file at
    net_forward a "$(cut -d' ' -f2 at)"
    probe b say "$(router4 1)" "$(cut -d' ' -f2 at)"
    finish hear
    assert_equal "$(cat hear.out)" "$(public4 2)"
}

# ---- firewalls -------------------------------------------------------------

@test "UDP blocked: TCP to the named ports of the server, and nothing else" {
    net_host a cone 46
    net_host b open 46
    net_server
    probe a mapping "$SERVER4" 3478
    net_block_udp a 3478
    start_refused udp4 mapping "$SERVER4" 3478
    start_refused udp6 mapping "$SERVER6" 3478
    start_refused port connect "$SERVER4" 5349
    start_refused address connect "$OTHER4" 3478
    probe a connect "$SERVER4" 3478
    probe a connect "$SERVER6" 3478
    finish udp4 1
    finish udp6 1
    finish port 1
    finish address 1
    probe b mapping "$SERVER4" 3478
}

@test "UDP blocked at a public host: TCP passes" {
    net_host a open
    net_server
    net_block_udp a
    run probe a mapping "$SERVER4" 3478
    assert_failure
    probe a connect "$SERVER4" 3478
}

@test "the server speaks TLS with its certificate" {
    net_host a cone 46
    net_server
    net_block_udp a 5349
    local at
    for at in "$SERVER4:5349" "[$SERVER6]:5349"; do
        run net_exec a timeout 10 openssl s_client -connect "$at" \
            -CAfile cert.pem -verify_return_error </dev/null
        assert_success
        assert_output --partial 'Verification: OK'
    done
}

# ---- IPv6 ------------------------------------------------------------------

@test "IPv6 alone, each behind a firewall: only packets both ways pass" {
    net_host a cone 6
    net_host b cone 6
    net_server
    run net_exec a ip -4 route
    assert_output ''
    run probe a mapping "$SERVER6" 3478
    assert_output --regexp '^2001:db8:1:1::2 '
    refuse_reaching b "$(inside6 1 cone):2"
    run punches "$SERVER6"
    assert_output both
}

@test "IPv6 may have NAT, too: one mapping for all, or one for each" {
    net_host a cone66 6
    net_server
    run mappings "$SERVER6" "$OTHER6"
    assert_success
    assert_equal "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" 1
    assert_output --regexp "^$(router6 1) "
    net_host b symmetric66 6
    run punches "$SERVER6"
    assert_output neither
}

# ---- changes ---------------------------------------------------------------

@test "a host moves from one uplink to another" {
    net_host a cone 46
    net_host b open 46
    reaches a "$(public4 2)"
    net_lose a eth1
    run probe a local "$SERVER4" 9
    assert_failure
    net_host a cone 46 3
    run probe a local "$SERVER4" 9
    assert_output 10.0.3.2
    run probe a local "$SERVER6" 9
    assert_output 2001:db8:1:3::2
    reaches a "$(public4 2)"
    reaches a "$(public6 2)"
}

@test "an address of somewhere else does not pass a router" {
    net_host a cone 46
    net_host b open 46
    reaches a "$(public6 2)"
    net_ip a <<END
addr add 10.0.9.2/32 dev lo
addr add 2001:db8:1:9::2/128 dev lo nodad
END
    run net_exec a ping -c 1 -W 0.3 -q -I 2001:db8:1:9::2 "$(public6 2)"
    assert_failure
    run net_exec a ping -c 1 -W 0.3 -q -I 10.0.9.2 "$(public4 2)"
    assert_failure
}

@test "a cable that is pulled and put back" {
    net_host a cone
    net_host b open
    reaches a "$(public4 2)"
    net_unplug 1
    refuse_reaching a "$(public4 2)"
    net_plug 1
    wait_until "$LIMIT" reaches a "$(public4 2)"
}

@test "a server that is killed comes back without its allocations" {
    net_host a open
    net_server
    net_start client a turnutils_uclient -u u -w p -y "$SERVER4"
    wait_for_line turn.out "$ALLOCATED"
    net_server_kill
    run probe a mapping "$SERVER4" 3478
    assert_failure
    net_server
    probe a mapping "$SERVER4" 3478
    assert_equal "$(allocations)" 0
}

@test "nothing is left when a test has ended" {
    net_host a cone 46
    net_server
    end_started "$BATS_TEST_TMPDIR"
    net_end
    run ip netns list
    refute_output --partial "rtc$$-"
}
