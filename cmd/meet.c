/* SPDX-License-Identifier: MIT
 *
 * Carries out the offer/answer exchange of a tool over what its options name.
 */
#include "cmd/meet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/description.h"
#include "cmd/file.h"
#include "cmd/meet_trickle.h"
#include "cmd/session.h"
#include "cmd/whip.h"

#define SDP_MAX 65536
/* A reader of our description that does not read. */
#define WRITE_LIMIT_MS 10000

/* ---- descriptions -------------------------------------------------------- */

static char *write_form(enum description_form form, enum description_type type,
                        char *sdp, int len, size_t *ret_len)
{
    struct description d = {form, type, sdp, (size_t)len};
    char *text = description_write(&d, ret_len);

    if (!text)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return text;
}

char *meet_offer(struct endpoint *end, int form, size_t *ret_len)
{
    char sdp[SDP_MAX];
    int len;

    endpoint_add_tracks(end);
    len = rtc_peer_offer(end->peer, sdp, sizeof sdp, driver_now(end->driver));
    if (len < 0)
        die(RTC_EXIT_DESCRIPTION, "no offer: %s", rtc_peer_why(end->peer));
    driver_changed(end->driver, end->peer);
    return write_form((enum description_form)form, DESCRIPTION_OFFER, sdp, len,
                      ret_len);
}

/* Reads a description that is to be of `want`; ends the process when it is
 * none. */
static void read_description(const char *text, size_t len,
                             enum description_type want,
                             struct description *ret_description)
{
    char why[DESCRIPTION_WHY_LEN];
    const char *name = want == DESCRIPTION_OFFER ? "offer" : "answer";

    if (description_parse(text, len, ret_description, why))
        die(RTC_EXIT_DESCRIPTION, "the remote's %s: %s", name, why);
    if (ret_description->type != DESCRIPTION_UNKNOWN &&
        ret_description->type != want)
        die(RTC_EXIT_DESCRIPTION, "the remote's %s: it is an %s", name,
            want == DESCRIPTION_OFFER ? "answer" : "offer");
}

char *meet_answer(struct endpoint *end, const char *remote, size_t remote_len,
                  size_t *ret_len)
{
    struct description offer;
    char sdp[SDP_MAX], *text;
    int len;

    read_description(remote, remote_len, DESCRIPTION_OFFER, &offer);
    endpoint_add_tracks(end);
    if (rtc_peer_remote_offer(end->peer, offer.sdp, offer.len,
                              driver_now(end->driver)))
        die(RTC_EXIT_DESCRIPTION, "the remote's offer: %s",
            rtc_peer_why(end->peer));
    if (end->calls.before_answer)
        end->calls.before_answer(end);
    len = rtc_peer_answer(end->peer, sdp, sizeof sdp, driver_now(end->driver));
    if (len < 0)
        die(RTC_EXIT_DESCRIPTION, "the remote's offer: %s",
            rtc_peer_why(end->peer));
    driver_changed(end->driver, end->peer);
    text = write_form(offer.form, DESCRIPTION_ANSWER, sdp, len, ret_len);
    description_done(&offer);
    return text;
}

static void on_answer(void *user, const char *text, size_t len, const char *why)
{
    struct endpoint *end = user;
    struct description answer;

    if (why)
        die(RTC_EXIT_DESCRIPTION, "no answer: %s", why);
    read_description(text, len, DESCRIPTION_ANSWER, &answer);
    if (rtc_peer_remote_answer(end->peer, answer.sdp, answer.len,
                               driver_now(end->driver)))
        die(RTC_EXIT_DESCRIPTION, "the remote's answer: %s",
            rtc_peer_why(end->peer));
    description_done(&answer);
    driver_changed(end->driver, end->peer);
}

/* ---- our own stdin and stdout ------------------------------------------- */

static void write_stdout(const char *text, size_t len)
{
    if (file_write_all(STDOUT_FILENO, text, len, WRITE_LIMIT_MS))
        die(RTC_EXIT_OUTPUT, "the description to stdout: %s", strerror(errno));
    /* Who reads it waits for the end of file, and we live on. */
    file_close_standard(STDOUT_FILENO);
}

static void on_offer(void *user, const char *text, size_t len, const char *why)
{
    struct endpoint *end = user;
    size_t answer_len;
    char *answer;

    if (why)
        die(RTC_EXIT_DESCRIPTION, "no offer: %s", why);
    answer = meet_answer(end, text, len, &answer_len);
    write_stdout(answer, answer_len);
    free(answer);
}

static void start_reading(struct endpoint *end, int fd, signal_fn fn)
{
    end->reader = signal_read(end->driver, fd, RTC_NEVER, fn, end);
    if (!end->reader)
        die(RTC_EXIT_INTERNAL, "cannot read descriptions: %s", strerror(errno));
}

static void start_standard(struct endpoint *end)
{
    size_t len;
    char *offer;

    if (end->role == ROLE_ANSWER) {
        start_reading(end, STDIN_FILENO, on_offer);
        return;
    }
    offer = meet_offer(end, end->options.form, &len);
    write_stdout(offer, len);
    free(offer);
    start_reading(end, STDIN_FILENO, on_answer);
}

/* ---- a command ----------------------------------------------------------- */

static void start_command(struct endpoint *end)
{
    struct signal_request request = {.command = end->options.signal,
                                     .deadline = RTC_NEVER};
    char *offer = meet_offer(end, end->options.form, &request.len);

    request.text = offer;
    end->child_command = end->options.signal;
    end->child = signal_child_start(end->driver, &request, on_answer, end);
    free(offer);
    if (!end->child)
        die(RTC_EXIT_INTERNAL, "cannot run `%s': %s", end->options.signal,
            strerror(errno));
}

/* ---- a session file ------------------------------------------------------ */

/* Takes the session and makes its peer. */
static void take_session(struct endpoint *end)
{
    const char *remote = end->options.remote;
    char why[SESSION_WHY_LEN];
    int64_t now = (int64_t)time(NULL);
    struct session session;
    int status;

    status = session_take(end->options.session, now, &session, why);
    if (status)
        die((enum rtc_exit)status, "%s", why);
    end->role = session.role == SESSION_OFFER ? ROLE_OFFER : ROLE_ANSWER;
    if (end->role == ROLE_OFFER && !remote)
        die_usage("the session %s made an offer: give its answer by --remote",
                  end->options.session);
    if (end->role == ROLE_ANSWER && remote)
        warn("--remote is not needed: the session %s made the answer",
             end->options.session);
    endpoint_load(end, &session,
                  now > session.created ? (now - session.created) * 1000000
                                        : 0);
    session_done(&session);
}

static void on_remote(void *user, const char *text, size_t len, const char *why)
{
    struct endpoint *end = user;

    take_session(end);
    if (end->role == ROLE_OFFER)
        on_answer(end, text, len, why);
}

/* The answer is waited for first: in a pipe from rtc-offer to us the session is
 * written while we start. */
static void start_session(struct endpoint *end)
{
    const char *remote = end->options.remote;
    int fd;

    if (!remote) {
        take_session(end);
        return;
    }
    fd = file_open_read(remote);
    if (fd < 0)
        die(RTC_EXIT_INPUT, "--remote %s: %s", remote, strerror(errno));
    start_reading(end, fd, on_remote);
}

/* ---- which of them ------------------------------------------------------- */

static bool is_standard(const struct endpoint_options *o)
{
    return o->signal && !strcmp(o->signal, "-");
}

static void check_trickle(const struct endpoint_options *options)
{
    if (options->trickle && !options->signal && !options->whip &&
        !options->whep)
        die_usage("--trickle goes with --signal, --whip and --whep");
    if (options->trickle && options->form == DESCRIPTION_BASE64)
        die_usage("--trickle writes JSON: --base64 does not go with it");
    if (options->ice_restart_after && !options->trickle && !options->whip &&
        !options->whep)
        die_usage("--ice-restart-after goes with --trickle, --whip or --whep");
}

void meet_check(struct endpoint_options *options,
                enum endpoint_role default_role, bool media_in, bool media_out)
{
    int role = options->role ? options->role : (int)default_role;

    int ways = !!options->session + !!options->signal + !!options->whip +
               !!options->whep;

    if (ways != 1)
        die_usage("say how to meet the other end: one of --session FILE, "
                  "--signal COMMAND, --signal -, %s URL",
                  default_role == ROLE_OFFER ? "--whip" : "--whep");
    whip_check(options);
    if ((options->whip || options->whep) && options->role)
        die_usage("--offer and --answer go with --signal -");
    if (options->remote && !options->session)
        die_usage("--remote goes with --session");
    if (options->session &&
        (options->interface || options->family || options->ports.first ||
         ice_options_any(&options->ice)))
        warn("the session has its addresses and servers already: options about "
             "them do nothing");
    if (options->session && options->role)
        die_usage("the session file knows who offers: --offer and --answer go "
                  "with --signal");
    if (options->signal && !is_standard(options) && role == ROLE_ANSWER &&
        options->role)
        die_usage("a --signal command is given our offer: --answer needs "
                  "--signal -");
    if (is_standard(options) && media_in)
        die_usage("--signal - reads descriptions from stdin: name the media "
                  "by FILE");
    if (is_standard(options) && media_out)
        die_usage("--signal - writes descriptions to stdout: name the media "
                  "by -o FILE");
    check_trickle(options);
    if (options->remote && !strcmp(options->remote, "-") && media_in)
        die_usage("--remote - reads the answer from stdin: name the media by "
                  "FILE");
    options->totals = options->form == DESCRIPTION_JSON && !media_out &&
                      !is_standard(options);
}

static void start_signal(struct endpoint *end)
{
    if (!is_standard(&end->options))
        end->role = ROLE_OFFER;
    if (end->options.trickle)
        meet_trickle_start(end);
    else if (is_standard(&end->options))
        start_standard(end);
    else
        start_command(end);
}

static void on_made(struct endpoint *end)
{
    if (!end->options.whip && !end->options.whep) {
        start_signal(end);
        return;
    }
    end->role = end->options.server_offer ? ROLE_ANSWER : ROLE_OFFER;
    whip_start(end);
}

void meet_start(struct endpoint *end, enum endpoint_role default_role)
{
    end->role = end->options.role ? (enum endpoint_role)end->options.role
                                  : default_role;
    if (end->options.session)
        start_session(end);
    else
        endpoint_make(end, on_made);
}
