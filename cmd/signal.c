/* SPDX-License-Identifier: MIT
 *
 * Carries descriptions: reads one to its end from a descriptor, or runs a
 * command that gets ours on its stdin and gives the remote's on its stdout.
 */
#include "cmd/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/description.h"
#include "cmd/file.h"

/* ---- reading to the end -------------------------------------------------- */

/* A description is written at once; its pieces do not arrive further apart. */
#define SILENCE_US 250000

struct signal_reader {
    struct driver *driver;
    int fd;
    struct driver_watch *readable; /* NULL: a regular file */
    struct driver_watch *timer;    /* the deadline; regular files: now */
    struct driver_watch *silence;  /* nothing follows what is probably whole */
    signal_fn fn;
    void *user;
    size_t len;
    char text[DESCRIPTION_MAX + 1]; /* one more, to see that it is too long */
};

/* Calls the tool; the reader may be gone after it. */
static void finish(struct signal_reader *reader, const char *why)
{
    driver_timer_set(reader->timer, RTC_NEVER);
    driver_timer_set(reader->silence, RTC_NEVER);
    if (reader->readable)
        driver_watch_enable(reader->readable, false);
    reader->fn(reader->user, reader->text, reader->len, why);
}

/* Looks whether to read on though the stream is open. */
static bool is_whole(struct signal_reader *reader)
{
    enum description_whole whole =
        reader->readable ? description_whole(reader->text, reader->len)
                         : DESCRIPTION_PART;

    driver_timer_set(reader->silence,
                     whole == DESCRIPTION_PROBABLY
                         ? driver_now(reader->driver) + SILENCE_US
                         : RTC_NEVER);
    return whole == DESCRIPTION_WHOLE;
}

/* One read. False when nothing more is to be read. */
static bool read_some(struct signal_reader *reader)
{
    ssize_t n = read(reader->fd, reader->text + reader->len,
                     sizeof reader->text - reader->len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n > 0) {
        reader->len += (size_t)n;
        if (reader->len > DESCRIPTION_MAX)
            finish(reader, "the description is longer than 1 MiB");
        else if (is_whole(reader))
            finish(reader, NULL);
        else
            return true;
    } else {
        finish(reader, n < 0 ? strerror(errno) : NULL);
    }
    return false;
}

static void on_reader_ready(void *user, int fd)
{
    (void)fd;
    read_some(user);
}

static void on_reader_timer(void *user, int what)
{
    struct signal_reader *reader = user;

    (void)what;
    if (reader->readable)
        finish(reader, "no description came in time");
    else
        while (read_some(reader))
            ;
}

static void on_silence(void *user, int what)
{
    (void)what;
    finish(user, NULL);
}

struct signal_reader *signal_read(struct driver *driver, int fd,
                                  rtc_usec deadline, signal_fn fn, void *user)
{
    struct signal_reader *reader = calloc(1, sizeof *reader);
    bool regular = !file_is_pollable(fd);

    if (!reader)
        return NULL;
    reader->fd = fd;
    reader->fn = fn;
    reader->user = user;
    reader->driver = driver;
    reader->timer = driver_timer_new(driver, on_reader_timer, reader);
    reader->silence = driver_timer_new(driver, on_silence, reader);
    if (!regular)
        reader->readable =
            driver_watch_fd(driver, fd, DRIVER_READ, on_reader_ready, reader);
    if (!reader->timer || !reader->silence || (!regular && !reader->readable)) {
        signal_read_free(reader);
        return NULL;
    }
    driver_timer_set(reader->timer, regular ? driver_now(driver) : deadline);
    return reader;
}

void signal_read_free(struct signal_reader *reader)
{
    if (!reader)
        return;
    driver_watch_free(reader->readable);
    driver_watch_free(reader->timer);
    driver_watch_free(reader->silence);
    free(reader);
}

/* ---- a command ----------------------------------------------------------- */

#define WRITE_LIMIT_MS 5000 /* a command that does not read its stdin */
#define TERM_LIMIT_MS 500   /* between TERM and KILL */
#define EXIT_LIMIT_MS 1000  /* from the end of its stdout to its own */
#define STEP_MS 10

struct signal_child {
    pid_t pid;
    bool ended;
    int status; /* of waitpid, once it ended */
    int out;    /* its stdout */
    struct signal_reader *reader;
    signal_fn fn;
    void *user;
};

/* True when it has ended by then. */
static bool wait_for(struct signal_child *child, int limit_ms)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000};

    for (;; limit_ms -= STEP_MS) {
        if (!child->ended)
            child->ended =
                waitpid(child->pid, &child->status, WNOHANG) == child->pid;
        if (child->ended || limit_ms <= 0)
            return child->ended;
        nanosleep(&step, NULL);
    }
}

static void kill_child(struct signal_child *child)
{
    if (child->ended)
        return;
    kill(child->pid, SIGTERM);
    kill(child->pid, SIGCONT); /* It may be stopped. */
    if (wait_for(child, TERM_LIMIT_MS))
        return;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, &child->status, 0);
    child->ended = true;
}

static int exit_status(const struct signal_child *child)
{
    return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status)
                                      : WEXITSTATUS(child->status);
}

const char *signal_child_silence(struct signal_child *child,
                                 char buf[SIGNAL_WHY_LEN])
{
    if (wait_for(child, EXIT_LIMIT_MS))
        snprintf(buf, SIGNAL_WHY_LEN,
                 "the command gave no description and ended with status %d",
                 exit_status(child));
    else
        snprintf(buf, SIGNAL_WHY_LEN,
                 "the command closed its stdout and gave no description");
    return buf;
}

/* An empty output is explained by how the command ended. */
static void on_output(void *user, const char *text, size_t len, const char *why)
{
    struct signal_child *child = user;
    char sentence[SIGNAL_WHY_LEN];

    close(child->out);
    child->out = -1;
    if (!why && len == 0)
        why = signal_child_silence(child, sentence);
    child->fn(child->user, text, len, why);
}

/* In the child: stdin and stdout are the pipes, signals are the default's but
 * for those of the keyboard. */
static void __attribute__((noreturn))
run_command(const char *command, int in, int out)
{
    static const int defaults[] = {SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD};

    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        signal(defaults[i], SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Forks with a pipe to its stdin (`ret_in`) and one from its stdout. 0, or -1
 * with errno. */
static int start(struct signal_child *child, const char *command, int *ret_in)
{
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) < 0)
        return -1;
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[0]);
        close(in[1]);
        return -1;
    }
    child->pid = fork();
    if (child->pid == 0)
        run_command(command, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    child->out = out[0];
    *ret_in = in[1];
    if (child->pid > 0)
        return 0;
    child->ended = true;
    close(in[1]);
    return -1;
}

struct signal_child *signal_child_start(struct driver *driver,
                                        const struct signal_request *request,
                                        signal_fn fn, void *user)
{
    struct signal_child *child = calloc(1, sizeof *child);
    int in;

    if (!child)
        return NULL;
    child->out = -1;
    child->fn = fn;
    child->user = user;
    if (start(child, request->command, &in) < 0) {
        signal_child_free(child);
        return NULL;
    }
    /* One that does not read its stdin says by its output whether it cares. */
    fcntl(in, F_SETFL, O_NONBLOCK);
    file_write_all(in, request->text, request->len, WRITE_LIMIT_MS);
    close(in);
    child->reader =
        signal_read(driver, child->out, request->deadline, on_output, child);
    if (!child->reader) {
        signal_child_free(child);
        errno = ENOMEM;
        return NULL;
    }
    return child;
}

struct signal_child *signal_child_open(const char *command, int *ret_in,
                                       int *ret_out)
{
    struct signal_child *child = calloc(1, sizeof *child);
    int in;

    if (!child)
        return NULL;
    child->out = -1;
    if (start(child, command, &in) < 0) {
        signal_child_free(child);
        return NULL;
    }
    *ret_in = in;
    *ret_out = child->out;
    child->out = -1;
    return child;
}

int signal_child_wait(struct signal_child *child, int limit_ms)
{
    if (wait_for(child, limit_ms))
        return exit_status(child);
    kill_child(child);
    return -1;
}

void signal_child_free(struct signal_child *child)
{
    int error = errno;

    if (!child)
        return;
    signal_read_free(child->reader);
    if (child->out >= 0)
        close(child->out);
    kill_child(child);
    free(child);
    errno = error;
}
