# SPDX-License-Identifier: MIT
#
# A gibibyte of random bytes each way at once, over a data channel between two
# hosts: whole, in little memory, and ended by itself.

load helper

SIZE=1G
MEMORY_KB=32768

setup_file() {
    net_check rtc-send rtc-recv sha256sum
    export missing
}

setup() {
    [ -z "$missing" ] || skip "$missing"
    cd "$BATS_TEST_TMPDIR"
    net_begin
    net_host a open
    net_host b open
}

teardown() {
    end_started "$BATS_TEST_TMPDIR"
    net_end
}

# An endless stream that nobody can compress, cut at SIZE; its hash to FILE.
bytes() { # FILE
    head -c "$SIZE" /dev/urandom | tee >(sha256sum >"$1")
}

@test "both ways at once" {
    LIMIT=240
    mkfifo offer answer there back there.in back.in
    start there.sum sh -c 'sha256sum <there'
    start back.sum sh -c 'sha256sum <back'
    bytes there.sent >there.in &
    bytes back.sent >back.in &
    began=$EPOCHREALTIME
    net_start recv b sh -c 'exec rtc-recv --data --signal - -o there back.in \
        --events recv.jsonl <offer >answer'
    net_start send a sh -c 'exec rtc-send --data --signal - -o back there.in \
        --events send.jsonl >offer <answer'
    for end in send recv; do
        wait_for_file "$end.pid"
    done
    while [ ! -e send.status ] || [ ! -e recv.status ]; do
        for end in send recv; do
            grep -h VmHWM "/proc/$(cat "$end.pid")/status" 2>/dev/null |
                tr -dc 0-9 >"$end.memory.new" || true
            [ ! -s "$end.memory.new" ] || mv "$end.memory.new" "$end.memory"
        done
        sleep 0.2
    done
    finish send
    finish recv
    finish there.sum
    finish back.sum
    awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN {
        printf "# %.1f s, %.2f Gbit/s both ways together\n", to - from,
            2 * 8 * 2 ^ 30 / (to - from) / 1e9 }' >&3
    echo "# at most $(cat send.memory) and $(cat recv.memory) kB of memory" >&3
    assert_equal "$(cat there.sum.out)" "$(cat there.sent)"
    assert_equal "$(cat back.sum.out)" "$(cat back.sent)"
    assert [ "$(cat send.memory)" -lt "$MEMORY_KB" ]
    assert [ "$(cat recv.memory)" -lt "$MEMORY_KB" ]
}
