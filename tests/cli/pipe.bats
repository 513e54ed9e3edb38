# SPDX-License-Identifier: MIT
#
# Audio and video together: Matroska in, Matroska out, their times, and what
# happens when the path or a reader is too slow.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg ffprobe jq python3
    cd "$BATS_FILE_TMPDIR"
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=320x240:rate=30:duration=3 \
        -f lavfi -i sine=duration=3 -map 0 -map 1 -pix_fmt yuv420p -g 30 \
        -c:v libvpx -deadline realtime -cpu-used 8 -b:v 400k -c:a libopus \
        vp8.mkv -map 0 -map 1 -pix_fmt yuv420p -g 30 \
        -c:v libx264 -preset ultrafast -tune zerolatency -c:a libopus h264.mkv
    make_clips . 2
    export CLIPS=$BATS_FILE_TMPDIR
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# hashes FILE v|a: size and hash of each frame of that track.
hashes() {
    timeout "$LIMIT" ffmpeg -nostdin -v error -i "$1" -map "0:$2" -c copy \
        -f framemd5 - | awk -F, '!/^#/ { gsub(/ /, ""); print $5, $6 }'
}

# pts FILE v|a: the time of each packet of that track in milliseconds.
pts() {
    timeout "$LIMIT" ffprobe -v error -select_streams "$2" \
        -show_entries packet=pts_time -of csv=p=0 "$1" |
        awk -F, '$1 != "" { print int($1 * 1000 + 1000.5) - 1000 }'
}

# How much later than the audio the video begins, and ends.
offsets() {
    local v a
    mapfile -t v < <(pts "$1" v)
    mapfile -t a < <(pts "$1" a)
    echo $((v[0] - a[0])) $((v[-1] - a[-1]))
}

# What the distance of the tracks may be off, in milliseconds.
OFF=10

# assert_same_tracks SENT RECEIVED: the frames of both tracks unchanged, and the
# distance between them within OFF milliseconds.
assert_same_tracks() {
    local track sent received i
    for track in v a; do
        hashes "$1" $track >"sent.$track"
        hashes "$2" $track >"received.$track"
        assert [ -s "received.$track" ]
        run diff "sent.$track" "received.$track"
        assert_success
    done
    read -ra sent <<<"$(offsets "$1")"
    read -ra received <<<"$(offsets "$2")"
    echo "# video after audio, first and last: sent ${sent[*]} ms," \
        "received ${received[*]} ms" >&3
    for i in 0 1; do
        assert [ $((received[i] - sent[i])) -le $OFF ]
        assert [ $((sent[i] - received[i])) -le $OFF ]
    done
}

# ---- two tracks of one input to one output -----------------------------------

@test "audio and video of a Matroska file arrive in one" {
    local clip
    for clip in vp8 h264; do
        timeout "$LIMIT" rtc-send "${LO[@]}" \
            --signal "$(receive_command -o "$clip.mkv")" "$CLIPS/$clip.mkv"
        assert_same_tracks "$CLIPS/$clip.mkv" "$clip.mkv"
        assert_playable "$clip.mkv"
    done
}

@test "ffmpeg's live Matroska into rtc-send, rtc-recv's into ffmpeg" {
    negotiate --video vp8 --audio opus
    start recv sh -c 'rtc-recv -s b.session | tee out.mkv |
        ffmpeg -v error -f matroska -i - -c copy -f framemd5 - >out.md5'
    start send sh -c 'ffmpeg -nostdin -v error -re -i "$1" -c copy -f matroska \
        -cluster_time_limit 1 - | tee in.mkv |
        rtc-send -s a.session --remote answer' sh "$CLIPS/vp8.mkv"
    finish send
    finish recv
    assert_same_tracks in.mkv out.mkv
    run cat send.err recv.err
    refute_output --regexp 'error|warning'
    assert_equal "$(grep -vc '^#' out.md5)" \
        "$(cat received.v received.a | wc -l)"
}

@test "two inputs begin together" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --video "$CLIPS/clip.ivf" \
        --audio "$CLIPS/clip.ogg" --signal "$(receive_command -o out.mkv)"
    run offsets out.mkv
    read -ra sent <<<"$output"
    assert [ "${sent[0]}" -le $((7 + OFF)) ] # the encoder's delay is 6.5
    assert [ "${sent[0]}" -ge $((7 - OFF)) ]
}

@test "a frame of either track is through within one frame interval" {
    timeout "$LIMIT" ffmpeg -nostdin -v error -i "$CLIPS/vp8.mkv" -c copy \
        -cluster_time_limit 1 -f matroska - >live.mkv
    # Three tries: another process's load must not look like ours.
    for try in 1 2 3; do
        run timeout 40 python3 "$here/latency_av.py" live.mkv 33
        echo "$output" | sed 's/^/# /' >&3
        [ "$status" -eq 0 ] && break
    done
    assert_success
}

# ---- what is written, and what is read ---------------------------------------

# first_bytes OPTION...: of what rtc-recv writes to its stdout.
first_bytes() {
    timeout "$LIMIT" rtc-send "${LO[@]}" --time 1s "$@" \
        --signal "exec rtc-recv --signal - --interface lo -o fd:9 2>recv.err" \
        9>out
    head -c 4 out | od -An -c | tr -d ' \n'
}

@test "the format follows from what comes: IVF, Annex-B, Ogg, Matroska" {
    run first_bytes --synthetic
    assert_output DKIF
    run first_bytes --synthetic h264
    assert_output --partial '\0\0\0001'
    run first_bytes --synthetic opus
    assert_output OggS
    run first_bytes --synthetic vp8+opus
    assert_output '032E337243'
    assert_playable out
}

@test "a format of one track takes that one alone" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -o out.ogg)" "$CLIPS/vp8.mkv" 2>send.err
    assert grep -q 'its VP8 is not sent' send.err
    run diff <(hashes "$CLIPS/vp8.mkv" a) <(hashes out.ogg a)
    assert_success
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -o out.ivf)" "$CLIPS/vp8.mkv"
    run diff <(hashes "$CLIPS/vp8.mkv" v) <(hashes out.ivf v)
    assert_success
}

@test "WebM does not carry H.264, and says what does" {
    run -6 timeout "$LIMIT" rtc-send "${LO[@]}" --time 2s \
        --synthetic h264+opus --signal "$(receive_command -o out.webm)"
    assert_one_error recv.err rtc-recv output 'try --format matroska'
}

@test "tracks that are not sent are named" {
    timeout "$LIMIT" ffmpeg -nostdin -v error -i "$CLIPS/vp8.mkv" \
        -map 0:a -map 0:v -map 0:v -map 0:a -c copy -c:a:1 aac more.mkv
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -o out.mkv)" more.mkv 2>send.err
    run cat send.err
    assert_line --partial 'track 3 (VP8) is left out'
    assert_line --partial 'A_AAC'
    run diff <(hashes "$CLIPS/vp8.mkv" v) <(hashes out.mkv v)
    assert_success
}

@test "--video and --audio take one track of a file" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced --audio "$CLIPS/vp8.mkv" \
        --signal "$(receive_command -o out.ogg)" 2>send.err
    run diff <(hashes "$CLIPS/vp8.mkv" a) <(hashes out.ogg a)
    assert_success
    refute grep left send.err
    refused 5 rtc-send input 'carries VP8: give it by --video' \
        rtc-send "${LO[@]}" --signal false --audio "$CLIPS/clip.ivf"
}

@test "simulcast: a file for each layer, or the best one" {
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=160x120:rate=30:duration=2 -c:v libvpx \
        -deadline realtime -cpu-used 8 -b:v 100k -g 30 lo.ivf
    timeout "$LIMIT" rtc-send "${LO[@]}" \
        --simulcast "hi=$CLIPS/clip.ivf,lo=lo.ivf" \
        --signal "$(receive_command -o out-%r.ivf)"
    assert_same_frames "$CLIPS/clip.ivf" out-hi.ivf
    assert_same_frames lo.ivf out-lo.ivf
    timeout "$LIMIT" rtc-send "${LO[@]}" \
        --simulcast "hi=$CLIPS/clip.ivf,lo=lo.ivf" \
        --signal "$(receive_command -o best.ivf)"
    # A few frames of the other may come first.
    assert [ "$(hashes best.ivf v | wc -l)" -ge 55 ]
    run diff <(hashes "$CLIPS/clip.ivf" v | tail -n 30) \
        <(hashes best.ivf v | tail -n 30)
    assert_success
}

# ---- times --------------------------------------------------------------------

@test "--synthetic loops without a seam, and in step" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --time 7s --synthetic vp8+opus \
        --signal "$(receive_command -o out.mkv)"
    assert_playable out.mkv
    # Frames of 40 ms and packets of 20, also where the clip begins again.
    run sh -c 'sort -n | sed -n "1p;\$p"' < <(pts out.mkv v |
        awk 'n++ { print $1 - last } { last = $1 }')
    assert_line --index 0 40
    assert_line --index 1 40
    run sh -c 'sort -n | sed -n "1p;\$p"' < <(pts out.mkv a |
        awk 'n++ { print $1 - last } { last = $1 }')
    assert_line --index 0 20
    assert_line --index 1 20
}

@test "a writer that begins anew goes on, and times do not step back" {
    tail -c +33 "$CLIPS/clip.ivf" >frames
    cat "$CLIPS/clip.ivf" frames | timeout "$LIMIT" rtc-send "${LO[@]}" \
        --signal "$(receive_command -o out.ivf)"
    assert_equal "$(hashes out.ivf v | wc -l)" 120
    run sort -u <(steps out.ivf)
    assert_output 3000
}

# ---- too slow -----------------------------------------------------------------

@test "a file of a receiver that was killed can be played" {
    negotiate --video vp8 --audio opus
    start recv rtc-recv -s b.session -o out.mkv
    start send rtc-send -s a.session --remote answer --loop "$CLIPS/vp8.mkv"
    wait_until "$LIMIT" test "$(stat -c %s out.mkv 2>/dev/null || echo 0)" \
        -ge 0
    wait_until "$LIMIT" sh -c '[ "$(stat -c %s out.mkv)" -ge 60000 ]'
    signal_to recv KILL
    finish recv 137
    signal_to send INT
    finish send 130
    assert_playable out.mkv
    assert [ "$(hashes out.mkv v | wc -l)" -ge 10 ]
    assert [ "$(hashes out.mkv a | wc -l)" -ge 10 ]
}

# sum_of_drops FILE REASON
sum_of_drops() {
    jq -r "select(.event == \"drop\" and .reason == \"$2\") | .framesDropped" \
        "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

@test "what a slow reader does not take is left out up to a key frame" {
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=160x120:rate=30:duration=8 -c:v libvpx \
        -deadline realtime -cpu-used 8 -b:v 200k -g 15 clip.ivf
    mkfifo pipe go
    negotiate --video vp8
    start recv rtc-recv -s b.session -o pipe --events recv.jsonl
    start reader sh -c 'exec <pipe; read -r line <go; cat >out.ivf'
    start send sh -c 'python3 "$1" clip.ivf 200000 3 | # 48 MB
        rtc-send -s a.session --remote answer --unpaced' sh "$here/heavy.py"
    finish send
    echo >go
    finish reader
    finish recv
    local left_out received
    left_out=$(sum_of_drops recv.jsonl 'slow reader')
    received=$(jq 'select(.event == "end") |
        .tracks[0].inbound.framesReceived' recv.jsonl)
    assert [ "$left_out" -gt 0 ]
    assert_equal $((left_out + $(hashes out.ivf v | wc -l))) "$received"
    assert_playable out.ivf
    assert_equal "$(grep -c 'its reader does not keep up' recv.err)" 1
}

# send_slowly OPTION...: 48 Mbit/s of live video over a path of 16.
send_slowly() {
    negotiate --video vp8
    start recv rtc-recv -s b.session -o out.ivf
    start send sh -c 'heavy=$1 clip=$2; shift 2
        python3 "$heavy" "$clip" 200000 2 |
        rtc-send -s a.session --remote answer --events send.jsonl "$@"' \
        sh "$here/heavy.py" clip.ivf "$@"
    finish send
    finish recv
}

@test "late video of a live pipe is left out, unless it must arrive whole" {
    [ "$(id -u)" = 0 ] || skip 'a slow path needs root'
    unshare -n true || skip 'network namespaces cannot be made here'
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=160x120:rate=30:duration=2 -c:v libvpx \
        -deadline realtime -cpu-used 8 -b:v 200k -g 10 clip.ivf
    declare -f send_slowly negotiate start finish wait_for_file wait_until \
        >functions
    printf 'LIMIT=%s\nLO=(--interface lo)\nhere=%s\n' "$LIMIT" "$here" \
        >>functions
    cat >slowly <<'END'
set -eu
. ./functions
ip link set lo up
tc qdisc add dev lo root tbf rate 16mbit burst 32k limit 8M
send_slowly "$@"
END
    timeout "$LIMIT" unshare -n bash slowly 3>&-
    local left_out
    left_out=$(sum_of_drops send.jsonl late)
    assert [ "$left_out" -gt 0 ]
    assert_equal $((left_out + $(hashes out.ivf v | wc -l))) 60
    assert_playable out.ivf
    assert_equal "$(grep -c 'the path does not take all' send.err)" 1

    rm -f ./*.session send.jsonl
    timeout "$LIMIT" unshare -n bash slowly --no-drop 3>&-
    assert_equal "$(sum_of_drops send.jsonl late)" 0
    assert_equal "$(hashes out.ivf v | wc -l)" 60
}

# send_thin: 2 Mbit/s of live video, with audio, over a path of half a one. What
# it does not take must not pile up on the way.
send_thin() {
    negotiate --video vp8 --audio opus
    start recv rtc-recv -s b.session -o out.mkv
    start send sh -c 'ffmpeg -nostdin -v error -re -i in.mkv -c copy \
        -f matroska -cluster_time_limit 1 - |
        rtc-send -s a.session --remote answer --events send.jsonl'
    finish send
    finish recv
}

@test "a thin path: video is left out, audio is not" {
    [ "$(id -u)" = 0 ] || skip 'a slow path needs root'
    unshare -n true || skip 'network namespaces cannot be made here'
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=320x240:rate=30:duration=6 \
        -f lavfi -i sine=duration=6 -map 0 -map 1 \
        -vf noise=alls=40:allf=t -c:v libvpx -deadline realtime -cpu-used 8 \
        -b:v 2M -minrate 2M -maxrate 2M -g 30 -c:a libopus -b:a 32k in.mkv
    assert [ "$(stat -c %s in.mkv)" -ge 1200000 ]
    declare -f send_thin negotiate start finish wait_for_file wait_until \
        >functions
    printf 'LIMIT=%s\nLO=(--interface lo)\n' "$LIMIT" >>functions
    cat >thin <<'END2'
set -eu
. ./functions
ip link set lo up
tc qdisc add dev lo root tbf rate 500kbit burst 8k limit 8M
send_thin
END2
    timeout "$LIMIT" unshare -n bash thin 3>&-
    local left_out received
    left_out=$(sum_of_drops send.jsonl late)
    received=$(hashes out.mkv v | wc -l)
    echo "# left out $left_out, received $received of 180" >&3
    assert [ "$left_out" -ge 60 ]
    assert_equal $((left_out + received)) 180
    assert_playable out.mkv
    assert_equal "$(grep -c 'the path does not take all' send.err)" 1
    run diff <(hashes in.mkv a) <(hashes out.mkv a)
    assert_success
}
