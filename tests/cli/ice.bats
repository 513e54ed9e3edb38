# SPDX-License-Identifier: MIT
#
# Servers and addresses: what the options take and refuse, what stays secret,
# how each failure ends, and a network that changes under a running tool.

load helper

setup() {
    need_tools rtc-offer rtc-recv
    ns=
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    exec 8>&-
    [ -z "$ns" ] || ip netns del "$ns"
}

# A tool that waits for an offer: `exec 8>offer` keeps it waiting.
start_waiting() {
    mkfifo offer
    exec 8<>offer
    start recv "$@" rtc-recv --signal - -o out.ivf --events events.jsonl \
        "${args[@]}" <offer
}

# Skips where this process may not have a network of its own.
need_namespace() {
    unshare -n true 2>/dev/null || skip 'no network namespaces here'
}

@test "servers that are written wrongly are refused with the remedy" {
    refused 2 rtc-offer usage '--ice-server: .*turn:USER:PASSWORD@HOST' \
        rtc-offer -s s "${LO[@]}" --ice-server example.com
    refused 2 rtc-offer usage '--ice-server: turn:h:3478 needs a user' \
        rtc-offer -s s "${LO[@]}" --ice-server turn:h
    refused 2 rtc-offer usage '--ice-server: none.json: No such file' \
        rtc-offer -s s "${LO[@]}" --ice-server none.json
    refused 2 rtc-offer usage 'RTC_ICE_SERVERS: no JSON: line 1' \
        env RTC_ICE_SERVERS='[' rtc-offer -s s "${LO[@]}"
    refused 2 rtc-offer usage '--ice-policy relay needs a TURN server' \
        rtc-offer -s s "${LO[@]}" --ice-policy relay
    refused 2 rtc-offer usage '--nat-address: .host. is not an IP' \
        rtc-offer -s s "${LO[@]}" --nat-address host
    refused 2 rtc-offer usage '--nat-address: more than one IPv4' \
        rtc-offer -s s "${LO[@]}" --nat-address 192.0.2.1 \
        --nat-address 192.0.2.2
    echo secret >secret
    refused 2 rtc-offer usage '--turn-secret-file needs' \
        rtc-offer -s s "${LO[@]}" --turn-secret-file secret
    assert_not_exist s
}

@test "a server that nobody can reach is a warning, and the offer is there" {
    # Port 1 of this machine: refused at once.
    echo secret >secret
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" -4 --video vp8 \
        --ice-server 'turn:u:p@127.0.0.1:1?transport=tcp' >offer 2>err
    run cat err
    assert_output --regexp \
        'warning: turn:127\.0\.0\.1:1\?transport=tcp: .*refused'
    run grep -c '^a=candidate' offer
    assert_output 1
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" --video vp8 \
        --turn-secret-file secret \
        --ice-server 'turn:127.0.0.1:1?transport=tcp' >offer
    refused 21 rtc-offer gather 'refused' rtc-offer -s s2 "${LO[@]}" \
        --ice-policy relay --ice-server 'turn:u:p@127.0.0.1:1?transport=tcp'
    assert_not_exist s2
}

@test "a name that cannot be looked up is status 10" {
    need_namespace
    refused 10 rtc-offer resolve 'stun:stun.example:3478: ' \
        unshare -n sh -c "ip link set lo up
            exec rtc-offer -s s --interface lo --ice-server stun:stun.example"
    assert_not_exist s
}

@test "a password is neither in the process list nor in the events" {
    args=("${LO[@]}" --ice-server 'turn:me:s3cret@127.0.0.1:1?transport=tcp')
    start_waiting
    wait_for_line events.jsonl 'turn:127.0.0.1:1'
    run grep -c s3cret "/proc/$(cat recv.pid)/cmdline" events.jsonl recv.err
    assert_failure
    run jq -r 'select(.event == "start") | .options["ice-server"]' events.jsonl
    assert_output redacted
    run jq -c 'select(.event == "warn") | .code' events.jsonl
    assert_output null
    signal_to recv TERM
    finish recv 143
}

@test "addresses that come and go are followed" {
    need_namespace
    ns="rtc$$-ice"
    if ! ip netns add "$ns" 2>/dev/null; then
        ns=
        skip 'no network namespaces here'
    fi
    # In a container they can be made, and not be entered.
    ip -n "$ns" link set lo up 2>/dev/null || skip 'no network namespaces here'
    ip -n "$ns" link add a0 type veth peer name b0
    ip -n "$ns" link set b0 up
    ip -n "$ns" link set a0 up
    ip -n "$ns" addr add 192.0.2.2/24 dev a0
    args=(-4)
    start_waiting ip netns exec "$ns"
    wait_for_line events.jsonl '"candidate".*192.0.2.2'
    ip -n "$ns" addr add 198.51.100.2/24 dev a0
    wait_for_line events.jsonl '"network".*"added".*198.51.100.2'
    ip -n "$ns" addr del 192.0.2.2/24 dev a0
    wait_for_line events.jsonl '"network".*"removed".*192.0.2.2'
    wait_for_line recv.err 'network: 192.0.2.2 is gone'
    signal_to recv TERM
    finish recv 143
}
