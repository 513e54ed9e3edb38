# SPDX-License-Identifier: MIT
#
# What real servers do that no standard says: rtcpipe copes, and tells.

load helper

setup_file() {
    need_server
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# with_etag ETAG PATTERN: trickle to a server that gives this tag, as it stands
# or none (null), and takes a PATCH whose If-Match is like PATTERN.
with_etag() {
    serve '{"POST": {"delay": 0.2, "headers": {"ETag": '"$1"'}},
        "PATCH": {"require": ["If-Match", "'"$2"'"],
                  "otherwise": {"status": 412}}}'
    publish 0 --trickle --ice-server "stun:127.0.0.1:$stun"
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'DELETE /session/1'
    assert_received
}

@test "Q1 ETag: * without quotes (mediamtx)" {
    with_etag '"*"' '^\\*$'
}

@test "Q2 an ETag without quotes (LiveKit)" {
    with_etag '"3f2a9c"' '^\"?3f2a9c\"?$'
}

@test "Q3 no ETag, and trickle accepted all the same" {
    with_etag null ''
    assert_equal "$(header PATCH if-match)" none
}

@test "Q4 no Location: a warning, no DELETE, and media (Twitch)" {
    serve '{"POST": {"headers": {"Location": null}}}'
    publish 0
    assert_requests 'POST /endpoint'
    assert_says send.err 'rtc-send: warning: .*(Location|URL)'
    assert_says send.jsonl '"event":"warn.*(Location|URL)'
    assert_received
}

@test "Q6 Location keeps the query of the endpoint" {
    serve '{"POST": {"headers": {"Location": "/s/1?app=live&stream=x%20y"}}}'
    to="$url/endpoint?app=live&stream=x%20y"
    publish 0
    assert_requests 'POST /endpoint?app=live&stream=x%20y' \
        'DELETE /s/1?app=live&stream=x%20y'
}

@test "Q9 406 with a text is an error that shows it (Cloudflare)" {
    serve '{"POST": {"status": 406, "headers": {"Content-Type": "text/plain"},
        "body": "send at least one track in direction sendonly"}}'
    play 12
    assert_one_error recv.err rtc-recv http \
        '406.*at least one track in direction sendonly'
    assert_requests 'POST /endpoint'
}

@test "Q10 DELETE without the token is refused" {
    serve '{"DELETE": {"require": ["Authorization", "^Bearer secret$"],
        "otherwise": {"status": 401}}}'
    RTC_TOKEN=secret publish 0
    assert_equal "$(header DELETE authorization)" 'Bearer secret'
    run grep warning send.err
    assert_failure 1
}

@test "Q11 the token is in the URL: no Authorization, and it is not shown" {
    serve '{"POST": {"headers": {"Location": "/s/1?token=s3cr3t"}}}'
    to="$url/endpoint?token=s3cr3t"
    publish 0 -v
    assert_equal "$(authorizations 0)" none
    assert_requests 'POST /endpoint?token=s3cr3t' 'DELETE /s/1?token=s3cr3t'
}

@test "Q13 only H.264 42e01f is taken: the profile is named" {
    serve '{"POST": {"edit_answer": [["profile-level-id=[0-9a-fA-F]{6}",
        "profile-level-id=42e01f"]]}}'
    clip=$media/media_slices.h264 # of another profile
    start_publish --unpaced
    wait_for_file send.status
    run cat send.err
    assert_output --regexp \
        'warning: .*profile High \(64000b\).*\(42e01f\).*-profile:v baseline'
    # Sent to a decoder that might take it.
    assert_equal "$(cat send.status)" 0
    assert_equal "$(count DELETE)" 1
}

@test "Q13 H.264 of another profile is rejected: a remedy is named" {
    serve '{"POST": {"edit_answer": [["^m=video \\d+", "m=video 0"]]}}'
    clip=$media/media_slices.h264
    publish 20
    assert_says send.err \
        'warning: .*profile High \(64000b\).*\(42e01f\).*-profile:v baseline'
    assert_equal "$(count DELETE)" 1
}

@test "Q15 OPTIONS answered with 401 or 405 is passed over" {
    local n
    for n in 401 405; do
        mkdir $n
        cd $n
        serve '{"OPTIONS": {"status": '$n'}}'
        RTC_TOKEN=secret publish 0 --preflight
        assert_requests 'OPTIONS /endpoint' 'POST /endpoint' \
            'DELETE /session/1'
        cd ..
    done
}

@test "Q17 a server that insists on being active, or passive, in DTLS" {
    local role
    for role in active passive; do
        mkdir $role
        cd $role
        # What the peer reads decides what it takes.
        serve '{"POST": {"edit_offer": [["^a=setup:.*(?=\r)", "a=setup:'$(
            [ $role = active ] && echo passive || echo active)'"]]}}'
        publish 0
        assert_received
        cd ..
    done
}

@test "Q18 a server that only TURN reaches: 23 without, media with it" {
    command -v turnserver >/dev/null || skip 'coturn (turnserver) is not here'
    serve '{"POST": {"edit_answer": '"$nowhere"', "edit_offer":
        [["^a=candidate.*\r\n", ""]]}}'
    publish 23 --connect-timeout 1s
    assert_one_error send.err rtc-send ice .
    assert_equal "$(count DELETE)" 1
    # Relayed only, and told so: nothing but the relay's address is offered.
    turn_port=$(free_ports 1)
    start turn turnserver -n -v --no-cli --no-tls --no-dtls --no-tcp \
        --listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --allow-loopback-peers \
        --listening-port="$turn_port" --lt-cred-mech --realm=test --user=u:p \
        --log-file=stdout --simple-log --pidfile="$PWD/turn.own" \
        --userdb="$PWD/turn.db"
    wait_for_line turn.out 'listener opened on'
    mkdir relayed
    cd relayed
    serve '{}'
    publish 0 --ice-policy relay \
        --ice-server "turn:u:p@127.0.0.1:$turn_port"
    run body POST
    assert_line --regexp 'typ relay'
    refute_line --regexp 'typ host'
    assert_received
}

@test "Q19 candidates with mDNS names are passed over" {
    serve '{"POST": {"edit_answer": [["^a=candidate",
        "a=candidate:9 1 udp 2130706431 0b7c2ab4-8a5c-4fd1-9d2e-1f2a3b4c5d6e.local 40000 typ host\r\n\\g<0>"]]}}'
    publish 0
    assert_received
}

@test "Q20 nothing is sent until a key frame was asked for" {
    serve "$(playing '{gate: "keyframe_request"}')"
    play 0
    assert_played
}

@test "Q21 a restart is taken only with the quoted form, If-Match: \"*\"" {
    serve '{"PATCH": {"require": ["If-Match", "^\"\\*\"$"],
        "otherwise": {"status": 412}, '"${restarted#\{}"'}'
    clip=$second
    start_publish --ice-restart-after 200ms
    finish send 0
    run header PATCH if-match
    assert_line --index 0 '*'
    assert_line --index 1 '"*"'
    assert_received
}

@test "Q21 that form is taken, and media goes on over the new pair" {
    serve '{"trickle": true, "PATCH": {"restart_match": "\"*\""}}'
    clip=$second
    start_publish --ice-restart-after 200ms
    finish send 0
    assert_equal "$(header PATCH if-match | xargs -d '\n')" '* "*"'
    assert_received
    run jq -s 'map(select(.event == "pair")) | length' peer1.jsonl
    assert [ "$output" -gt 1 ]
}

@test "Q23 a TURN server whose realm is empty" {
    serve '{"realm": ""}'
    clip=$second
    start_publish --trickle --ice-server "turn:u:p@127.0.0.1:$stun"
    # Its name and an empty realm are what the server is then told.
    wait_until "$LIMIT" eval 'jq -e "select(.username == \"u\" and .realm == \"\")" \
        server.log >told'
    finish send 0
}

@test "Q24 GET and HEAD answered with 405" {
    serve '{"GET": {"status": 405}, "HEAD": {"status": 405}}'
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "an answer whose type is a guess, text/plain, is taken" {
    serve '{"POST": {"headers": {"Content-Type": "text/plain; charset=utf-8"}}}'
    publish 0
    assert_says send.err 'rtc-send: warning: .*text/plain instead of appl'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_received
}

@test "a connection that stays open, but is read no more: DELETE has another" {
    serve '{"POST": {"deaf": true}}'
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    run grep warning send.err
    assert_failure 1
    assert_received
}
