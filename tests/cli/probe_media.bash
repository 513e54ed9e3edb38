# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # variables of others
#
# What tests of rtc-probe whip and whep share: the media server of
# tests/whip/media_server.c, and a report looked at.

# media_server [WORD]: starts it; its endpoint is $at.
media_server() {
    need_tools "$top_builddir/tests/whip/media_server"
    rm -f media.out
    start media "$top_builddir/tests/whip/media_server" "$@"
    wait_for_file media.out
    at=http://127.0.0.1:$(head -n 1 media.out)/endpoint
}

# Ends it; `counted` is true of what it counted.
stop_media_server() {
    signal_to media TERM
    finish media
}

counted() { # FILTER
    judge -s ".[1] | $1" media.out
}

# assert_counted NAME FILTER MORE: what it counted as NAME is what the filter
# says of the session, or up to MORE more: what left before it heard of the end.
assert_counted() {
    judge -s --slurpfile report report.json --argjson more "$3" \
        ".[1].$1 as \$n | \$report[0].sessions[0] | $2 as \$m |
        \$m > 0 and \$n >= \$m and \$n <= \$m + \$more" media.out
}

# measure STATUS SUBJECT URL OPTION...: on loopback; the report is report.json.
measure() {
    local wanted=$1
    shift
    rm -f report.json
    run --separate-stderr timeout -k 2 "$LIMIT" rtc-probe "$1" "${LO[@]}" \
        --json "${@:2}"
    printf '%s\n' "$output" >report.json
    assert_equal "$status:$stderr" "$wanted:$stderr"
}

holds() { # FILTER of the report
    judge "$1" report.json
}

# $late: by its own account this machine kept it waiting.
session() { # FILTER of the only session
    holds "(.loads[0].latenessMax > 0.1) as \$late | .sessions[0] | $1"
}
