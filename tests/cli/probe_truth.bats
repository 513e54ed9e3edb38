#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The numbers of rtc-probe against a truth: --impair is told what to do, and
# counts what it did.

load helper

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# stun TERMS WORD...: the report is in $output.
stun() {
    start server python3 "$top_srcdir/tests/cli/stun.py" </dev/null
    wait_for_line server.out ':'
    run --separate-stderr timeout "$LIMIT" rtc-probe stun --json \
        --impair "$@" "$(head -n 1 server.out)"
}

# holds FILTER: true of the only server $s, and of the impairment $i.
holds() {
    jq -e ".servers[0] as \$s | .impairments[0] as \$i | $1" <<<"$output" ||
        fail "$output"
}

@test "stun: nothing is lost but what the impairment counts" {
    stun loss=10%,seed=1 -c 200 -i 10ms --timeout 300ms
    assert_equal "$status" 0
    holds '$s.sent == 200 and $s.sent - $s.received == $i.dropped and
        $s.loss == $i.dropped / 200 and $i.late == 0'
}

@test "stun: answers that come too late are lost, and told of as late" {
    stun delay=1s -c 5 -i 10ms --timeout 100ms
    assert_equal "$status" 4
    holds '$s.loss == 1 and $i.dropped == 0 and $i.late == 5'
}

@test "nat: over a bad network; terms that make no sense are wrong usage" {
    start server python3 "$top_srcdir/tests/cli/stun.py" </dev/null
    wait_for_line server.out ':'
    run --separate-stderr timeout "$LIMIT" rtc-probe nat --json --impair \
        delay=20ms,duplicate=100% "$(head -n 1 server.out)"
    assert_equal "$status" 0
    jq -e '.families[0].mapping == "none"' <<<"$output"
    jq -e '.impairments[0] | .delayed > 0 and .duplicated > 0' <<<"$output"
    for subject in nat stun; do
        refused 2 "rtc-probe $subject" usage '--impair: los=1%: not one of' \
            rtc-probe "$subject" --impair los=1% 127.0.0.1
    done
}
