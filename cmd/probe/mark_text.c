/* SPDX-License-Identifier: MIT
 *
 * A name, and behind it 28 bytes (run, sequence, time, and the first eight of a
 * SHA-256) in 32, seven bits each below a bit that is set.
 */
#include "cmd/probe/mark_text.h"

#include <string.h>

#include "base/bytes.h"

enum { DATA_LEN = 28, SAID_LEN = 20, HASH_LEN = 8, CODED_LEN = 32 };

static const uint8_t name[MARK_NAME_LEN] = {0x6d, 0xb1, 0x5c, 0xe3, 0x92, 0x47,
                                            0x4f, 0x1a, 0xa8, 0x3d, 0x72, 0x70,
                                            0x69, 0x70, 0x65, 0xd4};

void mark_digest_init(struct mark_digest *digest)
{
    memset(digest, 0, sizeof *digest);
}

void mark_digest_add(struct mark_digest *digest, const void *data, size_t len)
{
    uint8_t pair[2 * RTC_SHA256_LEN] = {0};

    memcpy(pair, digest->state, RTC_SHA256_LEN);
    (void)rtc_sha256(data, len, pair + RTC_SHA256_LEN);
    (void)rtc_sha256(pair, sizeof pair, digest->state);
}

/* What the mark says belongs to what is hashed. */
static void hash(const struct mark_digest *digest, const uint8_t *said,
                 uint8_t ret_hash[HASH_LEN])
{
    struct mark_digest all = *digest;

    mark_digest_add(&all, said, SAID_LEN);
    memcpy(ret_hash, all.state, HASH_LEN);
}

void mark_text_write(uint8_t text[MARK_TEXT_LEN], const struct probe_mark *mark,
                     const struct mark_digest *digest)
{
    uint8_t data[DATA_LEN] = {0}, *coded = text + MARK_NAME_LEN;
    struct rtc_writer w;

    rtc_writer_init(&w, data, sizeof data);
    rtc_write_u64(&w, mark->run);
    rtc_write_u32(&w, mark->sequence);
    rtc_write_u64(&w, (uint64_t)mark->time_us);
    hash(digest, data, data + SAID_LEN);
    memcpy(text, name, sizeof name);
    for (unsigned i = 0; i < CODED_LEN; i++) {
        unsigned bit = 7 * i, at = bit / 8;
        unsigned pair = (unsigned)data[at] << 8;

        if (at + 1 < DATA_LEN)
            pair |= data[at + 1];
        coded[i] = (uint8_t)(0x80 | (pair >> (9 - bit % 8) & 0x7f));
    }
}

bool mark_text_is(const uint8_t *at, size_t len)
{
    return len >= MARK_TEXT_LEN && memcmp(at, name, sizeof name) == 0;
}

bool mark_text_read(const uint8_t text[MARK_TEXT_LEN],
                    const struct mark_digest *digest,
                    struct probe_mark *ret_mark)
{
    uint8_t data[DATA_LEN + 1] = {0}, wanted[HASH_LEN];
    const uint8_t *coded = text + MARK_NAME_LEN;
    bool marked = true;
    struct rtc_reader r;

    for (unsigned i = 0; i < CODED_LEN; i++) {
        unsigned bit = 7 * i, at = bit / 8;
        unsigned bits = (coded[i] & 0x7fu) << (9 - bit % 8);

        marked = marked && coded[i] & 0x80;
        data[at] |= (uint8_t)(bits >> 8);
        data[at + 1] |= (uint8_t)bits;
    }
    rtc_reader_init(&r, data, DATA_LEN);
    ret_mark->run = rtc_read_u64(&r);
    ret_mark->sequence = rtc_read_u32(&r);
    ret_mark->time_us = (rtc_usec)rtc_read_u64(&r);
    hash(digest, data, wanted);
    return marked && memcmp(wanted, data + SAID_LEN, HASH_LEN) == 0;
}

bool mark_is_filled(const uint8_t *at, size_t len, uint8_t value)
{
    return len == 0 || (*at == value && memcmp(at, at + 1, len - 1) == 0);
}
