# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# One cell of the matrix: a peer, who offers, which way the media goes, a codec.
# Every driver speaks the same command line,
#
#     DRIVER --offer|--answer --send|--recv --codec vp8|h264|h265|opus
#            [--seconds S] [--report FILE] [--clip FILE]
#
# has the descriptions on stdin and stdout, each ended by end of file, sends for
# S seconds once connected, or receives until we end but at most so long, and
# reports { packets, frames, errors } or { unsupported } and exits with 77.
# --clip is for a driver that has no encoder.

# The file's tests share one directory, $servers, for what start_peer makes.

# shellcheck source=helper.bash
load helper

: "${servers:=}" # exported by setup_file

SEND_S=1.5   # of media in each cell,
VIDEO_FPS=30 # of this many frames and
AUDIO_FPS=50 # packets a second
LIMIT_S=40   # of one cell, where the machine is busy

# ---- the peers --------------------------------------------------------------

# Prints why the peer cannot be here, or nothing; looks once.
missing_peer() { # PEER
    local answer=$servers/$1.missing
    [ -e "$answer" ] || {
        missing_tool
        "missing_$1"
    } >"$answer"
    head -n 1 "$answer"
}

missing_tool() {
    local tool
    for tool in ffmpeg ffprobe jq; do
        command -v "$tool" >/dev/null || echo "no $tool"
    done
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

missing_gstreamer() {
    /usr/bin/python3 -B "$interop/gstreamer.py" --missing ||
        echo "no /usr/bin/python3"
}

# Prints the command of the peer's driver, for a shell.
driver_of() { # PEER
    case $1 in
    chromium | firefox)
        echo "env BROWSER_SERVER=$(cat "$servers/$1")" \
            "node '$interop/$1.mjs'" ;;
    pion) echo "'$servers/pion'" ;;
    *) echo "/usr/bin/python3 -B '$interop/$1.py'" ;;
    esac
}

# What is needed once for all cells of the peer: a running browser, whose
# address is in $servers/PEER, or a program there.
start_peer() { # PEER
    case $1 in
    chromium | firefox) start_browser "$1" ;;
    pion) [ -x "$servers/pion" ] || build_pion pion.go "$servers/pion" ;;
    esac
}

start_browser() { # PEER
    local end=$((SECONDS + 40))
    [ ! -e "$servers/$1" ] || return 0
    node "$interop/$1.mjs" \
        --serve "$servers/$1" >"$servers/$1.log" 2>&1 3>&- &
    echo $! >"$servers/$1.pid"
    until [ -e "$servers/$1" ]; do
        [ $SECONDS -lt $end ] && kill -0 "$(cat "$servers/$1.pid")" ||
            fail_with "$1 did not start" "$servers/$1.log" || return
        sleep 0.05
    done
}

stop_peers() {
    local file
    # Of a test that was not asked for.
    for file in "$BATS_FILE_TMPDIR"/cells/*; do
        [ ! -d "$file" ] || await_cell "$file" || true
    done
    for file in "$servers"/*.pid; do
        [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
    done
}

# ---- clips ------------------------------------------------------------------

# Small, and with many key frames: a peer that comes late is not to wait. The
# H.264 is of one slice a frame and has no SEI, which Pion's reader leaves out.
make_cell_clips() { # DIRECTORY
    ffmpeg -nostdin -v error -y \
        -f lavfi -i "testsrc2=size=320x240:rate=$VIDEO_FPS:duration=$SEND_S" \
        -f lavfi -i "sine=frequency=440:duration=$SEND_S" \
        -map 0 -c:v libvpx -deadline realtime -cpu-used 8 -b:v 400k -g 15 \
        -f ivf "$1/clip.vp8" \
        -map 0 -c:v libx264 -preset ultrafast -tune zerolatency \
        -x264-params sliced-threads=0 -profile:v baseline -b:v 400k -g 15 \
        -bsf:v filter_units=remove_types=6 -f h264 "$1/clip.h264" \
        -map 0 -c:v libx265 -preset ultrafast -tune zerolatency \
        -x265-params bframes=0:log-level=error -b:v 400k -g 15 -f hevc \
        "$1/clip.h265" \
        -map 1 -c:a libopus -ac 2 -b:a 48k -page_duration 20000 -f ogg \
        "$1/clip.opus"
}

# ---- both ends --------------------------------------------------------------

# we_offer DRIVER TOOL...: the driver answers as its --signal command.
we_offer() {
    local driver=$1
    shift
    timeout "$LIMIT_S" "$@" --signal "exec $driver --answer" 2>tool.log
}

# they_offer DRIVER TOOL...: both have descriptions on stdin and stdout. The
# FIFOs are opened inside of timeout, which would hold them open.
they_offer() {
    local driver=$1 pid status=0
    shift
    mkfifo to_peer to_tool
    timeout "$LIMIT_S" sh -c \
        "exec $driver --offer >to_tool <to_peer 2>peer.log" &
    pid=$!
    # shellcheck disable=SC2016 # expanded by the inner shell
    timeout "$LIMIT_S" sh -c 'exec "$@" <to_tool >to_peer' sh \
        "$@" --signal - --answer 2>tool.log || status=$?
    wait "$pid" || status=$((status ? status : 1))
    return "$status"
}

# One cell in the directory we are in: what either end said is in *.log.
play() { # PEER WHO DIRECTION CODEC
    local kind=--video clip=$BATS_FILE_TMPDIR/clip.$4 tool driver
    driver="$(driver_of "$1") --codec $4 --clip '$clip' --report report.json"
    [ "$4" != opus ] || kind=--audio
    if [ "$3" = they_send ]; then
        driver+=" --send --seconds $SEND_S"
        # They end; GStreamer does so without a word.
        tool=("$top_builddir/rtc-recv" --output "recording.$4" --time 2500ms
            "$kind" "$4")
    else
        driver+=" --recv --seconds 5"
        tool=("$top_builddir/rtc-send" "$clip")
    fi
    "$2" "$driver" "${tool[@]}" --interface lo -4 --events events.jsonl
}

# Plays it in the background, unless that was begun; ends with a file `status`.
start_cell() { # PEER WHO DIRECTION CODEC
    local cell="$BATS_FILE_TMPDIR/cells/$*"
    [ ! -d "$cell" ] || return 0
    mkdir -p "$cell"
    (
        cd "$cell" || exit
        status=0
        play "$@" || status=$?
        echo "$status" >status.new
        mv status.new status
    ) >"$cell/cell.log" 2>&1 3>&- &
}

await_cell() { # DIRECTORY
    local end=$((SECONDS + LIMIT_S + 5))
    until [ -s "$1/status" ]; do
        [ $SECONDS -lt $end ] || fail_with "the cell has no end" || return
        sleep 0.02
    done
}

# Cells of a peer go two at a time: a test begins the one behind its own, too.
# Marionette has one session.
start_next_cell() { # PEER WHO DIRECTION CODEC
    local who direction codec found=
    [ "$1" != firefox ] || return 0
    for who in we_offer they_offer; do
        for direction in they_send they_receive; do
            for codec in vp8 h264 h265 opus; do
                [ "$codec" != h265 ] || [ "$1" = gstreamer ] || continue
                [ -z "$found" ] || {
                    start_cell "$1" $who $direction $codec
                    return
                }
                [ "$who $direction $codec" != "$2 $3 $4" ] || found=1
            done
        done
    done
}

# ---- what came --------------------------------------------------------------

reported() { # JQ-PATH
    jq -r "$1" report.json
}

# Our totals of the one track.
we_say() { # JQ-PATH
    jq -r "select(.event == \"end\") | .tracks[0]$1" events.jsonl
}

# All of the clip leaves and nearly all comes. Of the frames not all have to be
# decoded: a machine that is busy drops those that are late.
they_receive_well() { # CODEC
    local all sent
    all=$(packet_count "$BATS_FILE_TMPDIR/clip.$1")
    sent=$(we_say .outbound.packetsSent)
    between "packets sent" "$sent" "$all" 9999
    between "packets that came" "$(reported .packets)" $((sent * 9 / 10)) 9999
    between "frames decoded" "$(reported .frames)" $((all * 6 / 10)) \
        $((all * 11 / 10))
}

# What they sent is recorded but for a beginning without a key frame.
they_send_well() { # CODEC
    local sent fps=$VIDEO_FPS
    [ "$1" != opus ] || fps=$AUDIO_FPS
    sent=$(reported .frames)
    # Browsers also probe the path with packets of padding, which are no frames;
    # Firefox counts but packets.
    [ "$1" != opus ] || [ "$sent" != "$(reported .packets)" ] ||
        sent=$((sent - $(we_say ' | .inbound.packetsReceived -
            .inbound.framesReceived')))
    between "frames sent a second" "$(jq "$sent / $SEND_S" <<<null)" \
        $((fps * 6 / 10)) $((fps * 14 / 10))
    between "frames received" "$(we_say .inbound.framesReceived)" \
        $((sent * 8 / 10)) $((sent + 8))
    between "frames recorded" "$(packet_count "recording.$1")" \
        $((sent * 8 / 10)) $((sent + 8))
    [ "$1" = opus ] || starts_with_key_frame "recording.$1"
    decodes_silently "recording.$1"
}

# ---- a cell -----------------------------------------------------------------

# The test's name says which: `PEER WHO offer, they DO, CODEC`.
cell() {
    local peer direction codec who
    [[ $BATS_TEST_DESCRIPTION =~ ^(.+)\ (we|they)\ offer,\ they\ (.+),\ (.+)$ ]]
    peer=${BASH_REMATCH[1]} who=${BASH_REMATCH[2]}_offer
    direction=they_${BASH_REMATCH[3]} codec=${BASH_REMATCH[4],,}
    codec=${codec//./}
    skip_where "$(missing_peer "$peer")"
    start_peer "$peer"
    set -- "$peer" "$who" "$direction" "$codec"
    start_cell "$@"
    start_next_cell "$@"
    await_cell "$BATS_FILE_TMPDIR/cells/$*"
    cd "$BATS_FILE_TMPDIR/cells/$*" || return
    judge "$direction" "$codec"
    # Pion does not encode: what comes is the clip.
    [ "$peer $direction" != "pion they_send" ] ||
        has_frames_of "$BATS_FILE_TMPDIR/clip.$codec" "recording.$codec"
}

judge() { # DIRECTION CODEC
    skip_where "$(reported '.unsupported // ""' 2>/dev/null)"
    [ "$(cat status)" = 0 ] || fail_with "status $(cat status)" ./*.log
    reported 'del(.samples) | tojson'
    [ "$(reported '.errors | length')" = 0 ]
    "$1_well" "$2"
}

skip_where() { # REASON
    [ -z "$1" ] || { echo "$1" >"$BATS_TEST_TMPDIR/reason" && skip "$1"; }
}

# ---- the whole --------------------------------------------------------------

# Notes how the test's cell ended.
note_cell() {
    local result=FAIL
    [ -z "${BATS_TEST_COMPLETED:-}" ] || result=ok
    [ ! -s "$BATS_TEST_TMPDIR/reason" ] ||
        result="- ($(cat "$BATS_TEST_TMPDIR/reason"))"
    echo "$BATS_TEST_DESCRIPTION: $result" >>"$BATS_FILE_TMPDIR/results"
}

# One row a peer, and what the empty cells want for.
print_matrix() {
    awk -f "$interop/matrix.awk" "$BATS_FILE_TMPDIR/results" | sed 's/^/# /' >&3
}
