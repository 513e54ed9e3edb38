# SPDX-License-Identifier: MIT
#
# What goes wrong: each with its exit status and one sentence that names the
# place.

load helper

setup_file() {
    need_tools rtc-send rtc-recv ffmpeg jq python3
    export CLIPS=$BATS_FILE_TMPDIR/clips
    make_clips "$CLIPS" 2
    # Consent takes 30 s to expire (RFC 7675 5.1), so this one begins first and
    # is looked at last.
    mkdir "$BATS_FILE_TMPDIR/killed"
    cd "$BATS_FILE_TMPDIR/killed"
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf --events ev.jsonl
    start send rtc-send -s a.session --remote answer --loop "$CLIPS/clip.ivf"
    wait_for_line ev.jsonl first_keyframe
    wait_until "$LIMIT" has_bytes out.ivf 20000
    signal_to send KILL
}

has_bytes() {
    [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
}

teardown_file() {
    end_started "$BATS_FILE_TMPDIR/killed"
}

# ---- descriptions ----------------------------------------------------------

@test "not an SDP: rtc-answer ends with 20" {
    refused 20 rtc-answer description 'line 1' \
        rtc-answer -s b.session "${LO[@]}" <<<'hello, world'
    assert_not_exist b.session
    refused 20 rtc-answer description 'empty' \
        rtc-answer -s b.session "${LO[@]}" </dev/null
    refused 20 rtc-answer description 'line 2' \
        rtc-answer -s b.session "${LO[@]}" <<<$'v=0\nnonsense'
    refused 20 rtc-answer description 'JSON' \
        rtc-answer -s b.session "${LO[@]}" <<<'{"type":"offer"'
    refused 20 rtc-answer description 'it is an answer' \
        rtc-answer -s b.session "${LO[@]}" <<<'{"type":"answer","sdp":"v=0"}'
}

@test "not an SDP as the answer: rtc-send ends with 20" {
    negotiate --video vp8
    refused 20 rtc-send description 'answer.*line 1' rtc-send -s a.session \
        --remote <(echo nonsense) "$CLIPS/clip.ivf"
}

@test "an offer with no common codec: 20" {
    timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" --video vp8 |
        sed 's/VP8/FOO8/' >offer
    refused 20 rtc-answer description codec \
        rtc-answer -s b.session "${LO[@]}" --video h264 <offer
    timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" --video vp8 >offer
    refused 20 rtc-answer description codec \
        rtc-answer -s b.session "${LO[@]}" --video h264 <offer
}

@test "an input of a codec the other end does not take: 20" {
    timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" --video vp8 >offer
    timeout "$LIMIT" rtc-answer -s b.session "${LO[@]}" <offer >answer
    start recv rtc-recv -s b.session --video vp8 -o out.ivf
    refused 20 rtc-send description 'clip.h264 carries H264' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.h264"
    # It has heard of the end, and has nothing to show.
    finish recv 40
    assert_one_error recv.err rtc-recv no-media whole
}

@test "a wrong fingerprint: 31 at the end that sees it, and no media" {
    negotiate --video vp8
    # One hexadecimal digit of the receiver's certificate.
    awk '/^a=fingerprint/ { d = substr($0, length($0) - 1, 1)
        sub(/.\r?$/, d == "0" ? "1" : "0"); printf "%s\r\n", $0; next } 1' \
        answer >forged
    run cmp -s answer forged
    assert_failure
    start recv rtc-recv -s b.session --video vp8 -o out.ivf
    refused 31 rtc-send fingerprint '' rtc-send -s a.session \
        --remote forged "$CLIPS/clip.ivf"
    # Told by an alert, or by silence: in no case media.
    finish recv 30
    assert_one_error recv.err rtc-recv dtls ''
    assert [ ! -s out.ivf ]
}

# ---- media -----------------------------------------------------------------

# send_cut FILE RECEIVED PATTERN: refused with 5 after what is whole arrived.
send_cut() {
    refused 5 rtc-send input "$3" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command $(track_of "$1") -o "$2")" "$1"
}

@test "an IVF cut short: 5, and the whole frames before it arrive" {
    head -c -100 "$CLIPS/clip.ivf" >cut.ivf
    send_cut cut.ivf out.ivf 'cut.ivf: .*frame 60'
    head -n 59 <(frames "$CLIPS/clip.ivf") >wanted
    run diff wanted <(frames out.ivf)
    assert_success
    assert_playable out.ivf
}

@test "an Ogg cut short: 5, and the whole packets before it arrive" {
    head -c -100 "$CLIPS/clip.ogg" >cut.ogg
    send_cut cut.ogg out.ogg 'cut.ogg: .*page'
    assert_first_frames "$CLIPS/clip.ogg" out.ogg 98
    assert_playable out.ogg
}

@test "Annex-B cut within a NAL unit cannot be told from a whole one: 0" {
    # A NAL unit has no length, so its end is wherever the file ends. What is
    # before it arrives unchanged.
    head -c -100 "$CLIPS/clip.h264" >cut.h264
    timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --signal "$(receive_command -o out.h264)" cut.h264
    run diff <(frames "$CLIPS/clip.h264" | head -n 59) \
        <(frames out.h264 | head -n 59)
    assert_success
    run diff <(frames cut.h264) <(frames out.h264)
    assert_success
}

@test "Annex-B cut within its parameter sets: 5" {
    head -c 12 "$CLIPS/clip.h264" >cut.h264
    refused 5 rtc-send input 'cut.h264: ' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' cut.h264
}

@test "random bytes as media: 5" {
    # From a file and from a pipe; no such bytes are any format's beginning.
    python3 -c 'import random, sys
random.seed(1)
sys.stdout.buffer.write(b"\xa5" + random.randbytes(99999))' >noise
    refused 5 rtc-send input 'noise: ' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' noise
    refused 5 rtc-send input 'stdin: ' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' < <(cat noise)
    refused 5 rtc-send input 'noise: .*byte 0|not IVF' rtc-send "${LO[@]}" \
        --format ivf --signal 'cat >/dev/null' noise
}

@test "noise within an IVF: 5 and where" {
    { head -c 20000 "$CLIPS/clip.ivf" && head -c 20000 /dev/zero |
        tr '\0' '\377'; } >noise.ivf
    send_cut noise.ivf out.ivf 'noise.ivf: frame [0-9]+ at byte [0-9]+'
}

@test "an empty input: 5" {
    : >empty
    refused 5 rtc-send input 'empty: the input is empty' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' empty
    refused 5 rtc-send input 'stdin: the input is empty' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' < <(:)
}

@test "an input of headers and no frame: 5" {
    head -c 32 "$CLIPS/clip.ivf" >head.ivf
    refused 5 rtc-send input 'head.ivf: ' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null' head.ivf
}

@test "an input that is not there, or a directory: 5" {
    refused 5 rtc-send input 'nowhere.ivf: No such file' rtc-send \
        "${LO[@]}" --signal 'cat >/dev/null' nowhere.ivf
    refused 5 rtc-send input '\.: .*directory' rtc-send \
        "${LO[@]}" --signal 'cat >/dev/null' .
}

@test "H.264 with B-frames: 5 and the way out; --allow-b-frames sends it" {
    refused 5 rtc-send input '-bf 0' rtc-send "${LO[@]}" \
        --signal "$(receive_command --video h264 -o out.h264)" \
        "$media/media_bframes.h264"
    timeout "$LIMIT" rtc-send "${LO[@]}" --allow-b-frames \
        --signal "$(receive_command --video h264 -o out.h264)" \
        "$media/media_bframes.h264"
    run diff <(frames "$media/media_bframes.h264") <(frames out.h264)
    assert_success
}

# ---- session files ---------------------------------------------------------

@test "a session of another version, cut short, or not JSON: 20" {
    negotiate --video vp8
    cp a.session good
    sed 's/"rtcpipe-session":1/"rtcpipe-session":99/' good >a.session
    refused 20 rtc-send description 'a.session: .*version' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    head -c 200 good >a.session
    refused 20 rtc-send description 'a.session: .*cut short' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    echo 'hello' >a.session
    refused 20 rtc-send description 'a.session: .*not a session' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    echo '{"a":1}' >a.session
    refused 20 rtc-send description 'a.session: .*not a session' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    : >a.session
    refused 20 rtc-send description 'a.session: ' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    # Refused files were not used up.
    cp good a.session
    start recv rtc-recv -s b.session --video vp8 -o out.ivf
    start send rtc-send -s a.session --remote answer --unpaced \
        "$CLIPS/clip.ivf"
    finish send
    finish recv
}

@test "a session file that others may read: 2" {
    negotiate --video vp8
    run stat -c %a a.session
    assert_output 600
    chmod 640 a.session
    refused 2 rtc-send usage 'a.session: .*chmod 600' \
        rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
}

@test "a session is taken once: the second one gets 2" {
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o out.ivf --events ev.jsonl
    wait_for_line ev.jsonl '"event":"candidate"'
    refused 2 rtc-recv usage 'b.session: .*already used' \
        rtc-recv -s b.session --video vp8 -o other.ivf
    # No secret stays behind.
    run cat b.session
    refute_output --partial state
    signal_to recv TERM
    finish recv 143
}

@test "an expired session: 20" {
    timeout "$LIMIT" rtc-offer -s a.session "${LO[@]}" --video vp8 >offer
    # Ten minutes ago it was good for one.
    jq -c '.created -= 600 | .expires = .created + 60' a.session >old
    chmod 600 old
    timeout "$LIMIT" rtc-answer -s b.session "${LO[@]}" <offer >answer
    refused 20 rtc-send description 'old: .*expired' \
        rtc-send -s old --remote answer "$CLIPS/clip.ivf"
}

@test "a session file that is not there, a link or a device: 2" {
    refused 2 rtc-recv usage 'nowhere: No such file' rtc-recv -s nowhere -o x
    negotiate --video vp8
    ln -s b.session link
    refused 2 rtc-recv usage 'link: .*symbolic' rtc-recv -s link -o x
    refused 2 rtc-recv usage '/dev/null: not a regular' \
        rtc-recv -s /dev/null -o x
}

@test "an offer's session without its answer: 2, naming --remote" {
    negotiate --video vp8
    refused 2 rtc-send usage 'a.session.*--remote' rtc-send -s a.session \
        "$CLIPS/clip.ivf"
}

@test "an answer that is not there: 5, naming it" {
    negotiate --video vp8
    refused 5 rtc-send input '--remote nowhere: No such' rtc-send \
        -s a.session --remote nowhere "$CLIPS/clip.ivf"
}

# ---- the other end ---------------------------------------------------------

@test "a peer that never answers checks: 23 after --connect-timeout" {
    negotiate --video vp8
    local began=$SECONDS
    refused 23 rtc-send ice '' rtc-send -s a.session --remote answer \
        --connect-timeout 2s "$CLIPS/clip.ivf"
    assert [ $((SECONDS - began)) -le 6 ]
}

@test "an answer that never comes: 124 after --max-time" {
    local began=$SECONDS
    refused 124 rtc-send max-time '--max-time' rtc-send "${LO[@]}" \
        --max-time 1s --signal 'exec sleep 100' "$CLIPS/clip.ivf"
    assert [ $((SECONDS - began)) -le 5 ]
    negotiate --video vp8
    refused 124 rtc-recv max-time '--max-time' rtc-recv -s b.session \
        --max-time 500ms -o out.ivf
}

@test "no media in time: 40" {
    negotiate --video vp8 --audio opus
    start recv rtc-recv -s b.session --video vp8 --media-timeout 1s -o out.ivf
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ogg"
    finish recv 40
    assert_one_error recv.err rtc-recv no-media 'no whole frame'
    finish send
}

# ---- outputs ---------------------------------------------------------------

@test "a full disk: 6 from each tool" {
    refused 6 rtc-offer output 'stdout: No space' \
        sh -c 'rtc-offer -s a.session --interface lo >/dev/full'
    assert_not_exist a.session
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o /dev/full
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    finish recv 6
    assert_one_error recv.err rtc-recv output 'No space left'
    finish send
}

@test "a disk that fills up in mid-stream: 6, and what fits is there" {
    mkdir small
    mount -t tmpfs -o size=64k none small 2>/dev/null ||
        skip 'no right to mount'
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 -o small/out.ivf
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    wait_for_file recv.status
    cp small/out.ivf out.ivf
    umount small
    finish recv 6
    finish send
    assert_one_error recv.err rtc-recv output 'No space left'
    assert_equal "$(stat -c %s out.ivf)" 65536
}

@test "an output that cannot be made: 6" {
    negotiate --video vp8
    refused 6 rtc-recv output 'nowhere/out.ivf: No such' rtc-recv -s b.session \
        --video vp8 -o nowhere/out.ivf
}

@test "a format that does not carry the codec: 6, and another is named" {
    negotiate --video vp8
    start recv rtc-recv -s b.session --video vp8 --format ogg -o out
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    finish recv 6
    assert_one_error recv.err rtc-recv output 'VP8: try --format ivf'
    finish send
}

@test "a closed stdout ends the session, then rtc-recv by SIGPIPE (141)" {
    negotiate --video vp8
    start send rtc-send -s a.session --remote answer "$CLIPS/clip.ivf"
    start recv bash -c 'rtc-recv -s b.session --video vp8 --events ev.jsonl |
        head -c 5000 >part; echo "${PIPESTATUS[0]}" >piped'
    finish recv
    run cat piped
    assert_output 141
    run cmp -n 24 part "$CLIPS/clip.ivf"
    assert_equal "$(stat -c %s part)" 5000
    # The sender was told, and did not have to find out.
    finish send
    run jq -r 'select(.event == "end") | .exit' ev.jsonl
    assert_output 141
    run cat recv.err
    refute_output --partial error
}

@test "media to a terminal: 2 without --force" {
    need_tools script
    negotiate --video vp8
    run timeout "$LIMIT" script -qec 'rtc-recv -s b.session --video vp8' \
        /dev/null </dev/null
    assert_equal "$status" 2
    assert_output --partial 'rtc-recv: error usage: '
    assert_output --partial terminal
    # It was refused before the session was used up.
    run jq -e .state b.session
    assert_success
}

# ---- commands --------------------------------------------------------------

@test "--signal COMMAND that fails: our failure, with its status named" {
    refused 20 rtc-send description 'status 7' rtc-send "${LO[@]}" \
        --signal 'cat >/dev/null; exit 7' "$CLIPS/clip.ivf"
    refused 20 rtc-send description 'status 127' rtc-send "${LO[@]}" \
        --signal 'no-such-command-here 2>/dev/null' "$CLIPS/clip.ivf"
}

@test "--signal COMMAND that prints nothing, or no description: 20" {
    refused 20 rtc-send description 'no description.*status 0' rtc-send \
        "${LO[@]}" --signal 'cat >/dev/null' "$CLIPS/clip.ivf"
    refused 20 rtc-send description 'answer: line 1' rtc-send \
        "${LO[@]}" --signal 'cat >/dev/null; echo hello' "$CLIPS/clip.ivf"
    refused 20 rtc-send description 'status 0' rtc-send "${LO[@]}" \
        --signal 'exec true' "$CLIPS/clip.ivf"
}

@test "--signal COMMAND that fails after its answer: its status is ours" {
    run --separate-stderr timeout "$LIMIT" rtc-send "${LO[@]}" --unpaced \
        --events ev.jsonl \
        --signal 'exec rtc-recv --signal - --interface lo -o /dev/full' \
        "$CLIPS/clip.ivf"
    assert_equal "$status" 6
    assert_regex "$stderr" 'rtc-recv: error output: .*No space'
    assert_regex "$stderr" 'rtc-send: error output: .*status 6'
    # The report tells of it, too.
    run jq -r 'select(.event == "end") | .exit, .error' ev.jsonl
    assert_line --index 0 6
    assert_line --index 1 --partial 'status 6'
}

# ---- usage -----------------------------------------------------------------

@test "unknown options, missing and bad values: 2 and one line" {
    refused 2 rtc-send usage '--bogus' rtc-send --bogus
    refused 2 rtc-recv usage '-Z' rtc-recv -Z
    refused 2 rtc-send usage '--session.*missing' rtc-send --session
    refused 2 rtc-recv usage '--session.*missing' rtc-recv -s
    refused 2 rtc-offer usage '--video.*quicktime' rtc-offer -s x \
        --video quicktime
    refused 2 rtc-send usage '--time.*soon' rtc-send --time soon
    refused 2 rtc-send usage '--mtu.*100' rtc-send --mtu 100
    refused 2 rtc-send usage '--format.*avi' rtc-send --format avi
    refused 2 rtc-send usage '--fps' rtc-send "${LO[@]}" --fps fast \
        --signal cat "$CLIPS/clip.h264"
    refused 2 rtc-send usage '--port-range.*9-8' rtc-send --port-range 9-8
    refused 2 rtc-recv usage 'operand.*extra' rtc-recv extra
    refused 2 rtc-send usage '--quiet.*no value' rtc-send --quiet=3
}

@test "options that do not go together: 2" {
    refused 2 rtc-send usage 'how to meet' rtc-send "$CLIPS/clip.ivf"
    refused 2 rtc-recv usage 'how to meet' rtc-recv -o out.ivf
    refused 2 rtc-send usage 'how to meet' rtc-send --session a --signal cat \
        "$CLIPS/clip.ivf"
    refused 2 rtc-offer usage '--session' rtc-offer
    refused 2 rtc-answer usage '--session' rtc-answer </dev/null
    refused 2 rtc-recv usage '--video-out' rtc-recv --signal - -o x \
        --video-out y
}

@test "two uses of one stdin or stdout: 2" {
    refused 2 rtc-send usage '--signal -.*stdin' rtc-send --signal -
    refused 2 rtc-send usage '--signal -.*stdin' rtc-send --signal - -
    refused 2 rtc-recv usage '--signal -.*stdout' rtc-recv --signal -
    refused 2 rtc-recv usage '--signal -.*stdout' rtc-recv --signal - -o -
    refused 2 rtc-send usage '--remote -.*stdin' rtc-send -s a.session \
        --remote -
    refused 2 rtc-send usage '--remote -.*stdin' rtc-send -s a.session \
        --remote - -
}

@test "--loop on a pipe: 2" {
    refused 2 rtc-send usage '--loop.*stdin.*pipe|--loop.*pipe' rtc-send \
        "${LO[@]}" --loop --signal cat < <(cat "$CLIPS/clip.ivf")
}

@test "no address to use: 21" {
    refused 21 rtc-offer gather 'nosuchif0' rtc-offer -s a.session \
        --interface nosuchif0
    assert_not_exist a.session
}

# ---- last, as it began first -----------------------------------------------

@test "a peer killed in mid-stream: 24, and what came is on disk" {
    cd "$BATS_FILE_TMPDIR/killed"
    finish recv 24
    assert_one_error recv.err rtc-recv consent ''
    cat "$CLIPS/clip.ivf" >sent.ivf
    frames out.ivf >received
    assert [ "$(wc -l <received)" -ge 3 ]
    frames "$CLIPS/clip.ivf" >sent
    run diff <(cat sent sent | head -n "$(wc -l <received)") received
    assert_success
    assert_playable out.ivf
    run jq -r 'select(.event == "end") | .exit, .name' ev.jsonl
    assert_line --index 0 24
    assert_line --index 1 consent
}
