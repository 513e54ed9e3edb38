#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # those of the helpers
#
# rtc-probe conformance against a server that keeps RFC 9725, and breaks one
# rule at a time (tests/whip/conforming.py): that rule's case says so, and no
# other.

load ../whip/helper

setup() {
    need_server
    need_tools rtc-probe
    cd "$BATS_TEST_TMPDIR" || return
    serve '{"trickle": true}'
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# check STATUS WHICH ENDPOINT OPTION...: what server WHICH comes to, in r.json.
check() {
    local wanted=$1 to=$url/conform/$2/$3 kind=whip
    [[ $3 = *whep ]] && kind=whep
    shift 3
    timeout "$LIMIT" rtc-probe conformance "--$kind" "$to" --json "$@" \
        >r.json 2>err && status=0 || status=$?
    if [ "$status" != "$wanted" ]; then
        batslib_print_kv_single 8 server "$to" expected "$wanted" \
            status "$status" stderr "$(cat err)" |
            batslib_decorate 'ended otherwise than expected' | fail
    fi
}

# ids OUTCOME: of the cases with it, on a line.
ids() {
    jq -r --arg outcome "$1" \
        '[.cases[] | select(.outcome == $outcome).id] | join(" ")' r.json
}

# assert_cases NOT-OK WARNING: exactly these.
assert_cases() {
    assert_equal "$(ids 'not ok')" "$1"
    assert_equal "$(ids warning)" "$2"
}

why() {
    jq -r --arg id "$1" '.cases[] | select(.id == $id).why' r.json
}

# assert_clean: the server has no session any more.
assert_clean() {
    run python3 -c 'import sys, urllib.request as r
print(r.urlopen(sys.argv[1]).read().decode())' "$url/conform/nothing/sessions"
    assert_output 0
}

@test "usage: a server has to be named, by a URL that may be asked" {
    run --separate-stderr rtc-probe conformance
    assert_equal "$status" 2
    assert_regex "$stderr" 'error usage: no server is named'
    run --separate-stderr rtc-probe conformance --whip ftp://localhost/
    assert_equal "$status" 2
    assert_regex "$stderr" 'error usage: --whip: not an http or https URL'
    run --separate-stderr rtc-probe conformance --whep http://192.0.2.1/
    assert_equal "$status" 2
    assert_regex "$stderr" 'error usage: .*--insecure-http'
}

@test "a server that keeps the RFC: every case holds, and nothing is left" {
    check 0 nothing whip --no-connect
    assert_cases '' ''
    assert_equal "$(ids skip)" 'S11.4 S11.5 S13.1 S13.2 S13.3 S13.4 S13.5 S16.2 S18.3 S18.4 S20.1 S20.2'
    judge '.cases | map(select(.outcome == "ok")) | length == 43' r.json
    judge '.servers[0] | .protocol == "whip" and .requests == 19' r.json
    judge '.exit == 0 and .error == null' r.json
    assert [ "$(count DELETE)" = 3 ]
    assert_clean
}

@test "the cases are those of the manual, with their levels" {
    local id
    check 0 nothing whip --no-connect
    jq -r '.cases[].id' r.json >ids
    check 0 nothing whep --no-connect
    jq -r '.cases[].id' r.json >>ids
    sed -n 's/^\.It \(S[0-9.]*\).*/\1/p' "$top_srcdir/man/rtc-probe-conformance.1" >manual
    diff <(sort -u ids) manual
    for id in S05.4 S06.1 S15.1 S18.2; do
        grep -E "^\.It $id Pq should" "$top_srcdir/man/rtc-probe-conformance.1"
    done
}

@test "a must that is broken: its case alone does not hold, exit status 50" {
    local id
    for id in S01.1 S01.2 S02.1 S02.2 S02.3 S02.4 S02.5 S02.6 S03.1 S04.1 \
        S04.2 S04.3 S04.4 S05.1 S05.2 S05.3 S07.1 S07.2 S07.3 S08.1 S09.1 \
        S09.2 S09.3 S09.4 S10.1 S10.2 S10.3 S11.1 S11.2 S11.3 S11.5 S12.1 \
        S12.2 S14.1 S16.1 S17.1 S17.2; do
        check 50 "$id" whip --no-connect
        assert_equal "$id: $(ids 'not ok')" "$id: $id"
        assert_one_error err 'rtc-probe conformance' capability "hold: $id"
    done
    check 50 S02.5 whep --no-connect
    assert_cases S02.5 ''
    check 50 origin whip --no-connect
    assert_cases S05.2 ''
    assert_regex "$(why S05.2)" 'https://localhost, where'
}

@test "a should that is broken: a warning, a failure with --strict" {
    local id
    for id in S05.4 S06.1 S14.2 S15.1 S18.1 S18.2; do
        check 0 "$id" whip --no-connect
        assert_cases '' "$id"
    done
    check 50 S05.4 whip --no-connect --strict
    assert_cases S05.4 ''
    check 15 S16.2 whip --no-connect
    assert_cases '' S16.2
}

@test "what older drafts had, and what servers may do" {
    check 0 get405 whip --no-connect
    assert_cases '' S04.1
    assert_regex "$(why S04.1)" 'status 405, as older drafts'
    check 0 options204 whip --no-connect
    assert_cases '' S05.1
    check 0 quoted whip --no-connect
    assert_cases '' S11.1
    local which
    for which in no_patch no_trickle no_restart all_tracks moved; do
        check 0 "$which" whip --no-connect
        assert_cases '' ''
    done
    assert_regex "$(why S16.1)" 'redirected, as a POST'
    check 50 no_tag whip --no-connect
    assert_cases S08.1 ''
    assert_clean
}

@test "a token: wanted by each method, and shown nowhere" {
    local id form
    export RTC_TOKEN=secret
    check 0 nothing auth-whip --no-connect
    assert_cases '' ''
    for id in S13.1 S13.2 S13.3 S13.4; do
        check 50 "$id" auth-whip --no-connect
        assert_cases "$id" ''
    done
    check 50 S13.5 auth-whip --no-connect
    assert_regex "$(ids 'not ok')" 'S13.5$'
    for form in --json --tap --junit --jsonl --prometheus --no-connect; do
        for id in echo sticky; do
            rtc-probe conformance --whip "$url/conform/$id/auth-whip" \
                --no-connect -vv $form >"$id" 2>&1 || true
            assert [ -s "$id" ]
            run grep -c secret "$id"
            assert_output 0
        done
        grep -q 'could not be deleted: (it repeats' sticky
    done
    check 0 echo auth-whip --no-connect
    assert_regex "$(why S08.1)" 'it repeats credentials'
    unset RTC_TOKEN
    check 0 nothing auth-whip --no-connect -H 'Authorization: Bearer secret'
    assert_equal "$(grep -c secret r.json)" 0
    check 13 nothing auth-whip --no-connect
    assert_one_error err 'rtc-probe conformance' auth 401
    assert_cases '' ''
}

@test "WHEP: HEAD, a stream that is not live, an offer of the server's" {
    check 0 nothing whep --no-connect
    assert_cases '' ''
    check 0 S19.1 whep --no-connect
    assert_cases '' S19.1
    check 14 409 whep --no-connect
    assert_cases '' ''
    assert_regex "$(why S19.2)" 'Retry-After: 7'
    check 14 S19.2 whep --no-connect
    assert_cases S19.2 ''
    check 0 counter whep --no-connect
    assert_cases '' ''
    assert_equal "$(why S19.3)" '2 sections'
    check 50 S19.4 whep --no-connect
    assert_cases S19.4 ''
    check 50 S19.3 whep --no-connect
    assert_cases S19.3 ''
    assert_clean
}

@test "both at once: each case twice, by its server" {
    check 50 S04.1 whip --no-connect --whep "$url/conform/nothing/whep"
    assert_cases whip.S04.1 ''
    judge '[.servers[].protocol] == ["whip", "whep"]' r.json
    judge '[.cases[].id] | index("whep.S19.1") and
        (index("whip.S19.1") | not)' r.json
}

@test "a server that is not there, or takes no offer: a status of its own" {
    check 14 404 whip --no-connect
    check 15 503 whip --no-connect
    assert_cases '' ''
    assert_regex "$(why S16.2)" 'Retry-After: 7'
    url=http://127.0.0.1:1 check 11 nothing whip
    assert_cases '' ''
    url=https://nobody.invalid check 10 nothing whip
}

@test "https: by whom it is trusted" {
    signal_to server TERM
    wait_for_file server.status
    rm server.out
    make_certificates .
    serve '{}' https=localhost.pem
    check 11 nothing whip --no-connect
    assert_cases '' ''
    check 0 nothing whip --no-connect --cacert ca.pem
    check 0 nothing whip --no-connect -k
    check 31 nothing whip --no-connect --cacert ca.pem \
        --pinnedpubkey "$(pin_of ca.pem)"
}

@test "a connection: it comes, is renewed, and ends with DELETE" {
    check 0 nothing real-whip "${LO[@]}"
    assert_cases '' ''
    assert_regex "$(why S11.4)" '^after [0-9]+ ms'
    assert_regex "$(why S20.1)" '^after [0-9]+ ms'
    assert_regex "$(why S20.2)" '^DTLS was closed'
    judge '.servers[0].connectTime | 0 < . and . < 5' r.json
    finish peer1 143
    check 50 S20.2 real-whip "${LO[@]}"
    assert_cases S20.2 ''
}

@test "a connection of WHEP" {
    signal_to server TERM
    wait_for_file server.status
    rm server.out
    serve "$(jq -cn --arg video "$second" --arg audio "$media/media_opus.ogg" \
        '{trickle: true, loop: true, clips: [$video, $audio]}')"
    check 0 nothing real-whep "${LO[@]}"
    assert_cases '' ''
    assert_regex "$(why S20.2)" '^DTLS was closed'
}

@test "forms: a line a case; TAP, JUnit, Prometheus and JSON Lines" {
    local ask=(rtc-probe conformance --whip "$url/conform/S04.1/whip"
        --no-connect)
    run -50 --separate-stderr "${ask[@]}"
    assert_line 'ok      S02.1: an offer is answered with 201'
    assert_line 'NOT OK  S04.1: GET at the endpoint succeeds'
    assert_line '        status 404 instead of 2xx (RFC 9725 4.1)'
    "${ask[@]}" --tap >report.tap || [ $? = 50 ]
    run perl -MTAP::Parser -e '$p = TAP::Parser->new({source => $ARGV[0]});
        $p->run; print join(" ", $p->tests_planned, scalar $p->parse_errors,
        $p->failed, scalar $p->skipped)' report.tap
    assert_output '55 0 10 13'
    "${ask[@]}" --junit >report.xml || [ $? = 50 ]
    run xmllint --xpath 'concat(count(//testcase), " ", count(//failure), " ",
        count(//skipped))' report.xml
    assert_output '55 1 13'
    run -50 --separate-stderr "${ask[@]}" --prometheus
    assert_line 'rtc_probe_conformance_cases{outcome="not ok"} 1'
    "${ask[@]}" --jsonl >report.jsonl || [ $? = 50 ]
    run jq -r 'select(.event == "http") | .method' report.jsonl
    assert_line --index 0 OPTIONS
    assert_line --index 2 POST
    judge -s 'last | .event == "end" and .exit == 50' report.jsonl
}

@test "interrupted: what was seen is told, what was made is deleted" {
    : >server.log
    start probe rtc-probe conformance --whip "$url/conform/hang_PATCH/whip" \
        --no-connect --tap </dev/null
    wait_for_line server.log '"method": "PATCH"'
    signal_to probe INT
    finish probe 130
    grep '^ok .* S02.1: ' probe.out
    grep '^ok .* S12.1: .*SKIP interrupted' probe.out
    assert_clean
    : >server.log
    start probe rtc-probe conformance --whip "$url/conform/slow_POST/whip" \
        --no-connect --tap </dev/null
    wait_for_line server.log '"method": "POST"'
    signal_to probe TERM
    finish probe 143
    assert_clean
    # Who does not read on is no reason to leave a session:
    rtc-probe conformance --whip "$url/conform/nothing/whip" --no-connect \
        --jsonl 2>err | head -n 1
    assert_clean
}

@test "limits: of an answer, of all, and what needs more is left out" {
    check 50 hang_OPTIONS whip --no-connect --timeout 150ms
    assert_cases S05.1 ''
    assert_regex "$(why S05.1)" 'no answer: .*timed out'
    check 124 hang_PATCH whip --no-connect --max-time 500ms
    assert_one_error err 'rtc-probe conformance' max-time max-time
    assert_regex "$(why S12.1)" 'max-time'
    judge '.t < 3' r.json
    assert_clean
    check 0 limited whip --no-connect --intrusive --max-time 30s
    assert_regex "$(why S18.3)" '^status 429'
    check 0 nothing whip --no-connect --intrusive --max-time 30s
    assert_cases '' S18.3
    assert_regex "$(why S18.4)" 'leaves no time'
    assert_clean
}

@test "a server that dies of a request: it was not reached, which breaks no rule" {
    check 11 dies whip --no-connect
    # Where the connection breaks before libcurl has sent all, it tries anew.
    [[ $(ids 'not ok') = ?(S11.1) ]] || fail "$(ids 'not ok')"
    assert_regex "$(why S07.3)" '^no answer to a restart'
    assert_regex "$(why S12.1)" 'not reached any more'
    assert_one_error err 'rtc-probe conformance' connect \
        'the server was not reached any more, for .*: PATCH http'
}

@test "hostile servers: without end, too much, in circles" {
    check 50 many_links whip --no-connect
    assert_cases S02.1 ''
    check 50 long whip --no-connect
    assert_regex "$(why S02.1)" 'body of more than 1 MiB'
    assert_clean
    signal_to server TERM
    wait_for_file server.status
    rm server.out
    serve '{"POST /circle": {"status": 307,
                "headers": {"Location": "{0}/circle"}},
            "POST /body": {"endless": "body"},
            "POST /headers": {"endless": "headers"},
            "POST /slow": {"body": "v=0 and never more", "drip": 0.2}}'
    local path
    for path in circle body headers slow; do
        timeout 20 rtc-probe conformance --whip "$url/$path" --json \
            --no-connect --timeout 1s >r.json 2>err && status=0 || status=$?
        assert_equal "$path $status" "$path 50"
        assert_regex "$(ids 'not ok')" 'S02.1'
    done
}
