#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Completion for bash: every option of every tool and subject, and no others.

load helper

setup() {
    need_tools rtc-probe
    # shellcheck source=/dev/null
    source "$top_srcdir/completions/rtcpipe.bash"
}

# completed WORD...: what the last of the words can become, one a line.
completed() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _rtcpipe
    printf '%s\n' "${COMPREPLY[@]}"
}

# assert_all COMMAND...
assert_all() {
    diff <("$@" --help all | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -e '--.*' |
        sort) <(completed "$@" -- | sort)
}

@test "completion: all options of all tools" {
    for tool in rtc-offer rtc-answer rtc-send rtc-recv; do
        assert_all "$tool"
        assert_equal "$(completed "$tool" --vers)" --version
        assert_equal "$(completed "$tool" --nothing)" ''
        [ -n "$(complete -p "$tool")" ]
    done
}

@test "completion: subjects of rtc-probe, and their options" {
    subjects=$(completed rtc-probe '')
    assert_equal "$(completed rtc-probe st)" stun
    # Those that the manual has: a new one comes by itself.
    diff <(sort <<<"$subjects") <(sed '/^.Sh OPTIONS/q' \
        "$top_srcdir/man/rtc-probe.1" | sed -n 's/^.It Cm //p' | sort)
    for subject in $subjects; do
        assert_all rtc-probe "$subject"
    done
    assert_equal "$(completed rtc-probe stun --max-r)" --max-rtt
    assert_equal "$(completed rtc-probe --help wh | xargs)" 'whep whip'
}

@test "completion: values of which there are few" {
    assert_equal "$(completed rtc-send --ice-policy '' | sort | xargs)" 'all relay'
    assert_equal "$(completed rtc-send --ice-policy r)" relay
    assert_equal "$(completed rtc-send --ice-policy = r)" relay
    assert_equal "$(completed rtc-recv --ice-policy = | sort | xargs)" 'all relay'
    assert_equal "$(completed rtc-recv -f an)" annexb
    assert_equal "$(completed rtc-probe whip --clip vp8+)" vp8+opus
    assert_equal "$(completed rtc-offer --help dire)" direction
    assert_equal "$(completed rtc-send --help al | sort | xargs)" \
        'all allow-b-frames'
    # Files, and what begins with the next word.
    assert_equal "$(completed rtc-send --session x)" ''
    assert_equal "$(completed rtc-send -q r)" ''
}
