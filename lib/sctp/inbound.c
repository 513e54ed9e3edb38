/* SPDX-License-Identifier: MIT
 * What the association has read: messages, DCEP (RFC 8832 6), streams that were
 * reset (RFC 8831 6.7), its beginning and its end. */
#include <string.h>

#include "base/mem.h"
#include "sctp/dcep.h"
#include "sctp/machine.h"

#define FIRST_ROOM ((size_t)16 << 10)

/* ---- opening and closing ------------------------------------------------ */

void rtc_channels_open(struct rtc_channels *s, struct rtc_channel *c)
{
    if (c->id < 0)
        c->id = rtc_channel_free_id(&s->table, s->is_client, s->streams);
    if (c->id < 0 || (unsigned)c->id >= s->streams) {
        rtc_channel_close(c);
        return;
    }
    c->open_due = !c->config.negotiated;
    c->is_known = c->config.negotiated;
    c->state = RTC_CHANNEL_OPEN;
    c->tell_open = true;
}

static void go_up(struct rtc_channels *s, unsigned streams)
{
    s->is_up = true;
    s->streams = streams;
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (s->table.slots[i] &&
            s->table.slots[i]->state == RTC_CHANNEL_CONNECTING)
            rtc_channels_open(s, s->table.slots[i]);
}

void rtc_channels_go_down(struct rtc_channels *s)
{
    s->is_down = s->may_tell = true;
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++)
        if (s->table.slots[i])
            rtc_channel_close(s->table.slots[i]);
    rtc_ledger_done(&s->ledger);
}

/* The remote has told its stream's end, or confirmed ours. */
static void finish_closing(struct rtc_channel *c)
{
    if (c->state == RTC_CHANNEL_OPEN) {
        c->state = RTC_CHANNEL_CLOSING;
        c->reset_due = true;
    }
    if (c->reset_done && c->remote_resets)
        rtc_channel_close(c);
}

static void take_reset(struct rtc_channels *s,
                       const struct rtc_association_event *event)
{
    for (unsigned i = 0; i < RTC_CHANNEL_MOST; i++) {
        struct rtc_channel *c = s->table.slots[i];
        bool listed = event->list_count == 0;

        if (!c || c->id < 0 || c->state == RTC_CHANNEL_CLOSED)
            continue;
        for (unsigned k = 0; k < event->list_count && !listed; k++)
            listed = event->list[k] == c->id;
        if (!listed)
            continue;
        if (event->type == RTC_ASSOCIATION_RESET)
            c->remote_resets = true;
        else if (c->state != RTC_CHANNEL_CLOSING)
            continue; /* of one that had the stream before */
        else if (event->type == RTC_ASSOCIATION_RESET_DONE)
            c->reset_done = true;
        else
            c->reset_due = true;
        finish_closing(c);
    }
}

/* ---- from SCTP ---------------------------------------------------------- */

static int copy_text(char buf[RTC_LABEL_MAX + 1], const char *text, size_t len)
{
    if (memchr(text, '\0', len))
        return RTC_ERR_UNSUPPORTED; /* ours end at a NUL */
    memcpy(buf, text, len);
    buf[len] = '\0';
    return 0;
}

/* The remote opens a channel on `stream` (RFC 8832 6). One on a stream in use,
 * or one too many, is refused by resetting the stream. */
static void take_open(struct rtc_channels *s, uint16_t stream,
                      const struct rtc_dcep *dcep, rtc_usec now)
{
    char label[RTC_LABEL_MAX + 1], protocol[RTC_LABEL_MAX + 1];
    struct rtc_channel_config config = {
        .label = label,
        .protocol = protocol,
        .unordered = dcep->unordered,
        .max_retransmits = dcep->max_retransmits,
        .max_lifetime_ms = dcep->max_lifetime_ms,
    };
    struct rtc_channel *c = rtc_channel_by_id(&s->table, stream);

    /* Who has reset a stream and uses it again has also seen our reset, though
     * its confirmation may be late. */
    if (c && c->state == RTC_CHANNEL_CLOSING && c->remote_resets)
        rtc_channel_close(c);
    else if (c)
        return;
    if ((stream % 2 == 0) == s->is_client ||
        copy_text(label, dcep->label, dcep->label_len) ||
        copy_text(protocol, dcep->protocol, dcep->protocol_len) ||
        rtc_channel_make(&s->table, &config, &c)) {
        rtc_log(s->config.log, RTC_LOG_WARN, "sctp.channel refused id=%u",
                stream);
        (void)rtc_association_reset(s->association, &stream, 1, now);
        return;
    }
    c->id = stream;
    c->by_remote = c->is_known = c->ack_due = true;
    c->state = RTC_CHANNEL_OPEN;
    c->tell_open = true;
}

static void take_dcep(struct rtc_channels *s, uint16_t stream,
                      const uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_channel *c = rtc_channel_by_id(&s->table, stream);
    struct rtc_dcep dcep;

    if (rtc_dcep_parse(data, len, &dcep))
        return;
    if (dcep.type == RTC_DCEP_OPEN)
        take_open(s, stream, &dcep, now);
    else if (c)
        c->is_known = true;
}

static bool is_message(uint32_t ppid)
{
    return ppid == RTC_PPID_TEXT || ppid == RTC_PPID_BINARY ||
           ppid == RTC_PPID_TEXT_PART || ppid == RTC_PPID_BINARY_PART ||
           ppid == RTC_PPID_TEXT_EMPTY || ppid == RTC_PPID_BINARY_EMPTY;
}

/* A whole message is there: it is DCEP's, or stays in hand, or nobody's. */
static void take_message(struct rtc_channels *s, uint16_t stream, rtc_usec now)
{
    struct rtc_channel *c = rtc_channel_by_id(&s->table, stream);
    struct rtc_in_hand *m = &s->message;

    if (m->ppid == RTC_PPID_DCEP && !m->too_long)
        take_dcep(s, stream, m->data, m->len, now);
    if (!c || !is_message(m->ppid)) {
        m->len = 0;
        m->too_long = false;
        return;
    }
    if (m->too_long) { /* it was told what we take (RFC 8841 6) */
        rtc_log(s->config.log, RTC_LOG_WARN, "sctp.message too long id=%u",
                stream);
        m->len = 0;
        m->too_long = false;
        rtc_channels_close(s, c, now);
        return;
    }
    if (m->ppid == RTC_PPID_TEXT_EMPTY || m->ppid == RTC_PPID_BINARY_EMPTY)
        m->len = 0;
    c->is_known = true;
    c->messages_received++;
    c->bytes_received += m->len;
    m->number = c->number;
    m->is_whole = true;
}

/* Room for more of the message in hand; a longer one than is taken is read over
 * its own beginning. */
static bool make_room(struct rtc_channels *s)
{
    struct rtc_in_hand *m = &s->message;
    size_t most = s->config.message_max + RTC_ASSOCIATION_READ_LEAST;
    size_t size = m->size ? 2 * m->size : FIRST_ROOM;
    uint8_t *grown;

    if (m->len > s->config.message_max) {
        m->too_long = true;
        m->len = 0;
    }
    if (m->size - m->len >= RTC_ASSOCIATION_READ_LEAST)
        return true;
    if (size > most)
        size = most;
    grown = rtc_realloc(m->data, size);
    if (!grown)
        return false;
    m->data = grown;
    m->size = size;
    return true;
}

static void take_event(struct rtc_channels *s,
                       const struct rtc_association_event *event, rtc_usec now)
{
    switch (event->type) {
    case RTC_ASSOCIATION_UP:
        go_up(s, event->streams);
        break;
    case RTC_ASSOCIATION_DOWN:
        rtc_channels_go_down(s);
        break;
    case RTC_ASSOCIATION_DATA:
        s->message.len += event->len;
        s->message.ppid = event->ppid;
        if (s->message.len > s->config.message_max)
            s->message.too_long = true;
        if (event->is_last)
            take_message(s, event->stream, now);
        break;
    case RTC_ASSOCIATION_RESET:
    case RTC_ASSOCIATION_RESET_DONE:
    case RTC_ASSOCIATION_RESET_FAILED:
        take_reset(s, event);
        break;
    }
}

void rtc_channels_read(struct rtc_channels *s, rtc_usec now)
{
    struct rtc_in_hand *m = &s->message;
    struct rtc_association_event event;

    if (m->is_lent) {
        m->is_lent = m->is_whole = false;
        m->len = 0;
    }
    while (!m->is_whole && make_room(s) &&
           rtc_association_read(s->association, m->data + m->len,
                                m->size - m->len, &event)) {
        take_event(s, &event, now);
        s->may_tell = true;
    }
    if (s->is_ended && !m->is_whole && !s->is_down)
        rtc_channels_go_down(s);
}
