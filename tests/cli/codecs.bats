# SPDX-License-Identifier: MIT
#
# One row a codec: what ffmpeg encoded goes from rtc-send to rtc-recv, and comes
# out as the same bytes in a file that ffmpeg reads without a word.

load helper

# clip, codec for --audio, ffmpeg's options
ROWS=(
    'pcmu.wav pcmu -ar 8000 -ac 1 -c:a pcm_mulaw'
    'pcma.wav pcma -ar 8000 -ac 1 -c:a pcm_alaw'
    'g722.wav g722 -ar 16000 -ac 1 -c:a g722'
)

setup() {
    need_tools rtc-send rtc-recv ffmpeg ffprobe jq
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

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
    for row in "${ROWS[@]}"; do
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
    printf '#!rtpplay1.0 127.0.0.1/5004\n%016d' 0 >packets.rtpdump
    refused 5 rtc-send input 'this is rtpdump' \
        rtc-send "${LO[@]}" --signal true packets.rtpdump
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
