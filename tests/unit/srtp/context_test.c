/* SPDX-License-Identifier: MIT
 * SRTP contexts: published vectors, round trips, mangled and truncated packets,
 * replays, rollover, limits. The ciphers' own vectors (RFC 3711 B.2, RFC 7714
 * 16, RFC 2202) are checked by libsrtp2 whenever a context is made. */
#include "srtp/context.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>

#include "base/bytes.h"
#include "tap.h"

#define CAP 2048
#define SSRC 0xcafebabe

static const unsigned profiles[] = {RTC_SRTP_AEAD_AES_128_GCM,
                                    RTC_SRTP_AEAD_AES_256_GCM,
                                    RTC_SRTP_AES128_CM_SHA1_80};
static uint8_t key_a[RTC_SRTP_KEY_MAX], key_b[RTC_SRTP_KEY_MAX];

struct both {
    struct rtc_srtp *a, *b;
};

static struct both make(unsigned profile)
{
    struct both s = {0};

    if (rtc_srtp_new(&s.a, profile, key_a, key_b) ||
        rtc_srtp_new(&s.b, profile, key_b, key_a))
        abort();
    return s;
}

static void done(struct both *s)
{
    rtc_srtp_free(s->a);
    rtc_srtp_free(s->b);
}

/* An RTP packet with `payload` bytes; its length. */
static size_t rtp(uint8_t *buf, uint32_t ssrc, uint16_t sequence,
                  size_t payload)
{
    rtc_put_u16(buf, 0x800f);
    rtc_put_u16(buf + 2, sequence);
    rtc_put_u32(buf + 4, 0xdecafbad);
    rtc_put_u32(buf + 8, ssrc);
    memset(buf + 12, 0xab, payload);
    return 12 + payload;
}

/* An RTCP packet with `payload` bytes behind its header; its length. */
static size_t rtcp(uint8_t *buf, uint32_t ssrc, size_t payload)
{
    rtc_put_u16(buf, 0x80c9);
    rtc_put_u16(buf + 2, (uint16_t)(1 + payload / 4));
    rtc_put_u32(buf + 4, ssrc);
    memset(buf + 8, 0xcd, payload);
    return 8 + payload;
}

/* Sends one packet from a to b: what b says of it. */
static int pass(struct both *s, uint32_t ssrc, uint16_t sequence)
{
    uint8_t buf[CAP];
    size_t len = rtp(buf, ssrc, sequence, 20);
    int n = rtc_srtp_protect(s->a, buf, len, sizeof buf);

    return n < 0 ? n : rtc_srtp_unprotect(s->b, buf, (size_t)n);
}

static void test_profiles(void)
{
    struct rtc_srtp *s;
    struct both both;

    is_str(rtc_srtp_profile_name(1), "SRTP_AES128_CM_HMAC_SHA1_80", "name");
    is_str(rtc_srtp_profile_name(7), "SRTP_AEAD_AES_128_GCM", "name");
    is_str(rtc_srtp_profile_name(8), "SRTP_AEAD_AES_256_GCM", "name");
    ok(!rtc_srtp_profile_name(2), "another profile has none");
    is_int(rtc_srtp_key_len(1), 30, "key length");
    is_int(rtc_srtp_key_len(7), 28, "key length");
    is_int(rtc_srtp_key_len(8), 44, "key length");
    is_int(rtc_srtp_key_len(0), 0, "none");
    is_int(rtc_srtp_new(&s, 2, key_a, key_b), RTC_ERR_UNSUPPORTED,
           "no context");
    both = make(1);
    is_int(rtc_srtp_overhead(both.a), 10, "overhead");
    is_int(rtc_srtcp_overhead(both.a), 14, "overhead of RTCP");
    done(&both);
    both = make(8);
    is_int(rtc_srtp_overhead(both.a), 16, "overhead");
    is_int(rtc_srtcp_overhead(both.a), 20, "overhead of RTCP");
    done(&both);
}

/* RFC 3711 B.3: these master values give these session keys. */
static void test_key_derivation(void)
{
    static const uint8_t master[30] = {
        0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f,
        0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6, 0x75, 0xad,
        0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};
    static const uint8_t cipher_key[16] = {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f,
                                           0x39, 0xee, 0x10, 0x73, 0x4a, 0xfe,
                                           0x3f, 0xf7, 0xa0, 0x87};
    static const uint8_t salt[14] = {0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
                                     0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1};
    static const uint8_t auth_key[20] = {
        0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
        0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4};
    uint8_t got[CAP], want[CAP], counter[16] = {0}, roc[4] = {0};
    struct hmac_sha1_ctx hmac;
    struct aes128_ctx aes;
    struct rtc_srtp *s;
    size_t len = rtp(got, SSRC, 0x1234, 100);

    memcpy(want, got, len);
    if (rtc_srtp_new(&s, RTC_SRTP_AES128_CM_SHA1_80, master, master))
        abort();
    is_int(rtc_srtp_protect(s, got, len, CAP), (int)len + 10, "protect");
    rtc_srtp_free(s);

    /* RFC 3711 4.1.1: salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16 */
    memcpy(counter, salt, sizeof salt);
    for (int i = 0; i < 4; i++)
        counter[4 + i] ^= want[8 + i];
    counter[12] ^= 0x12;
    counter[13] ^= 0x34;
    aes128_set_encrypt_key(&aes, cipher_key);
    ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, counter, 100,
              want + 12, want + 12);
    hmac_sha1_set_key(&hmac, sizeof auth_key, auth_key);
    hmac_sha1_update(&hmac, len, want);
    hmac_sha1_update(&hmac, sizeof roc, roc);
    hmac_sha1_digest(&hmac, 10, want + len);
    is_mem(got, want, len + 10, "as the session keys of RFC 3711 B.3 give");
}

/* The packet with which libsrtp's own tests check its GCM. */
static void test_gcm_vector(void)
{
    static const uint8_t want[44] = {
        0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba,
        0xbe, 0xc5, 0x00, 0x2e, 0xde, 0x04, 0xcf, 0xdd, 0x2e, 0xb9, 0x11,
        0x59, 0xe0, 0x88, 0x0a, 0xa0, 0x6e, 0xd2, 0x97, 0x68, 0x26, 0xf7,
        0x96, 0xb2, 0x01, 0xdf, 0x31, 0x31, 0xa1, 0x27, 0xe8, 0xa3, 0x92};
    uint8_t key[28], buf[CAP];
    struct rtc_srtp *s;

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i < 16 ? i : 0xa0 + i - 16);
    if (rtc_srtp_new(&s, RTC_SRTP_AEAD_AES_128_GCM, key, key))
        abort();
    is_int(rtc_srtp_protect(s, buf, rtp(buf, SSRC, 0x1234, 16), CAP), 44,
           "GCM-128 protect");
    is_mem(buf, want, sizeof want, "gives libsrtp's bytes");
    is_int(rtc_srtp_unprotect(s, buf, 44), 28, "and back");
    rtc_srtp_free(s);
}

static void test_round_trip(unsigned profile)
{
    struct both s = make(profile);
    uint8_t buf[CAP], plain[CAP];
    bool rtp_fine = true, rtcp_fine = true, hidden = true;

    for (size_t size = 0; size <= 1300; size += size < 40 ? 1 : 97) {
        size_t len = rtp(buf, SSRC, (uint16_t)size, size);
        int n;

        memcpy(plain, buf, len);
        n = rtc_srtp_protect(s.a, buf, len, len + rtc_srtp_overhead(s.a));
        rtp_fine &= n == (int)(len + rtc_srtp_overhead(s.a));
        hidden &= size < 8 || memcmp(buf + 12, plain + 12, size) != 0;
        n = rtc_srtp_unprotect(s.b, buf, (size_t)n);
        rtp_fine &= n == (int)len && !memcmp(buf, plain, len);
    }
    ok(rtp_fine, "RTP of any length comes back, overhead constant");
    ok(hidden, "and is encrypted on the way");
    for (size_t size = 0; size <= 1300; size += size < 80 ? 4 : 100) {
        size_t len = rtcp(buf, SSRC, size);
        int n;

        memcpy(plain, buf, len);
        n = rtc_srtcp_protect(s.a, buf, len, len + rtc_srtcp_overhead(s.a));
        rtcp_fine &= n == (int)(len + rtc_srtcp_overhead(s.a));
        n = rtc_srtcp_unprotect(s.b, buf, (size_t)n);
        rtcp_fine &= n == (int)len && !memcmp(buf, plain, len);
    }
    ok(rtcp_fine, "RTCP of any length comes back");
    done(&s);
}

/* CSRCs and an extension stay readable and are authenticated. */
static void test_long_header(unsigned profile)
{
    struct both s = make(profile);
    uint8_t buf[CAP], plain[CAP];
    size_t len = rtp(buf, SSRC, 7, 400);
    int n;

    buf[0] = 0x9f; /* extension, 15 CSRCs: 12 + 60 + 4 + 8 bytes of header */
    rtc_put_u16(buf + 72, 0xbede);
    rtc_put_u16(buf + 74, 2);
    memcpy(plain, buf, len);
    n = rtc_srtp_protect(s.a, buf, len, CAP);
    is_mem(buf, plain, 84, "the header is in the clear");
    ok(memcmp(buf + 84, plain + 84, 64) != 0, "the payload is not");
    is_int(rtc_srtp_unprotect(s.b, buf, (size_t)n), (int)len, "it comes back");
    is_mem(buf, plain, len, "unchanged");
    len = rtp(buf, SSRC, 8, 20);
    buf[0] = 0x9f;
    is_int(rtc_srtp_protect(s.a, buf, len, CAP), RTC_ERR_FORMAT,
           "a header longer than its packet");
    done(&s);
}

/* Changes every byte in turn; every cut; then the true packet still counts. */
static void test_mangled(unsigned profile, bool is_rtcp)
{
    struct both s = make(profile);
    uint8_t packet[CAP], buf[CAP];
    size_t len = is_rtcp ? rtcp(packet, SSRC, 20) : rtp(packet, SSRC, 9, 20);
    int (*unprotect)(struct rtc_srtp *, uint8_t *, size_t) =
        is_rtcp ? rtc_srtcp_unprotect : rtc_srtp_unprotect;
    size_t size = (size_t)(is_rtcp ? rtc_srtcp_protect(s.a, packet, len, CAP)
                                   : rtc_srtp_protect(s.a, packet, len, CAP));
    int accepted = 0, other = 0;

    for (size_t i = 0; i < size; i++)
        for (int bit = 1; bit < 256; bit *= 2) {
            int e;

            memcpy(buf, packet, size);
            buf[i] ^= (uint8_t)bit;
            e = unprotect(s.b, buf, size);
            accepted += e >= 0;
            /* A changed version, CSRC count or extension is malformed. */
            other += e != RTC_ERR_CRYPTO && (i > 0 || e != RTC_ERR_FORMAT);
        }
    is_int(accepted, 0, "no packet with a wrong bit is accepted");
    is_int(other, 0, "and each is told as unauthentic or malformed");
    accepted = 0;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);

        memcpy(exact, packet, cut);
        accepted += unprotect(s.b, exact, cut) >= 0;
        free(exact);
    }
    is_int(accepted, 0, "nor any truncated one");
    is_int(unprotect(s.b, packet, 4), RTC_ERR_FORMAT, "short is malformed");
    memcpy(buf, packet, size);
    is_int(unprotect(s.b, buf, size), (int)len, "the true one still is");
    is_int(unprotect(s.b, packet, size), RTC_ERR_STATE, "but not twice");
    done(&s);
}

static void test_replay(unsigned profile)
{
    struct both s = make(profile);
    uint8_t first[CAP], again[CAP], late[CAP];
    size_t len = rtp(first, SSRC, 100, 20);
    int n, m;

    rtp(again, SSRC, 100, 20);
    rtp(late, SSRC, 101, 20);
    n = rtc_srtp_protect(s.a, first, len, CAP);
    m = rtc_srtp_protect(s.a, again, len, CAP);
    is_int(m, n, "the same packet can be sent again");
    is_mem(first, again, (size_t)n, "with the same bytes");
    rtc_srtp_protect(s.a, late, len, CAP);
    is_int(rtc_srtp_unprotect(s.b, first, (size_t)n), 32, "accepted");
    is_int(rtc_srtp_unprotect(s.b, again, (size_t)n), RTC_ERR_STATE,
           "once only");
    for (unsigned i = 102; i < 101 + 4000; i++)
        if (pass(&s, SSRC, (uint16_t)i) != 32)
            abort();
    memcpy(again, late, (size_t)n);
    is_int(rtc_srtp_unprotect(s.b, late, (size_t)n), 32,
           "4000 packets late is in time");
    is_int(rtc_srtp_unprotect(s.b, again, (size_t)n), RTC_ERR_STATE,
           "once only");
    rtp(again, SSRC, 101, 20);
    is_int(rtc_srtp_protect(s.a, again, len, CAP), n, "and can be sent again");
    for (unsigned i = 101 + 4000; i < 101 + 5000; i++)
        if (pass(&s, SSRC, (uint16_t)i) != 32)
            abort();
    is_int(rtc_srtp_unprotect(s.b, again, (size_t)n), RTC_ERR_STATE,
           "5000 is too late");
    done(&s);
}

static void test_rollover(unsigned profile)
{
    struct both s = make(profile);
    uint8_t late[CAP];
    bool fine = true;
    int n = 0;

    for (unsigned i = 65500; i < 65536 + 100; i++) {
        if (i == 65530) { /* delayed past the wrap */
            n = rtc_srtp_protect(s.a, late, rtp(late, SSRC, 65530, 20), CAP);
            continue;
        }
        fine &= pass(&s, SSRC, (uint16_t)i) == 32;
    }
    ok(fine, "sequence numbers wrap");
    is_int(rtc_srtp_unprotect(s.b, late, (size_t)n), 32,
           "one from before the wrap is understood after it");
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 100; i < 65536 + 100; i += 16000)
            fine &= pass(&s, SSRC, (uint16_t)i) == 32;
    ok(fine, "and again");
    done(&s);

    s = make(profile);
    is_int(rtc_srtp_send_roc(s.a, SSRC, 0x10005), 0, "a rollover counter set");
    is_int(pass(&s, SSRC, 1), RTC_ERR_CRYPTO, "must be so on both sides");
    is_int(rtc_srtp_receive_roc(s.b, SSRC, 0x10005), 0, "set there, too");
    is_int(pass(&s, SSRC, 2), 32, "now they agree");
    is_int(rtc_srtp_send_roc(s.a, SSRC, 0), RTC_ERR_STATE, "not once begun");
    is_int(rtc_srtp_receive_roc(s.b, SSRC, 0), RTC_ERR_STATE, "on either side");
    done(&s);
}

/* Each SSRC keeps a rollover counter of its own while another is used. */
static void test_change(unsigned profile)
{
    static const uint32_t ssrcs[] = {SSRC, 99, SSRC, 99};
    struct both s = make(profile);
    bool fine = true;

    for (unsigned round = 0; round < 4; round++)
        for (unsigned i = 0; i < 3 * 65536; i += 16000)
            fine &= pass(&s, ssrcs[round],
                         (uint16_t)(round / 2 * 196000 + 100 + i)) == 32;
    ok(fine, "acceptance 49: from an SSRC to another and back");
    done(&s);
}

static void test_streams(void)
{
    struct both s = make(RTC_SRTP_AEAD_AES_128_GCM);
    uint8_t buf[CAP];
    bool fine = true;
    int n;

    for (uint32_t i = 0; i < 1000; i++) {
        memset(buf, 0x11, sizeof buf);
        rtp(buf, 5000 + i, 1, 20);
        fine &= rtc_srtp_unprotect(s.b, buf, 100) == RTC_ERR_CRYPTO;
    }
    ok(fine, "forged packets of 1000 SSRCs are refused");
    for (uint32_t i = 0; i < RTC_SRTP_STREAM_MOST; i++)
        fine &= pass(&s, i, 1) == 32;
    ok(fine, "and take no room from 256 true ones");
    is_int(pass(&s, 9999, 1), RTC_ERR_NOMEM, "a further one is refused");
    n = rtc_srtcp_protect(s.a, buf, rtcp(buf, 9998, 8), CAP);
    is_int(rtc_srtcp_unprotect(s.b, buf, (size_t)n), RTC_ERR_NOMEM,
           "in RTCP, too");
    is_int(rtc_srtp_receive_roc(s.b, 9997, 1), RTC_ERR_NOMEM, "and by ROC");
    is_int(pass(&s, 0, 2), 32, "those known go on");
    done(&s);
}

static void test_arguments(void)
{
    struct both s = make(RTC_SRTP_AES128_CM_SHA1_80);
    uint8_t buf[CAP];
    size_t len = rtp(buf, SSRC, 1, 20);

    is_int(rtc_srtp_protect(s.a, buf, len, len + 9), RTC_ERR_NOBUF, "no room");
    is_int(rtc_srtp_protect(s.a, buf, len, len - 1), RTC_ERR_NOBUF, "less");
    is_int(rtc_srtp_protect(s.a, buf, 11, CAP), RTC_ERR_FORMAT, "too short");
    buf[0] = 0x40;
    is_int(rtc_srtp_protect(s.a, buf, len, CAP), RTC_ERR_FORMAT, "version 1");
    len = rtcp(buf, SSRC, 0);
    is_int(rtc_srtcp_protect(s.a, buf, len, len + 13), RTC_ERR_NOBUF,
           "no room");
    is_int(rtc_srtcp_protect(s.a, buf, 7, CAP), RTC_ERR_FORMAT, "too short");
    done(&s);
}

int main(void)
{
    for (unsigned i = 0; i < RTC_SRTP_KEY_MAX; i++) {
        key_a[i] = (uint8_t)i;
        key_b[i] = (uint8_t)(0xff - i);
    }
    test_profiles();
    test_key_derivation();
    test_gcm_vector();
    for (unsigned i = 0; i < 3; i++) {
        test_round_trip(profiles[i]);
        test_long_header(profiles[i]);
        test_mangled(profiles[i], false);
        test_mangled(profiles[i], true);
        test_replay(profiles[i]);
        test_rollover(profiles[i]);
        test_change(profiles[i]);
    }
    test_streams();
    test_arguments();
    return tap_done();
}
