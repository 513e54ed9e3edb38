/* SPDX-License-Identifier: MIT
 *
 * A datagram is a token of 8 bytes, its number (4), when it left (8, from the
 * echo's start), and bytes that follow from the number. The token is random:
 * what comes late of an echo before is none of this one.
 */
#include "cmd/probe/echo.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/driver.h"

#define TOKEN_LEN sizeof((struct probe_echo *)NULL)->token

bool probe_echo_init(struct probe_echo *echo, uint32_t capacity, size_t len,
                     rtc_usec now)
{
    assert(len >= PROBE_ECHO_LEAST && capacity <= PROBE_ECHO_MOST);
    *echo = (struct probe_echo){
        .start = now,
        .len = len,
        .capacity = capacity,
        .seen = calloc(capacity / 8 + 1, 1),
    };
    driver_random(NULL, echo->token, sizeof echo->token);
    return echo->seen;
}

void probe_echo_done(struct probe_echo *echo)
{
    free(echo->seen);
    echo->seen = NULL;
}

static void put(uint8_t *at, uint64_t value, size_t len)
{
    while (len-- > 0) {
        at[len] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get(const uint8_t *at, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | at[i];
    return value;
}

static uint8_t filling(uint32_t number, size_t at)
{
    return (uint8_t)(number * 7 + at);
}

void probe_echo_write(const struct probe_echo *echo, uint8_t *buf, rtc_usec now)
{
    assert(echo->next < echo->capacity);
    memcpy(buf, echo->token, TOKEN_LEN);
    put(buf + TOKEN_LEN, echo->next, 4);
    put(buf + TOKEN_LEN + 4, (uint64_t)(now - echo->start), 8);
    for (size_t i = PROBE_ECHO_LEAST; i < echo->len; i++)
        buf[i] = filling(echo->next, i);
}

void probe_echo_sent(struct probe_echo *echo)
{
    echo->next++;
    echo->series.sent++;
}

static bool is_whole(const struct probe_echo *echo, const uint8_t *data,
                     size_t len, uint32_t number)
{
    if (len != echo->len)
        return false;
    for (size_t i = PROBE_ECHO_LEAST; i < len; i++)
        if (data[i] != filling(number, i))
            return false;
    return true;
}

/* Whether this number came before. From now on it did. */
static bool mark(struct probe_echo *echo, uint32_t number)
{
    uint8_t bit = (uint8_t)(1u << number % 8), *at = &echo->seen[number / 8];
    bool before = *at & bit;

    *at |= bit;
    return before;
}

enum probe_echo_kind probe_echo_read(struct probe_echo *echo,
                                     const uint8_t *data, size_t len,
                                     rtc_usec *ret_rtt_us, rtc_usec now)
{
    uint64_t left_at;
    uint32_t number;

    if (len < TOKEN_LEN || memcmp(data, echo->token, TOKEN_LEN) != 0)
        return PROBE_ECHO_ALIEN;
    number = len < PROBE_ECHO_LEAST ? echo->next
                                    : (uint32_t)get(data + TOKEN_LEN, 4);
    left_at = len < PROBE_ECHO_LEAST ? 0 : get(data + TOKEN_LEN + 4, 8);
    if (number >= echo->next || left_at > (uint64_t)(now - echo->start) ||
        !is_whole(echo, data, len, number)) {
        echo->damaged++;
        return PROBE_ECHO_DAMAGED;
    }
    if (mark(echo, number)) {
        echo->duplicates++;
        return PROBE_ECHO_AGAIN;
    }
    if (number < echo->above)
        echo->overtaken++;
    else
        echo->above = number + 1;
    *ret_rtt_us = now - echo->start - (rtc_usec)left_at;
    probe_series_add(&echo->series, *ret_rtt_us);
    return PROBE_ECHO_NEW;
}
