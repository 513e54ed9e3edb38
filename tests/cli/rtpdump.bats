# SPDX-License-Identifier: MIT
#
# RTP packets in rtpdump: recorded by rtc-recv, sent again by
# rtc-send, and the frames in them are the same.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg jq python3
    export CLIPS=$BATS_FILE_TMPDIR/clips
    make_clips "$CLIPS" 1
    timeout "$LIMIT" ffmpeg -nostdin -v error -y -f lavfi \
        -i 'sine=frequency=440:duration=0.5' -ar 8000 -ac 1 -c:a pcm_mulaw \
        "$CLIPS/clip.wav"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# record FILE OPTION...: sends a clip to clip.rtpdump.
record() {
    local clip=$1
    shift
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced "$@" \
        --signal "$(receive_command -o clip.rtpdump)" "$clip"
}

# replay OUT OPTION...: sends clip.rtpdump to OUT.
replay() {
    local out=$1
    shift
    timeout "$LIMIT" rtc-send "${LO[@]}" \
        --signal "$(receive_command -o "$out")" "$@" clip.rtpdump
}

# packets FILE: SSRC, payload type, number, time and marker of each, as they
# stand in the file.
packets() {
    python3 - "$1" <<'EOF'
import struct, sys
data = open(sys.argv[1], 'rb').read()
at = data.index(b'\n') + 17
while at < len(data):
    size, _, when = struct.unpack_from('>HHI', data, at)
    _, kind, number, time, ssrc = struct.unpack_from('>BBHII', data, at + 8)
    print(ssrc, kind & 0x7f, number, time, kind >> 7, when)
    at += size
EOF
}

@test "recorded and sent again: the frames are the same" {
    local row clip codec
    for row in 'clip.ivf vp8' 'clip.h264 h264' 'clip.ogg opus'; do
        read -r clip codec <<<"$row"
        record "$CLIPS/$clip"
        replay "out.$clip" --codec "$codec"
        assert_same_frames "$CLIPS/$clip" "out.$clip"
        assert_playable "out.$clip"
    done
}

@test "a static payload type needs no --codec" {
    record "$CLIPS/clip.wav"
    replay out.wav
    for name in "$CLIPS/clip.wav" out.wav; do
        timeout "$LIMIT" ffmpeg -nostdin -v error -i "$name" -c copy -f data \
            -map 0 - >"${name##*/}.raw"
    done
    assert [ -s out.wav.raw ]
    run cmp clip.wav.raw out.wav.raw
    assert_success
}

@test "a recording of a recording: numbers, times and markers keep distance" {
    record "$CLIPS/clip.ivf"
    mv clip.rtpdump first.rtpdump
    cp first.rtpdump clip.rtpdump
    replay second.rtpdump --codec vp8
    for name in first second; do
        packets $name.rtpdump | awk '
            NR == 1 { number = $3; time = $4 }
            { print ($3 - number + 65536) % 65536,
                    ($4 - time + 4294967296) % 4294967296, $5 }' >$name
    done
    assert [ "$(wc -l <first)" -ge 30 ]
    run diff first second
    assert_success
    # A stream of its own all the same.
    assert [ "$(packets first.rtpdump | head -n 1 | cut -d ' ' -f 1,3,4)" != \
        "$(packets second.rtpdump | head -n 1 | cut -d ' ' -f 1,3,4)" ]
}

@test "the pace is that of the recording, and --loop goes on behind it" {
    timeout "$LIMIT" rtc-send "${LO[@]}" \
        --signal "$(receive_command -o clip.rtpdump)" "$CLIPS/clip.wav"
    timeout "$LIMIT" rtc-send "${LO[@]}" --loop \
        --signal "$(receive_command -o loop.rtpdump --time 1500ms)" \
        clip.rtpdump
    # Of a clip of half a second: twice and more, each packet at its time (the
    # first one may have been late).
    count=$(packets clip.rtpdump | wc -l)
    run awk -v count="$count" '
        NR > 1 && (($3 - number + 65536) % 65536 != 1 ||
            ($4 - time + 4294967296) % 4294967296 != 160) { bad = 1 }
        { number = $3; time = $4; behind = $6 - NR * 20 }
        behind < -600 { bad = 1 }
        END { exit bad || NR <= 2 * count }' <(packets loop.rtpdump)
    assert_success
}

@test "--loop of a short file, unpaced, ends with the session" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --loop --unpaced \
        --signal "$(receive_command -o out.wav --time 100ms)" "$CLIPS/clip.wav"
}

@test "audio and video in one file; the first SSRC is sent, others are told" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -f rtpdump -o clip.rtpdump)" \
        "$CLIPS/clip.ivf" "$CLIPS/clip.ogg"
    run bash -c "$(declare -f packets); packets clip.rtpdump |
        cut -d ' ' -f 1 | sort -u | wc -l"
    assert_output 2
    first=$(packets clip.rtpdump | awk 'NR == 1 { ssrc = $1 }
        $1 == ssrc { n++ } END { print n }')
    # Whatever is first: its packets come through as they are.
    replay out.rtpdump --codec opus 2>sent
    assert_equal "$(packets out.rtpdump | wc -l)" "$first"
    run grep -c 'only the packets of SSRC' sent
    assert_output 1
}

@test "over session files, made without knowing of packets" {
    negotiate --video vp8
    start recv rtc-recv -s b.session -o clip.rtpdump
    timeout "$LIMIT" rtc-send -s a.session --remote answer --unpaced \
        "$CLIPS/clip.ivf"
    finish recv
    negotiate --video vp8
    start recv rtc-recv -s b.session -o out.ivf
    timeout "$LIMIT" rtc-send -s a.session --remote answer --codec vp8 \
        clip.rtpdump
    finish recv
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "one kind recorded, the other written" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command --video-out clip.rtpdump \
            --audio-out out.ogg)" "$CLIPS/clip.ivf" "$CLIPS/clip.ogg"
    assert_same_frames "$CLIPS/clip.ogg" out.ogg
    replay out.ivf --codec vp8
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "through a pipe, from recording to sending" {
    timeout "$LIMIT" rtc-recv "${LO[@]}" -f rtpdump --signal \
        "rtc-send --signal - --answer --interface lo $CLIPS/clip.ivf" |
        timeout "$LIMIT" rtc-send "${LO[@]}" --codec vp8 \
            --signal "$(receive_command -o out.ivf)"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

# ---- what is refused ---------------------------------------------------------

# A header, and one packet of payload type 96 with so many bytes of payload.
dump() {
    printf '#!rtpplay1.0 127.0.0.1/5004\n%016d' 0
    printf '\\x%02x\\x%02x' $((($1 + 20) / 256)) $((($1 + 20) % 256)) \
        $((($1 + 12) / 256)) $((($1 + 12) % 256)) | xargs -0 printf '%b'
    printf '\0\0\0\0\200\140\0\1\0\0\0\0\0\0\0\1'
    head -c "$1" /dev/zero
}

@test "what cannot be sent: 5, and why" {
    dump 20 >type.rtpdump
    refused 5 rtc-send input 'payload type 96 .*--codec vp8' \
        rtc-send "${LO[@]}" --signal 'cat >/dev/null' type.rtpdump
    head -c -5 type.rtpdump >cut.rtpdump
    refused 5 rtc-send input 'packet 1 at byte 44: cut short' \
        rtc-send "${LO[@]}" --codec vp8 --signal 'cat >/dev/null' cut.rtpdump
    head -c 44 type.rtpdump >empty.rtpdump
    refused 5 rtc-send input 'no RTP packet' \
        rtc-send "${LO[@]}" --codec vp8 --signal 'cat >/dev/null' empty.rtpdump
    dump 2000 >long.rtpdump
    refused 5 rtc-send input 'too long' \
        rtc-send "${LO[@]}" --codec vp8 --signal 'cat >/dev/null' long.rtpdump
    dump 1300 >long.rtpdump
    refused 5 rtc-send input '1300 bytes of payload is too long' \
        rtc-send "${LO[@]}" --codec vp8 \
        --signal "$(receive_command -o out.ivf)" long.rtpdump
    refused 5 rtc-send input 'layer of --simulcast' \
        rtc-send "${LO[@]}" --codec vp8 --signal 'cat >/dev/null' \
        --simulcast hi=type.rtpdump,lo=type.rtpdump
    refused 5 rtc-send input 'not rtpdump' rtc-send "${LO[@]}" -f rtpdump \
        --codec vp8 --signal 'cat >/dev/null' "$CLIPS/clip.ivf"
}

@test "wrong options: 2" {
    refused 2 rtc-send usage "--codec: .vp7' is no codec" \
        rtc-send --codec vp7 --signal true clip.rtpdump
    refused 2 rtc-recv usage 'leave out %r' \
        rtc-recv --signal true -o 'out-%r.rtpdump'
}
