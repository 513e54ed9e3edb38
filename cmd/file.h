/* SPDX-License-Identifier: MIT
 *
 * What FILE means on the command line: a name, `-` for stdin or stdout, `fd:N`
 * or `/dev/fd/N` for a descriptor the caller opened.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A descriptor to read from, close-on-exec; never blocks on a FIFO without a
 * writer. Close it when done. -1 with errno. */
int file_open_read(const char *name);
/* A descriptor to write to; a named file is made (0666 less umask) or emptied.
 * -1 with errno. A FIFO that nobody reads yet is waited for, or, without
 * `wait`, gives ENXIO: try again later. */
int file_open_write(const char *name, bool wait);
/* The same for what nobody else may read (0600, and it waits for a FIFO's
 * reader); `add`: behind what is there. */
int file_open_private(const char *name, bool add);
/* Whether the name means our stdin (0), our stdout (1). */
bool file_is_standard(const char *name, int fd);
/* Whether binary output must be refused: `fd` is a terminal. */
bool file_is_terminal(int fd);
/* Whether epoll can say that `fd` is ready; false for regular files, which are
 * always ready. */
bool file_is_pollable(int fd);
/* Writes all of it, waiting up to `limit_ms` each time a nonblocking descriptor
 * is full. 0, or -1 with errno (ETIMEDOUT). */
int file_write_all(int fd, const void *data, size_t len, int limit_ms);
/* Gives stdout's or stdin's number a dead end (/dev/null), so that whoever
 * reads sees end of file though the process lives on. 0, or -1 with errno. */
int file_close_standard(int fd);
/* Takes the numbers of stdin, stdout and stderr where the caller closed them,
 * so that no socket gets one and with it what is meant for the other. To read
 * or write there still fails. */
void file_reserve_standard(void);
