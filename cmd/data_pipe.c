/* SPDX-License-Identifier: MIT
 *
 * Bytes from an inflow into a data channel while it has room, and messages out
 * of it into an outflow while that has. What one side cannot take now is not
 * read: not from the pipe, and, with the window closed, not from the remote.
 */
#include "cmd/data_pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"
#include "cmd/inflow.h"
#include "cmd/outflow.h"
#include "cmd/splitter.h"

/* What a stream of bytes is cut into: every remote takes so much (RFC 8841
 * 6.1), and larger ones gain nothing. */
#define PIECE ((size_t)64 << 10)
/* A message of --message may be as long as the buffer. */
#define BUFFER_LEN ((size_t)1 << 20)
/* Half of the send buffer is refilled at a time. */
#define LOW_MARK ((size_t)512 << 10)
/* More than this waiting for our reader, and the remote has to wait, too. */
#define BEHIND ((size_t)256 << 10)
#define CLOSE_LIMIT_MS 5000

struct data_pipe {
    struct data_options options;
    struct data_calls calls;
    struct splitter_options splitter;
    struct driver *driver;
    struct rtc_peer *peer;
    int channel; /* -1: not there yet */
    bool is_open, is_over, is_closing, is_holding;

    struct inflow *in;          /* NULL: nothing to send */
    struct outflow *out;        /* NULL: what comes has nowhere to go */
    uint8_t buffer[BUFFER_LEN]; /* read, not yet sent, from `at` on */
    size_t at, len;
    bool in_ended;
    /* Marks of a stream of bytes, ours and the remote's: the end, and that all
     * was written. */
    bool end_sent, done_sent, end_came, done_came;
    bool has_warned;
};

static bool is_bytes(const struct data_pipe *pipe)
{
    return pipe->splitter.mode == SPLITTER_BYTES;
}

bool data_pipe_is_over(const struct data_pipe *pipe)
{
    return pipe->is_over;
}

static void finish(struct data_pipe *pipe, enum rtc_exit status,
                   const char *why)
{
    if (pipe->is_over)
        return;
    pipe->is_over = true;
    if (pipe->in)
        inflow_want(pipe->in, false);
    pipe->calls.ended(pipe->calls.user, status, why);
}

/* ---- sending ------------------------------------------------------------- */

/* False when there is no room now, or it is over. */
static bool send_message(struct data_pipe *pipe,
                         const struct rtc_message *message)
{
    rtc_usec now = driver_now(pipe->driver);
    int error = rtc_peer_send_message(pipe->peer, pipe->channel, message, now);

    driver_changed(pipe->driver, pipe->peer);
    if (error == RTC_ERR_ARG)
        finish(pipe, RTC_EXIT_INPUT, rtc_peer_why(pipe->peer));
    else if (error && error != RTC_ERR_AGAIN && error != RTC_ERR_CLOSED)
        finish(pipe, RTC_EXIT_CHANNEL, rtc_peer_why(pipe->peer));
    return error == 0;
}

static bool send_mark(struct data_pipe *pipe)
{
    return send_message(pipe, &(struct rtc_message){.data = pipe->buffer});
}

static size_t buffered(const struct data_pipe *pipe)
{
    struct rtc_channel_info info;

    return rtc_peer_channel_info(pipe->peer, pipe->channel, &info)
               ? 0
               : info.buffered;
}

static size_t piece(const struct data_pipe *pipe)
{
    struct rtc_channel_info info;

    if (rtc_peer_channel_info(pipe->peer, pipe->channel, &info) ||
        info.message_max > PIECE)
        return PIECE;
    return info.message_max;
}

/* Reads behind what is left of the message that is not whole. False when there
 * is nothing now. */
static bool fill(struct data_pipe *pipe)
{
    int n;

    if (pipe->at) {
        memmove(pipe->buffer, pipe->buffer + pipe->at, pipe->len - pipe->at);
        pipe->len -= pipe->at;
        pipe->at = 0;
    }
    if (pipe->len == BUFFER_LEN) {
        finish(pipe, RTC_EXIT_INPUT,
               "a message of more than 1 MiB: no channel takes that");
        return false;
    }
    n = inflow_read(pipe->in, pipe->buffer + pipe->len, BUFFER_LEN - pipe->len,
                    &pipe->in_ended);
    if (n < 0) {
        char why[256];

        snprintf(why, sizeof why, "%s: %s", pipe->options.input,
                 strerror(errno));
        finish(pipe, RTC_EXIT_INPUT, why);
        return false;
    }
    pipe->len += (size_t)n;
    return n > 0 || pipe->in_ended;
}

/* Sends what there is room for; true when all of the input was. */
static bool send_input(struct data_pipe *pipe)
{
    size_t most = piece(pipe);

    while (!pipe->is_over) {
        struct rtc_message message;
        size_t taken;

        if (splitter_next(&pipe->splitter, pipe->buffer + pipe->at,
                          pipe->len - pipe->at, most, pipe->in_ended, &message,
                          &taken)) {
            if (!send_message(pipe, &message)) {
                inflow_want(pipe->in, false); /* until there is room */
                return false;
            }
            pipe->at += taken;
        } else if (pipe->in_ended) {
            return true;
        } else if (!fill(pipe)) {
            inflow_want(pipe->in, !pipe->is_over);
            return false;
        }
    }
    return false;
}

/* ---- the end ------------------------------------------------------------- */

static void close_channel(struct data_pipe *pipe)
{
    pipe->is_closing = true;
    rtc_peer_close_channel(pipe->peer, pipe->channel, driver_now(pipe->driver));
    driver_changed(pipe->driver, pipe->peer);
}

/* Our marks, as far as it is their turn. */
static void send_marks(struct data_pipe *pipe)
{
    bool is_written = !pipe->out || outflow_waiting(pipe->out) == 0;

    if (!pipe->end_sent)
        pipe->end_sent = send_mark(pipe);
    if (pipe->end_sent && !pipe->done_sent && pipe->end_came && is_written)
        pipe->done_sent = send_mark(pipe);
    if (pipe->done_sent && pipe->done_came && !pipe->is_closing)
        close_channel(pipe);
}

/* With messages, who has an answer to wait for does not close. */
static void close_when_sent(struct data_pipe *pipe)
{
    if (!pipe->in || (pipe->out && pipe->options.makes_channel))
        return;
    if (buffered(pipe) == 0)
        close_channel(pipe);
    else
        rtc_peer_set_channel_low(pipe->peer, pipe->channel, 0);
}

/* Goes on as far as it can. */
static void pump(struct data_pipe *pipe)
{
    if (!pipe->is_open || pipe->is_over || pipe->is_closing)
        return;
    if (pipe->in && !send_input(pipe))
        return;
    if (is_bytes(pipe))
        send_marks(pipe);
    else
        close_when_sent(pipe);
}

static void on_input(void *user)
{
    pump(user);
}

void data_pipe_stop(struct data_pipe *pipe, bool orderly)
{
    if (pipe->is_over)
        return;
    if (pipe->in)
        inflow_want(pipe->in, false);
    pipe->in_ended = true;
    pipe->is_over = !orderly || !pipe->is_open;
    pump(pipe);
}

/* ---- receiving ----------------------------------------------------------- */

static void hold(struct data_pipe *pipe, bool is_holding)
{
    if (pipe->is_holding == is_holding)
        return;
    pipe->is_holding = is_holding;
    rtc_peer_hold_messages(pipe->peer, is_holding, driver_now(pipe->driver));
    driver_changed(pipe->driver, pipe->peer);
}

static void on_drained(void *user)
{
    struct data_pipe *pipe = user;

    hold(pipe, false);
    pump(pipe);
}

static void on_failed(void *user, int error)
{
    struct data_pipe *pipe = user;
    char why[256];

    if (error == EPIPE && !pipe->is_over) {
        pipe->is_over = true;
        pipe->calls.broken(pipe->calls.user);
        return;
    }
    snprintf(why, sizeof why, "%s: cannot write: %s", pipe->options.output,
             strerror(error));
    finish(pipe, RTC_EXIT_OUTPUT, why);
}

static void on_mark(struct data_pipe *pipe)
{
    pipe->done_came = pipe->end_came;
    pipe->end_came = true;
    if (pipe->out && !pipe->done_came)
        outflow_end(pipe->out);
    pump(pipe);
}

static void on_message(struct data_pipe *pipe,
                       const struct rtc_message *message)
{
    char mark;
    size_t mark_len = splitter_mark(&pipe->splitter, &mark);

    if (is_bytes(pipe) && !message->len && !message->is_text) {
        on_mark(pipe);
        return;
    }
    if (!pipe->out) {
        if (!pipe->has_warned)
            warn("the remote sends data, which has no output: -o FILE would "
                 "write it");
        pipe->has_warned = true;
        return;
    }
    outflow_write(pipe->out, message->data, message->len);
    if (mark_len)
        outflow_write(pipe->out, &mark, mark_len);
    if (outflow_waiting(pipe->out) > BEHIND)
        hold(pipe, true);
}

/* ---- the channel --------------------------------------------------------- */

static void on_open(struct data_pipe *pipe, int channel)
{
    if (pipe->channel >= 0 && channel != pipe->channel) {
        verbose("the remote opens another channel, which is left alone");
        return;
    }
    pipe->channel = channel;
    pipe->is_open = true;
    rtc_peer_set_channel_low(pipe->peer, channel, LOW_MARK);
    pump(pipe);
}

/* The remote closed the channel, or the session with it. With messages it may,
 * once it got all that was read; without an output, all that there is. */
static bool is_whole(const struct data_pipe *pipe)
{
    if (is_bytes(pipe))
        return pipe->done_sent && pipe->done_came;
    if (!pipe->in || (pipe->in_ended && pipe->is_closing))
        return true;
    return pipe->out && pipe->at == pipe->len && buffered(pipe) == 0;
}

static void on_closed(struct data_pipe *pipe)
{
    pipe->is_open = false;
    if (is_whole(pipe))
        finish(pipe, RTC_EXIT_DONE, "");
    else
        finish(pipe, RTC_EXIT_CHANNEL,
               "the remote closed the channel before all was delivered");
}

/* The session is over. With messages the end of it is an end like another. */
static void on_lost(struct data_pipe *pipe, enum rtc_close_reason reason)
{
    char why[256];

    if (reason == RTC_CLOSE_LOCAL || !pipe->is_open)
        return; /* who closed it knows why; why it never opened is told */
    if (reason == RTC_CLOSE_REMOTE && (pipe->is_closing || !is_bytes(pipe))) {
        on_closed(pipe);
        return;
    }
    snprintf(why, sizeof why, "cut off before all was delivered: %s",
             reason == RTC_CLOSE_REMOTE ? "the remote ended the session"
                                        : rtc_peer_why(pipe->peer));
    pipe->is_open = false;
    finish(pipe, RTC_EXIT_CHANNEL, why);
}

void data_pipe_event(struct data_pipe *pipe, const struct rtc_event *event)
{
    bool is_ours = event->channel == pipe->channel && pipe->channel >= 0;

    if (event->type == RTC_EVENT_CLOSED)
        on_lost(pipe, event->reason);
    else if (event->type == RTC_EVENT_CHANNEL)
        on_open(pipe, event->channel);
    else if (event->type == RTC_EVENT_MESSAGE && is_ours && !pipe->is_over)
        on_message(pipe, &event->message);
    else if (event->type == RTC_EVENT_CHANNEL_LOW && is_ours)
        pump(pipe);
    else if (event->type == RTC_EVENT_CHANNEL_CLOSED && is_ours &&
             pipe->is_open)
        on_closed(pipe);
}

void data_pipe_attach(struct data_pipe *pipe, struct rtc_peer *peer)
{
    const struct data_options *options = &pipe->options;
    struct rtc_channel_config config;
    int channel;

    pipe->peer = peer;
    if (!options->makes_channel && options->negotiated < 0)
        return;
    rtc_channel_config_init(&config);
    config.label = options->label ? options->label : "rtcpipe";
    config.protocol = options->protocol;
    config.unordered = options->unordered;
    config.max_retransmits = (int)options->max_retransmits;
    if (options->max_lifetime >= 0)
        config.max_lifetime_ms = (int)(options->max_lifetime / 1000);
    config.negotiated = options->negotiated >= 0;
    if (config.negotiated)
        config.id = (uint16_t)options->negotiated;
    channel = rtc_peer_add_channel(peer, &config, driver_now(pipe->driver));
    if (channel == RTC_ERR_STATE)
        die(RTC_EXIT_DESCRIPTION, "%s", rtc_peer_why(peer));
    if (channel < 0)
        die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(peer));
    pipe->channel = channel;
    driver_changed(pipe->driver, peer);
}

/* ---- life ---------------------------------------------------------------- */

static void open_files(struct data_pipe *pipe)
{
    const struct data_options *options = &pipe->options;

    if (options->input &&
        !(pipe->in = inflow_new(pipe->driver, options->input, on_input, pipe)))
        die(RTC_EXIT_INPUT, "%s: %s", options->input, strerror(errno));
    if (options->output &&
        !(pipe->out =
              outflow_new(pipe->driver, options->output, on_failed, pipe)))
        die(RTC_EXIT_OUTPUT, "%s: %s", options->output, strerror(errno));
    if (pipe->out)
        outflow_on_drained(pipe->out, on_drained, pipe);
}

struct data_pipe *data_pipe_new(struct driver *driver,
                                const struct data_options *options,
                                const struct data_calls *calls)
{
    struct data_pipe *pipe = calloc(1, sizeof *pipe);

    if (!pipe)
        die(RTC_EXIT_INTERNAL, "out of memory");
    pipe->options = *options;
    pipe->calls = *calls;
    pipe->driver = driver;
    pipe->channel = -1;
    if (options->message)
        splitter_parse(options->message, &pipe->splitter);
    open_files(pipe);
    return pipe;
}

int data_pipe_free(struct data_pipe *pipe)
{
    int failed;

    if (!pipe)
        return 0;
    inflow_free(pipe->in);
    failed = outflow_close(pipe->out, CLOSE_LIMIT_MS);
    free(pipe);
    return failed;
}
