/* SPDX-License-Identifier: MIT
 *
 * Data channels on an association. What SCTP has is read only as far as one
 * message in hand: the rest waits in its window, so a caller that does not poll
 * stops the remote. Events are flags of the channels, so that no queue of them
 * can overflow.
 */
#include "sctp/channels.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sctp/dcep.h"
#include "sctp/machine.h"

#define PORT                                                                   \
    5000 /* RFC 8841 5.1: any will do, and this is what others take            \
          */
#define STREAMS 1024 /* each way, unless a negotiated id is higher */
#define STREAMS_MOST 65535
#define NOBODY (-1) /* in the ledger: DCEP */

int rtc_channels_new(struct rtc_channels **ret_channels,
                     const struct rtc_channels_config *config)
{
    struct rtc_channels *s = rtc_calloc(1, sizeof *s);

    if (!s)
        return RTC_ERR_NOMEM;
    s->config = *config;
    s->may_tell = true;
    *ret_channels = s;
    return 0;
}

void rtc_channels_free(struct rtc_channels *s)
{
    if (!s)
        return;
    rtc_association_free(s->association);
    rtc_channel_table_done(&s->table);
    rtc_ledger_done(&s->ledger);
    rtc_free(s->message.data);
    rtc_free(s);
}

struct rtc_channel *rtc_channels_find(const struct rtc_channels *s, int number)
{
    return rtc_channel_by_number(&s->table, number);
}

const struct rtc_channel *rtc_channels_at(const struct rtc_channels *s,
                                          unsigned index)
{
    return s->table.slots[index];
}

size_t rtc_channels_message_max(const struct rtc_channels *s)
{
    return s->remote_max && s->remote_max < s->config.channel_buffer
               ? (size_t)s->remote_max
               : s->config.channel_buffer;
}

/* ---- to SCTP ------------------------------------------------------------ */

static int send_plain(struct rtc_channels *s,
                      const struct rtc_association_message *message, int owner,
                      rtc_usec now)
{
    int error = rtc_ledger_reserve(&s->ledger);

    if (!error)
        error = rtc_association_send(s->association, message, now);
    if (!error)
        rtc_ledger_push(&s->ledger, owner, (uint32_t)message->len);
    return error;
}

static bool send_dcep(struct rtc_channels *s, const struct rtc_channel *c,
                      enum rtc_dcep_type type, rtc_usec now)
{
    struct rtc_dcep dcep = {
        .type = type,
        .unordered = c->config.unordered,
        .max_retransmits = c->config.max_retransmits,
        .max_lifetime_ms = c->config.max_lifetime_ms,
        .label = c->label,
        .protocol = c->protocol,
        .label_len = strlen(c->label),
        .protocol_len = strlen(c->protocol),
    };
    uint8_t buf[RTC_DCEP_MAX];
    struct rtc_association_message message = {
        .data = buf,
        .len = (size_t)rtc_dcep_write(&dcep, buf, sizeof buf),
        .stream = (uint16_t)c->id,
        .ppid = RTC_PPID_DCEP,
        .max_retransmits = -1,
        .max_lifetime_ms = -1,
    };

    return send_plain(s, &message, NOBODY, now) == 0;
}

/* What could not be sent at once is tried again with every step. */
static void send_due(struct rtc_channels *s, struct rtc_channel *c,
                     rtc_usec now)
{
    if (c->open_due && send_dcep(s, c, RTC_DCEP_OPEN, now))
        c->open_due = false;
    if (c->ack_due && send_dcep(s, c, RTC_DCEP_ACK, now))
        c->ack_due = false;
}

static bool is_in_hand(const struct rtc_in_hand *m, int number)
{
    return m->is_whole && !m->is_lent && m->number == number;
}

static void reset_due(struct rtc_channels *s, rtc_usec now)
{
    uint16_t streams[RTC_CHANNEL_MOST];
    unsigned count = 0;
    int error;

    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++) {
        const struct rtc_channel *c = s->table.slots[i];
        if (c && c->reset_due && !c->open_due && !c->ack_due)
            streams[count++] = (uint16_t)c->id;
    }
    if (!count)
        return;
    error = rtc_association_reset(s->association, streams, count, now);
    if (error == RTC_ERR_AGAIN)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct rtc_channel *c = rtc_channel_by_id(&s->table, streams[i]);
        /* A remote that cannot reset streams: there is nothing to wait for but
         * that the caller takes the message in hand. */
        c->reset_due = error && is_in_hand(&s->message, c->number);
        if (error && !c->reset_due)
            rtc_channel_close(c);
    }
}

/* ---- acknowledged ------------------------------------------------------- */

static void settle(struct rtc_channels *s)
{
    size_t pending = rtc_association_pending(s->association);
    uint32_t gone;
    int owner;

    while ((gone = rtc_ledger_settle(&s->ledger, pending, &owner))) {
        struct rtc_channel *c =
            owner == NOBODY ? NULL : rtc_channels_find(s, owner);
        if (!c || c->buffered < gone)
            continue;
        c->buffered -= gone;
        if (c->buffered <= c->low_mark && c->buffered + gone > c->low_mark &&
            c->state == RTC_CHANNEL_OPEN)
            c->tell_low = s->may_tell = true;
    }
    /* One that others left no room crosses no mark of its own. */
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++) {
        struct rtc_channel *c = s->table.slots[i];
        if (!c || !c->is_starved ||
            s->ledger.total > s->config.channel_buffer / 2)
            continue;
        c->is_starved = false;
        if (c->state == RTC_CHANNEL_OPEN && c->buffered <= c->low_mark)
            c->tell_low = s->may_tell = true;
    }
}

static void step(struct rtc_channels *s, rtc_usec now)
{
    if (s->is_down)
        return;
    rtc_channels_read(s, now);
    if (!s->is_up || s->is_down)
        return;
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (s->table.slots[i])
            send_due(s, s->table.slots[i], now);
    reset_due(s, now);
    settle(s);
}

/* ---- the association ---------------------------------------------------- */

static unsigned streams_needed(const struct rtc_channels *s)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (s->table.slots[i] && s->table.slots[i]->id >= STREAMS)
            return STREAMS_MOST;
    return STREAMS;
}

int rtc_channels_start(struct rtc_channels *s,
                       const struct rtc_channels_start *start, rtc_usec now)
{
    struct rtc_association_config config = {
        .local_port = PORT,
        .remote_port = start->port,
        .mtu = start->mtu,
        .streams = (uint16_t)streams_needed(s),
        .send_buffer = s->config.channel_buffer,
        .receive_buffer = s->config.channel_window,
        .log = s->config.log,
    };

    s->is_client = start->is_client;
    s->remote_max = start->remote_max;
    return rtc_association_new(&s->association, &config, now);
}

bool rtc_channels_is_started(const struct rtc_channels *s)
{
    return s->association != NULL;
}

void rtc_channels_set_mtu(struct rtc_channels *s, size_t mtu)
{
    if (s->association)
        rtc_association_set_mtu(s->association, mtu);
}

void rtc_channels_end(struct rtc_channels *s)
{
    s->is_ended = true;
    if (!s->association)
        rtc_channels_go_down(s);
}

void rtc_channels_receive(struct rtc_channels *s, const uint8_t *data,
                          size_t len, rtc_usec now)
{
    if (!s->is_down)
        rtc_association_receive(s->association, data, len, now);
}

const uint8_t *rtc_channels_peek(const struct rtc_channels *s, size_t *ret_len)
{
    return s->association ? rtc_association_peek(s->association, ret_len)
                          : NULL;
}

void rtc_channels_pop(struct rtc_channels *s)
{
    rtc_association_pop(s->association);
}

rtc_usec rtc_channels_deadline(const struct rtc_channels *s)
{
    return s->association && !s->is_down
               ? rtc_association_deadline(s->association)
               : RTC_NEVER;
}

void rtc_channels_tick(struct rtc_channels *s, rtc_usec now)
{
    if (!s->association)
        return;
    rtc_association_tick(s->association, now);
    step(s, now);
}

/* ---- the caller --------------------------------------------------------- */

static bool poll_flags(struct rtc_channel *c, struct rtc_event *event)
{
    event->channel = c->number;
    if (c->tell_open) {
        c->tell_open = false;
        event->type = RTC_EVENT_CHANNEL;
    } else if (c->tell_low) {
        c->tell_low = false;
        event->type = RTC_EVENT_CHANNEL_LOW;
    } else if (c->tell_closed) {
        c->tell_closed = false;
        event->type = RTC_EVENT_CHANNEL_CLOSED;
    } else {
        return false;
    }
    return true;
}

static bool poll_message(struct rtc_channels *s, struct rtc_event *event)
{
    struct rtc_in_hand *m = &s->message;

    if (!m->is_whole || m->is_lent || s->is_held)
        return false;
    event->type = RTC_EVENT_MESSAGE;
    event->channel = m->number;
    event->message.data = m->data;
    event->message.len = m->len;
    event->message.is_text = m->ppid == RTC_PPID_TEXT ||
                             m->ppid == RTC_PPID_TEXT_PART ||
                             m->ppid == RTC_PPID_TEXT_EMPTY;
    m->is_lent = true;
    return true;
}

bool rtc_channels_poll(struct rtc_channels *s, struct rtc_event *ret_event,
                       rtc_usec now)
{
    struct rtc_event event = {.track = -1, .time = now};
    bool any = false;

    if (s->association && !s->is_down)
        rtc_channels_read(s, now);
    for (unsigned i = 0; i < RTC_CHANNEL_MOST && s->may_tell && !any; i++)
        any = s->table.slots[i] && poll_flags(s->table.slots[i], &event);
    s->may_tell = any;
    if (!any && !poll_message(s, &event))
        return false;
    *ret_event = event;
    return true;
}

bool rtc_channels_is_drained(const struct rtc_channels *s)
{
    return s->is_down && !s->may_tell &&
           (!s->message.is_whole || s->message.is_lent);
}

int rtc_channels_add(struct rtc_channels *s,
                     const struct rtc_channel_config *config,
                     struct rtc_channel **ret_channel, rtc_usec now)
{
    struct rtc_channel *c;
    int error;

    if (s->is_down)
        return RTC_ERR_STATE;
    if (config->negotiated && (rtc_channel_by_id(&s->table, config->id) ||
                               (s->association && config->id >= STREAMS)))
        return RTC_ERR_ARG;
    error = rtc_channel_make(&s->table, config, &c);
    if (error)
        return error;
    if (s->is_up) {
        rtc_channels_open(s, c);
        s->may_tell = true;
        send_due(s, c, now);
    }
    *ret_channel = c;
    return 0;
}

static uint32_t ppid_of(const struct rtc_message *message)
{
    if (message->is_text)
        return message->len ? RTC_PPID_TEXT : RTC_PPID_TEXT_EMPTY;
    return message->len ? RTC_PPID_BINARY : RTC_PPID_BINARY_EMPTY;
}

int rtc_channels_send(struct rtc_channels *s, struct rtc_channel *c,
                      const struct rtc_message *message, rtc_usec now)
{
    static const uint8_t empty[1];
    struct rtc_association_message sent = {
        .data = message->len ? message->data : empty,
        .len = message->len ? message->len : 1,
        .stream = (uint16_t)c->id,
        .ppid = ppid_of(message),
        .unordered = c->config.unordered && c->is_known,
        .max_retransmits = c->config.max_retransmits,
        .max_lifetime_ms = c->config.max_lifetime_ms,
    };
    int error = RTC_ERR_AGAIN;

    send_due(s, c, now);
    if (!c->open_due && sent.len + s->ledger.total <= s->config.channel_buffer)
        error = send_plain(s, &sent, c->number, now);
    if (error) {
        c->is_starved = error == RTC_ERR_AGAIN;
        return error;
    }
    c->buffered += sent.len;
    c->messages_sent++;
    c->bytes_sent += message->len;
    return 0;
}

void rtc_channels_close(struct rtc_channels *s, struct rtc_channel *c,
                        rtc_usec now)
{
    if (c->state == RTC_CHANNEL_CONNECTING) {
        rtc_channel_close(c);
    } else if (c->state == RTC_CHANNEL_OPEN) {
        c->state = RTC_CHANNEL_CLOSING;
        c->reset_due = true;
        reset_due(s, now);
    }
    s->may_tell = true;
}

void rtc_channels_hold(struct rtc_channels *s, bool hold)
{
    s->is_held = hold;
}

bool rtc_channels_has_any(const struct rtc_channels *s)
{
    return s->table.next_number > 0;
}

bool rtc_channels_is_delivered(const struct rtc_channels *s)
{
    if (s->is_down || !s->is_up)
        return true;
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++) {
        const struct rtc_channel *c = s->table.slots[i];
        if (c && (c->open_due || c->ack_due))
            return false;
    }
    return rtc_association_pending(s->association) == 0;
}
