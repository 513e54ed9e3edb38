# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of the rtcpipe tools for bash. Options are those that the tool's
# own --help lists, so there is nothing here to keep in step with them. What is
# not an option is completed as a file.

# The options of a command, one a line.
_rtcpipe_options() {
    "$@" --help 2>/dev/null |
        sed -n 's/^ \{2,\}\(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p'
}

_rtcpipe_subjects() {
    "$1" --help 2>/dev/null | sed -n '/^Subjects:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_rtcpipe() {
    local current=${COMP_WORDS[COMP_CWORD]}
    local command=("${COMP_WORDS[0]}") words= word

    if [ "${command[0]##*/}" = rtc-probe ]; then
        if [ "$COMP_CWORD" -eq 1 ]; then
            words=$(_rtcpipe_subjects "${command[0]}")
        else
            command+=("${COMP_WORDS[1]}")
        fi
    fi
    case $current in
    -*) words=$(_rtcpipe_options "${command[@]}") ;;
    esac
    COMPREPLY=()
    while read -r word; do
        [ -z "$word" ] || COMPREPLY+=("$word")
    done < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rtcpipe rtc-offer rtc-answer rtc-send rtc-recv rtc-probe
