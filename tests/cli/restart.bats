# SPDX-License-Identifier: MIT
#
# ICE restarts over --trickle while media flows: by each side, by both at once,
# by option and by signal, and one that is not answered. No frame is lost.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg jq
    export CLIPS=$BATS_FILE_TMPDIR/clips
    make_clips "$CLIPS" 4
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# receive [OPTION...]: the command that receives into out.ivf and offers, when
# told to; both directions are kept in `to` and `from`.
receive() {
    echo "tee to | sh -c 'echo \$\$ >recv.pid; exec rtc-recv --interface lo" \
        "--signal - --trickle --events recv.jsonl $* -o out.ivf 2>recv.err' |" \
        "tee from"
}

# begin [OPTION...]: the sender, with `command` of the receiver.
begin() {
    start send rtc-send "${LO[@]}" --trickle --events send.jsonl \
        --signal "$command" "$@" "$CLIPS/clip.ivf"
}

# ufrags FILE: of the descriptions in it, in order.
ufrags() {
    jq -r 'select(.sdp) | .sdp | capture("\na=ice-ufrag:(?<u>[^\r]*)").u' "$1"
}

# assert_restarted COUNT: both ends had so many credentials, each once, and
# every frame came.
assert_restarted() {
    local file
    finish send
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    for file in to from; do
        assert_equal "$(ufrags $file | wc -l)" "$1"
        assert_equal "$(ufrags $file | sort -u | wc -l)" "$1"
    done
    # A pair of the new ones works: packets took it.
    assert_pair_after_restart
}

# One end had a pair after a restart began, and ICE is done.
assert_pair_after_restart() {
    run jq -es 'map(select(.event == "restart" or .event == "pair").event) |
        index("restart") as $at | $at and (.[$at:] | index("pair"))' \
        "${1:-$by}.jsonl"
    assert_success
}

# reasons FILE: of the restarts an end began.
reasons() {
    jq -r 'select(.event == "restart").reason' "$1.jsonl" | xargs
}

@test "the offerer restarts, by --ice-restart-after" {
    by=send
    command=$(receive)
    begin --ice-restart-after 500ms
    assert_restarted 2
    assert_equal "$(reasons send)" option
    assert_equal "$(reasons recv)" ''
    run jq -r 'select(.type).type' to from
    assert_output "$(printf '%s\n' offer offer answer answer)"
}

@test "the answerer restarts, by --ice-restart-after" {
    by=recv
    command=$(receive --ice-restart-after 500ms)
    begin
    assert_restarted 2
    assert_equal "$(reasons send)" ''
    assert_equal "$(reasons recv)" option
    run jq -r 'select(.type).type' to from
    assert_output "$(printf '%s\n' offer answer answer offer)"
}

@test "the offerer restarts, by SIGHUP" {
    by=send
    command=$(receive)
    begin
    wait_for_line recv.jsonl '"event":"first_packet"'
    signal_to send HUP
    assert_restarted 2
    assert_equal "$(reasons send)" signal
}

@test "the answerer restarts, by SIGHUP, and again" {
    by=recv
    command=$(receive)
    begin
    wait_for_line recv.jsonl '"event":"first_packet"'
    kill -HUP "$(cat recv.pid)"
    wait_until "$LIMIT" restarts_are_over 1
    kill -HUP "$(cat recv.pid)"
    assert_restarted 3
    assert_equal "$(reasons recv)" 'signal signal'
}

# restarts_are_over N: the receiver began so many, and has a pair again.
restarts_are_over() {
    jq -es --argjson n "$1" 'map(select(.event == "restart" or
        (.event == "ice" and .iceState == "connected")).event) |
        (map(select(. == "restart")) | length == $n) and last == "ice"' \
        recv.jsonl >/dev/null
}

@test "both restart at once: no frame is lost, and one of them stands" {
    command=$(receive --ice-restart-after 500ms)
    begin --ice-restart-after 500ms
    finish send
    assert_same_frames "$CLIPS/clip.ivf" out.ivf
    assert_equal "$(reasons send)" option
    run ufrags to
    assert [ "${#lines[@]}" -ge 2 ]
    # What the last pair of descriptions has is what both ends use.
    assert_pair_after_restart send
}

@test "a restart that is not answered: the stream goes on" {
    # Nothing after the first offer and its candidates reaches the receiver.
    command="sed -u '/\"candidate\":\"\"/q' | $(receive)"
    by=send
    make_long
    start send rtc-send "${LO[@]}" --trickle --events send.jsonl \
        --ice-restart-after 500ms --signal "$command" long.ivf
    finish send
    assert_same_frames long.ivf out.ivf
    assert_equal "$(reasons send)" option
    assert_equal "$(ufrags from | wc -l)" 1
    run cat send.err
    assert_output --partial 'the ICE restart was not answered'
}

# Longer than a restart waits for its answer.
make_long() {
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i testsrc2=size=160x90:rate=10:duration=13 \
        -c:v libvpx -deadline realtime -cpu-used 8 -b:v 100k -g 20 long.ivf
}

@test "a remote that is gone is given up with status 24" {
    command=$(receive)
    begin --loop
    wait_for_line recv.jsonl '"event":"first_packet"'
    kill -KILL "$(cat recv.pid)"
    finish send 24
    assert_one_error send.err rtc-send consent 'stopped answering'
}

@test "a remote that is silent for a while is found again" {
    command=$(receive)
    begin --loop
    wait_for_line recv.jsonl '"event":"first_packet"'
    kill -STOP "$(cat recv.pid)"
    wait_for_line send.jsonl '"reason":"lost"'
    kill -CONT "$(cat recv.pid)"
    wait_until "$LIMIT" assert_pair_after_restart send
    signal_to send INT
    finish send 130
    assert_equal "$(reasons recv)" ''
}

@test "a remote that stays silent is given up with status 24" {
    command=$(receive)
    begin --loop
    wait_for_line recv.jsonl '"event":"first_packet"'
    kill -STOP "$(cat recv.pid)"
    finish send 24
    assert_one_error send.err rtc-send consent 'stopped answering'
    assert_regex "$(reasons send)" '^lost( lost)*$'
    # Thirty seconds without an answer, and then the command is waited for.
    run jq -es 'map(select(.event == "error" or .iceState == "disconnected")) |
        .[-1].t - .[0].t < 24' send.jsonl
    assert_success
}
