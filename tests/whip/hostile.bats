# SPDX-License-Identifier: MIT
#
# Servers that answer nothing, nonsense or too much, and sessions that fail: each
# ends in bounded time, with its status, and with the session deleted.

load helper

setup_file() {
    need_server
    export CERTIFICATES=$BATS_FILE_TMPDIR/certificates
    make_certificates "$CERTIFICATES"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    began=$SECONDS
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# assert_within SECONDS since the test began.
assert_within() {
    assert [ $((SECONDS - began)) -le "$1" ]
}

# ---- before an answer ------------------------------------------------------

@test "nobody listens: 11" {
    serve '{}'
    to=http://127.0.0.1:$(free_ports 1)/x
    publish 11
    assert_one_error send.err rtc-send connect .
    assert_within 5
}

@test "a name that cannot exist: 10" {
    # A label of more than 63 letters needs no name server to be wrong.
    clip=$small
    to=https://$(printf 'a%.0s' {1..70})/endpoint
    publish 10
    assert_one_error send.err rtc-send resolve .
}

@test "the request is never answered: --max-time ends it with 124" {
    serve '{"POST": {"hang": true}}'
    publish 124 --max-time 1s
    assert_one_error send.err rtc-send max-time .
    # Up to two seconds are for a session that an answer may still make.
    assert_took 3.5 send.jsonl
}

@test "the TLS handshake is never answered: --max-time ends it with 124" {
    start silent python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c = s.accept()[0]
while c.recv(4096): pass'
    wait_for_file silent.out
    clip=$small
    to=https://localhost:$(cat silent.out)/endpoint
    publish 124 --max-time 1s
    assert_took 3.5 send.jsonl
}

@test "INT while the request hangs ends with 130, soon" {
    serve '{"POST": {"hang": true}}'
    start_publish
    wait_for_line server.log POST
    signal_to send INT
    finish send 130
    assert_took 4 send.jsonl
}

@test "the connection is closed instead of an answer: 11 or 12" {
    serve '{"POST": {"close": true}}'
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^1[12]$'
    assert_one_error send.err rtc-send '(connect|http)' .
    # An offer is not sent twice, since the first may have been taken.
    assert_equal "$(count POST)" 1
}

@test "garbage in place of HTTP: 11 or 12" {
    serve '{"POST": {"raw": "\u0000\u00ff\u0001SSH-2.0-x\r\n\r\n"}}'
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^1[12]$'
    assert_one_error send.err rtc-send '(connect|http)' .
}

@test "headers without end: an error, in bounded time" {
    serve '{"POST": {"endless": "headers"}}'
    publish 12
    assert_one_error send.err rtc-send http .
    assert_within 5
}

@test "401 and 403, also repeated: one request, 13" {
    serve '{"POST /401": {"status": 401, "headers":
        {"WWW-Authenticate": "Bearer realm=\"x\""}}, "POST /403": {"status": 403}}'
    RTC_TOKEN=wrong
    export RTC_TOKEN
    for n in 401 403; do
        to=$url/$n
        publish 13 --retry 3
        assert_one_error send.err rtc-send auth "$n"
    done
    assert_requests 'POST /401' 'POST /403'
    # Neither the error nor a report tells the token.
    run grep -l wrong send.err send.jsonl
    assert_output ''
}

@test "a certificate for another name: 11, and nothing was sent" {
    serve '{}' "https=$CERTIFICATES/other.pem"
    RTC_TOKEN=secret publish 11 --cacert "$CERTIFICATES/ca.pem"
    assert_one_error send.err rtc-send connect .
    assert_equal "$(seen .method)" ''
    to=https://other.example:$port/endpoint
    publish 0 --cacert "$CERTIFICATES/ca.pem" \
        --resolve "other.example:$port:127.0.0.1"
}

@test "redirects from https to http, and to no web at all, are not followed" {
    serve '{"POST /file": {"status": 307, "headers":
            {"Location": "file:///etc/passwd"}},
        "POST /gopher": {"status": 307, "headers":
            {"Location": "gopher://127.0.0.1/x"}},
        "POST /plain": {"status": 307, "headers":
            {"Location": "http://whip.example:1/x"}},
        "POST /none": {"status": 307}}' "https=$CERTIFICATES/localhost.pem"
    for name in file gopher plain none; do
        to=$url/$name
        start_publish --cacert "$CERTIFICATES/ca.pem" \
            --resolve 'whip.example:1:127.0.0.1'
        wait_for_file send.status
        assert_regex "$(cat send.status)" '^1[26]$'
    done
    assert_equal "$(count POST)" 4
}

# ---- the answer ------------------------------------------------------------

@test "2xx that is no SDP: 16" {
    serve '{"POST /html": {"body": "<html>hello</html>", "status": 200,
            "headers": {"Content-Type": "text/html"}},
        "POST /empty": {"status": 201, "body": ""},
        "POST /204": {"status": 204, "body": ""}}'
    for name in html empty 204; do
        to=$url/$name
        publish 16
        assert_one_error send.err rtc-send not-whip .
    done
}

@test "garbage as the answer: 16 or 20, and a DELETE" {
    serve '{"POST": {"body": "\u0000\u0001\u00ff\u00fe v=0 \u0000", "headers":
        {"Content-Type": "application/sdp", "Location": "/session/1"}}}'
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(16|20)$'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "an answer cut short: an error, and a DELETE" {
    serve '{"POST": {"truncate": 300}}'
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(11|12|20)$'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "100000 candidates in the answer: bounded time, and a DELETE" {
    serve '{"POST": {"candidates": 100000}}'
    start_publish --connect-timeout 2s
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(0|12|16|20|23)$'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_within 10
}

@test "candidates that lead nowhere do not hide the one" {
    serve '{"POST": {"candidates": 15}}'
    publish 0
    assert_received
}

@test "more candidates than are kept: media or 23, and a DELETE" {
    serve '{"POST": {"candidates": 300}}'
    start_publish --unpaced --connect-timeout 2s
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(0|23)$'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "a body without end: an error, in bounded time, and a DELETE" {
    serve '{"POST": {"endless": "body"}}'
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(12|16|20)$'
    assert_equal "$(count DELETE)" 1
    assert_within 5
}

@test "a body that drips: --max-time ends it with 124" {
    serve '{"POST": {"drip": 0.05}}'
    publish 124 --max-time 1s
    assert_took 3.5 send.jsonl
    # Its head has named the session.
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "an endless problem is cut" {
    serve '{"POST": {"status": 500, "endless": "body", "body": ""}}'
    publish 12
    assert [ "$(stat -c %s send.err)" -lt 4096 ]
    assert_within 5
}

@test "what an error's text holds does not reach the terminal" {
    serve '{"POST": {"status": 400, "headers": {"Content-Type": "text/plain"},
        "body": "\u001b]0;owned\u0007 bad\r\nrtc-send: error auth: forged"}}'
    publish 12
    assert_one_error send.err rtc-send http bad
    run grep -c $'[\033\a\r]' send.err
    assert_output 0
}

@test "a session URL of another origin does not get the token" {
    serve '{"POST": {"headers": {"Location": "{1}/s"}}}' http http
    RTC_TOKEN=secret publish 0
    assert_equal "$(authorizations 0)" 'Bearer secret'
    refute_regex "$(authorizations 1)" secret
    publish 0 -H 'Authorization: Basic c2VjcmV0' -H 'Cookie: c=secret'
    assert_equal "$(seen 'select(.origin == 0) | .headers.cookie // "none"')" \
        $'none\nc=secret'
    assert_equal "$(jq -r 'select(.origin == 1) | .method' server.log)" \
        $'DELETE\nDELETE'
    refute_regex "$(jq -r 'select(.origin == 1)' server.log)" 'cret|c2Vj'
}

@test "a session URL that is none: a warning, and media" {
    local name
    for name in 'file:///etc/passwd' 'http://' 'gopher://127.0.0.1/' \
        'http://[::1' 'http://127.0.0.1:99999/'; do
        rm -f server.* peer*
        serve '{"POST": {"headers": {"Location": "'"$name"'"}}}'
        publish 0
        assert_says send.err 'rtc-send: warning: '
        assert_equal "$(count DELETE)" 0
        signal_to server TERM
        wait_for_file server.status
    done
}

@test "the token is not in argv, and a token file is read to its line end" {
    serve '{}'
    printf 'secret\r\n' >token
    clip=$second
    start_publish --loop --token-file token
    wait_for_line peer1.jsonl first_keyframe
    run grep -c secret "/proc/$(cat send.pid)/cmdline"
    assert_output 0
    signal_to send INT
    finish send 130
    run header POST authorization
    assert_output 'Bearer secret'
    clip=$small
    printf 'first\nsecond\n' >token
    publish 0 --token-file token
    assert_equal "$(header POST authorization | tail -n 1)" 'Bearer first'
}

# ---- the session: DELETE on every way out ----------------------------------

@test "ICE finds no pair: 23 and a DELETE" {
    serve '{"POST": {"edit_answer": '"$nowhere"', "edit_offer":
        [["^a=candidate.*\r\n", ""]]}}'
    publish 23 --connect-timeout 1s
    assert_one_error send.err rtc-send ice .
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "another fingerprint than the answer's: 31 and a DELETE" {
    serve '{"POST": {"edit_answer": [["^(a=fingerprint:\\S+ ).{5}",
        "\\g<1>00:00"]]}}'
    publish 31
    assert_one_error send.err rtc-send fingerprint .
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "the peer refuses our certificate: 30 and a DELETE" {
    serve '{"POST": {"edit_offer": [["^(a=fingerprint:\\S+ ).{5}",
        "\\g<1>00:00"]]}}'
    publish 30 --connect-timeout 5s
    assert_one_error send.err rtc-send dtls .
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "EPIPE at rtc-recv: SIGPIPE's status and a DELETE" {
    serve "$(playing '{loop: true}' "$second")"
    start recv bash -c 'rtc-recv --whep "$1" --interface lo --video vp8 |
        head -c 4000 >/dev/null; exit "${PIPESTATUS[0]}"' sh "$to"
    finish recv 141
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "INT and TERM at rtc-recv: a DELETE, and a whole file" {
    local name
    for name in INT:130 TERM:143; do
        mkdir $name
        cd $name
        serve "$(playing '{loop: true}' "$second")"
        start_play
        wait_for_line recv.jsonl first_keyframe
        signal_to recv "${name%:*}"
        finish recv "${name#*:}"
        assert_requests 'POST /endpoint' 'DELETE /session/1'
        cd ..
    done
}

@test "INT before ICE has found a pair: a DELETE all the same" {
    serve '{"POST": {"edit_answer": '"$nowhere"', "edit_offer":
        [["^a=candidate.*\r\n", ""]]}}'
    start_publish
    wait_for_line send.jsonl '"iceState":"checking"'
    signal_to send INT
    finish send 130
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "an input that breaks off: 5, and a DELETE" {
    serve '{}'
    head -c -100 "$small" >cut.ivf
    clip=cut.ivf
    publish 5
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "--time ends the session with a DELETE" {
    serve '{}'
    clip=$second
    start_publish --loop --time 300ms
    finish send 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "no media in time: 40 and a DELETE" {
    serve "$(playing '{gate: "no such event"}')"
    play 40 --media-timeout 300ms
    assert_one_error recv.err rtc-recv no-media .
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "the server dies within a session: its end is bounded, status 0" {
    serve '{}'
    clip=$second
    start_publish
    wait_for_line peer1.jsonl first_keyframe
    signal_to server KILL
    finish send 0
    assert_says send.err 'rtc-send: warning: .*session'
    assert_took 5 send.jsonl
}

@test "a second INT does not wait for DELETE" {
    serve '{"DELETE": {"hang": true}}'
    clip=$second
    start_publish --loop
    wait_for_line peer1.jsonl first_keyframe
    signal_to send INT
    wait_for_line server.log DELETE
    signal_to send INT
    finish send 130
    assert_within 4
}
