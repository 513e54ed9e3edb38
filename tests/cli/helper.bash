# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of the tools share. They run the real binaries of
# $top_builddir on the loopback interface; `make check` sets it, by hand:
#
#     top_builddir=$PWD/build bats tests/cli
#
# Nothing here sleeps to be right: a test waits for a line, a file or an exit,
# and every wait has an end.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${top_srcdir:=$here/../..}"
: "${top_builddir:=$top_srcdir}"
media=$top_srcdir/tests/vectors/media
PATH=$(cd "$top_builddir" && pwd):$PATH

LIMIT=${RTC_TEST_LIMIT:-60} # seconds any one command may take
LO=(--interface lo)

# Skips a file's tests where the binaries were not built.
need_tools() {
    local tool
    for tool in "$@"; do
        [ -n "$(command -v "$tool")" ] || skip "$tool is not here"
    done
}

# ---- processes in the background -------------------------------------------

# start NAME COMMAND...: runs it. NAME.out, NAME.err and, when it ended,
# NAME.status are its traces; its stdin is this function's.
start() {
    local name=$1
    shift
    rm -f "$name.pid" "$name.status"
    {
        # INT as its default: a shell lets its background ignore it.
        timeout -k 2 "$LIMIT" env --default-signal=INT,QUIT sh -c \
            'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' \
            "$name.pid" "$@" >"$name.out" 2>"$name.err" &&
            echo 0 >"$name.status.new" || echo $? >"$name.status.new"
        mv "$name.status.new" "$name.status"
    } <&0 3>&- &
}

# finish NAME [STATUS]: waits for its end, which must be with STATUS (0).
finish() {
    wait_for_file "$1.status"
    if [ "$(cat "$1.status")" != "${2:-0}" ]; then
        batslib_print_kv_single 8 process "$1" expected "${2:-0}" \
            status "$(cat "$1.status")" stderr "$(tail -n 20 "$1.err")" |
            batslib_decorate 'ended otherwise than expected' | fail
    fi
}

# signal_to NAME SIGNAL
signal_to() {
    wait_for_file "$1.pid"
    kill "-$2" "$(cat "$1.pid")"
}

# Ends what a failed test left running.
end_started() {
    local pid
    for pid in "$1"/*.pid "$1"/*/*.pid; do
        [ -e "$pid" ] && [ ! -e "${pid%.pid}.status" ] || continue
        kill -KILL "$(cat "$pid")" 2>/dev/null || true
    done
}

# wait_until SECONDS COMMAND...: until the command succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "waited in vain for: $*"
        sleep 0.05
    done
}

wait_for_file() {
    wait_until "$((LIMIT + 5))" test -s "$1"
}

# wait_for_line FILE PATTERN
wait_for_line() {
    wait_until "$LIMIT" grep -qs -e "$2" "$1"
}

# free_ports COUNT: on 127.0.0.1, nobody's over UDP and TCP. They are below
# those that the kernel gives to who asks for any, so that nobody has them soon.
free_ports() {
    python3 - "$1" <<'END'
import random, socket, sys
kept, free = [], []
while len(free) < int(sys.argv[1]):
    port = random.randrange(10000, 30000)
    try:
        for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
            kept.append(socket.socket(type=kind))
            kept[-1].bind(("127.0.0.1", port))
        free.append(port)
    except OSError:
        pass
print(*free)
END
}

# tries COMMAND...: it succeeds, at the third try at the latest: another
# process's load must not look like ours. (In it no command's failure ends
# anything: join them by &&.)
tries() {
    "$@" || "$@" || "$@"
}

# ---- media -----------------------------------------------------------------

# make_clips DIRECTORY SECONDS: clip.ivf, clip.h264 and clip.ogg, 640x360 at 30
# frames a second and Opus of 20 ms.
make_clips() {
    mkdir -p "$1"
    timeout "$LIMIT" ffmpeg -nostdin -v error -y \
        -f lavfi -i "testsrc2=size=640x360:rate=30:duration=$2" \
        -f lavfi -i "sine=frequency=440:duration=$2" \
        -map 0 -c:v libvpx -deadline realtime -cpu-used 8 -b:v 800k -g 60 \
        "$1/clip.ivf" \
        -map 0 -c:v libx264 -preset ultrafast -tune zerolatency -g 60 \
        -b:v 800k "$1/clip.h264" \
        -map 1 -c:a libopus -ac 2 -b:a 64k -page_duration 20000 "$1/clip.ogg"
}

# The codec a clip's ending stands for.
codec_of() {
    case $1 in
    *.ivf) echo vp8 ;;
    *.h264) echo h264 ;;
    *.ogg) echo opus ;;
    esac
}

# `--video CODEC` or `--audio CODEC` for a clip.
track_of() {
    case $1 in
    *.ogg) echo --audio opus ;;
    *) echo --video "$(codec_of "$1")" ;;
    esac
}

# Size and hash of each frame, one a line.
frames() {
    timeout "$LIMIT" ffmpeg -nostdin -v error -i "$1" -map 0 -c copy \
        -f framemd5 - | awk -F, '!/^#/ { gsub(/ /, ""); print $5, $6 }'
}

# Times between the packets of a file.
steps() {
    timeout "$LIMIT" ffprobe -v error -show_entries packet=pts -of csv=p=0 \
        "$1" | awk -F, 'NF && n++ { print $1 - last } NF { last = $1 }'
}

assert_playable() {
    run timeout "$LIMIT" ffmpeg -nostdin -v error -i "$1" -f null -
    assert_success
    assert_output ''
}

# assert_same_frames SENT RECEIVED: all of them, in order, unchanged.
assert_same_frames() {
    frames "$1" >"$2.sent"
    frames "$2" >"$2.frames"
    assert [ -s "$2.frames" ]
    run diff "$2.sent" "$2.frames"
    assert_success
}

# assert_first_frames SENT RECEIVED LEAST: at least so many, in order,
# unchanged, from the first one on; sets `count`.
assert_first_frames() {
    frames "$1" >"$2.sent"
    frames "$2" >"$2.frames"
    count=$(wc -l <"$2.frames")
    assert [ "$count" -ge "$3" ]
    run diff <(head -n "$count" "$2.sent") "$2.frames"
    assert_success
}

# ---- what JSON says ----------------------------------------------------------

# judge [JQ OPTION]... FILTER [FILE]...: all that the filter says of each file,
# or of stdin, holds. If not, the parts of it that do not are named.
judge() {
    local options=() filter said count
    while [[ $1 == -* ]]; do
        count=1
        [[ $1 != --* ]] || count=3 # --arg and its like
        options+=("${@:1:count}")
        shift "$count"
    done
    filter=$1
    shift
    [ $# -gt 0 ] || { cat >judged.json && set -- judged.json; }
    said=$(jq "${options[@]}" "[$filter] | length > 0 and all" "$@") || said=
    [[ -n $said && $said != *false* ]] ||
        fail "$(python3 "$here/wrong_part.py" "$filter" "${options[@]}" "$@"
            cat "$@")"
}

# ---- meeting ---------------------------------------------------------------

# negotiate OPTION...: a.session with `answer` for the sender, b.session for the
# receiver.
negotiate() {
    timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" "$@" >offer
    timeout "$LIMIT" rtc-answer -s b.session "${LO[@]}" <offer >answer
}

# The command that receives, for `rtc-send --signal`.
receive_command() {
    echo "exec rtc-recv --signal - --interface lo $* 2>recv.err"
}

# stun_server NAME [WORD]...: starts stun.py; its address is $ADDRESS.
stun_server() {
    start "$1" python3 "$top_srcdir/tests/cli/stun.py" "${@:2}" </dev/null
    wait_for_line "$1.out" ':'
    # shellcheck disable=SC2034 # the tests'
    ADDRESS=$(head -n 1 "$1.out")
}

# ---- errors ----------------------------------------------------------------

# assert_one_error FILE TOOL NAME PATTERN: FILE holds exactly one error line, of
# that name, and its sentence matches.
assert_one_error() {
    run cat "$1"
    assert_line --regexp "^$2: error $3: .*$4"
    run grep -c ': error ' "$1"
    assert_output 1
}

# refused STATUS TOOL NAME PATTERN COMMAND...: the command ends with STATUS and
# that one error; stdin is this function's.
refused() {
    local status_wanted=$1 tool=$2 name=$3 pattern=$4
    shift 4
    run --separate-stderr timeout -k 2 "$LIMIT" "$@"
    if [ "$status" -ne "$status_wanted" ]; then
        batslib_print_kv_single 8 command "$*" expected "$status_wanted" \
            status "$status" stderr "$stderr" |
            batslib_decorate 'ended otherwise than expected' | fail
    fi
    printf '%s\n' "$stderr" >refused.err
    assert_one_error refused.err "$tool" "$name" "$pattern"
}

# ---- what every tool has ---------------------------------------------------

# assert_help TOOL OPTION...: --help is on stdout, fits a terminal, and tells of
# each option when asked for all.
assert_help() {
    local tool=$1 option
    shift
    run timeout "$LIMIT" "$tool" --help
    assert_success
    assert [ "${#lines[@]}" -le 24 ]
    run --separate-stderr timeout "$LIMIT" "$tool" --help all
    assert_success
    assert_equal "$stderr" ''
    assert_line --index 0 --regexp "^Usage: $tool "
    for option in "$@" --quiet --verbose --help --version; do
        assert_line --regexp "^ +(-., )?$option( |\$)"
    done
    run awk 'length > 79' <<<"$output"
    assert_output ''
}

# assert_version TOOL: the first line names it, the others its libraries.
assert_version() {
    run --separate-stderr timeout "$LIMIT" "$1" --version
    assert_success
    assert_equal "$stderr" ''
    assert_line --index 0 --regexp "^$1 \(rtcpipe\) [0-9]+\.[0-9]+"
    assert_line --regexp '^libevent [0-9]'
    assert_line --regexp '^jansson [0-9]'
}

# assert_stdout_checked TOOL: a help that cannot be written is a failure.
assert_stdout_checked() {
    refused 6 "$1" output 'No space' sh -c "$1 --help >/dev/full"
}
