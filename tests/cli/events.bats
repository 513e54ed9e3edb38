# SPDX-License-Identifier: MIT
#
# What the tools tell machines: events, totals, captures, key logs.

load helper

setup_file() {
    need_tools rtc-send rtc-recv jq tshark
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$media/media_vp8.ivf" clip.ivf
}

# transfer [OPTION OF RTC-SEND]...
transfer() {
    timeout "$LIMIT" rtc-send "${LO[@]}" "$@" clip.ivf --events sent.jsonl \
        --signal 'rtc-recv --interface lo --signal - -o out.ivf \
            --events received.jsonl --interval 200ms'
}

shark() { # FILE [OPTION]...
    tshark -d udp.port==5004,rtp -r "$@"
}

@test "every line is an event that the manual names, in order of time" {
    transfer --pcap a.pcapng --keylog keys
    sed -n 's/^\.Ss //p' "$top_srcdir/man/rtcpipe-events.5" | tr -d ',' |
        tr ' ' '\n' | sort >named
    for file in sent.jsonl received.jsonl; do
        run jq -s 'all(.[]; .v == 1 and (.t | type) == "number" and
            (.event | type) == "string") and (map(.t) | . == sort)' "$file"
        assert_output true
        run comm -23 <(jq -r .event "$file" | sort -u) named
        assert_output ''
        run jq -s 'first.event + " " + last.event' "$file"
        assert_output '"start end"'
        run grep -ci 'nan\|infinity' "$file"
        assert_output 0
    done
}

@test "intervals report what was done so far, and never less than before" {
    transfer
    jq -c 'select(.event == "interval")' received.jsonl >intervals
    assert [ "$(wc -l <intervals)" -ge 3 ]
    run jq -s 'map(.tracks[0].inbound.packetsReceived) |
        . == sort and first < last' intervals
    assert_output true
    run jq -s 'last | (.transport | keys) == ($total[0].transport | keys) and
        (.tracks[0].inbound | keys) == ($total[0].tracks[0].inbound | keys)' \
        --slurpfile total <(tail -n 1 received.jsonl) intervals
    assert_output true
    run jq -s 'map(select(.event == "interval")) | length' sent.jsonl
    refute_output 0
}

@test "--interval 0 reports none" {
    transfer --interval 0
    run grep -c '"interval",' sent.jsonl
    assert_output 0
}

@test "--json prints the totals where stdout is free" {
    transfer --json >totals
    run jq -c '[.exit, .name, .tracks[0].outbound.framesSent]' totals
    assert_output "[0,\"done\",$(jq .tracks[0].outbound.framesSent \
        <(tail -n 1 sent.jsonl))]"
    assert_equal "$(wc -l <totals)" 1
    # The descriptions are JSON, too, as ever.
    run -20 rtc-recv --json "${LO[@]}" -o x.ivf --signal 'cat >offer; false'
    assert_equal "$(jq -r .type offer)" offer
    assert_equal "$(jq .exit <<<"${lines[-1]}")" 20
}

@test "--json says nothing on a stdout that is taken" {
    timeout "$LIMIT" rtc-recv "${LO[@]}" --json \
        --signal 'rtc-send --interface lo --signal - --answer clip.ivf' >out.ivf
    run head -c 4 out.ivf
    assert_output DKIF
    run grep -c '"exit":' out.ivf
    assert_output 0
}

@test "--pcap: tshark lists the stream, and decrypts the handshake" {
    transfer --pcap a.pcapng
    assert_equal "$(stat -c %a a.pcapng)" 600
    sent=$(tail -n 1 sent.jsonl | jq .tracks[0].outbound.packetsSent)
    run -0 --separate-stderr shark a.pcapng -q -z rtp,streams
    assert_regex "$output" "RTPType-96 +$sent +0 \(0.0%\)"
    # What is behind Change Cipher Spec is readable only with the secrets; the
    # client's Finished comes before them.
    run -0 --separate-stderr tshark -r a.pcapng -Y 'tls.handshake.type == 20 ||
        dtls.handshake.type == 20' -T fields -e frame.number
    assert [ "${#lines[@]}" -ge 1 ]
    run -0 --separate-stderr shark a.pcapng -Y rtcp -T fields -e rtcp.pt
    assert_output --partial 200,202
    assert_output --partial 201
    # VP8 as it is, not as if encrypted.
    run -0 --separate-stderr shark a.pcapng -Y rtp -o vp8.dynamic.payload.type:96 \
        -T fields -e vp8.keyframe.width
    assert_line 160
    # Nothing that Wireshark calls malformed, no wrong checksum.
    run -0 --separate-stderr shark a.pcapng -o udp.check_checksum:TRUE \
        -o ip.check_checksum:TRUE -Y '_ws.malformed || udp.checksum.status == 0 ||
        ip.checksum.status == 0' -T fields -e frame.number
    assert_output ''
}

@test "--pcap of both ends hold the same packets" {
    timeout "$LIMIT" rtc-send "${LO[@]}" --pcap a.pcapng clip.ivf \
        --signal 'rtc-recv --interface lo --signal - -o out.ivf --pcap b.pcapng'
    for file in a b; do
        shark "$file.pcapng" -Y rtp -T fields \
            -e rtp.ssrc -e rtp.seq -e rtp.payload 2>/dev/null | sort >"$file"
    done
    assert [ -s a ]
    run diff a b
    assert_output ''
}

@test "--keylog and SSLKEYLOGFILE get the secrets of both ends" {
    SSLKEYLOGFILE=$PWD/other transfer --keylog keys
    run grep -cE '^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$' keys
    assert_output 1
    # The receiver, which has no option, takes the environment's.
    run diff keys other
    assert_output ''
    assert_equal "$(stat -c %a keys)" 600
    SSLKEYLOGFILE=$PWD/other transfer --keylog keys
    run grep -c CLIENT_RANDOM keys
    assert_output 2
}

@test "captures that cannot be written" {
    run -6 rtc-send "${LO[@]}" --pcap /nowhere/x clip.ivf --signal 'cat >offer'
    assert_output --partial 'error output: --pcap /nowhere/x: No such file'
    run -6 rtc-send "${LO[@]}" --keylog . clip.ivf --signal 'cat >offer'
    assert_output --partial 'error output: --keylog .: Is a directory'
    transfer --pcap /dev/full 2>err
    run grep -c 'no more is written' err
    assert_output 1
}
