# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of the rtcpipe tools for bash. Options are those that the tool's
# own --help lists, and the values of one those that --help tells of it, so there
# is nothing here to keep in step with them. Everything else is completed as a
# file.

# The options of a command, one a line.
_rtcpipe_options() {
    "$@" --help all 2>/dev/null |
        sed -n 's/^ \{2,\}\(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p'
}

# The long name of the option -X of a command.
_rtcpipe_long() { # -X COMMAND...
    "${@:2}" --help all 2>/dev/null | sed -n "s/^  $1, --\([a-z0-9-]*\).*/\1/p"
}

# What the value of the option --NAME or -X can be, where it is one of few.
_rtcpipe_values() { # OPTION COMMAND...
    local name=${1#--}

    [[ $name != -? ]] || name=$(_rtcpipe_long "$@")
    case $name in
    '') ;;
    help) echo all && _rtcpipe_options "${@:2}" | sed 's/^--//' ;;
    *)
        "${@:2}" --help "$name" 2>/dev/null |
            sed -n 's/^Its value is one of: //p'
        ;;
    esac
}

_rtcpipe_subjects() {
    "$1" --help 2>/dev/null | sed -n '/^Subjects:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_rtcpipe() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=("${COMP_WORDS[0]}") words= word

    if [ "${command[0]##*/}" = rtc-probe ]; then
        if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = --help ]; then
            words=$(_rtcpipe_subjects "${command[0]}")
        else
            command+=("${COMP_WORDS[1]}")
        fi
    fi
    # Bash takes --NAME=VALUE for three words.
    if [ "$before" = = ]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    elif [ "$current" = = ]; then
        current=
    fi
    case $current in
    -*) words=$(_rtcpipe_options "${command[@]}") ;;
    *)
        case $before in
        -*) words+=" $(_rtcpipe_values "$before" "${command[@]}")" ;;
        esac
        ;;
    esac
    COMPREPLY=()
    while read -r word; do
        [ -z "$word" ] || COMPREPLY+=("$word")
    done < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rtcpipe rtc-offer rtc-answer rtc-send rtc-recv rtc-probe
