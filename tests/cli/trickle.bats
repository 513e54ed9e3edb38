# SPDX-License-Identifier: MIT
#
# --trickle: JSON Lines over streams that stay open, and who does not speak them.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg jq
    export CLIPS=$BATS_FILE_TMPDIR/clips
    make_clips "$CLIPS" 2
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# receive [OPTION...]: the command that receives into out.ivf, both directions
# kept in `to` and `from`.
receive() {
    echo "tee to | rtc-recv --interface lo --signal - $* -o out.ivf" \
        "2>recv.err | tee from"
}

# assert_conversation FILE TYPE: a description of that type, then candidates
# if any, then their end.
assert_conversation() {
    run jq -es --arg type "$2" '.[0].type == $type and
        (.[0].sdp | startswith("v=0\r\n")) and
        .[-1].candidate == "" and .[-1].sdpMid == "0" and
        all(.[1:-1][]; .candidate | startswith("candidate:"))' "$1"
    assert_success
}

@test "both ends trickle over a command" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced --trickle \
        --signal "$(receive --trickle)" "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    assert_conversation to offer
    assert_conversation from answer
}

@test "both ends trickle through FIFOs, and the receiver offers" {
    mkfifo offer answer
    start send sh -c 'exec rtc-send --signal - --trickle --answer \
        --interface lo --unpaced "$1" <offer >answer' sh "$CLIPS/clip.ivf"
    start recv sh -c 'exec rtc-recv --signal - --trickle --offer \
        --interface lo --video vp8 -o out.ivf >offer <answer'
    finish send
    finish recv
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "only the offerer trickles" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced --trickle \
        --signal "$(receive)" "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "only the answerer trickles, and is offered any form" {
    local form
    for form in '' --json --base64; do
        # shellcheck disable=SC2086 # none or one
        timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced $form \
            --signal "$(receive --trickle)" "$CLIPS/clip.ivf"
        assert_same_frames "$CLIPS/clip.ivf" out.ivf
        rm out.ivf
    done
}

@test "an offer that comes again is answered again" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced --trickle --signal \
        'IFS= read -r offer; IFS= read -r end
        { printf "%s\n" "$offer" "$end" "$offer"; cat; } |
        rtc-recv --interface lo --signal - --trickle -o out.ivf | tee from' \
        "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    run jq -s '[.[] | select(.type == "answer")] | length' from
    assert_output 2
}

@test "an ICE restart of both at once does not end the session" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --trickle --ice-restart-after 500ms \
        --signal "$(receive --trickle --ice-restart-after 500ms)" \
        "$CLIPS/clip.ivf"
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "SIGHUP does not end a session that trickles" {
    start send rtc-send "${LO[@]}" --trickle --events ev.jsonl \
        --signal "$(receive --trickle)" "$CLIPS/clip.ivf"
    wait_for_line ev.jsonl '"event":"dtls"'
    signal_to send HUP
    finish send
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
}

@test "SIGHUP ends one whose other end cannot be told" {
    start send rtc-send "${LO[@]}" --trickle --events ev.jsonl \
        --signal "$(receive_command -o out.ivf)" "$CLIPS/clip.ivf"
    wait_for_line ev.jsonl '"event":"dtls"'
    signal_to send HUP
    finish send 129
}

@test "a command that gives no description is explained" {
    run -20 timeout "$LIMIT" rtc-send "${LO[@]}" --trickle \
        --signal 'exit 7' "$CLIPS/clip.ivf"
    assert_output --partial 'gave no description and ended with status 7'
    run -20 timeout "$LIMIT" rtc-recv "${LO[@]}" --trickle --signal - \
        -o out.ivf </dev/null
    assert_output --partial 'no offer: end of file'
}

@test "what does not go with --trickle is refused" {
    run -2 rtc-send --trickle --session s "$CLIPS/clip.ivf"
    assert_output --partial '--trickle goes with --signal'
    run -2 rtc-send --trickle --base64 --signal x "$CLIPS/clip.ivf"
    assert_output --partial '--base64 does not go with it'
    run -2 rtc-send --ice-restart-after 1s --signal x "$CLIPS/clip.ivf"
    assert_output --partial '--ice-restart-after goes with --trickle, --whip'
}
