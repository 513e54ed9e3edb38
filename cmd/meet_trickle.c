/* SPDX-License-Identifier: MIT
 *
 * The conversation of two ends over a stream that stays open. A remote offer is
 * answered at once. When both have offered (glare), the one who answered in the
 * beginning takes his offer back. What goes wrong before the first pair of
 * descriptions ends the process; later on the session goes on as it was.
 */
#include "cmd/meet_trickle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/description.h"
#include "cmd/file.h"
#include "cmd/trickle.h"

#define SDP_MAX 65536
#define WRITE_LIMIT_MS 10000 /* one who does not read our answer */
#define END_LIMIT_MS 1000    /* or, at the end, our last lines */

struct meet_trickle {
    struct trickle *stream;
    bool is_closed;                /* the remote says nothing more */
    bool has_met;                  /* both descriptions are in force */
    bool has_told, has_told_end;   /* our description; its candidates' end */
    char mid[RTC_MID_MAX + 1];     /* of our last description */
    char ufrag[RTC_UFRAG_MAX + 1]; /* and its credentials' name */
    char agreed_ufrag[RTC_UFRAG_MAX + 1], remote_ufrag[RTC_UFRAG_MAX + 1];
};

/* ---- what we tell -------------------------------------------------------- */

/* The first value of an attribute, "" without one or when it is too long. */
static void find_attribute(const char *sdp, const char *name, char *buf,
                           size_t cap)
{
    const char *at = strstr(sdp, name);
    size_t len = at ? strcspn(at + strlen(name), "\r\n") : 0;

    if (len >= cap)
        len = 0;
    if (len)
        memcpy(buf, at + strlen(name), len);
    buf[len] = '\0';
}

/* One of our candidates; "": there are no more. */
static void tell_candidate(struct meet_trickle *t, const char *candidate)
{
    struct trickle_line line = {.kind = TRICKLE_CANDIDATE};
    char *text;

    if (!t->has_told || trickle_is_plain(t->stream))
        return;
    snprintf(line.candidate, sizeof line.candidate, "%s", candidate);
    snprintf(line.mid, sizeof line.mid, "%s", t->mid);
    snprintf(line.ufrag, sizeof line.ufrag, "%s", t->ufrag);
    text = trickle_write(&line);
    if (text)
        trickle_send(t->stream, text, strlen(text));
    free(text);
    t->has_told_end = !*candidate;
}

static void tell_description(struct endpoint *end, enum description_form form,
                             enum description_type type, char *sdp, int sdp_len)
{
    struct description d = {form, type, sdp, (size_t)sdp_len};
    struct meet_trickle *t = end->trickle;
    size_t len;
    char *text = description_write(&d, &len);

    if (!text)
        die(RTC_EXIT_INTERNAL, "out of memory");
    trickle_send(t->stream, text, len);
    free(text);
    driver_changed(end->driver, end->peer);
    find_attribute(sdp, "\na=mid:", t->mid, sizeof t->mid);
    find_attribute(sdp, "\na=ice-ufrag:", t->ufrag, sizeof t->ufrag);
    t->has_told = true;
    t->has_told_end = false;
    if (rtc_peer_is_gathered(end->peer))
        tell_candidate(t, "");
}

/* 0, or a negative error with rtc_peer_why. */
static int tell_offer(struct endpoint *end)
{
    char sdp[SDP_MAX];
    int len =
        rtc_peer_offer(end->peer, sdp, sizeof sdp, driver_now(end->driver));

    if (len < 0)
        return len;
    tell_description(end, DESCRIPTION_JSON, DESCRIPTION_OFFER, sdp, len);
    return 0;
}

static int tell_answer(struct endpoint *end, enum description_form form)
{
    bool plain = trickle_is_plain(end->trickle->stream);
    char sdp[SDP_MAX];
    int len =
        rtc_peer_answer(end->peer, sdp, sizeof sdp, driver_now(end->driver));

    if (len < 0)
        return len;
    tell_description(end, form, DESCRIPTION_ANSWER, sdp, len);
    if (plain)
        trickle_finish(end->trickle->stream, WRITE_LIMIT_MS);
    return 0;
}

static void warn_restart(const struct endpoint *end, int error)
{
    const char *why = rtc_peer_why(end->peer);

    warn("no ICE restart: %s", *why ? why : rtc_error_text(error));
}

static bool restart(struct endpoint *end)
{
    struct meet_trickle *t = end->trickle;
    rtc_usec now = driver_now(end->driver);
    int error;

    if (!t || !t->has_met || t->is_closed || trickle_is_plain(t->stream))
        return false;
    if (rtc_peer_signaling(end->peer) != RTC_SIGNALING_STABLE) {
        verbose("no ICE restart now: an answer is waited for");
        return true;
    }
    error = rtc_peer_restart_ice(end->peer, now);
    if (error) {
        warn_restart(end, error);
        return true;
    }
    error = tell_offer(end);
    if (error) {
        warn_restart(end, error);
        rtc_peer_cancel_restart(end->peer, now);
    }
    driver_changed(end->driver, end->peer);
    return true;
}

/* Our offer, or what the remote offered, is as if it had never been. */
static void roll_back(struct endpoint *end)
{
    struct meet_trickle *t = end->trickle;

    rtc_peer_rollback(end->peer);
    memcpy(t->ufrag, t->agreed_ufrag, sizeof t->ufrag);
    driver_changed(end->driver, end->peer);
}

static bool take_back(struct endpoint *end)
{
    if (rtc_peer_signaling(end->peer) != RTC_SIGNALING_LOCAL_OFFER)
        return false;
    roll_back(end);
    return true;
}

/* ---- what the remote tells ----------------------------------------------- */

/* A description of the remote cannot be used. */
static void refuse(struct endpoint *end, const char *what)
{
    if (!end->trickle->has_met)
        die(RTC_EXIT_DESCRIPTION, "the remote's %s: %s", what,
            rtc_peer_why(end->peer));
    warn("the remote's new %s: %s", what, rtc_peer_why(end->peer));
    if (rtc_peer_signaling(end->peer) != RTC_SIGNALING_STABLE)
        roll_back(end);
    driver_changed(end->driver, end->peer);
}

static void agree(struct endpoint *end, const struct description *d)
{
    struct meet_trickle *t = end->trickle;

    t->has_met = true;
    memcpy(t->agreed_ufrag, t->ufrag, sizeof t->ufrag);
    find_attribute(d->sdp, "\na=ice-ufrag:", t->remote_ufrag,
                   sizeof t->remote_ufrag);
    driver_changed(end->driver, end->peer);
}

static void take_offer(struct endpoint *end, const struct description *d)
{
    bool has_met = end->trickle->has_met;

    if (rtc_peer_signaling(end->peer) == RTC_SIGNALING_LOCAL_OFFER) {
        if (!has_met)
            die(RTC_EXIT_DESCRIPTION, "the remote's answer: it is an offer");
        verbose("both ends have offered: %s stands",
                end->role == ROLE_OFFER ? "ours" : "the remote's");
        if (end->role == ROLE_OFFER)
            return;
        roll_back(end);
    }
    if (!has_met)
        endpoint_add_tracks(end);
    if (rtc_peer_remote_offer(end->peer, d->sdp, d->len,
                              driver_now(end->driver))) {
        refuse(end, "offer");
        return;
    }
    if (end->calls.before_answer)
        end->calls.before_answer(end);
    if (tell_answer(end, d->form) < 0)
        refuse(end, "offer");
    else
        agree(end, d);
}

static void take_answer(struct endpoint *end, const struct description *d)
{
    if (rtc_peer_signaling(end->peer) != RTC_SIGNALING_LOCAL_OFFER) {
        if (!end->trickle->has_met)
            die(RTC_EXIT_DESCRIPTION, "the remote's offer: it is an answer");
        verbose("an answer to no offer is left out");
        return;
    }
    if (rtc_peer_remote_answer(end->peer, d->sdp, d->len,
                               driver_now(end->driver)))
        refuse(end, "answer");
    else
        agree(end, d);
}

static void take_description(struct endpoint *end, const struct description *d)
{
    enum description_type type = d->type;

    if (type == DESCRIPTION_UNKNOWN)
        type = rtc_peer_signaling(end->peer) == RTC_SIGNALING_LOCAL_OFFER
                   ? DESCRIPTION_ANSWER
                   : DESCRIPTION_OFFER;
    if (type == DESCRIPTION_OFFER)
        take_offer(end, d);
    else
        take_answer(end, d);
}

/* Of a generation that a restart has ended, or to a restart that was taken
 * back (RFC 8838 11). */
static bool is_of_another(const struct meet_trickle *t,
                          const struct trickle_line *line)
{
    return *line->ufrag && *t->remote_ufrag &&
           strcmp(line->ufrag, t->remote_ufrag) != 0;
}

static void on_line(void *user, const struct trickle_line *line)
{
    struct endpoint *end = user;
    rtc_usec now = driver_now(end->driver);
    struct rtc_candidate candidate;

    if (end->is_ending)
        return;
    if (line->kind == TRICKLE_DESCRIPTION) {
        take_description(end, &line->description);
        return;
    }
    if (is_of_another(end->trickle, line))
        return;
    if (line->kind == TRICKLE_END)
        rtc_peer_end_remote(end->peer, now);
    else if (rtc_candidate_parse(line->candidate, strlen(line->candidate),
                                 &candidate) == 0)
        rtc_peer_add_remote(end->peer, &candidate, now);
    else
        verbose("a candidate is left out: %s", line->candidate);
    driver_changed(end->driver, end->peer);
}

static void on_closed(void *user, const char *why)
{
    struct endpoint *end = user;
    char sentence[SIGNAL_WHY_LEN];

    end->trickle->is_closed = true;
    if (end->is_ending)
        return;
    if (!end->trickle->has_met) {
        if (!why)
            why = end->child ? signal_child_silence(end->child, sentence)
                             : "end of file";
        die(RTC_EXIT_DESCRIPTION, "no %s: %s",
            end->role == ROLE_OFFER ? "answer" : "offer", why);
    }
    if (why)
        warn("the remote is heard no more: %s", why);
    rtc_peer_end_remote(end->peer, driver_now(end->driver));
    driver_changed(end->driver, end->peer);
}

/* ---- the session --------------------------------------------------------- */

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct meet_trickle *t = end->trickle;
    char text[RTC_CANDIDATE_TEXT];

    if (event->type == RTC_EVENT_CANDIDATE &&
        rtc_candidate_write(event->candidate, text, sizeof text) > 0)
        tell_candidate(t, text);
    else if (event->type == RTC_EVENT_GATHERED && !t->has_told_end)
        tell_candidate(t, "");
}

static void done(struct endpoint *end)
{
    struct meet_trickle *t = end->trickle;

    trickle_finish(t->stream, END_LIMIT_MS);
    trickle_free(t->stream);
    free(t);
    end->trickle = NULL;
    end->line = NULL;
}

/* Our stdin and stdout, or the command's. */
static void open_stream(struct endpoint *end)
{
    const struct trickle_calls calls = {on_line, on_closed, end};
    int in, out;

    if (!strcmp(end->options.signal, "-")) {
        in = file_open_read("-");
        out = file_open_write("-", true);
        file_close_standard(STDOUT_FILENO); /* so that `out` can end it */
    } else {
        end->child_command = end->options.signal;
        end->child = signal_child_open(end->options.signal, &out, &in);
        if (!end->child)
            die(RTC_EXIT_INTERNAL, "cannot run `%s': %s", end->options.signal,
                strerror(errno));
    }
    end->trickle->stream = trickle_new(end->driver, in, out, &calls);
    if (!end->trickle->stream)
        die(RTC_EXIT_INTERNAL, "cannot exchange descriptions: %s",
            strerror(errno));
}

void meet_trickle_start(struct endpoint *end)
{
    static const struct endpoint_line line = {
        .event = on_event,
        .restart = restart,
        .take_back = take_back,
        .done = done,
    };

    end->trickle = calloc(1, sizeof *end->trickle);
    if (!end->trickle)
        die(RTC_EXIT_INTERNAL, "out of memory");
    open_stream(end);
    end->line = &line;
    if (end->role != ROLE_OFFER)
        return;
    endpoint_add_tracks(end);
    if (tell_offer(end))
        die(RTC_EXIT_DESCRIPTION, "no offer: %s", rtc_peer_why(end->peer));
}
