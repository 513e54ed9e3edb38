/* SPDX-License-Identifier: MIT
 * A TURN client (RFC 8656) without I/O: one allocation on one server, kept
 * alive through stale nonces, silence and restarts of the server, with the
 * permissions and channels its owner wants. It wraps datagrams for peers and
 * unwraps theirs; whom to talk to is for others to decide. */
#pragma once

#include "base/log.h"
#include "base/random.h"
#include "rtc.h"
#include "stun/transaction.h"

struct rtc_turn_client;

/* Buffers for rtc_turn_transmit hold this much. */
#define RTC_TURN_CONTROL_MOST 1500
/* What wrapping adds at most: the head of a Send indication to an IPv6 peer,
 * and padding. */
#define RTC_TURN_HEAD_MOST (48 + 3)
/* A buffer this long holds whatever rtc_turn_save writes. */
#define RTC_TURN_SAVE_MOST 4096
#define RTC_TURN_PERMISSION_MOST 32
#define RTC_TURN_CHANNEL_MOST 16

struct rtc_turn_config {
    /* Our socket and the server. Over TCP and TLS what is written is padded for
     * a stream (RFC 8656 12.5). */
    struct rtc_path path;
    const char *username, *password; /* copied; NULL: none */
    /* Of the relayed address: 4 or 6; 0: IPv4, and IPv6 where the server has
     * it, or what of the two it has. */
    uint8_t family;
    /* Over UDP. A TCP or TLS connection carries each request once, and all of
     * this time may pass until the answer. */
    struct rtc_stun_retry retry;
    struct rtc_random random;
    const struct rtc_log *log; /* or NULL; must outlive the client */
};

/* ALLOCATED may fall back to ALLOCATING: the allocation is lost or the server
 * silent, and it is tried until it works or is refused. */
enum rtc_turn_state {
    RTC_TURN_ALLOCATING,
    RTC_TURN_ALLOCATED,
    RTC_TURN_FAILED,    /* refused, or never answered */
    RTC_TURN_RELEASING, /* the last request is under way */
    RTC_TURN_RELEASED,
};

/* An Allocate request is due at once. 0, RTC_ERR_ARG (too long a name) or
 * RTC_ERR_NOMEM. */
int rtc_turn_new(struct rtc_turn_client **ret_client,
                 const struct rtc_turn_config *config, rtc_usec now);
void rtc_turn_free(struct rtc_turn_client *client);
/* Gives the allocation back, if there may be one, by a last request. */
void rtc_turn_release(struct rtc_turn_client *client, rtc_usec now);

/* Hand-over to another process over UDP: one line of text without its LF. The
 * length, RTC_ERR_NOBUF or RTC_ERR_STATE (not allocated, or not over UDP). */
int rtc_turn_save(const struct rtc_turn_client *client, char *buf, size_t cap,
                  rtc_usec now);
/* Goes on with a saved allocation: it is ALLOCATED, and a Refresh is due at
 * once. `age_us` has passed since it was saved. The saved server's address
 * replaces the one in `config`. As rtc_turn_new, or RTC_ERR_FORMAT. */
int rtc_turn_load(struct rtc_turn_client **ret_client,
                  const struct rtc_turn_config *config, struct rtc_text saved,
                  rtc_usec age_us, rtc_usec now);

enum rtc_turn_state rtc_turn_state(const struct rtc_turn_client *client);
const char *rtc_turn_state_name(enum rtc_turn_state state);
/* Why it FAILED: the server's code (0: it never answered) and its words, which
 * are printable ASCII and lent. */
unsigned rtc_turn_error(const struct rtc_turn_client *client,
                        const char **ret_reason);
/* Where a 300 that was not followed sends us; family 0: nowhere. Lent. */
const struct rtc_addr *rtc_turn_alternate(const struct rtc_turn_client *client);
/* Its remote side changes when a 300 is followed. Lent. */
const struct rtc_path *rtc_turn_path(const struct rtc_turn_client *client);
/* The relayed addresses, IPv4 first. False past the last (there are at most
 * two), and unless ALLOCATED. */
bool rtc_turn_relayed(const struct rtc_turn_client *client, unsigned index,
                      struct rtc_addr *ret_relayed);
/* Our address as the server saw it; family 0 unless ALLOCATED. Lent. */
const struct rtc_addr *rtc_turn_mapped(const struct rtc_turn_client *client);
/* How many allocations were made: the relayed addresses are others when this
 * is another. */
unsigned rtc_turn_generation(const struct rtc_turn_client *client);
bool rtc_turn_owns(const struct rtc_turn_client *client,
                   const struct rtc_addr *relayed);

/* Wants a permission for the peer's IP (its port does not matter), or a channel
 * to it (with which comes a permission), for as long as the client lives; it is
 * asked for when ALLOCATED, and kept. Again is a no-op. 0, RTC_ERR_ARG or
 * RTC_ERR_NOMEM (a cap is reached). */
int rtc_turn_permit(struct rtc_turn_client *client, const struct rtc_addr *peer,
                    rtc_usec now);
int rtc_turn_bind(struct rtc_turn_client *client, const struct rtc_addr *peer,
                  rtc_usec now);

enum rtc_turn_input { RTC_TURN_DROPPED, RTC_TURN_CONTROL, RTC_TURN_DATA };

/* A peer's datagram, inside the message it came in. */
struct rtc_turn_data {
    struct rtc_addr peer, relayed; /* from, to */
    uint8_t *data;
    size_t len;
};

/* One whole message from the server. `ret_data` is for RTC_TURN_DATA: only from
 * peers that are permitted or bound. */
enum rtc_turn_input rtc_turn_receive(struct rtc_turn_client *client,
                                     uint8_t *data, size_t len,
                                     struct rtc_turn_data *ret_data,
                                     rtc_usec now);
/* The next message due to the server. Its length, 0: none, RTC_ERR_NOBUF (`cap`
 * is below RTC_TURN_CONTROL_MOST). */
int rtc_turn_transmit(struct rtc_turn_client *client, uint8_t *buf, size_t cap,
                      rtc_usec now);
rtc_usec rtc_turn_deadline(const struct rtc_turn_client *client);
void rtc_turn_tick(struct rtc_turn_client *client, rtc_usec now);

/* Sending: the datagram is written `head` bytes into `buf`, with head from
 * rtc_turn_head just before; wrapping puts a header in front and up to 3 bytes
 * of padding behind. The total length, RTC_ERR_STATE (not allocated), ARG (not
 * that head, too long), NOBUF, or UNSUPPORTED (no relayed address of the peer's
 * family). */
size_t rtc_turn_head(const struct rtc_turn_client *client,
                     const struct rtc_addr *peer);
int rtc_turn_wrap(struct rtc_turn_client *client, const struct rtc_addr *peer,
                  uint8_t *buf, size_t head, size_t len, size_t cap,
                  rtc_usec now);
