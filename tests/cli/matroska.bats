# SPDX-License-Identifier: MIT
#
# Matroska between ffmpeg and the media reader and writer, by way of a small
# program that copies (media_copy.c): ffmpeg's streams are read, live ones too,
# and ours are read by ffmpeg without a word, whole and cut anywhere.

load helper

copy=$top_builddir/tests/cli/media_copy

setup_file() {
    need_tools ffmpeg ffprobe
    assert [ -x "$copy" ] # `make check' builds it
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# make_stream FILE SECONDS OPTIONS...: through a pipe, as a live encoder does.
make_stream() {
    local file=$1 seconds=$2
    shift 2
    SVT_LOG=1 ffmpeg -nostdin -v error \
        -f lavfi -i testsrc2=size=160x120:rate=25 \
        -f lavfi -i sine=frequency=440 \
        -t "$seconds" -pix_fmt yuv420p -ac 1 "$@" - >"$file"
}

# digests FILE STREAM: size and digest of each frame of v or a.
digests() {
    ffmpeg -nostdin -v error -i "$1" -map "0:$2" -c copy -f framemd5 - |
        awk -F', *' '!/^#/ { print $5, $6 }'
}

frames_of() {
    grep -c "^$2 " "$1" || true
}

# same FORMAT OPTIONS...: an encoder's stream, copied, is the same to ffmpeg.
same() {
    local format=$1
    shift
    make_stream in.mkv 1 "$@"
    "$copy" "$format" <in.mkv >out.mkv 2>frames
    [ "$(frames_of frames 0)" = 25 ]
    run ffprobe -v error -show_entries stream=codec_name out.mkv
    assert_success
    refute_output --partial '['*'@'
    run ffmpeg -nostdin -v error -i out.mkv -f null -
    assert_success
    assert_output ''
    assert_equal "$(digests out.mkv v)" "$(digests in.mkv v)"
}

@test "H.264 and Opus, a cluster for each frame" {
    same matroska -c:v libx264 -preset veryfast -bf 0 -g 10 -c:a libopus \
        -f matroska -cluster_time_limit 1
    assert_equal "$(digests out.mkv a)" "$(digests in.mkv a)"
}

@test "H.264 with B-frames; AAC is left out" {
    same matroska -c:v libx264 -preset veryfast -bf 2 -g 10 -c:a aac -f matroska
    run cat frames
    assert_line 'left out: A_AAC'
}

@test "VP8 and Opus, live" {
    same webm -c:v libvpx -deadline realtime -g 10 -c:a libopus -f webm -live 1
    assert_equal "$(digests out.mkv a)" "$(digests in.mkv a)"
}

@test "VP9 and Opus" {
    same webm -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 10 \
        -c:a libopus -f webm
}

@test "H.265 and G.711" {
    same matroska -c:v libx265 -preset ultrafast -g 10 \
        -x265-params log-level=none:bframes=0 -c:a pcm_mulaw -ar 8000 -f matroska
    # The samples are the same, though in other pieces.
    assert_equal "$(ffmpeg -nostdin -v error -i out.mkv -map 0:a -f md5 -)" \
        "$(ffmpeg -nostdin -v error -i in.mkv -map 0:a -f md5 -)"
}

@test "AV1 and G.722" {
    same matroska -c:v libsvtav1 -preset 12 -g 10 -c:a adpcm_g722 -ar 16000 \
        -f matroska
}

@test "what a killed writer leaves plays to the cut" {
    local size len i
    make_stream in.mkv 1 -c:v libx264 -preset veryfast -bf 0 -g 10 \
        -c:a libopus -f matroska
    "$copy" <in.mkv >out.mkv 2>frames
    size=$(stat -c %s out.mkv)
    for i in $(seq 1 10); do
        len=$((1500 + (size - 1500) * i / 11))
        head -c "$len" out.mkv >cut.mkv
        "$copy" <cut.mkv >/dev/null 2>cut.frames || true
        ffmpeg -nostdin -v quiet -y -i cut.mkv -map 0:v -f framemd5 cut.md5
        assert_equal "$(grep -vc '^#' cut.md5)" "$(frames_of cut.frames 0)"
    done
}

@test "codecs that are not carried are named" {
    make_stream in.mkv 0.2 -c:v mpeg2video -c:a aac -f matroska
    run "$copy" <in.mkv
    assert_failure
    assert_output --partial 'there is V_MPEG2, A_AAC: encode them with ffmpeg'
}
