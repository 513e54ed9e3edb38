/* SPDX-License-Identifier: MIT
 * The heap, in one place: tests wrap these symbols to make an allocation fail
 * or to count them. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *rtc_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

void *rtc_realloc(void *old, size_t size)
{
    return realloc(old, size);
}

char *rtc_strndup(const char *text, size_t len)
{
    char *copy = rtc_calloc(1, len + 1);

    if (copy)
        memcpy(copy, text, len);
    return copy;
}

void rtc_free(void *memory)
{
    free(memory);
}

void rtc_wipe(void *memory, size_t len)
{
    volatile unsigned char *p = memory;

    while (len--)
        *p++ = 0;
}
