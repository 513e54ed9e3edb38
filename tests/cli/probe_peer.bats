#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # jq's variables
#
# rtc-probe peer on loopback: both modes and directions, in every form, and its
# numbers against a truth: --impair does what it is told, and counts it.
#
# Runs that are compared with a truth go side by side; what they measure is far
# from what this machine can do.

load helper

SERVANT='exec rtc-probe peer --signal - --interface lo'

setup() {
    need_tools rtc-probe rtc-send rtc-recv jq
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# begin NAME WORD...: NAME.out will be the report.
begin() {
    start "$1" rtc-probe peer "${LO[@]}" --signal "$SERVANT" "${@:2}" </dev/null
}

# The same; `serve` will be the other end's process.
begin_known() {
    start "$1" rtc-probe peer "${LO[@]}" --signal \
        "echo \$\$ >serve.new && mv serve.new serve; $SERVANT" "${@:2}" </dev/null
}

# holds NAME FILTER [JQ OPTION]...: of the report; $d is its first direction,
# $s the session, $i the impairment. $late: an end says that this machine kept
# it waiting, so that what was to be done by then may be missing.
holds() {
    judge "${@:3}" ".directions[0] as \$d | .sessions[0] as \$s |
        .impairments[0]? as \$i |
        (.ends? // [] | any(.lateMax > 0.02)) as \$late | $2" "$1.out"
}

# ---- the command line -------------------------------------------------------

@test "help, and what makes no sense" {
    run --separate-stderr rtc-probe peer --help all
    assert_success
    assert_line --index 0 'Usage: rtc-probe peer [OPTION]...'
    for option in '-t, --time' '-R, --reverse' '-P, --parallel' '--bidir' \
        '-b, --bitrate' '-l, --length' '-i, --interval' '--signal'; do
        assert_line --partial "$option"
    done
    refused 2 'rtc-probe peer' usage 'say how to meet' rtc-probe peer
    refused 2 'rtc-probe peer' usage 'the report by -o' \
        rtc-probe peer --signal - --json
    refused 2 'rtc-probe peer' usage 'the report by -o' \
        rtc-probe peer --signal - --offer
    refused 2 'rtc-probe peer' usage 'go with --data' \
        rtc-probe peer --signal true --unordered
    refused 2 'rtc-probe peer' usage 'does not fit --mtu' \
        rtc-probe peer --signal true -l 1200
    refused 2 'rtc-probe peer' usage '--impair' \
        rtc-probe peer --signal true --impair tea
}

# ---- modes and directions ---------------------------------------------------

@test "media: what is sent arrives, one way, the other way, and both" {
    begin up --json -t 1s -i 250ms -b 1600k
    begin down --json -t 1s -R -b 1600k -l 500
    begin both --json -t 1s --bidir -P 4 -b 800k
    finish up
    holds up '(.directions | length) == 1 and $d.direction == "send" and
        $d.packetsSent + $d.heldBack == 200 and ($d.heldBack < 20 or $late) and
        $d.packetsReceived == $d.packetsSent and
        $d.bytesSent == 1000 * $d.packetsSent and
        $d.bytesReceived == $d.bytesSent and
        $d.lost == 0 and $d.loss == 0 and $d.missing == 0 and
        $d.duplicates == 0 and $d.jitter < 0.02 and
        $d.bitrateSent == 8000 * $d.packetsSent and
        (($d.bitrateReceived - $d.bitrateSent | fabs) < 80000 or $late)'
    holds up '(.intervals | length) == 4 and (.intervals | map(.direction ==
        "send" and .end - .begin == 0.25 and .lost == 0) | all) and
        ($d.bytesReceived - (.intervals | map(.bitrateReceived * 0.25 / 8) |
        add) | fabs <= 8000 or (. > 0 and $late))'
    holds up '$s.session == "media" and 0 < $s.gather and $s.gather < $s.ice and
        $s.ice < $s.dtls and $s.connect == $s.dtls and
        $s.localCandidate == "host" and ($s.remoteAddress | startswith("127.0.0.1:"))
        and $s.rttSamples >= 5 and $s.rttMin <= $s.rttAvg and
        $s.rttAvg <= $s.rttMax and $s.rttAvg < 0.1'
    holds up '(.ends | map(.end) == ["local", "remote"]) and
        (.ends | map(.cpu > 0 and .cpu < 1) | all)'
    finish down
    holds down '(.directions | length) == 1 and $d.direction == "receive" and
        $d.packetsSent + $d.heldBack == 400 and ($d.heldBack < 40 or $late) and
        $d.packetsReceived == $d.packetsSent and $d.loss == 0'
    finish both
    holds both '$s.time == 1 and $s.bitrate == 800000 and $s.streams == 4 and
        $s.length == 1000'
    holds both '(.directions | map(.direction) == ["send", "receive"]) and
        (.directions | map(.packetsReceived + .heldBack == 400 and .lost == 0
        and (.heldBack < 40 or $late)) | all) and
        (.intervals | map(.direction)) == ["send", "receive"]'
    holds both '(.streams | length) == 8 and .streams[4].stream == "receive 1"
        and (.streams | map((.packetsReceived > 80 or $late) and
        .bytesReceived == 1000 * .packetsReceived) | all) and (.streams[4:] |
        map(.packetsReceived) | add) == .directions[1].packetsReceived'
}

@test "data: messages in order; and as datagrams" {
    begin up --data --json -t 1s
    begin both --data --json -t 1s --bidir -P 4 -b 800k -l 1000
    begin gram --data --unordered --max-retransmits 0 --json -t 1s -R -b 800k
    begin slow --data --json -t 1s -b 64k
    for run in up both gram slow; do
        finish "$run"
        holds "$run" '$s.session == "data" and (.directions | map(
            .packetsReceived == .packetsSent and .bytesReceived == .bytesSent
            and .lost == 0 and .reordered == 0 and .duplicates == null) | all)'
    done
    holds up '$d.bitrateReceived > 5e6 and $s.rttSamples >= 5'
    holds both '(.directions | map(.packetsSent + .heldBack == 400 and
        (.heldBack < 40 or $late)) | all)'
    holds slow '$s.length == 160 and
        (($d.bitrateReceived - 64e3 | fabs) < 4e3 or $late)'
    holds gram '$d.direction == "receive" and $d.bytesSent ==
        1000 * $d.packetsSent'
}

@test "forms: lines for people, JSON Lines, metrics, and a file" {
    begin table -t 1s -i 500ms --bidir
    begin lines --jsonl -t 1s -i 500ms
    begin metrics --prometheus -t 300ms
    begin file --json -t 300ms -o report --trickle
    finish table
    run cat table.out
    assert_line --index 0 --regexp '^direction +interval +sent +received +lost'
    assert_line --regexp \
        '^send +0\.0-0\.5 +[0-3]\.[0-9]{3} +[0-3]\.[0-9]{3} +0 '
    assert_line --regexp '^receive +0\.5-1\.0 +[0-3]\.[0-9]{3} '
    assert_line 'session media'
    finish lines
    judge -s 'map(.event) | .[0] == "start" and .[1:3] == ["interval",
        "interval"] and .[-1] == "end" and index("result") != null' lines.out
    judge -s 'map(select(.event == "interval")) | .[0].direction == "send" and
        .[1].begin == 0.5 and .[1].t > .[0].t + 0.05' lines.out
    finish metrics
    run cat metrics.out
    assert_line --regexp \
        '^rtc_probe_peer_packets_received\{direction="send"\} [1-9]'
    assert_line 'rtc_probe_peer_exit 0'
    finish file
    assert_equal "$(cat file.out)" ''
    judge '.exit == 0 and .directions[0].lost == 0' report
    timeout "$LIMIT" rtc-probe peer "${LO[@]}" --signal "$SERVANT" -t 100ms \
        --json -o other <&- >&- # closed, and taken by nothing else
    judge '.exit == 0' other
}

@test "two ends over FIFOs, and the report of the one that serves" {
    mkfifo offer answer
    start serve sh -c 'exec rtc-probe peer --signal - "$@" <offer >answer' sh \
        "${LO[@]}" --json -o served
    start lead sh -c 'exec rtc-probe peer --signal - --offer "$@" >offer \
        <answer' sh "${LO[@]}" --json -o report -t 500ms --bidir
    finish lead
    finish serve
    judge '.directions | map(.direction) == ["send", "receive"]' report served
    judge -s '(.[0].directions | map({packetsSent, packetsReceived})) ==
        (.[1].directions | map({packetsSent, packetsReceived}) | reverse)' \
        report served
}

# ---- truth ------------------------------------------------------------------

# What finds no room in the queue is lost, and data waits for it: here there is
# room for all that may be under way. A busy machine leaves the link idle for
# times, so what it can carry is the most of any interval, and no more in all.
@test "truth: the rate of a link, within a tenth" {
    local data=(--data -l 2000)
    begin media --json -t 2s -i 400ms -b 2M --impair rate=2M
    begin more --json -t 3s -i 500ms -b 0 --impair rate=2M
    begin data --json -t 2s -i 400ms "${data[@]}" --impair rate=2M,queue=1M
    begin reverse --json -t 2s -i 400ms "${data[@]}" -R -P 3 \
        --impair rate=2M,queue=1M,delay=10ms
    for run in media data reverse; do
        finish "$run"
        holds "$run" '(.intervals | map(.bitrateReceived) | max) > 1.8e6 and
            $d.bitrateReceived > 1e6 and $d.bitrateReceived < 2e6'
    done
    # Congestion control finds it by itself, but takes some seconds for the last
    # part.
    finish more
    holds more '(.intervals | map(.bitrateReceived) | max) > 1.2e6 and
        $d.bitrateReceived < 2e6'
    holds more '(.intervals | map(.estimate) | max) | 1.2e6 < . and . < 2.4e6'
}

# Of n, binomially distributed losses are 99.9 % of the time within 3.3 standard
# deviations.
@test "truth: loss, before and after resending; twice; in another order" {
    begin media --json -t 2s -b 4M --impair loss=5%,seed=1
    begin reverse --json -t 2s -b 4M -R --impair loss=5%,seed=2
    begin gram --json -t 2s -b 800k --data --unordered --max-retransmits 0 \
        --impair loss=5%,seed=3
    begin twice --json -t 2s -b 4M --impair duplicate=10%,reorder=5%,seed=4
    # The word to begin overtakes some channels that open.
    for seed in 1 2 5; do
        begin "open$seed" --json -t 100ms -b 32k --data -P 16 \
            --impair "loss=15%,seed=$seed"
    done
    for run in media reverse gram; do
        finish "$run"
        holds "$run" '($d.packetsSent * 0.05) as $mean | $d.packetsSent > 150
            and ($d.lost - $mean | fabs) <= 3.3 * ($mean * 0.95 | sqrt) and
            $d.lost == $d.recovered + $d.missing and
            $d.lost + $d.packetsReceived - $d.recovered == $d.packetsSent and
            ($d.loss - $d.lost / $d.packetsSent | fabs) < 1e-6 and
            $d.lost <= $i.dropped + (.ends | map(.unread) | add)'
    done
    holds media '$d.missing <= 3 and $d.recovered > 20'
    holds gram '$d.recovered == 0'
    for run in open1 open2 open5; do
        finish "$run"
        holds "$run" '$d.packetsReceived == $d.packetsSent'
    done
    finish twice
    # One that comes so late that it was sent again counts as lost, and in the
    # end as a duplicate. The impairment also counts what is no media.
    holds twice '$d.missing == 0 and $d.reordered > 0 and
        ($d.reordered + $d.lost) / $d.packetsSent > 0.015 and
        $d.reordered + $d.lost <= $i.delayed + (.ends | map(.unread) | add) and
        $d.duplicates / $d.packetsSent > 0.05 and
        $d.duplicates <= $i.duplicated + $d.lost'
}

# The mean difference of two delays that are even within +-9 ms is 6 ms. A busy
# machine adds delays of its own, so that of some intervals the best tells; less
# than there is it does not make of the middle.
@test "truth: round trips and jitter" {
    begin trip --json -t 2s -i 200ms --impair delay=30ms
    begin data --json -t 2s -i 200ms --data --impair delay=30ms
    begin jitter --json -t 3s -i 500ms -b 400k \
        --impair delay=20ms,jitter=9ms,seed=1
    finish trip
    holds trip '0.06 <= $s.rttMin and $s.rttMin < 0.062 and
        (.intervals | map(.rtt) | sort | 0.06 <= .[0] and .[0] < 0.065) and
        (.intervals | map(.jitter) | sort | .[0] < 0.003)'
    finish data
    holds data '0.06 <= $s.rttMin and $s.rttMin < 0.065'
    finish jitter
    holds jitter '$d.lost == 0 and (.intervals | map(.jitter) | sort |
        .[0] < 0.0085 and .[3] > 0.0035)'
}

# ---- how it ends ------------------------------------------------------------

@test "thresholds: kept, and not kept" {
    begin kept --json -t 600ms --max-loss 0% --max-rtt 1s --max-jitter 1s \
        --max-connect 30s --min-bitrate 200k
    begin not --json -t 600ms -b 4M --bidir --max-loss 1% --max-rtt 1ms \
        --max-jitter 100us --max-connect 1ms --min-bitrate 1G \
        --impair loss=10%,delay=20ms,jitter=5ms,seed=1
    finish kept
    holds kept '.exit == 0 and (.thresholds | map(.passed) ==
        [true, true, true, true, true])'
    finish not 3
    holds not '.exit == 3 and (.thresholds | map(.name) == ["max-connect",
        "max-rtt", "max-loss", "max-jitter", "min-bitrate"]) and (.thresholds | map(.passed) | any |
        not)'
    run cat not.err
    assert_output --regexp 'error threshold: --max-connect: .*; --min-bitrate: '
}

@test "ends that do not meet" {
    begin lost --json --impair loss=100% --connect-timeout 1s
    begin late --json --impair loss=100% -m 1s
    refused 20 'rtc-probe peer' description 'ended with status 7' \
        rtc-probe peer "${LO[@]}" --signal 'exit 7' --json
    refused 20 'rtc-probe peer' description 'ended with status 6' \
        rtc-probe peer "${LO[@]}" --signal "$SERVANT -o /none/of/it 2>silent"
    finish lost 23
    finish late 124
    judge -s 'map(.error.name) == ["ice", "max-time"]' lost.out late.out
}

@test "another tool is no rtc-probe, from either side" {
    start recv rtc-probe peer "${LO[@]}" --connect-timeout 2s --signal \
        'exec rtc-recv --signal - --interface lo -o out.ivf 2>recv.err' \
        </dev/null
    start send rtc-send "${LO[@]}" --synthetic -q --signal \
        "$SERVANT --connect-timeout 2s 2>serve.err" </dev/null
    finish recv 41
    run cat recv.err
    finish send 41
    assert_one_error serve.err 'rtc-probe peer' channel 'is no .rtc-probe peer'
    start recv rtc-probe peer "${LO[@]}" --signal \
        'exec rtc-recv --data --signal - --interface lo -o out 2>recv.err' \
        </dev/null
    finish recv 41
}

# rtc-send says what it likes on a channel of that name.
@test "nonsense on the channel that agrees on what to measure" {
    local hello='{"v":1,"type":"hello","mode":"media","up":true,"down":true,
        "time_us":1000000,"interval_us":1000000,"bitrate":0,"streams":16,
        "length":64,"run":0}'
    hello=${hello//[[:space:]]/}
    nonsense version 'version 2 of the protocol, where 1 is spoken' \
        '{"v":2,"type":"hello"}'
    nonsense other "is no .rtc-probe peer.: a message that is no JSON object" \
        'GET / HTTP/1.1'
    nonsense tracks 'not all tracks were agreed' "$hello"
    nonsense channels 'not all channels are open' "${hello/media/data}" \
        '{"v":1,"type":"start"}'
    nonsense bounds '.[a-z]*. of a message is missing or out of bounds' \
        '{"v":1,"type":"stop"}' "${hello/16/17}"
    for name in version other tracks channels bounds; do
        finish "$name" 41
        assert_one_error "$name.serve" 'rtc-probe peer' channel \
            "$(cat "$name.why")"
        judge -s '.[-1].type == "refusal"' "$name.replies"
    done
}

nonsense() { # NAME WHY LINE...
    echo "$2" >"$1.why"
    printf '%s\n' "${@:3}" >"$1.in"
    start "$1" rtc-send "${LO[@]}" --data --message line --label rtc-probe \
        -o "$1.replies" --signal "$SERVANT 2>$1.serve" <"$1.in"
}

@test "interrupted: what there is, then the signal, and the other end ends" {
    begin_known lead --jsonl -t 50s -i 100ms
    wait_for_line lead.out '"interval"'
    signal_to lead INT
    finish lead 130
    judge -s '.[-1] | .event == "end" and .exit == 130' lead.out
    judge -s 'map(select(.event == "result" and .direction == "send")) |
        .[0].packetsReceived > 0 and .[0].lost == 0 and
        .[0].packetsSent == .[0].packetsReceived' lead.out
    wait_until "$LIMIT" gone "$(cat serve)"
    start early rtc-probe peer "${LO[@]}" --json --signal \
        'echo >asked; exec sleep 9' </dev/null
    wait_for_file asked
    signal_to early INT
    finish early 130
    judge '.exit == 130 and .error.name == "nothing-measured"' early.out
}

gone() {
    ! kill -0 "$1" 2>kill.err
}

@test "an end that dies is missed after 5 s, one that leaves at once" {
    begin_known lead --jsonl -t 50s -i 100ms
    wait_for_line lead.out '"interval"'
    kill -KILL "$(cat serve)"
    mkdir left && cd left
    begin_known lead --jsonl -t 50s -i 100ms -R
    wait_for_line lead.out '"interval"'
    local left=$SECONDS
    kill -TERM "$(cat serve)"
    finish lead 24
    assert [ $((SECONDS - left)) -le 3 ]
    assert_one_error lead.err 'rtc-probe peer' consent 'ended the session'
    # Who serves ends, too, when who leads is gone.
    mkdir gone && cd gone
    begin_known lead --jsonl -t 50s -i 100ms -R
    wait_for_line lead.out '"interval"'
    signal_to lead KILL
    wait_until "$LIMIT" gone "$(cat serve)"
    cd ../..
    finish lead 24
    run grep 'error consent' lead.err
    assert_output --partial 'nothing came from the other end for 5 s'
    judge -s 'map(select(.event == "result" and .direction == "send")) |
        .[0].packetsReceived > 0 and .[0].loss == 0' lead.out
    judge -s '(map(select(.event == "interval" and .bitrateReceived)) |
        last.t) as $heard | .[-1].t - $heard | 4.5 < . and . < 9' lead.out
}
