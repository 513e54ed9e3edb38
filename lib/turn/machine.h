/* SPDX-License-Identifier: MIT
 * The client's struct and what its files share. Each request that can be under
 * way has a slot: one for the allocation itself (allocation.c), some for
 * permissions (permission.c), one a channel (channel.c). request.c writes,
 * signs and times them, inbound.c takes the answers. */
#pragma once

#include "base/hash.h"
#include "turn/client.h"

/* RFC 8489 14.3, 14.9, 14.10: fewer than 509, 763 bytes. All of them and the
 * rest of a request have to fit a datagram. */
#define RTC_TURN_USERNAME_MOST 508
#define RTC_TURN_PASSWORD_MOST 512
#define RTC_TURN_REALM_MOST 763
#define RTC_TURN_NONCE_MOST 763
#define RTC_TURN_TEXTS_MOST 1200
#define RTC_TURN_REASON_MOST 127

#define RTC_TURN_PERMISSION_SLOTS 4
#define RTC_TURN_PERMISSIONS_A_REQUEST 8
#define RTC_TURN_SLOT_PERMISSION 1
#define RTC_TURN_SLOT_CHANNEL                                                  \
    (RTC_TURN_SLOT_PERMISSION + RTC_TURN_PERMISSION_SLOTS)
#define RTC_TURN_SLOT_COUNT (RTC_TURN_SLOT_CHANNEL + RTC_TURN_CHANNEL_MOST)

/* RFC 8656 12: 0x4000..0x4FFF. */
#define RTC_TURN_CHANNEL_FIRST 0x4000

struct rtc_turn_request {
    struct rtc_stun_transaction transaction;
    enum rtc_stun_method method;
    bool is_signed;
    uint8_t challenge_count;
    uint16_t doubtful_code; /* of an error that is not signed, or 0 */
    uint32_t permissions;   /* which ones it asks for: a bit each */
};

struct rtc_turn_permission {
    struct rtc_addr peer;
    bool asking; /* by a request under way */
    bool alone;  /* asked for with others it was refused */
    rtc_usec due_at;
};

struct rtc_turn_channel {
    struct rtc_addr peer;
    bool is_bound;
    rtc_usec due_at, bound_until;
};

/* What an Allocate request asks for; each is tried when the one before was
 * refused for its family. */
enum rtc_turn_want {
    RTC_TURN_WANT_BOTH,
    RTC_TURN_WANT_4,
    RTC_TURN_WANT_6,
};

struct rtc_turn_client {
    struct rtc_path path;
    struct rtc_stun_retry retry;
    rtc_usec retry_total_us;
    struct rtc_random random;
    const struct rtc_log *log;
    uint8_t family;

    char username[RTC_TURN_USERNAME_MOST + 1];
    char password[RTC_TURN_PASSWORD_MOST + 1];
    bool has_key; /* challenged: requests are signed */
    char realm[RTC_TURN_REALM_MOST + 1], nonce[RTC_TURN_NONCE_MOST + 1];
    uint8_t key[RTC_MD5_LEN];

    enum rtc_turn_state state;
    enum rtc_turn_want want;
    unsigned generation;
    struct rtc_addr relayed[2], mapped, alternate;
    unsigned error_code;
    char reason[RTC_TURN_REASON_MOST + 1];
    unsigned alternate_count, mismatch_count;
    rtc_usec allocated_at, allocate_at, refresh_at, expires_at;

    /* Datagrams sent since the server was last heard of: since when, and how
     * long that may last. */
    rtc_usec unheard_at, probe_wait_us;
    rtc_usec data_at; /* a peer's datagram last came */

    struct rtc_turn_request requests[RTC_TURN_SLOT_COUNT];
    struct rtc_turn_permission permissions[RTC_TURN_PERMISSION_MOST];
    struct rtc_turn_channel channels[RTC_TURN_CHANNEL_MOST];
    unsigned permission_count, channel_count;
};

/* client.c */
int rtc_turn_make(struct rtc_turn_client **ret_client,
                  const struct rtc_turn_config *config);
void rtc_turn_set_state(struct rtc_turn_client *client,
                        enum rtc_turn_state state);
/* The relayed address of that family, or NULL. */
const struct rtc_addr *rtc_turn_relayed_of(const struct rtc_turn_client *client,
                                           uint8_t family);

/* request.c: a request begins, due at once; is it under way; its times. */
void rtc_turn_start(struct rtc_turn_client *client, unsigned slot,
                    enum rtc_stun_method method, rtc_usec now);
bool rtc_turn_is_open(const struct rtc_turn_client *client, unsigned slot);
void rtc_turn_stop(struct rtc_turn_client *client, unsigned slot);
enum rtc_stun_step rtc_turn_step(const struct rtc_turn_client *client,
                                 unsigned slot, rtc_usec now);
/* Writes what is due in the slot. The length or RTC_ERR_NOBUF. */
int rtc_turn_write(struct rtc_turn_client *client, unsigned slot, uint8_t *buf,
                   size_t cap, rtc_usec now);
/* Takes realm and nonce of a 401 or 438, with which to ask again. */
bool rtc_turn_take_challenge(struct rtc_turn_client *client,
                             struct rtc_text realm, struct rtc_text nonce);

/* inbound.c: the answer of a slot is an error. */
void rtc_turn_refused(struct rtc_turn_client *client, unsigned slot,
                      unsigned code, rtc_usec now);

/* allocation.c */
void rtc_turn_allocation_start_due(struct rtc_turn_client *client,
                                   rtc_usec now);
rtc_usec rtc_turn_allocation_deadline(const struct rtc_turn_client *client);
void rtc_turn_allocation_write(const struct rtc_turn_client *client,
                               struct rtc_writer *w);
/* False: the answer makes no sense. */
bool rtc_turn_allocation_granted(struct rtc_turn_client *client,
                                 const struct rtc_stun *m, rtc_usec now);
void rtc_turn_allocation_refused(struct rtc_turn_client *client, unsigned code,
                                 rtc_usec now);
void rtc_turn_allocation_silent(struct rtc_turn_client *client, rtc_usec now);
/* The server does not have it (any more): makes another. */
void rtc_turn_allocation_lost(struct rtc_turn_client *client, rtc_usec now);
/* Makes sure of it at once, unless that is under way. */
void rtc_turn_allocation_doubt(struct rtc_turn_client *client, rtc_usec now);
/* The server was heard of. */
void rtc_turn_heard(struct rtc_turn_client *client, bool data, rtc_usec now);

/* permission.c */
bool rtc_turn_is_permitted(const struct rtc_turn_client *client,
                           const struct rtc_addr *peer);
void rtc_turn_permissions_reset(struct rtc_turn_client *client, rtc_usec now);
void rtc_turn_permissions_start_due(struct rtc_turn_client *client,
                                    rtc_usec now);
rtc_usec rtc_turn_permissions_deadline(const struct rtc_turn_client *client);
void rtc_turn_permissions_write(const struct rtc_turn_client *client,
                                unsigned slot, struct rtc_writer *w);
void rtc_turn_permissions_granted(struct rtc_turn_client *client, unsigned slot,
                                  rtc_usec now);
void rtc_turn_permissions_refused(struct rtc_turn_client *client, unsigned slot,
                                  rtc_usec now);
void rtc_turn_permissions_silent(struct rtc_turn_client *client, unsigned slot,
                                 rtc_usec now);

/* channel.c */
struct rtc_turn_channel *
rtc_turn_channel_of_number(struct rtc_turn_client *client, unsigned number);
void rtc_turn_channels_reset(struct rtc_turn_client *client, rtc_usec now);
void rtc_turn_channels_start_due(struct rtc_turn_client *client, rtc_usec now);
rtc_usec rtc_turn_channels_deadline(const struct rtc_turn_client *client);
void rtc_turn_channel_write(const struct rtc_turn_client *client, unsigned slot,
                            struct rtc_writer *w);
void rtc_turn_channel_granted(struct rtc_turn_client *client, unsigned slot,
                              rtc_usec now);
void rtc_turn_channel_refused(struct rtc_turn_client *client, unsigned slot,
                              rtc_usec now);
void rtc_turn_channel_silent(struct rtc_turn_client *client, unsigned slot,
                             rtc_usec now);
