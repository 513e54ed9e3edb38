/* SPDX-License-Identifier: MIT
 * SRTP and SRTCP of one association on libsrtp2, which keeps keys, rollover
 * counters and replay windows; a stream is made there by the first packet that
 * authenticates. One libsrtp2 session a direction, as a key serves only one.
 *
 * srtp_init is process-global: the first rtc_srtp_new of a process does it, and
 * no two threads may be in their first rtc_srtp_new at once. */
#include "srtp/context.h"

#include <srtp2/srtp.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "srtp/cipher.h"

const char *rtc_srtp_library(void)
{
    return srtp_get_version_string();
}

/* Packets a resend may lag behind, each direction. A power of two; a stream
 * takes an eighth of it in bytes; rtc_config.history_packets is as many. */
#define WINDOW 4096

#define RTP_HEADER_LEN 12
#define RTCP_HEADER_LEN 8
#define SRTCP_INDEX_LEN 4

static const struct profile {
    unsigned number;
    const char *name;
    size_t key_len; /* with salt */
    size_t tag_len;
    srtp_profile_t id;
} profiles[] = {
    {RTC_SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM", 28, 16,
     srtp_profile_aead_aes_128_gcm},
    {RTC_SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM", 44, 16,
     srtp_profile_aead_aes_256_gcm},
    {RTC_SRTP_AES128_CM_SHA1_80, "SRTP_AES128_CM_HMAC_SHA1_80", 30, 10,
     srtp_profile_aes128_cm_sha1_80},
};

struct rtc_srtp {
    const struct profile *profile;
    srtp_t sender, receiver;
    uint8_t local[RTC_SRTP_KEY_MAX], remote[RTC_SRTP_KEY_MAX];
    /* The SSRCs the receiver has a stream for; `latest` is the index of the
     * one a packet came from last. */
    uint32_t ssrcs[RTC_SRTP_STREAM_MOST];
    unsigned ssrc_count, latest;
};

static const struct profile *find_profile(unsigned number)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (profiles[i].number == number)
            return &profiles[i];
    return NULL;
}

const char *rtc_srtp_profile_name(unsigned profile)
{
    const struct profile *p = find_profile(profile);

    return p ? p->name : NULL;
}

size_t rtc_srtp_key_len(unsigned profile)
{
    const struct profile *p = find_profile(profile);

    return p ? p->key_len : 0;
}

size_t rtc_srtp_overhead(const struct rtc_srtp *s)
{
    return s->profile->tag_len;
}

size_t rtc_srtcp_overhead(const struct rtc_srtp *s)
{
    return s->profile->tag_len + SRTCP_INDEX_LEN;
}

static int error_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_alloc_fail:
        return RTC_ERR_NOMEM;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return RTC_ERR_FORMAT;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        return RTC_ERR_STATE;
    case srtp_err_status_key_expired:
        return RTC_ERR_CLOSED;
    default:
        return RTC_ERR_CRYPTO;
    }
}

/* ---- beginning and end -------------------------------------------------- */

int rtc_srtp_prepare(void)
{
    static bool is_done;

    if (is_done)
        return 0;
    /* It also fails when somebody else in the process did it before; whether
     * libsrtp2 works is told by its taking our ciphers. */
    (void)srtp_init();
    if (rtc_srtp_cipher_register() < 0)
        return RTC_ERR_CRYPTO;
    is_done = true;
    return 0;
}

static srtp_policy_t make_policy(const struct profile *profile, uint8_t *key)
{
    srtp_policy_t policy = {
        .key = key, .window_size = WINDOW, .allow_repeat_tx = 1};

    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile->id);
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile->id);
    return policy;
}

/* A session whose streams come into being with their first packets. */
static int make_session(const struct profile *profile, uint8_t *key,
                        srtp_ssrc_type_t whose, srtp_t *ret_session)
{
    srtp_policy_t policy = make_policy(profile, key);
    srtp_err_status_t e;

    policy.ssrc.type = whose;
    e = srtp_create(ret_session, &policy);
    return e ? error_of(e) : 0;
}

int rtc_srtp_new(struct rtc_srtp **ret_srtp, unsigned profile,
                 const uint8_t *local, const uint8_t *remote)
{
    const struct profile *p = find_profile(profile);
    struct rtc_srtp *s;
    int e = rtc_srtp_prepare();

    if (e < 0)
        return e;
    if (!p)
        return RTC_ERR_UNSUPPORTED;
    s = rtc_calloc(1, sizeof *s);
    if (!s)
        return RTC_ERR_NOMEM;
    s->profile = p;
    memcpy(s->local, local, p->key_len);
    memcpy(s->remote, remote, p->key_len);
    if ((e = make_session(p, s->local, ssrc_any_outbound, &s->sender)) ||
        (e = make_session(p, s->remote, ssrc_any_inbound, &s->receiver))) {
        rtc_srtp_free(s);
        return e;
    }
    *ret_srtp = s;
    return 0;
}

void rtc_srtp_free(struct rtc_srtp *s)
{
    if (!s)
        return;
    if (s->sender)
        srtp_dealloc(s->sender);
    if (s->receiver)
        srtp_dealloc(s->receiver);
    rtc_wipe(s, sizeof *s);
    rtc_free(s);
}

/* ---- which SSRCs the remote uses ---------------------------------------- */

/* Whether `ssrc` has a stream, or may get one. */
static bool may_receive(struct rtc_srtp *s, uint32_t ssrc)
{
    if (s->ssrc_count > 0 && s->ssrcs[s->latest] == ssrc)
        return true;
    for (unsigned i = 0; i < s->ssrc_count; i++)
        if (s->ssrcs[i] == ssrc) {
            s->latest = i;
            return true;
        }
    return s->ssrc_count < RTC_SRTP_STREAM_MOST;
}

/* A packet of `ssrc` has authenticated. */
static void note_received(struct rtc_srtp *s, uint32_t ssrc)
{
    if (s->ssrc_count > 0 && s->ssrcs[s->latest] == ssrc)
        return;
    s->latest = s->ssrc_count;
    s->ssrcs[s->ssrc_count++] = ssrc;
}

/* ---- packets ------------------------------------------------------------ */

/* RFC 3550 5.1, 6.4: the version, and a whole fixed header before `tail`. */
static bool is_packet(const uint8_t *buf, size_t len, size_t header_len,
                      size_t tail)
{
    return len <= UINT16_MAX && len >= header_len + tail && buf[0] >> 6 == 2;
}

int rtc_srtp_protect(struct rtc_srtp *s, uint8_t *buf, size_t len, size_t cap)
{
    int out = (int)len;
    srtp_err_status_t e;

    if (!is_packet(buf, len, RTP_HEADER_LEN, 0))
        return RTC_ERR_FORMAT;
    if (cap < len || cap - len < rtc_srtp_overhead(s))
        return RTC_ERR_NOBUF;
    e = srtp_protect(s->sender, buf, &out);
    return e ? error_of(e) : out;
}

int rtc_srtcp_protect(struct rtc_srtp *s, uint8_t *buf, size_t len, size_t cap)
{
    int out = (int)len;
    srtp_err_status_t e;

    if (!is_packet(buf, len, RTCP_HEADER_LEN, 0))
        return RTC_ERR_FORMAT;
    if (cap < len || cap - len < rtc_srtcp_overhead(s))
        return RTC_ERR_NOBUF;
    e = srtp_protect_rtcp(s->sender, buf, &out);
    return e ? error_of(e) : out;
}

int rtc_srtp_unprotect(struct rtc_srtp *s, uint8_t *buf, size_t len)
{
    int out = (int)len;
    uint32_t ssrc;
    srtp_err_status_t e;

    if (!is_packet(buf, len, RTP_HEADER_LEN, rtc_srtp_overhead(s)))
        return RTC_ERR_FORMAT;
    ssrc = rtc_get_u32(buf + 8);
    if (!may_receive(s, ssrc))
        return RTC_ERR_NOMEM;
    e = srtp_unprotect(s->receiver, buf, &out);
    if (e)
        return error_of(e);
    note_received(s, ssrc);
    return out;
}

int rtc_srtcp_unprotect(struct rtc_srtp *s, uint8_t *buf, size_t len)
{
    int out = (int)len;
    uint32_t ssrc;
    srtp_err_status_t e;

    if (!is_packet(buf, len, RTCP_HEADER_LEN, rtc_srtcp_overhead(s)))
        return RTC_ERR_FORMAT;
    ssrc = rtc_get_u32(buf + 4);
    if (!may_receive(s, ssrc))
        return RTC_ERR_NOMEM;
    e = srtp_unprotect_rtcp(s->receiver, buf, &out);
    if (e)
        return error_of(e);
    note_received(s, ssrc);
    return out;
}

/* ---- rollover counter --------------------------------------------------- */

/* Makes the stream of `ssrc` before its first packet does. */
static int begin_at(struct rtc_srtp *s, srtp_t session, uint8_t *key,
                    uint32_t ssrc, uint32_t roc)
{
    srtp_policy_t policy = make_policy(s->profile, key);
    uint32_t known;
    srtp_err_status_t e;

    if (srtp_get_stream_roc(session, ssrc, &known) == srtp_err_status_ok)
        return RTC_ERR_STATE;
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    e = srtp_add_stream(session, &policy);
    if (!e)
        e = srtp_set_stream_roc(session, ssrc, roc);
    return e ? error_of(e) : 0;
}

int rtc_srtp_send_roc(struct rtc_srtp *s, uint32_t ssrc, uint32_t roc)
{
    return begin_at(s, s->sender, s->local, ssrc, roc);
}

int rtc_srtp_receive_roc(struct rtc_srtp *s, uint32_t ssrc, uint32_t roc)
{
    int e;

    if (!may_receive(s, ssrc))
        return RTC_ERR_NOMEM;
    e = begin_at(s, s->receiver, s->remote, ssrc, roc);
    if (e < 0)
        return e;
    note_received(s, ssrc);
    return 0;
}
