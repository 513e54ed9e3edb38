/* SPDX-License-Identifier: MIT
 *
 * Runs a function in a child process and keeps what it prints and how it ends,
 * for what ends its process by design.
 */
#pragma once

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct captured {
    int status;       /* exit status, 128 + n for a signal */
    char text[16384]; /* stdout and stderr */
};

static inline struct captured capture(void (*function)(void *user), void *user)
{
    struct captured captured = {0};
    FILE *out = tmpfile();
    pid_t pid;
    int status = 0;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(out), STDERR_FILENO);
        function(user);
        fflush(NULL);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    rewind(out);
    captured.text[fread(captured.text, 1, sizeof captured.text - 1, out)] = 0;
    fclose(out);
    captured.status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return captured;
}
