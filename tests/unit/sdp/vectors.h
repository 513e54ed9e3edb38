/* SPDX-License-Identifier: MIT
 * Reads the captured descriptions of tests/vectors/sdp. Run from the top of
 * the source tree, or with `srcdir` in the environment. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "sdp/sdp.h"

/* The text of `NAME.sdp`; 0 when it cannot be read. */
static inline size_t vector_text(const char *name, char *buf, size_t cap)
{
    const char *top = getenv("srcdir");
    char path[512];
    size_t len = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/vectors/sdp/%s.sdp", top ? top : ".",
             name);
    f = fopen(path, "rb");
    if (f) {
        len = fread(buf, 1, cap, f);
        fclose(f);
    }
    return len;
}

/* The same, parsed; NULL and a TAP comment when it cannot be. */
static inline struct rtc_sdp *vector_sdp(const char *name)
{
    static char text[65536];
    struct rtc_sdp_error why = {0, "the file cannot be read"};
    struct rtc_sdp *sdp = NULL;
    size_t len = vector_text(name, text, sizeof text);

    if (!len || rtc_sdp_parse(text, len, &sdp, &why))
        printf("# %s line %u: %s\n", name, why.line, why.text);
    return sdp;
}
