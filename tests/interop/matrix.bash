# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# One cell of the matrix: a peer, who offers, which way the media goes, a codec.
# Every driver speaks the same command line,
#
#     DRIVER --offer|--answer --send|--recv --codec vp8|h264|opus
#            [--seconds S] [--report FILE] [--clip FILE]
#
# has the descriptions on stdin and stdout, each ended by end of file, sends for
# S seconds once connected, or receives until we end but at most so long, and
# reports { packets, frames, errors } or { unsupported } and exits with 77.
# --clip is for a driver that has no encoder.

# shellcheck source=helper.bash
load helper

SEND_S=1.5   # of media in each cell,
VIDEO_FPS=30 # of this many frames and
AUDIO_FPS=50 # packets a second
LIMIT_S=20   # of one cell

# ---- the peers --------------------------------------------------------------

# Prints why the peer cannot be here, or nothing.
missing_peer() { # PEER
    local tool
    for tool in ffmpeg ffprobe jq; do
        command -v "$tool" >/dev/null || { echo "no $tool"; return; }
    done
    "missing_$1"
}

missing_chromium() {
    if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
        echo "chromium is not installed"
    elif ! command -v node >/dev/null; then
        echo "no node"
    elif [ ! -d "$interop/node_modules/playwright-core" ]; then
        echo "no playwright-core: run npm install in tests/interop"
    fi
}

missing_firefox() {
    if [ ! -x "${FIREFOX:-/usr/bin/firefox-esr}" ] &&
        [ ! -x /usr/bin/firefox ]; then
        echo "firefox is not installed"
    elif ! command -v node >/dev/null; then
        echo "no node"
    fi
}

missing_aiortc() {
    /usr/bin/python3 -I -c 'import aiortc' 2>/dev/null ||
        echo "python3-aiortc is not installed"
}

missing_pion() {
    if [ ! -x /usr/bin/go ]; then
        echo "golang-go is not installed"
    elif [ ! -d /usr/share/gocode/src/github.com/pion/webrtc ]; then
        echo "golang-github-pion-webrtc.v3-dev is not installed"
    fi
}

missing_gstreamer() {
    /usr/bin/python3 "$interop/gstreamer.py" --missing
}

# Prints the command of the peer's driver, for a shell.
driver_of() { # PEER
    case $1 in
    chromium | firefox)
        echo "env BROWSER_SERVER=$(cat "$servers/$1")" \
            "node '$interop/$1.mjs'" ;;
    pion) echo "'$servers/pion'" ;;
    *) echo "/usr/bin/python3 '$interop/$1.py'" ;;
    esac
}

# What is needed once for all cells of the peer: a running browser, whose
# address is in $servers/PEER, or a program there.
start_peer() { # PEER
    case $1 in
    chromium | firefox) start_browser "$1" ;;
    pion) [ -x "$servers/pion" ] || build_pion ;;
    esac
}

start_browser() { # PEER
    local end=$((SECONDS + 40))
    [ ! -e "$servers/$1" ] || return 0
    TMPDIR=$BATS_FILE_TMPDIR node "$interop/$1.mjs" \
        --serve "$servers/$1" >"$servers/$1.log" 2>&1 3>&- &
    echo $! >"$servers/$1.pid"
    until [ -e "$servers/$1" ]; do
        [ $SECONDS -lt $end ] && kill -0 "$(cat "$servers/$1.pid")" ||
            fail_with "$1 did not start" "$servers/$1.log" || return
        sleep 0.05
    done
}

# Debian's sources, without a module proxy: a path of version 3 is found by
# sources in a GOPATH that have a go.mod.
build_pion() {
    mkdir -p "$servers/go/src/peer"
    cp "$interop/pion.go" "$servers/go/src/peer/main.go"
    echo 'module peer' >"$servers/go/src/peer/go.mod"
    env GO111MODULE=off GOFLAGS= GOPATH="$servers/go:/usr/share/gocode" \
        GOCACHE="${GOCACHE:-$servers/go/cache}" CGO_ENABLED=0 \
        GOTOOLCHAIN=local /usr/bin/go build -o "$servers/pion" peer \
        >"$servers/pion.log" 2>&1 ||
        fail_with "pion.go does not build" "$servers/pion.log"
}

stop_peers() {
    local file
    for file in "$servers"/*.pid; do
        [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
    done
}

# ---- clips ------------------------------------------------------------------

# Small, and with many key frames: a peer that comes late is not to wait.
make_cell_clips() { # DIRECTORY
    ffmpeg -nostdin -v error -y \
        -f lavfi -i "testsrc2=size=320x240:rate=$VIDEO_FPS:duration=$SEND_S" \
        -f lavfi -i "sine=frequency=440:duration=$SEND_S" \
        -map 0 -c:v libvpx -deadline realtime -cpu-used 8 -b:v 400k -g 15 \
        -f ivf "$1/clip.vp8" \
        -map 0 -c:v libx264 -preset ultrafast -tune zerolatency \
        -profile:v baseline -b:v 400k -g 15 -f h264 "$1/clip.h264" \
        -map 1 -c:a libopus -ac 2 -b:a 48k -page_duration 20000 -f ogg \
        "$1/clip.opus"
}

# ---- both ends --------------------------------------------------------------

# we_offer TOOL...: the driver answers as its --signal command.
we_offer() {
    timeout "$LIMIT_S" "$@" --signal "exec $driver --answer $driver_options" \
        2>tool.log
}

# they_offer TOOL...: both have descriptions on stdin and stdout. The FIFOs are
# opened inside of timeout, which would hold them open.
they_offer() {
    local pid status=0
    mkfifo to_peer to_tool
    # shellcheck disable=SC2016,SC2086 # expanded by the inner shells
    timeout "$LIMIT_S" sh -c "exec $driver --offer $driver_options" \
        >to_tool <to_peer 2>peer.log 3>&- &
    pid=$!
    # shellcheck disable=SC2016 # expanded by the inner shell
    timeout "$LIMIT_S" sh -c 'exec "$@" <to_tool >to_peer' sh \
        "$@" --signal - --answer 2>tool.log || status=$?
    wait "$pid" || status=$((status ? status : 1))
    return "$status"
}

# The tool of the direction, its media and what it needs.
tool_for() { # they_send|they_receive CODEC
    local kind=--video
    [ "$2" != opus ] || kind=--audio
    if [ "$1" = they_send ]; then
        tool=(rtc-recv $kind "$2" --output "$recording" --time 4s)
        driver_options="--send --seconds $SEND_S"
    else
        tool=(rtc-send "$clip")
        driver_options="--recv --seconds 5"
    fi
    tool=("$top_builddir/${tool[0]}" --interface lo --events events.jsonl
        "${tool[@]:1}")
    driver_options+=" --codec $2 --clip '$clip' --report report.json"
}

# ---- what came --------------------------------------------------------------

reported() { # JQ-PATH
    jq -r "$1" report.json
}

# Of the clip all frames but a few at the beginning and the end are decoded.
they_received() { # CODEC
    local all
    all=$(packet_count "$clip")
    between "packets that came" "$(reported .packets)" $((all * 9 / 10)) 9999
    between "frames decoded" "$(reported .frames)" $((all * 8 / 10)) \
        $((all * 11 / 10))
}

# What they sent is recorded but for a beginning without a key frame.
we_received() { # CODEC
    local sent recorded
    sent=$(reported .frames)
    recorded=$(packet_count "$recording")
    between "frames sent" "$sent" $((expected * 7 / 10)) $((expected * 14 / 10))
    between "frames recorded" "$recorded" $((sent * 8 / 10)) $((sent + 8))
    [ "$1" = opus ] || starts_with_key_frame "$recording"
    decodes_silently "$recording"
}

# ---- a cell -----------------------------------------------------------------

# The test's name says which: `PEER WHO offer, they DO, CODEC`.
cell() {
    local peer who direction codec
    [[ $BATS_TEST_DESCRIPTION =~ ^(.+)\ (we|they)\ offer,\ they\ (.+),\ (.+)$ ]]
    peer=${BASH_REMATCH[1]} who=${BASH_REMATCH[2]}_offer
    direction=they_${BASH_REMATCH[3]} codec=${BASH_REMATCH[4],,}
    codec=${codec//./}
    run_cell
}

run_cell() {
    local tool driver driver_options expected fps=$VIDEO_FPS status=0
    local clip=$BATS_FILE_TMPDIR/clip.$codec recording=recording.$codec
    [ "$codec" != opus ] || fps=$AUDIO_FPS
    expected=$(awk "BEGIN { print int($SEND_S * $fps) }")
    skip_where "$(missing_peer "$peer")"
    start_peer "$peer"
    driver=$(driver_of "$peer")
    tool_for "$direction" "$codec"
    "$who" "${tool[@]}" || status=$?
    skip_where "$(reported '.unsupported // ""' 2>/dev/null)"
    [ "$status" = 0 ] || fail_with "status $status" ./*.log
    reported 'del(.samples) | tojson'
    [ "$(reported '.errors | length')" = 0 ]
    if [ "$direction" = they_send ]; then
        we_received "$codec"
    else
        they_received "$codec"
    fi
}

skip_where() { # REASON
    [ -z "$1" ] || { echo "$1" >reason && skip "$1"; }
}

# ---- the whole --------------------------------------------------------------

# Notes how the test's cell ended.
note_cell() {
    local result=FAIL
    [ -z "${BATS_TEST_COMPLETED:-}" ] || result=ok
    [ ! -s reason ] || result="- ($(cat reason))"
    echo "$BATS_TEST_DESCRIPTION: $result" >>"$BATS_FILE_TMPDIR/results"
}

# One row a peer, and what the empty cells want for.
print_matrix() {
    awk -f "$interop/matrix.awk" "$BATS_FILE_TMPDIR/results" | sed 's/^/# /' >&3
}
