#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # variables of the helpers
#
# rtc-probe whip and whep at Janus, by the WHIP and WHEP servers of its authors:
# what is measured there, alone and in parallel, and how failures are told.

# shellcheck source=../cli/helper.bash
load ../cli/helper
load ../cli/probe_media
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
    end_started "$BATS_TEST_TMPDIR"
    janus_logs_of_failure
}

teardown_file() {
    janus_stop
}

# Janus sends reports, and counts what it got.
@test "whip: the steps, and nothing is lost" {
    measure 0 whip "$JANUS_WHIP/endpoint/vp8" -t 2s --max-loss 0% --max-rtt 1s
    session '.failedPhase == null and .videoCodec == "VP8" and
        .audioCodec == "opus" and .tcp <= .http and .http <= .ice and
        .ice <= .dtls and .packetsExpected > 100 and .frames > 130 and
        .framesRefused == 0'
}

@test "whep: five viewers of a published stream" {
    start publisher rtc-probe whip "$JANUS_WHIP/endpoint/h264" "${LO[@]}" \
        --clip h264+opus --token-file <(echo sesame) -t 30s --jsonl </dev/null
    wait_for_line publisher.out '"event":"connected"'
    measure 0 whep "$JANUS_WHEP/endpoint/h264" -t 2s --max-loss 0% \
        --token-file <(echo sesame)
    session '.videoCodec == "H264" and .audioCodec == "opus" and
        .keyframes > 0 and .freezes == 0 and .packetsExpected > 100'
    measure 0 whep "$JANUS_WHEP/endpoint/h264" -t 2s -P 5 --ramp 1s \
        --max-loss 0% --token-file <(echo sesame)
    holds '.crowds[0] | .connected == 5 and .failed == 0'
    signal_to publisher INT
    finish publisher 130
}

@test "no token 13, no such endpoint 14" {
    measure 13 whip "$JANUS_WHIP/endpoint/h264" --clip h264+opus
    session '.failedPhase == "http"'
    measure 14 whip "$JANUS_WHIP/endpoint/none"
    session '.failedPhase == "http"'
}
