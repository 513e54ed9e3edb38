#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # variables of the helpers
#
# rtc-probe whip, whep and loop at Janus, by the WHIP and WHEP servers of its
# authors: what is measured there, alone and in parallel, how failures are told,
# and what a server that forwards, and knows nothing of marks, does to them.

# shellcheck source=../cli/helper.bash
load ../cli/helper
load ../cli/probe_media
# shellcheck source=janus.bash
load janus

setup_file() {
    janus_missing >"$BATS_FILE_TMPDIR/missing"
    [ ! -s "$BATS_FILE_TMPDIR/missing" ] || return 0
    need_tools rtc-probe jq
    unset RTC_TOKEN RTC_ICE_SERVERS
    cd "$BATS_FILE_TMPDIR" || return
    janus_start vp8:vp8 h264:h264:sesame loop-vp8:vp8 loop-h264:h264:sesame \
        loop-delay:vp8
    echo sesame >token
    # These take longer, while the others run.
    begin_loop vp8
    begin_loop h264 --clip h264+opus -b 1M --token-file token
    begin_loop delay --impair delay=40ms
}

begin_loop() { # NAME OPTION...
    start "loop-$1" rtc-probe loop "${LO[@]}" --json -t 2s \
        --whip "$JANUS_WHIP/endpoint/loop-$1" \
        --whep "$JANUS_WHEP/endpoint/loop-$1" "${@:2}" </dev/null
}

end_loop() { # NAME
    finish "$BATS_FILE_TMPDIR/loop-$1" || return
    cp "$BATS_FILE_TMPDIR/loop-$1.out" report.json
}

setup() {
    need_tools rtc-probe jq
    janus_or_skip
    cd "$BATS_TEST_TMPDIR" || return
    unset RTC_TOKEN RTC_ICE_SERVERS
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    janus_logs_of_failure
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR"
    janus_stop
}

# Janus sends reports, and counts what it got.
@test "whip: the steps, and nothing is lost" {
    measure 0 whip "$JANUS_WHIP/endpoint/vp8" -t 2s --max-loss 0% --max-rtt 1s
    session '.failedPhase == null and .videoCodec == "VP8" and
        .audioCodec == "opus" and .tcp <= .http and .http <= .ice and
        .ice <= .dtls and .packetsExpected > 100 and
        (.frames > 130 or $late) and .framesRefused == 0'
}

@test "whep: five viewers of a published stream" {
    start publisher rtc-probe whip "$JANUS_WHIP/endpoint/h264" "${LO[@]}" \
        --clip h264+opus --token-file <(echo sesame) -t 30s --jsonl </dev/null
    wait_for_line publisher.out '"event":"connected"'
    start viewer rtc-probe whep "$JANUS_WHEP/endpoint/h264" "${LO[@]}" --json \
        -t 2s --max-loss 0% --token-file "$BATS_FILE_TMPDIR/token" </dev/null
    measure 0 whep "$JANUS_WHEP/endpoint/h264" -t 2s -P 5 --ramp 1s \
        --max-loss 0% --token-file <(echo sesame)
    holds '.crowds[0] | .connected == 5 and .failed == 0'
    finish viewer
    cp viewer.out report.json
    session '.videoCodec == "H264" and .audioCodec == "opus" and
        .keyframes > 0 and .freezes < 3 and .freezeTime >= 0.15 * .freezes and
        .packetsExpected > 100'
    signal_to publisher INT
    finish publisher 130
}

@test "no token 13, no such endpoint 14" {
    measure 13 whip "$JANUS_WHIP/endpoint/h264" --clip h264+opus
    session '.failedPhase == "http"'
    measure 14 whip "$JANUS_WHIP/endpoint/none"
    session '.failedPhase == "http"'
}

# All of at least so many came back as they were sent.
all_back() { # CODEC FRAMES
    holds '[.tracks[].codec] == ["'"$1"'", "opus"]'
    holds '.tracks[0].received >= '"$2"
    holds '.tracks[] | .lost == 0 and .received == .expected and
        .altered == 0 and .unmarked == 0 and .reordered == 0 and
        .duplicated == 0 and .foreign == 0'
}

@test "loop: VP8 and Opus come back whole, soon, and together" {
    end_loop vp8
    all_back VP8 45
    holds '.processes[0].latenessMax as $late | .tracks[] | .latencyMin > 0 and
        .latencyMin < 0.1 and (.latencyP50 < 0.1 or $late > 0.1) and
        (.latencyP95 < 0.2 or $late > 0.1)'
    holds '.pairs[0] | .skew > -0.1 and .skew < 0.1 and
        .clockSkew > -0.1 and .clockSkew < 0.1'
}

@test "loop: H.264 and Opus, filled up, with tokens" {
    end_loop h264
    all_back H264 45
    holds '(.tracks[0].bitrate > 900000 or .processes[0].latenessMax > 0.1) and
        .tracks[0].bitrate > 500000 and .tracks[0].bitrate < 1100000'
    holds '.tracks[] | .latencyMin > 0 and .latencyMin < 0.2'
}

@test "loop: a delay on the ways to Janus and back is the latency" {
    end_loop delay
    holds '.tracks[] | .lost == 0 and .latencyMin >= 0.08 and
        .latencyMin < 0.1 and .latencyP50 >= 0.0792'
}
