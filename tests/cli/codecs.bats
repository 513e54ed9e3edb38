# SPDX-License-Identifier: MIT
#
# Each codec as its encoder makes it, from file to file: frame by frame the
# same, and playable. A new one is a row of the table and a test.

load helper

# Name, track, ending, then what ffmpeg makes the clip with: three seconds of
# 320x240 pictures, of sound beside them.
table='
vp9     video vp9  ivf  -map 0 -c:v libvpx-vp9 -deadline realtime -cpu-used 8
vp9-alt video vp9  ivf  -map 0 -c:v libvpx-vp9 -deadline good -cpu-used 5 -lag-in-frames 16 -pass 2
av1     video av1  ivf  -map 0 -c:v libaom-av1 -usage realtime -cpu-used 8
av1-svt video av1  ivf  -map 0 -c:v libsvtav1 -preset 10
av1-obu video av1  obu  -map 0 -c:v libaom-av1 -usage realtime -cpu-used 8
'

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# encode WORD...: clip.ENDING.
encode() {
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i testsrc2=size=320x240:rate=30:duration=3 \
        -f lavfi -i sine=frequency=440:duration=3 \
        "$@" -b:v 400k -g 30 "clip.$ending"
}

# make_clip NAME: by its row; sets `kind`, `codec`, `ending`.
make_clip() {
    local name words
    read -r name kind codec ending words <<<"$(grep "^$1 " <<<"$table")"
    read -ra words <<<"$words"
    if [[ ${words[*]} = *'-pass 2' ]]; then
        encode "${words[@]:0:${#words[@]}-1}" 1
    fi
    encode "${words[@]}" || skip "ffmpeg cannot make $name"
}

# carries NAME FRAMES OPTION...: one way.
carries() {
    local name=$1 count=$2
    shift 2
    make_clip "$name"
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced "$@" \
        --signal "$(receive_command "--$kind" "$codec" -o "out.$ending")" \
        "clip.$ending"
    assert_same_frames "clip.$ending" "out.$ending"
    assert_equal "$(wc -l <"out.$ending.frames")" "$count"
    assert_playable "out.$ending"
}

@test "VP9" {
    carries vp9 90
    # The size stands in the head of the file, as the encoder wrote it.
    cmp -i 12 -n 4 clip.ivf out.ivf
}

@test "VP9 with pictures that are not shown" {
    carries vp9-alt 90
}

@test "AV1" {
    carries av1 90
    cmp -i 12 -n 4 clip.ivf out.ivf
}

@test "AV1 of another encoder, with pictures that are not shown" {
    carries av1-svt 90
}

@test "AV1 as a stream of OBUs, byte for byte" {
    carries av1-obu 90 --fps 30
    cmp clip.obu out.obu
}

@test "AV1 from IVF in a pipe, written as OBUs by --format" {
    make_clip av1
    cat clip.ivf | timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command --format obu -o out.bin)"
    mv out.bin out.obu
    assert_same_frames clip.ivf out.obu
    assert_playable out.obu
}

@test "AV1 with lengths is told from OBUs, and refused" {
    printf '\014\013\001\020\004\010\001\002\003\003\060\001\002' >clip.av1
    refused 5 rtc-send input 'clip.av1: .*annex B' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' clip.av1
}
