/* SPDX-License-Identifier: MIT
 *
 * Intervals of rtc-probe peer: shown once both ends have told, or one does not
 * any more; what a remote leaves out or makes up costs nothing.
 */
#include "cmd/probe/peer_rows.h"

#include "tap.h"

static void add(struct peer_rows *rows, enum peer_side side, unsigned index)
{
    struct peer_tally tally = {.sent.packets = 100ul * index};

    peer_rows_add(rows, side, index, &tally);
}

/* What was sent in it; -1: not known. */
static int64_t sent_in(const struct peer_rows *rows, enum peer_side side,
                       unsigned index)
{
    struct peer_tally before, after;

    if (!peer_rows_get(rows, side, index, &before, &after))
        return -1;
    return (int64_t)(after.sent.packets - before.sent.packets);
}

static void test_both(void)
{
    struct peer_rows rows = {0};

    is_int(peer_rows_next(&rows), 0, "nothing at first");
    add(&rows, PEER_LOCAL, 1);
    is_int(peer_rows_next(&rows), 0, "nor when one end has told");
    add(&rows, PEER_REMOTE, 1);
    is_int(peer_rows_next(&rows), 1, "the first one when both have");
    is_int(peer_rows_next(&rows), 0, "once");
    add(&rows, PEER_REMOTE, 2);
    add(&rows, PEER_REMOTE, 3);
    is_int(peer_rows_next(&rows), 0, "the remote is not followed");
    add(&rows, PEER_LOCAL, 2);
    is_int(peer_rows_next(&rows), 2, "ahead of us");
    is_int(sent_in(&rows, PEER_LOCAL, 1), 100, "the first one's count");
    is_int(sent_in(&rows, PEER_REMOTE, 3), 100, "and another's");
    is_int(sent_in(&rows, PEER_REMOTE, 4), -1, "but not the future's");
    is_int(sent_in(&rows, PEER_REMOTE, 0), -1, "nor one there is not");
}

static void test_silence(void)
{
    struct peer_rows rows = {0};
    unsigned shown = 0, last = 0, index;

    for (unsigned i = 1; i <= 100; i++) {
        add(&rows, PEER_LOCAL, i);
        while ((index = peer_rows_next(&rows)) > 0) {
            shown += sent_in(&rows, PEER_LOCAL, index) == 100 &&
                     sent_in(&rows, PEER_REMOTE, index) == -1;
            last = index;
        }
    }
    is_int(shown, last, "who says nothing is not waited for without end");
    ok(last >= 100 - PEER_ROWS, "but some intervals");
}

static void test_jumps(void)
{
    struct peer_rows rows = {0};

    add(&rows, PEER_REMOTE, 1);
    add(&rows, PEER_REMOTE, 4);
    is_int(sent_in(&rows, PEER_REMOTE, 2), 0, "one left out has no news");
    is_int(sent_in(&rows, PEER_REMOTE, 4), 300, "which the next one brings");
    add(&rows, PEER_REMOTE, 3);
    is_int(rows.counts[PEER_REMOTE], 4, "none comes twice");
    add(&rows, PEER_REMOTE, 1000000);
    is_int(sent_in(&rows, PEER_REMOTE, 1000000), 100000000 - 400,
           "a jump of any length");
    is_int(sent_in(&rows, PEER_REMOTE, 999990), 0, "has nothing in between");
    is_int(sent_in(&rows, PEER_REMOTE, 5), -1, "and what was is forgotten");
}

int main(void)
{
    test_both();
    test_silence();
    test_jumps();
    return tap_done();
}
