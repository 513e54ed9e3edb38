#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154 # jq's variables; top_srcdir
#
# rtc-probe whip and whep: one session at a server that does well, and at those
# that fail in every way, whose step is named; and numbers against a bad network
# that is known. Many sessions are probe_crowd.bats's.

load ../whip/helper
load probe_media

setup_file() {
    need_server
    export CERTIFICATES=$BATS_FILE_TMPDIR/certificates
    make_certificates "$CERTIFICATES"
    # Those that take longer, while the others run; what tells of times last.
    begin_failures
    within_directory . media_server
    begin loss-whip whip -t 4s -b 2M --clip vp8 --impair loss=10%,seed=1
    begin loss-whep whep -t 4s --impair loss=10%,seed=2
    begin delay-whip whip -t 3s --impair delay=40ms
    begin delay-whep whep -t 3s --impair delay=40ms
    for seed in 3 4 5; do
        begin jitter-$seed whip -t 5s --clip opus \
            --impair delay=20ms,jitter=9ms,seed=$seed
    done
    begin rate-vp8 whip -t 2s --clip vp8 -b 1M
    begin rate-h264 whip -t 2s --clip h264 -b 1M
}

# within_directory NAME COMMAND...: a server there, at which to begin.
within_directory() {
    mkdir -p "$BATS_FILE_TMPDIR/$1"
    cd "$BATS_FILE_TMPDIR/$1" || return
    to=''
    "${@:2}"
    at=${to:-$at}
}

# Servers that fail once a session is made, or never answer.
begin_failures() {
    within_directory killed serve '{}'
    begin killed whip -t 30s --media-timeout 1s
    within_directory silent media_server 0
    begin silent whep -t 10s --media-timeout 500ms
    begin silent-at-end whep -t 300ms
    within_directory pictures serve "$(playing '{gate: "no such event"}')"
    begin pictures whep --media-timeout 1500ms
    within_directory leaves serve "$(playing '{}' "$second")"
    begin leaves whep
    within_directory falls-silent media_server 60
    begin falls-silent whep -t 20s --media-timeout 800ms
    within_directory hangs serve '{"POST": {"hang": true}}'
    begin hangs whip --max-time 500ms -t 1s
    within_directory half serve '{"POST": {"truncate": 50, "drip": 9}}'
    begin half whip --max-time 500ms -t 1s
    within_directory keeps serve '{"DELETE": {"hang": true}}'
    begin keeps whip --max-time 2s -t 500ms
    wait_for_line "$BATS_FILE_TMPDIR/killed/peer1.jsonl" first_keyframe
    signal_to "$BATS_FILE_TMPDIR/killed/peer1" KILL
}

# begin NAME SUBJECT OPTION...: at the media server; `ended NAME [STATUS]` is its
# report.
begin() {
    start "$BATS_FILE_TMPDIR/$1" rtc-probe "$2" "$at" "${LO[@]}" --json \
        "${@:3}" </dev/null
}

ended() {
    finish "$BATS_FILE_TMPDIR/$1" "${2:-0}" || return
    cp "$BATS_FILE_TMPDIR/$1.out" report.json
}

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR"
}

# ---- what there is to say ----------------------------------------------------

@test "help fits a screen, and the command line is looked at" {
    local subject
    for subject in whip whep; do
        run --separate-stderr rtc-probe "$subject" --help
        assert_success
        assert_line --index 0 "Usage: rtc-probe $subject [OPTION]... URL"
        assert [ "${#lines[@]}" -le 24 ]
        refused 2 "rtc-probe $subject" usage 'URL is missing' \
            rtc-probe "$subject"
        refused 2 "rtc-probe $subject" usage 'not an http' \
            rtc-probe "$subject" ftp://127.0.0.1/x
        refused 2 "rtc-probe $subject" usage 'insecure-http' \
            rtc-probe "$subject" http://192.0.2.1/x
        refused 2 "rtc-probe $subject" usage 'impair' \
            rtc-probe "$subject" --impair los=1% http://127.0.0.1/x
        refused 2 "rtc-probe $subject" usage 'parallel' \
            rtc-probe "$subject" -P 1001 http://127.0.0.1/x
    done
}

# ---- a good server -----------------------------------------------------------

@test "whip: what was sent is what came, and the session is deleted" {
    serve '{}'
    measure 0 whip "$to" -t 1.5s --max-loss 0% --max-connect 10s --max-rtt 1s
    finish peer1
    assert_requests 'POST /endpoint' 'DELETE /session/1'
    holds '.subject == "whip" and .exit == 0 and .error == null and
        (.thresholds | map(.passed) == [true, true, true])'
    session '.failedPhase == null and .videoCodec == "VP8" and
        .audioCodec == "opus" and .localCandidate == "host" and
        .remoteCandidate == "host" and .protocol == "udp" and
        .tlsVersion == "DTLS1.2" and .certificateDays == null'
    session '0 <= .resolve and .resolve <= .tcp and .tcp <= .http and
        .http <= .ice and .ice <= .dtls and .connect == .dtls and .tls == null'
    session '(.packetsExpected > 100 or $late) and
        .packetsExpected <= .packets and
        .packetsLost == 0 and .loss == 0 and .framesRefused == 0 and
        (.frames > 90 or $late) and .frames < 130 and
        0 < .rttMin and .rttMin <= .rttAvg and .rttAvg <= .rttMax'
    # The peer's own count of both tracks: it is the same clip, whole.
    judge -s --slurpfile r report.json 'map(select(.event == "end"))[0].tracks |
        (map(.inbound.packetsReceived) | add) >= $r[0].sessions[0].packetsExpected' \
        peer1.jsonl
    assert_playable peer1.video
}

@test "whep: what came is what the server sent" {
    media_server
    measure 0 whep "$at" -t 1.5s --min-bitrate 100k
    stop_media_server
    session '.videoCodec == "VP8" and .audioCodec == "opus" and
        .firstPacket != null and .firstKeyframe != null and
        .dtls <= .firstPacket and .firstPacket <= .firstKeyframe and
        .keyframes == 1 and .freezes < 3 and .freezeTime >= 0.15 * .freezes and
        .framesDropped == 0 and .packetsLost == 0 and .ownDrops == 0'
    assert_counted packets '.packetsExpected' 40
    assert_counted frames '.frames' 40
    counted '.posts == 1 and .connected == 1 and .deleted == 1'
}

@test "whep: the codecs that are wanted" {
    media_server
    refused 2 'rtc-probe whep' usage '--video: .nonesuch. is no video codec' \
        rtc-probe whep --video vp8,nonesuch "$at"
    measure 0 whep "$at" -t 500ms --video vp8 --audio opus
    session '.videoCodec == "VP8" and .audioCodec == "opus"'
    measure 0 whep "$at" -t 500ms --video h264
    session '.keyframes == 0 and .audioCodec == "opus" and .videoCodec == null'
}

@test "a relay is told, and TCP to it" {
    command -v turnserver >/dev/null || skip 'coturn (turnserver) is not here'
    media_server
    local turn protocol
    turn=$(free_ports 1)
    start turn turnserver -n -v --no-cli --no-tls --no-dtls \
        --listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --allow-loopback-peers \
        --listening-port="$turn" --lt-cred-mech --realm=test --user=u:p \
        --log-file=stdout --simple-log --pidfile="$PWD/turn.own" \
        --userdb="$PWD/turn.db"
    wait_for_line turn.out 'listener opened on'
    for protocol in udp tcp; do
        measure 0 whip "$at" -t 600ms --ice-policy relay \
            --ice-server "turn:u:p@127.0.0.1:$turn?transport=$protocol"
        session ".localCandidate == \"relay\" and
            .relayProtocol == \"$protocol\" and .packetsLost == 0"
        holds '.verdicts[0] == "Media takes the way over a relay."'
        holds "(.verdicts | any(contains(\"TCP to the relay\"))) ==
            (\"$protocol\" == \"tcp\")"
    done
    measure 21 whip "$at" --ice-policy relay \
        --ice-server "turn:u:p@127.0.0.1:$(free_ports 1)?transport=tcp"
    session '.failedPhase == "gather"'
}

@test "https: the days a certificate is valid, and too few of them" {
    serve '{}' "https=$CERTIFICATES/localhost.pem"
    measure 3 whip "$to" -t 500ms --cacert "$CERTIFICATES/ca.pem" \
        --require-tls-days 30
    session '.certificateDays == 1 and .tcp <= .tls and .tls <= .http'
    holds '.error.message | contains("1 days left, 30 wanted")'
    measure 0 whip "$to" -t 500ms -k --require-tls-days 1
}

@test "thresholds that are not kept: each is named, 3" {
    serve '{}'
    measure 3 whip "$to" -t 1.2s --max-rtt 1us --max-connect 1us \
        --min-bitrate 50M --require-tls-days 1
    holds '.error.name == "threshold" and (.thresholds | map(.passed) | any |
        not) and (.thresholds | length) == 4'
    for name in max-rtt max-connect min-bitrate require-tls-days; do
        holds ".error.message | contains(\"--$name: \")"
    done
}

@test "forms: events as they happen, metrics, a table" {
    media_server
    run --separate-stderr rtc-probe whep "$at" "${LO[@]}" -t 1s -i 250ms --jsonl
    assert_success
    judge -s 'map(.event) | .[0] == "start" and .[-1] == "end" and
        index("connected") < index("over") and
        (map(select(. == "interval")) | length) >= 2' <<<"$output"
    run --separate-stderr rtc-probe whep "$at" "${LO[@]}" -t 500ms --prometheus
    assert_success
    assert_line --regexp '^rtc_probe_.*first_keyframe.*\{.*\} 0\.'
    run --separate-stderr rtc-probe whep "$at" "${LO[@]}" -t 500ms
    assert_success
    assert_line --regexp '^ +first keyframe +[0-9.]+ m?s'
    run awk 'length > 80' <<<"$output"
    assert_output ''
}

@test "INT: what was measured is told, the session deleted, 130" {
    serve "$(playing '{loop: true}' "$second")"
    start probe rtc-probe whep "$to" "${LO[@]}" --json -t 60s
    wait_for_line peer1.jsonl '"event":"interval"'
    signal_to probe INT
    finish probe 130
    judge '.sessions[0].frames > 0 and .error == null' probe.out
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

# ---- failures: the step, the status, the time --------------------------------

subjects=(whip whep)

# fails STATUS PHASE URL OPTION...: each of the subjects.
fails() {
    local subject
    for subject in "${subjects[@]}"; do
        measure "$1" "$subject" "$3" -t 1s "${@:4}"
        session ".failedPhase == \"$2\" and .frames == 0"
        holds ".error.message | startswith(\"$2: \")"
    done
}

@test "before HTTP: no such name 10, nobody listens 11" {
    fails 10 resolve "https://$(printf 'a%.0s' {1..70})/endpoint"
    fails 11 tcp "http://127.0.0.1:$(free_ports 1)/x"
}

@test "TLS: a certificate of nobody we trust 11, another key 31" {
    serve '{}' "https=$CERTIFICATES/localhost.pem"
    fails 11 tls "$to"
    fails 31 tls "$to" --cacert "$CERTIFICATES/ca.pem" --pinnedpubkey \
        "$(pin_of "$CERTIFICATES/other.pem")"
}

@test "TLS: what is wrong with a certificate is said" {
    serve '{}' "https=$CERTIFICATES/old.pem"
    fails 11 tls "$to" --cacert "$CERTIFICATES/ca.pem"
    holds '.error.message | endswith("(the certificate: expired)")'
    fails 11 tls "$to"
    holds '.error.message | endswith("expired, unknown issuer)")'
}

@test "HTTP: 401 13, 404 14, 503 15, 500 12, no SDP 16" {
    serve '{"POST /401": {"status": 401}, "POST /404": {"status": 404},
        "POST /503": {"status": 503}, "POST /500": {"status": 500},
        "POST /html": {"body": "<html>hello</html>", "status": 200,
            "headers": {"Content-Type": "text/html"}}}'
    while read -r path status; do
        fails "$status" http "$url/$path"
        session '.tcp != null'
        [ "$path" = html ] || session '.http == null'
    done <<END
401 13
404 14
503 15
500 12
html 16
END
}

@test "the answer: SDP that means nothing 20" {
    serve '{"POST": {"body": "v=0\r\nx=nonsense\r\n", "headers":
        {"Content-Type": "application/sdp", "Location": "/session/1"}}}'
    fails 20 description "$to"
}

@test "the answer: half of the clip is not taken 20, and which is told" {
    serve '{"POST": {"edit_answer": [["^m=video \\d+", "m=video 0"],
        ["(BUNDLE \\S+) .*(?=\r)", "\\1"]]}}'
    subjects=(whip)
    fails 20 description "$to"
    holds '.error.message == "description: the server takes no VP8: another --clip may do"'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "ICE: candidates that lead nowhere 23" {
    serve '{"POST": {"edit_answer": '"$nowhere"', "edit_offer":
        [["^a=candidate.*\r\n", ""]]}}'
    subjects=(whip)
    fails 23 ice "$to" --connect-timeout 500ms
    session '.http != null and .ice == null and .localCandidate == null'
    assert_requests 'POST /endpoint' 'DELETE /session/1'
}

@test "DTLS: refused by the peer 30, another fingerprint 31" {
    serve '{"POST /30": {"edit_offer": [["^(a=fingerprint:\\S+ ).{5}",
            "\\g<1>00:00"]]},
        "POST /31": {"edit_answer": [["^(a=fingerprint:\\S+ ).{5}",
            "\\g<1>00:00"]]}}'
    subjects=(whip)
    fails 30 dtls "$url/30" --connect-timeout 5s
    fails 31 dtls "$url/31"
    session '.ice != null and .dtls == null'
}

@test "media: none came, or no key frame 40" {
    ended silent 40
    session '.failedPhase == "firstPacket" and .dtls != null and .packets == 0'
    holds '.t < 5'
    ended pictures 40
    session '.failedPhase == "firstKeyframe" and .packets > 0'
    ended silent-at-end 40
}

@test "media: the server's end, or its silence 24" {
    ended leaves 24
    session '.failedPhase == "media" and .frames == 30'
    holds '.error.message | contains("ended the session after")'
    ended falls-silent 24
    session '.failedPhase == "media" and .frames >= 60 and .frames < 80'
    holds '.error.message | contains("fell silent")'
    holds '[.verdicts[] | select(test("froze [1-3] times?,"))] | length == 1'
    holds '.t < 10'
}

# The latest end is: to connect, to measure, and five seconds.
@test "time: nobody answers the request, or all of it, or the handshake 124" {
    ended hangs 124
    session '.failedPhase == "http"'
    holds '.t < 6.5'
    ended half 124
    session '.failedPhase == "http" and .http == null'
    holds '.t < 6.5'
    start silent python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c = s.accept()[0]
while c.recv(4096): pass'
    wait_for_file silent.out
    measure 124 whip "https://localhost:$(cat silent.out)/x" --max-time 500ms \
        -t 1s
    session '.failedPhase == "tls"'
    holds '.t < 6.5'
}

@test "time: a session that hangs at its end is over in time" {
    ended keeps
    holds '.t < 7.5'
}

@test "time: a server that dies is noticed, 24" {
    ended killed 24
    session '.failedPhase == "media" and .packets > 100'
    holds '.error.message | contains("fell silent")'
}

# ---- numbers -----------------------------------------------------------------

# Of n packets a share p is lost, within 3.3 standard deviations 99.9 % of the
# time.
within='def within($n; $lost; $p): ($lost - $n * $p | fabs) <=
    3.3 * ($n * $p * (1 - $p) | sqrt);'

@test "whip: loss is what was set" {
    ended loss-whip
    session "$within"' .packetsExpected > 600 and
        within(.packetsExpected; .packetsLost; 0.1) and
        (.loss - .packetsLost / .packetsExpected | fabs) < 1e-6 and .packetsResent > 0'
    holds '.verdicts | map(select(startswith("Loss is high"))) | length == 1'
}

@test "whep: loss is what was set, and repaired" {
    ended loss-whep
    session "$within"' .packetsExpected > 250 and
        within(.packetsExpected; .packetsLost; 0.1) and
        .packetsRecovered > 0 and .nacks > 0'
}

@test "whip: the bitrate is what was asked for, in both codecs" {
    local clip
    for clip in vp8 h264; do
        ended rate-$clip
        session '(.bitrate > 0.9e6 or $late) and .bitrate < 1.15e6 and
            .bitrate > 0.5e6 and .audioCodec == null'
    done
    session '.videoCodec == "H264"'
}

# What a busy machine adds is in the mean, not in the least.
@test "a round trip is twice the delay" {
    local subject
    for subject in whip whep; do
        ended delay-$subject
        session '.rttMin >= 0.08 and .rttMin < 0.1 and
            .rttAvg >= .rttMin and .rttAvg < 0.3'
    done
}

# Differences of two even draws from +- J are 2/3 J on average; the estimate of
# RFC 3550 has a standard deviation of an eighth of that, the mean of three one
# of a fourteenth. A busy machine adds times of its own.
@test "jitter is what follows from the link's" {
    local seed
    for seed in 3 4 5; do
        ended jitter-$seed
        cat report.json
    done >reports
    judge -s 'any(.loads[0].latenessMax > 0.05) as $late |
        map(.sessions[0].jitter) | min > 0.006 * 0.4 and
        add / length > 0.006 * 0.7 and
        (min < 0.006 * 1.4 + 0.002 or $late)' reports
}
