/* SPDX-License-Identifier: MIT
 * The channels of a peer as a table: their numbers, streams and states. What
 * moves on them is channels.c's. */
#pragma once

#include "rtc.h"

struct rtc_channel {
    int number;
    enum rtc_channel_state state;
    struct rtc_channel_config config; /* its texts are the two below */
    char label[RTC_LABEL_MAX + 1], protocol[RTC_LABEL_MAX + 1];
    int id; /* the stream's, -1: none yet */
    bool by_remote;
    /* DCEP messages that SCTP has not taken yet. */
    bool open_due, ack_due;
    /* The remote knows of the channel: messages may overtake (RFC 8832 6). */
    bool is_known;
    bool reset_due;                        /* our stream is to be reset */
    bool reset_done;                       /* it is, and the remote said so */
    bool remote_resets;                    /* the remote has reset its stream */
    bool is_starved;                       /* a message found no room */
    bool tell_open, tell_low, tell_closed; /* to the caller */
    size_t buffered, low_mark;
    uint64_t messages_sent, bytes_sent, messages_received, bytes_received;
};

/* Owned by whoever made it, by zeroing. */
struct rtc_channel_table {
    struct rtc_channel *slots[RTC_CHANNEL_MOST]; /* NULL: free */
    int next_number;
};

void rtc_channel_table_done(struct rtc_channel_table *t);
/* Whether the config makes sense: one limit, texts and id in bounds. */
bool rtc_channel_is_config_good(const struct rtc_channel_config *config);
/* A new one, CONNECTING and without id unless negotiated; slots of closed ones
 * are taken. Copies. RTC_ERR_NOMEM (the cap, or memory). */
int rtc_channel_make(struct rtc_channel_table *t,
                     const struct rtc_channel_config *config,
                     struct rtc_channel **ret_channel);
/* NULL when there is none. Lent until one is made. */
struct rtc_channel *rtc_channel_by_number(const struct rtc_channel_table *t,
                                          int number);
/* The one that has the stream; a closed one has none any more. */
struct rtc_channel *rtc_channel_by_id(const struct rtc_channel_table *t,
                                      int id);
/* The lowest free stream of our parity: even for the DTLS client, odd for the
 * server (RFC 8832 6). -1 when there is none below `streams`. */
int rtc_channel_free_id(const struct rtc_channel_table *t, bool is_client,
                        unsigned streams);
/* It is over: its stream is free, and the caller is told. */
void rtc_channel_close(struct rtc_channel *channel);
