#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rtc-send and rtc-recv against a real Chromium, either side offering. The page
# plays a clip and must have decoded it without a freeze or a gap; or its fake
# camera and microphone are recorded, and the files must hold what it sent.

# shellcheck source=helper.bash
load helper

CLIP_S=6     # of the clips that rtc-send sends, and
SHORT_S=3    # where only the connection is new
PUBLISH_S=5  # of the page's camera
LIMIT_S=60   # of one test's tool

setup_file() {
    export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
    missing=$(missing_tool)
    export missing
    [ -z "$missing" ] || return 0
    make_video vp8 "$CLIP_S" "$BATS_FILE_TMPDIR/clip.vp8"
    make_video h264 "$CLIP_S" "$BATS_FILE_TMPDIR/clip.h264"
    make_audio opus "$CLIP_S" "$BATS_FILE_TMPDIR/clip.opus"
    for codec in vp8 vp9 av1 h264; do
        make_video "$codec" "$SHORT_S" "$BATS_FILE_TMPDIR/short.$codec"
    done
    for codec in opus pcmu pcma g722; do
        make_audio "$codec" "$SHORT_S" "$BATS_FILE_TMPDIR/short.$codec"
    done
}

missing_tool() {
    [ -x "$CHROMIUM" ] || { echo "no $CHROMIUM"; return; }
    for tool in node ffmpeg ffprobe jq; do
        command -v "$tool" >/dev/null || { echo "no $tool"; return; }
    done
    [ -d "$interop/node_modules/playwright-core" ] ||
        echo "no playwright-core: run npm install in tests/interop"
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR" || return
    export TMPDIR=$BATS_TEST_TMPDIR
}

teardown() {
    [ -z "${page_pid:-}" ] || kill "$page_pid" 2>/dev/null || true
}

# ---- both ends --------------------------------------------------------------

# The tool offers; the page answers as its --signal command. exec: so that the
# tool's child is the page and not a shell.
tool_offers() { # "PAGE OPTIONS" TOOL [OPTION]...
    local page=$1 tool=$2
    shift 2
    timeout "$LIMIT_S" "$top_builddir/$tool" --interface lo "$@" --signal \
        "exec node '$interop/chromium.mjs' --answer $page --report page.json" \
        2>tool.log || fail_with "$tool ended with $?" tool.log
}

# The page offers; both have the descriptions on stdin and stdout. The FIFOs are
# opened inside of timeout, which would hold them open.
page_offers() { # "PAGE OPTIONS" TOOL [OPTION]...
    local page=$1 tool=$2
    shift 2
    mkfifo to_page to_tool
    # shellcheck disable=SC2086 # several words
    node "$interop/chromium.mjs" --offer $page --report page.json \
        >to_tool <to_page 2>page.log 3>&- &
    page_pid=$!
    # shellcheck disable=SC2016 # expanded by the inner shell
    timeout "$LIMIT_S" sh -c 'exec "$@" <to_tool >to_page' sh \
        "$top_builddir/$tool" --interface lo --signal - --answer "$@" \
        2>tool.log || fail_with "$tool ended with $?" tool.log page.log
    wait "$page_pid" || fail_with "the page ended with $?" page.log tool.log
}

# ---- what the page saw, what was recorded -----------------------------------

page_says() { # JQ-PATH
    jq -r "$1" page.json
}

# Concealed: made up by the page because a packet was missing or late. Counted
# up to the last row before the last packet came, since after it there is only
# concealment; silence that was made up counts too.
page_concealment() {
    # shellcheck disable=SC2016 # a jq variable
    page_says '.audio.packetsReceived as $all
        | [.samples[].audio | select(.packetsReceived < $all)] | last
        | .concealedSamples / .totalSamplesReceived'
}

# Frames; the two are counted by different threads, and what was decoded had come.
page_received() {
    page_says '[.video.framesReceived, .video.framesDecoded] | max'
}

page_played() { # VIDEO-FILE AUDIO-FILE VIDEO-CODEC AUDIO-CODEC
    local frames packets samples=960
    frames=$(packet_count "$1")
    packets=$(audio_packet_count "$2")
    case $4 in
    pcm?) samples=160 ;;
    g722) samples=320 ;;
    esac
    page_says '[.video, .audio, .transport] | tojson'
    [ "$(page_says .ended)" = remote ]
    [ "$(page_says '.transport.codecs | [.video, .audio][].mimeType |
        ascii_downcase' | xargs)" = "video/$3 audio/$4" ]
    between "frames received" "$(page_received)" \
        "$frames" "$frames"
    between "frames decoded" "$(page_says .video.framesDecoded)" \
        $((frames * 95 / 100)) "$frames"
    between "freezes" "$(page_says .video.freezeCount)" 0 0
    between "audio packets" "$(page_says .audio.packetsReceived)" \
        "$packets" "$packets"
    between "samples played" "$(page_says .audio.jitterBufferEmittedCount)" \
        $((packets * samples * 95 / 100)) $((packets * samples))
    between "concealed part" "$(page_concealment)" 0 0.02
}

# What comes before the first key frame is not recorded. The page counted a
# moment before it closed, so that a few more may have come.
recorded_camera() { # VIDEO-FILE AUDIO-FILE
    local frames packets
    frames=$(page_says .video.framesSent)
    packets=$(page_says .audio.framesSent)
    page_says '[.video, .audio, .transport] | tojson'
    between "frames sent" "$frames" $((PUBLISH_S * 25)) $((PUBLISH_S * 32))
    between "frames recorded" "$(packet_count "$1")" \
        $((frames * 90 / 100)) $((frames + 3))
    [[ $1 == *.h264 ]] || between "seconds of video" "$(media_span "$1")" \
        $((PUBLISH_S - 1)) $((PUBLISH_S + 1))
    between "audio packets sent" "$packets" $((PUBLISH_S * 45)) \
        $((PUBLISH_S * 55))
    between "audio packets recorded" "$(audio_packet_count "$2")" \
        $((packets * 90 / 100)) $((packets + 5))
    [[ $2 == *.wav ]] || between "seconds of audio" "$(media_span "$2")" \
        $((PUBLISH_S - 1)) $((PUBLISH_S + 1))
    starts_with_key_frame "$1"
    decodes_silently "$1"
    decodes_silently "$2"
}

# ---- rtc-send ---------------------------------------------------------------

send_clip() { # WHO-OFFERS NAME VIDEO AUDIO [PAGE-OPTION]...
    local who=$1 video=$BATS_FILE_TMPDIR/$2.$3 audio=$BATS_FILE_TMPDIR/$2.$4
    set -- "$3" "$4" "${@:5}"
    "$who" "--recv --video $1 --audio $2 --seconds 30 ${*:3}" rtc-send \
        --video "$video" --audio "$audio"
    page_played "$video" "$audio" "$1" "$2"
}

@test "a page plays VP8 and Opus, rtc-send offers" {
    send_clip tool_offers clip vp8 opus
}

@test "a page plays H.264 and Opus, rtc-send offers" {
    send_clip tool_offers clip h264 opus
}

@test "a page plays VP8 and Opus, the page offers" {
    send_clip page_offers clip vp8 opus
}

@test "a page plays H.264 and Opus, the page offers" {
    send_clip page_offers clip h264 opus
}

@test "a page plays VP9 and PCMA, rtc-send offers" {
    send_clip tool_offers short vp9 pcma
}

@test "a page plays AV1 and G.722, rtc-send offers" {
    send_clip tool_offers short av1 g722
}

@test "a page plays H.264 and PCMU, the page offers" {
    send_clip page_offers short h264 pcmu
}

@test "a page that hides its addresses plays VP8 and Opus" {
    send_clip tool_offers short vp8 opus --hide-addresses
}

# Each frame a second time, of which none was needed.
@test "a page that prefers RED gets it" {
    local audio=$BATS_FILE_TMPDIR/short.opus packets
    packets=$(packet_count "$audio")
    page_offers "--recv --video none --audio red --seconds 30" rtc-send \
        --red --audio "$audio"
    page_says '.audio | tojson'
    between "packets" "$(page_says .audio.packetsReceived)" "$packets" \
        "$packets"
    between "copies" "$(page_says .audio.packetsDiscarded)" \
        $((packets * 95 / 100)) "$packets"
    between "samples played" "$(page_says .audio.jitterBufferEmittedCount)" \
        $((packets * 960 * 95 / 100)) $((packets * 960))
    between "concealed part" "$(page_concealment)" 0 0.02
}

# ---- rtc-recv ---------------------------------------------------------------

# The tool's --video is needed: as an answerer Chromium 156 sends what the offer
# prefers, even if its own preference and its answer leave that out.
record_camera() { # WHO-OFFERS VIDEO AUDIO VIDEO-FILE AUDIO-FILE
    "$1" "--send --video $2 --audio $3 --seconds $PUBLISH_S" rtc-recv \
        --video "$2" --audio "$3" --video-out "$4" --audio-out "$5"
    recorded_camera "$4" "$5"
}

@test "a page's VP8 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers vp8 opus v.ivf a.ogg
}

@test "a page's VP8 and Opus are recorded, the page offers" {
    record_camera page_offers vp8 opus v.ivf a.ogg
}

@test "a page's H.264 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers h264 opus v.h264 a.ogg
}

@test "a page's H.264 and PCMU are recorded, the page offers" {
    record_camera page_offers h264 pcmu v.h264 a.wav
}

@test "a page's VP9 and PCMA are recorded, rtc-recv offers" {
    record_camera tool_offers vp9 pcma v.ivf a.wav
}

@test "a page's AV1 and G.722 are recorded, rtc-recv offers" {
    record_camera tool_offers av1 g722 v.ivf a.wav
}

# Without video the page probes for bandwidth with padding of the same stream.
@test "a page that prefers RED sends it" {
    local sent
    page_offers "--send --video none --audio red --seconds 2" rtc-recv \
        --audio opus -o a.ogg --events events.jsonl
    [[ $(page_says '.remoteLines[0]') == *' 63 111' ]] # as it was offered
    sent=$(page_says .audio.framesSent)
    between "frames sent" "$sent" 90 120
    between "frames recorded" "$(packet_count a.ogg)" $((sent - 10)) \
        $((sent + 5))
    [ "$(jq -r 'select(.event == "end").tracks[0].inbound |
        [.packetsLost, .packetsRecovered] | @csv' events.jsonl)" = 0,0 ]
    decodes_silently a.ogg
}

# ---- layers -----------------------------------------------------------------

layer_recorded() { # RID WIDTH,HEIGHT
    local sent
    sent=$(page_says ".layers.$1.framesSent")
    between "frames of $1 sent" "$sent" 40 130
    between "frames of $1 recorded" "$(packet_count "out-$1.ivf")" \
        $((sent * 90 / 100)) $((sent + 8))
    [ "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 \
        "out-$1.ivf")" = "$2" ]
    starts_with_key_frame "out-$1.ivf"
    decodes_silently "out-$1.ivf"
}

# The larger ones are sent once our feedback says that there is room.
@test "a page's three layers of simulcast are three files" {
    page_offers "--send --simulcast --audio none --seconds 4" rtc-recv \
        --video vp8 -o out-%r.ivf
    page_says '.layers | tojson'
    layer_recorded q 240,135
    layer_recorded h 480,270
    layer_recorded f 960,540
}

# A browser is no server that picks from layers.
@test "a page takes the first of rtc-send's layers, which says so" {
    make_video vp8 2 lo.ivf
    tool_offers "--recv --video vp8 --audio none --seconds 20" rtc-send \
        --simulcast "hi=$BATS_FILE_TMPDIR/short.vp8,lo=lo.ivf"
    page_says '.video | tojson'
    between "frames received" "$(page_received)" \
        $((SHORT_S * 30)) $((SHORT_S * 30))
    between "freezes" "$(page_says .video.freezeCount)" 0 0
    grep 'warning: lo.ivf: the remote does not take layer lo' tool.log
}
