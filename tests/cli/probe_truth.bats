#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154 # jq's variables; top_srcdir
#
# The numbers of rtc-probe against a truth: --impair is told what to do, counts
# what it did, and with a seed does what link_truth.py foretells.
#
# Where time is measured, a busy machine may take some of its own; what is
# compared is the best or the middle of many.

load helper

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_TEST_TMPDIR" || return
    start server python3 "$top_srcdir/tests/cli/stun.py" </dev/null
    wait_for_line server.out ':'
    ADDRESS=$(head -n 1 server.out)
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# begin NAME FORM TERMS COUNT WORD...: NAME.out is the report of stun,
# NAME.truth what it should be.
begin() {
    start "$1" rtc-probe stun "$2" --impair "$3" -c "$4" "${@:5}" "$ADDRESS" \
        </dev/null
    case $3 in
    *reorder*) echo null ;;
    *) python3 "$top_srcdir/tests/cli/link_truth.py" "$3" "$4" ;;
    esac >"$1.truth"
}

# holds NAME FILTER: true of the only server $s, of what the impairment did, $i,
# and of what should have happened, $truth.
holds() {
    judge --slurpfile truth "$1.truth" \
        ".servers[0] as \$s | .impairments[0] as \$i |
        \$truth[0] as \$truth | $2" "$1.out"
}

# Either way may lose a request: p of them, of which binomially distributed
# numbers are 99.9 % of the time within 3.3 standard deviations. Bursts of b
# out of which so many come together widen that by sqrt(2 b - 1) at most.
@test "stun: loss is what was lost, and what was set" {
    begin tenth --json loss=10%,seed=1 400 -i 10ms --timeout 2s
    begin third --json loss=30%,seed=2 400 -i 10ms --timeout 2s
    begin burst --json loss=30%,burst=4,seed=3 400 -i 10ms --timeout 2s
    while read -r name p width; do
        finish "$name"
        holds "$name" '$s.sent == 400 and $i.late == 0 and
            $s.sent - $s.received == $i.dropped and
            $i.dropped == $truth.lost and $s.loss == $i.dropped / 400'
        holds "$name" "(400 * $p) as \$mean |
            (\$s.sent - \$s.received - \$mean | fabs) <=
            3.3 * $width * (\$mean * (1 - $p) | sqrt)"
    done <<END
tenth 0.19 1
third 0.51 1
burst 0.51 2.65
END
}

@test "stun: a round trip is twice the delay, and next to nothing more" {
    begin delay --json delay=40ms 40 -i 25ms
    finish delay
    holds delay '$s.received == 40 and $i.delayed == 80 and $i.dropped == 0'
    holds delay '$s.rttMin >= 0.08 and $s.rttMin < 0.082'
    holds delay '$s.rttAvg >= $s.rttMin and $s.rttAvg < 0.25'
}

# Differences of round trips that are each the sum of two even draws from +- J
# are 14/15 J on average (tests/unit/probe/series_test.c). What the machine took
# of its own is what trips are longer than foretold.
@test "stun: jitter is what follows from the link's" {
    begin jitter --jsonl delay=30ms,jitter=15ms,seed=7 100 -i 60ms
    finish jitter
    jq -sc --slurpfile truth jitter.truth '
        def steps: [.[1:], .[:-1]] | transpose | map(.[0] - .[1] | fabs) |
            add / length;
        map(select(.event == "response").rtt) as $seen |
        ([$seen, $truth[0].rtts] | transpose | map(.[0] - .[1])) as $own |
        {count: ($seen | length), steps: ($seen | steps),
            told: map(select(.server and .event == "result"))[0].jitter,
            least: ($own | min),
            own: ($own | steps), wanted: (0.015 * 14 / 15)}' jitter.out >sums
    judge '.count == 100 and .least > -1e-5 and .least < 0.002 and
        (.told - .steps | fabs) < 2e-6 and
        (.told - .wanted | fabs) < 0.15 * .wanted + .own' sums
}

@test "stun: what comes twice or out of turn is one answer each" {
    begin twice --json duplicate=100%,reorder=30%,seed=4 50 -i 10ms
    finish twice
    holds twice '$s.sent == 50 and $s.received == 50 and $s.loss == 0 and
        $i.dropped == 0 and $i.duplicated >= 100'
}

@test "stun: answers that come too late are lost, and told of as late" {
    begin late --json delay=1s 5 -i 10ms --timeout 100ms
    finish late 4
    holds late '$s.loss == 1 and $i.dropped == 0 and $i.late == 5'
}

@test "nat: over a bad network; terms that make no sense are wrong usage" {
    run --separate-stderr timeout "$LIMIT" rtc-probe nat --json --impair \
        delay=20ms,duplicate=100% "$ADDRESS"
    assert_equal "$status" 0
    judge '.families[0].mapping == "none"' <<<"$output"
    judge '.impairments[0] | .delayed > 0 and .duplicated > 0' <<<"$output"
    for subject in nat stun; do
        refused 2 "rtc-probe $subject" usage '--impair: los=1%: not one of' \
            rtc-probe "$subject" --impair los=1% 127.0.0.1
    done
}
