#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # variables of the helpers
#
# rtc-probe whep and loop at a WHEP server that takes offers: Pion behind
# pion_server.go, which also tells what it counted.

# shellcheck source=../cli/helper.bash
load ../cli/helper
load ../cli/probe_media
# shellcheck source=helper.bash
load helper

setup() {
    need_tools rtc-probe rtc-recv jq
    [ -z "$(missing_pion)" ] || skip "$(missing_pion)"
    cd "$BATS_TEST_TMPDIR" || return
    unset RTC_TOKEN RTC_ICE_SERVERS
    build_pion pion_server.go "$PWD/pion_server"
    start server ./pion_server
    wait_for_file server.out
    at=http://127.0.0.1:$(head -n 1 server.out)
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# loops NAME OPTION...: by that name, in the background; `looped` looks at it.
loops() {
    start "$1" rtc-probe loop "${LO[@]}" --json -t 1500ms \
        --whip "$at/whip/$1" --whep "$at/whep/$1" "${@:2}" </dev/null
}

looped() { # NAME CODEC
    finish "$1"
    cp "$1.out" report.json
    holds '[.tracks[].codec] == ["'"$2"'", "opus"]'
    holds '.tracks[0].received > 30 and (.tracks[] | .lost == 0 and
        .received == .expected and .altered == 0 and .unmarked == 0 and
        .reordered == 0 and .duplicated == 0 and .foreign == 0 and
        .latencyMin > 0 and .latencyP50 < 0.1)'
}

@test "Pion: what is published is played, and comes back by marks" {
    loops vp8
    loops h264 --clip h264+opus
    start publisher rtc-probe whip "$at/whip/x" "${LO[@]}" -t 30s --jsonl \
        </dev/null
    measure 14 whep "$at/whep/nobody"
    holds '.error.message | endswith("status 409")'
    wait_for_line publisher.out '"event":"connected"'
    # Not before its first packets are there.
    run --separate-stderr timeout "$LIMIT" rtc-recv --whep "$at/whep/x" \
        "${LO[@]}" --retry 9 -t 500ms -o recording.mkv
    assert_equal "$status:$stderr" "0:$stderr"
    assert_playable recording.mkv
    measure 0 whep "$at/whep/x" -t 1s -P 5 --max-loss 0%
    holds '.crowds[0] | .connected == 5 and .failed == 0'
    signal_to publisher INT
    finish publisher 130
    looped vp8 VP8
    looped h264 H264
    signal_to server TERM
    finish server
    # Each session was deleted. Pion's own log goes to stdout, too.
    tail -n 1 server.out >counts.json
    judge '.Published == 3 and .Played == 8 and .Deleted == 11' counts.json
}
