/* SPDX-License-Identifier: MIT
 *
 * Tracks from options, and the private half into a session file.
 */
#include "cmd/hand_over.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/codecs.h"
#include "cmd/file.h"
#include "cmd/options.h"
#include "cmd/socket.h"

#define STATE_MAX 262144
#define WRITE_LIMIT_MS 10000

static const char *const directions[] = {"sendrecv", "sendonly", "recvonly",
                                         NULL};
static const enum rtc_direction by_choice[] = {RTC_SENDRECV, RTC_SENDONLY,
                                               RTC_RECVONLY};

const struct rtc_option options_hand_over[] = {
    {.heading = "Session",
     .name = "session",
     .letter = 's',
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct hand_over_options, end.session),
     .help = "write the private half there (required)"},
    {.name = "output",
     .letter = 'o',
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct hand_over_options, output),
     .help = "write the description there (default: stdout)"},
    {.name = "expire",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct hand_over_options, expire),
     .help = "how long the session may wait to be used (default 10m)"},
    {.heading = "Media",
     .name = "video",
     .often = true,
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct hand_over_options, video),
     .help = "a video track of these codecs (vp8,h264,h265)"},
    {.name = "audio",
     .often = true,
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct hand_over_options, audio),
     .help = "an audio track of these codecs (opus)"},
    {.name = "direction",
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "WHICH",
     .offset = offsetof(struct hand_over_options, direction),
     .choices = directions,
     .help = "of the tracks: sendrecv (default), sendonly, recvonly"},
    {.name = "network",
     .type = OPTION_ROWS,
     .rows = options_network,
     .offset = offsetof(struct hand_over_options, end)},
    {.name = NULL},
};

enum rtc_direction hand_over_direction(const struct hand_over_options *options)
{
    return by_choice[options->direction];
}

void hand_over_check(struct hand_over_options *options)
{
    if (!options->end.session)
        die_usage("--session FILE is missing: where the private half goes");
    if (!options->end.ports.first)
        options->end.ports = socket_stable_ports();
}

static void add_track(struct endpoint *end, const char *option,
                      const char *codecs, enum rtc_kind kind,
                      enum rtc_direction direction)
{
    struct rtc_track_config config = {.direction = direction};

    codecs_parse(option, codecs, kind, &config);
    if (rtc_peer_add_track(end->peer, &config) < 0)
        die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(end->peer));
}

void hand_over_add_tracks(struct endpoint *end,
                          const struct hand_over_options *options)
{
    enum rtc_direction direction = hand_over_direction(options);
    bool both = !options->video && !options->audio && !options->end.data;

    if (options->audio || both)
        add_track(end, "--audio", options->audio, RTC_AUDIO, direction);
    if (options->video || both)
        add_track(end, "--video", options->video, RTC_VIDEO, direction);
}

static void write_description(const char *file, const char *text, size_t len,
                              const char *session)
{
    int fd = file_open_write(file, true), error;

    if (fd >= 0 && file_write_all(fd, text, len, WRITE_LIMIT_MS) == 0 &&
        close(fd) == 0)
        return;
    error = errno;
    unlink(session); /* nobody can answer what was not written */
    if (error == EPIPE)
        cli_die_by_signal(SIGPIPE);
    die(RTC_EXIT_OUTPUT, "%s: %s", strcmp(file, "-") ? file : "stdout",
        strerror(error));
}

void hand_over_write(struct endpoint *end,
                     const struct hand_over_options *options,
                     enum session_role role, const char *text, size_t len)
{
    int64_t created = (int64_t)time(NULL);
    struct session session = {
        .role = role,
        .created = created,
        .expires = created + options->expire / 1000000,
        .state = malloc(STATE_MAX),
        .hosts = gather_hosts(end->gather),
        .interface =
            options->end.interface ? strdup(options->end.interface) : NULL,
        .family = options->end.family,
        .ports = options->end.ports,
        .tcp = options->end.ice.tcp,
    };
    char why[SESSION_WHY_LEN];
    int saved, status;

    if (!session.state || !session.hosts)
        die(RTC_EXIT_INTERNAL, "out of memory");
    saved = rtc_peer_save(end->peer, session.state, STATE_MAX,
                          driver_now(end->driver));
    if (saved < 0)
        die(RTC_EXIT_INTERNAL, "cannot save the session: %s",
            rtc_error_text(saved));
    session.state_len = (size_t)saved;
    status = session_write(options->end.session, &session, why);
    session_done(&session);
    if (status)
        die((enum rtc_exit)status, "%s", why);
    write_description(options->output ? options->output : "-", text, len,
                      options->end.session);
}
