/* SPDX-License-Identifier: MIT
 * OBUs: numbers in leb128, headers, walks, and sequence headers made by hand
 * from AV1 specification 5.5 and by encoders. */
#include "codec/obu.h"

#include "payloads.h"

static void test_leb128(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int want;
        size_t value;
    } rows[] = {
        {"\0", 1, 1, 0},
        {"\x7f", 1, 1, 127},
        {"\x80\x01", 2, 2, 128},
        {"\xe5\x8e\x26", 3, 3, 624485},
        {"\xff\xff\xff\xff\x0f", 5, 5, 0xffffffff},
        {"\x80\x80\x80\x80\x10", 5, RTC_ERR_FORMAT, 0},
        {"\x81\x80\x80\x80\x80\x80\x80\x00", 8, 8, 1},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x00", 9, RTC_ERR_FORMAT, 0},
        {"\xff\xff\xff\xff\xff\xff\xff\x7f", 8, RTC_ERR_FORMAT, 0},
        {"", 0, 0, 0},
        {"\x80", 1, 0, 0},
        {"\x80\x80\x80", 3, 0, 0},
    };
    static const size_t values[] = {
        0,       1,     127,     128,       16383,     16384,     2097151,
        2097152, 65535, 1 << 24, 268435455, 268435456, UINT32_MAX};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t value = 0;

        is_int(rtc_leb128_read((const uint8_t *)rows[i].bytes, rows[i].len,
                               &value),
               rows[i].want, "its bytes");
        is_int(value, rows[i].value, "its value");
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t buf[RTC_LEB128_MAX];
        size_t value = 0, len = rtc_leb128_write(buf, values[i]);

        ok(len == rtc_leb128_len(values[i]) && len <= 5 &&
               rtc_leb128_read(buf, len, &value) == (int)len &&
               value == values[i],
           "written and read");
    }
}

static void test_heads(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int want;
        unsigned type;
        size_t header, payload;
        const char *name;
    } rows[] = {
        {"\x12\x00", 2, 2, 2, 1, 0, "a delimiter"},
        {"\x32\x85\x01", 3, 3, 6, 1, 133, "a frame"},
        {"\x36\x28\x03", 3, 3, 6, 2, 3, "with an extension"},
        {"\x33\x03", 2, 2, 6, 1, 3, "reserved bit set"},
        {"\x30\x03", 2, RTC_ERR_FORMAT, 0, 0, 0, "no size"},
        {"\xb2\x03", 2, RTC_ERR_FORMAT, 0, 0, 0, "forbidden bit"},
        {"", 0, 0, 0, 0, 0, "nothing"},
        {"\x32", 1, 0, 0, 0, 0, "no size yet"},
        {"\x36", 1, 0, 0, 0, 0, "no extension yet"},
        {"\x36\x28", 2, 0, 0, 0, 0, "no size yet"},
        {"\x32\x80", 2, 0, 0, 0, 0, "half a size"},
    };
    static const uint8_t unit[] = {0x12, 0, 0x0a, 2, 1, 2, 0x32, 3, 1, 2, 3};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_obu obu = {0};

        is_int(rtc_obu_head((const uint8_t *)rows[i].bytes, rows[i].len, &obu),
               rows[i].want, rows[i].name);
        ok(obu.type == rows[i].type && obu.header_len == rows[i].header &&
               obu.len == rows[i].payload,
           "its fields");
    }
    for (size_t len = 0; len <= sizeof unit; len++) {
        const uint8_t *at = unit;
        struct rtc_obu obu;
        unsigned count = 0;
        int got;

        while ((got = rtc_obu_next(&at, unit + len, &obu)) > 0)
            count++;
        ok((int)count == (len >= 2u) + (len >= 6u) + (len >= 11u) &&
               (got == 0) == (len == 0 || len == 2 || len == 6 || len == 11),
           "a walk cut anywhere");
    }
}

/* Bits of a sequence header, put together by hand. */
struct maker {
    uint8_t bytes[64];
    size_t at;
};

static void put(struct maker *m, unsigned count, uint32_t value)
{
    while (count-- > 0) {
        if (value >> count & 1)
            m->bytes[m->at / 8] |= (uint8_t)(0x80 >> m->at % 8);
        m->at++;
    }
}

static void put_size(struct maker *m)
{
    put(m, 4, 10), put(m, 4, 9);
    put(m, 11, 1919), put(m, 10, 799);
}

static bool is_size(const struct maker *m, unsigned profile, bool still)
{
    struct rtc_av1_sequence s;
    size_t len = (m->at + 7) / 8;
    bool refused = true;

    for (size_t cut = 0; cut < len; cut++)
        refused = refused && !rtc_av1_sequence_parse(m->bytes, cut, &s);
    return refused && rtc_av1_sequence_parse(m->bytes, len, &s) &&
           s.profile == profile && s.still == still && s.width == 1920 &&
           s.height == 800;
}

static void test_sequences(void)
{
    struct maker plain = {0}, still = {0}, full = {0};

    put(&plain, 3, 0), put(&plain, 4, 0), put(&plain, 5, 0);
    put(&plain, 12, 0), put(&plain, 5, 5);
    put_size(&plain);
    ok(is_size(&plain, 0, false), "one operating point");
    put(&still, 3, 1), put(&still, 2, 3), put(&still, 5, 8);
    put_size(&still);
    ok(is_size(&still, 1, true), "a still picture");
    put(&full, 3, 2), put(&full, 2, 0), put(&full, 1, 1);
    put(&full, 32, 1), put(&full, 32, 30), put(&full, 1, 1);
    put(&full, 5, 5); /* uvlc of 4: 00101 */
    put(&full, 1, 1), put(&full, 5, 9), put(&full, 32, 1), put(&full, 10, 0);
    put(&full, 1, 1), put(&full, 5, 1);
    put(&full, 12, 0x103), put(&full, 5, 8), put(&full, 1, 1);
    put(&full, 1, 1), put(&full, 10, 5), put(&full, 10, 6), put(&full, 1, 0);
    put(&full, 1, 1), put(&full, 4, 3);
    put(&full, 12, 0x101), put(&full, 5, 7), put(&full, 1, 0), put(&full, 1, 0);
    put_size(&full);
    ok(is_size(&full, 2, false), "timing, decoder model and two points");
}

static void test_encoder(void)
{
    size_t len = 0, frame_len, at = 0;
    uint8_t *ivf = payloads_vector("codec_av1.ivf", &len);
    struct rtc_av1_sequence s = {0};
    const uint8_t *frame;

    ok(ivf && payloads_ivf_next(ivf, len, &at, &frame, &frame_len) &&
           rtc_av1_sequence_of(frame, frame_len, &s),
       "the clip begins with a sequence header");
    ok(s.profile == 0 && s.width == 96 && s.height == 64 && !s.still,
       "profile and size");
    ok(ivf && payloads_ivf_next(ivf, len, &at, &frame, &frame_len) &&
           !rtc_av1_sequence_of(frame, frame_len, &s),
       "its second frame has none");
    free(ivf);
}

int main(void)
{
    test_leb128();
    test_heads();
    test_sequences();
    test_encoder();
    return tap_done();
}
