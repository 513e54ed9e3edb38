/* SPDX-License-Identifier: MIT
 * AES-CM (RFC 3711 4.1.1) and HMAC-SHA1 (4.2.1) on nettle, AES-GCM (RFC 7714)
 * on GnuTLS, in the form libsrtp2 asks for. libsrtp2 keeps the rules of SRTP;
 * what is here sees keys, counters and bytes. libsrtp2 calls set_iv, set_aad,
 * then encrypt or decrypt, in place, for every packet. */
#include "srtp/cipher.h"

#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>
#include <nettle/memxor.h>
#include <srtp2/auth.h>
#include <srtp2/cipher.h>
#include <string.h>

#include "base/mem.h"
#include "rtc.h"
#include "srtp/cipher_vectors.h"

/* The cipher object of libsrtp2 with `state_len` bytes of state behind it. */
static srtp_err_status_t alloc_cipher(srtp_cipher_t **ret_cipher,
                                      const srtp_cipher_type_t *type,
                                      size_t state_len, int key_len)
{
    srtp_cipher_t *c = rtc_calloc(1, sizeof *c + state_len);

    if (!c)
        return srtp_err_status_alloc_fail;
    c->type = type;
    c->state = c + 1;
    c->key_len = key_len;
    c->algorithm = (int)type->id;
    *ret_cipher = c;
    return srtp_err_status_ok;
}

/* ---- AES-CM, 128 bit ----------------------------------------------------- */

#define ICM_KEY_LEN 30 /* 16 bytes of key, 14 of salt */

struct icm {
    struct aes128_ctx aes;
    uint8_t salt[AES_BLOCK_SIZE];    /* two zero bytes at its end */
    uint8_t counter[AES_BLOCK_SIZE]; /* of the next block */
};

static const srtp_cipher_type_t icm_128;

static srtp_err_status_t icm_alloc(srtp_cipher_pointer_t *ret_cipher,
                                   int key_len, int tag_len)
{
    (void)tag_len;
    if (key_len != ICM_KEY_LEN)
        return srtp_err_status_bad_param;
    return alloc_cipher(ret_cipher, &icm_128, sizeof(struct icm), key_len);
}

static srtp_err_status_t icm_dealloc(srtp_cipher_pointer_t c)
{
    rtc_wipe(c->state, sizeof(struct icm));
    rtc_free(c);
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_init(void *state, const uint8_t *key)
{
    struct icm *icm = state;

    memset(icm, 0, sizeof *icm);
    aes128_set_encrypt_key(&icm->aes, key);
    memcpy(icm->salt, key + AES128_KEY_SIZE, ICM_KEY_LEN - AES128_KEY_SIZE);
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_set_iv(void *state, uint8_t *iv,
                                    srtp_cipher_direction_t direction)
{
    struct icm *icm = state;

    (void)direction;
    memxor3(icm->counter, icm->salt, iv, AES_BLOCK_SIZE);
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_crypt(void *state, uint8_t *data, unsigned *len)
{
    struct icm *icm = state;

    ctr_crypt(&icm->aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE,
              icm->counter, *len, data, data);
    return srtp_err_status_ok;
}

static const srtp_cipher_type_t icm_128 = {
    .alloc = icm_alloc,
    .dealloc = icm_dealloc,
    .init = icm_init,
    .encrypt = icm_crypt,
    .decrypt = icm_crypt,
    .set_iv = icm_set_iv,
    .description = "AES-128 counter mode (nettle)",
    .test_data = &rtc_srtp_icm_128_test,
    .id = SRTP_AES_ICM_128,
};

/* ---- AES-GCM, 128 and 256 bit -------------------------------------------- */

#define GCM_SALT_LEN 12
#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16
/* A header with its extension, or an RTCP header with the SRTCP index. */
#define GCM_AAD_MOST 2048

struct gcm {
    gnutls_aead_cipher_hd_t aead;
    size_t tag_len, aad_len;
    uint8_t iv[GCM_IV_LEN];
    uint8_t tag[GCM_TAG_LEN];
    uint8_t aad[GCM_AAD_MOST];
};

static const srtp_cipher_type_t gcm_128, gcm_256;

static srtp_err_status_t gcm_alloc(srtp_cipher_pointer_t *ret_cipher,
                                   int key_len, int tag_len)
{
    const srtp_cipher_type_t *type =
        key_len == 16 + GCM_SALT_LEN ? &gcm_128 : &gcm_256;
    srtp_err_status_t e;

    if ((key_len != 16 + GCM_SALT_LEN && key_len != 32 + GCM_SALT_LEN) ||
        (tag_len != 8 && tag_len != GCM_TAG_LEN))
        return srtp_err_status_bad_param;
    e = alloc_cipher(ret_cipher, type, sizeof(struct gcm), key_len);
    if (e == srtp_err_status_ok)
        ((struct gcm *)(*ret_cipher)->state)->tag_len = (size_t)tag_len;
    return e;
}

static srtp_err_status_t gcm_dealloc(srtp_cipher_pointer_t c)
{
    struct gcm *gcm = c->state;

    if (gcm->aead)
        gnutls_aead_cipher_deinit(gcm->aead);
    rtc_free(c);
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_init(struct gcm *gcm,
                                  gnutls_cipher_algorithm_t algorithm,
                                  const uint8_t *key, unsigned key_len)
{
    gnutls_datum_t datum = {(uint8_t *)(uintptr_t)key, key_len};

    if (gcm->aead)
        gnutls_aead_cipher_deinit(gcm->aead);
    gcm->aead = NULL;
    return gnutls_aead_cipher_init(&gcm->aead, algorithm, &datum) < 0
               ? srtp_err_status_init_fail
               : srtp_err_status_ok;
}

static srtp_err_status_t gcm_128_init(void *state, const uint8_t *key)
{
    return gcm_init(state, GNUTLS_CIPHER_AES_128_GCM, key, 16);
}

static srtp_err_status_t gcm_256_init(void *state, const uint8_t *key)
{
    return gcm_init(state, GNUTLS_CIPHER_AES_256_GCM, key, 32);
}

static srtp_err_status_t gcm_set_iv(void *state, uint8_t *iv,
                                    srtp_cipher_direction_t direction)
{
    struct gcm *gcm = state;

    (void)direction;
    memcpy(gcm->iv, iv, GCM_IV_LEN);
    gcm->aad_len = 0;
    return srtp_err_status_ok;
}

/* Several calls add up. */
static srtp_err_status_t gcm_set_aad(void *state, const uint8_t *aad,
                                     uint32_t len)
{
    struct gcm *gcm = state;

    if (len > GCM_AAD_MOST - gcm->aad_len)
        return srtp_err_status_bad_param;
    memcpy(gcm->aad + gcm->aad_len, aad, len);
    gcm->aad_len += len;
    return srtp_err_status_ok;
}

/* GnuTLS writes the tag behind the text, where libsrtp2 wants it in the end and
 * so has room for it; that is faster than having it written elsewhere. */
static srtp_err_status_t gcm_encrypt(void *state, uint8_t *data, unsigned *len)
{
    struct gcm *gcm = state;
    size_t out_len = *len + gcm->tag_len;

    /* libsrtp2 gives no buffer when there is nothing to encrypt. */
    if (*len == 0)
        data = gcm->tag;
    if (gnutls_aead_cipher_encrypt(gcm->aead, gcm->iv, GCM_IV_LEN, gcm->aad,
                                   gcm->aad_len, gcm->tag_len, data, *len, data,
                                   &out_len) < 0)
        return srtp_err_status_cipher_fail;
    memmove(gcm->tag, data + *len, gcm->tag_len);
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_get_tag(void *state, uint8_t *tag, uint32_t *len)
{
    struct gcm *gcm = state;

    memcpy(tag, gcm->tag, gcm->tag_len);
    *len = (uint32_t)gcm->tag_len;
    return srtp_err_status_ok;
}

/* `data` is ciphertext and tag in a row. */
static srtp_err_status_t gcm_decrypt(void *state, uint8_t *data, unsigned *len)
{
    struct gcm *gcm = state;
    size_t out_len = *len;

    if (*len < gcm->tag_len)
        return srtp_err_status_bad_param;
    if (gnutls_aead_cipher_decrypt(gcm->aead, gcm->iv, GCM_IV_LEN, gcm->aad,
                                   gcm->aad_len, gcm->tag_len, data, *len, data,
                                   &out_len) < 0)
        return srtp_err_status_auth_fail;
    *len = (unsigned)out_len;
    return srtp_err_status_ok;
}

#define GCM_TYPE(bits)                                                         \
    {                                                                          \
        .alloc = gcm_alloc, .dealloc = gcm_dealloc, .init = gcm_##bits##_init, \
        .set_aad = gcm_set_aad, .encrypt = gcm_encrypt,                        \
        .decrypt = gcm_decrypt, .set_iv = gcm_set_iv, .get_tag = gcm_get_tag,  \
        .description = "AES-" #bits " GCM (GnuTLS)",                           \
        .test_data = &rtc_srtp_gcm_##bits##_test, .id = SRTP_AES_GCM_##bits,   \
    }

static const srtp_cipher_type_t gcm_128 = GCM_TYPE(128);
static const srtp_cipher_type_t gcm_256 = GCM_TYPE(256);

/* ---- HMAC-SHA1 ----------------------------------------------------------- */

#define SHA1_KEY_MOST 20

static const srtp_auth_type_t hmac_sha1;

static srtp_err_status_t auth_alloc(srtp_auth_pointer_t *ret_auth, int key_len,
                                    int out_len)
{
    srtp_auth_t *a;

    if (key_len < 0 || key_len > SHA1_KEY_MOST || out_len < 0 ||
        out_len > SHA1_DIGEST_SIZE)
        return srtp_err_status_bad_param;
    a = rtc_calloc(1, sizeof *a + sizeof(struct hmac_sha1_ctx));
    if (!a)
        return srtp_err_status_alloc_fail;
    a->type = &hmac_sha1;
    a->state = a + 1;
    a->key_len = key_len;
    a->out_len = out_len;
    *ret_auth = a;
    return srtp_err_status_ok;
}

static srtp_err_status_t auth_dealloc(srtp_auth_pointer_t a)
{
    rtc_wipe(a->state, sizeof(struct hmac_sha1_ctx));
    rtc_free(a);
    return srtp_err_status_ok;
}

static srtp_err_status_t auth_init(void *state, const uint8_t *key, int key_len)
{
    hmac_sha1_set_key(state, (size_t)key_len, key);
    return srtp_err_status_ok;
}

/* Forgets what was added since the key was set. */
static srtp_err_status_t auth_start(void *state)
{
    struct hmac_sha1_ctx *hmac = state;

    hmac->state = hmac->inner;
    return srtp_err_status_ok;
}

static srtp_err_status_t auth_update(void *state, const uint8_t *data, int len)
{
    hmac_sha1_update(state, (size_t)len, data);
    return srtp_err_status_ok;
}

static srtp_err_status_t auth_compute(void *state, const uint8_t *data, int len,
                                      int tag_len, uint8_t *tag)
{
    hmac_sha1_update(state, (size_t)len, data);
    hmac_sha1_digest(state, (size_t)tag_len, tag);
    return srtp_err_status_ok;
}

static const srtp_auth_type_t hmac_sha1 = {
    .alloc = auth_alloc,
    .dealloc = auth_dealloc,
    .init = auth_init,
    .compute = auth_compute,
    .update = auth_update,
    .start = auth_start,
    .description = "HMAC-SHA1 (nettle)",
    .test_data = &rtc_srtp_hmac_sha1_test,
    .id = SRTP_HMAC_SHA1,
};

int rtc_srtp_cipher_register(void)
{
    if (srtp_replace_cipher_type(&icm_128, SRTP_AES_ICM_128) ||
        srtp_replace_cipher_type(&gcm_128, SRTP_AES_GCM_128) ||
        srtp_replace_cipher_type(&gcm_256, SRTP_AES_GCM_256) ||
        srtp_replace_auth_type(&hmac_sha1, SRTP_HMAC_SHA1))
        return RTC_ERR_CRYPTO;
    return 0;
}
