# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Janus with the WHIP and WHEP servers of its authors, on loopback, at ports
# that the kernel chose (or that Janus found free, for its mountpoints):
#
#     load janus
#     setup_file() {
#         janus_missing >"$BATS_FILE_TMPDIR/missing"
#         [ -s "$BATS_FILE_TMPDIR/missing" ] || janus_start x:vp8 y:h264:secret
#     }
#     setup()         { janus_or_skip; }
#     teardown()      { janus_logs_of_failure; }
#     teardown_file() { janus_stop; }
#
# What is published at "$JANUS_WHIP/endpoint/ID" can be played at
# "$JANUS_WHEP/endpoint/ID". An argument of janus_start is ID:CODEC[:TOKEN],
# with the codec vp8 or h264; audio is Opus. Neither server tells of STUN or TURN
# servers, and Janus gathers on loopback alone: `--interface lo`. NAME.pid and
# NAME.log of janus, whip and whep lie in $JANUS_DIR, within $BATS_FILE_TMPDIR.
# To see and to do:
#
#     janus_publishers ID     how many there are in its room, as Janus has it
#     janus_viewers ID        how many play it, as Janus has it
#     janus_subscribers ID    the same, as the WHEP server has it
#     janus_is_enabled ID     whether the WHIP server has a session
#     janus_kick ID           Janus throws its publisher out
#     janus_direct ID         lets ID-direct be played, from the room itself
#                             (while somebody publishes)
#     janus_believe BOOL      whether the WHEP server believes that Janus takes
#                             offers for mountpoints
#
# This Janus does not, so the WHEP server answers 406 with its own offer
# (rtc-recv gets along with that); and 500 where a room has no publisher any
# more. A mountpoint is there whether somebody publishes or not.
#
# With JANUS_STRICT=true in front of janus_start both insist on If-Match.

: "${interop:=${top_srcdir:-$BATS_TEST_DIRNAME/../..}/tests/interop}"

JANUS_START_S=20 # each of the three may take so long to begin, and
JANUS_STOP_S=5   # to end

# Prints why there can be no Janus here, or nothing.
janus_missing() {
    local tool
    for tool in janus node cc curl jq ss; do
        [ -n "$(command -v "$tool")" ] || { echo "no $tool"; return; }
    done
    if [ ! -e "$interop/simple-whip-server/server.js" ]; then
        echo "no simple-whip-server: scripts/setup unpacks it"
    elif [ ! -d "$interop/node_modules/janus-whep-server" ] ||
        [ ! -d "$interop/node_modules/websocket" ]; then
        echo "no janus-whep-server: run npm install in tests/interop"
    fi
}

janus_or_skip() {
    [ ! -s "$BATS_FILE_TMPDIR/missing" ] ||
        skip "$(cat "$BATS_FILE_TMPDIR/missing")"
}

# ---- from start to end ------------------------------------------------------

janus_start() { # ID:CODEC[:TOKEN]...
    local strict=${JANUS_STRICT:-false}
    export JANUS_DIR JANUS_WHIP JANUS_WHEP
    JANUS_DIR=$(mktemp -d "${BATS_FILE_TMPDIR:?}/janus.XXXXXX")
    janus_configure || return
    janus_spawn janus env LD_PRELOAD="$JANUS_DIR/loopback.so" \
        janus -F "$JANUS_DIR" -C "$JANUS_DIR/janus.jcfg" &&
        janus_spawn_whip &&
        janus_spawn whep env JANUS_STRICT="$strict" node \
            "$interop/janus_whep.mjs" "$(janus_address janus ws)" \
            "$JANUS_DIR/streams.json" "$(janus_streams "$@")" || return
    JANUS_WHIP=$(janus_address whip http)/whip
    JANUS_WHEP=$(janus_address whep http)/whep
    janus_tell_whip
}

# Ends what janus_start started, nothing else.
janus_stop() {
    local name pid end=$((SECONDS + JANUS_STOP_S))
    for name in whep whip janus; do
        [ -s "${JANUS_DIR:-}/$name.pid" ] || continue
        pid=$(cat "$JANUS_DIR/$name.pid")
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do
            [ $SECONDS -lt $end ] || { kill -KILL "$pid" || true; break; }
            sleep 0.02
        done
        rm "$JANUS_DIR/$name.pid"
    done
}

# Behind a test that failed: where the logs are kept, and their ends.
janus_logs_of_failure() {
    local kept=${top_builddir:-.}/tests/interop/janus.logs
    [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -d "${JANUS_DIR:-}" ] || return 0
    mkdir -p "$kept"
    cp "$JANUS_DIR"/*.log "$kept"
    echo "logs are in $kept; their ends:"
    tail -n 15 "$kept"/*.log
}

# Two plugins, one transport; the rest of what is installed is not seen.
janus_configure() {
    local kind name from
    for kind in plugins/videoroom plugins/streaming transports/websockets; do
        name=libjanus_${kind#*/}.so
        for from in /usr/lib/*/janus/"${kind%/*}/$name"; do
            mkdir -p "$JANUS_DIR/${kind%/*}" || return
            ln -s "$from" "$JANUS_DIR/${kind%/*}/$name" || return
        done
    done
    mkdir "$JANUS_DIR/none"
    cc -shared -fPIC -o "$JANUS_DIR/loopback.so" "$interop/loopback.c" -ldl ||
        return
    cat >"$JANUS_DIR/janus.jcfg" <<END
general: {
    plugins_folder = "$JANUS_DIR/plugins"
    transports_folder = "$JANUS_DIR/transports"
    events_folder = "$JANUS_DIR/none"
    loggers_folder = "$JANUS_DIR/none"
    debug_timestamps = true
    debug_colors = false
}
nat: { ice_enforce_list = "lo" }
END
    : >"$JANUS_DIR/janus.plugin.streaming.jcfg"
    : >"$JANUS_DIR/janus.plugin.videoroom.jcfg"
    cat >"$JANUS_DIR/janus.transport.websockets.jcfg" <<END
general: { ws = true, ws_ip = "127.0.0.1", ws_port = 0, json = "compact" }
END
}

# The server finds its configuration beside itself, and nothing else there.
janus_spawn_whip() {
    mkdir "$JANUS_DIR/whip"
    cp "$interop"/simple-whip-server/*.js "$JANUS_DIR/whip"
    cat >"$JANUS_DIR/whip/config.js" <<END
module.exports = {
    janus: { address: '$(janus_address janus ws)' },
    port: { host: '127.0.0.1', port: 0 },
    rest: '/whip', allowTrickle: true, strictETags: $strict, iceServers: [],
};
END
    janus_spawn whip env NODE_PATH="$interop/node_modules" \
        DEBUG='whip:*,janus:*' node "$JANUS_DIR/whip/server.js"
}

# Runs it until it listens.
janus_spawn() { # NAME COMMAND...
    local name=$1 end=$((SECONDS + JANUS_START_S)) pid
    shift
    # Not bats' own output, for whose end bats would wait.
    "$@" >"$JANUS_DIR/$name.log" 2>&1 </dev/null 3>&- &
    pid=$!
    echo "$pid" >"$JANUS_DIR/$name.pid"
    until [ -n "$(janus_port "$name")" ]; do
        if [ $SECONDS -ge $end ] || ! kill -0 "$pid" 2>/dev/null; then
            echo "$name did not start"
            tail -n 20 "$JANUS_DIR/$name.log"
            return 1
        fi
        sleep 0.05
    done
}

# The one TCP port that it listens at.
janus_port() { # NAME
    ss -Hltnp | sed -n "/pid=$(cat "$JANUS_DIR/$1.pid"),/ {
        s/.*127\.0\.0\.1:\([0-9]*\) .*/\1/p; q; }"
}

janus_address() { # NAME SCHEME
    echo "$2://127.0.0.1:$(janus_port "$1")"
}

# As JSON, for janus_whep.mjs.
janus_streams() { # ID:CODEC[:TOKEN]...
    printf '%s\n' "$@" | jq -cnR '[inputs / ":" |
        {id: .[0], codec: .[1]} + if .[2] then {token: .[2]} else {} end]'
}

# It has to know of the rooms, and where a mountpoint wants their media.
janus_tell_whip() {
    local stream
    jq -c '.[]' "$JANUS_DIR/streams.json" >"$JANUS_DIR/streams"
    while read -r stream; do
        curl -sS --fail-with-body --json "$stream" "$JANUS_WHIP/create" \
            >/dev/null </dev/null || return
    done <"$JANUS_DIR/streams"
}

# ---- to see and to do -------------------------------------------------------

janus_publishers() { # ID
    curl -sS "${JANUS_WHEP%/whep}/rooms/$1"
}

janus_viewers() { # ID
    curl -sS "${JANUS_WHEP%/whep}/viewers/$1"
}

janus_subscribers() { # ID
    curl -sS "${JANUS_WHEP%/whep}/endpoints" |
        jq --arg id "$1" '.[] | select(.id == $id).subscribers'
}

janus_is_enabled() { # ID
    curl -sS "$JANUS_WHIP/endpoints" |
        jq -e --arg id "$1" '.[] | select(.id == $id).enabled' >/dev/null
}

janus_kick() { # ID
    curl -sS --fail-with-body -X POST "${JANUS_WHEP%/whep}/kick/$1"
}

janus_believe() { # true|false
    curl -sS --fail-with-body -X POST "${JANUS_WHEP%/whep}/believe/$1"
}

janus_direct() { # ID
    curl -sS --fail-with-body -X POST "${JANUS_WHEP%/whep}/direct/$1"
}
