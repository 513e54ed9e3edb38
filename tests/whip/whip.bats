# SPDX-License-Identifier: MIT
#
# rtc-send --whip and rtc-recv --whep: what they ask of a server, and what they
# make of its answers (RFC 9725, draft-ietf-wish-whep). Sections are RFC 9725's.

load helper

setup_file() {
    need_server
    export CERTIFICATES=$BATS_FILE_TMPDIR/certificates
    make_certificates "$CERTIFICATES"
    # Consent takes 30 s to expire (RFC 7675 5.1), so this one begins first and
    # is looked at last, which may be later than other commands may take.
    LIMIT=300
    mkdir "$BATS_FILE_TMPDIR/killed"
    cd "$BATS_FILE_TMPDIR/killed"
    serve '{}'
    clip=$second
    start_publish --loop
    wait_for_line peer1.jsonl first_keyframe
    signal_to peer1 KILL
    mkdir "$BATS_FILE_TMPDIR/reconnects"
    cd "$BATS_FILE_TMPDIR/reconnects"
    serve "$(playing '{loop: true}' "$second")"
    start_play --reconnect
    wait_for_line recv.jsonl first_keyframe
    signal_to peer1 KILL
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR"
}

# ---- the offer -------------------------------------------------------------

@test "C01 POST with application/sdp and an initial offer; media arrives" {
    serve '{}'
    clip=$second
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_equal "$(header POST content-type)" application/sdp
    body POST >offer
    run cat offer
    assert_line --index 0 v=0
    assert_line --regexp '^o=- [0-9]+ [0-9]+ IN IP4 '
    assert_line --regexp '^a=candidate:'
    assert_line a=end-of-candidates
    finish peer1
    cp "$clip" sent.ivf
    assert_same_frames sent.ivf peer1.video
}

@test "C01 WHEP: POST with an offer to receive; media arrives" {
    serve "$(playing '{}' "$second")"
    clip=$second
    play 0
    assert_equal "$(header POST content-type)" application/sdp
    cp "$clip" sent.ivf
    assert_same_frames sent.ivf out.ivf
    assert_equal "$(header DELETE if-match)" none
}

@test "C02 WHIP offers sendonly or sendrecv, WHEP recvonly or sendrecv" {
    serve '{}'
    publish 0
    run body POST
    assert_line --regexp '^a=(sendonly|sendrecv)$'
    refute_line --regexp '^a=(recvonly|inactive)$'
    mkdir play
    cd play
    serve "$(playing '{}')"
    play 0
    run body POST
    assert_line --regexp '^a=(recvonly|sendrecv)$'
    refute_line --regexp '^a=(sendonly|inactive)$'
}

@test "C03 the offer says setup:actpass" {
    serve '{}'
    publish 0
    run body POST
    assert_line a=setup:actpass
    refute_line --regexp '^a=setup:(active|passive)'
}

# Of an offer on stdin: a line for each section with its values.
sections() {
    awk -F: '/^m=/ { if (n++) print line; split($0, w, /[= ]/)
            line = w[2] " port=" (w[3] ? "yes" : "no") }
        /^a=(mid|rtcp-mux|rtcp-mux-only|bundle-only|sendonly|sendrecv|recvonly)/ {
            line = line " " substr($0, 3) }
        /^a=msid:/ { split($2, w, " "); line = line " msid=" w[1] }
        END { print line }'
}

@test "C04 BUNDLE with max-bundle, rtcp-mux and rtcp-mux-only everywhere" {
    serve '{}'
    start send rtc-send --whip "$to" "${LO[@]}" --unpaced --video "$small" \
        --audio "$media/media_opus.ogg"
    finish send
    body POST >offer
    mids=$(sed -n 's/^a=mid:/ /p' offer | tr -d '\n')
    run cat offer
    assert_line "a=group:BUNDLE$mids"
    run sections <offer
    assert_equal "${#lines[@]}" 2
    for line in "${lines[@]}"; do
        assert_regex "$line" ' rtcp-mux rtcp-mux-only'
    done
    finish peer1
    assert [ -s peer1.video ]
    assert [ -s peer1.audio ]
}

@test "C04 sections behind the first are bundle-only, with port 0" {
    serve '{}'
    start send rtc-send --whip "$to" "${LO[@]}" --unpaced --video "$small" \
        --audio "$media/media_opus.ogg"
    finish send
    run sections <<<"$(body POST)"
    refute_regex "${lines[0]}" bundle-only
    assert_regex "${lines[1]}" 'port=no .*bundle-only'
    assert_received
    assert [ -s peer1.audio ]
}

@test "C05 one msid for all sections, one track of a kind" {
    serve '{}'
    start send rtc-send --whip "$to" "${LO[@]}" --unpaced --video "$small" \
        --audio "$media/media_opus.ogg"
    finish send
    run sections <<<"$(body POST)"
    assert_equal "${#lines[@]}" 2
    assert_equal "$(printf '%s\n' "${lines[@]%% *}" | sort | tr '\n' ' ')" \
        'audio video '
    assert_equal "$(printf '%s\n' "${lines[@]}" | grep -c ' msid=')" 2
    assert_equal "$(grep -o 'msid=[^ ]*' <<<"$output" | sort -u | wc -l)" 1
}

# ---- the answer ------------------------------------------------------------

@test "C06 Location is resolved against the URL that answered" {
    local name
    serve '{
        "POST /a/b/endpoint": {"headers": {"Location": "s1"}},
        "POST /a/b/up": {"headers": {"Location": "../s2"}},
        "POST /a/b/root": {"headers": {"Location": "/s3?x=1&y"}},
        "POST /a/b/query": {"headers": {"Location": "?s4"}},
        "POST /a/b/whole": {"headers": {"Location": "{0}/s5"}},
        "POST /a/b/host": {"headers": {"Location": "//127.0.0.1:PORT/s6"}},
        "POST /moved": {"status": 307,
                        "headers": {"Location": "/far/away/endpoint"}},
        "POST /far/away/endpoint": {"headers": {"Location": "s7"}}}'
    for name in a/b/endpoint a/b/up a/b/root a/b/query a/b/whole moved; do
        mkdir "${name##*/}"
        start "${name##*/}/send" rtc-send --whip "$url/$name?q=1" "${LO[@]}" \
            --unpaced "$small"
    done
    for name in endpoint up root query whole moved; do
        finish $name/send
    done
    run sort <(seen 'select(.method == "DELETE") | .path')
    assert_output "$(printf '%s\n' /a/b/query?s4 /a/b/s1 /a/s2 \
        /far/away/s7 '/s3?x=1&y' /s5 | LC_ALL=C sort)"
}

@test "C07 unknown statuses are those of their class" {
    serve '{"POST /299": {"status": 299}, "POST /200": {"status": 200},
        "POST /499": {"status": 499, "body": "no"},
        "POST /599": {"status": 599, "body": "no"},
        "POST /418": {"status": 418, "body": "no"}}'
    for n in 299 200; do
        to=$url/$n
        publish 0
    done
    assert_equal "$(count DELETE)" 2
    for n in 499 599 418; do
        to=$url/$n
        publish 12
        assert_one_error send.err rtc-send http "$n"
    done
    assert_equal "$(count DELETE)" 2
}

@test "C08 a problem of RFC 9457 is shown and told" {
    serve '{"POST": {"status": 422, "body":
        "{\"title\":\"Too many tracks\",\"detail\":\"one at most\\u001b[31m\"}",
        "headers": {"Content-Type": "application/problem+json"}}}'
    publish 12
    assert_one_error send.err rtc-send http 'Too many tracks.*one at most'
    # What a terminal would obey is not passed on.
    run grep -c $'\033' send.err
    assert_output 0
    assert_says send.jsonl 'Too many tracks.*one at most'
}

# ---- redirects and tokens --------------------------------------------------

@test "C09 redirects 307 and 308 keep method and body, and may be relative" {
    serve '{"POST /endpoint": {"status": 307, "headers": {"Location": "two"}},
        "POST /two": {"status": 308, "headers": {"Location": "{1}/three"}}}' \
        http http
    publish 0
    assert_requests 'POST /endpoint' 'POST /two' 'POST /three' \
        'DELETE /session/1'
    run jq -rs 'map(select(.method == "POST") | .body) | unique | length' \
        server.log
    assert_output 1
    run header POST content-type
    assert_output "$(printf 'application/sdp\n%.0s' 1 2 3)"
    run seen .origin
    assert_output $'0\n0\n1\n1'
    assert_received
}

@test "C09 a loop of redirects ends" {
    serve '{"POST": {"status": 307, "headers": {"Location": "/endpoint"}}}'
    publish 12
    assert_one_error send.err rtc-send http redirect
    assert [ "$(count POST)" -le 50 ]
    assert_equal "$(count GET)" 0
}

@test "C10 301, 302 and 303 do not become a GET: 16" {
    local n
    for n in 301 302 303; do
        mkdir $n
        cd $n
        serve '{"POST": {"status": '$n', "headers": {"Location": "/other"}}}'
        publish 16
        assert_one_error send.err rtc-send not-whip 'redirect.*GET'
        assert_requests 'POST /endpoint'
        cd ..
    done
}

@test "C11 the token goes with a redirect within its origin" {
    serve '{"POST /endpoint": {"status": 307, "headers": {"Location": "/b"}}}'
    RTC_TOKEN=secret publish 0
    run header POST authorization
    assert_output $'Bearer secret\nBearer secret'
    assert_equal "$(header DELETE authorization)" 'Bearer secret'
}

@test "C11 the token does not go to another origin" {
    serve '{"POST /endpoint": {"status": 307, "headers":
        {"Location": "{1}/b"}}}' "https=$CERTIFICATES/localhost.pem" \
        "https=$CERTIFICATES/localhost.pem"
    RTC_TOKEN=secret publish 0 --cacert "$CERTIFICATES/ca.pem"
    assert_equal "$(authorizations 0)" 'Bearer secret'
    assert_equal "$(authorizations 1)" none
    assert_received
}

@test "C11 another origin that wants the token: 13" {
    serve '{"POST /endpoint": {"status": 307, "headers":
        {"Location": "{1}/b"}}, "POST /b": {"status": 401}}' http http
    RTC_TOKEN=secret publish 13
    assert_equal "$(authorizations 1)" none
}

@test "C11 --location-trusted: to another origin by https" {
    serve '{"POST /endpoint": {"status": 307, "headers":
        {"Location": "{1}/b"}}}' "https=$CERTIFICATES/localhost.pem" \
        "https=$CERTIFICATES/localhost.pem"
    RTC_TOKEN=secret publish 0 --cacert "$CERTIFICATES/ca.pem" \
        --location-trusted
    assert_equal "$(authorizations 1)" 'Bearer secret'
}

@test "C11 --location-trusted: never to http" {
    serve '{"POST /endpoint": {"status": 307, "headers":
        {"Location": "{1}/b"}}}' "https=$CERTIFICATES/localhost.pem" http
    start_publish --unpaced --cacert "$CERTIFICATES/ca.pem" \
        --location-trusted --token-file <(echo secret)
    wait_for_file send.status
    # It goes on without, or not at all.
    assert [ "$(cat send.status)" -eq 0 -o "$(cat send.status)" -eq 12 ]
    refute_regex "$(authorizations 1)" secret
}

@test "C12 the token is on PATCH" {
    serve '{"stun_delay": 0.3, "POST": {"delay": 0.6}}'
    echo s3cr3t >token
    publish 0 --token-file token --preflight --trickle \
        --ice-server "stun:127.0.0.1:$stun"
    run seen '.method + " " + .headers.authorization'
    assert_line --index 0 'OPTIONS Bearer s3cr3t'
    assert_line --index 1 'POST Bearer s3cr3t'
    assert_line 'PATCH Bearer s3cr3t'
    assert_line 'DELETE Bearer s3cr3t'
    run grep -c s3cr3t send.err send.jsonl
    assert_output $'send.err:0\nsend.jsonl:0'
}

@test "C12 the token is on OPTIONS, POST and DELETE" {
    serve '{}'
    echo s3cr3t >token
    publish 0 --token-file token --preflight
    run seen '.method + " " + .headers.authorization'
    assert_output "$(printf '%s Bearer s3cr3t\n' OPTIONS POST DELETE)"
    run grep -c s3cr3t send.err send.jsonl
    assert_output $'send.err:0\nsend.jsonl:0'
}

@test "C12 without a token there is no Authorization" {
    serve '{}'
    publish 0 --preflight
    assert_equal "$(authorizations 0)" none
    assert_requests 'OPTIONS /endpoint' 'POST /endpoint' 'DELETE /session/1'
}

# ---- the end ---------------------------------------------------------------

@test "C13 DELETE at the end of the input, without If-Match" {
    serve '{}'
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_equal "$(header DELETE if-match)" none
    # Nothing is lost by it.
    assert_received
}

@test "C13 DELETE when the server's peer ends" {
    serve "$(playing '{}')"
    play 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_played
}

@test "C13 DELETE by INT and by TERM; the status is the signal's" {
    local name
    for name in INT:130 TERM:143; do
        mkdir $name
        cd $name
        serve '{}'
        clip=$second
        start_publish --loop
        wait_for_line peer1.jsonl first_keyframe
        signal_to send "${name%:*}"
        finish send "${name#*:}"
        assert_requests 'POST /endpoint' 'DELETE /session/1'
        finish peer1
        cd ..
    done
}

@test "C14 however DELETE is answered, the status is that of the session" {
    local name
    serve '{"POST /204": {"headers": {"Location": "/s204"}},
        "POST /404": {"headers": {"Location": "/s404"}},
        "POST /405": {"headers": {"Location": "/s405"}},
        "POST /500": {"headers": {"Location": "/s500"}},
        "POST /close": {"headers": {"Location": "/sclose"}},
        "POST /hang": {"headers": {"Location": "/shang"}},
        "DELETE /s204": {"status": 204}, "DELETE /s404": {"status": 404},
        "DELETE /s405": {"status": 405}, "DELETE /s500": {"status": 500},
        "DELETE /sclose": {"close": true}, "DELETE /shang": {"hang": true}}'
    for name in 204 404 405 500 close hang; do
        mkdir $name
        start $name/send rtc-send --whip "$url/$name" "${LO[@]}" --unpaced \
            --events $name/send.jsonl "$small"
    done
    for name in 204 404 405 500 close hang; do
        finish $name/send 0
        assert_no_error $name/send.err
        case $name in
        500 | close | hang) assert_says $name/send.err 'warning: .' ;;
        204 | 404) assert_equal "$(cat $name/send.err)" '' ;;
        esac
        # Two seconds are given to the end of a session.
        assert_took 5 $name/send.jsonl
    done
    # A request on a connection that was kept may be made twice.
    run sort -u <(seen 'select(.method == "DELETE") | .path')
    assert_equal "${#lines[@]}" 6
}

@test "C15 DTLS close_notify ends the session, and it is deleted" {
    serve "$(playing '{loop: true}')"
    start_play
    wait_for_line recv.jsonl first_keyframe
    signal_to peer1 TERM
    finish recv 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

# ---- trickle and restart ---------------------------------------------------

# trickle STATUS OPTION...: with a STUN server, so that something comes late.
trickle() {
    local wanted=$1
    shift
    publish "$wanted" --trickle --ice-server "stun:127.0.0.1:$stun" "$@"
}

@test "C16 trickle: one PATCH after 201 with all that was buffered" {
    serve '{"POST": {"delay": 0.3}}'
    trickle 0
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'DELETE /session/1'
    assert_equal "$(header PATCH content-type)" \
        application/trickle-ice-sdpfrag
    assert_equal "$(header PATCH if-match)" '"ice1"'
    run body PATCH
    assert_line --regexp '^a=candidate:.* 192\.0\.2\.7 40007 typ srflx'
    assert_line a=end-of-candidates
    # The offer did not wait for it.
    run body POST
    refute_line --partial srflx
    refute_line a=end-of-candidates
}

@test "C16 without --trickle the offer waits, and there is no PATCH" {
    serve '{}'
    publish 0 --ice-server "stun:127.0.0.1:$stun"
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    run body POST
    assert_line --regexp '^a=candidate:.* 192\.0\.2\.7 40007 typ srflx'
    assert_line a=end-of-candidates
}

@test "C17 the fragment: the tagged section with credentials and candidates" {
    serve '{"POST": {"delay": 0.2}}'
    start send rtc-send --whip "$to" "${LO[@]}" --video "$small" --trickle \
        --audio "$media/media_opus.ogg" --ice-server "stun:127.0.0.1:$stun"
    finish send
    body POST >offer
    body PATCH >fragment
    run cat fragment
    assert_equal "$(grep -c ^m= fragment)" 1
    assert_equal "$(grep -c ^a=mid: fragment)" 1
    assert_line "$(grep -m 1 ^a=mid: offer)"
    assert_equal "$(sed -n 's/^m=\([a-z]*\) .*/\1/p' fragment)" \
        "$(sed -n '/^m=/ { s/^m=\([a-z]*\) .*/\1/p; q }' offer)"
    assert_line "$(grep -m 1 ^a=ice-ufrag: offer)"
    assert_line "$(grep -m 1 ^a=ice-pwd: offer)"
    assert_line --regexp ^a=candidate:
    assert_line a=end-of-candidates
}

@test "C18 a PATCH that is refused or lost fails nothing" {
    local name script='{}'
    for name in 200 201 204 404 405 422 501 hang close; do
        mkdir $name
        case $name in
        [0-9]*) reply='{"status": '$name', "body": ""}' ;;
        *) reply='{"'$name'": true}' ;;
        esac
        script=$(jq -c --argjson r "$reply" --arg n "$name" \
            '.["POST /" + $n] = {delay: 0.2, headers: {Location: ("/s" + $n)}}
            | .["PATCH /s" + $n] = $r' <<<"$script")
    done
    serve "$script"
    for name in 200 201 204 404 405 422 501 hang close; do
        start $name/send rtc-send --whip "$url/$name" "${LO[@]}" --trickle \
            --ice-server "stun:127.0.0.1:$stun" "$small"
    done
    for name in 200 201 204 404 405 422 501 hang close; do
        finish $name/send 0
        assert_no_error $name/send.err
    done
    assert_equal "$(count DELETE)" 9
    run sort -u <(seen 'select(.method == "PATCH") | .path')
    assert_equal "${#lines[@]}" 9
}

@test "C19 412 and 428: the old tag is not sent again, the session goes on" {
    local n
    for n in 412 428; do
        mkdir $n
        cd $n
        serve '{"POST": {"delay": 0.2}, "PATCH": {"status": '$n'}}'
        clip=$second
        trickle 0
        assert_equal "$(header PATCH if-match | grep -c ice1)" 1
        assert_equal "$(count DELETE)" 1
        assert_received
        cd ..
    done
}

@test "C20 restart: PATCH with If-Match * and new credentials" {
    serve '{"PATCH": '"$restarted"'}'
    clip=$second
    start_publish --ice-restart-after 300ms
    finish send
    assert_equal "$(seen .method | head -n 2 | tr '\n' ' ')" 'POST PATCH '
    assert_equal "$(header PATCH if-match | head -n 1)" '*'
    body POST >offer
    run body PATCH
    assert_line --regexp '^a=ice-ufrag:.'
    assert_line --regexp '^a=ice-pwd:.'
    refute_line "$(grep -m 1 ^a=ice-ufrag: offer)"
    refute_line "$(grep -m 1 ^a=ice-pwd: offer)"
    assert_line --regexp '^a=candidate:'
    assert_line --regexp '^m=video'
    assert_line a=mid:0
    # The server's new credentials lead nowhere: the old pair carries on.
    assert_received
}

# assert_moved N: it restarted as often with the server's peer, which has the
# whole clip, and both ends took a pair of the new ones.
assert_moved() {
    local end
    assert_received
    for end in send peer1; do
        run jq -es --argjson n "$1" 'map(select(.event == "pair")) |
            length > $n' $end.jsonl
        assert_success
    done
    run jq -r 'select(.event == "restart").reason' send.jsonl
    assert_equal "${#lines[@]}" "$1"
}

@test "C20 a restart that the server's peer follows: media goes on" {
    serve '{"trickle": true}'
    clip=$second
    start_publish --ice-restart-after 300ms
    finish send
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'DELETE /session/1'
    assert_equal "$(header PATCH if-match)" '*'
    assert_no_error send.err
    assert_moved 1
}

@test "C20 restarts by SIGHUP, one after the other" {
    serve '{"trickle": true}'
    clip=$second
    start_publish --loop
    wait_for_line peer1.jsonl first_packet
    signal_to send HUP
    wait_until "$LIMIT" pairs_are 2
    signal_to send HUP
    wait_until "$LIMIT" pairs_are 3
    signal_to send INT
    finish send 130
    finish peer1
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'PATCH /session/1' \
        'DELETE /session/1'
    # Each has credentials of its own.
    run seen '.body | capture("a=ice-ufrag:(?<u>[^\r]*)").u'
    assert_equal "$(sort -u <<<"$output" | wc -l)" 3
    assert_equal "$(jq -s 'map(select(.event == "gap")) | length' \
        peer1.jsonl)" 0
}

# pairs_are N: so many, one after the other, were taken by both ends.
pairs_are() {
    [ "$(grep -c '"event":"pair"' send.jsonl)" -ge "$1" ] &&
        [ "$(grep -c '"event":"pair"' peer1.jsonl)" -ge "$1" ]
}

@test "C20 a viewer restarts, and its server follows" {
    serve "$(playing '{trickle: true}' "$second")"
    clip=$second
    play 0 --ice-restart-after 300ms
    assert_played
    assert_equal "$(header PATCH if-match | head -n 1)" '*'
    run jq -r 'select(.event == "restart").reason' recv.jsonl
    assert_output option
}

@test "C21 a restart that is refused, lost or nonsense keeps the session" {
    local name script='{}'
    for name in 404 405 422 500 412 close garbage; do
        mkdir $name
        case $name in
        garbage) reply='{"status": 200, "body": "\u0000\u00ff=\r\n"}' ;;
        [0-9]*) reply='{"status": '$name', "body": ""}' ;;
        *) reply='{"'$name'": true}' ;;
        esac
        script=$(jq -c --argjson r "$reply" --arg n "$name" \
            '.["POST /" + $n] = {headers: {Location: ("/s" + $n)}}
            | .["PATCH /s" + $n] = $r' <<<"$script")
    done
    serve "$script"
    for name in 404 405 422 500 412 close garbage; do
        start $name/send rtc-send --whip "$url/$name" "${LO[@]}" \
            --ice-restart-after 200ms "$second"
    done
    clip=$second
    for name in 404 405 422 500 412 close garbage; do
        finish $name/send 0
    done
    for n in 1 2 3 4 5 6 7; do
        assert_received $n
    done
    run sort -u <(seen 'select(.method == "PATCH") | .path')
    assert_equal "${#lines[@]}" 7
}

@test "C22 a restart's ICE options are those of the offer" {
    serve '{"PATCH": '"$restarted"'}'
    clip=$second
    start_publish --ice-restart-after 100ms
    finish send
    body POST | grep -E '^a=ice-(options|lite|pacing)' | sort -u >before
    body PATCH | grep -E '^a=ice-(options|lite|pacing)' | sort -u >after
    assert [ -s before ]
    run diff before after
    assert_success
}

@test "C23 candidates wait for the new ETag while a restart is under way" {
    serve '{"stun_delay": 0.5, "PATCH":
        ['"${restarted/\{/\{\"delay\": 0.5, }"', {"status": 204}]}'
    clip=$second
    start_publish --trickle --ice-server "stun:127.0.0.1:$stun" \
        --ice-restart-after 200ms --loop
    wait_until "$LIMIT" grep -qs '"if-match": "\\"b' server.log
    signal_to send INT
    finish send 130
    # What came before the restart may have been told under the first tag.
    run header PATCH if-match
    refute_line none
    assert_line '*'
    assert_equal "$(sed -n '/^\*$/,$p' <<<"$output" | sed 1d | sort -u)" '"b"'
    run jq -sr 'map(select(.method == "PATCH")) | map(.t) as $t |
        map(.headers["if-match"] == "*") | index(true) as $r |
        $t[$r + 1] - $t[$r] > 0.45' server.log
    assert_output true
}

# ---- servers that the server names -----------------------------------------

# What the STUN server was asked, by whom.
asked() {
    jq -r 'select(.stun) | .stun + " " + (.username // "nobody")' server.log |
        sort -u
}

@test "C24 Link: ICE servers in several headers, with quotes and commas" {
    serve '{"POST": {"headers": {"Link": [
        "<turn:127.0.0.1:{stun}?transport=udp>; rel=\"ice-server\"; username=\"u\\\"1,x;y\"; credential=\"c\\\\d\"; credential-type=\"password\"",
        "<urn:other>; rel=\"help\"; x, <stun:127.0.0.1:{stun}>; rel=ice-server"
        ]}}}'
    clip=$second
    start_publish --trickle
    wait_until "$LIMIT" eval 'asked | grep -q "allocate u"'
    finish send
    run asked
    assert_line 'binding nobody'
    assert_line 'allocate nobody'
    assert_line 'allocate u"1,x;y'
    run body PATCH
    assert_line --regexp 'typ srflx'
}

@test "C24 Link without credential-type, or with an escaped question mark; other relations are not for us" {
    serve '{"POST /one": {"headers": {"Link": ["<stun:127.0.0.1:{stun}>; rel=\"next\"",
        "<stun:127.0.0.1:{stun}>", "nonsense", "<<>;;=,,\"", "<turn:>; rel=\"ice-server\"",
        "<turn:127.0.0.1:{stun}>; rel=\"ice-server\""]}},
        "POST /two": {"headers": {"Link":
        "<turn:127.0.0.1:{stun}%3Ftransport=udp>;rel=ice-server;username=u;credential=c"}}}'
    to=$url/one
    clip=$second
    publish 0 --trickle
    assert_equal "$(asked | grep -c -v 'allocate nobody')" 0
    to=$url/two
    start_publish --trickle
    wait_until "$LIMIT" eval 'asked | grep -q "allocate u"'
    finish send
    assert_says send.err 'rtc-send: warning: .*%3F'
}

@test "C24 ICE servers of the user come before those of the server" {
    serve '{"POST": {"headers": {"Link": "<turn:127.0.0.1:{stun}>; rel=\"ice-server\"; username=\"u\"; credential=\"c\""}}}'
    clip=$second
    trickle 0
    run asked
    assert_output 'binding nobody'
}

@test "C25 OPTIONS before POST by --preflight alone" {
    serve '{}'
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    publish 0 --preflight
    assert_equal "$(seen .method | tail -n 3 | tr '\n' ' ')" \
        'OPTIONS POST DELETE '
}

@test "C25 the ICE servers that OPTIONS names serve the offer" {
    serve '{"OPTIONS": {"headers":
        {"Link": "<stun:127.0.0.1:{stun}>; rel=\"ice-server\""}}}'
    publish 0 --preflight
    run body POST
    assert_line --regexp 'typ srflx'
}

# ---- later -----------------------------------------------------------------

# Seconds between the POSTs.
gaps() {
    jq -rs 'map(select(.method == "POST").t) | [.[1:], .[:-1]] | transpose |
        map(.[0] - .[1] | floor) | join(" ")' "${1:-.}/server.log"
}

@test "C26 503 and 429: 15, and by --retry again after Retry-After" {
    local name
    for name in seconds date; do
        mkdir $name
        cd $name
        [ $name = date ] && after='{date+2}' || after=1
        serve '{"POST": [{"status": 503, "headers": {"Retry-After": "'$after'"}},
            {}]}'
        start_publish --unpaced --retry 1
        cd ..
    done
    mkdir once
    cd once
    serve '{"POST": [{"status": 503, "headers": {"Retry-After": "1"}},
        {"status": 429}]}'
    publish 15
    assert_one_error send.err rtc-send busy 503
    publish 15
    assert_one_error send.err rtc-send busy 429
    assert_equal "$(count POST)" 2
    cd ..
    for name in seconds date; do
        finish $name/send
        run gaps $name
        assert_output --regexp '^[1-9]$'
    done
}

@test "C26 --retry ends" {
    serve '{"POST": {"status": 503, "headers": {"Retry-After": "0"}}}'
    publish 15 --retry 2
    assert_equal "$(count POST)" 3
}

@test "C27 WHEP 409: 14, and by --retry again, after ever more" {
    serve "$(playing '{POST: [{status: 409}, {status: 409, headers:
        {"Retry-After": "1"}}, {status: 409, headers: {"Retry-After": "1"}},
        {}]}')"
    play 14
    assert_one_error recv.err rtc-recv not-live 409
    play 0 --retry 3
    run gaps
    assert_output --regexp '^0 [1-9] [2-9]$'
    assert_played
}

@test "C27 404 and 410: 14" {
    serve '{"POST /404": {"status": 404}, "POST /410": {"status": 410}}'
    for n in 404 410; do
        to=$url/$n
        play 14
        assert_one_error recv.err rtc-recv not-live "$n"
    done
}

# ---- counter-offers --------------------------------------------------------

@test "C28 WHEP 406 with an offer is answered by PATCH" {
    local type
    for type in application/sdp 'application/sdp; valid-until=\"{date+30}\"'; do
        mkdir -p "${type//[^a-z]/}"
        cd "${type//[^a-z]/}"
        serve "$(playing '{POST: {status: 406, session: "offer",
            headers: {"Content-Type": "'"$type"'"}},
            PATCH: {status: 204, session: "take"}}')"
        play 0
        assert_requests 'POST /endpoint' 'PATCH /session/1' \
            'DELETE /session/1'
        assert_equal "$(header PATCH content-type)" application/sdp
        run body PATCH
        assert_line v=0
        assert_line a=recvonly
        assert_line --regexp '^a=setup:(active|passive)$'
        assert_played
        cd ..
    done
}

@test "C28 an offer that has expired is asked for again" {
    serve "$(playing '{POST: [{status: 406, session: "offer", headers:
            {"Content-Type": "application/sdp; valid-until=\"{date-5}\""}},
            {status: 406, session: "offer"}],
        PATCH: {status: 204, session: "take"}}')"
    play 0
    assert_requests 'POST /endpoint' 'POST /endpoint' 'PATCH /session/2' \
        'DELETE /session/2'
    assert_played
}

@test "C28 a PATCH of the answer that is refused: 12, and a DELETE" {
    serve "$(playing '{POST: {status: 406, session: "offer"},
        PATCH: {status: 422, body: "no"}}')"
    play 12
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'DELETE /session/1'
}

@test "C29 --server-offer: an empty POST, and the answer by PATCH" {
    serve "$(playing '{POST: {status: 201, session: "offer"},
        PATCH: {status: 204, session: "take"}}')"
    play 0 --server-offer
    assert_requests 'POST /endpoint' 'PATCH /session/1' 'DELETE /session/1'
    assert_equal "$(body POST)" ''
    assert_equal "$(header PATCH content-type)" application/sdp
    run body PATCH
    assert_line v=0
    assert_line a=recvonly
    assert_played
}

@test "C30 a WHEP URL is told by --whep: no HEAD is needed" {
    serve "$(playing '{HEAD: {status: 405}, GET: {status: 405}}')"
    play 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

# ---- transport -------------------------------------------------------------

@test "C31 http to a host that is not loopback needs --insecure-http" {
    serve '{}'
    to=http://whip.example:$port/endpoint
    publish 2 --resolve "whip.example:$port:127.0.0.1"
    assert_one_error send.err rtc-send usage 'https|insecure-http'
    assert_equal "$(seen .method)" ''
    publish 0 --resolve "whip.example:$port:127.0.0.1" --insecure-http
    assert_received
}

@test "C31 the certificate is verified, but for -k" {
    serve '{}' "https=$CERTIFICATES/localhost.pem"
    publish 11
    assert_one_error send.err rtc-send connect 'certificate'
    assert_equal "$(seen .method)" ''
    publish 0 --cacert "$CERTIFICATES/ca.pem"
    publish 0 -k
    assert_equal "$(count DELETE)" 2
}

@test "C31 --pinnedpubkey: another key is 31" {
    serve '{}' "https=$CERTIFICATES/localhost.pem"
    publish 31 --cacert "$CERTIFICATES/ca.pem" --pinnedpubkey \
        "$(pin_of "$CERTIFICATES/other.pem")"
    assert_one_error send.err rtc-send fingerprint 'key|pin'
    assert_equal "$(seen .method)" ''
    publish 0 --cacert "$CERTIFICATES/ca.pem" --pinnedpubkey \
        "$(pin_of "$CERTIFICATES/localhost.pem")"
}

@test "C32 LF, header names of any case, a charset, unknown attributes" {
    serve '{"POST": {"headers": {"CONTENT-TYPE": "Application/SDP; charset=utf-8",
        "lOCATION": "/session/1"}, "edit_answer": [["\r\n", "\n"],
        ["^a=mid", "a=x-unknown:1\na=x-other\n\\g<0>"]]}}'
    publish 0
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    assert_received
}

@test "C32 an answer that rejects the media, or lacks a section: 20" {
    serve '{"POST /rejects": {"edit_answer":
            [["^m=video \\d+", "m=video 0"]]},
        "POST /lacks": {"edit_answer": [["(?s)\r\nm=.*?(\r\nm=)", "\\1"]]}}'
    to=$url/rejects
    publish 20
    assert_one_error send.err rtc-send description 'rejects.*codec'
    assert_equal "$(count DELETE)" 1
    start send rtc-send --whip "$url/lacks" "${LO[@]}" --unpaced \
        --video "$small" --audio "$media/media_opus.ogg"
    finish send 20
    assert_one_error send.err rtc-send description section
    assert_equal "$(count DELETE)" 2
}

@test "C32 something before v=0 is told; without v=0 it is no answer" {
    serve '{"POST /before": {"edit_answer": [["\\A", "Moved to /x\r\n"]]},
        "POST /none": {"edit_answer": [["\\A.*\r\n", ""]]}}'
    to=$url/before
    publish 0
    assert_says send.err 'rtc-send: warning: .*before'
    assert_received
    to=$url/none
    start_publish
    wait_for_file send.status
    assert_regex "$(cat send.status)" '^(16|20)$'
    assert_equal "$(count DELETE)" 2
}

@test "C33 an answer that speaks of simulcast, which was not offered" {
    serve '{"POST": {"edit_answer": [["^a=mid",
        "a=rid:h recv\r\na=simulcast:recv h\r\n\\g<0>"]]}}'
    publish 0
    # Simulcast is not offered: one layer is what a file holds.
    run body POST
    refute_line --partial simulcast
    assert_received
}

@test "C34 extensions in Link are told, never required" {
    serve '{"POST": {"headers": {"Link": ["</sse>; rel=\"urn:ietf:params:whip:ext:core:server-sent-events\"; events=\"active\"",
        "</layer>; rel=\"urn:ietf:params:whip:ext:core:layer\""]}}}'
    publish 0
    assert_says send.jsonl \
        urn:ietf:params:whip:ext:core:server-sent-events
    assert_says send.jsonl urn:ietf:params:whip:ext:core:layer
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

# ---- what else can be asked ------------------------------------------------

@test "-H adds headers; a line end in one is refused" {
    serve '{}'
    publish 0 -H 'X-One: 1' -H 'X-Two: a, b'
    assert_equal "$(header POST x-one)" 1
    assert_equal "$(header POST x-two)" 'a, b'
    publish 2 -H $'X-One: 1\r\nX-Three: 3'
    assert_equal "$(count POST)" 1
}

@test "--proxy: a plain proxy is given the whole URL" {
    serve '{"POST": {"headers": {"Location": "/s"}}}'
    to=http://whip.example/endpoint
    publish 0 --proxy "$url" --insecure-http
    assert_requests 'POST http://whip.example/endpoint' \
        'DELETE http://whip.example/s'
}

@test "--help tells of the options of WHIP and WHEP" {
    run rtc-send --help all
    for option in --whip --token-file --cacert --insecure --pinnedpubkey \
        --resolve --proxy --retry --location-trusted --insecure-http \
        --preflight --reconnect --header; do
        assert_output --regexp "$option( |\$)"
    done
    run rtc-recv --help all
    assert_output --partial --whep
    assert_output --partial --server-offer
}

# ---- begun at the beginning ------------------------------------------------

@test "C15 consent lost: 24 within 30 s, and the session is deleted" {
    cd "$BATS_FILE_TMPDIR/killed"
    finish send 24
    assert_one_error send.err rtc-send consent .
    # Restarts are tried before.
    run seen 'select(.method != "PATCH") | .method + " " + .path'
    assert_output $'POST /endpoint\nDELETE /session/1'
    assert_took 33 send.jsonl
}

@test "--reconnect: a session whose consent was lost is begun anew" {
    cd "$BATS_FILE_TMPDIR/reconnects"
    wait_for_line peer2.jsonl '"event":"dtls"'
    signal_to recv INT
    finish recv 130
    run seen 'select(.method != "PATCH") | .method'
    assert_equal "$(sort <<<"$output" | tr '\n' ' ')" \
        'DELETE DELETE POST POST '
}
