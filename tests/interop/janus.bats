#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rtc-send and rtc-recv against Janus, by the WHIP and WHEP servers of its
# authors: what one publishes the other gets byte for byte, tokens, ends from
# either side, restarts of ICE. How those servers differ from the standards is
# said at the tests that meet it.

# shellcheck source=../cli/helper.bash
load ../cli/helper
# shellcheck source=janus.bash
load janus

clips=$top_srcdir/cmd/synthetic
PLAY_S=2 # of each stream is looked at

setup_file() {
    janus_missing >"$BATS_FILE_TMPDIR/missing"
    [ -s "$BATS_FILE_TMPDIR/missing" ] ||
        JANUS_STRICT=true janus_start vp8:vp8 h264:h264 secret:vp8:sesame \
            other:vp8
}

setup() {
    need_tools rtc-send rtc-recv ffmpeg ffprobe jq
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

# ---- both ends --------------------------------------------------------------

# start_publish ID OPTION...: with its events in send.jsonl.
start_publish() {
    local id=$1
    shift
    rm -f send.jsonl
    start send rtc-send "${LO[@]}" --whip "$JANUS_WHIP/endpoint/$id" \
        --events send.jsonl "$@"
}

# start_play ID OPTION...: into out.mkv, unless told otherwise.
start_play() {
    local id=$1
    shift
    rm -f recv.jsonl
    start recv rtc-recv "${LO[@]}" --whep "$JANUS_WHEP/endpoint/$id" \
        --events recv.jsonl "$@"
}

connected() { # send|recv
    wait_for_line "$1.jsonl" '"dtlsState":"connected"'
}

# Of the totals at an end.
total() { # send|recv JQ-PATH
    jq -r "select(.event == \"end\") | $2" "$1.jsonl"
}

# assert_requests send|recv REQUEST...: its HTTP requests are these, as
# `METHOD STATUS`. Janus ends a session as soon as DTLS does, so DELETE may come
# too late for the servers to know it: 404.
assert_requests() {
    run jq -r 'select(.event == "http") | "\(.method) \(.status)"' "$1.jsonl"
    output=${output/%DELETE 404/DELETE 200}
    assert_output "$(printf '%s\n' "${@:2}")"
}

is() { # NUMBER COMMAND...
    [ "$("${@:2}")" = "$1" ]
}

# assert_loop_of CLIP RECORDING LEAST: at least so many frames, unchanged and
# in order, from the clip's first one on, over and over.
assert_loop_of() {
    frames "$1" >clip.frames
    frames "$2" >out.frames
    assert [ "$(wc -l <out.frames)" -ge "$3" ]
    run awk 'NR == FNR { clip[n++] = $0; next }
        clip[(FNR - 1) % n] != $0 { print "frame", FNR, "is", $0 }' \
        clip.frames out.frames
    assert_output ''
}

# Two seconds with a key frame each half.
make_keyed_clip() { # FILE
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i testsrc2=size=320x240:rate=30:duration=2 \
        -c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k -g 15 "$1"
}

assert_begins_with_key_frame() { # FILE
    run ffprobe -v error -read_intervals '%+#1' -show_entries packet=flags \
        -of csv=p=0 "$1"
    assert_output --partial K
}

# assert_frames_of CLIP RECORDING: there are some, and none of another.
assert_frames_of() {
    assert [ "$(frames "$2" | wc -l)" -ge 20 ]
    run comm -13 <(frames "$1" | sort -u) <(frames "$2" | sort -u)
    assert_output ''
}

# carries ID CODEC CLIP: through the mountpoint, to a player that was there
# first.
carries() {
    start_play "$1" --time "${PLAY_S}s" --video "$2" --video-out "out.$2" \
        --audio-out out.ogg
    connected recv
    start_publish "$1" --synthetic "$2+opus"
    finish recv
    signal_to send INT
    finish send 130
    assert_loop_of "$clips/$3" "out.$2" 30
    assert_frames_of "$clips/opus.ogg" out.ogg
    assert_equal "$(total recv '[.tracks[].inbound.packetsLost] | add')" 0
}

# ---- media ------------------------------------------------------------------

@test "VP8 and Opus come through Janus unchanged" {
    carries vp8 vp8 vp8.ivf
}

@test "H.264 and Opus come through Janus unchanged" {
    carries h264 h264 h264.h264
}

# The room has no frames of its own, so the request for one goes on to us.
@test "who comes late begins with a key frame, and asked us for it" {
    make_keyed_clip clip.ivf
    start_publish vp8 --loop clip.ivf
    connected send
    # Refuses audio, which comes first: Janus wants our credentials even there.
    start_play vp8 --time 1500ms --video vp8 -o out.ivf
    finish recv
    signal_to send INT
    finish send 130
    assert_begins_with_key_frame out.ivf
    assert_playable out.ivf
    assert_frames_of clip.ivf out.ivf
    assert [ "$(total send '.tracks[0].outbound.pliCount')" -ge 1 ]
}

@test "a room is played itself, while it has a publisher" {
    make_keyed_clip clip.ivf
    start_publish other --loop clip.ivf
    connected send
    wait_until "$LIMIT" is 1 janus_publishers other
    janus_direct other
    start_play other-direct --time 1500ms --video vp8 -o out.ivf
    finish recv
    assert_begins_with_key_frame out.ivf
    assert_frames_of clip.ivf out.ivf
    signal_to send INT
    finish send 130
    wait_until "$LIMIT" is 0 janus_publishers other
    # Of a publisher that has gone the server knows no more than 500.
    start_play other-direct -o nothing.ivf
    finish recv 12
}

# A mountpoint is there all the time.
@test "a stream that nobody publishes has no media, or is not there" {
    start_play vp8 --media-timeout 500ms -o nothing.mkv
    finish recv 40
    assert_requests recv 'POST 406' 'PATCH 204' 'DELETE 200'
    start_play nowhere -o nothing.mkv
    finish recv 14
}

# ---- sessions ---------------------------------------------------------------

@test "a token is asked for, on every request" {
    local token
    for token in '' wrong; do
        start send env RTC_TOKEN="$token" rtc-send "${LO[@]}" --synthetic \
            --whip "$JANUS_WHIP/endpoint/secret"
        start recv env RTC_TOKEN="$token" rtc-recv "${LO[@]}" -o nothing.mkv \
            --whep "$JANUS_WHEP/endpoint/secret"
        finish send 13
        finish recv 13
    done
    export RTC_TOKEN=sesame
    start_publish secret --synthetic vp8+opus
    connected send
    start_play secret --time 1s --no-wait-keyframe -o out.mkv
    finish recv
    signal_to send INT
    finish send 130
    assert_requests send 'POST 201' 'DELETE 200'
    assert_requests recv 'POST 406' 'PATCH 204' 'DELETE 200'
}

@test "DELETE ends a session for all who have to do with it" {
    start_publish vp8 --synthetic vp8+opus
    connected send
    wait_until "$LIMIT" is 1 janus_publishers vp8
    janus_is_enabled vp8
    # Somebody else cannot have the endpoint meanwhile.
    refused 13 rtc-send auth 'in use' rtc-send "${LO[@]}" --synthetic \
        --whip "$JANUS_WHIP/endpoint/vp8"
    start_play vp8 -o out.mkv
    connected recv
    wait_until "$LIMIT" is 1 janus_viewers vp8
    assert_equal "$(janus_subscribers vp8)" 1
    signal_to recv INT
    finish recv 130
    assert_equal "$(janus_subscribers vp8)" 0
    wait_until "$LIMIT" is 0 janus_viewers vp8
    signal_to send INT
    finish send 130
    run janus_is_enabled vp8
    assert_failure
    wait_until "$LIMIT" is 0 janus_publishers vp8
}

@test "the phases of a session are told, and in order" {
    start_publish vp8 --synthetic vp8+opus --time 500ms
    finish send
    assert_equal "$(total send '.phases | [.resolve, .tcp, .http, .ice, .dtls] |
        . == sort and all(. > 0)')" true
    assert_equal "$(total send .transport.srtpCipher)" SRTP_AEAD_AES_128_GCM
    assert_equal "$(total send '.tracks | map(.codec) | join(" ")')" 'VP8 opus'
    assert_equal 127.0.0.1 \
        "$(total send .transport.selectedCandidatePair.remote.address)"
}

# Janus says so by DTLS, which is an end as any other.
@test "the server may end a session" {
    start_publish vp8 --synthetic vp8+opus
    connected send
    wait_until "$LIMIT" is 1 janus_publishers vp8
    janus_kick vp8
    finish send
    start_publish vp8 --synthetic vp8+opus
    connected send
    run curl -sS -X DELETE "$JANUS_WHIP/resource/vp8"
    assert_output OK
    finish send
    assert_requests send 'POST 201' 'DELETE 200'
    run cat send.err
    assert_output ''
}

# The WHIP server takes If-Match only in quotes, and answers with credentials
# alone: Janus is where it was.
@test "ICE restarts, and the media goes on" {
    start_play vp8 --time 2500ms --video vp8 --video-out out.ivf --audio opus \
        --audio-out out.ogg
    connected recv
    start_publish vp8 --synthetic vp8+opus --ice-restart-after 700ms
    finish recv
    signal_to send INT
    finish send 130
    assert_requests send 'POST 201' 'PATCH 412' 'PATCH 200' 'DELETE 200'
    run jq -r 'select(.event == "ice") | .iceState' send.jsonl
    assert_output "$(printf '%s\n' checking connected completed \
        checking connected completed)"
    assert_loop_of "$clips/vp8.ivf" out.ivf 40
}

# What a player gets that is taken for one with an offer: the WHEP server cannot
# tell, and Janus 1.1.2 makes an offer of its own, whatever it was sent.
@test "an answer that is an offer is refused, and the session given back" {
    janus_believe true
    start_play vp8 -o nothing.mkv
    finish recv 20
    janus_believe false
    assert_one_error recv.err rtc-recv description 'active or passive'
    assert_requests recv 'POST 201' 'DELETE 200'
    assert_equal "$(janus_subscribers vp8)" 0
}

# The WHEP server answers 204, without a fragment.
@test "a restart that the WHEP server does not know does no harm" {
    start_publish vp8 --synthetic vp8+opus
    connected send
    start_play vp8 --time 1s --ice-restart-after 300ms --no-wait-keyframe \
        -o out.mkv
    finish recv
    assert_requests recv 'POST 406' 'PATCH 204' 'PATCH 412' 'PATCH 204' \
        'DELETE 200'
    run grep -c 'warning: no ICE restart' recv.err
    assert_output 1
    assert [ "$(total recv '[.tracks[].inbound.packetsReceived] | min')" -ge 20 ]
    signal_to send INT
    finish send 130
}
