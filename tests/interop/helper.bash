# SPDX-License-Identifier: MIT
#
# Shared by the interop tests: where things are, clips, and checks of what was
# recorded. top_srcdir and top_builddir come from make check.

: "${top_srcdir:=$BATS_TEST_DIRNAME/../..}"
: "${top_builddir:=$top_srcdir}"
# shellcheck disable=SC2034 # for those that load this
interop=$top_srcdir/tests/interop

# Prints why the test fails, and the ends of the files named; fails.
fail_with() { # SENTENCE [FILE]...
    printf '%s\n' "$1"
    shift
    [ $# -eq 0 ] || tail -n 20 "$@"
    return 1
}

# Inclusive; decimals are fine.
between() { # WHAT VALUE LOWEST HIGHEST
    awk -v v="$2" -v lowest="$3" -v highest="$4" 'BEGIN {
        exit !(v ~ /^-?[0-9.]+$/ && v + 0 >= lowest && v + 0 <= highest) }' ||
        fail_with "$1: $2, not between $3 and $4"
}

# ---- Pion -------------------------------------------------------------------

# Prints why nothing can be built with it, or nothing.
missing_pion() {
    if [ ! -x /usr/bin/go ]; then
        echo "golang-go is not installed"
    elif [ ! -d /usr/share/gocode/src/github.com/pion/webrtc ]; then
        echo "golang-github-pion-webrtc.v3-dev is not installed"
    fi
}

# Debian's sources, without a module proxy: a path of version 3 is found by
# sources in a GOPATH that have a go.mod. What was compiled stays in the build
# tree, for the next program.
build_pion() { # SOURCE PROGRAM
    local cache
    cache=$(cd "$top_builddir" && pwd)/tests/interop/go.cache
    mkdir -p "$2.path/src/peer" "$cache"
    cp "$interop/$1" "$2.path/src/peer/main.go"
    echo 'module peer' >"$2.path/src/peer/go.mod"
    env GO111MODULE=off GOFLAGS= GOPATH="$2.path:/usr/share/gocode" \
        GOCACHE="${GOCACHE:-$cache}" CGO_ENABLED=0 GOTOOLCHAIN=local \
        /usr/bin/go build -o "$2" peer >"$2.log" 2>&1 ||
        fail_with "$1 does not build" "$2.log"
}

# ---- clips ------------------------------------------------------------------

# Moving 640x360 at 30 frames a second, a key frame each two seconds.
make_video() { # CODEC SECONDS FILE
    local encoder
    case $1 in
    vp8) encoder="libvpx -deadline realtime -cpu-used 8 -f ivf" ;;
    vp9) encoder="libvpx-vp9 -deadline realtime -cpu-used 8 -f ivf" ;;
    av1) encoder="libaom-av1 -usage realtime -cpu-used 8 -f ivf" ;;
    h264) encoder="libx264 -preset veryfast -profile:v baseline -bf 0 -f h264"
        ;;
    esac
    # shellcheck disable=SC2086 # several words
    ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=640x360:rate=30 \
        -t "$2" -pix_fmt yuv420p -c:v $encoder -b:v 800k -g 60 "$3"
}

make_audio() { # CODEC SECONDS FILE
    local encoder
    case $1 in
    opus) encoder="libopus -b:a 32k -page_duration 20000 -f ogg" ;;
    g722) encoder="adpcm_g722 -ar 16000 -ac 1 -f wav" ;;
    pcmu) encoder="pcm_mulaw -ar 8000 -ac 1 -f wav" ;;
    pcma) encoder="pcm_alaw -ar 8000 -ac 1 -f wav" ;;
    esac
    # shellcheck disable=SC2086 # several words
    ffmpeg -nostdin -v error -y -f lavfi -i sine=sample_rate=48000 -t "$2" \
        -c:a $encoder "$3"
}

# ---- recordings -------------------------------------------------------------

packet_count() { # FILE
    ffprobe -v error -count_packets -show_entries stream=nb_read_packets \
        -of csv=p=0 "$1"
}

# Of 20 ms: a WAV file has none of its own.
audio_packet_count() { # FILE
    local seconds
    case $(ffprobe -v error -show_entries format=format_name -of csv=p=0 "$1") in
    wav)
        seconds=$(ffprobe -v error -show_entries format=duration \
            -of csv=p=0 "$1")
        awk -v s="$seconds" 'BEGIN { printf "%.0f\n", s * 50 }'
        ;;
    *) packet_count "$1" ;;
    esac
}

# Seconds from the first packet's time to the last one's; not of Annex-B, which
# has no times.
media_span() { # FILE
    ffprobe -v error -show_entries packet=pts_time -of csv=p=0 "$1" |
        awk -F, 'NR == 1 { first = $1 } END { print $1 - first }'
}

# Times are left as they are: in the file's frame rate two may be the same.
decodes_silently() { # FILE
    local said
    said=$(ffmpeg -nostdin -v error -i "$1" -enc_time_base:v 1:90000 \
        -fps_mode passthrough -f null - 2>&1) ||
        said="failed: $said"
    [ -z "$said" ] || fail_with "ffmpeg on $1: ${said:0:2000}"
}

starts_with_key_frame() { # FILE
    local first
    first=$(ffprobe -v error -read_intervals '%+#1' \
        -show_entries frame=key_frame,pict_type -of csv=p=0 "$1")
    [[ $first == 1,I* ]] || fail_with "$1 starts with a frame of $first"
}

# Size and hash of each frame, one a line.
frames() { # FILE
    ffmpeg -nostdin -v error -i "$1" -map 0 -c copy -f framemd5 - |
        awk -F, '!/^#/ { gsub(/ /, ""); print $5, $6 }'
}

# Each frame recorded is one of the file's, unchanged.
has_frames_of() { # FILE RECORDING
    local strange
    strange=$(comm -13 <(frames "$1" | sort -u) <(frames "$2" | sort -u))
    [ -z "$strange" ] || fail_with "$2 has frames that $1 has not: $strange"
}
