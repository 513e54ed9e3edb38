/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a line of trickled JSON: a candidate that is accepted is written
 * and read again as the same, a description has its text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/trickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(const struct trickle_line *line)
{
    char why[TRICKLE_WHY_LEN], *text = trickle_write(line);
    struct trickle_line again;
    size_t len = text ? strlen(text) : 0;

    if (!len || text[len - 1] != '\n' || memchr(text, '\n', len - 1))
        abort();
    if (trickle_parse(text, len - 1, &again, why) || again.kind != line->kind ||
        strcmp(again.candidate, line->candidate) != 0 ||
        strcmp(again.mid, line->mid) != 0 ||
        strcmp(again.ufrag, line->ufrag) != 0)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char why[TRICKLE_WHY_LEN] = "";
    struct trickle_line line;

    if (trickle_parse((const char *)data, len, &line, why)) {
        if (!*why)
            abort();
        return 0;
    }
    if (line.kind == TRICKLE_CANDIDATE || line.kind == TRICKLE_END)
        check_again(&line);
    if ((line.kind == TRICKLE_DESCRIPTION) != (line.description.sdp != NULL))
        abort();
    trickle_line_done(&line);
    return 0;
}
