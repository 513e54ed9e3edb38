#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154 # jq's variables; those of the helper
#
# Every form of every subject's report, held against what the form's readers
# demand.
#
# A new subject is a row below: a name, which begins with the subject's; the
# exit status; and the members of the JSON that hold what it found. A function
# run_NAME runs it, with the form as its arguments. Servers are started once.

load helper

rows() {
    cat <<END
conformance 0 servers cases
conformance_failing 50 servers cases
conformance_nowhere 10 servers cases
conformance_nothing 124 servers cases
host 0 addresses candidates sockets suites profiles sessions libraries
loop 0 tracks pairs sessions loads
loop_limits 3 tracks pairs sessions loads impairments
loop_nowhere 11 sessions loads
loop_stripped 4 tracks sessions loads
nat 0 servers families
nat_dead 4 servers families
nat_impaired 0 servers families impairments
peer 0 intervals sessions directions streams ends
peer_limits 3 intervals sessions directions streams ends impairments
peer_nowhere 20
sdp 0 description sections cases
sdp_strict 3 description sections cases
sdp_unreadable 20 cases
stun 0 servers
stun_dead 4 servers
stun_limits 3 servers
stun_nowhere 10
turn 0 servers echoes loads
turn_dead 21 servers
turn_limits 3 servers echoes loads impairments
turn_two 22 servers echoes
whep 0 sessions loads
whep_crowd 0 crowds measures loads
whip 0 sessions loads
whip_limits 3 sessions loads impairments
whip_nowhere 11 sessions
whip_refused 12 crowds measures failures
END
}

vectors=$top_srcdir/tests/vectors/sdp

run_conformance() {
    rtc-probe conformance "$@" --no-connect --whip "$WHIP/nothing/whip"
}
run_conformance_failing() {
    rtc-probe conformance "$@" --no-connect --whep "$WHIP/S04.1/whep" \
        --whip "$WHIP/S18.1/whip" --strict
}
run_conformance_nowhere() {
    rtc-probe conformance "$@" --whip https://nobody.invalid/
}
run_conformance_nothing() {
    rtc-probe conformance "$@" --whip "$WHIP/hang/whip" --max-time 200ms
}
run_host() { rtc-probe host "$@"; }
run_loop() {
    rtc-probe loop "$@" "${LO[@]}" --whip "$RELAY/whip" --whep "$RELAY/whep" \
        -t 300ms
}
run_loop_limits() {
    run_loop "$@" --impair delay=1ms --max-latency 1us --max-loss 1%
}
run_loop_nowhere() {
    rtc-probe loop "$@" --whip http://127.0.0.1:9/ --whep http://127.0.0.1:9/
}
run_loop_stripped() { RELAY=$STRIPPING run_loop "$@"; }
run_nat() { rtc-probe nat "$@" "$STUN" "$STUN2"; }
run_nat_dead() { rtc-probe nat "$@" --timeout 50ms 127.0.0.1:9; }
run_nat_impaired() {
    rtc-probe nat "$@" --impair delay=1ms "$STUN" "$STUN2"
}
run_peer() {
    rtc-probe peer "$@" -t 100ms -i 100ms --bidir -P 2 --interface lo \
        --signal 'exec rtc-probe peer --signal - --interface lo'
}
run_peer_limits() {
    run_peer "$@" --impair delay=1ms --max-rtt 1us --max-loss 0% \
        --min-bitrate 1G
}
run_peer_nowhere() { rtc-probe peer "$@" --interface lo --signal 'exit 1'; }
run_sdp() { rtc-probe sdp "$@" "$vectors/chromium-offer-sendrecv-av-data.sdp"; }
run_sdp_strict() {
    rtc-probe sdp "$@" --strict "$vectors/aiortc-offer-recvonly.sdp"
}
run_sdp_unreadable() {
    printf 'v=0\no=- 1 1 IN IP4 0\ns=-\nt=0 0\nm=<&"#\\>\x01\xff]]>\n' |
        rtc-probe sdp "$@"
}
run_stun() { rtc-probe stun "$@" -c 3 -i 10ms localhost:"${STUN##*:}" "$STUN2"; }
run_stun_dead() {
    rtc-probe stun "$@" -c 2 -i 10ms --timeout 50ms --max-rtt 1s 127.0.0.1:9
}
run_stun_limits() {
    rtc-probe stun "$@" -c 3 -i 10ms --timeout 300ms --max-loss 1% \
        --max-rtt 9s --max-jitter 0us --impair loss=30%,seed=7 "$STUN"
}
run_stun_nowhere() { rtc-probe stun "$@" nobody.invalid; }
run_whep() { rtc-probe whep "$@" "${LO[@]}" -t 200ms "$MEDIA/x"; }
run_whep_crowd() { run_whep "$@" -P 3 --ramp 50ms; }
run_whip() { rtc-probe whip "$@" "${LO[@]}" -t 200ms "$MEDIA/x"; }
run_whip_limits() { run_whip "$@" --impair delay=1ms --max-connect 1us; }
run_whip_nowhere() { rtc-probe whip "$@" http://127.0.0.1:9/; }
run_whip_refused() { rtc-probe whip "$@" "${LO[@]}" -P 2 "$RELAY/nowhere"; }

run_turn() { rtc-probe turn "$@" -c 3 -i 10ms -t 100ms "$TURN"; }
run_turn_dead() { rtc-probe turn "$@" turn:u:p@127.0.0.1:9; }
run_turn_limits() {
    rtc-probe turn "$@" -c 3 -i 10ms -t 100ms --impair delay=1ms \
        --max-rtt 1us --min-bitrate 1k --require-tls-days 1 "$TURN"
}
run_turn_two() {
    rtc-probe turn "$@" -c 3 -i 10ms -t 0 "$TURN" "${TURN/u:p/u:wrong}"
}

# ---- running ---------------------------------------------------------------

# The forms of a subject, without the table.
forms_of() { # SUBJECT
    rtc-probe "$1" --help all |
        sed -n 's/^ *--\(json\|jsonl\|prometheus\|tap\|junit\) .*/\1/p'
}

# Leaves NAME.FORM and NAME.FORM.status for each row and form.
setup_file() {
    command -v rtc-probe jq python3 >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return
    start one python3 "$top_srcdir/tests/cli/stun.py" </dev/null
    start two python3 "$top_srcdir/tests/cli/stun.py" 127.0.0.2 </dev/null
    start relay "$top_builddir/tests/whip/relay" </dev/null
    start strip "$top_builddir/tests/whip/relay" strip </dev/null
    start media "$top_builddir/tests/whip/media_server" </dev/null
    wait_for_file media.out
    MEDIA=http://127.0.0.1:$(cat media.out)
    wait_for_file relay.out
    wait_for_file strip.out
    RELAY=http://127.0.0.1:$(cat relay.out)
    STRIPPING=http://127.0.0.1:$(cat strip.out)
    echo '{}' >script.json
    start whip python3 "$top_srcdir/tests/whip/server.py" \
        --script script.json http </dev/null
    wait_for_file whip.out
    WHIP=http://127.0.0.1:$(cat whip.out)/conform
    wait_for_line one.out ':'
    wait_for_line two.out ':'
    start turn python3 "$top_srcdir/tests/cli/turn.py" </dev/null
    wait_for_line turn.out ':'
    STUN=$(cat one.out) STUN2=$(cat two.out) TURN=$(cat turn.out)
    while read -r name _; do
        for form in table $(forms_of "${name%%_*}"); do
            case $form in
            table) set -- ;;
            *) set -- "--$form" ;;
            esac
            "run_$name" "$@" >"$name.$form" 2>"$name.$form.err" </dev/null &&
                echo 0 >"$name.$form.status" ||
                echo $? >"$name.$form.status"
        done
    done < <(rows)
    end_started "$BATS_FILE_TMPDIR"
}

setup() {
    need_tools rtc-probe jq python3
    cd "$BATS_FILE_TMPDIR" || return
}

# each FORM CHECK: runs CHECK NAME STATUS KEY... for each row that has the form,
# on FILE, its output. There are some. (A check is one condition: no command of
# it ends the test.)
each() {
    local form=$1 check=$2 any=
    while read -r name wanted keys; do
        FILE=$name.$form
        [ -e "$FILE" ] || continue
        any=yes
        # shellcheck disable=SC2086 # several
        "$check" "$name" "$wanted" $keys >"$BATS_TEST_TMPDIR/wrong" 2>&1 ||
            fail "$FILE: $(cat "$BATS_TEST_TMPDIR/wrong" "$FILE" "$FILE.err")"
    done < <(rows)
    [ -n "$any" ]
}

# ---- what each has ---------------------------------------------------------

@test "every subject has a row, and every row a subject" {
    diff <(rows | sed 's/[_ ].*//' | sort -u) \
        <(rtc-probe --help | sed -n '/^Subjects:/,/^$/s/^  \([a-z]*\) .*/\1/p')
    for subject in $(rows | sed 's/[_ ].*//' | sort -u); do
        assert_equal "$(forms_of "$subject" | head -n 3 | xargs)" \
            'json jsonl prometheus'
    done
}

# The status is the row's; the form does not matter. Why is said once.
check_status() {
    [ "$(cat "$FILE.status")" = "$2" ] &&
        [ "$(grep -c ': error ' "$FILE.err")" = "$(($2 > 0))" ]
}

@test "the status is the same in every form" {
    for form in table json jsonl prometheus tap junit; do
        each $form check_status
    done
}

check_json() {
    python3 "$top_srcdir/tests/cli/strict_json.py" <"$FILE" &&
        judge -s --arg subject "${1%%_*}" --argjson status "$2" '
            length == 1 and (.[0] | .v == 1 and .t >= 0 and
            .tool == "rtc-probe" and (.version | test("^[0-9]+[.][0-9]")) and
            .subject == $subject and .exit == $status and
            (.verdicts | type == "array" and all(type == "string")) and
            (.thresholds | type == "array" and
                all(keys == ["message", "name", "passed"])) and
            (if $status == 0 then .error == null else
                .error | (.name | length > 0) and (.message | length > 0) end) and
            ([.thresholds[] | select(.passed | not)] == [] or
                $status == 3 or $status == 4 or $status == 50) and
            (.cases // [] | all(keys ==
                ["id", "line", "outcome", "source", "title", "why"])) and
            ($ARGS.positional - keys == []) and
            ([.[$ARGS.positional[]] | length > 0] | all))' \
            "$FILE" --args "${@:3}"
}

@test "json: one object, with what every report has and what the subject found" {
    each json check_json
}

check_jsonl() {
    python3 "$top_srcdir/tests/cli/strict_json.py" <"$FILE" &&
        judge -s --argjson status "$2" '
            all(.v == 1 and (.t | type == "number") and .t >= 0 and
                (.event | type == "string")) and
            ([.[].t] | . == sort) and
            ([.[] | select(.event == "end")] | length == 1) and
            (last | .event == "end" and .exit == $status and
                has("verdicts") and has("thresholds") and has("error"))' \
            "$FILE"
}

@test "jsonl: events in order of time, to one end" {
    each jsonl check_jsonl
}

# What is in the object is in the lines.
check_same() {
    case $1 in sdp*) ;; *) return 0 ;; esac
    diff <(jq -S 'del(.v, .t, .tool, .version, .subject)' "$FILE") \
        <(jq -sS 'def of(e): map(select(.event == e) | del(.v, .t, .event));
            {sections: of("result"), cases: of("case")} +
            (of("description")[0] // {}) + of("end")[0] |
            if .sections == [] then del(.sections) else . end' "$1.jsonl")
}

@test "jsonl: the report of a description is the same as in json" {
    each json check_same
}

check_prometheus() {
    python3 "$top_srcdir/tests/cli/prometheus.py" "$FILE" &&
        grep -qx "rtc_probe_${1%%_*}_exit $2" "$FILE"
}

@test "prometheus: the text format, to the letter" {
    each prometheus check_prometheus
}

@test "prometheus: the checker of that knows what is wrong" {
    cd "$BATS_TEST_TMPDIR"
    head='# HELP a A.\n# TYPE a gauge\n'
    cat >right <<'END'
a 1\n
a{b="c"} 1.5e-3\na 1\n
a{b="\\\\\\"\\n",c="d",} -1\n
# x\na 1\n
END
    cat >wrong <<'END'
a NaN\n
a +Inf\n
a 0x1\n
a 1
a 1 1700000000\n
a  1\n
a{} 1\n
a{b=c} 1\n
a{b="c" 1\n
a{b="c\\t"} 1\n
a{1b="c"} 1\n
a{b="c",b="d"} 1\n
a{b="c",c="d"} 1\na{c="d",b="c"} 2\n
a{b=""} 1\n
a{__b="c"} 1\n
a 1\n\na{b="c"} 1\n
a-b 1\n
b 1\n
a 1\n# HELP a B.\n
a 1\n# HELP b B.\n# TYPE b gauge\nb 1\na{c="d"} 1\n
a 1\n# HELP b B.\n# TYPE b gauge\n
a 1\n# HELP b B.\n# TYPE b count\nb 1\n
a 1\n# HELP b B.\n# TYPE b counter\nb 1\n
a 1\n# HELP b_ms B.\n# TYPE b_ms gauge\nb_ms 1\n
a 1\n# HELP b\n# TYPE b gauge\nb 1\n
a{b="\xff"} 1\n
END
    for kind in right wrong; do
        count=0
        while IFS= read -r text; do
            count=$((count + 1))
            # shellcheck disable=SC2059 # with escapes
            printf "$head$text" >"$kind.$count"
        done <$kind
    done
    python3 "$top_srcdir/tests/cli/prometheus.py" right.*
    run python3 "$top_srcdir/tests/cli/prometheus.py" wrong.*
    assert_equal "$status" 1
    diff <(cut -d : -f 1 <<<"$output" | sort -u) <(printf '%s\n' wrong.* | sort)
}

# Counts of cases: the thresholds are among them.
check_tap() {
    [ "$(perl "$top_srcdir/tests/cli/tap.pl" <"$FILE")" = "$(jq -r '
        [.cases[].outcome] + [.thresholds[] |
            if .passed then "ok" else "not ok" end] |
        [(map(select(. == "ok" or . == "warning")) | length),
         (map(select(. == "not ok")) | length),
         (map(select(. == "skip")) | length)] | map(tostring) | join(" ")' \
        "$1.json")" ]
}

@test "tap: as perl's harness reads it" {
    perl -MTAP::Parser -e 1 2>/dev/null || skip "perl's TAP::Parser is not here"
    each tap check_tap
}

check_junit() {
    xmllint --noout --relaxng "$top_srcdir/tests/cli/junit.rng" "$FILE" &&
        [ "$(xmllint --xpath 'concat(count(//testcase) = /*/@tests, " ",
            count(//failure) = /*/@failures, " ",
            count(//skipped) = /*/@skipped, " ",
            count(//error) = /*/@errors, " ",
            /*/@tests - /*/@errors)' "$FILE")" = "true true true true $(
            jq '(.cases + .thresholds) | length' "$1.json")" ]
}

@test "junit: valid by a schema, and its sums are right" {
    need_tools xmllint
    each junit check_junit
}

# In 80 columns, without colour or anything else that a terminal obeys.
check_table() {
    { [[ $1 = *_nowhere ]] || [ -s "$FILE" ]; } &&
        ! LC_ALL=C grep -n '[^ -~]' "$FILE" && ! grep -nE '.{81}| $' "$FILE"
}

@test "table: 80 columns of plain text when it is no terminal" {
    each table check_table
}

# ---- colour ----------------------------------------------------------------

@test "table: colour on a terminal, but not with NO_COLOR" {
    need_tools script
    offer=$vectors/aiortc-offer-recvonly.sdp
    script -qec "env -u NO_COLOR rtc-probe sdp --strict $offer 2>/dev/null" \
        /dev/null >"$BATS_TEST_TMPDIR/seen" </dev/null || [ $? = 3 ]
    for mark in '32mok    ' '31mNOT OK' '31mFAIL'; do
        grep -qF $'\033['"$mark"$'\033[m' "$BATS_TEST_TMPDIR/seen"
    done
    script -qec "env NO_COLOR=1 rtc-probe sdp --strict $offer 2>/dev/null" \
        /dev/null >"$BATS_TEST_TMPDIR/seen" </dev/null || [ $? = 3 ]
    tr -d '\r' <"$BATS_TEST_TMPDIR/seen" | diff - sdp_strict.table
}

# ---- a description's forms, as they were when somebody looked ---------------

# golden FORM SED: the report but for what is new every time.
golden() {
    sed "$2" "sdp_strict.$1" | diff "$top_srcdir/tests/cli/golden/sdp.$1" -
}

@test "sdp: each form, word for word" {
    golden table ''
    golden json 's/"t":[0-9.]*/"t":0/;s/"version":"[^"]*"/"version":"0"/'
    golden jsonl 's/"t":[0-9.]*/"t":0/'
    golden prometheus ''
    golden tap ''
    golden junit 's/ time="[0-9.]*"/ time="0"/'
}
