/* SPDX-License-Identifier: MIT
 *
 * A ring of tallies for each side.
 */
#include "cmd/probe/peer_rows.h"

static struct peer_tally *at(struct peer_rows *rows, enum peer_side side,
                             unsigned index)
{
    return &rows->tallies[side][index % PEER_ROWS];
}

void peer_rows_add(struct peer_rows *rows, enum peer_side side, unsigned index,
                   const struct peer_tally *tally)
{
    unsigned last = rows->counts[side];
    struct peer_tally before = *at(rows, side, last);

    if (index <= last)
        return;
    if (index - last > PEER_ROWS)
        last = index - PEER_ROWS;
    for (unsigned i = last + 1; i < index; i++)
        *at(rows, side, i) = before;
    *at(rows, side, index) = *tally;
    rows->counts[side] = index;
}

unsigned peer_rows_next(struct peer_rows *rows)
{
    unsigned ours = rows->counts[PEER_LOCAL] - rows->shown;

    if (ours == 0 ||
        (rows->counts[PEER_REMOTE] <= rows->shown && ours < PEER_ROWS / 2))
        return 0;
    return ++rows->shown;
}

bool peer_rows_get(const struct peer_rows *rows, enum peer_side side,
                   unsigned index, struct peer_tally *ret_before,
                   struct peer_tally *ret_after)
{
    unsigned count = rows->counts[side];

    if (index == 0 || index > count || count - index >= PEER_ROWS - 1)
        return false;
    *ret_before = rows->tallies[side][(index - 1) % PEER_ROWS];
    *ret_after = rows->tallies[side][index % PEER_ROWS];
    return true;
}
