#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # variables of the helpers
#
# rtc-probe loop through Janus, by the WHIP and WHEP servers of its authors: a
# server that forwards, and knows nothing of marks.

# shellcheck source=../cli/helper.bash
load ../cli/helper
# shellcheck source=janus.bash
load janus

setup_file() {
    janus_missing >"$BATS_FILE_TMPDIR/missing"
    [ -s "$BATS_FILE_TMPDIR/missing" ] || janus_start vp8:vp8 h264:h264:sesame
}

setup() {
    need_tools rtc-probe jq
    janus_or_skip
    cd "$BATS_TEST_TMPDIR" || return
    unset RTC_TOKEN RTC_ICE_SERVERS
}

teardown() {
    janus_logs_of_failure
}

teardown_file() {
    janus_stop
}

loop() { # ID OPTION...
    local id=$1
    shift
    timeout -k 2 "$LIMIT" rtc-probe loop "${LO[@]}" --json \
        --whip "$JANUS_WHIP/endpoint/$id" --whep "$JANUS_WHEP/endpoint/$id" \
        "$@" >out.json || fail "status $?: $(cat out.json)"
}

holds() {
    jq -e "$1" out.json >holds || fail "not so: $1: $(cat out.json)"
}

# All of at least so many came back as they were sent.
all_back() { # CODEC FRAMES
    holds '[.tracks[].codec] == ["'"$1"'", "opus"]'
    holds '.tracks[0].received >= '"$2"
    holds '.tracks[] | .lost == 0 and .received == .expected and
        .altered == 0 and .unmarked == 0 and .reordered == 0 and
        .duplicated == 0 and .foreign == 0'
}

@test "VP8 and Opus come back whole, soon, and together" {
    loop vp8 -t 2s
    all_back VP8 45
    holds '.tracks[] | .latencyMin > 0 and .latencyP50 < 0.1 and
        .latencyP95 < 0.2'
    holds '.pairs[0] | .skew > -0.1 and .skew < 0.1 and
        .clockSkew > -0.1 and .clockSkew < 0.1'
}

@test "H.264 and Opus, filled up, with tokens" {
    echo sesame >token
    loop h264 -t 2s --clip h264+opus -b 1M --token-file token
    all_back H264 45
    holds '.tracks[0].bitrate > 900000 and .tracks[0].bitrate < 1100000'
    holds '.tracks[] | .latencyMin > 0 and .latencyP50 < 0.2'
}

@test "a delay on the ways to Janus and back is the latency" {
    loop vp8 -t 2s --impair delay=40ms
    holds '.tracks[] | .lost == 0 and .latencyMin >= 0.08 and
        .latencyMin < 0.1 and .latencyP50 >= 0.0792'
}
