/* SPDX-License-Identifier: MIT
 *
 * The first byte names a profile, the second one what a stream of it does
 * without (H.264 7.4.2.1.1, A.2).
 */
#include "cmd/profile.h"

#include <stdio.h>

enum {
    BASELINE = 66,
    MAIN = 77,
    EXTENDED = 88,
    HIGH = 100,
    HIGH_10 = 110,
    HIGH_422 = 122,
    HIGH_444 = 244,
};
enum { CONSTRAINT_SET1 = 0x40 }; /* Main decodes it, too */

static unsigned idc_of(uint32_t level_id)
{
    return level_id >> 16 & 255;
}

bool profile_is_common(uint32_t level_id)
{
    return idc_of(level_id) == BASELINE;
}

static const char *name_of(uint32_t level_id)
{
    bool is_constrained = level_id >> 8 & CONSTRAINT_SET1;

    switch (idc_of(level_id)) {
    case BASELINE:
        return is_constrained ? "Constrained Baseline" : "Baseline";
    case MAIN:
        return "Main";
    case EXTENDED:
        return "Extended";
    case HIGH:
        return "High";
    case HIGH_10:
        return "High 10";
    case HIGH_422:
        return "High 4:2:2";
    case HIGH_444:
        return "High 4:4:4";
    default:
        return "other";
    }
}

char *profile_write(uint32_t level_id, char buf[PROFILE_TEXT])
{
    snprintf(buf, PROFILE_TEXT, "%s (%06x)", name_of(level_id),
             (unsigned)(level_id & 0xffffff));
    return buf;
}

/* What Baseline has and Main has not is hardly ever used, so that both Baseline
 * profiles pass for one. */
static bool fits(unsigned stream, unsigned decoder)
{
    if (stream == decoder)
        return true;
    if (stream == BASELINE)
        return decoder == MAIN || decoder == HIGH || decoder == EXTENDED;
    return stream == MAIN && decoder == HIGH;
}

bool profile_fits(uint32_t stream, const uint32_t *accepted, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (fits(idc_of(stream), idc_of(accepted[i])))
            return true;
    return false;
}

/* ---- H.265 --------------------------------------------------------------- */

enum { H265_MAIN = 1, H265_MAIN_STILL_PICTURE = 3 };

/* H.265 A.3, by general_profile_idc. */
static const char *const h265_names[] = {
    NULL,
    "Main",
    "Main 10",
    "Main Still Picture",
    "Range Extensions",
    "High Throughput",
    "Multiview Main",
    "Scalable Main",
    "3D Main",
    "Screen Content Coding",
    "Scalable Range Extensions",
    "High Throughput Screen Content Coding",
};

#define H265_NAME_COUNT (sizeof h265_names / sizeof *h265_names)

bool profile_is_common_h265(uint32_t level_id)
{
    return idc_of(level_id) == H265_MAIN ||
           idc_of(level_id) == H265_MAIN_STILL_PICTURE;
}

char *profile_write_h265(uint32_t level_id, char buf[PROFILE_TEXT])
{
    unsigned idc = idc_of(level_id), level = level_id & 255;
    const char *name = idc < H265_NAME_COUNT ? h265_names[idc] : NULL;

    /* general_level_idc is 30 times the level (A.4). */
    snprintf(buf, PROFILE_TEXT, "%s (%slevel %u.%u)", name ? name : "other",
             level_id >> 8 & 255 ? "high tier, " : "", level / 30,
             level % 30 / 3);
    return buf;
}
