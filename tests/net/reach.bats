# SPDX-License-Identifier: MIT
#
# rtc-send and rtc-recv through networks that leave one way: each kind of
# candidate where it is the only one that works, and none where none does.

load helper

setup_file() {
    net_check rtc-offer rtc-answer rtc-send rtc-recv ffmpeg jq
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR"
    cp "$media/media_vp8.ivf" clip.ivf
    net_begin
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# ---- host ------------------------------------------------------------------

@test "host: two on one network, by session files" {
    net_host a cone
    net_neighbour b 1
    meet_by_sessions clip.ivf --unpaced
    assert_carried
    assert_pair send host host
    assert_pair recv host host
    assert_equal "$(offered offer)" host
}

@test "host: two on one network that has no way out, by FIFOs" {
    net_host a cone
    net_neighbour b 1
    net_lose router1 wan
    A=($(stun "$SERVER4"))
    B=("${A[@]}")
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send host host
}

@test "host: two public ones take no relay, though there is one" {
    net_host a open
    net_host b open
    net_server
    A=($(stun "$SERVER4") $(turn "$SERVER4" udp))
    B=("${A[@]}")
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send host host
    assert_pair recv host host
}

@test "host: IPv6 alone" {
    net_host a open 6
    net_host b open 6
    meet_by_sessions clip.ivf --unpaced
    assert_carried
    assert_pair send host host
    assert_equal "$(chosen send .remote.address)" "$(public6 2)"
}

@test "host: IPv6 alone through two firewalls" {
    net_host a cone 6
    net_host b cone 6
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send host host
    assert_pair recv host host
    assert_equal "$(chosen recv .remote.address)" 2001:db8:1:1::2
}

@test "host: IPv6 through firewalls goes before IPv4 through NAT" {
    net_host a cone 46
    net_host b symmetric 46
    net_server
    A=($(stun "$SERVER4"))
    B=("${A[@]}")
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send host host
    assert_equal "$(chosen send .remote.address)" 2001:db8:1:2::2
}

@test "host: TCP where UDP is blocked between the two" {
    net_host a open
    net_host b open
    net_block_udp a
    net_block_udp b
    A=(--ice-tcp)
    B=(--ice-tcp)
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send 'host|prflx' 'host|prflx'
    assert_equal "$(chosen send .protocol)" tcp
    assert_equal "$(chosen recv .protocol)" tcp
}

@test "host: TCP over IPv6 where UDP is blocked between the two" {
    net_host a open 6
    net_host b open 6
    net_block_udp a
    net_block_udp b
    A=(--ice-tcp)
    B=(--ice-tcp)
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_equal "$(chosen recv .protocol)" tcp
}

# ---- prflx -----------------------------------------------------------------

@test "prflx: the sender behind a cone NAT, no server" {
    net_host a cone
    net_host b open
    meet_by_sessions clip.ivf --unpaced
    assert_carried
    assert_pair send 'host|prflx' host
    assert_pair recv host prflx
    assert_equal "$(chosen recv .remote.address)" "$(router4 1)"
}

@test "prflx: the receiver behind a symmetric NAT, no server" {
    net_host a open
    net_host b symmetric
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send host prflx
    assert_pair recv 'host|prflx' host
    assert_equal "$(chosen send .remote.address)" "$(router4 2)"
}

@test "prflx: a symmetric NAT, where what the server saw is of no use" {
    net_host a symmetric
    net_host b open
    net_server
    A=($(stun "$SERVER4"))
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send 'host|prflx' host
    assert_pair recv host prflx
    refute [ "$(jq -r 'select(.candidateType == "srflx") | .port' send.jsonl)" \
        = "$(chosen recv .remote.port)" ]
}

@test "prflx: IPv6 with NAT on one side" {
    net_host a symmetric66 6
    net_host b open 6
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair recv host prflx
    assert_equal "$(chosen recv .remote.address)" "$(router6 1)"
}

# ---- srflx -----------------------------------------------------------------

# Cone on both sides: nobody knows a way in but from the server.
cone_and_cone() { # MEET FAMILY SERVER [OPTION]...
    local meet=$1 kind=cone
    [ "$2" = 4 ] || kind=cone66
    net_host a $kind "$2"
    net_host b $kind "$2"
    net_server
    A=($(stun "$3") "${@:4}")
    B=("${A[@]}")
    "$meet" clip.ivf --unpaced
    assert_carried
    assert_pair send 'host|srflx' srflx
    assert_pair recv 'host|srflx' srflx
}

@test "srflx: two cone NATs, by FIFOs" {
    cone_and_cone meet_by_fifos 4 "$SERVER4"
    assert_equal "$(chosen send .remote.address)" "$(router4 2)"
    assert_equal "$(chosen recv .remote.address)" "$(router4 1)"
}

@test "srflx: two cone NATs, by session files" {
    cone_and_cone meet_by_sessions 4 "$SERVER4"
    assert_equal "$(offered offer)" 'host srflx'
    # The very port that was offered.
    run grep -c " $(chosen recv .remote.port) typ srflx" offer
    assert_output 1
}

@test "srflx: two cone NATs, with --trickle" {
    cone_and_cone meet_by_fifos 4 "$SERVER4" --trickle
}

@test "srflx: two cone NATs, with --port-range" {
    cone_and_cone meet_by_fifos 4 "$SERVER4" --port-range 20000-20009
    run chosen recv .remote.port
    assert_output --regexp '^2000[0-9]$'
}

@test "srflx: two NATs of IPv6" {
    cone_and_cone meet_by_fifos 6 "$IN_URL6"
    assert_equal "$(chosen recv .remote.address)" "$(router6 1)"
}

@test "--nat-address: ports that a router forwards need no server" {
    net_host a cone
    net_host b symmetric
    net_forward a 20000-20009
    A=(--nat-address "$(router4 1)" --port-range 20000-20009)
    meet_by_sessions clip.ivf --unpaced
    assert_carried
    assert_pair recv 'host|prflx' 'host|srflx'
    assert_equal "$(chosen recv .remote.address)" "$(router4 1)"
    run grep -c "$(router4 1) 2000[0-9] typ" offer
    assert_output 1
}

@test "no way: a cone and a symmetric NAT without a relay" {
    net_host a cone
    net_host b symmetric
    net_server
    A=($(stun "$SERVER4") --connect-timeout 2s)
    B=("${A[@]}")
    meet_by_fifos clip.ivf
    assert_no_pair send recv
}

# ---- relay -----------------------------------------------------------------

# One end has a relay and uses it; the other sees it.
assert_relayed() { # RELAY'S-END OTHER-END ADDRESS
    assert_carried
    assert_pair "$1" relay '.*'
    assert_pair "$2" '.*' relay
    assert_equal "$(chosen "$2" .remote.address)" "$3"
}

@test "relay: two symmetric NATs, the sender's relay" {
    net_host a symmetric
    net_host b symmetric
    net_server
    A=($(turn "$SERVER4" udp))
    B=($(stun "$SERVER4"))
    meet_by_fifos clip.ivf --unpaced
    assert_relayed send recv "$SERVER4"
    assert_equal "$(allocations)" 1
}

@test "relay: a cone and a symmetric NAT, the receiver's relay" {
    net_host a cone
    net_host b symmetric
    net_server
    B=($(turn "$SERVER4" udp))
    meet_by_fifos clip.ivf --unpaced
    assert_relayed recv send "$SERVER4"
}

@test "relay: --ice-policy relay on both sides offers and takes nothing else" {
    net_host a open
    net_host b open
    net_server
    A=($(turn "$SERVER4" udp) --ice-policy relay)
    B=("${A[@]}")
    meet_by_sessions clip.ivf --unpaced
    assert_carried
    assert_pair send relay relay
    assert_pair recv relay relay
    assert_equal "$(offered offer)" relay
    assert_equal "$(offered answer)" relay
    run grep -E "$(public4 1)|$(public4 2)" offer answer
    assert_output ''
}

@test "relay: session files hand over one allocation, with its address" {
    net_host a symmetric
    net_host b symmetric
    net_server
    A=($(stun "$SERVER4") $(turn "$SERVER4" udp))
    B=($(stun "$SERVER4"))
    meet_by_sessions clip.ivf --unpaced
    assert_relayed send recv "$SERVER4"
    assert_equal "$(offered offer)" 'host relay srflx'
    run grep -c " $SERVER4 $(chosen recv .remote.port) typ relay" offer
    assert_output 1
    assert_equal "$(allocations)" 1
}

# Only one port of TCP at the server is left to the sender.
relay_only() { # FAMILY PORT OPTION...
    net_host a cone "$1"
    net_host b open "$1"
    net_server
    net_block_udp a "$2"
    A=("${@:3}")
    meet_by_fifos clip.ivf --unpaced
}

@test "relay: over TCP, where UDP is blocked" {
    relay_only 4 3478 $(turn "$SERVER4" tcp)
    assert_relayed send recv "$SERVER4"
    assert_pair send relay host
    assert_pair recv host relay
}

@test "relay: over TLS, where all but its port is blocked" {
    relay_only 4 5349 $(turns "$SERVER4") --cacert cert.pem
    assert_relayed send recv "$SERVER4"
    assert_pair send relay host
}

@test "relay: over TLS with -k, whoever signed" {
    relay_only 4 5349 $(turns "$SERVER4") -k
    assert_relayed send recv "$SERVER4"
}

@test "relay: TLS with a certificate nobody knows is not used" {
    relay_only 4 5349 $(turns "$SERVER4") --ice-policy relay
    wait_for_file send.status
    assert_equal "$(cat send.status)" 21
    assert_one_error send.err rtc-send gather ''
    assert_equal "$(allocations)" 0
}

@test "relay: over TCP on both sides, where UDP is blocked on both" {
    net_host a cone
    net_host b symmetric
    net_server
    net_block_udp a 3478
    net_block_udp b 3478
    A=($(turn "$SERVER4" tcp))
    B=("${A[@]}")
    meet_by_fifos clip.ivf --unpaced
    assert_carried
    assert_pair send relay relay
    assert_pair recv relay relay
}

@test "relay: IPv6 over UDP" {
    net_host a symmetric66 6
    net_host b symmetric66 6
    net_server
    A=($(turn "$IN_URL6" udp))
    meet_by_fifos clip.ivf --unpaced
    assert_relayed send recv "$SERVER6"
}

@test "relay: IPv6 over TCP, where UDP is blocked" {
    relay_only 6 3478 $(turn "$IN_URL6" tcp)
    assert_relayed send recv "$SERVER6"
}

@test "relay: IPv6 over TLS, where all but its port is blocked" {
    relay_only 6 5349 $(turns "$IN_URL6") --cacert cert.pem
    assert_relayed send recv "$SERVER6"
}
