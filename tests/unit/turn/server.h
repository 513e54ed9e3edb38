/* SPDX-License-Identifier: MIT
 * A scripted TURN server and a client of it, in virtual time: each request is
 * answered at once, by the rules the test sets. */
#pragma once

#include "base/clock.h"
#include "stun/auth.h"
#include "turn/client.h"

struct server {
    const char *realm, *password; /* password NULL: no authentication */
    unsigned nonce;               /* which one is right */
    bool down;                    /* nothing comes through, either way */
    bool forges;                  /* answers are signed with another key */
    bool signs_no_error;
    unsigned refuse_method, refuse_code, refuse_count;
    const char *reason;
    uint8_t refused_ip; /* a CreatePermission with 192.0.2.that is refused */
    struct rtc_addr alternate;
    struct rtc_addr relayed[2];
    uint32_t lifetime; /* UINT32_MAX: not said */

    bool allocated;
    unsigned counts[16]; /* requests seen, by method */
    unsigned peer_count; /* addresses in the last CreatePermission */
    unsigned bound_count, permitted_count;
    uint8_t request[2048]; /* the last one */
    size_t request_len;
};

struct world {
    struct server server;
    struct rtc_turn_config config;
    struct rtc_turn_client *client;
    rtc_usec now;
    rtc_usec last_sent_at;
    unsigned sent_count;
};

struct rtc_addr addr_of(const char *text);
/* A world with a client over UDP that is to send its first request. */
void world_init(struct world *world);
/* Again, with what the test changed in `config`. */
void world_renew(struct world *world);
void world_done(struct world *world);
/* Lets requests and answers pass, without time passing. */
void world_drain(struct world *world);
void world_run(struct world *world, rtc_usec span);
/* Runs up to `most` until the state is that; how long it took. */
rtc_usec world_run_until(struct world *world, enum rtc_turn_state state,
                         rtc_usec most);
/* Its answer to a request; the length. */
size_t server_answer(struct server *server, const uint8_t *request, size_t len,
                     uint8_t *buf, size_t cap);
/* The server forgets all it knew. */
void server_restart(struct server *server);

/* The first attribute of that type in a message; NULL: none. */
const uint8_t *find_attribute(const uint8_t *message, size_t len,
                              unsigned type);
/* A Data indication; its length. */
size_t write_data(uint8_t *buf, size_t cap, const char *peer, const char *data);
/* Sends `data` by the client; the length of the message in `buf`. */
int send_text(struct world *world, const char *peer, const char *data,
              uint8_t *buf, size_t cap);
/* What `data` is to the client. */
enum rtc_turn_input give(struct world *world, const void *data, size_t len,
                         struct rtc_turn_data *ret_data);
