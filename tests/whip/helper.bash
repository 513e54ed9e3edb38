# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of WHIP and WHEP share: a scripted server with real peers
# behind it (server.py), the tools against it, and what it saw.

load ../cli/helper

whip=$top_srcdir/tests/whip
small=$media/codec_vp8.ivf  # 5 frames, 0.2 s
second=$media/media_vp8.ivf # 30 frames, 1 s

need_server() {
    need_tools rtc-offer rtc-answer rtc-send rtc-recv python3 jq openssl
}

# What the caller's environment would change.
unset RTC_TOKEN RTC_ICE_SERVERS
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# make_certificates DIRECTORY: ca.pem, and with their keys localhost.pem,
# other.pem (for other.example) and old.pem (for localhost, expired), all by that
# authority. OpenSSL from 3.4 on takes dates, but no days below 1.
make_certificates() {
    local name old=(-days -1) new="openssl req -x509 -newkey ec -nodes -days 2
        -pkeyopt ec_paramgen_curve:P-256"
    ! openssl x509 -help 2>&1 | grep -q not_after ||
        old=(-not_before 20200101000000Z -not_after 20200201000000Z)
    mkdir -p "$1"
    $new -keyout "$1/ca.key" -out "$1/ca.pem" -subj /CN=tests 2>/dev/null
    for name in localhost other.example; do
        $new -CA "$1/ca.pem" -CAkey "$1/ca.key" -subj "/CN=$name" \
            -addext "subjectAltName=DNS:$name" \
            -addext basicConstraints=critical,CA:FALSE \
            -keyout "$1/key" -out "$1/certificate" 2>/dev/null
        cat "$1/certificate" "$1/key" >"$1/${name%.example}.pem"
    done
    openssl x509 -x509toreq -in "$1/localhost.pem" -signkey "$1/localhost.pem" \
        -out "$1/request" 2>/dev/null
    openssl x509 -req -in "$1/request" -CA "$1/ca.pem" -CAkey "$1/ca.key" \
        -CAcreateserial "${old[@]}" -out "$1/certificate" \
        -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
    sed -n '/BEGIN PRIVATE/,$p' "$1/localhost.pem" |
        cat "$1/certificate" - >"$1/old.pem"
}

# pin_of PEM: as curl writes it.
pin_of() {
    openssl x509 -in "$1" -noout -pubkey |
        openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
        base64 | sed 's,^,sha256//,'
}

# The line may not be whole yet.
read_ports() {
    read -ra ports <server.out
}

# serve SCRIPT [ORIGIN...]: the server in the current directory; sets `urls`,
# `url` (the first), `port` and `stun` (ports), and where publish and play go.
serve() {
    local n=0 origin
    printf '%s' "$1" >script.json
    shift
    set -- "${@:-http}"
    start server python3 "$whip/server.py" --script script.json --stun "$@"
    wait_for_file server.out
    wait_until "$LIMIT" read_ports
    urls=()
    for origin; do
        case $origin in
        https*) urls+=("https://localhost:${ports[n]}") ;;
        *) urls+=("http://127.0.0.1:${ports[n]}") ;;
        esac
        n=$((n + 1))
    done
    url=${urls[0]} port=${ports[0]} stun=${ports[n]}
    to=$url/endpoint
    clip=$small
}

# publish STATUS OPTION...: sends the clip, at once, and ends with STATUS; stderr
# is in send.err, events in send.jsonl.
publish() {
    local wanted=$1
    shift
    start_publish --unpaced "$@"
    finish send "$wanted"
}

# start_publish OPTION...: the same, not waited for, at the clip's pace.
start_publish() {
    start send rtc-send --whip "$to" "${LO[@]}" --events send.jsonl "$@" "$clip"
}

# play STATUS OPTION...: the other way; what was received is in out.ivf.
play() {
    local wanted=$1
    shift
    start_play "$@"
    finish recv "$wanted"
}

start_play() {
    start recv rtc-recv --whep "$to" "${LO[@]}" --video vp8 -o out.ivf \
        --events recv.jsonl "$@"
}

# A script of a server that plays: clips and the rest of it.
playing() {
    jq -cn --arg clip "${2:-$small}" "{clips: [\$clip]} + ($1)"
}

# ---- what the server saw ---------------------------------------------------

# seen FILTER: of each request.
seen() {
    jq -r "select(.method) | $1" server.log
}

# header METHOD NAME: of each request of that method, or `none`.
header() {
    seen "select(.method == \"$1\") | .headers[\"$2\"] // \"none\""
}

# assert_requests LINE...: exactly these, as `METHOD /path`.
assert_requests() {
    run seen '.method + " " + .path'
    assert_output "$(printf '%s\n' "$@")"
}

# body METHOD [N]: of its first request, or the one of index N, without CRs.
body() {
    jq -rsj "map(select(.method == \"$1\"))[${2:-0}].body" server.log |
        tr -d '\r'
}

count() {
    seen "select(.method == \"$1\") | 1" | wc -l
}

# authorizations N: what origin N was told, each once, or `none`.
authorizations() {
    jq -r "select(.method and .origin == $1) |
        .headers.authorization // \"none\"" server.log | sort -u
}

# assert_received N: the N-th peer's video is the clip.
assert_received() {
    finish "peer${1:-1}"
    assert_equal "$(stat -c %s "peer${1:-1}.video")" "$(stat -c %s "$clip")"
}

# assert_played: rtc-recv's is.
assert_played() {
    assert_equal "$(stat -c %s out.ivf)" "$(stat -c %s "$clip")"
}

# assert_says FILE PATTERN: a line of stderr, or of the events.
assert_says() {
    grep -qsE -e "$2" "$1" ||
        batslib_print_kv_single_or_multi 8 file "$1" pattern "$2" \
            holds "$(cat "$1")" | batslib_decorate 'no such line' | fail
}

# assert_no_error FILE
assert_no_error() {
    run grep ': error ' "$1"
    assert_failure 1
}

# assert_took SECONDS EVENTS: at most so long, by its own clock.
assert_took() {
    run jq -e --argjson most "$1" 'select(.event == "end") |
        .duration <= $most' "$2"
    assert_success
}

# A fragment of a server that restarted; its peer knows nothing of it.
fragment='a=ice-options:trickle\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r
a=ice-ufrag:newu\r\na=ice-pwd:newpasswordnewpassword00\r
a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r
a=end-of-candidates\r\n'
fragment=${fragment//$'\n'/\\n}
restarted='{"status": 200, "body": "'$fragment'", "headers": {"ETag": "\"b\"",
    "Content-Type": "application/trickle-ice-sdpfrag"}}'

# Candidates that lead nowhere in place of the peer's.
nowhere='[["^a=candidate.*\r\n", ""], ["^a=end-of-candidates",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n\\g<0>"]]'
