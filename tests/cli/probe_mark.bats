# SPDX-License-Identifier: MIT
#
# Decoders see no marks: pictures and sound of marked clips are those of the
# clips (mark_copy.c marks them), filled up or not.

load helper

copy=$top_builddir/tests/cli/mark_copy
plain_copy=$top_builddir/tests/cli/media_copy
clips=$top_srcdir/cmd/synthetic

setup_file() {
    need_tools ffmpeg
    assert [ -x "$copy" ] # `make check' builds it
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# decoded DECODER FILE: a digest of each picture, or of all the sound.
decoded() {
    local digests=(-f framemd5)
    [ "$(basename "$2" .ogg)" = "$(basename "$2")" ] || digests=(-f md5)
    timeout "$LIMIT" ffmpeg -nostdin -v error -xerror -threads 1 -c "$1" \
        -i "$2" -fps_mode passthrough "${digests[@]}" - | grep -v '^#'
}

# same FORMAT FILE DECODER...: against a copy by the same reader and writer.
same() {
    local file=plain.${2##*.} least decoder name=marked.${2##*.}
    "$plain_copy" "$1" <"$2" >"$file" 2>/dev/null
    shift 2
    for least in 0 5000; do
        "$copy" "$least" <"$file" >"$name"
        assert [ "$(wc -c <"$name")" -gt "$(wc -c <"$file")" ]
        for decoder in "$@"; do
            decoded "$decoder" "$file" >plain.md5
            decoded "$decoder" "$name" >marked.md5 2>marked.err
            assert_file_not_empty plain.md5
            # dav1d says so of every one
            sed -i '/Unknown Metadata OBU type 31/d' marked.err
            assert_file_empty marked.err
            run diff plain.md5 marked.md5
            assert_success
        done
    done
}

@test "VP8: libvpx and ffmpeg's own decoder see no marks" {
    same ivf "$clips/vp8.ivf" vp8 libvpx
}

@test "H.264: slices and parameter sets are where they belong" {
    same annexb "$clips/h264.h264" h264
    same annexb "$media/media_slices.h264" h264
}

@test "H.265" {
    same annexb "$media/media_slices.h265" hevc
}

@test "AV1" {
    same ivf "$media/media_av1.ivf" libaom-av1
}

@test "Opus: libopus and ffmpeg's own decoder hear no marks" {
    same ogg "$clips/opus.ogg" opus libopus
    same ogg "$media/media_opus_60ms.ogg" opus libopus
}
