#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rtc-probe on loopback: its subjects, and what its exit status says. What holds
# for each form of the report is in probe_forms.bats.

load helper

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

probe() {
    run --separate-stderr timeout "$LIMIT" rtc-probe "$@"
}

# ---- the tool --------------------------------------------------------------

@test "help: subjects, and the options of each" {
    assert_help rtc-probe --json --jsonl --prometheus
    assert_version rtc-probe
    assert_stdout_checked rtc-probe
    run rtc-probe --help
    assert_line --regexp '^  stun  '
    assert_line --regexp '^  nat  '
    assert_line --regexp '^  sdp  '
    assert_line --regexp '^  host  '
    run rtc-probe stun --help
    assert_line --index 0 'Usage: rtc-probe stun [OPTION]... SERVER...'
}

@test "usage: without a subject, with a wrong one, without operands" {
    probe
    assert_equal "$status" 2
    assert_equal "${stderr_lines[0]}" \
        'rtc-probe: error usage: SUBJECT is missing'
    probe nothing
    assert_equal "$status" 2
    assert_equal "${stderr_lines[0]}" \
        "rtc-probe: error usage: \`nothing' is not a subject"
    probe --json stun 127.0.0.1
    assert_equal "$status" 2
    assert_equal "${stderr_lines[0]}" \
        "rtc-probe: error usage: \`stun' is to stand before the options"
    probe stun
    assert_equal "$status" 2
    assert_equal "${stderr_lines[1]}" "rtc-probe stun: try \`rtc-probe stun --help'"
    probe stun turn:u:p@127.0.0.1
    assert_equal "$status" 2
    refute [ -n "$output" ]
}

# ---- stun ------------------------------------------------------------------

@test "stun: round trips, nothing lost, the mapped address is ours" {
    stun_server s
    probe stun --json -c 10 -i 20ms --max-loss 0% --max-rtt 1s "$ADDRESS"
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    judge '.subject == "stun" and .exit == 0 and .error == null and
        (.thresholds | map(.passed) == [true, true])' <<<"$output"
    judge '.servers | length == 1' <<<"$output"
    judge --arg url "stun:$ADDRESS" '.servers[0] | .server == $url and
        .sent == 10 and .received == 10 and .loss == 0 and
        .mappedAddress == .localAddress and
        0 < .rttMin and .rttMin <= .rttAvg and .rttAvg <= .rttMax and
        .rttMax < 1 and .jitter >= 0' <<<"$output"
    judge '.verdicts[0] | contains("on this machine")' <<<"$output"
}

@test "stun: a server that takes 30 ms" {
    stun_server s delay=0.03
    probe stun --json -c 4 -i 50ms "$ADDRESS"
    assert_equal "$status" 0
    judge '.servers[0] | .rttMin >= 0.03 and .rttMin < 0.2' <<<"$output"
}

@test "stun: each lost request is counted; thresholds are named, status 3" {
    stun_server s lose=5
    probe stun --json -c 10 -i 10ms --timeout 500ms --max-loss 19% \
        --max-rtt 1s --max-jitter 0us "$ADDRESS"
    assert_equal "$status" 3
    judge '.servers[0] | .sent == 10 and .received == 8 and .loss == 0.2' \
        <<<"$output"
    judge '.exit == 3 and .error.name == "threshold" and
        (.thresholds | map({(.name): .passed}) | add ==
        {"max-loss": false, "max-rtt": true, "max-jitter": false})' <<<"$output"
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" \
        '^rtc-probe stun: error threshold: --max-loss: 20 % .*; --max-jitter: '
}

@test "stun: nothing measured is status 4, and null in JSON" {
    probe stun --json -c 2 -i 10ms --timeout 100ms --max-rtt 1s 127.0.0.1:9
    assert_equal "$status" 4
    judge '.exit == 4 and .error.name == "nothing-measured"' <<<"$output"
    judge '.servers[0] | .loss == 1 and .mappedAddress == null and
        .rttAvg == null and .jitter == null' <<<"$output"
    refute_regex "$output" '[Nn]a[Nn]'
    stun_server s error=420
    probe stun -c 1 "$ADDRESS"
    assert_equal "$status" 4
    assert_line --regexp '^ *received +0$'
    assert_regex "$stderr" 'refuses: error 420'
}

@test "stun: interrupted, it tells what there is, and dies of the signal" {
    stun_server s
    start probe rtc-probe stun --jsonl -c 1000 -i 50ms "$ADDRESS" </dev/null
    wait_for_line probe.out '"event":"response"'
    signal_to probe INT
    finish probe 130
    judge -s 'last | .event == "end" and .exit == 130' probe.out
    judge -s 'map(select(.event == "result")) | length == 1 and
        (.[0] | .received > 0 and .loss == 0)' probe.out
}

@test "stun: a signal that is ignored stays so" {
    stun_server s
    start probe env --ignore-signal=INT rtc-probe stun --jsonl -c 5 -i 50ms \
        "$ADDRESS" </dev/null
    wait_for_line probe.out '"event":"response"'
    signal_to probe INT
    finish probe
    judge -s 'last | .event == "end" and .exit == 0' probe.out
}

@test "stun: names that are none, and addresses of the other family" {
    probe stun --json nobody.invalid
    assert_equal "$status" 10
    judge '.error.name == "resolve"' <<<"$output"
    probe stun -6 127.0.0.1
    assert_equal "$status" 10
    assert_regex "$stderr" 'it has no IPv6 address'
}

@test "stun: one dead server of two leaves the other's numbers" {
    stun_server s
    probe stun --json -c 2 -i 10ms --timeout 500ms --max-loss 50% \
        "$ADDRESS" stun:127.0.0.1:9
    assert_equal "$status" 3
    judge '.servers | map(.received) == [2, 0]' <<<"$output"
    judge '.thresholds[0].message | contains("127.0.0.1:9")' <<<"$output"
}

@test "stun: what a private or shared address means" {
    stun_server s map=100.64.0.7:4000
    probe stun -c 1 "$ADDRESS"
    assert_equal "$status" 0
    assert_line --regexp '^ *mapped address +100.64.0.7:4000$'
}

# ---- nat -------------------------------------------------------------------

@test "nat: two plain servers show that there is none" {
    stun_server one
    local first=$ADDRESS
    stun_server two 127.0.0.2
    probe nat --json --require-mapping none "$first" "$ADDRESS"
    assert_equal "$status" 0
    judge '.families | length == 1 and (.[0] | .family == "IPv4" and
        .mapping == "none" and .filtering == null and .hairpinning == null and
        .portKept and .serversAnswered == 2)' <<<"$output"
    judge '.verdicts[1] | endswith("it is on this machine, so that it sees no NAT.")' \
        <<<"$output"
}

@test "nat: two servers that disagree; what was required is status 3" {
    stun_server one map=203.0.113.5:4000
    local first=$ADDRESS
    stun_server two 127.0.0.2 map=203.0.113.5:4001
    probe nat --json --timeout 500ms --require-mapping endpoint-independent \
        "$first" "$ADDRESS"
    assert_equal "$status" 3
    assert_regex "$stderr" '^rtc-probe nat: error threshold: --require-mapping: '
    judge '.families[0].mapping == "endpoint-dependent"' <<<"$output"
    judge '.verdicts[0] | contains("TURN")' <<<"$output"
}

@test "nat: nothing is said of filtering when the other address is dead" {
    stun_server one other=127.0.0.9:9
    probe nat --json --timeout 500ms "$ADDRESS"
    assert_equal "$status" 0
    judge '.servers[0].otherAddress == "127.0.0.9:9"' <<<"$output"
    judge '.families[0].filtering == null' <<<"$output"
    assert_regex "$stderr" 'its other address does not answer'
}

@test "nat: a server that cannot answer to another port tells no lifetime" {
    stun_server one
    probe nat --json --timeout 300ms --lifetime --lifetime-most 1s "$ADDRESS"
    assert_equal "$status" 0
    judge '.families[0] | .mapping == "none" and
        .lifetimeKept == null and .lifetimeGone == null' <<<"$output"
    assert_regex "$stderr" 'cannot be told: the server knows no RESPONSE-PORT .*, and public'
}

@test "nat: interrupted, it claims nothing that it did not see" {
    start probe rtc-probe nat --json --timeout 50s 127.0.0.1:9 </dev/null
    wait_until "$LIMIT" holds_port probe
    signal_to probe INT
    finish probe 130
    judge '.families[0].mapping == null and .verdicts == []' probe.out
    assert_equal "$(cat probe.err)" ''
}

# holds_port NAME: the process waits at a UDP port.
holds_port() {
    [ -s "$1.pid" ] && ss -Huanp | grep -q "pid=$(cat "$1.pid"),"
}

@test "nat: no answer is status 4" {
    probe nat --timeout 100ms 127.0.0.1:9
    assert_equal "$status" 4
    assert_output --partial 'UDP is blocked'
}

# ---- host ------------------------------------------------------------------

@test "host: what there is, and what was tried" {
    probe host --json
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    judge '.addresses[] | select(.address == "127.0.0.1") |
        .interface == "lo" and .scope == "loopback" and .mtu >= 1280 and
        .usable and (.temporary | not)' <<<"$output"
    judge '.candidates | length > 0 and all(.candidateType == "host" and
        .protocol == "udp" and .priority > 0)' <<<"$output"
    judge '.sockets[0] | .socket == "IPv4" and
        (.segmentation | type == "boolean") and
        (.merging | type == "boolean") and .receiveBuffer > 0 and
        .receiveBuffer <= .receiveLimit' <<<"$output"
    judge '.sessions[0] | (.srtpCipher | startswith("SRTP_")) and
        .tlsVersion == "DTLS1.2" and .sendBitrate > 1e6 and
        .receiveBitrate > 1e6' <<<"$output"
    # What was agreed on is the best of what could be.
    judge '.suites[0].suite == .sessions[0].dtlsCipher and
        .profiles[0].profile == .sessions[0].srtpCipher' <<<"$output"
    assert_equal "$(jq -r '.suites[], .profiles[] | .number' <<<"$output" |
        xargs)" '0xc02b 0xcca9 0xc02f 0xcca8 0x0007 0x0008 0x0001'
    judge 'all(.suites[]; .suite | test("^TLS_ECDHE_.*_WITH_.*_SHA256$"))
        and all(.profiles[]; .profile | startswith("SRTP_"))' <<<"$output"
    assert_equal "$(jq -r '.libraries[] | "\(.library) \(.version)"' \
        <<<"$output")" "$(rtc-probe --version | tail -n +2)"
}

@test "host: interrupted, it tells of what it has seen" {
    # The signal is there before anything begins.
    run --separate-stderr env --block-signal=TERM sh -c \
        'kill -TERM $$; exec rtc-probe host --json'
    assert_equal "$status" 143
    judge '(.addresses | length > 0) and (.suites | length > 0) and
        has("sockets") == false and has("sessions") == false' <<<"$output"
}

# ---- sdp -------------------------------------------------------------------

vectors=$top_srcdir/tests/vectors/sdp

# golden NAME: what is read of that vector, and what is found, is as it was when
# somebody looked at it.
golden() {
    probe sdp --json "$vectors/$1.sdp"
    assert_equal "$status" 0
    jq -S '{description, findings: [.cases[] | select(.outcome != "ok")]}' \
        <<<"$output" >got.json
    diff "$top_srcdir/tests/cli/golden/$1.json" got.json
}

@test "sdp: as JSON: audio, video and data of Chromium" {
    golden chromium-offer-sendrecv-av-data
    # Every line is there, in one form or the other.
    judge '.description.media | length == 3 and
        (map(.candidates | length) == [2, 2, 2])' got.json
    assert_equal "$(grep -c '^a=rtpmap' \
        "$vectors/chromium-offer-sendrecv-av-data.sdp")" \
        "$(jq '[.description.media[].formats[]? | select(.codec)] | length' got.json)"
}

@test "sdp: as JSON: simulcast of Firefox, with its feedback for nothing" {
    golden firefox-offer-simulcast-vp8
    judge '.findings | map([.id, .outcome, .source]) | unique ==
        [["unlisted", "warning", "RFC 4585 4.2"]]' got.json
}

@test "sdp: what others wrote has no errors but those that are known" {
    for file in "$vectors"/*.sdp; do
        probe sdp --json "$file"
        assert_equal "$status" 0
        jq -r --arg file "$(basename "$file")" '.cases[] |
            select(.outcome == "not ok") | "\($file) \(.id)"' <<<"$output"
    done | sort -u >wrong
    cat >known <<END
aiortc-offer-recvonly.sdp extmap
aiortc-offer-sendrecv.sdp extmap
END
    diff known wrong
}

@test "sdp: stdin, JSON, base64, and what rtc-offer writes" {
    rtc-offer -s a.session --interface lo >offer.sdp
    rtc-offer -s b.session --interface lo --json >offer.json
    rtc-offer -s c.session --interface lo --base64 >offer.txt
    for file in offer.sdp offer.json offer.txt; do
        run --separate-stderr sh -c "rtc-probe sdp --strict --json <$file"
        assert_equal "$status" 0
        judge '[.cases[].outcome] | unique == ["ok"]' <<<"$output"
        judge '.description.media[].setup == "actpass"' <<<"$output"
    done
}

# wrong RULE LINE SED [STATUS]: the offer changed by SED breaks the rule in that
# line (null for none).
wrong() {
    sed "$3" "$vectors/chromium-offer-sendrecv-av-data.sdp" >changed.sdp
    ! cmp -s changed.sdp "$vectors/chromium-offer-sendrecv-av-data.sdp"
    probe sdp --json --strict changed.sdp
    assert_equal "$(jq -c '[.cases[] | select(.outcome == "not ok") |
        [.id, .line]] | first' <<<"$output")" "[\"$1\",$2]"
    assert_equal "$status" "${4:-3}"
}

@test "sdp: each rule finds what breaks it, in its line" {
    wrong mid 8 '18{/^a=mid/d}'
    wrong read 51 's/^a=mid:1/a=mid:0/' 20
    wrong bundle-group 5 '5s/BUNDLE 0/BUNDLE 0 7/'
    wrong line-order null 3d
    wrong ice-ufrag 13 '13s/:.*/:abc\r/'
    wrong ice-pwd 8 14d
    wrong fingerprint 8 '/^a=fingerprint/d'
    wrong setup 17 '17s/actpass/holdconn/'
    wrong protocol 8 '8s,UDP/TLS/RTP/SAVPF,RTP/AVP,'
    wrong rtcp-mux 8 25d
    wrong direction 24 '23s/^/a=recvonly\r\n/'
    wrong rtpmap 8 '/^a=rtpmap:111/d'
    wrong payload-type 8 '8s/ 63/ 111 63/'
    wrong unlisted 28 '8s/ 111//'
    wrong crypto 5 '5s/^/a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n/'
    wrong rtx 41 's/^a=fmtp:97 apt=96/a=fmtp:97 apt=95/'
    wrong bundle-type 41 '/^m=video/s/ 96/ 111 96/;/^a=rtpmap:96/s,^,a=rtpmap:111 VP8/90000\r\n,'
    wrong extmap 20 '20s/extmap:2/extmap:1/'
    wrong extmap 52 '52s/extmap:14/extmap:1/'
    wrong simulcast 17 's/^a=setup:actpass/a=simulcast:send q\r\n&/'
    wrong connection 8 9d
    wrong sctp-port 166 '/^a=sctp-port/d'
    wrong read 11 '11s/ udp .*/ udp\r/' 20
    judge '.cases[] | select(.id == "candidate") | .line == 11' <<<"$output"
}

@test "sdp: a finding names the section that it is of, and what is wrong" {
    wrong unlisted 28 '8s/ 111//'
    judge '[.cases[] | select(.id == "unlisted") | .source] == ["RFC 8866 6.6",
        "RFC 8866 6.15", "RFC 4585 4.2"]' <<<"$output"
    wrong extmap 20 '20s/.*/a=extmap:1 x\r/'
    judge '.cases[] | select(.outcome == "not ok") | .source == "RFC 8285 5" and
        (.why | contains("two extensions"))' <<<"$output"
    wrong extmap 20 '19p'
    judge '.cases[] | select(.outcome == "not ok") |
        .why == "id 1 is listed twice"' <<<"$output"
    wrong extmap 52 '52s/extmap:14/extmap:1/'
    judge '.cases[] | select(.outcome == "not ok") |
        .source == "RFC 9143 12"' <<<"$output"
    sed -e '11s/ typ .*/ typ srflx\r/' -e '12s/ tcptype active//' \
        "$vectors/chromium-offer-sendrecv-av-data.sdp" >changed.sdp
    probe sdp --json changed.sdp
    judge '[.cases[] | select(.outcome == "warning") | .line, .source] ==
        [11, "RFC 8839 5.1", 12, "RFC 6544 4.5"]' <<<"$output"
}

@test "sdp: what the library skips is in the JSON as it is" {
    cat >skipped <<'END'
a=rtcp-fb:111 ccm tmmbr
a=rtcp-fb:99 nack
a=fmtp:99 x=1
a=rtpmap:99 VP9/90000
a=extmap:1 urn:of:another
a=extmap:9 urn:with more
a=fingerprint:sha-1 AA
a=ssrc:1 label:x
a=ssrc-group:SIM 1 2
a=msid:other track
a=rid:1 both
a=candidate:1 1 dccp 1 192.0.2.1 1 typ host
END
    sed -e '40r skipped' \
        -e '5s/^/a=group:LS 0 1\r\na=rtcp-mux\r\na=mid:0\r\n/' \
        "$vectors/chromium-offer-sendrecv-av-data.sdp" >changed.sdp
    probe sdp --json changed.sdp
    assert_equal "$status" 0
    jq -r '.description | .media[0].otherLines[]' <<<"$output" |
        grep -v '^a=rtcp[:-]xr\|^a=rtcp:' | diff skipped -
    judge '.description | .otherLines == ["s=-", "t=0 0", "a=group:LS 0 1",
        "a=rtcp-mux", "a=mid:0"] and (.origin | endswith(" IN IP4 127.0.0.1")) and
        .media[0].candidates[1].extensions == "generation 0 network-id 1"' \
        <<<"$output"
}

@test "sdp: in an answer, bundled sections share a port, and setup is decided" {
    jq -Rs '{type: "answer", sdp: .}' \
        "$vectors/chromium-offer-sendrecv-av-data.sdp" >answer.json
    probe sdp --json answer.json
    judge '[.cases[] | select(.outcome == "not ok") | [.id, .line]] ==
        [["bundle-port", 41], ["bundle-port", 166], ["setup", 17]]' <<<"$output"
    judge '.cases[] | select(.id == "setup") | .source == "RFC 8842 5.3"' \
        <<<"$output"
}

@test "sdp: line ends are told of, once, and are no error" {
    tr -d '\r' <"$vectors/chromium-offer-data.sdp" >lf.sdp
    probe sdp --strict --json lf.sdp
    assert_equal "$status" 0
    judge '[.cases[] | select(.outcome == "warning") | [.id, .line]] ==
        [["line-ends", 1]]' <<<"$output"
    judge '.cases[0].why == "all lines end with LF alone"' <<<"$output"
    # What stands before counts.
    (echo && cat lf.sdp) >late.sdp
    probe sdp --json late.sdp
    judge '[.cases[] | select(.outcome == "warning") | [.id, .line]] ==
        [["line-ends", 1], ["line-form", 1]]' <<<"$output"
}

@test "sdp: what cannot be read is status 20, with its line" {
    printf 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio x\r\n' |
        (run --separate-stderr rtc-probe sdp --json
            assert_equal "$status" 20
            assert_regex "$stderr" '^rtc-probe sdp: error description: line 5: '
            judge '.exit == 20 and .cases[0].id == "read" and
                .cases[0].line == 5' <<<"$output")
    run --separate-stderr sh -c 'echo hello | rtc-probe sdp'
    assert_equal "$status" 20
    probe sdp nowhere.sdp
    assert_equal "$status" 5
}

@test "sdp: interrupted while the description is awaited" {
    mkfifo pipe
    exec 4<>pipe
    printf 'v=0\r\n' >&4
    for number in 2:INT 15:TERM; do
        start probe rtc-probe sdp --json <pipe
        wait_until "$LIMIT" reads_pipe probe
        signal_to probe "${number#*:}"
        finish probe $((128 + ${number%:*}))
        judge '.error.name == "nothing-measured" and has("sections") == false' \
            probe.out
    done
    exec 4>&-
}

# reads_pipe NAME: it waits for more than is there.
reads_pipe() {
    [ -s "$1.pid" ] && [ "$(cat "/proc/$(cat "$1.pid")/comm")" = rtc-probe ] &&
        grep -q 'State:.S' "/proc/$(cat "$1.pid")/status"
}

# ---- forms -----------------------------------------------------------------

@test "form: JSON Lines, each with v, t and event, to the end" {
    stun_server s
    probe stun --jsonl -c 3 -i 10ms --max-rtt 1s localhost:"${ADDRESS##*:}" -4
    assert_equal "$status" 0
    judge -s 'all(.v == 1 and .t >= 0 and (.event | type == "string"))' \
        <<<"$output"
    judge -s 'map(.event) == ["start", "resolve", "response", "response",
        "response", "result", "end"]' <<<"$output"
    judge -s 'last | .exit == 0 and .thresholds[0].passed' <<<"$output"
    judge -s '.[2] | .rtt > 0 and (.mappedAddress | startswith("127.0.0.1:"))' \
        <<<"$output"
}

@test "form: Prometheus, with units in the names and nothing unknown" {
    stun_server s
    probe stun --prometheus -c 2 -i 10ms --timeout 500ms --max-loss 100% \
        "$ADDRESS" 127.0.0.1:9
    assert_equal "$status" 0
    assert_line --regexp "^rtc_probe_stun_rtt_avg_seconds\{server=\"stun:$ADDRESS\",address=\"$ADDRESS\"\} [0-9.e-]+$"
    assert_line "rtc_probe_stun_loss_ratio{server=\"stun:127.0.0.1:9\",address=\"127.0.0.1:9\"} 1"
    assert_line 'rtc_probe_stun_threshold_passed{threshold="max-loss"} 1'
    assert_line 'rtc_probe_stun_exit 0'
    refute_line --regexp 'rtt_avg_seconds\{server="stun:127.0.0.1:9"'
}

@test "form: what cannot be written is status 6" {
    stun_server s
    run --separate-stderr sh -c "rtc-probe stun -c 1 $ADDRESS >/dev/full"
    assert_equal "$status" 6
    assert_regex "$stderr" 'error output: stdout: No space'
    run --separate-stderr sh -c "rtc-probe stun --jsonl -c 1000 -i 10ms $ADDRESS >/dev/full"
    assert_equal "$status" 6
    run --separate-stderr bash -c "set -o pipefail
        rtc-probe stun --jsonl -c 1000 -i 10ms $ADDRESS | head -n 1"
    assert_equal "$status" 141
    assert_equal "$stderr" ''
}
