#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Runs every example of the manuals as it is printed there.
#
# An example is a literal block (.Bd -literal ... .Ed) of the section EXAMPLES;
# the comment line `.\" test: COMMAND' behind it says what must hold afterwards,
# and an example without one is an error. Both run in a new folder that holds
# clip.ivf (VP8), clip.h264 and clip.ogg (Opus), two seconds each. $URL is a
# WHIP endpoint that leaves what it was sent in published.ivf; what is published
# at $WHIP can be played at $WHEP, and for conformance $WHIP is one that keeps
# RFC 9725 to the letter. A block that begins with a C comment is kept as
# example.c, for its test to compile. What is run by ssh runs here.
#
# The tools are told nothing about the network: two processes of one machine
# find each other by any address it has.

bats_require_minimum_version 1.5.0

top_srcdir=${top_srcdir:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
top_builddir=${top_builddir:-$PWD}
export top_srcdir top_builddir

setup_file() {
    export PATH=$BATS_FILE_TMPDIR/bin:$top_builddir:$PATH
    export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy # players show nothing
    cd "$BATS_FILE_TMPDIR" || return
    mkdir bin clips
    make_clips
    write_ssh > bin/ssh
    chmod +x bin/ssh
    declare -f same_pictures same_sound has_pictures compile > checks
    write_runner > run-example
    write_whip_server > whip-server
}

make_clips() {
    local video='testsrc2=size=320x240:rate=25:duration=2'

    ffmpeg -v error -f lavfi -i "$video" -c:v libvpx -deadline realtime \
        clips/clip.ivf
    ffmpeg -v error -f lavfi -i "$video" -c:v libx264 -preset ultrafast -bf 0 \
        -pix_fmt yuv420p clips/clip.h264
    ffmpeg -v error -f lavfi -i sine=duration=2 -c:a libopus clips/clip.ogg
}

# ---- what the test lines of the manuals may say -----------------------------

# Both files decode to the same pictures.
same_pictures() {
    local file

    for file in "$1" "$2"; do
        ffmpeg -v error -i "$file" -fps_mode passthrough -map 0:v \
            -f framemd5 - | grep -v '^#' | cut -d , -f 6 > "$file.pictures"
    done
    test -s "$1.pictures" && cmp "$1.pictures" "$2.pictures"
}

# Both files hold the same audio packets.
same_sound() {
    local file

    for file in "$1" "$2"; do
        ffmpeg -v error -i "$file" -map 0:a -c copy -f framemd5 - |
            grep -v '^#' | cut -d , -f 6 > "$file.packets"
    done
    test -s "$1.packets" && cmp "$1.packets" "$2.packets"
}

# The file decodes without a complaint, to at least so many pictures.
has_pictures() {
    ffmpeg -v error -xerror -i "$1" -fps_mode passthrough -f framemd5 - \
        > "$1.pictures" && [ "$(grep -vc '^#' "$1.pictures")" -ge "$2" ]
}

# Builds ./example of example.c against the library as it was built.
compile() {
    local flags

    flags=$(sed -n 's/^hard_CFLAGS = //p' "$top_builddir/Makefile" |
        tr ' ' '\n' | grep '^-fsanitize=' || true)
    mkdir -p include
    ln -s "$top_srcdir/lib" include/rtcpipe
    # shellcheck disable=SC2086 # several words
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror $flags -Iinclude example.c \
        -o example -L"$top_builddir/.libs" -lrtcpipe \
        -Wl,-rpath,"$top_builddir/.libs"
}

# ---- running ----------------------------------------------------------------

# Usage: run-example NAME, in the folder with NAME.sh and NAME.test.
write_runner() {
    cat <<'EOF'
set -eu -o pipefail
. ../checks
mkdir "$1" && cd "$1"
ln -s ../../clips/clip.* .
trap 'kill $(jobs -p) 2> kill.log || true' EXIT
servers=
if grep -q '\$URL' "../$1.sh"; then
    mkfifo url
    python3 ../../whip-server > url &
    read -r URL < url
fi
if grep -q '\$STUN' "../$1.sh"; then
    mkfifo stun
    python3 "$top_srcdir/tests/cli/stun.py" > stun &
    servers="$servers $!"
    read -r STUN < stun
fi
if grep -q '\$TURN' "../$1.sh"; then
    mkfifo turn
    python3 "$top_srcdir/tests/cli/turn.py" > turn &
    servers="$servers $!"
    read -r TURN < turn
fi
if grep -q 'conformance.*\$WHIP' "../$1.sh"; then
    mkfifo whip
    echo '{"trickle": true}' > script.json
    python3 "$top_srcdir/tests/whip/server.py" \
        --script script.json http > whip &
    servers="$servers $!"
    read -r WHIP < whip
    WHIP=http://127.0.0.1:$WHIP/conform/nothing/real-whip
elif grep -q '\$WH[IE]P' "../$1.sh"; then
    mkfifo relay
    "$top_builddir/tests/whip/relay" > relay &
    servers="$servers $!"
    read -r port < relay
    WHIP=http://127.0.0.1:$port/whip WHEP=http://127.0.0.1:$port/whep
fi
case $(head -c 2 "../$1.sh") in
'/*') cp "../$1.sh" example.c ;;
*) . "../$1.sh" ;;
esac
for job in $(jobs -p); do
    case " $servers " in
    *" $job "*) ;;
    *) wait "$job" ;;
    esac
done
. "../$1.test"
EOF
}

# Usage: ssh HOST COMMAND..., as far as the examples need it: its output stays
# open until the command has ended.
write_ssh() {
    cat <<'EOF'
#!/bin/sh
shift
sh -c "$*"
EOF
}

# A WHIP endpoint for one session: the answer is rtc-answer's.
write_whip_server() {
    cat <<'EOF'
import http.server
import subprocess
import threading


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.headers["Content-Type"] == "application/sdp"
        offer = self.rfile.read(int(self.headers["Content-Length"]))
        answer = subprocess.run(
            ["rtc-answer", "-s", "server.session"],
            input=offer, stdout=subprocess.PIPE, check=True).stdout
        self.send_response(201)
        self.send_header("Content-Type", "application/sdp")
        self.send_header("Location", "/session")
        self.end_headers()
        self.wfile.write(answer)

    def do_DELETE(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Endpoint)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.handle_request()
end = threading.Thread(target=server.handle_request, daemon=True)
end.start()
subprocess.run(
    ["rtc-recv", "-s", "server.session", "-o", "published.ivf"], check=True)
end.join(1)  # curl does not delete
EOF
}

# Writes the examples of a manual to 1.sh, 1.test, 2.sh and so on.
extract() {
    awk '
    /^\.Sh / { examples = $2 == "EXAMPLES" }
    examples && /^\.Bd -literal/ { count++; literal = 1; next }
    /^\.Ed/ { literal = 0 }
    literal {
        gsub(/\\&/, "")
        gsub(/\\e/, "\\")
        print > (count ".sh")
    }
    examples && sub(/^\.\\" test: /, "") { print > (count ".test") }' "$1"
}

# Runs all examples of a manual side by side.
run_examples() {
    local page=$1 failed=0 script name

    mkdir "$BATS_FILE_TMPDIR/$page"
    cd "$BATS_FILE_TMPDIR/$page" || return
    extract "$top_srcdir/man/$page"
    test -e 1.sh
    for script in *.sh; do
        name=${script%.sh}
        (timeout 20 bash ../run-example "$name" && : > "$name.passed") \
            > "$name.log" 2>&1 3>&- < /dev/null &
    done
    wait
    for script in *.sh; do
        name=${script%.sh}
        [ -e "$name.passed" ] && [ -e "$name.test" ] && continue
        echo "example $name of $page:"
        cat "$script" "$name.test" "$name.log"
        failed=1
    done
    return "$failed"
}

@test "rtc-offer(1): examples" {
    run_examples rtc-offer.1
}

@test "rtc-answer(1): examples" {
    run_examples rtc-answer.1
}

@test "rtc-send(1): examples" {
    run_examples rtc-send.1
}

@test "rtc-recv(1): examples" {
    run_examples rtc-recv.1
}

@test "rtc-probe(1): examples" {
    run_examples rtc-probe.1
}

@test "rtc-probe-conformance(1): examples" {
    run_examples rtc-probe-conformance.1
}

@test "rtc-probe-host(1): examples" {
    run_examples rtc-probe-host.1
}

@test "rtc-probe-loop(1): examples" {
    run_examples rtc-probe-loop.1
}

@test "rtc-probe-nat(1): examples" {
    run_examples rtc-probe-nat.1
}

@test "rtc-probe-peer(1): examples" {
    run_examples rtc-probe-peer.1
}

@test "rtc-probe-sdp(1): examples" {
    run_examples rtc-probe-sdp.1
}

@test "rtc-probe-stun(1): examples" {
    run_examples rtc-probe-stun.1
}

@test "rtc-probe-turn(1): examples" {
    run_examples rtc-probe-turn.1
}

@test "rtc-probe-whip(1): examples" {
    run_examples rtc-probe-whip.1
}

@test "rtcpipe(7): examples" {
    run_examples rtcpipe.7
}

@test "rtcpipe-events(5): examples" {
    run_examples rtcpipe-events.5
}

# Every event with the names of its fields, a line each: `pair: local.port ...'.
# The options of a start event are listed by the tools' own manuals.
shapes() {
    jq -r 'del(.options)
        | ([paths | map(strings) | join(".")] | unique) as $fields
        | "\(.event): \($fields | join(" "))"' | sort -u
}

@test "rtcpipe-events(5): the lines shown have the fields the tools write" {
    cd "$BATS_TEST_TMPDIR"
    ln -s "$BATS_FILE_TMPDIR/clips/clip.ivf" .
    awk '/^\.Sh/ { shown = $2 == "DESCRIPTION" } /^\.Ed/ { literal = 0 }
        shown && literal { gsub(/\\e/, "\\"); print }
        /^\.Bd -literal/ { literal = 1 }' "$top_srcdir/man/rtcpipe-events.5" |
        shapes > shown
    timeout 20 rtc-send clip.ivf --events sent.jsonl \
        --signal 'rtc-recv --signal - -o out.ivf --events received.jsonl'
    run -20 rtc-recv --signal false --events failed.jsonl -o out.ivf
    cat sent.jsonl received.jsonl failed.jsonl | shapes > written
    cut -d : -f 1 written > events
    for event in start candidate track ice pair dtls first_packet \
        first_keyframe error end; do
        grep -qx "$event" events
    done
    # Totals have no line in the manual: their fields have to be named there.
    comm -13 shown written | grep -Ev '^(end|interval): ' > different || true
    cat different
    test ! -s different
    # Those that did not happen here: what they are made of is in the source.
    grep -vE "^($(paste -sd '|' events)): " shown | tr -s ' .:' '\n' |
        sort -u > unseen
    cat "$top_srcdir"/cmd/*.c | grep -Eo '"\w+"' | tr -d '"' | sort -u |
        comm -23 unseen - > unknown
    cat unknown
    test ! -s unknown
    mandoc -T ascii "$top_srcdir/man/rtcpipe-events.5" |
        sed "s/.$(printf '\b')//g" | grep -Eo '\w+' | sort -u > words
    jq -r 'select(.event == "end") | paths | .[] | strings' ./*.jsonl |
        sort -u | comm -23 - words > missing
    cat missing
    test ! -s missing
}

@test "librtcpipe(3): the program compiles and runs" {
    run_examples librtcpipe.3
}
