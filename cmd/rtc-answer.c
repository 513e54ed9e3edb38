/* SPDX-License-Identifier: MIT
 *
 * rtc-answer: answers an offer, and leaves a session file with the private
 * half.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/file.h"
#include "cmd/hand_over.h"
#include "cmd/meet.h"
#include "cmd/options.h"

static const struct rtc_option options[] = {
    {.name = "hand_over", .type = OPTION_ROWS, .rows = options_hand_over},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-answer",
    .operands = "[OFFER]",
    .summary = "Answer a WebRTC offer, and write a session file with the "
               "private half.",
    .options = options,
    .notes = "The offer is read from a file or stdin, as SDP, JSON or base64; "
             "the answer\nis written in the same form. Hand the session to "
             "rtc-send or rtc-recv with\n--session FILE.",
    .operands_most = 1,
};

static int offer_fd;

static void add_tracks(struct endpoint *end)
{
    hand_over_add_tracks(end, end->calls.user);
}

/* With codecs named, only what they name is taken; else whatever is offered,
 * both ways. */
static void look_at_offer(struct endpoint *end)
{
    const struct hand_over_options *values = end->calls.user;
    bool named = values->video || values->audio;
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(end->peer, t, &info) == 0; t++) {
        if (!info.by_remote)
            continue;
        if (named)
            rtc_peer_stop_track(end->peer, t);
        else
            rtc_peer_set_direction(end->peer, t, hand_over_direction(values));
    }
}

static void on_offer(void *user, const char *text, size_t len, const char *why)
{
    struct endpoint *end = user;
    size_t answer_len;
    char *answer;

    if (why)
        die(RTC_EXIT_DESCRIPTION, "no offer: %s", why);
    answer = meet_answer(end, text, len, &answer_len);
    hand_over_write(end, end->calls.user, SESSION_ANSWER, answer, answer_len);
    free(answer);
    endpoint_leave(end);
}

static void on_made(struct endpoint *end)
{
    end->reader = signal_read(end->driver, offer_fd, RTC_NEVER, on_offer, end);
    if (!end->reader)
        die(RTC_EXIT_INTERNAL, "cannot read the offer: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    static struct endpoint end;
    struct hand_over_options values = HAND_OVER_DEFAULTS;
    int operand = cli_parse(&tool, &values, argc, argv);
    const char *file = operand < argc ? argv[operand] : "-";

    hand_over_check(&values);
    end.calls = (struct endpoint_calls){.add_tracks = add_tracks,
                                        .before_answer = look_at_offer,
                                        .user = &values};
    endpoint_init(&end, &tool, &values, &values.end);
    offer_fd = file_open_read(file);
    if (offer_fd < 0)
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    endpoint_make(&end, on_made);
    endpoint_run(&end);
    endpoint_exit(&end);
}
