/* SPDX-License-Identifier: MIT
 *
 * A bad network within the process, for --impair: what is sent and what is
 * received over UDP each passes through one link (link_model.h), which loses,
 * delays and doubles datagrams. What it does to the nth one depends on the seed
 * and n; only its queue depends on time.
 */
#pragma once

#include "cmd/link_model.h"

struct driver;

struct impair_options {
    struct link_terms terms; /* of each way */
    uint64_t seed;
};

#define IMPAIR_WHY_LEN 160

/* Reads `loss=3%,burst=3,delay=60ms,...`. False, with a sentence, when a part
 * of it makes no sense. */
bool impair_parse(const char *text, struct impair_options *ret_options,
                  char ret_why[IMPAIR_WHY_LEN]);

/* Datagrams of both ways so far. */
struct impair_counts {
    uint64_t dropped, delayed, duplicated;
    uint64_t late; /* held until nobody wanted them any more */
};

/* Datagrams held in each way; more are dropped. */
#define IMPAIR_HELD_MOST 8192
/* As are longer ones. */
#define IMPAIR_LEN_MOST 2048

enum impair_way { IMPAIR_OUT, IMPAIR_IN };

/* Passes on one datagram. False: it cannot for now, and is asked again. */
typedef bool (*impair_fn)(void *user, const struct rtc_path *path,
                          uint8_t *data, size_t len);

/* Datagrams of one path, all but the last `segment` bytes long (0: there is but
 * one), and where they go. */
struct impair_run {
    const struct rtc_path *path;
    const uint8_t *data;
    size_t len, segment;
    impair_fn fn;
    void *user;
};

struct impair;

/* NULL when out of memory. Its timers are the driver's. */
struct impair *impair_new(struct driver *driver,
                          const struct impair_options *options);
/* What is held is lost. NULL is fine. */
void impair_free(struct impair *impair);
/* Takes datagrams in; copies. Those that are not delayed are passed on before
 * it returns. */
void impair_pass(struct impair *impair, enum impair_way way,
                 const struct impair_run *run);
/* What is held for `user`, or for anybody if that is NULL, is lost, and counted
 * as late. No impairment (NULL) is fine. */
void impair_forget(struct impair *impair, const void *user);
/* Whether something is still to leave; not if `impair` is NULL. */
bool impair_is_holding(const struct impair *impair);
/* Lent until it is freed. */
const struct impair_counts *impair_counts(const struct impair *impair);
