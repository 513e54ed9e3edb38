/* SPDX-License-Identifier: MIT
 * HMAC with RFC 2202 and RFC 4231 cases, CRC-32's check value (the CRC of
 * "123456789"), and the pool's cap. */
#include "base/hash.h"

#include "base/pool.h"
#include "base/text.h"
#include "tap.h"

static void test_digests(void)
{
    uint8_t mac[RTC_SHA256_LEN], key[20];
    char hex[2 * RTC_SHA256_LEN + 1];

    memset(key, 0x0b, sizeof key);
    rtc_hmac_sha1(key, 20, "Hi There", 8, mac);
    rtc_hex_write(mac, RTC_SHA1_LEN, hex);
    is_str(hex, "b617318655057264e28bc0b6fb378c8ef146be00", "RFC 2202 3.1");
    rtc_hmac_sha1("Jefe", 4, "what do ya want for nothing?", 28, mac);
    rtc_hex_write(mac, RTC_SHA1_LEN, hex);
    is_str(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "RFC 2202 3.2");
    rtc_hmac_sha256(key, 20, "Hi There", 8, mac);
    rtc_hex_write(mac, RTC_SHA256_LEN, hex);
    is_str(hex,
           "b0344c61d8db38535ca8afceaf0bf12b"
           "881dc200c9833da726e9376c2e32cff7",
           "RFC 4231 4.2");
    rtc_md5("abc", 3, mac);
    rtc_hex_write(mac, RTC_MD5_LEN, hex);
    is_str(hex, "900150983cd24fb0d6963f7d28e17f72", "RFC 1321 A.5");
    is_int(rtc_crc32("123456789", 9), 0xcbf43926, "CRC-32 check value");
}

static void test_pool(void)
{
    struct rtc_pool pool;
    uint8_t *taken[40];
    int got = 0;

    rtc_pool_init(&pool, 1500, 40);
    ok(!pool.slabs, "an idle pool holds nothing");
    for (int i = 0; i < 40; i++) {
        taken[i] = rtc_pool_get(&pool);
        got += taken[i] != NULL;
        if (taken[i])
            memset(taken[i], i, 1500);
    }
    is_int(got, 40, "all buffers up to the cap");
    ok(!rtc_pool_get(&pool), "none over it");
    ok(taken[0][1499] == 0 && taken[39][0] == 39, "they do not overlap");
    rtc_pool_put(&pool, taken[7]);
    ok(rtc_pool_get(&pool) == taken[7], "a returned one comes again");
    is_int(pool.used, 40, "used count");
    rtc_pool_done(&pool);
    ok(!pool.slabs && pool.used == 0, "done releases all");
}

int main(void)
{
    test_digests();
    test_pool();
    return tap_done();
}
