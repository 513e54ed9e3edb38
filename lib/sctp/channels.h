/* SPDX-License-Identifier: MIT
 * All data channels of a peer (RFC 8831, RFC 8832) on one SCTP association:
 * opened, fed, drained and closed. SCTP packets come in and go out as byte
 * strings. */
#pragma once

#include "base/log.h"
#include "sctp/channel.h"

struct rtc_channels;

struct rtc_channels_config {
    /* As in struct rtc_config. */
    size_t message_max, channel_buffer, channel_window;
    const struct rtc_log *log; /* borrowed for the object's life */
};

/* No association yet: channels can be added. RTC_ERR_NOMEM. */
int rtc_channels_new(struct rtc_channels **ret_channels,
                     const struct rtc_channels_config *config);
/* Sends nothing. NULL is fine. */
void rtc_channels_free(struct rtc_channels *s);

/* What DTLS and the descriptions say of the association. */
struct rtc_channels_start {
    bool is_client;      /* of DTLS: our streams are even */
    size_t mtu;          /* no SCTP packet is longer */
    uint16_t port;       /* the remote's */
    uint64_t remote_max; /* longest message the remote takes, 0: any */
};
/* Begins to connect. RTC_ERR_NOMEM. */
int rtc_channels_start(struct rtc_channels *s,
                       const struct rtc_channels_start *start, rtc_usec now);
bool rtc_channels_is_started(const struct rtc_channels *s);
/* A smaller or larger MTU from now on. */
void rtc_channels_set_mtu(struct rtc_channels *s, size_t mtu);
/* No packet comes any more: what came is still polled, then every channel is
 * closed. */
void rtc_channels_end(struct rtc_channels *s);

void rtc_channels_receive(struct rtc_channels *s, const uint8_t *data,
                          size_t len, rtc_usec now);
/* The next packet to send, lent until the next call; NULL: none. */
const uint8_t *rtc_channels_peek(const struct rtc_channels *s, size_t *ret_len);
void rtc_channels_pop(struct rtc_channels *s);
rtc_usec rtc_channels_deadline(const struct rtc_channels *s);
/* Does what is due, and what follows from the packets taken in. */
void rtc_channels_tick(struct rtc_channels *s, rtc_usec now);
/* The next event about a channel; its message is lent until the next call. */
bool rtc_channels_poll(struct rtc_channels *s, struct rtc_event *ret_event,
                       rtc_usec now);
/* Whether poll may have more to tell: a hold keeps it back. */
bool rtc_channels_is_drained(const struct rtc_channels *s);

/* As the functions of rtc.h. Their channel is one that exists. */
int rtc_channels_add(struct rtc_channels *s,
                     const struct rtc_channel_config *config,
                     struct rtc_channel **ret_channel, rtc_usec now);
int rtc_channels_send(struct rtc_channels *s, struct rtc_channel *channel,
                      const struct rtc_message *message, rtc_usec now);
void rtc_channels_close(struct rtc_channels *s, struct rtc_channel *channel,
                        rtc_usec now);
void rtc_channels_hold(struct rtc_channels *s, bool hold);
/* Longest message that can be sent. */
size_t rtc_channels_message_max(const struct rtc_channels *s);
struct rtc_channel *rtc_channels_find(const struct rtc_channels *s, int number);
/* The channel of slot `index`, or NULL; there are RTC_CHANNEL_MOST slots. */
const struct rtc_channel *rtc_channels_at(const struct rtc_channels *s,
                                          unsigned index);
/* Whether one was ever made. */
bool rtc_channels_has_any(const struct rtc_channels *s);
/* All that was sent is acknowledged, and every reset confirmed. */
bool rtc_channels_is_delivered(const struct rtc_channels *s);
