/* SPDX-License-Identifier: MIT
 *
 * What a client measured: as numbers, which a crowd has percentiles of, as a
 * group of the result, and as sentences.
 */
#pragma once

#include "cmd/probe/client.h"
#include "cmd/probe/result.h"

/* From here on a sentence is due. */
#define CLIENT_LOSS_HIGH 0.02

/* -1: not known. */
struct client_numbers {
    double connect, first_keyframe; /* seconds since its start */
    double loss;                    /* of `expected` packets */
    int64_t expected, lost;         /* as far as the receiver knows */
    int64_t path_lost;  /* less what our own sockets had no room for */
    double jitter, rtt; /* seconds */
    double bitrate;     /* of the media, bits per second */
};

void client_numbers(const struct client *client,
                    struct client_numbers *ret_numbers);
/* Adds its measures to a group. */
void client_measure(const struct client *client, struct probe_group *group);
/* Adds sentences. */
void client_conclude(const struct client *client, struct probe_result *result);
/* Whole days that the server's certificate is still valid; below 0: it is not,
 * or none was seen. */
int64_t client_certificate_days(const struct client *client);
