#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rtc-send and rtc-recv against a real Chromium, either side offering. The page
# plays a clip and must have decoded it without a freeze or a gap; or its fake
# camera and microphone are recorded, and the files must hold what it sent.

# shellcheck source=helper.bash
load helper

CLIP_S=10    # of the clips that rtc-send sends, and
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
    make_audio "$CLIP_S" "$BATS_FILE_TMPDIR/clip.ogg"
    make_video vp8 "$SHORT_S" "$BATS_FILE_TMPDIR/short.vp8"
    make_video vp9 "$SHORT_S" "$BATS_FILE_TMPDIR/short.vp9"
    make_video av1 "$SHORT_S" "$BATS_FILE_TMPDIR/short.av1"
    make_audio "$SHORT_S" "$BATS_FILE_TMPDIR/short.ogg"
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

page_played() { # VIDEO-FILE AUDIO-FILE CODEC
    local frames packets
    frames=$(packet_count "$1")
    packets=$(packet_count "$2")
    page_says '[.video, .audio, .transport] | tojson'
    [ "$(page_says .ended)" = remote ]
    [ "$(page_says '.transport.codecs.video.mimeType | ascii_downcase')" = \
        "video/$3" ]
    between "frames decoded" "$(page_says .video.framesDecoded)" \
        $((frames * 95 / 100)) "$frames"
    between "freezes" "$(page_says .video.freezeCount)" 0 0
    between "audio packets" "$(page_says .audio.packetsReceived)" \
        $((packets * 95 / 100)) "$packets"
    between "concealed part" "$(page_concealment)" 0 0.02
}

# What comes before the first key frame is not recorded. The page counted a
# moment before it closed, so that a few more may have come.
recorded_camera() { # VIDEO-FILE AUDIO-FILE
    local frames packets
    frames=$(page_says .video.framesSent)
    packets=$(page_says .audio.packetsSent)
    page_says '[.video, .audio, .transport] | tojson'
    between "frames sent" "$frames" $((PUBLISH_S * 25)) $((PUBLISH_S * 32))
    between "frames recorded" "$(packet_count "$1")" \
        $((frames * 90 / 100)) $((frames + 3))
    [[ $1 == *.h264 ]] || between "seconds of video" "$(media_span "$1")" \
        $((PUBLISH_S - 1)) $((PUBLISH_S + 1))
    between "audio packets recorded" "$(packet_count "$2")" \
        $((packets * 90 / 100)) $((packets + 5))
    between "seconds of audio" "$(media_span "$2")" \
        $((PUBLISH_S - 1)) $((PUBLISH_S + 1))
    starts_with_key_frame "$1"
    decodes_silently "$1"
    decodes_silently "$2"
}

# ---- rtc-send ---------------------------------------------------------------

send_clip() { # WHO-OFFERS NAME CODEC [PAGE-OPTION]
    local video=$BATS_FILE_TMPDIR/$2.$3 audio=$BATS_FILE_TMPDIR/$2.ogg
    "$1" "--recv --video $3 --seconds 30 ${4:-}" rtc-send \
        --video "$video" --audio "$audio"
    page_played "$video" "$audio" "$3"
}

@test "a page plays VP8 and Opus, rtc-send offers" {
    send_clip tool_offers clip vp8
}

@test "a page plays H.264 and Opus, rtc-send offers" {
    send_clip tool_offers clip h264
}

@test "a page plays VP8 and Opus, the page offers" {
    send_clip page_offers clip vp8
}

@test "a page plays H.264 and Opus, the page offers" {
    send_clip page_offers clip h264
}

@test "a page plays VP9 and Opus, rtc-send offers" {
    send_clip tool_offers short vp9
}

@test "a page plays AV1 and Opus, rtc-send offers" {
    send_clip tool_offers short av1
}

@test "a page that hides its addresses plays VP8 and Opus" {
    send_clip tool_offers short vp8 --hide-addresses
}

# ---- rtc-recv ---------------------------------------------------------------

# The tool's --video is needed: as an answerer Chromium 156 sends what the offer
# prefers, even if its own preference and its answer leave that out.
record_camera() { # WHO-OFFERS CODEC FILE
    "$1" "--send --video $2 --seconds $PUBLISH_S" rtc-recv --video "$2" \
        --video-out "$3" --audio-out a.ogg
    recorded_camera "$3" a.ogg
}

@test "a page's VP8 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers vp8 v.ivf
}

@test "a page's VP8 and Opus are recorded, the page offers" {
    record_camera page_offers vp8 v.ivf
}

@test "a page's H.264 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers h264 v.h264
}

@test "a page's H.264 and Opus are recorded, the page offers" {
    record_camera page_offers h264 v.h264
}

@test "a page's VP9 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers vp9 v.ivf
}

@test "a page's AV1 and Opus are recorded, rtc-recv offers" {
    record_camera tool_offers av1 v.ivf
}
