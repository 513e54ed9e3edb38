#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # those of the helpers
#
# rtc-probe conformance against servers that others wrote: what does not hold
# there is known, and nothing else.

# shellcheck source=../cli/helper.bash
load ../cli/helper
# shellcheck source=janus.bash
load janus

setup_file() {
    janus_missing >"$BATS_FILE_TMPDIR/missing"
    [ -s "$BATS_FILE_TMPDIR/missing" ] ||
        JANUS_STRICT=true janus_start vp8:vp8 secret:vp8:sesame
}

setup() {
    need_tools rtc-probe rtc-send jq
    janus_or_skip
    cd "$BATS_TEST_TMPDIR" || return
    unset RTC_TOKEN
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    janus_logs_of_failure
}

teardown_file() {
    janus_stop
}

# check OPTION...: r.json, and what holds of the connection.
check() {
    run -50 --separate-stderr rtc-probe conformance "${LO[@]}" --json "$@"
    printf '%s\n' "$output" >r.json
    judge '[.cases[] | select(.id == ("S20.1", "S20.2")).outcome] ==
        ["ok", "ok"]' r.json
}

# assert_cases OUTCOME ID...
assert_cases() {
    assert_equal "$(jq -r --arg outcome "$1" '[.cases[] |
        select(.outcome == $outcome).id] | join(" ")' r.json)" "${*:2}"
}

# Any text is a fragment without candidates to it; 412 stands for 428; each
# answer to PATCH has an ETag.
@test "WHIP by the authors of Janus" {
    check --whip "$JANUS_WHIP/endpoint/vp8"
    assert_cases 'not ok' S07.2 S09.1 S10.2
    assert_cases warning S04.1 S04.3 S05.1 S05.4 S11.1 S18.1
    judge '.cases[] | select(.id == "S11.4") | .outcome == "ok"' r.json
    assert_equal "$(janus_publishers vp8)" 0
    refute janus_is_enabled vp8
}

# 403 stands for 401.
@test "WHIP by the authors of Janus, with a token" {
    RTC_TOKEN=sesame check --whip "$JANUS_WHIP/endpoint/secret"
    assert_cases 'not ok' S07.2 S09.1 S10.2
    assert_cases warning S04.1 S04.3 S05.1 S05.4 S11.1 S13.1 S13.3 S13.4 S18.1
    run -13 rtc-probe conformance --whip "$JANUS_WHIP/endpoint/secret" \
        "${LO[@]}"
}

# The server offers; it compares tags with one that is never set, and takes a
# restart for candidates.
@test "WHEP by the authors of Janus" {
    start send rtc-send "${LO[@]}" --whip "$JANUS_WHIP/endpoint/vp8" \
        --synthetic vp8+opus </dev/null
    wait_until "$LIMIT" janus_is_enabled vp8
    check --whep "$JANUS_WHEP/endpoint/vp8"
    assert_cases 'not ok' S10.1 S11.1
    assert_cases warning S04.1 S04.3 S05.4 S19.1
    judge '[.cases[] | select(.id == ("S19.3", "S19.4")).outcome] ==
        ["ok", "ok"]' r.json
    signal_to send INT
    finish send 130
    assert_equal "$(janus_subscribers vp8)" 0
}
