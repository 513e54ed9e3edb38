/* SPDX-License-Identifier: MIT
 *
 * The STUN servers of a command line, each with the addresses that can be
 * reached from here: one of each family.
 */
#pragma once

#include "cmd/probe/report.h"
#include "cmd/resolve.h"
#include "cmd/server.h"

#define PROBE_SERVER_MOST 16 /* named */

struct probe_server {
    char name[SERVER_TEXT_LEN];  /* its URL */
    struct rtc_addr addr, local; /* local: where from, port 0 */
};

struct probe_servers {
    struct driver *driver;
    struct probe_report *report;
    int family; /* 4, 6, or 0 for both */
    struct probe_server items[2 * PROBE_SERVER_MOST];
    unsigned count;
    struct probe_server lost[PROBE_SERVER_MOST]; /* no way to it: name only */
    unsigned lost_count;
    /* Which names are still looked up, and how the others ended. */
    struct probe_lookup {
        struct probe_servers *servers;
        struct server server;
        struct resolve *resolve;
    } lookups[PROBE_SERVER_MOST];
    unsigned lookup_count, waiting, unresolved;
    void (*fn)(void *user);
    void *user;
};

/* Looks up `count` servers: URLs, or hosts with or without a port. Sets driver,
 * report and family before. `fn` is called when all are known, at once if none
 * is a name; when no item is there, the report has a status that says so. Ends
 * the process when one is malformed. */
void probe_servers_find(struct probe_servers *servers, char *const *names,
                        int count, void (*fn)(void *user), void *user);
