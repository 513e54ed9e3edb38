/* SPDX-License-Identifier: MIT
 *
 * The best layer that comes, from key frame to key frame.
 */
#include "cmd/layer_choice.h"

#include "tap.h"

/* In order; milliseconds. */
static const struct {
    int layer, at;
    bool keyframe, taken, switched;
    const char *name;
} rows[] = {
    {1, 0, false, false, false, "nothing begins without a key frame"},
    {1, 10, true, true, true, "the first key frame is taken"},
    {1, 40, false, true, false, "and what follows it"},
    {0, 41, false, false, false, "a better layer waits for its key frame"},
    {0, 74, true, true, true, "and is taken then"},
    {1, 75, true, false, false, "the worse one no more"},
    {2, 80, true, false, false, "nor a third"},
    {0, 110, false, true, false, "the best goes on"},
    {1, 1000, true, false, false, "while it is not silent for long"},
    {1, 1111, false, false, false, "a worse one waits for a key frame"},
    {1, 1200, true, true, true, "and follows a silent one"},
    {0, 1300, true, true, true, "until that is back"},
    {9, 1301, true, false, false, "there is no such layer"},
};

int main(void)
{
    struct layer_choice choice;

    layer_choice_init(&choice);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct rtc_frame frame = {.layer = (uint8_t)rows[i].layer,
                                        .time = rows[i].at * 1000,
                                        .keyframe = rows[i].keyframe};
        bool switched = false;
        bool taken = layer_choice_take(&choice, &frame, &switched);
        ok(taken == rows[i].taken && switched == rows[i].switched,
           rows[i].name);
    }
    return tap_done();
}
