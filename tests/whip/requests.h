/* SPDX-License-Identifier: MIT
 *
 * For servers of tests: HTTP requests on 127.0.0.1, one a connection.
 */
#pragma once

#include "cmd/driver.h"

#define REQUEST_MOST 65536

struct request {
    int fd;
    struct driver_watch *watch;
    size_t len;
    const char *body;            /* of `text` */
    char text[REQUEST_MOST + 1]; /* method, path, fields, body */
};

/* Calls `fn` for each request from now on; it replies. The port, which is the
 * kernel's choice; ends the process when it cannot. */
unsigned requests_listen(struct driver *driver,
                         void (*fn)(struct request *request));
/* `fields` are whole lines. */
void request_reply(struct request *request, int status, const char *fields,
                   const char *body);
