/* SPDX-License-Identifier: MIT
 *
 * Carries descriptions: reads one to its end from a descriptor, or runs a
 * command that gets ours on its stdin and gives the remote's on its stdout.
 */
#pragma once

#include <stddef.h>

#include "cmd/driver.h"
#include "rtc.h"

/* `text` is lent until return. `why`: NULL, or a sentence that says why there
 * is no text. Called once; the reader may be freed in it. */
typedef void (*signal_fn)(void *user, const char *text, size_t len,
                          const char *why);

struct signal_reader;

/* Reads `fd` (any kind of file; stays the caller's) up to end of file or until
 * a whole description stands there (see description_whole), at most
 * DESCRIPTION_MAX bytes and not after `deadline`; then calls `fn`. NULL when
 * out of memory. */
struct signal_reader *signal_read(struct driver *driver, int fd,
                                  rtc_usec deadline, signal_fn fn, void *user);
/* Also before it is through. NULL is fine. */
void signal_read_free(struct signal_reader *reader);

struct signal_child;

struct signal_request {
    const char *command; /* for `sh -c` */
    const char *text;    /* its stdin, then end of file */
    size_t len;
    rtc_usec deadline; /* by then its stdout has ended */
};

/* Runs the command; `fn` gets its output. The command may live on, e.g. an ssh
 * whose remote end has only closed its stdout. It shares our process group but
 * ignores INT and QUIT, so that ^C ends our session first. NULL with errno. */
struct signal_child *signal_child_start(struct driver *driver,
                                        const struct signal_request *request,
                                        signal_fn fn, void *user);
/* Runs the command with both pipes left open: `ret_in` leads to its stdin,
 * `ret_out` comes from its stdout. They are the caller's to close. NULL with
 * errno. */
struct signal_child *signal_child_open(const char *command, int *ret_in,
                                       int *ret_out);
/* Says in `buf` how it ended, though its output had no description; waits a
 * moment for its end. Returns `buf`. */
#define SIGNAL_WHY_LEN 96
const char *signal_child_silence(struct signal_child *child,
                                 char buf[SIGNAL_WHY_LEN]);
/* Waits up to `limit_ms` for its end, then has it killed. Its exit status, 128
 * + n when signal n ended it, -1 when it had to be killed. Blocks: the last
 * thing a tool does. */
int signal_child_wait(struct signal_child *child, int limit_ms);
/* Kills it if it still runs. NULL is fine. */
void signal_child_free(struct signal_child *child);
