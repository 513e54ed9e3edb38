# SPDX-License-Identifier: MIT
#
# rtc-recv by itself: what it says of itself and of its outputs.

load helper

setup() {
    need_tools rtc-recv
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

@test "rtc-recv --help fits and tells of every option" {
    assert_help rtc-recv --ice-server --ice-policy --ice-tcp \
        --nat-address --gather-timeout --turn-secret-file --cacert --insecure \
        --session --signal --remote --offer --answer \
        --json --base64 --output --video-out --audio-out --format \
        --video --audio --force --media-timeout --interface --ipv4 --ipv6 --port-range \
        --mtu --impair --time --max-time --connect-timeout --events \
        --trickle --ice-restart-after
    assert_stdout_checked rtc-recv
}

@test "rtc-recv --version names its libraries" {
    assert_version rtc-recv
}

# send_to OPTION...: the other end of rtc-recv with these options.
send_to() {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "exec rtc-recv --signal - --interface lo $*" \
        "$media/media_vp8.ivf"
}

@test "fd:N and /dev/fd/N are outputs" {
    send_to -o fd:9 9>nine.ivf
    assert_same_frames "$media/media_vp8.ivf" nine.ivf
    send_to -o /dev/fd/8 8>eight.ivf
    assert_same_frames "$media/media_vp8.ivf" eight.ivf
}

@test "a FIFO is an output" {
    mkfifo fifo
    start reader cat fifo
    send_to -o fifo
    finish reader
    mv reader.out out.ivf
    assert_same_frames "$media/media_vp8.ivf" out.ivf
}

@test "a link to it is followed, a file before it is replaced" {
    head -c 999999 /dev/zero >out.ivf
    ln -s out.ivf link.ivf
    send_to -o link.ivf
    assert_same_frames "$media/media_vp8.ivf" out.ivf
}
