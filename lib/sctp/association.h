/* SPDX-License-Identifier: MIT
 * One SCTP association over DTLS (RFC 8261, RFC 8831), as messages on streams.
 * SCTP packets come in and go out as byte strings. Which streams are channels,
 * and what the messages mean, is channels.c's. */
#pragma once

#include "base/log.h"
#include "rtc.h"

struct rtc_association;

struct rtc_association_config {
    uint16_t local_port, remote_port;
    size_t mtu;                /* no packet is longer */
    uint16_t streams;          /* each way, as far as the remote has them */
    size_t send_buffer;        /* bytes that wait to be sent or acknowledged */
    size_t receive_buffer;     /* bytes that wait to be read */
    const struct rtc_log *log; /* or NULL; borrowed for the object's life */
};

/* Makes one and begins to connect; the remote does the same. RTC_ERR_NOMEM. */
int rtc_association_new(struct rtc_association **ret_association,
                        const struct rtc_association_config *config,
                        rtc_usec now);
/* Sends nothing. NULL is fine. */
void rtc_association_free(struct rtc_association *a);
/* A smaller or larger MTU from now on. */
void rtc_association_set_mtu(struct rtc_association *a, size_t mtu);

/* Takes in one packet. Borrows. */
void rtc_association_receive(struct rtc_association *a, const uint8_t *data,
                             size_t len, rtc_usec now);
/* The next packet to send, lent until the next call; NULL when there is none.
 */
const uint8_t *rtc_association_peek(const struct rtc_association *a,
                                    size_t *ret_len);
/* Removes it; there must be one. */
void rtc_association_pop(struct rtc_association *a);
/* When to call rtc_association_tick at the latest, or RTC_NEVER. */
rtc_usec rtc_association_deadline(const struct rtc_association *a);
/* Resends and the like, as is due by `now`. */
void rtc_association_tick(struct rtc_association *a, rtc_usec now);

/* A message to send. */
struct rtc_association_message {
    const uint8_t *data; /* borrowed */
    size_t len;          /* at least 1 */
    uint16_t stream;
    uint32_t ppid;
    bool unordered;
    int max_retransmits, max_lifetime_ms; /* at most one limit; -1: none */
};
/* All of it or nothing. Copies. RTC_ERR_AGAIN (no room now), ARG (longer than
 * the send buffer, or no such stream), STATE (not connected, or the stream is
 * being reset). */
int rtc_association_send(struct rtc_association *a,
                         const struct rtc_association_message *message,
                         rtc_usec now);
/* Bytes that the remote has not acknowledged. */
size_t rtc_association_pending(const struct rtc_association *a);
/* Resets outgoing streams (RFC 6525) once what was sent on them has arrived.
 * RTC_ERR_AGAIN: another reset is under way; UNSUPPORTED: the remote cannot. */
int rtc_association_reset(struct rtc_association *a, const uint16_t *streams,
                          unsigned count, rtc_usec now);

enum rtc_association_event_type {
    RTC_ASSOCIATION_UP,         /* streams: how many there are */
    RTC_ASSOCIATION_DOWN,       /* lost, refused or ended by the remote */
    RTC_ASSOCIATION_DATA,       /* a message or a part of one */
    RTC_ASSOCIATION_RESET,      /* the remote's streams that it has reset */
    RTC_ASSOCIATION_RESET_DONE, /* ours: the remote confirmed it */
    RTC_ASSOCIATION_RESET_FAILED,
};

struct rtc_association_event {
    enum rtc_association_event_type type;
    uint16_t stream;  /* DATA */
    uint32_t ppid;    /* DATA */
    size_t len;       /* DATA: what was written to `buf` */
    bool is_last;     /* DATA: the end of its message */
    uint16_t streams; /* UP */
    /* RESET and its like: 0 means all. They lie in `buf`. */
    const uint16_t *list;
    unsigned list_count;
};

/* Bytes a reader has to have room for. */
#define RTC_ASSOCIATION_READ_LEAST 4096
/* The next thing that happened; false when there is none. Parts of a message
 * come one after the other, with nothing of another between. */
bool rtc_association_read(struct rtc_association *a, uint8_t *buf, size_t cap,
                          struct rtc_association_event *ret_event);
