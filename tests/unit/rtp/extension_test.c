/* SPDX-License-Identifier: MIT
 * Header extensions: blocks laid out by hand from RFC 8285 4.2 and 4.3, each
 * extension through both forms, malformed blocks. */
#include "rtp/extension.h"

#include "tap.h"

#define BYTES(...)                                                             \
    (struct rtc_extension_bytes)                                               \
    {                                                                          \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
    }

static void test_table(void)
{
    bool unique = true;

    for (unsigned i = 1; i < RTC_EXTENSION_USER0; i++) {
        const char *uri = rtc_extension_uri(i);

        unique &= uri && rtc_extension_by_uri(rtc_text_of(uri)) == i;
    }
    ok(unique, "each extension is found by its URI");
    is_int(rtc_extension_by_uri(rtc_text_of("urn:example:other")),
           RTC_EXTENSION_NONE, "an unknown URI is none");
    is_int(rtc_extension_by_uri(rtc_text_of("")), RTC_EXTENSION_NONE,
           "an empty URI is none");
    is_int(rtc_extension_by_uri(
               rtc_text_of("urn:ietf:params:rtp-hdrext:sdes:mid")),
           RTC_EXTENSION_MID, "mid, by the URI of RFC 9143");
}

static void test_map(void)
{
    struct rtc_extmap map = {0};

    is_int(rtc_extmap_set(&map, RTC_EXTENSION_MID, 4), 0, "mid is 4");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_MID, 4), 0, "said again");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_RID, 4), RTC_ERR_ARG,
           "4 is taken");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_MID, 9), 0, "mid moves to 9");
    is_int(map.extension[4], RTC_EXTENSION_NONE, "4 is free then");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_RID, 4), 0, "rid takes it");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_MID, 0), RTC_ERR_ARG, "id 0");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_MID, 256), RTC_ERR_ARG, "id 256");
    is_int(rtc_extmap_set(&map, RTC_EXTENSION_NONE, 5), RTC_ERR_ARG, "none");
}

/* Ids 1 audio level, 2 mid, 3 transport sequence, 5 rid. */
static struct rtc_extmap small_map(void)
{
    struct rtc_extmap map = {0};

    rtc_extmap_set(&map, RTC_EXTENSION_AUDIO_LEVEL, 1);
    rtc_extmap_set(&map, RTC_EXTENSION_MID, 2);
    rtc_extmap_set(&map, RTC_EXTENSION_TRANSPORT_SEQUENCE, 3);
    rtc_extmap_set(&map, RTC_EXTENSION_RID, 5);
    return map;
}

static void test_one_byte(void)
{
    static const uint8_t want[] = {0x10, 0x85, 0x22, 'v',  'i',  'd',
                                   0x31, 0x01, 0x02, 0x00, 0x00, 0x00};
    struct rtc_extmap map = small_map();
    struct rtc_extensions e;
    uint8_t buf[12];
    uint16_t profile = 0;

    is_int(rtc_extensions_parse(
               &map, 0xbede,
               BYTES(0x10, 0x85, 0, 0, 0x22, 'v', 'i', 'd', 0x31, 1, 2, 0), &e),
           0, "one-byte elements parse, padding between them");
    is_int(e.has,
           1 << RTC_EXTENSION_AUDIO_LEVEL | 1 << RTC_EXTENSION_MID |
               1 << RTC_EXTENSION_TRANSPORT_SEQUENCE,
           "three values");
    is_int(e.audio_level, 5, "audio level");
    ok(e.voice, "voice");
    is_str(e.mid, "vid", "mid");
    is_int(e.transport_sequence, 0x0102, "transport sequence");

    is_int(rtc_extensions_write(&map, &e, buf, sizeof buf, &profile), 12,
           "written, padded to words");
    is_int(profile, 0xbede, "in the one-byte form");
    is_mem(buf, want, sizeof want, "byte for byte");
    is_int(rtc_extensions_write(&map, &e, buf, 11, &profile), RTC_ERR_NOBUF,
           "no room");
}

static void test_two_byte(void)
{
    static const uint8_t want[] = {1, 1, 0x05, 200, 2, 0xab, 0xcd, 0};
    struct rtc_extmap map = {0};
    struct rtc_extensions e;
    uint8_t buf[8];
    uint16_t profile = 0;

    rtc_extmap_set(&map, RTC_EXTENSION_AUDIO_LEVEL, 1);
    rtc_extmap_set(&map, RTC_EXTENSION_TRANSPORT_SEQUENCE, 200);
    is_int(rtc_extensions_parse(&map, 0x1007,
                                BYTES(0, 1, 1, 0x05, 200, 2, 0xab, 0xcd), &e),
           0, "two-byte elements parse, whatever the application bits");
    is_int(e.audio_level, 5, "audio level");
    is_int(e.transport_sequence, 0xabcd, "transport sequence");
    is_int(rtc_extensions_write(&map, &e, buf, sizeof buf, &profile), 8,
           "an id above 14 is written");
    is_int(profile, 0x1000, "in the two-byte form");
    is_mem(buf, want, sizeof want, "byte for byte");
}

static const struct {
    const char *name;
    uint16_t profile;
    uint8_t block[8];
    int result;
    uint32_t has;
} odd_blocks[] = {
    {"id 15 ends a one-byte block",
     0xbede,
     {0x10, 0x01, 0xf0, 0, 0x31, 0, 1, 0},
     0,
     1 << RTC_EXTENSION_AUDIO_LEVEL},
    {"id 0 with a length ends it",
     0xbede,
     {0x10, 0x01, 0x01, 0, 0x31, 0, 1, 0},
     0,
     1 << RTC_EXTENSION_AUDIO_LEVEL},
    {"an element past the end",
     0xbede,
     {0x10, 1, 0, 0, 0, 0, 0x31, 1},
     RTC_ERR_FORMAT,
     0},
    {"an element's length missing",
     0x1000,
     {1, 1, 1, 0, 0, 0, 0, 3},
     RTC_ERR_FORMAT,
     0},
    {"a two-byte element past the end",
     0x1000,
     {1, 1, 1, 3, 4, 0, 0, 0},
     RTC_ERR_FORMAT,
     0},
    {"an unknown id is passed over",
     0xbede,
     {0x71, 9, 9, 0x31, 0, 1, 0, 0},
     0,
     1 << RTC_EXTENSION_TRANSPORT_SEQUENCE},
    {"a value of another length is passed over",
     0xbede,
     {0x11, 9, 9, 0x31, 0, 1, 0, 0},
     0,
     1 << RTC_EXTENSION_TRANSPORT_SEQUENCE},
    {"an empty two-byte value is no mid",
     0x1000,
     {2, 0, 1, 1, 3, 0, 0, 0},
     0,
     1 << RTC_EXTENSION_AUDIO_LEVEL},
    {"a mid with a NUL is none",
     0xbede,
     {0x21, 'a', 0, 0x10, 3, 0, 0, 0},
     0,
     1 << RTC_EXTENSION_AUDIO_LEVEL},
    {"another profile holds nothing for us",
     0xabac,
     {0x10, 1, 0, 0, 0, 0, 0, 0},
     0,
     0},
};

static void test_odd_blocks(void)
{
    struct rtc_extmap map = small_map();

    for (size_t i = 0; i < sizeof odd_blocks / sizeof odd_blocks[0]; i++) {
        struct rtc_extensions e = {.has = 0x55};

        is_int(rtc_extensions_parse(
                   &map, odd_blocks[i].profile,
                   (struct rtc_extension_bytes){odd_blocks[i].block, 8}, &e),
               odd_blocks[i].result, odd_blocks[i].name);
        is_int(e.has, odd_blocks[i].has, "and what it held");
    }
}

static void test_long_names(void)
{
    struct rtc_extmap map = small_map();
    struct rtc_extensions e = {0}, back;
    uint8_t buf[300] = {5, RTC_RID_MAX};
    uint16_t profile = 0;
    int len;

    memset(buf + 2, 'r', 100);
    rtc_extensions_parse(&map, 0x1000,
                         (struct rtc_extension_bytes){buf, 2 + RTC_RID_MAX},
                         &back);
    is_int(strlen(back.rid), RTC_RID_MAX, "the longest rid");
    buf[1]++;
    rtc_extensions_parse(&map, 0x1000,
                         (struct rtc_extension_bytes){buf, 3 + RTC_RID_MAX},
                         &back);
    is_int(back.has, 0, "a longer one is dropped");

    rtc_extensions_add(&e, RTC_EXTENSION_RID);
    is_int(rtc_extensions_write(&map, &e, buf, sizeof buf, &profile),
           RTC_ERR_ARG, "an empty rid is refused");
    strcpy(e.rid, "0123456789abcdef");
    len = rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
    is_int(profile, 0xbede, "16 bytes fit the one-byte form");
    is_int(len, 20, "with their header and padding");
    strcpy(e.rid, "0123456789abcdefg");
    len = rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
    is_int(profile, 0x1000, "17 do not");
    is_int(rtc_extensions_parse(&map, profile,
                                (struct rtc_extension_bytes){buf, (size_t)len},
                                &back),
           0, "they parse");
    is_str(back.rid, e.rid, "as they were");
}

static struct rtc_extensions every_value(void)
{
    static const uint8_t bytes[] = {9, 8, 7, 6, 5, 4};
    struct rtc_extensions e = {
        .has = (1u << RTC_EXTENSION_COUNT) - 2,
        .audio_level = 127,
        .transport_sequence = 0xfffe,
        .abs_send_time = 0xfedcba,
        .time_offset = -8388608,
        .rotation = 270,
        .back_camera = true,
        .has_capture_offset = true,
        .playout_min_ms = 40950,
        .playout_max_ms = 10,
        .capture_ntp = 0x0123456789abcdef,
        .capture_offset = -5,
        .mid = "0",
        .rid = "hi",
        .repaired_rid = "low",
    };

    for (size_t i = 0; i < sizeof e.opaque / sizeof e.opaque[0]; i++)
        e.opaque[i] = (struct rtc_extension_bytes){bytes, 1 + i};
    return e;
}

static void check_same(const struct rtc_extensions *a,
                       const struct rtc_extensions *b)
{
    bool same = true;

    is_int(a->has, b->has, "the same values are there");
    ok(a->audio_level == b->audio_level && a->voice == b->voice, "level");
    is_int(a->transport_sequence, b->transport_sequence, "transport sequence");
    is_int(a->abs_send_time, b->abs_send_time, "abs-send-time");
    is_int(a->time_offset, b->time_offset, "time offset");
    ok(a->rotation == b->rotation && a->flipped == b->flipped &&
           a->back_camera == b->back_camera,
       "orientation");
    ok(a->capture_ntp == b->capture_ntp &&
           a->has_capture_offset == b->has_capture_offset &&
           a->capture_offset == b->capture_offset,
       "abs-capture-time");
    ok(a->playout_min_ms == b->playout_min_ms &&
           a->playout_max_ms == b->playout_max_ms,
       "playout delay");
    ok(!strcmp(a->mid, b->mid) && !strcmp(a->rid, b->rid) &&
           !strcmp(a->repaired_rid, b->repaired_rid),
       "names");
    for (size_t i = 0; i < sizeof a->opaque / sizeof a->opaque[0]; i++)
        same &=
            !rtc_extensions_has(a, RTC_EXTENSION_OPAQUE + i) ||
            (a->opaque[i].len == b->opaque[i].len &&
             !memcmp(a->opaque[i].data, b->opaque[i].data, b->opaque[i].len));
    ok(same, "video layers, dependency descriptor and user-defined ones");
}

static void test_identity(void)
{
    /* One-byte ids, then all above 14. */
    static const unsigned first_ids[] = {1, 100};
    static const uint16_t profiles[] = {0xbede, 0x1000};

    for (size_t form = 0; form < 2; form++) {
        struct rtc_extensions e = every_value(), back = {0};
        struct rtc_extmap map = {0};
        struct rtc_extension_bytes block;
        uint8_t buf[256];
        uint16_t profile = 0;
        int len;

        for (unsigned i = 1; i < RTC_EXTENSION_COUNT; i++)
            rtc_extmap_set(&map, i, first_ids[form] + i - 1);
        if (form == 0) /* one-byte ids end at 14 */
            e.has &= (1u << 15) - 1;
        len = rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
        ok(len > 0 && len % 4 == 0, "every extension at once is written");
        is_int(profile, profiles[form], "in its form");
        block = (struct rtc_extension_bytes){buf, (size_t)len};
        is_int(rtc_extensions_parse(&map, profile, block, &back), 0, "parses");
        check_same(&back, &e);
        e.opaque[0].len = 0;
        len = rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
        is_int(profile, 0x1000, "an empty value needs the two-byte form");
        e.opaque[0].len = 256;
        is_int(rtc_extensions_write(&map, &e, buf, sizeof buf, &profile),
               RTC_ERR_ARG, "256 bytes are refused");
    }
}

/* RFC 8285 4.1.2: who did not agree to mixed forms gets one-byte elements. */
static void test_one_byte_only(void)
{
    static const struct {
        unsigned id;
        size_t len;
        bool written;
        const char *name;
    } rows[] = {
        {1, 1, true, "a byte"},
        {14, 16, true, "the most there can be"},
        {14, 17, false, "a byte more"},
        {15, 1, false, "an id that ends"},
        {16, 1, false, "an id over 14"},
        {1, 0, false, "nothing"},
    };
    static const uint8_t bytes[17] = {1};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_extensions e = {.has = 0}, back;
        struct rtc_extmap map = {.one_byte_only = true};
        struct rtc_extension_bytes block;
        uint8_t buf[64];
        uint16_t profile = 0xbede;
        int len;

        rtc_extmap_set(&map, RTC_EXTENSION_USER3, rows[i].id);
        rtc_extmap_set(&map, RTC_EXTENSION_AUDIO_LEVEL, 2);
        rtc_extensions_add(&e, RTC_EXTENSION_USER3);
        rtc_extensions_add(&e, RTC_EXTENSION_AUDIO_LEVEL);
        e.opaque[RTC_EXTENSION_USER3 - RTC_EXTENSION_OPAQUE] =
            (struct rtc_extension_bytes){bytes, rows[i].len};
        len = rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
        is_int(profile, 0xbede, rows[i].name);
        block = (struct rtc_extension_bytes){buf, (size_t)len};
        is_int(rtc_extensions_parse(&map, profile, block, &back), 0, "parses");
        is_int(rtc_extensions_has(&back, RTC_EXTENSION_USER3), rows[i].written,
               "written if it fits");
        ok(rtc_extensions_has(&back, RTC_EXTENSION_AUDIO_LEVEL),
           "what fits is written in any case");
    }
}

static void test_truncation(void)
{
    struct rtc_extensions e = every_value(), back;
    struct rtc_extmap map = {0};
    uint8_t buf[256];
    uint16_t profile;
    size_t refused = 0, len;

    for (unsigned i = 1; i < RTC_EXTENSION_COUNT; i++)
        rtc_extmap_set(&map, i, 20 + i);
    len = (size_t)rtc_extensions_write(&map, &e, buf, sizeof buf, &profile);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);

        memcpy(exact, buf, cut);
        refused += rtc_extensions_parse(
                       &map, profile, (struct rtc_extension_bytes){exact, cut},
                       &back) == RTC_ERR_FORMAT;
        free(exact);
    }
    /* A cut between two of the 16 elements, or in the padding, is fine. */
    ok(refused >= len - 16 - 3 && refused < len, "cut elements are refused");
}

static void test_nothing(void)
{
    struct rtc_extmap map = {0};
    struct rtc_extensions e = every_value();
    uint16_t profile = 0;
    uint8_t buf[1];

    is_int(rtc_extensions_write(&map, &e, buf, 0, &profile), 0,
           "without ids nothing is written");
    is_int(rtc_extensions_parse(&map, 0xbede,
                                (struct rtc_extension_bytes){NULL, 0}, &e),
           0, "an empty block is fine");
    is_int(e.has, 0, "and has nothing");
}

static void test_send_time(void)
{
    is_int(rtc_abs_send_time(0), 0, "time 0");
    is_int(rtc_abs_send_time(1000000), 1 << 18, "a second");
    is_int(rtc_abs_send_time(500000), 1 << 17, "half a second");
    is_int(rtc_abs_send_time(64000000), 0, "64 s wrap");
    is_int(rtc_abs_send_time(INT64_C(64000000) * 1000000000 + 1000000), 1 << 18,
           "two thousand years later");
}

int main(void)
{
    test_table();
    test_map();
    test_one_byte();
    test_two_byte();
    test_odd_blocks();
    test_long_names();
    test_identity();
    test_one_byte_only();
    test_truncation();
    test_nothing();
    test_send_time();
    return tap_done();
}
