/* SPDX-License-Identifier: MIT
 *
 * Secrets of a command line (cli.h), from files and the environment.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/file.h"

#define SECRET_MOST 4 /* files of secrets that a tool has options for */

static char *read_secret(const char *file)
{
    size_t cap = 0;
    char *line = NULL;
    int fd = file_open_read(file);
    FILE *in;

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_RDONLY); /* Waits for a FIFO's writer. */
    in = fd < 0 ? NULL : fdopen(fd, "r");
    if (!in)
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    if (getline(&line, &cap, in) < 0)
        die(RTC_EXIT_INPUT, "%s: no line in it", file);
    fclose(in);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

const char *cli_secret(const char *file, const char *variable)
{
    /* A pipe can be read once, and is asked for again by a new session. */
    static struct {
        const char *file;
        char *secret;
    } known[SECRET_MOST];
    unsigned i = 0;

    if (!file)
        return getenv(variable);
    while (i < SECRET_MOST && known[i].file && strcmp(known[i].file, file) != 0)
        i++;
    assert(i < SECRET_MOST);
    if (!known[i].file) {
        known[i].secret = read_secret(file);
        known[i].file = file;
    }
    return known[i].secret;
}
