#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154 # jq's variables; top_srcdir
#
# rtc-probe whip and whep with many sessions at once: all are counted, their
# percentiles and failures are right, and a machine that is too slow does not
# pass for a network that loses.

load ../whip/helper
load probe_media

setup() {
    need_server
    need_tools rtc-probe
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

crowd() { # FILTER of what all did together
    holds ".crowds[0] | $1"
}

ordered='map([.min, .p50, .p90, .p95, .p99, .max]) |
    all(. == sort and .[0] != null)'

@test "200 viewers: all connect, and what they count is what was sent" {
    media_server
    measure 0 whep "$at" -P 200 --ramp 1s -t 2.5s --max-loss 1%
    stop_media_server
    counted '.posts == 200 and .connected == 200 and .deleted == 200'
    crowd '.sessions == 200 and .connected == 200 and .failed == 0 and
        .loss < 0.01'
    # The server goes on until it hears of the end.
    judge -s --slurpfile report report.json '.[1].packets as $sent |
        $report[0].crowds[0].packetsExpected as $n |
        $n <= $sent and $n > 0.6 * $sent' media.out
    holds ".measures | length == 6 and ($ordered)"
    holds '.measures | map(.measure) == ["connect", "firstKeyframe", "loss",
        "jitter", "rtt", "bitrate"]'
    # The clip is 250 kbit/s, and each is played.
    holds '.measures[5] | .p50 > 200e3 and .p50 < 300e3'
    crowd '.bitrate > 200 * 200e3 and .bitrate < 200 * 300e3'
    holds '.loads[0] | .cpu > 0 and .cpu < 2 and .latenessMax != null'
}

@test "50 publishers: every packet is counted by the server" {
    media_server
    measure 0 whip "$at" -P 50 --ramp 500ms -t 2s
    stop_media_server
    counted '.posts == 50 and .connected == 50 and .deleted == 50'
    crowd '.sessions == 50 and .connected == 50 and .failed == 0'
    judge -s --slurpfile report report.json '.[1] as $server |
        $report[0].crowds[0].packetsExpected as $n |
        $n > 50 * 100 and $n <= $server.packets + $server.lost and
        $n > 0.9 * $server.packets' media.out
    holds ".measures | length == 5 and ($ordered)"
    holds '.verdicts | map(select(startswith("Loss"))) == []'
}

@test "loss of all is that of the link they share" {
    media_server
    measure 3 whip "$at" -P 4 -t 1.5s --impair loss=20%,seed=5 --max-loss 10%
    crowd '.loss > 0.14 and .loss < 0.26'
    holds '.verdicts | any(startswith("Loss is high: "))'
    holds '.thresholds | map([.name, .passed]) == [["max-loss", false]]'
}

@test "failures are grouped; some are too many, unless that many may fail" {
    local script='{"POST": [{"status": 503}, {"status": 503}, {"status": 404},
        {}]}'
    serve "$script"
    measure 3 whip "$to" -P 4 --ramp 400ms -t 500ms
    crowd '.sessions == 4 and .connected == 1 and .failed == 3'
    holds '.failures | map([.failure, .status, .count, .phase]) ==
        [["busy", 15, 2, "http"], ["not-live", 14, 1, "http"]]'
    holds '.error.message | contains("--max-failed: 3 of 4 sessions failed")'
    signal_to server TERM
    finish server 143
    rm server.out
    serve "$script"
    measure 0 whip "$to" -P 4 --ramp 400ms -t 500ms --max-failed 75%
    holds '.thresholds | map([.name, .passed]) == [["max-failed", true]]'
}

@test "all fail: the status of the most frequent failure" {
    serve '{"POST": [{"status": 404}, {"status": 503}]}'
    measure 15 whep "$to" -P 3 --ramp 200ms -t 500ms
    crowd '.connected == 0 and .failed == 3 and .loss == null'
    holds '.failures | map(.count) == [2, 1]'
    holds '.error.message | startswith("http: ")'
    holds '.measures[0].p50 == null'
    # They connect, and nothing comes.
    media_server 0
    measure 40 whep "$at" -P 2 --media-timeout 300ms --max-failed 100%
    holds '.error.message | startswith("firstPacket: ")'
}

@test "descriptors: as many as may be, else what lacks" {
    media_server
    (ulimit -Sn 64 && measure 0 whep "$at" -P 20 -t 500ms)
    crowd '.connected == 20'
    (
        ulimit -n 100
        measure 21 whep "$at" -P 200 -t 500ms
        assert_regex "$stderr" '200 sessions need [0-9]+ open files, and 100'
    )
}

@test "a port for one of two: the other fails alone" {
    media_server
    local port
    port=$(free_ports 1)
    measure 3 whep "$at" -P 2 --ramp 200ms -t 500ms --port-range "$port-$port"
    crowd '.connected == 1 and .failed == 1 and .loss == 0'
    holds '.failures | map([.failure, .phase]) == [["gather", "gather"]]'
}

@test "what each session would warn of is said once" {
    serve '{"POST": {"status": 200}}'
    measure 0 whip "$to" -P 5 -t 300ms
    crowd '.connected == 5'
    assert_equal "$stderr" \
        'rtc-probe whip: warning: the server answered 200 instead of 201'
}

@test "a token from a pipe is read once, for all" {
    serve '{"POST": {"require": ["authorization", "^Bearer sesame$"]},
        "DELETE": {"require": ["authorization", "^Bearer sesame$"]}}'
    measure 0 whip "$to" -P 3 -t 500ms --token-file <(echo sesame)
    crowd '.connected == 3 and .failed == 0'
    assert_equal "$(authorizations 0)" 'Bearer sesame'
    assert_equal "$(count DELETE)" 3
}

@test "INT within the ramp: no more begin, those that have are told of" {
    media_server
    start probe rtc-probe whep "$at" "${LO[@]}" --jsonl -P 100 --ramp 60s \
        -t 60s </dev/null
    wait_for_line probe.out '"event":"connected","connected":2'
    wait_for_line probe.out '"event":"interval"'
    signal_to probe INT
    finish probe 130
    stop_media_server
    judge -s --slurpfile server media.out 'map(select(.crowd))[0] |
        .sessions >= 2 and .sessions < 20 and .failed == 0 and
        .sessions == $server[1].posts and .sessions == $server[1].deleted and
        .bitrate < .sessions * 1e6' probe.out
}

@test "nobody reads on: the sessions are deleted, those of loop, too" {
    media_server
    rtc-probe whep "$at" "${LO[@]}" --jsonl -i 50ms -P 20 -t 60s </dev/null |
        grep -qm 1 '"connected":20,"over":0'
    assert_equal "${PIPESTATUS[*]}" '141 0'
    stop_media_server
    counted '.posts == 20 and .deleted == 20'
    media_server
    rtc-probe loop --whip "$at" --whep "$at" "${LO[@]}" --jsonl -i 50ms \
        -t 60s </dev/null | grep -qm 1 '"session":"whep"'
    assert_equal "${PIPESTATUS[*]}" '141 0'
    stop_media_server
    counted '.posts == 2 and .deleted == 2'
}

# Stopped for a while, it would take what waits for it for a slow network.
@test "a machine that is too busy is told apart from the network" {
    media_server
    start probe rtc-probe whep "$at" "${LO[@]}" --jsonl -P 2 -t 2s \
        --media-timeout 30s </dev/null
    wait_for_line probe.out '"event":"connected","connected":2'
    signal_to probe STOP
    sleep 1.5
    signal_to probe CONT
    finish probe
    judge -s 'map(select(.load))[0] | .latenessMax > 1 and
        .latenessP95 > 0.1 and .cpu < 1' probe.out
    judge -s '[.[-1].verdicts[] | select(contains("too busy"))] | length == 1' \
        probe.out
}
