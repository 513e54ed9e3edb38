#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Data channels between rtc-send or rtc-recv and a page of a browser: text and
# binary messages, streams of bytes, who makes the channel and who closes it.
# Each test compares what an end got with what the other one had to say.

# shellcheck source=matrix.bash
load matrix

# Files, and their messages as lists for a page.
setup_file() {
    export servers=$BATS_FILE_TMPDIR/servers
    mkdir "$servers"
    export TMPDIR=$BATS_FILE_TMPDIR
    cd "$BATS_FILE_TMPDIR" || return
    printf 'one\n\nz\303\244h \360\237\247\200\n\377\376\nend\n' >lines
    echo '["one", "", "zäh 🧀", {"base64": "//4="}, "end"]' >lines.json
    seq 1000 >numbers
    jq -Rn '[inputs]' numbers >numbers.json
    head -c 204800 /dev/urandom >large
    base64 -w 0 large | jq -R '[{base64: .}]' >large.json
    head -c 1000001 /dev/urandom >bytes
    base64 -w 65536 bytes | jq -Rn '[inputs | {base64: .}]' >bytes.json
}

teardown_file() {
    stop_peers
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    ln -s "$BATS_FILE_TMPDIR"/{lines,numbers,large,bytes}* .
}

# exchange WHO-OFFERS "PAGE OPTIONS" TOOL [OPTION]...: the peer is the first
# word of the test's name. Neither end may complain, but for $expected_status.
exchange() {
    local peer=${BATS_TEST_DESCRIPTION%% *} who=$1 page=$2 tool=$3 status=0
    shift 3
    skip_where "$(missing_peer "$peer")"
    start_peer "$peer"
    "$who" "$(driver_of "$peer") --data $page --report report.json" \
        "$top_builddir/$tool" --interface lo -4 --events events.jsonl \
        --data "$@" || status=$?
    [ "$status" = "${expected_status:-0}" ] ||
        fail_with "ended with $status" ./*.log
    [ -e report.json ] || fail_with "the page says nothing" ./*.log
    [ "$(reported '.errors | length')" = 0 ] ||
        fail_with "the page: $(reported .failure)" ./*.log
}

# The messages of a short list, in order, text as text and binary as binary.
page_heard() { # LIST
    jq -e --slurpfile said "$1" '.heard == $said[0]' report.json ||
        fail_with "heard: $(reported '.heard | tojson')"
}

# As many binary messages, which together are the file.
page_got() { # MESSAGES FILE
    [ "$(reported '[.heard[] | objects | select(.base64 != "")] | length')" = \
        "$1" ]
    [ "$(reported .bytes)" = "$(stat -Lc %s "$2")" ]
    [ "$(reported .sha256)" = "$(sha256sum <"$2" | cut -d ' ' -f 1)" ]
}

# ---- messages ---------------------------------------------------------------

both_ways() { # WHO-OFFERS WHO-CLOSES
    exchange "$1" "--say lines.json --hears 5 --close $2" \
        rtc-send --message line -o out lines
    page_heard lines.json
    cmp lines out
    [ "$(reported .label)" = rtcpipe ]
}

@test "chromium and rtc-send talk, we offer, the page closes the channel" {
    both_ways we_offer channel
}

@test "chromium and rtc-send talk, they offer, the page closes the session" {
    both_ways they_offer pc
}

@test "firefox and rtc-send talk, we offer, the page closes the channel" {
    both_ways we_offer channel
}

@test "firefox and rtc-send talk, they offer, the page closes the session" {
    both_ways they_offer pc
}

to_listener() { # WHO-OFFERS WHO-CLOSES
    exchange "$1" "--makes --say lines.json --close $2" \
        rtc-recv --message line -o out
    page_heard <(echo '[]')
    cmp lines out
    [ "$(jq -r 'select(.event == "end").channels[] |
        [.label, .protocol, .messagesReceived, .messagesSent] | @csv' \
        events.jsonl)" = '"page","talk",5,0' ]
}

@test "chromium makes a channel of rtc-recv's offer, closes it" {
    to_listener we_offer channel
}

@test "chromium offers a channel to rtc-recv, closes the session" {
    to_listener they_offer pc
}

@test "firefox makes a channel of rtc-recv's offer, closes it" {
    to_listener we_offer channel
}

@test "firefox offers a channel to rtc-recv, closes the session" {
    to_listener they_offer pc
}

# Of a channel that is closed by the time the page looks, Chromium forgets what
# came: so the page has the first word.
@test "chromium hears rtc-send, which closes the channel" {
    mkfifo words
    echo '["hello"]' >hello.json
    timeout "$LIMIT_S" sh -c 'until grep -qs \"messagesReceived\":1 events.jsonl
        do sleep 0.05; done; cat lines' >words 3>&- &
    exchange we_offer "--say hello.json --hears 5" rtc-send --message line \
        words --interval 100ms \
        --unordered --max-retransmits 3 --label mine --protocol ours
    page_heard lines.json
    [ "$(reported '[.label, .protocol, .ordered, .maxRetransmits] | @csv')" = \
        '"mine","ours",false,3' ]
    [ "$(reported .readyState)" = closed ]
}

# What rtc-recv has to say is said, then it closes.
@test "chromium hears rtc-recv, which closes the channel" {
    exchange they_offer "--makes --hears 5" rtc-recv --message line -o out lines
    page_heard lines.json
    [ "$(reported .readyState)" = closed ]
}

@test "chromium and rtc-send both make the channel" {
    exchange they_offer "--negotiated 5 --say lines.json --hears 5 \
        --close channel" rtc-send --negotiated 5 --message line -o out lines
    page_heard lines.json
    cmp lines out
    [ "$(reported .id)" = 5 ]
}

# ---- sizes ------------------------------------------------------------------

large_message() {
    exchange we_offer "--say large.json --hears 1 --close channel" \
        rtc-send --message 200k -o out large
    page_got 1 large
    cmp large out
}

@test "chromium and rtc-send exchange a message of 200 KiB" { large_message; }
@test "firefox and rtc-send exchange a message of 200 KiB" { large_message; }

many_messages() {
    exchange they_offer "--say numbers.json --hears 1000 --close channel" \
        rtc-send --message line -o out numbers
    page_heard numbers.json
    cmp numbers out
}

@test "chromium and rtc-send exchange 1000 messages" { many_messages; }
@test "firefox and rtc-send exchange 1000 messages" { many_messages; }

# ---- bytes ------------------------------------------------------------------

send_bytes() {
    exchange we_offer --bytes rtc-send bytes
    page_got 16 bytes
}

@test "chromium takes a stream of bytes from rtc-send" { send_bytes; }
@test "firefox takes a stream of bytes from rtc-send" { send_bytes; }

record_bytes() {
    exchange they_offer "--makes --bytes --say bytes.json" rtc-recv -o out
    cmp bytes out
}

@test "chromium gives a stream of bytes to rtc-recv" { record_bytes; }
@test "firefox gives a stream of bytes to rtc-recv" { record_bytes; }

@test "chromium closes before its stream of bytes has an end" {
    expected_status=41
    exchange they_offer "--makes --say bytes.json --close channel" \
        rtc-recv -o out
    cmp bytes out
    grep 'error channel: the remote closed the channel before' tool.log
}

@test "chromium closes before rtc-send's stream of bytes has an end" {
    mkfifo endless
    exec {hold}<>endless
    expected_status=41
    exchange we_offer "--close pc" rtc-send endless
    exec {hold}>&-
    grep 'error channel' tool.log
}
