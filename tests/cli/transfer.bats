# SPDX-License-Identifier: MIT
#
# Whole transfers: what rtc-send reads, rtc-recv writes, frame by frame.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg ffprobe jq python3
    export CLIPS=$BATS_FILE_TMPDIR/short
    export LONG=$BATS_FILE_TMPDIR/long
    make_clips "$CLIPS" 2
    make_clips "$LONG" 10
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# ---- ways to meet ----------------------------------------------------------

# start_by_session NAME CLIP: both ends in directory NAME, by session files.
start_by_session() {
    local track
    read -ra track <<<"$(track_of "$2")"
    mkdir "$1"
    cd "$1"
    negotiate "${track[@]}"
    start recv rtc-recv -s b.session "${track[@]}" -o "out.${2##*.}"
    start send rtc-send -s a.session --remote answer --events ev.jsonl <"$2"
    cd ..
}

@test "ten seconds at their own pace through session files: VP8, H.264, Opus" {
    local clip name
    for name in ivf h264 ogg; do
        start_by_session "$name" "$LONG/clip.$name"
    done
    for name in ivf h264 ogg; do
        finish "$name/send"
        finish "$name/recv"
    done
    for name in ivf h264 ogg; do
        clip=$LONG/clip.$name
        assert_same_frames "$clip" "$name/out.$name"
        assert_playable "$name/out.$name"
        # Paced: the last of the frames left ten seconds after the first.
        run jq -e 'select(.event == "end") | .duration > 9.5 and
            .duration < 12' "$name/ev.jsonl"
        assert_success
    done
    assert_equal "$(wc -l <ivf/out.ivf.frames)" 300
    assert_equal "$(wc -l <h264/out.h264.frames)" 300
    run diff <(steps "$LONG/clip.ogg") <(steps ogg/out.ogg)
    assert_success
}

# send_by_command CLIP OPTION...: received by a command of rtc-send's.
send_by_command() {
    local clip=$1
    shift
    timeout "$LIMIT" rtc-send "${LO[@]}" "$@" \
        --signal "$(receive_command $(track_of "$clip") -o "out.${clip##*.}")" \
        "$clip"
    assert_same_frames "$clip" "out.${clip##*.}"
    assert_playable "out.${clip##*.}"
}

@test "--signal COMMAND carries VP8" {
    send_by_command "$LONG/clip.ivf"
}

@test "--signal COMMAND carries H.264" {
    send_by_command "$LONG/clip.h264"
}

@test "--signal COMMAND carries Opus, and its times" {
    send_by_command "$LONG/clip.ogg"
    run diff <(steps "$LONG/clip.ogg") <(steps out.ogg)
    assert_success
}

@test "--signal - through two FIFOs carries VP8, H.264 and Opus" {
    local name track clip
    for name in ivf h264 ogg; do
        clip=$LONG/clip.$name
        read -ra track <<<"$(track_of "$clip")"
        mkdir "$name"
        mkfifo "$name/offer" "$name/answer"
        start "$name/recv" sh -c 'out=$1; shift
            exec rtc-recv --signal - --interface lo -o "$out" "$@" \
                <"${out%/*}/offer" >"${out%/*}/answer"' \
            sh "$name/out.$name" "${track[@]}"
        start "$name/send" sh -c 'exec rtc-send --signal - --interface lo \
            "$1" >"$2/offer" <"$2/answer"' sh "$clip" "$name"
    done
    for name in ivf h264 ogg; do
        finish "$name/send"
        finish "$name/recv"
        assert_same_frames "$LONG/clip.$name" "$name/out.$name"
        assert_playable "$name/out.$name"
    done
}

@test "the receiver may offer: --signal - with --offer and --answer" {
    mkfifo offer answer
    start send sh -c 'exec rtc-send --signal - --answer --interface lo \
        --unpaced "$1" <offer >answer' sh "$CLIPS/clip.ivf"
    start recv sh -c 'exec rtc-recv --signal - --offer --interface lo \
        --video vp8 -o out.ivf >offer <answer'
    finish send
    finish recv
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

# ---- what is carried -------------------------------------------------------

@test "audio and video in one session, from two inputs to two outputs" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --video "$CLIPS/clip.ivf" \
        --audio "$CLIPS/clip.ogg" \
        --signal "$(receive_command --video-out out.ivf --audio-out out.ogg)"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    assert_same_frames "$CLIPS/clip.ogg" out.ogg
    assert_playable out.ivf
    assert_playable out.ogg
    run diff <(steps "$CLIPS/clip.ogg") <(steps out.ogg)
    assert_success
}

@test "audio and video from two FIFOs, opened in any order" {
    mkfifo v a
    start send rtc-send "${LO[@]}" --video v --audio a \
        --signal "$(receive_command --video-out out.ivf --audio-out out.ogg)"
    # The audio's writer comes first, and neither waits for the other.
    timeout "$LIMIT" cp "$CLIPS/clip.ogg" a 3>&- &
    timeout "$LIMIT" cp "$CLIPS/clip.ivf" v 3>&- &
    finish send
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    assert_same_frames "$CLIPS/clip.ogg" out.ogg
}

@test "two outputs may be FIFOs whose reader opens them one after the other" {
    mkfifo v a
    start send rtc-send "${LO[@]}" --video "$CLIPS/clip.ivf" \
        --audio "$CLIPS/clip.ogg" \
        --signal "$(receive_command --video-out v --audio-out a)"
    # As ffmpeg -i v -i a does: it reads of the first before it opens the next.
    LIMIT=10 start reader sh -c 'exec 4<v; head -c 32 <&4 >head.ivf
        exec 5<a; cat <&5 >out.ogg & cat head.ivf - <&4 >out.ivf; wait'
    finish reader
    finish send
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    assert_same_frames "$CLIPS/clip.ogg" out.ogg
}

@test "--unpaced sends faster than the clip plays, and loses nothing" {
    local began=$SECONDS
    send_by_command "$LONG/clip.ivf" --unpaced
    assert [ $((SECONDS - began)) -lt 8 ]
}

@test "--unpaced loses nothing of H.264 and Opus either" {
    send_by_command "$LONG/clip.h264" --unpaced
    send_by_command "$LONG/clip.ogg" --unpaced
}

@test "--mtu 576 carries the same frames in smaller datagrams" {
    send_by_command "$CLIPS/clip.ivf" --mtu 576 --unpaced
    send_by_command "$CLIPS/clip.h264" --mtu 576 --unpaced
}

@test "IPv6 alone" {
    timeout "$LIMIT" rtc-send -6 "${LO[@]}" --unpaced --events ev.jsonl \
        --signal "$(receive_command -6 -o out.ivf)" \
        "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    run jq -r 'select(.event == "pair") | .remote.address' ev.jsonl
    assert_line '::1'
}

@test "JSON and base64 descriptions between session tools" {
    local form
    for form in json base64; do
        timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" --video vp8 \
            "--$form" >offer
        timeout "$LIMIT" rtc-answer -s b.session "${LO[@]}" <offer >answer
        if [ $form = json ]; then
            cat answer
        else
            base64 -d answer
        fi >answer.json
        run jq -r .type answer.json
        assert_output answer
        start recv rtc-recv -s b.session --video vp8 -o out.ivf
        start send rtc-send -s a.session --remote answer --unpaced \
            "$CLIPS/clip.ivf"
        finish send
        finish recv
        assert_same_frames "$CLIPS/clip.ivf" out.ivf
    done
}

@test "--signal COMMAND may be a shell's pipe, with no exec" {
    timeout 15 rtc-send "${LO[@]}" --unpaced --signal \
        "cat | rtc-recv --signal - --interface lo -o out.ivf" \
        "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "JSON and base64 descriptions by --signal COMMAND" {
    local form
    for form in json base64; do
        timeout 15 rtc-send "${LO[@]}" "--$form" --unpaced --signal \
            "tee offer | rtc-recv --signal - --interface lo -o out.ivf" \
            "$CLIPS/clip.ivf"
        assert_same_frames "$CLIPS/clip.ivf" out.ivf
        if [ $form = json ]; then
            run jq -r .type offer
        else
            run jq -r .type <(base64 -d offer)
        fi
        assert_output offer
    done
}

@test "--loop goes on after the end, with times that go on" {
    start send rtc-send "${LO[@]}" --loop --time 5s \
        --signal "$(receive_command -o out.ivf)" "$CLIPS/clip.ivf"
    finish send
    frames "$CLIPS/clip.ivf" >sent
    frames out.ivf >received
    # Two and a half times the clip of 60 frames.
    assert [ "$(wc -l <received)" -gt 130 ]
    run diff <(cat sent sent sent | head -n "$(wc -l <received)") received
    assert_success
    assert_playable out.ivf
    # Every step is one frame of 30, also where the clip begins again.
    run sort -u <(steps out.ivf)
    assert_output 3000
}

@test "--time ends a session of both ends in good order" {
    start send rtc-send "${LO[@]}" --time 1s --events ev.jsonl \
        --signal "$(receive_command -o out.h264)" "$LONG/clip.h264"
    finish send
    assert_first_frames "$LONG/clip.h264" out.h264 20
    assert [ "$count" -lt 60 ]
    assert_playable out.h264
}

# ---- live pipes ------------------------------------------------------------

@test "ffmpeg -re into rtc-send, rtc-recv into ffmpeg" {
    negotiate --video vp8
    start send sh -c 'ffmpeg -nostdin -v error -re -i "$1" -c copy -f ivf - |
        rtc-send -s a.session --remote answer' sh "$CLIPS/clip.ivf"
    start recv sh -c 'rtc-recv -s b.session --video vp8 | ffmpeg -v error \
        -i - -c copy -y out.ivf'
    finish send
    finish recv
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    run cat recv.err
    refute_output --partial error
}

@test "ffmpeg -re as H.264 and as Ogg into rtc-send's stdin" {
    start h264 sh -c 'ffmpeg -nostdin -v error -re -i "$1" -c copy -f h264 - |
        rtc-send --interface lo --signal "$2"' \
        sh "$CLIPS/clip.h264" "$(receive_command -o out.h264)"
    start ogg sh -c 'ffmpeg -nostdin -v error -re -i "$1" -c copy \
        -page_duration 20000 -f ogg - |
        rtc-send --interface lo --signal "$2"' \
        sh "$CLIPS/clip.ogg" \
        "$(receive_command --audio opus -o out.ogg)"
    finish h264
    finish ogg
    assert_same_frames "$CLIPS/clip.h264" out.h264
    assert_same_frames "$CLIPS/clip.ogg" out.ogg
}

@test "a pipe that is filled at once is sent at the clip's own pace" {
    cat "$CLIPS/clip.ivf" | timeout "$LIMIT" rtc-send "${LO[@]}" \
        --events ev.jsonl --signal "$(receive_command -o out.ivf)"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    # Two seconds, of which a pipe may be half a second ahead.
    run jq -e 'select(.event == "end") | .duration > 1.4' ev.jsonl
    assert_success
}

@test "a frame is through within one frame interval, stdin to stdout" {
    # Three tries: another process's load must not look like ours.
    for try in 1 2 3; do
        run timeout 40 python3 "$here/latency.py" "$CLIPS/clip.ivf" 33
        echo "# $output" >&3
        [ "$status" -eq 0 ] && break
    done
    assert_success
}

# ---- signals and reports ---------------------------------------------------

# interrupt END SIGNAL STATUS: the file of an interrupted session is whole.
interrupt() {
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf --events recv.jsonl
    start send rtc-send -s a.session --remote answer --events send.jsonl \
        "$LONG/clip.ivf"
    wait_until "$LIMIT" has_frames out.ivf 20000
    signal_to "$1" "$2"
    if [ "$1" = recv ]; then
        finish recv "$3"
        finish send 0
    else
        finish send "$3"
        finish recv 0
    fi
    assert_first_frames "$LONG/clip.ivf" out.ivf 3
    assert_playable out.ivf
    run jq -r 'select(.event == "end") | .exit' "$1.jsonl"
    assert_output "$3"
}

has_frames() {
    [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

@test "INT to rtc-send: status 130, the other end's file is whole" {
    interrupt send INT 130
}

@test "TERM to rtc-send: status 143, the other end's file is whole" {
    interrupt send TERM 143
}

@test "INT to rtc-recv: status 130, its file is whole" {
    interrupt recv INT 130
}

@test "TERM to rtc-recv: status 143, its file is whole" {
    interrupt recv TERM 143
}

@test "INT before anything is connected ends at once with 130" {
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf --events ev.jsonl
    wait_for_line ev.jsonl '"event":"candidate"'
    signal_to recv INT
    finish recv 130
}

@test "HUP that was ignored, as by nohup, stays ignored" {
    negotiate --video vp8
    start recv sh -c 'trap "" HUP; exec rtc-recv -s b.session --video vp8 \
        -o out.ivf --events recv.jsonl'
    wait_for_line recv.jsonl '"event":"candidate"'
    signal_to recv HUP
    start send rtc-send -s a.session --remote answer --connect-timeout 5s \
        "$CLIPS/clip.ivf"
    finish send
    finish recv
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "USR1 prints statistics on both ends and changes nothing" {
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf --events recv.jsonl
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    wait_for_line recv.jsonl first_keyframe
    signal_to recv USR1
    signal_to send USR1
    finish send
    finish recv
    run cat send.err
    assert_output --regexp 'rtc-send: +track 0 video VP8: sent [0-9]+ frames'
    run cat recv.err
    assert_output --regexp 'rtc-recv: +track 1 video VP8: .*received [1-9][0-9]* frames'
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "--events writes JSON Lines from start to end" {
    local tool
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf \
        --events recv.jsonl
    # A descriptor, here 9, serves as well as a name.
    start send sh -c 'exec rtc-send -s a.session --remote answer --unpaced \
        --events fd:9 "$1" 9>send.jsonl' sh "$CLIPS/clip.ivf"
    finish send
    finish recv
    for tool in send recv; do
        # Each line alone is an object with a version, a time and a name.
        run jq -Rce 'fromjson | .v == 1 and (.t | type) == "number" and
            (.event | type) == "string"' "$tool.jsonl"
        assert_success
        refute_line false
        run jq -sce '[.[].t] | . == sort' "$tool.jsonl"
        assert_output true
        run jq -sre 'first.event, first.tool, last.event, last.exit' \
            "$tool.jsonl"
        assert_line --index 0 start
        assert_line --index 1 "rtc-$tool"
        assert_line --index 2 end
        assert_line --index 3 0
    done
    run jq -r .event recv.jsonl
    for event in candidate ice pair dtls track first_packet first_keyframe; do
        assert_line "$event"
    done
    run jq -sr 'last.tracks[0].inbound | .framesReceived, .packetsLost' \
        recv.jsonl
    assert_line --index 0 60
    assert_line --index 1 0
    run jq -sr 'last.tracks[0].outbound.framesSent' send.jsonl
    assert_output 60
}

@test "a quiet transfer says nothing on stderr" {
    timeout "$LIMIT" rtc-send -q "${LO[@]}" --unpaced \
        --signal "$(receive_command -q -o out.ivf)" "$CLIPS/clip.ivf" \
        2>send.err
    run cat send.err recv.err
    assert_output ''
}

@test "a terminal is shown a progress line, and -q none" {
    timeout "$LIMIT" script -qec "rtc-send ${LO[*]} --time 3s --loop \
        --signal '$(receive_command -q -o out.ivf)' '$CLIPS/clip.ivf'" \
        terminal </dev/null >/dev/null
    assert grep -q 'rtc-send: [12] s, [1-9][0-9]* frames sent' terminal
    timeout "$LIMIT" script -qec "rtc-send -q ${LO[*]} --time 2s --loop \
        --signal '$(receive_command -q -o out.ivf)' '$CLIPS/clip.ivf'" \
        quiet </dev/null >/dev/null
    refute grep -q 'frames sent' quiet
}
