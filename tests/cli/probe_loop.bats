#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # others' variables
#
# rtc-probe loop through a server of known faults (tests/whip/relay.c): what it
# says came of the frames is what the server did to them.

load helper

setup_file() {
    need_tools rtc-probe jq
    assert [ -x "$top_builddir/tests/whip/relay" ] # `make check' builds it
    unset RTC_TOKEN RTC_ICE_SERVERS
    # Those that take longer, while the others run.
    begin_faults vp8+opus
    begin_faults h264+opus
}

# begin_faults CLIP: no two of them befall the same frame of a second.
begin_faults() {
    mkdir "$BATS_FILE_TMPDIR/$1"
    cd "$BATS_FILE_TMPDIR/$1" || return
    serve drop=5 swap=7 twice=11 flip=13
    start loop rtc-probe loop "${LO[@]}" --whip "$to" --whep "$from" --json \
        -t 2500ms --clip "$1" </dev/null
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    unset RTC_TOKEN RTC_ICE_SERVERS
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR"
}

# serve FAULT...: sets where to publish and play.
serve() {
    rm -f relay.out relay.status
    start relay "$top_builddir/tests/whip/relay" "$@" </dev/null
    wait_for_file relay.out
    to="http://127.0.0.1:$(head -n 1 relay.out)/whip"
    from="http://127.0.0.1:$(head -n 1 relay.out)/whep"
}

# loop STATUS OPTION...: leaves out.json and err.
loop() {
    local wanted=$1 status=0
    shift
    timeout -k 2 "$LIMIT" rtc-probe loop "${LO[@]}" --whip "$to" \
        --whep "$from" --json "$@" >out.json 2>err || status=$?
    [ "$status" = "$wanted" ] ||
        fail "status $status, not $wanted: $(cat err out.json)"
}

# holds FILTER: of the report.
holds() {
    judge "def video: .tracks[] | select(.track == \"video\");
        def audio: .tracks[] | select(.track == \"audio\");
        def whip: .sessions[] | select(.session == \"whip\");
        def whep: .sessions[] | select(.session == \"whep\"); $1" \
        out.json
}

finish_relay() {
    signal_to relay TERM
    finish relay
}

# did KIND: what the server did to frames, as JSON; it ends.
did() {
    [ -e relay.status ] || finish_relay
    sed -n "s/^$1 //p" relay.out | tr ' ' '\n' |
        jq -Rn '[inputs | split("=") | {(.[0]): .[1] | tonumber}] | add'
}

# matches KIND: each count is the server's.
matches() {
    local done_to
    done_to=$(did "$1")
    judge --arg kind "$1" --argjson did "$done_to" '.tracks[] |
        select(.track == $kind) |
        .lost == $did.dropped + $did.held and .reordered == $did.swapped and
        .duplicated == $did.twice and .altered == $did.flipped and
        .received == .expected - .lost and .unmarked == 0 and
        .foreign == 0' out.json
}

# ---- what is as it should be ------------------------------------------------

@test "all frames come back, and the sessions are measured" {
    serve
    loop 0 -t 1s
    holds '[.tracks[].track] == ["video", "audio"]'
    holds 'video | .codec == "VP8" and .lost == 0 and .unmarked == 0 and
        .received == .expected and .expected >= 20 and .sent >= .expected'
    holds 'audio | .codec == "opus" and .lost == 0 and .received >= 45 and
        .loss == 0 and .altered == 0 and .duplicated == 0 and .reordered == 0'
    holds '.tracks[] | .latencyMin > 0 and .latencyP50 < 0.2 and
        .latencyMin <= .latencyP50 and .latencyP50 <= .latencyP95 and
        .latencyP95 <= .latencyP99 and .latencyP99 <= .latencyMax and
        .jitter >= 0 and .gapMax > 0.01'
    holds 'video.bitrate > 100000 and audio.bitrate > 30000'
    holds '.pairs[0] | .skew > -0.1 and .skew < 0.1 and
        .clockSkew > -0.1 and .clockSkew < 0.1'
    holds 'whip.packetsLost == 0 and whep.packetsLost == 0 and
        whip.connect > 0 and whep.connect > 0 and
        whip.frames >= (video.sent + audio.sent) and
        whep.frames >= (video.received + audio.received) and
        (whep.freezes == 0 or ([.tracks[].gapMax] | max > 0.15))'
}

@test "one track; filled up to a bitrate" {
    serve
    loop 0 -t 1500ms --clip h264 -b 1M
    holds '[.tracks[] | .track, .codec] == ["video", "H264"] and
        (.pairs | not)'
    holds '(video.bitrate > 900000 or .processes[0].latenessMax > 0.1) and
        video.bitrate > 500000 and video.bitrate < 1100000 and
        video.lost == 0 and video.altered == 0'
}

# ---- what is not ------------------------------------------------------------

faults() { # CLIP
    cd "$BATS_FILE_TMPDIR/$1" || return
    finish loop
    cp loop.out out.json
    matches video
    matches audio
    # Of each some, also where a busy machine sends less in that second.
    holds 'video.lost >= 2 and video.reordered >= 2 and
        video.duplicated >= 1 and video.altered >= 1 and
        audio.lost >= 5 and audio.reordered >= 3 and
        audio.duplicated >= 2 and audio.altered >= 1'
}

@test "lost, out of order, twice, altered: counts are exact, of VP8 and Opus" {
    faults vp8+opus
    holds 'video.gapMax > 0.06'
    holds 'any(.verdicts[]; test("^[0-9]+ of [0-9]+ video frames did not"))'
}

@test "the same of H.264" {
    faults h264+opus
}

@test "delays of the server and of the network, and between the two tracks" {
    serve video:delay=60 audio:delay=160
    loop 0 -t 1s --late 155ms
    # What a busy machine adds is no part of the least.
    holds 'video | .latencyMin >= 0.06 and .latencyMin < 0.075 and
        .latencyP50 >= 0.0594 and .late < .received and
        (.late == 0) == (.latencyMax <= 0.155)'
    holds 'audio | .latencyMin >= 0.16 and .latencyMin < 0.175 and
        .latencyP50 >= 0.1584 and .late == .received'
    holds '.pairs[0] | .skew > -0.13 and .skew < -0.07 and
        .clockSkew > -0.13 and .clockSkew < -0.07'
    holds 'any(.verdicts[]; test("picture [0-9]+ ms before the sound"))'
    finish_relay
    serve
    loop 0 -t 1s --impair delay=30ms
    holds '.tracks[] | .latencyMin >= 0.06 and .latencyMin < 0.08'
    holds '.impairments[0].delayed > 0'
}

@test "lost packets that are sent again lose no frames" {
    serve
    loop 0 -t 2s --impair loss=5%,seed=3
    holds '.impairments[0].dropped > 5'
    holds 'whip.packetsResent > 0 and video.lost + audio.lost <= 2'
    holds '.tracks[].latencyMax > 0.01'
}

@test "marks that are taken out: all of them, or those of one track" {
    serve strip
    loop 4 -t 500ms
    assert_one_error err 'rtc-probe loop' nothing-measured 'its mark'
    holds 'video | .received == 0 and .unmarked > 5 and .loss == null and
        .latencyP50 == null'
    holds '.verdicts[0] | test("video .*transcodes")'
    finish_relay
    serve video:strip
    loop 3 -t 500ms --max-loss 0%
    holds '.thresholds[0] | .passed == false and
        (.message // .sentence // tostring | test("not measured of video"))'
    holds 'audio.lost == 0 and audio.received > 10'
}

@test "nothing comes back, or nothing of one track" {
    serve silent
    loop 40 -t 1s --media-timeout 1s
    assert_one_error err 'rtc-probe loop' no-media 'whep: connected, but no'
    finish_relay
    serve video:silent
    loop 40 -t 500ms --clip h264+opus
    assert_one_error err 'rtc-probe loop' no-media 'no video came back'
    # What was sent, whatever else the player might have taken.
    holds 'video.codec == "H264"'
    holds 'audio.lost == 0 and audio.received > 10'
}

# ---- meeting ----------------------------------------------------------------

@test "what is not live yet is asked for again" {
    serve not-live=2
    loop 0 -t 300ms
    holds 'video.lost == 0 and video.sent > video.expected'
    finish_relay
    serve refuse=503
    loop 15 --connect-timeout 1s
    assert_one_error err 'rtc-probe loop' busy 'whep: '
    holds '(.tracks | not) and whip.failedPhase == null and
        whep.failedPhase == "http"'
}

@test "a token for each of the two" {
    echo good >good
    echo bad >bad
    serve token=good
    loop 13
    assert_one_error err 'rtc-probe loop' auth 'whip: '
    loop 13 --token-file good --whep-token-file bad
    assert_one_error err 'rtc-probe loop' auth 'whep: '
    loop 0 -t 200ms --token-file good
}

@test "wrong usage, and nobody there" {
    refused 2 'rtc-probe loop' usage 'both needed' \
        rtc-probe loop --whip http://127.0.0.1:9/
    run --separate-stderr rtc-probe loop --json --whip http://127.0.0.1:9/
    judge '.exit == 2 and .error.name == "usage"' <<<"$output"
    to=http://127.0.0.1:9/ from=$to
    loop 11
    assert_one_error err 'rtc-probe loop' connect 'whip: '
    loop 21 --interface nosuch0
    assert_one_error err 'rtc-probe loop' gather 'whip: no local address'
}

# ---- judging ----------------------------------------------------------------

@test "every threshold that is not kept is named" {
    serve delay=20
    loop 3 -t 500ms --max-loss 0% --max-latency 19ms --max-jitter 0 \
        --max-connect 1us --min-bitrate 50M --require-tls-days 1
    holds '[.thresholds[] | select(.passed)] | length == 1'
    for name in max-latency max-jitter max-connect min-bitrate; do
        grep -q -e "--$name: " err
    done
    loop 0 -t 500ms --max-loss 0% --max-latency 2s --max-jitter 1s \
        --max-connect 20s --min-bitrate 50k
    holds '[.thresholds[] | select(.passed)] | length == 6'
}

@test "INT: what was measured so far is told, and both sessions end" {
    serve
    start loop rtc-probe loop "${LO[@]}" --whip "$to" --whep "$from" --jsonl \
        -i 200ms -t 1h </dev/null
    wait_for_line loop.out '"track":"video".*"received":[0-9][0-9]'
    signal_to loop INT
    finish loop 130
    judge -s '(map(select(.event == "connected").session) ==
            ["whip", "whep"]) and
        (map(select(.event == "result" and .track)) | length == 2 and
            all(.lost == 0 and .received > 5)) and
        (last | .event == "end")' loop.out
}
