# SPDX-License-Identifier: MIT
#
# rtc-offer by itself: the description, and the session file.

load helper

setup() {
    need_tools rtc-offer
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

@test "rtc-offer --help fits and tells of every option" {
    assert_help rtc-offer --ice-server --ice-policy --ice-tcp \
        --nat-address --gather-timeout --turn-secret-file --cacert --insecure \
        --session --output --expire --video --audio \
        --direction --interface --ipv4 --ipv6 --port-range \
        --mtu --json --base64
    assert_stdout_checked rtc-offer
}

@test "rtc-offer --version names its libraries" {
    assert_version rtc-offer
}

@test "the offer is plain SDP with whole candidates, the session is secret" {
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" --video vp8,h264 --audio opus \
        >offer
    # SDP lines end with CR LF, all of them.
    run grep -vc $'\r$' offer
    assert_output 0
    run tr -d '\r' <offer
    assert_line --index 0 'v=0'
    assert_line --regexp '^m=audio .* '
    assert_line --regexp '^m=video .* '
    assert_line --partial 'VP8/90000'
    assert_line --partial 'H264/90000'
    assert_line --regexp '^a=candidate:.* 127\.0\.0\.1 [0-9]+ typ host'
    assert_line 'a=end-of-candidates'
    run stat -c %a s
    assert_output 600
    run jq -e '.["rtcpipe-session"] == 1 and .role == "offer" and
        .expires - .created == 600' s
    assert_success
}

@test "--video alone offers no audio; --direction and --expire are kept" {
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" --video h264 \
        --direction recvonly --expire 1h -o offer
    run tr -d '\r' <offer
    refute_line --regexp '^m=audio'
    refute_line --partial 'VP8/'
    assert_line 'a=recvonly'
    run jq '.expires - .created' s
    assert_output 3600
}

@test "--json and --base64 are one line each" {
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" --json >json
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" --base64 >base64
    assert_equal "$(wc -l <json)" 1
    assert_equal "$(wc -l <base64)" 1
    run jq -r .type json
    assert_output offer
    run jq -re '.sdp | startswith("v=0\r\n")' <(base64 -d base64)
    assert_success
}

@test "--port-range and -4 are obeyed" {
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" -4 --video vp8 \
        --port-range 21000-21099 >offer
    run grep -c '^a=candidate' offer
    assert_output 1
    run grep -E '^a=candidate.* 127\.0\.0\.1 210[0-9][0-9] typ' offer
    assert_success
}

@test "a session file replaces the one before, and never a link" {
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" >one
    timeout "$LIMIT" rtc-offer -s s "${LO[@]}" >two
    run cmp -s one two
    assert_failure
    ln -s elsewhere link
    refused 2 rtc-offer usage 'link is not a regular file' \
        rtc-offer -s link "${LO[@]}"
    assert_not_exist elsewhere
}
