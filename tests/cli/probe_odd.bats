#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rtc-probe with what is not as it should be: servers of stun and nat, a file of
# sdp, standard output.

load helper

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# probe STATUS WORD...: the report is in $output.
probe() {
    run --separate-stderr "-$1" timeout "$LIMIT" rtc-probe "${@:2}"
}

@test "an answer that names no address measures nothing" {
    local map
    for map in none 0.0.0.0:0; do
        stun_server "s$map" map="$map"
        probe 4 stun --json -c 2 -i 10ms "$ADDRESS"
        assert_regex "$stderr" 'warning: .* answers, but names no address'
        judge '.servers[0] | .received == 0 and .loss == 1 and
            .mappedAddress == null' <<<"$output"
        probe 4 nat --json "$ADDRESS"
        assert_regex "$stderr" 'warning: .* answers, but names no address'
        judge '.servers[0].mappedAddress == null and
            (.families[0] | .mapping == null and .serversAnswered == 0)' \
            <<<"$output"
    done
}

@test "nat: a server that refuses shows that UDP is not blocked" {
    stun_server s error=401
    probe 4 nat --json "$ADDRESS"
    assert_regex "$stderr" 'warning: .* refuses: error 401'
    judge '.verdicts | length == 1 and (.[0] | contains("come over UDP"))' \
        <<<"$output"
    stun_server g map=garbage
    probe 4 nat --json --timeout 300ms "$ADDRESS"
    judge '.verdicts | length == 1 and (.[0] | contains("come over UDP"))' \
        <<<"$output"
}

@test "stun: answers from another address than was asked" {
    stun_server s from=127.0.0.2
    probe 0 stun --json -c 2 -i 10ms "$ADDRESS"
    judge '.servers[0].received == 2 and
        any(.verdicts[]; test("come from 127.0.0.2:[0-9]+, which was not"))' \
        <<<"$output"
    stun_server good
    probe 0 stun --json -c 2 -i 10ms "$ADDRESS"
    judge 'all(.verdicts[]; contains("come from") | not)' <<<"$output"
}

@test "stun: a server that cannot be asked is in the report, and keeps nothing" {
    stun_server s
    probe 0 stun --json -c 1 "$ADDRESS" nobody.invalid
    judge '.servers | length == 2 and .[0].received == 1 and (.[1] |
        .server == "stun:nobody.invalid:3478" and .address == null and
        .sent == 0 and .loss == null and .rttAvg == null)' <<<"$output"
    probe 3 stun --json -c 1 --max-loss 1% "$ADDRESS" nobody.invalid
    judge '.thresholds[0] | .passed == false and
        (.message | contains("nobody.invalid"))' <<<"$output"
}

@test "stun, nat: a TURN server is refused, and its password not repeated" {
    for url in turn:u:s3cret@127.0.0.1 stun:u:s3cret@127.0.0.1; do
        probe 2 stun "$url"
        assert_regex "$stderr" "\`127.0.0.1' is"
        refute_regex "$output$stderr" s3cret
        probe 2 nat --json "$url"
        refute_regex "$output$stderr" s3cret
    done
}

@test "sdp: TAP and JUnit of what is no description, too" {
    echo '<html>' >page
    probe 20 sdp --tap page
    assert_line --index 1 '1..0'
    assert_line --index 2 --regexp '^Bail out! line 1: neither SDP'
    probe 20 sdp --junit page
    assert_line --regexp ' tests="1" failures="0" skipped="0" errors="1"'
    assert_line --regexp '<error message="line 1: neither SDP'
}

@test "sdp: a profile that is taken, and is not WebRTC's own" {
    sed '8s,UDP/TLS/RTP/SAVPF,RTP/SAVPF,' \
        "$top_srcdir/tests/vectors/sdp/chromium-offer-sendrecv-av-data.sdp" >offer
    probe 0 sdp --json --strict offer
    judge '[.cases[] | select(.outcome == "warning")] | length == 1 and
        (.[0] | .id == "protocol" and .line == 8)' <<<"$output"
}

@test "host: what cannot be tried is not known" {
    unshare -n true 2>/dev/null || skip 'no network namespaces here'
    run --separate-stderr timeout "$LIMIT" unshare -n rtc-probe host --json
    assert_equal "$status" 0
    judge '.sockets[0].merging == null' <<<"$output"
}

@test "a closed stdout takes no report, and nothing else has its number" {
    run -6 --separate-stderr bash -c 'rtc-probe host --json <&- >&-'
    assert_regex "$stderr" 'error output: stdout: Bad file descriptor'
}
