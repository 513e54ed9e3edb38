# SPDX-License-Identifier: MIT
#
# rtc-send by itself: what it says of itself and of its inputs.

load helper

setup() {
    need_tools rtc-send
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

@test "rtc-send --help fits and tells of every option" {
    assert_help rtc-send --ice-server --ice-policy --ice-tcp \
        --nat-address --gather-timeout --turn-secret-file --cacert --insecure \
        --session --signal --remote --offer --answer \
        --json --base64 --video --audio --format --fps --loop \
        --unpaced --allow-b-frames --interface --ipv4 --ipv6 --port-range \
        --mtu --impair --bitrate --time --max-time --connect-timeout --events \
        --trickle --ice-restart-after
    assert_stdout_checked rtc-send
}

@test "rtc-send --version names its libraries" {
    assert_version rtc-send
}

@test "the format is told by the first bytes, not by the name" {
    cp "$media/media_vp8.ivf" clip.mp4
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -o out.ivf)" clip.mp4
    assert_same_frames clip.mp4 out.ivf
}

@test "--fps stamps Annex-B" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --fps 50 --events ev.jsonl \
        --signal "$(receive_command -o out.h264)" "$media/media_slices.h264"
    assert_same_frames "$media/media_slices.h264" out.h264
}

@test "options may be shortened, joined by =, and ended by --" {
    cp "$media/media_vp8.ivf" ./-clip.ivf
    timeout "$LIMIT" rtc-send "${LO[@]}" --unp --mtu=1000 \
        --signal="$(receive_command -o out.ivf)" -- -clip.ivf
    assert_same_frames ./-clip.ivf out.ivf
}

# Prints the highest bitrate that rtc-send with these options told of. The clip
# has a few hundred kilobits a second.
told() {
    timeout "$LIMIT" rtc-send "${LO[@]}" --synthetic --time 4s "$@" \
        --impair rate=20M --events ev.jsonl \
        --signal "$(receive_command -o out.ivf)"
    jq -s 'map(select(.event == "bitrate").availableOutgoingBitrate) | max' \
        ev.jsonl
}

finds_room() {
    rate=$(told --bitrate 8M)
    [ "$rate" -gt 6000000 ] && [ "$rate" -le 17600000 ]
}

@test "--bitrate looks for room that the media does not use" {
    [ "$(told)" -lt 2000000 ]
    tries finds_room
}
