/* SPDX-License-Identifier: MIT
 *
 * Profiles of H.264 and H.265: their names, and who decodes what.
 */
#include "cmd/profile.h"

#include "tap.h"

static const struct {
    uint32_t stream, accepted[2];
    unsigned count;
    bool fits;
} rows[] = {
    {0x42e01f, {0x42e01f}, 1, true},
    {0x42c028, {0x42e01f}, 1, true},
    {0x42001f, {0x42e01f}, 1, true},
    {0x42e01f, {0x4d001f}, 1, true},
    {0x42e01f, {0x64001f}, 1, true},
    {0x4d001f, {0x64001f}, 1, true},
    {0x4d001f, {0x42e01f}, 1, false},
    {0x64001f, {0x42e01f}, 1, false},
    {0x64001f, {0x42e01f, 0x4d001f}, 2, false},
    {0x64001f, {0x42e01f, 0x64000a}, 2, true},
    {0x6e001f, {0x64001f}, 1, false},
    {0x64001f, {0}, 0, false},
};

static const struct {
    uint32_t level_id;
    const char *wanted;
} names[] = {
    {0x42e01f, "Constrained Baseline (42e01f)"},
    {0x42001f, "Baseline (42001f)"},
    {0x4d401f, "Main (4d401f)"},
    {0x58000a, "Extended (58000a)"},
    {0x64000a, "High (64000a)"},
    {0x6e000a, "High 10 (6e000a)"},
};

static const struct {
    uint32_t level_id;
    bool common;
    const char *wanted;
} names_h265[] = {
    {0x01005d, true, "Main (level 3.1)"},
    {0x01013c, true, "Main (high tier, level 2.0)"},
    {0x02007b, false, "Main 10 (level 4.1)"},
    {0x03001e, true, "Main Still Picture (level 1.0)"},
    {0x0400ba, false, "Range Extensions (level 6.2)"},
    {0x0b01ff, false,
     "High Throughput Screen Content Coding (high tier, level 8.5)"},
    {0x0c005d, false, "other (level 3.1)"},
    {0x00005d, false, "other (level 3.1)"},
};

int main(void)
{
    char text[PROFILE_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(profile_fits(rows[i].stream, rows[i].accepted, rows[i].count) ==
               rows[i].fits,
           "fits or not");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_str(profile_write(names[i].level_id, text), names[i].wanted, "name");
    ok(profile_is_common(0x42001f) && !profile_is_common(0x64001f), "common");
    for (size_t i = 0; i < sizeof names_h265 / sizeof *names_h265; i++) {
        is_str(profile_write_h265(names_h265[i].level_id, text),
               names_h265[i].wanted, "name");
        is_int(profile_is_common_h265(names_h265[i].level_id),
               names_h265[i].common, "common");
    }
    return tap_done();
}
