/* SPDX-License-Identifier: MIT
 * What protecting and unprotecting a 1200-byte packet costs, beside the raw
 * cipher work of it in the same run, and beside libsrtp2's own ciphers.
 *
 * Each measurement is the least of many short rounds, taken in turn, so that
 * other load on the machine falls out. With --check the exit status says
 * whether each ratio is within its limit. */
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "srtp/context.h"
#include "tests/bench/bench.h"

#define PACKET 1200 /* bytes of RTP, header included */
#define HEADER 12
#define BATCH 64
#define ROUNDS 4000
#define LIMIT 1.35

static uint8_t key[RTC_SRTP_KEY_MAX];
static uint8_t packets[BATCH][PACKET + RTC_SRTP_OVERHEAD_MAX];
static uint64_t number; /* of the next packet */

static void fill(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        memset(packets[i], 0x5a, PACKET);
        rtc_put_u16(packets[i], 0x8060);
        rtc_put_u16(packets[i] + 2, (uint16_t)number++);
        rtc_put_u32(packets[i] + 4, 0);
        rtc_put_u32(packets[i] + 8, 0x01020304);
    }
}

struct least {
    double raw, protect, unprotect, old_protect, old_unprotect;
};

static void keep(double *least, double begin)
{
    double ns = (bench_now() - begin) / BATCH;

    if (*least == 0 || ns < *least)
        *least = ns;
}

/* ---- raw work ------------------------------------------------------------ */

static gnutls_aead_cipher_hd_t gcm;

static void raw_gcm(double *least)
{
    uint8_t iv[12] = {0};
    double begin = bench_now();

    for (unsigned i = 0; i < BATCH; i++) {
        uint8_t *text = packets[i] + HEADER;
        size_t len = PACKET - HEADER + 16;

        iv[11] = (uint8_t)i;
        gnutls_aead_cipher_encrypt(gcm, iv, sizeof iv, packets[i], HEADER, 16,
                                   text, PACKET - HEADER, text, &len);
    }
    keep(least, begin);
}

static struct aes128_ctx aes;
static struct hmac_sha1_ctx hmac;

static void raw_cm(double *least)
{
    uint8_t counter[16] = {0}, tag[10], roc[4] = {0};
    double begin = bench_now();

    for (unsigned i = 0; i < BATCH; i++) {
        memset(counter, 0, sizeof counter);
        counter[13] = (uint8_t)i;
        ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, counter,
                  PACKET - HEADER, packets[i] + HEADER, packets[i] + HEADER);
        hmac_sha1_update(&hmac, PACKET, packets[i]);
        hmac_sha1_update(&hmac, sizeof roc, roc);
        hmac_sha1_digest(&hmac, sizeof tag, tag);
    }
    keep(least, begin);
}

/* ---- whole packets ------------------------------------------------------- */

static void ours(struct rtc_srtp *s, struct least *least)
{
    int len[BATCH];
    double begin;

    fill();
    begin = bench_now();
    for (unsigned i = 0; i < BATCH; i++)
        len[i] = rtc_srtp_protect(s, packets[i], PACKET, sizeof packets[i]);
    keep(&least->protect, begin);
    begin = bench_now();
    for (unsigned i = 0; i < BATCH; i++)
        len[i] = rtc_srtp_unprotect(s, packets[i], (size_t)len[i]);
    keep(&least->unprotect, begin);
    for (unsigned i = 0; i < BATCH; i++)
        if (len[i] != PACKET)
            abort();
}

/* libsrtp2 as it comes: sessions made before our ciphers are registered. */
static srtp_t old_session(srtp_profile_t profile, srtp_ssrc_type_t whose)
{
    srtp_policy_t policy = {
        .ssrc.type = whose, .key = key, .window_size = 1024};
    srtp_t session;

    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
    if (srtp_create(&session, &policy))
        abort();
    return session;
}

static void old(srtp_t sender, srtp_t receiver, struct least *least)
{
    int len[BATCH];
    double begin;

    fill();
    begin = bench_now();
    for (unsigned i = 0; i < BATCH; i++) {
        len[i] = PACKET;
        srtp_protect(sender, packets[i], &len[i]);
    }
    keep(&least->old_protect, begin);
    begin = bench_now();
    for (unsigned i = 0; i < BATCH; i++)
        srtp_unprotect(receiver, packets[i], &len[i]);
    keep(&least->old_unprotect, begin);
    for (unsigned i = 0; i < BATCH; i++)
        if (len[i] != PACKET)
            abort();
}

/* ---- report -------------------------------------------------------------- */

static void report(const char *profile, const struct least *l)
{
    char name[64];

    snprintf(name, sizeof name, "srtp.%s.protect", profile);
    bench_judge(name, "ns", l->protect, l->raw, LIMIT);
    snprintf(name, sizeof name, "srtp.%s.unprotect", profile);
    bench_judge(name, "ns", l->unprotect, l->raw, LIMIT);
    snprintf(name, sizeof name, "srtp.%s.libsrtp2.protect", profile);
    bench_judge(name, "ns", l->old_protect, l->raw, 0);
    snprintf(name, sizeof name, "srtp.%s.libsrtp2.unprotect", profile);
    bench_judge(name, "ns", l->old_unprotect, l->raw, 0);
}

int main(int argc, char **argv)
{
    gnutls_datum_t gcm_key = {key, 16};
    struct least g = {0}, c = {0};
    struct rtc_srtp *sg, *sc;
    srtp_t old_gs, old_gr, old_cs, old_cr;

    if (srtp_init() ||
        gnutls_aead_cipher_init(&gcm, GNUTLS_CIPHER_AES_128_GCM, &gcm_key) < 0)
        return 2;
    aes128_set_encrypt_key(&aes, key);
    hmac_sha1_set_key(&hmac, 20, key);
    old_gs = old_session(srtp_profile_aead_aes_128_gcm, ssrc_any_outbound);
    old_gr = old_session(srtp_profile_aead_aes_128_gcm, ssrc_any_inbound);
    old_cs = old_session(srtp_profile_aes128_cm_sha1_80, ssrc_any_outbound);
    old_cr = old_session(srtp_profile_aes128_cm_sha1_80, ssrc_any_inbound);
    if (rtc_srtp_new(&sg, RTC_SRTP_AEAD_AES_128_GCM, key, key) ||
        rtc_srtp_new(&sc, RTC_SRTP_AES128_CM_SHA1_80, key, key))
        return 2;
    for (unsigned i = 0; i < ROUNDS; i++) {
        raw_gcm(&g.raw);
        ours(sg, &g);
        raw_cm(&c.raw);
        ours(sc, &c);
        if (i % 8 == 0) { /* slow, and only for comparison */
            number = (uint64_t)(i / 8) * BATCH;
            old(old_gs, old_gr, &g);
            number = (uint64_t)(i / 8) * BATCH;
            old(old_cs, old_cr, &c);
            number = (uint64_t)(i + 1) * 2 * BATCH;
        }
    }
    report("gcm", &g);
    report("cm", &c);
    rtc_srtp_free(sg);
    rtc_srtp_free(sc);
    srtp_dealloc(old_gs);
    srtp_dealloc(old_gr);
    srtp_dealloc(old_cs);
    srtp_dealloc(old_cr);
    gnutls_aead_cipher_deinit(gcm);
    return bench_exit(argc, argv);
}
