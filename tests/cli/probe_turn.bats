# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2094 # of the helper; what is read was written
#
# rtc-probe turn on loopback: against coturn over UDP, TCP and TLS, against a
# server that does what it is told (turn.py), and behind impairments whose
# numbers are known.

load helper

setup_file() {
    need_tools rtc-probe jq python3 turnserver openssl
    cd "$BATS_FILE_TMPDIR" || return
    certificates 2>openssl.err
    LIMIT=300 coturn good --allow-loopback-peers --cert "$PWD/good.pem" \
        --pkey "$PWD/good.key"
    export CA=$PWD/ca.pem GOOD=$ADDRESS GOOD_TLS=$TLS_ADDRESS
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    count=0
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

# An authority, and certificates of it: a good one, one that ended, one of
# another name.
certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout ca.key -out ca.pem -days 900 -subj /CN=authority
    leaf good IP:127.0.0.1 400
    leaf old IP:127.0.0.1 -1
    leaf other DNS:other.example 400 $'/CN=red \e[31m' # for a terminal
}

# leaf NAME SUBJECT-ALTERNATIVE DAYS [SUBJECT]; OpenSSL from 3.4 on takes no days
# below 1, and dates instead.
leaf() {
    local valid=(-days "$3")
    if [ "$3" -lt 0 ] && openssl x509 -help 2>&1 | grep -q not_after; then
        valid=(-not_before 20200101000000Z -not_after 20200201000000Z)
    fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$1.key" -out "$1.csr" -subj "${4:-/CN=$1.example}"
    echo "subjectAltName=$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial \
        "${valid[@]}" -extfile "$1.ext" -out "$1.pem"
}

# coturn NAME [OPTION]...: starts it; $ADDRESS and $TLS_ADDRESS.
coturn() {
    local port tls_port
    read -r port tls_port <<<"$(free_ports 2)"
    start "$1" turnserver -n -v --no-cli --no-dtls --listening-ip 127.0.0.1 \
        --relay-ip 127.0.0.1 --listening-port "$port" \
        --tls-listening-port "$tls_port" --lt-cred-mech --user u:s3cret \
        --realm r --log-file stdout --simple-log --pidfile "$PWD/$1.own" \
        --userdb "$PWD/$1.db" "${@:2}" </dev/null
    wait_until "$LIMIT" python3 -c "import socket
socket.create_connection(('127.0.0.1', $port)).close()"
    wait_for_line "$1.out" "UDP listener opened on: 127.0.0.1:$port"
    ADDRESS=127.0.0.1:$port
    TLS_ADDRESS=127.0.0.1:$tls_port
}

# scripted [WORD]...: starts turn.py; $TURN.
scripted() {
    local name=turn.$((++count))
    start "$name" python3 "$top_srcdir/tests/cli/turn.py" "$@" </dev/null
    wait_for_line "$name.out" '^turn:'
    TURN=$(head -n 1 "$name.out")
}

# probe STATUS WORD...: the report is in $output.
probe() {
    run --separate-stderr "-$1" timeout "$LIMIT" rtc-probe turn "${@:2}"
    refute_regex "$output$stderr" 's3cret'
    refute_regex "$output" '(^|[ :,])-?[Nn]a[Nn]([ ,}]|$)'
}

QUICK=(--json -c 3 -i 5ms -t 0)
SOON=(--timeout 600ms) # where silence is waited for

# fails STATUS PHASE NAME PATTERN WORD...: so it ends, and that is in JSON and
# in the error line.
fails() {
    probe "$1" "${QUICK[@]}" "${@:5}"
    assert_regex "${stderr_lines[-1]}" \
        "^rtc-probe turn: error $3: turns?:[^ ]+: $2: .*$4"
    judge --arg phase "$2" --arg name "$3" --argjson status "$1" \
        '.exit == $status and .error.name == $name and
        .servers[-1].failedPhase == $phase' <<<"$output"
}

# $output is of Prometheus' form.
assert_no_sample_twice() {
    run sh -c 'grep -v "^#" | sed "s/ [^ ]*$//" | sort | uniq -d' <<<"$output"
    assert_output ''
}

# released_since COUNT: more allocations were given back.
released_since() {
    [ "$(grep -c 'lifetime=0' "$BATS_FILE_TMPDIR/good.out")" -gt "$1" ]
}

# ---- what works ------------------------------------------------------------

# 3 Mbit/s for a second are 341 times 1100 bytes.
three_megabits() {
    probe 0 --json -c 20 -i 10ms -t 1s -b 3M --max-loss 0% --max-rtt 500ms \
        --max-jitter 500ms --max-connect 5s --min-bitrate 2.5M \
        "turn:u:s3cret@$GOOD" &&
        judge '.exit == 0 and (.loads[0] | .sent > 290 and .sent < 345 and
            .received == .sent and .time == 1 and
            (.bitrate - 3e6 | fabs < 4e5))' <<<"$output"
}

@test "UDP: each step has its time, nothing is lost, the rate is as asked for" {
    tries three_megabits
    judge --arg address "$GOOD" '.servers | length == 1 and (.[0] |
        .server == "turn:\($address)" and .address == $address and
        .transport == "udp" and .mappedAddress == .localAddress and
        (.relayAddress | startswith("127.0.0.1:")) and
        .relayAddress != .mappedAddress and .lifetime == 600 and
        (.software | startswith("Coturn-")) and .echoedBy == "self" and
        .reachable and .resolve == null and .connect == null and .tls == null and
        all(.allocate, .permission, .data, .channel; . > 0 and . < 1) and
        .certificateDays == null and .failedPhase == null)' <<<"$output"
    judge '[.echoes[].framing] == ["indications", "channel"] and
        all(.echoes[]; .sent == 20 and .received == 20 and .loss == 0 and
        .damaged == 0 and .duplicates == 0 and 0 < .rttMin and
        .rttMin <= .rttAvg and .rttAvg <= .rttMax and .jitter >= 0)' \
        <<<"$output"
    judge '.exit == 0 and (.thresholds | map(.name, .passed) ==
        ["max-loss", true, "max-rtt", true, "max-jitter", true,
        "max-connect", true, "min-bitrate", true])' <<<"$output"
    judge '.verdicts[0] | contains("on loopback")' <<<"$output"
}

# The relay's own socket may overflow, so that some of it is lost there.
@test "TCP and TLS: as much as passes is much, and unharmed" {
    probe 0 --json -c 5 -i 5ms -t 500ms -b 0 --cacert "$CA" \
        "turn:u:s3cret@$GOOD?transport=tcp" "turns:u:s3cret@$GOOD_TLS"
    judge '.servers[0] | .transport == "tcp" and .connect > 0 and
        .tls == null and .allocate > 0' <<<"$output"
    judge 'all(.echoes[]; .received == 5) and all(.loads[]; .bitrate > 1e7 and
        .loss < 0.2 and .damaged == 0 and .rttMin > 0)' <<<"$output"
}

@test "TLS: the certificate, its days, and the time of the handshake" {
    probe 0 "${QUICK[@]}" --cacert "$CA" --require-tls-days 390 \
        "turns:u:s3cret@$GOOD_TLS"
    judge '.servers[0] | .transport == "tls" and .connect > 0 and .tls > 0 and
        (.certificateDays | . == 399 or . == 400) and
        .certificateSubject == "CN=good.example" and
        .certificateIssuer == "CN=authority" and
        .certificateTrouble == null' <<<"$output"
    judge 'all(.echoes[]; .received == 3)' <<<"$output"
    probe 3 "${QUICK[@]}" --cacert "$CA" --require-tls-days 401 \
        "turns:u:s3cret@$GOOD_TLS"
    assert_regex "$stderr" '--require-tls-days: (399|400) days left'
}

@test "TLS: the key that the server must have" {
    local pin other=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    pin=sha256//$(openssl x509 -in "$BATS_FILE_TMPDIR/good.pem" -noout -pubkey |
        openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
        openssl base64)
    probe 0 "${QUICK[@]}" --cacert "$CA" --pinnedpubkey "$other;$pin" \
        "turns:u:s3cret@$GOOD_TLS"
    judge --arg pin "$pin" '.servers[0].certificatePin == $pin' <<<"$output"
    fails 31 tls fingerprint "the server's key is sha256//" -k \
        --pinnedpubkey "$other" "turns:u:s3cret@$GOOD_TLS"
    fails 31 tls fingerprint . -k --pinnedpubkey "${pin}A" \
        "turns:u:s3cret@$GOOD_TLS"
    probe 2 --pinnedpubkey key.pem "turns:u:s3cret@$GOOD_TLS"
}

@test "several servers of a file, one after another; those of the environment" {
    cat >servers.json <<END
[{"urls": "stun:192.0.2.1"},
 {"urls": ["turn:$GOOD", "turn:$GOOD?transport=tcp"],
  "username": "u", "credential": "s3cret"}]
END
    probe 0 "${QUICK[@]}" --max-loss 0% servers.json
    judge '[.servers[].transport] == ["udp", "tcp"] and
        ([.echoes[].echo] == ["udp indications", "udp channel",
        "tcp indications", "tcp channel"]) and (.thresholds | length == 1)' \
        <<<"$output"
    probe 0 --prometheus -c 1 -t 50ms servers.json
    assert_no_sample_twice
    RTC_ICE_SERVERS=$(cat servers.json) probe 0 "${QUICK[@]}"
    judge '.servers | length == 2' <<<"$output"
    RTC_ICE_SERVERS='' probe 2
    assert_regex "$stderr" 'no TURN server is named'
    probe 2 turn:h
    assert_regex "$stderr" 'SERVER: turn:h:3478 needs a user and a password'
}

@test "the password is not in the list of processes" {
    start probe rtc-probe turn -t 20 "turn:u:s3cret@$GOOD" </dev/null
    wait_for_file probe.pid
    wait_until "$LIMIT" grep -qz '^\*' "/proc/$(cat probe.pid)/cmdline"
    run grep -c s3cret "/proc/$(cat probe.pid)/cmdline"
    assert_output 0
    signal_to probe INT
    finish probe 130
}

@test "interrupted, it tells what there is, and dies of the signal" {
    local released
    released=$(grep -c 'lifetime=0' "$BATS_FILE_TMPDIR/good.out" || true)
    start probe rtc-probe turn --jsonl -c 5000 -i 10ms "turn:u:s3cret@$GOOD" \
        </dev/null
    wait_for_line probe.out '"event":"response".*"framing":"indications"'
    signal_to probe INT
    finish probe 130
    judge -s '(last | .event == "end") and (map(select(.echo)) | length == 1 and
        (.[0] | .received > 0 and .received < 4000 and .loss == 0))' probe.out
    # The allocation was given back.
    wait_until "$LIMIT" released_since "$released"
}

# ---- forms -----------------------------------------------------------------

@test "as a table, events and metrics" {
    probe 0 -c 2 -i 5ms -t 100ms "turn:u:s3cret@$GOOD"
    assert_line --index 0 "server turn:$GOOD"
    assert_line --regexp '^  relay address +127\.0\.0\.1:[0-9]+$'
    assert_line --regexp '^  allocate +[0-9.]+ (us|ms)$'
    assert_line --regexp '^echo +sent +received +loss +rtt min '
    assert_line --regexp '^udp indications +2 +2 +0 % +[0-9.]+ (us|ms) '
    assert_line --regexp '^udp channel +2 +2 +0 % '
    assert_line --regexp '^  bitrate +[0-9.]+ [kM]bit/s$'
    refute_line --regexp ' -$'
    run awk 'length > 80' <<<"$output"
    assert_output ''
    probe 0 --jsonl -c 2 -i 5ms -t 0 "turn:u:s3cret@$GOOD"
    judge -s '[.[].event] | .[0] == "start" and .[-1] == "end"' <<<"$output"
    judge -s '[.[] | select(.event == "phase") | .phase] ==
        ["allocate", "permission", "data", "channel"] and
        ([.[] | select(.event == "response") | .framing] ==
        ["indications", "indications", "channel", "channel"])' <<<"$output"
    probe 0 --prometheus -c 2 -i 5ms -t 100ms "turn:u:s3cret@$GOOD"
    for name in allocate_seconds bitrate_bits_per_second loss_ratio \
        rtt_avg_seconds lifetime_seconds; do
        assert_line --regexp "^rtc_probe_turn_$name\{[^}]*\} [0-9.e-]+$"
    done
    assert_line 'rtc_probe_turn_exit 0'
    assert_no_sample_twice
}

# ---- impairments -----------------------------------------------------------

delayed() {
    probe 0 --json -c 20 -i 5ms -t 0 --impair delay=60ms \
        "turn:u:s3cret@$GOOD" &&
        judge '.echoes[] | .rttMin >= 0.118 and .rttMin < 0.125 and
            .rttAvg >= .rttMin and .rttAvg < 0.5 and .loss == 0' <<<"$output"
}

@test "a delay counts twice in each round trip" {
    tries delayed
    judge '.servers[0] | .allocate >= 0.24 and .permission >= 0.12' <<<"$output"
}

@test "loss of each way is that of the round trip" {
    # 1 - 0.97 ** 2 of 700, within three of its standard errors, 6.2.
    probe 3 --json -c 700 -i 1ms -t 0 --timeout 600ms --max-loss 2% \
        --impair loss=3%,seed=7 "turn:u:s3cret@$GOOD"
    judge 'all(.echoes[]; .sent == 700 and
        (.received - 658.6 | fabs < 18.8) and
        (.loss - (1 - .received / 700) | fabs < 1e-8))' <<<"$output"
    judge '.exit == 3 and .thresholds[0].passed == false' <<<"$output"
}

@test "duplicates are counted, and do not hide a loss" {
    probe 0 --json -c 200 -i 1ms -t 0 --timeout 300ms \
        --impair loss=20%,duplicate=50%,seed=1 "turn:u:s3cret@$GOOD"
    judge '.echoes | all(.[]; .received < 170 and .duplicates > 50)' <<<"$output"
    judge '.verdicts[1] | contains("more than once")' <<<"$output"
}

all_of_two_megabits() {
    probe 0 --json -c 1 -t 1s -b 0 --impair rate=2M "turn:u:s3cret@$GOOD" &&
        judge '.loads[0] | (.bitrate - 2e6 | fabs < 4e5) and .loss < 0.05' \
            <<<"$output"
}

four_of_two_megabits() {
    probe 3 --json -c 1 -t 1s -b 4M --min-bitrate 3M --impair rate=2M \
        "turn:u:s3cret@$GOOD" &&
        judge '.loads[0] | (.bitrate - 2e6 | fabs < 4e5) and
            (.sentBitrate - 4e6 | fabs < 8e5) and .loss > 0.2' <<<"$output" &&
        assert_regex "$stderr" '--min-bitrate: (1\.[6-9]|2\.[0-4])'
}

@test "what passes is the rate of the path, asked for more or for all" {
    tries all_of_two_megabits
    tries four_of_two_megabits
}

# On the way back 1 % is lost.
long_way() {
    probe 0 --json -c 1 -t 1500ms -b 0 --impair rate=5M,delay=30ms,loss=1%,seed=2 \
        "turn:u:s3cret@$GOOD" &&
        judge '.loads[0] | (.bitrate - 4.95e6 | fabs < 1e6)' <<<"$output"
}

@test "what passes over a long way that loses some" {
    tries long_way
    probe 2 --impair loss=1 "turn:u:s3cret@$GOOD"
    assert_regex "$stderr" '--impair: loss=1: '
}

# ---- what fails, and where -------------------------------------------------

@test "names, and what nobody is at" {
    fails 10 resolve resolve . turn:u:p@nobody.invalid
    fails 10 resolve resolve 'no IPv6 address' -6 "turn:u:s3cret@$GOOD"
    fails 21 allocate gather 'no server is at UDP 127.0.0.1:9, or a firewall .*refused' \
        turn:u:p@127.0.0.1:9
    fails 21 connect gather 'refused' 'turn:u:p@127.0.0.1:9?transport=tcp'
    fails 21 connect gather 'refused' turns:u:p@127.0.0.1:9
    # Of two, the living one is measured.
    fails 21 connect gather 'refused' "turn:u:s3cret@$GOOD" \
        'turn:u:p@127.0.0.1:9?transport=tcp'
    judge '.servers[0].echoedBy == "self" and (.echoes | length == 2)' \
        <<<"$output"
}

@test "silence over UDP, and over TCP and TLS" {
    start silent python3 -c 'import socket, time
udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
for one in udp, tcp: one.bind(("127.0.0.1", 0))
tcp.listen()
print(*[one.getsockname()[1] for one in (udp, tcp)], flush=True)
time.sleep(60)' </dev/null
    wait_for_line silent.out ' '
    read -r udp tcp <silent.out
    fails 21 allocate gather 'nothing came back over UDP.*UDP is blocked; try \?transport=tcp' \
        --timeout 300ms "turn:u:p@127.0.0.1:$udp"
    fails 21 allocate gather 'takes the connection' \
        --timeout 300ms "turn:u:p@127.0.0.1:$tcp?transport=tcp"
    fails 11 tls connect 'in time' --timeout 300ms "turns:u:p@127.0.0.1:$tcp"
    scripted allocate=silent
    fails 21 allocate gather 'falls silent' "${SOON[@]}" "$TURN"
}

@test "certificates: nobody's, ended, of another name" {
    fails 11 tls connect 'unknown issuer' "turns:u:s3cret@$GOOD_TLS"
    coturn old --allow-loopback-peers --cert "$BATS_FILE_TMPDIR/old.pem" \
        --pkey "$BATS_FILE_TMPDIR/old.key"
    fails 11 tls connect 'refused: expired \(of CN=old.example' \
        --cacert "$CA" "turns:u:s3cret@$TLS_ADDRESS"
    judge '.servers[0].certificateDays < 0 and
        .servers[0].certificateTrouble == "expired"' <<<"$output"
    # Seen all the same when nobody minds.
    probe 3 "${QUICK[@]}" -k --require-tls-days 0 "turns:u:s3cret@$TLS_ADDRESS"
    judge '.servers[0].certificateTrouble == "expired" and
        (.verdicts[0] | test("certificate ended on 20"))' <<<"$output"
    coturn other --cert "$BATS_FILE_TMPDIR/other.pem" \
        --pkey "$BATS_FILE_TMPDIR/other.key"
    fails 11 tls connect 'refused: wrong name \(of CN=red \?\[31m' \
        --cacert "$CA" "turns:u:s3cret@$TLS_ADDRESS"
    # Plain TURN where TLS is wanted.
    coturn plain --no-tls
    fails 11 tls connect . "${SOON[@]}" "turns:u:s3cret@$ADDRESS"
}

@test "a wrong password, an unknown user" {
    fails 22 allocate turn 'error 401 .*wrong user or password' \
        "turn:u:wrong@$GOOD"
    judge '.servers[0].errorCode == 401' <<<"$output"
    fails 22 allocate turn 'error 401' "turn:nobody:s3cret@$GOOD?transport=tcp"
    scripted realm=none
    fails 22 allocate turn 'error 401 .*does not say how to log in' "$TURN"
    # Pion's server says it so.
    scripted allocate=400
    fails 22 allocate turn 'error 400 .*wrong user or password' "$TURN"
}

@test "a quota; other refusals of an allocation" {
    coturn quota --allow-loopback-peers --user-quota 1
    start first rtc-probe turn --jsonl -t 30 "turn:u:s3cret@$ADDRESS" </dev/null
    wait_for_line first.out '"phase":"channel"'
    fails 22 allocate turn 'error 486 .*quota' "turn:u:s3cret@$ADDRESS"
    signal_to first INT
    finish first 130
    scripted allocate=508
    fails 22 allocate turn 'error 508 .*capacity left, or not the address' "$TURN"
    judge '.servers[0].errorCode == 508 and .servers[0].software == "turn.py"' \
        <<<"$output"
    scripted allocate=440
    fails 22 allocate turn 'error 440 .*family' "$TURN"
}

@test "sent elsewhere, by UDP and by TCP" {
    coturn hub --no-tls --alternate-server "$GOOD"
    for transport in udp tcp; do
        probe 0 "${QUICK[@]}" "turn:u:s3cret@$ADDRESS?transport=$transport"
        judge --arg good "$GOOD" '.servers[0].address == $good and
            (.verdicts[0] | endswith("it sends us elsewhere, to \($good).")) and
            all(.echoes[]; .received == 3)' <<<"$output"
    done
}

@test "a server that dies under way" {
    coturn mortal --no-tls --allow-loopback-peers
    for transport in udp tcp; do
        start $transport rtc-probe turn --jsonl -c 2 -i 5ms -t 30 --timeout 1s \
            "turn:u:s3cret@$ADDRESS?transport=$transport" </dev/null
    done
    for transport in udp tcp; do
        wait_for_line $transport.out '"phase":"channel"'
    done
    signal_to mortal KILL
    for transport in udp tcp; do
        finish $transport 21
        judge -s '[.[] | select(.event == "result" and .server and
            .transport)][0].failedPhase == "data"' $transport.out
    done
    assert_one_error udp.err 'rtc-probe turn' gather 'fell silent'
    assert_one_error tcp.err 'rtc-probe turn' gather 'the connection is lost'
}

@test "peers on loopback are refused: the server's remedy is named" {
    coturn strict
    fails 22 permission turn 'error 403 .*--allow-loopback-peers' \
        "turn:u:s3cret@$ADDRESS"
    judge '.servers[0] | .allocate > 0 and .permission == null and
        .errorCode == 403' <<<"$output"
}

@test "a relay that is no peer of itself: a socket of ours is" {
    scripted self=403
    probe 0 "${QUICK[@]}" "$TURN"
    judge '.servers[0].echoedBy == "outside" and
        all(.echoes[]; .received == 3)' <<<"$output"
    judge '.verdicts[-1] | contains("refuses (403) to relay to its own")' \
        <<<"$output"
    scripted self=silent
    probe 0 "${QUICK[@]}" "${SOON[@]}" "$TURN"
    judge '.servers[0].echoedBy == "outside"' <<<"$output"
    judge '.verdicts[-1] | contains("not from one of its relays to another")' \
        <<<"$output"
}

@test "a relay that others do not get to" {
    scripted peers=deaf
    probe 3 "${QUICK[@]}" "${SOON[@]}" --require-reachable "$TURN"
    judge '.servers[0] | .echoedBy == "self" and .reachable == false' \
        <<<"$output"
    judge '.verdicts[-1] | contains("a firewall keeps the ports")' <<<"$output"
    assert_regex "$stderr" '--require-reachable: not reached at turn:'
    scripted
    probe 0 "${QUICK[@]}" --require-reachable "$TURN"
    judge '.servers[0].reachable and .thresholds[0].passed' <<<"$output"
}

@test "a server that allocates and relays nothing is status 4" {
    scripted data=silent
    fails 4 data nothing-measured 'nothing comes through its relay' \
        "${SOON[@]}" "$TURN"
    scripted self=403 data=silent
    fails 4 data nothing-measured 'from itself, which it refuses: error 403' \
        "${SOON[@]}" "$TURN"
    scripted channel=deaf
    fails 4 channel nothing-measured 'of 3 datagrams in the channel none' \
        "${SOON[@]}" "$TURN"
    judge '.echoes[0].received == 3 and .echoes[1].loss == 1' <<<"$output"
}

@test "channels that are refused or not answered" {
    scripted channel=400
    fails 22 channel turn 'error 400[^(]*$' "$TURN"
    judge '.echoes | length == 1 and .[0].received == 3' <<<"$output"
    scripted channel=silent
    fails 21 channel gather 'no answer in time' "${SOON[@]}" "$TURN"
    scripted channel=437
    fails 21 channel gather 'lost the allocation' "$TURN"
}

@test "warnings: private relays, short lifetimes, changed data" {
    scripted relay=10.9.8.7:4000 lifetime=30
    fails 4 data nothing-measured . "${SOON[@]}" "$TURN"
    judge '.verdicts | (.[0] | contains("10.9.8.7:4000, is of a private")) and
        (.[1] | contains("lasts 30 s"))' <<<"$output"
    scripted mangle=2
    probe 0 "${QUICK[@]}" "${SOON[@]}" "$TURN"
    judge '([.echoes[].damaged] | add > 0) and all(.echoes[]; .loss > 0)' \
        <<<"$output"
    judge '.verdicts[-1] | contains("came back changed")' <<<"$output"
}
