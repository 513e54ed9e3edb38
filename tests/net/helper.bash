# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # for and from the other files
#
# What the tests of reach share beside the networks: how two tools on two hosts
# meet, and what is asked of them afterwards. Host a offers and sends, b answers
# and receives; A and B are the options they do that with.

load ../cli/helper
load topology

LIMIT=${RTC_TEST_LIMIT:-40}
A=() B=()
OFFER='' ANSWER=''
IN_TIME=(--connect-timeout 8s)

# ---- servers ---------------------------------------------------------------

# Words for A and B: a server by its address, as it is written in a URL.
stun() { echo --ice-server "stun:$1:3478"; }
turn() { # ADDRESS udp|tcp
    echo --ice-server "turn:$RELAY_USER:$RELAY_PASSWORD@$1:3478?transport=$2"
}
turns() { echo --ice-server "turns:$RELAY_USER:$RELAY_PASSWORD@$1:5349"; }
IN_URL6="[$SERVER6]"

# ---- meeting ---------------------------------------------------------------

# Descriptions go through two FIFOs. CLIP is what is sent. Where OFFER and
# ANSWER are set, those are written, and somebody carries them to the others.
meet_by_fifos() { # CLIP [OPTION OF RTC-SEND]...
    local clip=$1
    shift
    if [ -z "$OFFER" ]; then
        rm -f offer answer
        mkfifo offer answer
    fi
    net_start recv b sh -c 'out=$1; shift
        exec rtc-recv --signal - "$@" <offer >"$out"' \
        sh "${ANSWER:-answer}" --video vp8 -o "${OUT:-out.ivf}" --events recv.jsonl \
        "${IN_TIME[@]}" "${B[@]}"
    net_start send a sh -c 'out=$1; shift
        exec rtc-send --signal - "$@" >"$out" <answer' \
        sh "${OFFER:-offer}" --events send.jsonl "${IN_TIME[@]}" "${A[@]}" "$@" "$clip"
}

# Two processes make the descriptions, two others take over what they left.
meet_by_sessions() { # CLIP [OPTION OF RTC-SEND]...
    local clip=$1
    shift
    net_exec a timeout "$LIMIT" rtc-offer -s a.session --video vp8 "${A[@]}" \
        >offer
    net_exec b timeout "$LIMIT" rtc-answer -s b.session "${B[@]}" \
        <offer >answer
    net_start recv b rtc-recv -s b.session --video vp8 -o out.ivf \
        --events recv.jsonl "${IN_TIME[@]}"
    net_start send a rtc-send -s a.session --remote answer \
        --events send.jsonl "${IN_TIME[@]}" "$@" "$clip"
}

# ---- what came of it -------------------------------------------------------

# Both ends are content, and every frame is there, byte for byte.
assert_carried() {
    finish send
    finish recv
    assert_same_frames clip.ivf out.ivf
}

# chosen END FIELD: of the pair that packets went over in the end, such as
# .local.address.
chosen() {
    jq -rs "map(select(.event == \"pair\")) | last | $2" "$1.jsonl"
}

# assert_pair END LOCAL REMOTE: the types of that pair; `|` between several.
assert_pair() {
    run chosen "$1" '"\(.local.candidateType) \(.remote.candidateType)"'
    assert_output --regexp "^($2) ($3)\$"
}

# The types of candidate in a description, each once.
offered() {
    sed -n 's/^a=candidate:.* typ \([a-z]*\).*/\1/p' "$1" | sort -u | xargs
}

# assert_no_pair END...: these ends gave up looking.
assert_no_pair() {
    local end
    for end in "$@"; do
        finish "$end" 23
        assert_one_error "$end.err" "rtc-$end" ice ''
    done
}
