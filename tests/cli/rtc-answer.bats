# SPDX-License-Identifier: MIT
#
# rtc-answer by itself: the answer, and its session file.

load helper

setup() {
    need_tools rtc-answer
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

@test "rtc-answer --help fits and tells of every option" {
    assert_help rtc-answer --ice-server --ice-policy --ice-tcp \
        --nat-address --gather-timeout --turn-secret-file --cacert --insecure \
        --session --output --expire --video --audio \
        --direction --interface --ipv4 --ipv6 --port-range \
        --mtu
    assert_stdout_checked rtc-answer
}

@test "rtc-answer --version names its libraries" {
    assert_version rtc-answer
}

@test "the answer takes what both know, and passes by the rest" {
    timeout "$LIMIT" rtc-offer -s a "${LO[@]}" --video vp8,h264 --audio opus \
        >offer
    timeout "$LIMIT" rtc-answer -s b "${LO[@]}" --video h264 offer >answer
    run tr -d '\r' <answer
    assert_line --regexp '^m=audio 0 '
    assert_line --regexp '^m=video [1-9]'
    assert_line --partial 'H264/90000'
    refute_line --partial 'VP8/90000'
    run jq -r .role b
    assert_output answer
}

@test "the offer may come by a FIFO, a name, or fd:N" {
    timeout "$LIMIT" rtc-offer -s a "${LO[@]}" --video vp8 >offer
    timeout "$LIMIT" rtc-answer -s b "${LO[@]}" fd:9 9<offer >answer
    assert [ -s answer ]
    mkfifo fifo
    start answer rtc-answer -s b "${LO[@]}" fifo
    wait_for_file answer.pid
    timeout 10 cp offer fifo
    finish answer
    run head -c 3 answer.out
    assert_output 'v=0'
}

@test "an offer with LF line ends, blanks around it, or a byte order mark" {
    timeout "$LIMIT" rtc-offer -s a "${LO[@]}" --video vp8 >offer
    tr -d '\r' <offer >lf
    { echo; cat offer; echo; } >blanks
    { printf '\357\273\277'; cat offer; } >mark
    for offer in lf blanks mark; do
        run --separate-stderr timeout "$LIMIT" rtc-answer -s b "${LO[@]}" \
            "$offer"
        assert_success
    done
}

@test "an offer that a browser made" {
    run --separate-stderr timeout "$LIMIT" rtc-answer -s b "${LO[@]}" \
        "$top_srcdir/tests/vectors/sdp/chromium-offer-sendrecv-av-data.sdp"
    assert_success
    assert_output --partial 'm=video'
}

@test "an offer of who would be the DTLS client: the session waits for it" {
    timeout "$LIMIT" rtc-offer -s a "${LO[@]}" --video vp8 |
        sed 's/^a=setup:actpass/a=setup:active/' >offer
    timeout "$LIMIT" rtc-answer -s b "${LO[@]}" offer >answer
    run tr -d '\r' <answer
    assert_line 'a=setup:passive'
    assert [ -s b ]
}
