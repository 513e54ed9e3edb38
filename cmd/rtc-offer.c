/* SPDX-License-Identifier: MIT
 *
 * rtc-offer: makes an offer, and a session file with its private half.
 */
#include <stddef.h>
#include <stdlib.h>

#include "cmd/hand_over.h"
#include "cmd/meet.h"
#include "cmd/options.h"

static const struct rtc_option options[] = {
    {.name = "hand_over", .type = OPTION_ROWS, .rows = options_hand_over},
    {.heading = "Data",
     .name = "data",
     .often = true,
     .type = OPTION_FLAG,
     .offset = offsetof(struct hand_over_options, end.data),
     .help = "data channels; and no media that is not named"},
    {.name = "form",
     .type = OPTION_ROWS,
     .rows = options_form,
     .offset = offsetof(struct hand_over_options, end)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-offer",
    .operands = "",
    .summary = "Make a WebRTC offer, and a session file with its private half.",
    .options = options,
    .notes = "Hand the session to rtc-send or rtc-recv with --session FILE "
             "--remote ANSWER.",
};

static void on_made(struct endpoint *end)
{
    const struct hand_over_options *values = end->calls.user;
    size_t len;
    char *offer = meet_offer(end, values->end.form, &len);

    hand_over_write(end, values, SESSION_OFFER, offer, len);
    free(offer);
    endpoint_leave(end);
}

static void add_tracks(struct endpoint *end)
{
    hand_over_add_tracks(end, end->calls.user);
}

int main(int argc, char **argv)
{
    static struct endpoint end;
    struct hand_over_options values = HAND_OVER_DEFAULTS;

    cli_parse(&tool, &values, argc, argv);
    hand_over_check(&values);
    end.calls.add_tracks = add_tracks;
    end.calls.user = &values;
    endpoint_init(&end, &tool, &values, &values.end);
    endpoint_make(&end, on_made);
    endpoint_run(&end);
    endpoint_exit(&end);
}
