# SPDX-License-Identifier: MIT
#
# Every codec once, from an encoder's file through rtc-send and rtc-recv to a
# file that is the same and that decodes without a word.

load helper

setup() {
    need_tools rtc-send rtc-recv ffmpeg ffprobe jq
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# carry FILE CODEC ENCODER...: encodes two seconds into FILE and carries it to
# out.FILE; `sent` is what rtc-send had to say.
carry() {
    local file=$1 codec=$2
    shift 2
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i testsrc2=size=320x240:rate=25:duration=2 "$@" "$file"
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command --video "$codec" -o "out.$file")" \
        "$file" 2>sent
    assert_same_frames "$file" "out.$file"
    assert_playable "out.$file"
}

@test "H.264 of x264: byte for byte" {
    carry a.h264 h264 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -bf 0 \
        -profile:v baseline
    cmp a.h264 out.a.h264
}

@test "H.265 of x265: byte for byte" {
    carry a.h265 h265 -pix_fmt yuv420p -c:v libx265 -preset ultrafast -bf 0 \
        -x265-params log-level=error
    cmp a.h265 out.a.h265
    run cat sent
    assert_output ''
}

@test "H.265 with delimiters, several slices, hashes and open GOPs" {
    carry a.hevc h265 -pix_fmt yuv420p -c:v libx265 -preset ultrafast -g 10 \
        -x265-params \
        bframes=0:aud=1:slices=2:hash=1:open-gop=1:log-level=error
    cmp a.hevc out.a.hevc
}

@test "H.265 of ten bits arrives, and rtc-send warns of its profile" {
    carry a.265 h265 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast \
        -bf 0 -x265-params log-level=error
    cmp a.265 out.a.265
    run cat sent
    assert_line --regexp 'H.265 profile Main 10 \(level .*but Main was agreed'
}

@test "H.265 with B-frames: 5 and the way out; --allow-b-frames sends it" {
    refused 5 rtc-send input "-bf 0' or x265's .bframes=0" rtc-send "${LO[@]}" \
        --signal "$(receive_command --video h265 -o out.h265)" \
        "$media/media_bframes.h265"
    timeout "$LIMIT" rtc-send "${LO[@]}" --allow-b-frames \
        --signal "$(receive_command --video h265 -o out.h265)" \
        "$media/media_bframes.h265"
    cmp "$media/media_bframes.h265" out.h265
}

@test "H.265 live through a pipe" {
    timeout "$LIMIT" ffmpeg -nostdin -v error -re \
        -f lavfi -i testsrc2=size=320x240:rate=25:duration=1 \
        -pix_fmt yuv420p -c:v libx265 -preset ultrafast -tune zerolatency \
        -x265-params log-level=error:hash=1 -f hevc - | tee a.h265 |
        timeout "$LIMIT" rtc-send "${LO[@]}" \
            --signal "$(receive_command -o out.h265)" 2>sent
    cmp a.h265 out.h265
    assert_playable out.h265
    run grep torn sent
    assert_failure
}

# ---- VP9 and AV1 -----------------------------------------------------------

vp9=(-c:v libvpx-vp9 -b:v 400k -g 25)
av1=(-c:v libaom-av1 -usage realtime -cpu-used 8 -b:v 400k -g 25)

@test "VP9" {
    carry a.ivf vp9 "${vp9[@]}" -deadline realtime -cpu-used 8
    # The size stands in the head of the file, as the encoder wrote it.
    cmp -i 12 -n 4 a.ivf out.a.ivf
}

@test "VP9 with pictures that are not shown" {
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=320x240:rate=25:duration=2 "${vp9[@]}" \
        -deadline good -cpu-used 5 -lag-in-frames 16 -pass 1 -f null -
    carry a.ivf vp9 "${vp9[@]}" -deadline good -cpu-used 5 -lag-in-frames 16 \
        -pass 2
}

@test "AV1" {
    carry a.ivf av1 "${av1[@]}"
    cmp -i 12 -n 4 a.ivf out.a.ivf
}

@test "AV1 of another encoder, with pictures that are not shown" {
    carry a.ivf av1 -c:v libsvtav1 -preset 10 -b:v 400k -g 25
}

@test "AV1 as a stream of OBUs: byte for byte" {
    carry a.obu av1 "${av1[@]}"
    cmp a.obu out.a.obu
}

@test "AV1 from IVF in a pipe, written as OBUs by --format" {
    timeout "$LIMIT" ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=320x240:rate=25:duration=2 "${av1[@]}" \
        -f ivf - | tee a.ivf | timeout "$LIMIT" rtc-send "${LO[@]}" \
        --unpaced --signal "$(receive_command --format obu -o out.bin)"
    mv out.bin out.obu
    assert_same_frames a.ivf out.obu
    assert_playable out.obu
}

@test "AV1 with lengths is told from OBUs, and refused" {
    printf '\014\013\001\020\004\010\001\002\003\003\060\001\002' >clip.av1
    refused 5 rtc-send input 'clip.av1: .*annex B' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' clip.av1
}

# ---- audio -------------------------------------------------------------------

# clip, codec for --audio, ffmpeg's options
SOUNDS=(
    'pcmu.wav pcmu -ar 8000 -ac 1 -c:a pcm_mulaw'
    'pcma.wav pcma -ar 8000 -ac 1 -c:a pcm_alaw'
    'g722.wav g722 -ar 16000 -ac 1 -c:a g722'
)

# make_sound FILE OPTION...: half a second and an odd bit.
make_sound() {
    local file=$1
    shift
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i 'sine=frequency=440:duration=0.51' "$@" "$file"
}

# sound FILE: its bytes without any header.
sound() {
    timeout "$LIMIT" ffmpeg -nostdin -v error -i "$1" -c copy -f data -map 0 -
}

@test "audio codecs: the same bytes arrive, in a file that plays" {
    local row clip codec options
    for row in "${SOUNDS[@]}"; do
        read -r clip codec options <<<"$row"
        # shellcheck disable=SC2086
        make_sound "$clip" $options
        timeout "$LIMIT" rtc-send "${LO[@]}" --signal \
            "$(receive_command --audio "$codec" -o "out-$clip")" "$clip"
        sound "$clip" >sent
        sound "out-$clip" >received
        assert [ -s received ]
        run cmp sent received
        assert_success
        assert_playable "out-$clip"
        run timeout "$LIMIT" ffprobe -v error -of csv=p=0 \
            -show_entries stream=codec_name,sample_rate,channels "$clip"
        assert_output "$(timeout "$LIMIT" ffprobe -v error -of csv=p=0 \
            -show_entries stream=codec_name,sample_rate,channels "out-$clip")"
    done
}

@test "a live pipe of ffmpeg, whose sizes are not known, into a pipe" {
    make_sound whole.wav -ar 8000 -ac 1 -c:a pcm_alaw
    timeout "$LIMIT" ffmpeg -nostdin -v error -i whole.wav -c copy -f wav - |
        timeout "$LIMIT" rtc-send "${LO[@]}" --signal \
            "$(receive_command --audio pcma -f wav -o fd:5 '5>out.wav')"
    run cmp <(sound whole.wav) <(sound out.wav)
    assert_success
}

@test "what is not for WebRTC says how it would be" {
    make_sound pcm.wav -ar 8000 -ac 1
    refused 5 rtc-send input 'PCM.*-c:a pcm_mulaw' \
        rtc-send "${LO[@]}" --signal true pcm.wav
    make_sound stereo.wav -ar 8000 -ac 2 -c:a pcm_mulaw
    refused 5 rtc-send input '2 channels.*-ac 1' \
        rtc-send "${LO[@]}" --signal true stereo.wav
    make_sound rate.wav -ar 16000 -ac 1 -c:a pcm_mulaw
    refused 5 rtc-send input '16000 Hz.*-ar 8000' \
        rtc-send "${LO[@]}" --signal true rate.wav
}

bytes_sent() {
    jq 'select(.event == "end") | .tracks[0].outbound.bytesSent' "$1"
}

@test "--red sends Opus twice, and it arrives once" {
    timeout "$LIMIT" ffmpeg -nostdin -v error -f lavfi \
        -i 'sine=frequency=440:duration=0.5' -c:a libopus \
        -page_duration 20000 clip.ogg
    timeout "$LIMIT" rtc-send "${LO[@]}" --red --events ev.jsonl --signal \
        "$(receive_command --audio opus -o out.ogg)" clip.ogg
    assert_same_frames clip.ogg out.ogg
    timeout "$LIMIT" rtc-send "${LO[@]}" --events plain.jsonl --signal \
        "$(receive_command --audio opus -o out.ogg)" clip.ogg
    twice=$(bytes_sent ev.jsonl)
    once=$(bytes_sent plain.jsonl)
    assert [ $((once * 17)) -lt $((twice * 10)) ]
    assert [ $((once * 23)) -gt $((twice * 10)) ]
}
