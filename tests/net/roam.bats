# SPDX-License-Identifier: MIT
#
# A session that goes on while the addresses of an end change.

load helper

setup_file() {
    net_check rtc-send rtc-recv ffmpeg jq
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR" || return
    cp "$media/media_vp8.ivf" clip.ivf
    net_begin
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# Frames that have come so far; the file is written as they come.
size() {
    stat -c %s out.ivf 2>/dev/null || echo 0
}

# Whether the file has grown since it had this size.
has_grown() {
    [ "$(size)" -gt "$1" ]
}

@test "the sender moves to another uplink, and media goes on" {
    local before
    net_host a cone
    net_host b open
    A=(-4 --loop)
    meet_by_fifos clip.ivf
    wait_for_line send.jsonl '"event":"dtls"'
    wait_until "$LIMIT" has_grown 0
    net_lose a eth1
    wait_for_line send.jsonl '"event":"network","change":"removed"'
    net_host a cone 4 3
    wait_for_line send.jsonl '"change":"added","address":"10.0.3.2"'
    wait_for_line send.jsonl '"event":"pair".*"local":.*"10.0.3.2"'
    before=$(size)
    wait_until "$LIMIT" has_grown "$before"
    signal_to send INT
    finish send 130
    finish recv
    run grep -c 'network: 10.0.3.2 is new' send.err
    assert_output 1
}
