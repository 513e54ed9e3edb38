/* SPDX-License-Identifier: MIT
 *
 * The value of --impair: names and values with commas between, by one table.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/impair.h"
#include "cmd/value.h"

#define ITEM_LEN 48
#define SECONDS INT64_C(1000000)
/* What waits behind a rate has left within this time. */
#define QUEUE_MOST_S 10
/* The queue when none is given: a fifth of a second, and two datagrams. */
#define QUEUE_PARTS 5
#define QUEUE_LEAST 3000
#define ALL 1000000000 /* parts in a billion */
#define NOT_PART "not a part such as 2.5%"
#define NOT_TIME "not a time such as 60ms, at most 10s"

enum key {
    LOSS,
    BURST,
    DELAY,
    JITTER,
    RATE,
    QUEUE,
    REORDER,
    DUPLICATE,
    SEED,
    KEY_COUNT
};

static const struct {
    const char *name;
    bool (*read)(const char *text, int64_t *ret_number);
    int64_t least, most;
    const char *form;
} keys[KEY_COUNT] = {
    [LOSS] = {"loss", value_percent, 0, ALL, NOT_PART},
    [BURST] = {"burst", value_integer, 1, 1000, "not a number from 1 to 1000"},
    [DELAY] = {"delay", value_duration, 0, 10 * SECONDS, NOT_TIME},
    [JITTER] = {"jitter", value_duration, 0, 10 * SECONDS, NOT_TIME},
    [RATE] = {"rate", value_rate, 8000, INT64_C(1000000000),
              "not bits per second such as 800k, from 8k to 1G"},
    [QUEUE] = {"queue", value_size, 1500, 1 << 30,
               "not bytes such as 64k, from 1500 to 1G"},
    [REORDER] = {"reorder", value_percent, 0, ALL, NOT_PART},
    [DUPLICATE] = {"duplicate", value_percent, 0, ALL, NOT_PART},
    [SEED] = {"seed", value_integer, 0, INT64_MAX, "not a number"},
};

/* What was read; -1: not given. */
struct draft {
    int64_t values[KEY_COUNT];
    char *why;
};

static bool complain(const struct draft *draft, const char *what,
                     const char *why)
{
    snprintf(draft->why, IMPAIR_WHY_LEN, "%s: %s", what, why);
    return false;
}

/* Reads one `name=value`. */
static bool read_item(struct draft *draft, const char *item)
{
    size_t len = strcspn(item, "=");
    int key = 0;

    while (key < KEY_COUNT && (strlen(keys[key].name) != len ||
                               strncmp(keys[key].name, item, len) != 0))
        key++;
    if (key == KEY_COUNT)
        return complain(draft, item,
                        "not one of loss, burst, delay, jitter, rate, queue, "
                        "reorder, duplicate, seed");
    if (draft->values[key] >= 0)
        return complain(draft, item, "given twice");
    if (item[len] && keys[key].read(item + len + 1, &draft->values[key]) &&
        draft->values[key] >= keys[key].least &&
        draft->values[key] <= keys[key].most)
        return true;
    return complain(draft, item, keys[key].form);
}

static double part(int64_t ppb)
{
    return ppb > 0 ? (double)ppb / 1e9 : 0;
}

/* Bursts of so many on average, so far apart that they make up the loss. */
static bool set_loss(const struct draft *draft, struct link_terms *terms)
{
    double loss = part(draft->values[LOSS]);
    double burst = (double)draft->values[BURST];

    terms->loss = loss;
    if (draft->values[BURST] < 0)
        return true;
    if (loss <= 0)
        return complain(draft, "burst", "goes with loss");
    /* At least one arrives between two of them. */
    if (burst * (1 - loss) < loss)
        return complain(draft, "burst", "too short for so much loss");
    terms->loss = 0;
    terms->burst_bad = burst;
    terms->burst_good = burst * (1 - loss) / loss;
    return true;
}

static bool set_rate(const struct draft *draft, struct link_terms *terms)
{
    int64_t rate = draft->values[RATE], queue = draft->values[QUEUE];

    if (rate < 0)
        return queue < 0 || complain(draft, "queue", "goes with rate");
    if (queue < 0)
        queue = rate / 8 / QUEUE_PARTS;
    else if (queue > rate / 8 * QUEUE_MOST_S)
        return complain(draft, "queue", "more than 10 seconds of the rate");
    terms->rate_bps = (uint64_t)rate;
    terms->queue_bytes = queue < QUEUE_LEAST && draft->values[QUEUE] < 0
                             ? QUEUE_LEAST
                             : (size_t)queue;
    return true;
}

static rtc_usec time_of(const struct draft *draft, enum key key)
{
    return draft->values[key] > 0 ? draft->values[key] : 0;
}

static bool set_all(const struct draft *draft,
                    struct impair_options *ret_options)
{
    struct impair_options options = {
        .terms = {.delay_us = time_of(draft, DELAY),
                  .jitter_us = time_of(draft, JITTER),
                  .reorder = part(draft->values[REORDER]),
                  .duplicate = part(draft->values[DUPLICATE])},
        .seed = draft->values[SEED] > 0 ? (uint64_t)draft->values[SEED] : 0,
    };

    if (!set_loss(draft, &options.terms) || !set_rate(draft, &options.terms))
        return false;
    *ret_options = options;
    return true;
}

bool impair_parse(const char *text, struct impair_options *ret_options,
                  char ret_why[IMPAIR_WHY_LEN])
{
    struct draft draft = {.why = ret_why};
    char item[ITEM_LEN];

    for (int i = 0; i < KEY_COUNT; i++)
        draft.values[i] = -1;
    for (;;) {
        size_t len = strcspn(text, ",");

        snprintf(item, sizeof item, "%s", text);
        if (len >= sizeof item)
            return complain(&draft, item, "too long");
        item[len] = '\0';
        if (!read_item(&draft, item))
            return false;
        if (!text[len])
            return set_all(&draft, ret_options);
        text += len + 1;
    }
}
