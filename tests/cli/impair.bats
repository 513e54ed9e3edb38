# SPDX-License-Identifier: MIT
#
# --impair: sessions over a network that the tool makes bad, and what they say
# of it.

load helper

setup_file() {
    need_tools rtc-offer rtc-answer rtc-send rtc-recv jq
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# total FILE FIELD: a field of the transport at the end.
total() {
    jq "select(.event == \"end\") | .transport.$2" "$1"
}

# A lost farewell would be waited for: --time bounds that.
@test "what the sender's network loses is sent again" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --impair loss=5%,seed=1 \
        --events send.jsonl \
        --signal "$(receive_command --time 8s -o out.ivf)" "$media/demo.ivf"
    assert_same_frames "$media/demo.ivf" out.ivf
    assert [ "$(total send.jsonl impairedPacketsDropped)" -ge 2 ]
    assert_equal "$(total send.jsonl impairedPacketsDelayed)" 0
}

@test "what the receiver's network loses, holds up and doubles, too" {
    terms=loss=5%,burst=2,delay=20ms,jitter=10ms,reorder=5%,duplicate=5%,seed=3
    timeout "$LIMIT" rtc-send "${LO[@]}" --signal "$(receive_command --time 8s \
        --impair "$terms" --events recv.jsonl -o out.ivf)" "$media/demo.ivf"
    assert_same_frames "$media/demo.ivf" out.ivf
    for field in Dropped Delayed Duplicated; do
        assert [ "$(total recv.jsonl "impairedPackets$field")" -ge 2 ]
    done
}

@test "a delay counts each way, over session files, too" {
    negotiate --video vp8
    start recv rtc-recv -s b.session -o out.ivf --events recv.jsonl
    timeout "$LIMIT" rtc-send -s a.session --remote answer --events send.jsonl \
        --impair delay=50ms "$media/media_vp8.ivf"
    # The end is told, though it leaves late.
    finish recv
    # By the reports of the media; that of ICE is a guess while checks repeat.
    for end in send recv; do
        run jq 'select(.event == "end") |
            (.phases.dtls - .phases.ice >= 0.1) and
            ([.tracks[0][] | .roundTripTime? // empty] |
                length > 0 and min >= 0.1 and max < 2)' "$end.jsonl"
        assert_output true
    done
    assert_equal "$(total recv.jsonl impairedPacketsDelayed)" null
}

@test "bytes are held to the rate" {
    head -c 256k /dev/urandom >bytes
    timeout "$LIMIT" rtc-send "${LO[@]}" --data --impair rate=1M \
        --events send.jsonl bytes --signal \
        'exec rtc-recv --interface lo --data --signal - -o out'
    cmp bytes out
    # 2.1 s without headers.
    run jq 'select(.event == "end") | .duration | . > 2.1 and . < 10' send.jsonl
    assert_output true
}

@test "bytes arrive whole over loss and delay" {
    head -c 1M /dev/urandom >bytes
    timeout "$LIMIT" rtc-send "${LO[@]}" --data \
        --impair loss=1%,delay=20ms,seed=1 --events send.jsonl bytes --signal \
        'exec rtc-recv --interface lo --data --signal - -o out \
            --events recv.jsonl'
    assert_equal "$(sha256sum <out)" "$(sha256sum <bytes)"
    assert [ "$(total send.jsonl impairedPacketsDropped)" -ge 2 ]
    for end in send recv; do
        run jq 'select(.event == "end") | .exit' "$end.jsonl"
        assert_output 0
    done
}

@test "terms that make no sense are named" {
    refused 2 rtc-send usage '--impair: loss=3: not a part such as 2.5%' \
        rtc-send --impair delay=50ms,loss=3 --signal cat "$media/demo.ivf"
    refused 2 rtc-recv usage '--impair: los=3%: not one of loss, ' \
        rtc-recv --impair los=3% --signal cat
}
