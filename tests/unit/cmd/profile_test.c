/* SPDX-License-Identifier: MIT
 *
 * Profiles of H.264: their names, and who decodes what.
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
    return tap_done();
}
