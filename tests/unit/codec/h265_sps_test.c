/* SPDX-License-Identifier: MIT
 * H.265 parameter sets: of encoders' clips (what ffprobe says of them), and
 * composed bit by bit from the syntax of H.265 7.3.2 and E.2.1. */
#include "codec/h265_sps.h"

#include "codec/nal.h"
#include "payloads.h"

/* ---- clips -------------------------------------------------------------- */

static void check_clip(const char *name, const struct rtc_h265_sps *want)
{
    size_t len = 0;
    uint8_t *data = payloads_vector(name, &len);
    const uint8_t *at = data, *end = data ? data + len : NULL;
    struct rtc_h265_sps sps = {0};
    struct rtc_h265_vps vps = {7, 7};
    struct rtc_nal nal;
    uint32_t id = 7;

    if (!ok(data, name))
        return;
    while (rtc_nal_next(&at, end, &nal)) {
        unsigned type = rtc_h265_type(nal.data[0]);
        bool is_set = type >= RTC_H265_VPS && type <= RTC_H265_PPS;

        if (type == RTC_H265_SPS)
            is_int(rtc_h265_sps_parse(nal.data, nal.len, &sps), 0, "an SPS");
        if (type == RTC_H265_VPS)
            is_int(rtc_h265_vps_parse(nal.data, nal.len, &vps), 0, "a VPS");
        is_int(rtc_h265_set_id(nal.data, nal.len, &id),
               is_set ? 0 : RTC_ERR_FORMAT, "a number");
    }
    is_int(id, 0, "which is 0");
    is_int(sps.profile, want->profile, "profile");
    is_int(sps.high_tier, want->high_tier, "tier");
    is_int(sps.level, want->level, "level");
    is_int(sps.width, want->width, "width");
    is_int(sps.height, want->height, "height");
    is_int(sps.time_scale, 25, "time scale");
    is_int(sps.tick, 1, "tick");
    is_int(sps.reorders, want->reorders, "reorders");
    is_int(vps.tick, 0, "no rate in the VPS");
    free(data);
}

static void test_clips(void)
{
    check_clip("codec_h265_slices.h265",
               &(struct rtc_h265_sps){
                   .profile = 1, .level = 30, .width = 96, .height = 64});
    check_clip("codec_h265_bframes.h265",
               &(struct rtc_h265_sps){.profile = 4,
                                      .level = 30,
                                      .width = 96,
                                      .height = 64,
                                      .reorders = true});
    check_clip("codec_h265_crop.h265",
               &(struct rtc_h265_sps){
                   .profile = 2, .level = 30, .width = 90, .height = 50});
}

/* ---- composed ones ------------------------------------------------------ */

struct bit_writer {
    uint8_t bytes[1024];
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

static void put_ues(struct bit_writer *w, unsigned count, uint32_t value)
{
    while (count-- > 0)
        put_ue(w, value);
}

/* Emulation prevention (7.3.1.1); the length. */
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
    unsigned sub_layers; /* less 1 */
    uint32_t id, chroma, width, height, crop_left, crop_right, crop_bottom;
    uint32_t reordered;
    bool separate, ordering, scaling, pcm, long_term, vui, timing;
    unsigned rps; /* sets of reference pictures */
};

/* profile_tier_level(): profile 2, high tier, level 123; of the sub-layers
 * every second one has a profile, the others a level. */
static void put_profile(struct bit_writer *w, unsigned sub_layers)
{
    put(w, 8, 0x22);
    for (unsigned i = 0; i < 10; i++)
        put(w, 8, i == 3 ? 0x90 : 0);
    put(w, 8, 123);
    if (sub_layers == 0)
        return;
    for (unsigned i = 0; i < 8; i++)
        put(w, 2, i >= sub_layers ? 0 : i % 2 ? 2 : 1);
    for (unsigned i = 0; i < sub_layers; i++)
        for (unsigned k = 0; k < (i % 2 ? 11 : 1); k++)
            put(w, 8, k);
}

/* Only the highest sub-layer's number counts. */
static void put_ordering(struct bit_writer *w, const struct shape *s)
{
    put(w, 1, s->ordering);
    for (unsigned i = s->ordering ? 0 : s->sub_layers; i <= s->sub_layers;
         i++) {
        put_ue(w, 5);
        put_ue(w, i == s->sub_layers ? s->reordered : !s->reordered);
        put_ue(w, 0);
    }
}

static void put_scaling(struct bit_writer *w, const struct shape *s)
{
    put(w, 1, s->scaling);
    if (!s->scaling)
        return;
    put(w, 1, 1);
    for (unsigned size = 0; size < 4; size++)
        for (unsigned i = 0; i < (size == 3 ? 2 : 6); i++) {
            put(w, 1, i % 2);
            put_ues(w, !(i % 2) ? 1 : size > 1 ? 65 : size ? 64 : 16, 3);
        }
}

/* One by its own pictures, then each by the one before: of n pictures, n + 1
 * flags, of which one excludes. So all have as many as the first. */
static void put_rps(struct bit_writer *w, unsigned sets)
{
    put_ue(w, sets);
    for (unsigned i = 0; i < sets; i++) {
        if (i > 0)
            put(w, 1, i != 3);
        if (i == 0 || i == 3) {
            put_ue(w, 2);
            put_ue(w, 1);
            for (unsigned k = 0; k < 3; k++) {
                put_ue(w, k);
                put(w, 1, 1);
            }
            continue;
        }
        put(w, 1, 1);
        put_ue(w, 0);
        put(w, 1, 1);
        put(w, 2, 1); /* not now, but later */
        put(w, 2, 0); /* not at all */
        put(w, 1, 1);
    }
}

static void put_vui(struct bit_writer *w, const struct shape *s)
{
    put(w, 1, s->vui);
    if (!s->vui)
        return;
    put(w, 1, 1);
    put(w, 8, 255);
    put(w, 32, 0x00010001); /* zeros, so that escapes occur */
    put(w, 2, 3);           /* overscan */
    put(w, 1, 1);
    put(w, 5, 0x1f);
    put(w, 24, 0);
    put(w, 1, 1);
    put_ues(w, 2, 5);
    put(w, 3, 0);
    put(w, 1, 1);
    put_ues(w, 4, 9);
    put(w, 1, s->timing);
    if (s->timing) {
        put(w, 32, 1001);
        put(w, 32, 60000);
    }
}

static size_t compose_sps(const struct shape *s, uint8_t *out)
{
    bool cropped = s->crop_left || s->crop_right || s->crop_bottom;
    struct bit_writer w = {0};

    put(&w, 16, 0x4201);
    put(&w, 4, 3);
    put(&w, 3, s->sub_layers);
    put(&w, 1, 1);
    put_profile(&w, s->sub_layers);
    put_ue(&w, s->id);
    put_ue(&w, s->chroma);
    if (s->chroma == 3)
        put(&w, 1, s->separate);
    put_ue(&w, s->width);
    put_ue(&w, s->height);
    put(&w, 1, cropped);
    if (cropped) {
        put_ue(&w, s->crop_left);
        put_ue(&w, s->crop_right);
        put_ue(&w, 0);
        put_ue(&w, s->crop_bottom);
    }
    put_ues(&w, 2, 2);
    put_ue(&w, 4); /* 8 bits of order count */
    put_ordering(&w, s);
    put_ues(&w, 6, 1);
    put_scaling(&w, s);
    put(&w, 2, 1);
    put(&w, 1, s->pcm);
    if (s->pcm) {
        put(&w, 8, 0x77);
        put_ues(&w, 2, 1);
        put(&w, 1, 0);
    }
    put_rps(&w, s->rps);
    put(&w, 1, s->long_term);
    if (s->long_term) {
        put_ue(&w, 3);
        put(&w, 27, 0x1234);
    }
    put(&w, 2, 2);
    put_vui(&w, s);
    put(&w, 2, 1); /* no extension; the stop bit */
    return escape(&w, out);
}

static const struct {
    struct shape shape;
    uint32_t width, height;
    const char *name;
} composed[] = {
    {{.chroma = 1, .width = 320, .height = 240}, 320, 240, "plain"},
    {{.chroma = 1,
      .width = 1920,
      .height = 1088,
      .crop_bottom = 4,
      .vui = 1,
      .timing = 1,
      .rps = 1},
     1920,
     1080,
     "1080p with timing"},
    {{.chroma = 2,
      .width = 96,
      .height = 64,
      .crop_left = 1,
      .crop_right = 2,
      .crop_bottom = 7,
      .vui = 1,
      .scaling = 1,
      .id = 15},
     90,
     57,
     "4:2:2 crops single rows; scaling lists; no timing"},
    {{.chroma = 3,
      .width = 96,
      .height = 64,
      .crop_right = 3,
      .crop_bottom = 7,
      .pcm = 1,
      .reordered = 2,
      .vui = 1,
      .timing = 1},
     93,
     57,
     "4:4:4 crops pixels; PCM; reordering"},
    {{.chroma = 3,
      .separate = 1,
      .width = 96,
      .height = 64,
      .crop_right = 3,
      .rps = 64,
      .vui = 1,
      .timing = 1},
     93,
     64,
     "separate planes; as many reference sets as there may be"},
    {{.chroma = 0,
      .width = 96,
      .height = 64,
      .crop_right = 3,
      .long_term = 1,
      .rps = 5,
      .vui = 1,
      .timing = 1},
     93,
     64,
     "monochrome; long-term pictures"},
    {{.chroma = 1,
      .width = 64,
      .height = 64,
      .sub_layers = 3,
      .ordering = 1,
      .reordered = 1,
      .vui = 1,
      .timing = 1},
     64,
     64,
     "four sub-layers, the highest reorders"},
    {{.chroma = 1,
      .width = 64,
      .height = 64,
      .sub_layers = 6,
      .ordering = 1,
      .id = 3,
      .vui = 1,
      .timing = 1},
     64,
     64,
     "seven, only lower ones reorder"},
};

static void test_composed(void)
{
    for (size_t i = 0; i < sizeof composed / sizeof *composed; i++) {
        const struct shape *shape = &composed[i].shape;
        struct rtc_h265_sps sps;
        uint8_t out[1400];
        size_t len = compose_sps(shape, out);
        bool refused = true;
        uint32_t id = 77;

        is_int(rtc_h265_sps_parse(out, len, &sps), 0, composed[i].name);
        is_int(sps.width, composed[i].width, "width");
        is_int(sps.height, composed[i].height, "height");
        is_int(sps.profile, 2, "profile");
        is_int(sps.high_tier, 1, "tier");
        is_int(sps.level, 123, "level");
        is_int(sps.reorders, shape->reordered > 0, "reorders");
        is_int(sps.tick, shape->timing ? 1001 : 0, "tick");
        is_int(sps.time_scale, shape->timing ? 60000 : 0, "time scale");
        is_int(rtc_h265_set_id(out, len, &id), 0, "has a number");
        is_int(id, shape->id, "the right one");
        /* Less than two bytes before the end all fields may be there. */
        for (size_t cut = 0; cut + 2 < len; cut++) {
            uint8_t *part = malloc(cut + 1);

            memcpy(part, out, cut);
            refused = refused &&
                      rtc_h265_sps_parse(part, cut, &sps) == RTC_ERR_FORMAT;
            free(part);
        }
        ok(refused, "refused at every shorter length");
    }
}

static void test_refused_shapes(void)
{
    static const struct {
        struct shape shape;
        const char *name;
    } rows[] = {
        {{.chroma = 1, .width = 65536, .height = 240}, "too wide"},
        {{.chroma = 1, .width = 0, .height = 240}, "no width"},
        {{.chroma = 1, .width = 320, .height = 240, .crop_right = 160},
         "all cropped"},
        {{.chroma = 1, .width = 320, .height = 240, .crop_right = 0xfffffffe},
         "no wrap"},
        {{.chroma = 1,
          .width = 320,
          .height = 240,
          .crop_left = 0x80000000,
          .crop_right = 0x80000000},
         "nor here"},
        {{.chroma = 4, .width = 320, .height = 240}, "no such chroma format"},
        {{.chroma = 1, .width = 320, .height = 240, .rps = 65},
         "too many reference sets"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_h265_sps sps = {.width = 5};
        uint8_t out[1400];
        size_t len = compose_sps(&rows[i].shape, out);

        is_int(rtc_h265_sps_parse(out, len, &sps), RTC_ERR_FORMAT,
               rows[i].name);
        is_int(sps.width, 5, "nothing was changed");
    }
}

static void test_refusals(void)
{
    static const struct shape good = {.chroma = 1, .width = 320, .height = 240};
    struct rtc_h265_sps sps;
    uint8_t out[1400];
    uint32_t id = 5;
    size_t len = compose_sps(&good, out);

    out[1] = 0x09;
    is_int(rtc_h265_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "layer 1");
    is_int(rtc_h265_set_id(out, len, &id), RTC_ERR_FORMAT, "nor its number");
    out[1] = 0x01;
    out[0] = 0x44;
    is_int(rtc_h265_sps_parse(out, len, &sps), RTC_ERR_FORMAT, "a PPS");
    memset(out + 2, 0, sizeof out - 2);
    out[0] = 0x42;
    is_int(rtc_h265_sps_parse(out, sizeof out, &sps), RTC_ERR_FORMAT,
           "a number without end");
    is_int(rtc_h265_set_id(out, sizeof out, &id), RTC_ERR_FORMAT, "here, too");
    is_int(id, 5, "nothing was changed");
}

/* ---- video parameter sets ------------------------------------------------ */

static size_t compose_vps(unsigned layer_sets, bool timing, uint8_t *out)
{
    struct shape shape = {.sub_layers = 2, .ordering = 1};
    struct bit_writer w = {0};

    put(&w, 16, 0x4001);
    put(&w, 4, 9);
    put(&w, 8, 0xc0);
    put(&w, 3, shape.sub_layers);
    put(&w, 17, 0x1ffff);
    put_profile(&w, shape.sub_layers);
    put_ordering(&w, &shape);
    put(&w, 6, 2);
    put_ue(&w, layer_sets);
    for (unsigned i = 0; i < layer_sets; i++)
        put(&w, 3, 5);
    put(&w, 1, timing);
    if (timing) {
        put(&w, 32, 1001);
        put(&w, 32, 30000);
    }
    put(&w, 3, 1);
    return escape(&w, out);
}

static void test_vps(void)
{
    struct rtc_h265_vps vps = {5, 5};
    uint8_t out[1400];
    uint32_t id;
    size_t len = compose_vps(2, true, out);

    is_int(rtc_h265_vps_parse(out, len, &vps), 0, "a VPS with timing");
    is_int(vps.tick, 1001, "tick");
    is_int(vps.time_scale, 30000, "time scale");
    is_int(rtc_h265_set_id(out, len, &id), 0, "its number");
    is_int(id, 9, "its number");
    for (size_t cut = 0; cut + 2 < len; cut++)
        if (rtc_h265_vps_parse(out, cut, &vps) == 0)
            ok(false, "cut short");
    is_int(rtc_h265_sps_parse(out, len, &(struct rtc_h265_sps){0}),
           RTC_ERR_FORMAT, "is no SPS");
    len = compose_vps(0, false, out);
    is_int(rtc_h265_vps_parse(out, len, &vps), 0, "a VPS without");
    is_int(vps.tick, 0, "says nothing");
    len = compose_vps(1024, true, out);
    is_int(rtc_h265_vps_parse(out, len, &vps), RTC_ERR_FORMAT,
           "too many layer sets");
}

int main(void)
{
    test_clips();
    test_composed();
    test_refused_shapes();
    test_refusals();
    test_vps();
    return tap_done();
}
