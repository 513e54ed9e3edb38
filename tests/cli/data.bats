# SPDX-License-Identifier: MIT
#
# --data: streams of bytes and messages between two ends, and their ends.

load helper

setup_file() {
    need_tools rtc-offer rtc-answer rtc-send rtc-recv jq
    export BYTES=$BATS_FILE_TMPDIR/bytes
    head -c 20M /dev/urandom >"$BYTES"
    head -c 5000001 "$BYTES" >"$BYTES.some"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# receiver OPTION...: a command for --signal.
receiver() {
    echo "exec rtc-recv --interface lo --data --signal - $*"
}

send() { # OPTION OF RTC-SEND...
    timeout "$LIMIT" rtc-send "${LO[@]}" --data "$@"
}

# ---- bytes -----------------------------------------------------------------

@test "bytes from stdin arrive, and both ends end by themselves" {
    send --signal "$(receiver -o out --events recv.jsonl)" \
        --events send.jsonl <"$BYTES"
    cmp "$BYTES" out
    for end in send recv; do
        run jq -c 'select(.event == "channel") |
            [.label, .state, .ordered, .maxRetransmits]' "$end.jsonl"
        assert_line -n 0 '["rtcpipe","open",true,null]'
        run jq 'select(.event == "end") | .exit' "$end.jsonl"
        assert_output 0
    done
    # Two marks beside the bytes.
    run jq 'select(.event == "end") | .channels[0].bytesReceived' recv.jsonl
    assert_output "$(stat -c %s "$BYTES")"
}

@test "both ways at once" {
    send "$BYTES" -o back --signal "$(receiver -o out "$BYTES.some")"
    cmp "$BYTES" out
    cmp "$BYTES.some" back
}

@test "each way has its own end: a filter at the other side" {
    mkfifo there back
    start filter sh -c 'exec tr a-z A-Z <there >back'
    echo 'some words' >words
    send words -o answer --signal "$(receiver -o there back)"
    assert_equal "$(cat answer)" 'SOME WORDS'
    finish filter
}

@test "nothing is a stream, too" {
    send --signal "$(receiver -o out)" </dev/null
    assert [ -e out ]
    assert [ ! -s out ]
}

@test "over session files" {
    rtc-offer "${LO[@]}" -s a.session --data >offer
    run grep -c '^m=' offer
    assert_output 1
    rtc-answer "${LO[@]}" -s b.session <offer >answer
    start recv rtc-recv -s b.session --data -o out
    timeout "$LIMIT" rtc-send -s a.session --remote answer --data "$BYTES.some"
    finish recv
    cmp "$BYTES.some" out
}

@test "the receiver may make the offer" {
    timeout "$LIMIT" rtc-recv "${LO[@]}" --data --signal \
        "exec rtc-send --interface lo --data --signal - --answer $BYTES.some" \
        >out
    cmp "$BYTES.some" out
}

@test "a channel that both make" {
    send --negotiated 7 --label x --signal "$(receiver -o out --negotiated 7 \
        --label x)" --events ev.jsonl "$BYTES.some"
    cmp "$BYTES.some" out
    run jq -c 'select(.event == "channel" and .state == "open") |
        [.dataChannelIdentifier, .negotiated]' ev.jsonl
    assert_output '[7,true]'
}

@test "with media in the same session" {
    cp "$media/media_vp8.ivf" clip.ivf
    send --video clip.ivf --signal "exec rtc-recv --interface lo --signal - \
        --video-out out.ivf --data -o out" "$BYTES.some"
    cmp "$BYTES.some" out
    assert_equal "$(ffprobe -v error -count_packets -show_entries \
        stream=nb_read_packets -of csv=p=0 out.ivf)" \
        "$(ffprobe -v error -count_packets -show_entries \
            stream=nb_read_packets -of csv=p=0 clip.ivf)"
}

@test "a slow reader is waited for, in little memory" {
    mkfifo out
    start slow sh -c 'exec 3<out; sleep 1; exec cmp - "$1" <&3' sh "$BYTES"
    send --signal "$(receiver -o out --events recv.jsonl)" "$BYTES" &
    sender=$!
    wait_for_line recv.jsonl '"channel"'
    # The pipe, what waits for it, and the window: not the whole of it.
    run jq -s 'map(select(.event == "interval") |
        .channels[0].bytesReceived) | max // 0 | . < 8e6' recv.jsonl
    assert_output true
    wait "$sender"
    finish slow
}

# ---- ends before their time ------------------------------------------------

@test "the reader is satisfied early: SIGPIPE there, 41 here" {
    bash -c 'set -o pipefail; rtc-recv --interface lo --data --signal \
        "rtc-send --interface lo --data --signal - --answer $1 2>send.err
         echo \$? >send.status" | head -c 1000 >out' bash "$BYTES" || true
    assert_equal "$(stat -c %s out)" 1000
    cmp -n 1000 "$BYTES" out
    wait_for_file send.status
    assert_equal "$(cat send.status)" 41
    run cat send.err
    assert_output --partial 'rtc-send: error channel: '
    run bash -c 'set -o pipefail; send() { :; }; timeout 20 rtc-recv \
        --interface lo --data --signal "rtc-send --interface lo --data \
        --signal - --answer $1 2>/dev/null" | head -c 10 >out
        echo ${PIPESTATUS[0]}' bash "$BYTES"
    assert_output 141
}

@test "the sender is interrupted: 41 there, what came is in order" {
    mkfifo in
    start send rtc-send "${LO[@]}" --data in --signal "$(receiver -o out \
        2>recv.err; echo '; echo $? >recv.status')"
    exec 4>in
    head -c 3000000 "$BYTES" >&4
    wait_until "$LIMIT" test "$(stat -c %s out 2>/dev/null || echo 0)" -ge 0
    wait_until "$LIMIT" is_long out 3000000
    signal_to send INT
    finish send 130
    exec 4>&-
    cmp -n 3000000 "$BYTES" out
}

is_long() { # FILE LEN
    [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

@test "a receiver that is killed: 41, and what it wrote is in order" {
    mkfifo in
    start recv rtc-recv "${LO[@]}" --data --offer -o out \
        --signal "exec rtc-send --interface lo --data --signal - --answer \
            --events $PWD/send.jsonl in"
    exec 4>in
    head -c 3000000 "$BYTES" >&4
    wait_until "$LIMIT" is_long out 3000000
    signal_to recv KILL
    finish recv 137
    cmp -n 3000000 "$BYTES" out
    # Who stopped answering is given up after 30 s (RFC 7675).
    wait_until 45 grep -qs '"end"' send.jsonl
    exec 4>&-
    run jq -r 'select(.event == "end") | "\(.exit) \(.error)"' send.jsonl
    assert_output --partial '41 '
    assert_output --partial 'before all was delivered'
}

@test "an output that cannot be written: 6 there, 41 here" {
    run -41 send --signal "$(receiver -o /dev/full '2>recv.err')" "$BYTES"
    run cat recv.err
    assert_output --partial 'error output: /dev/full: cannot write: No space'
}

@test "an input that does not exist, and a remote that takes no data" {
    run -5 send --signal 'cat >offer' missing
    assert_output --partial 'error input: missing: No such file'
    run -41 send --signal "exec rtc-recv --interface lo --signal - -o out.ivf \
        --media-timeout 1s" "$BYTES.some"
}

@test "USR1 prints what the channel did" {
    mkfifo in
    start send rtc-send "${LO[@]}" --data in --signal "$(receiver -o out)"
    exec 4>in
    echo words >&4
    wait_until "$LIMIT" is_long out 6
    signal_to send USR1
    wait_for_line send.err 'channel 0 rtcpipe: open, sent 1 messages'
    exec 4>&-
    finish send
}

@test "--time ends a stream in good order" {
    mkfifo in
    start send rtc-send "${LO[@]}" --data --time 500ms in \
        --signal "$(receiver -o out)"
    exec 4>in
    echo words >&4
    finish send 0
    exec 4>&-
    assert_equal "$(cat out)" words
}

# ---- messages --------------------------------------------------------------

@test "--message line: lines, empty ones, and one without its end" {
    printf 'one\n\ntwo words\nlast' | send --message line \
        --signal "$(receiver -o out --message line)"
    run cat out
    assert_output $'one\n\ntwo words\nlast'
    assert_equal "$(wc -l <out)" 4
}

@test "--message nul and a length" {
    printf 'a\nb\0c\0' | send --message nul \
        --signal "$(receiver -o out --message nul)"
    assert_equal "$(tr '\0' '|' <out)" $'a\nb|c|'
    send --message 1200 --signal "$(receiver -o out --message 1200 \
        --events recv.jsonl)" "$BYTES.some"
    cmp "$BYTES.some" out
    run jq 'select(.event == "end") | .channels[0].messagesReceived' recv.jsonl
    assert_output "$(((5000001 + 1199) / 1200))"
}

@test "--message: what the remote does not take" {
    head -c 300000 "$BYTES" | base64 -w 0 >long
    run -5 send --message line --signal "$(receiver -o out --message line)" long
    assert_output --partial 'longer than the 262144 that the remote takes'
}

@test "--unordered and --max-retransmits are told to the other side" {
    printf 'a\nb\n' | send --message line --unordered --max-retransmits 3 \
        --protocol chat --label talk \
        --signal "$(receiver -o out --message line --events recv.jsonl)"
    run jq -c 'select(.event == "channel" and .state == "open") |
        [.label, .protocol, .ordered, .maxRetransmits]' recv.jsonl
    assert_output '["talk","chat",false,3]'
    assert_equal "$(sort out)" $'a\nb'
}

@test "options that do not go together" {
    run -2 rtc-send --label x --signal 'cat'
    assert_output --partial 'go with --data'
    run -2 rtc-send --data --unordered --signal 'cat'
    assert_output --partial 'go with --message'
    run -2 rtc-send --data --message words --signal 'cat'
    assert_output --partial 'not line, nul or a length'
    run -2 rtc-send --data --message line --max-retransmits 1 \
        --max-lifetime 1s --signal 'cat'
    assert_output --partial 'not both'
    run -2 rtc-send --data --whip http://localhost/
    assert_output --partial '--data'
}

@test "--message: a remote that closes before it got all" {
    seq 100000 >many
    echo one >few
    run -41 send many --message line -o back \
        --signal "$(receiver -o out few --message line)"
    assert_output --partial 'error channel: the '
    cmp few back
    run send few --message line -o back --signal "$(receiver -o out few \
        --message line)"
    assert_success
    cmp few out
}
