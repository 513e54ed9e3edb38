/* SPDX-License-Identifier: MIT
 *
 * rtc-answer: answers an offer, and leaves a session file with the private
 * half.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/description.h"
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
            rtc_peer_set_direction(end->peer, t, RTC_SENDRECV);
    }
}

/* Ends the process when it cannot be read. To be freed. */
static char *read_offer(const char *file, size_t *ret_len)
{
    int fd = file_open_read(file);
    char *text = malloc(DESCRIPTION_MAX + 1);
    size_t len = 0;
    ssize_t n = 1;

    if (fd < 0)
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    if (!text)
        die(RTC_EXIT_INTERNAL, "out of memory");
    while (n > 0 && len <= DESCRIPTION_MAX) {
        n = read(fd, text + len, DESCRIPTION_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
    }
    if (n < 0)
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    if (len > DESCRIPTION_MAX)
        die(RTC_EXIT_DESCRIPTION, "the offer is longer than 1 MiB");
    close(fd);
    *ret_len = len;
    return text;
}

int main(int argc, char **argv)
{
    static struct endpoint end;
    struct hand_over_options values = {.expire = (rtc_usec)SESSION_LIFETIME_S *
                                                 1000000};
    int operand = cli_parse(&tool, &values, argc, argv);
    char *offer, *answer;
    size_t offer_len, len;

    hand_over_check(&values);
    end.calls = (struct endpoint_calls){.add_tracks = add_tracks,
                                        .before_answer = look_at_offer,
                                        .user = &values};
    endpoint_init(&end, &tool, &values, &values.end);
    offer = read_offer(operand < argc ? argv[operand] : "-", &offer_len);
    endpoint_make(&end);
    answer = meet_answer(&end, offer, offer_len, &len);
    hand_over_write(&end, &values, SESSION_ANSWER, answer, len);
    free(offer);
    free(answer);
    endpoint_exit(&end);
}
