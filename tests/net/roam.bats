# SPDX-License-Identifier: MIT
#
# A stream whose way breaks while it flows: addresses that go and come, and a
# TURN server that is killed and started again. It goes on within three seconds,
# in the same processes, and tells of every frame that was lost.

load helper

WITHIN_S=3

setup_file() {
    net_check rtc-send rtc-recv jq
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR"
    cp "$media/media_vp8.ivf" clip.ivf # a key frame each third of a second
    net_begin
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# ---- the stream ------------------------------------------------------------

# Starts an endless one and waits until it flows.
start_stream() {
    mkfifo out
    start watch sh -c 'exec python3 "$1/arrivals.py" clip.ivf arrivals <out' \
        sh "$net"
    OUT=out meet_by_fifos clip.ivf --loop
    wait_until "$LIMIT" flows_or_ended
    assert [ ! -e send.status ]
}

flows_or_ended() {
    flows_since 0 || [ -e send.status ]
}

# Two seconds of frames came after that time.
flows_since() {
    [ -e arrivals ] && awk -v since="$1" \
        '$1 > since { n++ } END { exit n < 60 }' arrivals
}

# seconds_from TIME: until the first frame after it.
seconds_from() {
    awk -v from="$1" '$1 > from { print $1 - from; exit }' arrivals
}

# The longest time without a frame.
silence() {
    awk 'last && $1 - last > most { most = $1 - last }
        { last = $1 } END { print most + 0 }' arrivals
}

assert_less() { # WHAT SECONDS LIMIT
    echo "# $1: $2 s" >&3
    awk -v is="$2" -v most="$3" 'BEGIN { exit is == "" || is >= most }' ||
        fail "$1 took ${2:-for ever}, not less than $3 s"
}

# Ends the stream. What came is what was sent, in order; what did not come was
# told of, by its packets at least: how many frames they were nobody knows who
# saw none of them. And both tools are those that were started.
end_stream() {
    local lost told end
    signal_to send INT
    finish send 130
    finish recv
    finish watch
    run grep -v -m 3 ' same$' arrivals
    assert_output ''
    run awk 'NR > 1 && $2 <= last { print } { last = $2 }' arrivals
    assert_output ''
    lost=$(awk 'NR > 1 { n += $2 - last - 1 } { last = $2 }
        END { print n + 0 }' arrivals)
    told=$(jq -s 'map(select(.event == "gap" or .event == "drop") |
        .framesDropped + (.packetsLost // 0)) | add // 0' recv.jsonl)
    echo "# frames lost: $lost; packets and frames told of: $told" >&3
    [ "$lost" -eq 0 ] || assert [ "$told" -gt 0 ]
    for end in send recv; do
        run jq -s 'map(select(.event == "start")) | length' "$end.jsonl"
        assert_output 1
    done
}

# ---- nothing moves ----------------------------------------------------------

@test "a cable is pulled for a second: the same pair goes on" {
    local back
    net_host a cone
    net_host b open
    start_stream
    net_unplug 1
    wait_until "$LIMIT" is_silent_for 1
    net_plug 1
    back=$EPOCHREALTIME
    wait_until "$LIMIT" flows_since "$back"
    assert_less 'from its return to the next frame' \
        "$(seconds_from "$back")" "$WITHIN_S"
    echo "# longest silence: $(silence) s" >&3
    end_stream
    assert_equal "$(chosen recv .remote.address)" "$(router4 1)"
    # What was lost on a way that works again is asked for, or told of.
    run jq -s 'map(select(.event == "pair")) | length' recv.jsonl
    assert_output 1
}

is_silent_for() { # SECONDS
    tail -n 1 arrivals | awk -v now="$EPOCHREALTIME" -v least="$1" \
        '{ exit now - $1 < least }'
}

# ---- a host moves ----------------------------------------------------------

# moves HOST INTERFACE KIND FAMILY: it loses that uplink and is given another,
# behind router 3.
moves() {
    local lost
    start_stream
    lost=$EPOCHREALTIME
    net_lose "$1" "$2"
    net_host "$1" "$3" "$4" 3
    wait_until "$LIMIT" flows_since "$EPOCHREALTIME"
    assert_less 'longest silence' "$(silence)" "$WITHIN_S"
    end_stream
    assert awk -v lost="$lost" '$1 > lost { n++ } END { exit n < 60 }' arrivals
}

@test "the sender moves from one public address to another" {
    net_host a open
    net_host b open
    moves a eth1 open 4
    assert_equal "$(chosen recv .remote.address)" "$(public4 3)"
}

@test "the sender moves from behind one NAT to behind another" {
    net_host a cone
    net_host b open
    moves a eth1 symmetric 4
    assert_equal "$(chosen recv .remote.address)" "$(router4 3)"
}

@test "the receiver moves from behind one NAT to behind another" {
    net_host a open
    net_host b cone
    moves b eth2 cone 4
    assert_equal "$(chosen send .remote.address)" "$(router4 3)"
}

@test "the sender moves, with IPv6" {
    net_host a cone 6
    net_host b open 6
    moves a eth1 cone 6
    assert_equal "$(chosen recv .remote.address)" 2001:db8:1:3::2
}

@test "the receiver's address is replaced on its interface, with IPv6" {
    net_host a open 6
    net_host b open 6
    start_stream
    ip -n "$(ns b)" address del "$(public6 2)/64" dev eth2
    ip -n "$(ns b)" address add "$(public6 4)/64" dev eth2 nodad
    wait_until "$LIMIT" flows_since "$EPOCHREALTIME"
    assert_less 'longest silence' "$(silence)" "$WITHIN_S"
    end_stream
    assert_equal "$(chosen send .remote.address)" "$(public6 4)"
}

# ---- the server is gone for a while ----------------------------------------

# The sender has nothing but its relay; the server dies and comes back.
server_restarts() { # udp|tcp
    local back
    net_host a cone
    net_host b open
    net_server
    A=($(turn "$SERVER4" "$1") --ice-policy relay)
    start_stream
    assert_pair send relay '.*'
    net_server_kill
    assert_equal "$(allocations)" 1
    net_server
    back=$EPOCHREALTIME
    wait_until "$LIMIT" flows_since "$back"
    assert_less 'from its return to the next frame' "$(seconds_from "$back")" \
        "$WITHIN_S"
    echo "# longest silence: $(silence) s" >&3
    end_stream
    assert_pair send relay '.*'
    assert_equal "$(allocations)" 1
}

@test "the TURN server restarts: UDP" {
    server_restarts udp
}

@test "the TURN server restarts: TCP" {
    server_restarts tcp
}

# Both ends have nothing but their relays there: neither knows the other's new
# one until it is told, which their streams of descriptions are for.
both_relays_restart() { # SECONDS
    local back
    net_host a cone
    net_host b symmetric
    net_server
    A=($(turn "$SERVER4" udp) --ice-policy relay --trickle)
    B=("${A[@]}")
    start_stream
    assert_pair send relay relay
    net_server_kill
    assert_equal "$(allocations)" 2
    net_server
    back=$EPOCHREALTIME
    wait_until "$LIMIT" flows_since "$back"
    assert_less 'from its return to the next frame' "$(seconds_from "$back")" \
        "$1"
    echo "# longest silence: $(silence) s" >&3
    end_stream
    assert_pair send relay relay
    assert_equal "$(allocations)" 2
}

@test "the TURN server of both ends restarts: new candidates are told" {
    both_relays_restart 5
}

# An end that has told the end of its candidates is not listened to any more
# (RFC 8838 14), up to its next description.
strictly() { # IN OUT
    mkfifo "$1" "$2"
    start "$1.strict" bash -c 'while IFS= read -r line; do
            [[ $line != *\"sdp\":* ]] || heard=yes
            [ ! "$heard" ] || printf "%s\n" "$line"
            [[ $line != *\"candidate\":\"\"* ]] || heard=
        done <"$1" >"$2"' bash "$1" "$2"
}

@test "the TURN server of both ends restarts: only an ICE restart helps" {
    OFFER=offer.told ANSWER=answer.told
    strictly offer.told offer
    strictly answer.told answer
    both_relays_restart 5
    run jq -r 'select(.event == "restart").reason' send.jsonl recv.jsonl
    assert_line --regexp '^(network|lost)$'
}

@test "both hosts move at once: only an ICE restart helps" {
    OFFER=offer.told ANSWER=answer.told
    strictly offer.told offer
    strictly answer.told answer
    net_host a cone
    net_host b cone
    net_server
    A=($(stun "$SERVER4") --trickle)
    B=("${A[@]}")
    start_stream
    net_lose a eth1
    net_lose b eth2
    net_host a cone 4 3
    net_host b cone 4 4
    back=$EPOCHREALTIME
    wait_until "$LIMIT" flows_since "$back"
    assert_less 'from the new networks to the next frame' \
        "$(seconds_from "$back")" 8
    echo "# longest silence: $(silence) s" >&3
    end_stream
    assert_equal "$(chosen recv .remote.address)" "$(router4 3)"
    assert_equal "$(chosen send .remote.address)" "$(router4 4)"
    run jq -r 'select(.event == "restart").reason' send.jsonl recv.jsonl
    assert_line --regexp '^(network|lost)$'
}

# ---- on purpose ------------------------------------------------------------

@test "an ICE restart loses nothing" {
    net_host a open
    net_host b cone
    A=(--trickle --ice-restart-after 1s)
    B=(--trickle)
    start_stream
    wait_for_line send.jsonl '"event":"restart"'
    wait_until "$LIMIT" flows_since "$EPOCHREALTIME"
    assert_less 'longest silence' "$(silence)" 1
    end_stream
    assert_equal "$(awk 'NR > 1 && $2 != last + 1 { n++ } { last = $2 }
        END { print n + 0 }' arrivals)" 0
}
