/* SPDX-License-Identifier: MIT
 * Sequence parameter sets: of encoders' clips (what ffprobe says of them), and
 * composed bit by bit from the syntax of H.264 7.3.2.1.1 and E.1.1. */
#include "codec/h264_sps.h"

#include "codec/nal.h"
#include "payloads.h"

/* ---- clips -------------------------------------------------------------- */

static void check_clip(const char *name, const struct rtc_h264_sps *want,
                       unsigned want_b_slices)
{
    size_t len = 0;
    uint8_t *data = payloads_vector(name, &len);
    const uint8_t *at = data, *end = data ? data + len : NULL;
    struct rtc_h264_sps sps = {0};
    struct rtc_nal nal;
    unsigned b_slices = 0;

    if (!ok(data, name))
        return;
    while (rtc_nal_next(&at, end, &nal)) {
        b_slices += rtc_h264_is_b_slice(nal.data, nal.len);
        if (rtc_h264_type(nal.data[0]) == RTC_H264_SPS)
            is_int(rtc_h264_sps_parse(nal.data, nal.len, &sps), 0, "an SPS");
    }
    is_int(sps.profile, want->profile, "profile");
    is_int(sps.width, want->width, "width");
    is_int(sps.height, want->height, "height");
    is_int(sps.time_scale, want->time_scale, "time scale");
    is_int(sps.tick, want->tick, "tick");
    is_int(sps.may_reorder, want->may_reorder, "may reorder");
    is_int(sps.will_reorder, want->will_reorder, "will reorder");
    is_int(b_slices, want_b_slices, "B slices");
    free(data);
}

static void test_clips(void)
{
    static const struct rtc_h264_sps slices = {
        .profile = 66, .width = 96, .height = 64, .tick = 1, .time_scale = 50};
    static const struct rtc_h264_sps bframes = {.profile = 100,
                                                .width = 96,
                                                .height = 64,
                                                .tick = 1,
                                                .time_scale = 50,
                                                .may_reorder = true,
                                                .will_reorder = true};
    static const struct rtc_h264_sps crop = {
        .profile = 77, .width = 90, .height = 50, .tick = 1, .time_scale = 50};

    check_clip("codec_h264_slices.h264", &slices, 0);
    check_clip("codec_h264_bframes.h264", &bframes, 4);
    check_clip("codec_h264_crop.h264", &crop, 0);
}

/* ---- composed ones ------------------------------------------------------ */

struct bit_writer {
    uint8_t bytes[256];
    size_t count; /* bits */
};

static void put(struct bit_writer *w, unsigned count, uint32_t value)
{
    while (count-- > 0) {
        if (value >> count & 1)
            w->bytes[w->count / 8] |= (uint8_t)(0x80 >> w->count % 8);
        w->count++;
    }
}

static void put_ue(struct bit_writer *w, uint32_t value)
{
    unsigned bits = 0;

    while ((value + 1) >> bits > 1)
        bits++;
    put(w, bits, 0);
    put(w, bits + 1, value + 1);
}

/* Emulation prevention (7.3.1); the length. */
static size_t escape(const struct bit_writer *w, uint8_t *out)
{
    size_t len = 0;
    unsigned zeros = 0;

    for (size_t i = 0; i < (w->count + 7) / 8; i++) {
        if (zeros == 2 && w->bytes[i] <= 3) {
            out[len++] = 3;
            zeros = 0;
        }
        zeros = w->bytes[i] ? 0 : zeros + 1;
        out[len++] = w->bytes[i];
    }
    return len;
}

struct shape {
    uint8_t profile;
    uint32_t chroma, order_type, columns, rows, crop_right, crop_bottom;
    bool scaling, frames_only, hrd, timing;
    int reorder; /* -1: no VUI */
    uint32_t crop_left;
};

static void put_vui(struct bit_writer *w, const struct shape *s)
{
    put(w, 1, 1);
    put(w, 8, 255);
    put(w, 32, 0x00010001); /* zeros, so that escapes occur */
    put(w, 2, 3);           /* overscan */
    put(w, 1, 1);
    put(w, 5, 0x1f);
    put(w, 24, 0);
    put(w, 1, 1);
    put_ue(w, 0);
    put_ue(w, 5);
    put(w, 1, s->timing);
    if (s->timing) {
        put(w, 32, 1001);
        put(w, 32, 60000);
        put(w, 1, 1);
    }
    for (int i = 0; i < 2; i++) {
        put(w, 1, s->hrd);
        if (s->hrd) {
            put_ue(w, 1);
            put(w, 8, 0x12);
            for (int j = 0; j < 2; j++) {
                put_ue(w, 70000);
                put_ue(w, 3);
                put(w, 1, 0);
            }
            put(w, 20, 0);
        }
    }
    if (s->hrd)
        put(w, 1, 0);
    put(w, 1, 0);
    put(w, 2, 3);
    for (int i = 0; i < 4; i++)
        put_ue(w, 16);
    put_ue(w, (uint32_t)s->reorder);
    put_ue(w, 4);
}

static void put_chroma(struct bit_writer *w, const struct shape *s)
{
    put_ue(w, s->chroma);
    if (s->chroma == 3)
        put(w, 1, 0);
    put_ue(w, 0);
    put_ue(w, 0);
    put(w, 1, 0);
    put(w, 1, s->scaling);
    for (unsigned i = 0; s->scaling && i < (s->chroma == 3 ? 12 : 8); i++) {
        put(w, 1, i % 2);
        if (i == 3) /* 8 less than 8: the list ends (se -8 is ue 16) */
            put_ue(w, 16);
        else if (i % 2) /* every one is 1 more than the one before */
            for (unsigned j = 0; j < (i < 6 ? 16 : 64); j++)
                put_ue(w, 1);
    }
}

static void put_order(struct bit_writer *w, uint32_t type)
{
    put_ue(w, type);
    if (type == 0)
        put_ue(w, 2);
    if (type != 1)
        return;
    put(w, 1, 0);
    put_ue(w, 1);
    put_ue(w, 2);
    put_ue(w, 3);
    for (uint32_t i = 0; i < 3; i++)
        put_ue(w, i);
}

static size_t compose(const struct shape *s, uint8_t *out)
{
    struct bit_writer w = {0};

    put(&w, 8, 0x67);
    put(&w, 8, s->profile);
    put(&w, 8, 0);
    put(&w, 8, 40);
    put_ue(&w, 0);
    if (s->profile >= 100)
        put_chroma(&w, s);
    put_ue(&w, 4);
    put_order(&w, s->order_type);
    put_ue(&w, 4);
    put(&w, 1, 0);
    put_ue(&w, s->columns - 1);
    put_ue(&w, s->rows - 1);
    put(&w, 1, s->frames_only);
    if (!s->frames_only)
        put(&w, 1, 0);
    put(&w, 1, 1);
    put(&w, 1, s->crop_right || s->crop_bottom);
    if (s->crop_right || s->crop_bottom) {
        put_ue(&w, s->crop_left);
        put_ue(&w, s->crop_right);
        put_ue(&w, 0);
        put_ue(&w, s->crop_bottom);
    }
    put(&w, 1, s->reorder >= 0);
    if (s->reorder >= 0)
        put_vui(&w, s);
    put(&w, 1, 1);
    return escape(&w, out);
}

static const struct {
    struct shape shape;
    uint32_t width, height;
    bool may, will;
    const char *name;
} composed[] = {
    {{66, 1, 0, 20, 15, 0, 0, .frames_only = 1, .reorder = -1},
     320,
     240,
     false,
     false,
     "baseline"},
    {{77, 1, 0, 20, 15, 0, 0, .frames_only = 1, .reorder = -1},
     320,
     240,
     true,
     false,
     "main, nothing said of reordering"},
    {{77, 1, 2, 20, 15, 0, 0, .frames_only = 1, .reorder = -1},
     320,
     240,
     false,
     false,
     "order type 2"},
    {{77, 1, 2, 20, 15, 0, 0, .frames_only = 1, .reorder = 2},
     320,
     240,
     false,
     false,
     "order type 2 and reordering: not possible"},
    {{77, 1, 1, 20, 15, 0, 0, .frames_only = 1, .reorder = -1},
     320,
     240,
     true,
     false,
     "order type 1"},
    {{100, 1, 0, 120, 68, 0, 4, .frames_only = 1, .timing = 1},
     1920,
     1080,
     false,
     false,
     "1080p, VUI says no reordering"},
    {{100, 1, 0, 120, 34, 0, 2, .timing = 1, .reorder = 2, .hrd = 1},
     1920,
     1080,
     true,
     true,
     "1080i, HRD, reordering"},
    {{100, 1, 0, 6, 4, 3, 7, .scaling = 1, .frames_only = 1, .timing = 1},
     90,
     50,
     false,
     false,
     "scaling lists"},
    {{122, 2, 0, 6, 4, 3, 7, .frames_only = 1, .reorder = 1},
     90,
     57,
     true,
     true,
     "4:2:2 crops single rows"},
    {{244, 3, 0, 6, 4, 3, 7, .scaling = 1, .frames_only = 1, .reorder = -1},
     93,
     57,
     true,
     false,
     "4:4:4 crops pixels"},
    {{110, 0, 0, 6, 4, 3, 7, .frames_only = 1, .reorder = -1},
     93,
     57,
     true,
     false,
     "monochrome crops pixels"},
};

static void test_composed(void)
{
    for (size_t i = 0; i < sizeof composed / sizeof *composed; i++) {
        struct rtc_h264_sps sps;
        uint8_t out[300];
        size_t len = compose(&composed[i].shape, out);
        bool refused = true;

        is_int(rtc_h264_sps_parse(out, len, &sps), 0, composed[i].name);
        is_int(sps.width, composed[i].width, "width");
        is_int(sps.height, composed[i].height, "height");
        is_int(sps.level, 40, "level");
        is_int(sps.may_reorder, composed[i].may, "may reorder");
        is_int(sps.will_reorder, composed[i].will, "will reorder");
        is_int(sps.tick, composed[i].shape.timing ? 1001 : 0, "tick");
        is_int(sps.time_scale, composed[i].shape.timing ? 60000 : 0,
               "time scale");
        is_int(sps.fixed_rate, composed[i].shape.timing, "fixed rate");
        /* Less than two bytes before the end all fields may be there. */
        for (size_t cut = 0; cut + 2 < len; cut++) {
            uint8_t *part = malloc(cut + 1);

            memcpy(part, out, cut);
            refused = refused &&
                      rtc_h264_sps_parse(part, cut, &sps) == RTC_ERR_FORMAT;
            free(part);
        }
        ok(refused, "refused at every shorter length");
    }
}

static void test_refusals(void)
{
    struct shape shape = {77, 1, 0, 20, 15, .frames_only = 1, .reorder = -1};
    struct rtc_h264_sps sps = {.width = 5};
    uint8_t out[300];
    size_t len;

    shape.columns = 5000;
    len = compose(&shape, out);
    is_int(rtc_h264_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "too wide");
    shape.columns = 20;
    shape.crop_right = 160;
    len = compose(&shape, out);
    is_int(rtc_h264_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "all cropped");
    shape.crop_right = 0xfffffffe;
    len = compose(&shape, out);
    is_int(rtc_h264_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "no wrap");
    shape.crop_left = shape.crop_right = 0x80000000;
    len = compose(&shape, out);
    is_int(rtc_h264_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "nor here");
    shape.crop_left = 0;
    shape.crop_right = 159;
    len = compose(&shape, out);
    is_int(rtc_h264_sps_parse(out, len, &sps), 0, "2 columns are left");
    is_int(sps.width, 2, "2 columns are left");
    out[0] = 0x68;
    is_int(rtc_h264_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "a PPS");
    is_int(sps.width, 2, "nothing was changed");
    memset(out, 0, sizeof out);
    out[0] = 0x67;
    is_int(rtc_h264_sps_parse(out, sizeof out, &sps), RTC_ERR_FORMAT,
           "a number without end");
}

static void test_slices(void)
{
    static const uint8_t b[] = {0x01, 0xa0}, b_only[] = {0x01, 0x9c};
    static const uint8_t p[] = {0x01, 0xc0}, later[] = {0x01, 0x4a};

    ok(rtc_h264_is_b_slice(b, 2), "first_mb 0, type 1");
    ok(rtc_h264_is_b_slice(b_only, 2), "first_mb 0, type 6");
    ok(rtc_h264_is_b_slice(later, 2), "first_mb 1, type 1");
    ok(!rtc_h264_is_b_slice(p, 2), "type 0");
    ok(!rtc_h264_is_b_slice(b, 1) && !rtc_h264_is_b_slice(b, 0), "cut short");
    ok(!rtc_h264_is_b_slice((const uint8_t *)"\x68\xa0", 2), "a PPS");
}

int main(void)
{
    test_clips();
    test_composed();
    test_refusals();
    test_slices();
    return tap_done();
}
