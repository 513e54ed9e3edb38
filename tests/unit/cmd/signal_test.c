/* SPDX-License-Identifier: MIT
 *
 * Descriptions through pipes, files and commands, with the ways in which they
 * fail: late, too long, without output, hanging.
 */
#include "cmd/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/description.h"
#include "cmd/file.h"
#include "tap.h"

static struct driver *driver;
static char got[200000], got_why[200];
static size_t got_len;
static int calls;

static void on_text(void *user, const char *text, size_t len, const char *why)
{
    (void)user;
    calls++;
    got_len = len;
    snprintf(got, sizeof got, "%.*s", (int)len, text);
    snprintf(got_why, sizeof got_why, "%s", why ? why : "");
    driver_stop(driver);
}

static rtc_usec in_ms(int64_t ms)
{
    return driver_now(driver) + ms * 1000;
}

static void read_fd(int fd, rtc_usec deadline)
{
    struct signal_reader *reader =
        signal_read(driver, fd, deadline, on_text, NULL);

    calls = 0;
    driver_run(driver);
    is_int(calls, 1, "called once");
    signal_read_free(reader);
}

static void test_reading(void)
{
    int fds[2];
    FILE *regular = tmpfile();

    ok(pipe(fds) == 0, "a pipe");
    ok(write(fds[1], "v=0\r\n", 5) == 5, "with a description");
    close(fds[1]);
    read_fd(fds[0], in_ms(5000));
    is_str(got, "v=0\r\n", "read to its end");
    is_str(got_why, "", "without complaint");
    close(fds[0]);

    ok(regular && fputs("v=0\n", regular) > 0, "a regular file");
    rewind(regular);
    read_fd(fileno(regular), in_ms(5000));
    is_str(got, "v=0\n", "is read as well");
    ok(ftruncate(fileno(regular), DESCRIPTION_MAX + 1) == 0, "too long");
    rewind(regular);
    read_fd(fileno(regular), in_ms(5000));
    is_str(got_why, "the description is longer than 1 MiB", "is refused");
    fclose(regular);

    ok(pipe(fds) == 0, "a pipe that never ends");
    read_fd(fds[0], in_ms(30));
    is_str(got_why, "no description came in time", "is given up");
    close(fds[0]);
    close(fds[1]);
}

static struct signal_child *start(const char *command, rtc_usec deadline)
{
    struct signal_request request = {
        .command = command, .text = "offer\n", .len = 6, .deadline = deadline};

    calls = 0;
    return signal_child_start(driver, &request, on_text, NULL);
}

static const struct {
    const char *command, *text, *why;
    int status;
} commands[] = {
    {"cat", "offer\n", "", 0},
    {"sed s/offer/answer/", "answer\n", "", 0},
    {"echo x; cat >&2 | :; exit 3", "x\n", "", 3},
    {"echo x; kill -TERM $$", "x\n", "", 128 + SIGTERM},
    {"exit 22", "", "the command gave no description and ended with status 22",
     22},
    {"true", "", "the command gave no description and ended with status 0", 0},
    {"exec 2>/dev/null; /no/such/command", "",
     "the command gave no description and ended with status 127", 127},
};

static void test_commands(void)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct signal_child *child = start(commands[i].command, in_ms(10000));

        driver_run(driver);
        is_str(got, commands[i].text, commands[i].command);
        is_str(got_why, commands[i].why, "what is said of it");
        is_int(signal_child_wait(child, 5000), commands[i].status,
               "its status");
        signal_child_free(child);
    }
}

static void test_living_on(void)
{
    struct signal_child *child =
        start("echo $$; exec >&-; exec sleep 100", in_ms(10000));
    pid_t pid;

    driver_run(driver);
    pid = (pid_t)atoi(got);
    is_str(got_why, "", "its stdout ended before it did");
    ok(pid > 0 && kill(pid, 0) == 0, "it lives on");
    is_int(signal_child_wait(child, 50), -1, "not for ever: it is killed");
    ok(kill(pid, 0) < 0 && errno == ESRCH, "and gone");
    signal_child_free(child);

    child = start("exec >&-; exec sleep 0.2", in_ms(10000));
    driver_run(driver);
    is_str(got_why, "the command gave no description and ended with status 0",
           "an end a little after that of its stdout");
    signal_child_free(child);
}

static void test_hanging(void)
{
    struct signal_child *child = start("trap '' TERM; sleep 100", in_ms(100));

    driver_run(driver);
    is_str(got_why, "no description came in time", "a command that hangs");
    signal_child_free(child);
    ok(true, "is killed though it ignores TERM");
}

static void test_keyboard(void)
{
    struct signal_child *child =
        start("kill -INT $$; kill -QUIT $$; cut -d' ' -f5 /proc/$$/stat",
              in_ms(10000));

    driver_run(driver);
    is_int(atoi(got), getpgrp(),
           "it ignores the keyboard's signals and shares our group");
    is_int(signal_child_wait(child, 5000), 0, "its status");
    signal_child_free(child);
}

static void test_file_names(void)
{
    int fds[2], fd;
    char name[32], text[8] = "";

    ok(pipe2(fds, O_CLOEXEC) == 0, "a pipe");
    snprintf(name, sizeof name, "fd:%d", fds[1]);
    fd = file_open_write(name, true);
    is_int(fd, fds[1], "fd:N is taken over");
    ok(file_write_all(fd, "abc", 3, 100) == 0, "written");
    close(fd);
    snprintf(name, sizeof name, "/dev/fd/%d", fds[0]);
    fd = file_open_read(name);
    ok(fd >= 0 && read(fd, text, sizeof text) == 3, "/dev/fd/N");
    is_str(text, "abc", "reads it");
    close(fd);
    ok(file_open_read("fd:900") < 0 && errno == EBADF, "no such descriptor");
    ok(file_open_read("fd:x") < 0 && errno == ENOENT, "an ordinary name");
    fd = file_open_read("-");
    ok(fd > 2, "stdin is duplicated");
    close(fd);

    ok(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0, "a pipe nobody reads");
    memset(got, 0, sizeof got);
    ok(file_write_all(fds[1], got, sizeof got, 50) < 0 && errno == ETIMEDOUT,
       "writing gives up");
    close(fds[0]);
    ok(file_write_all(fds[1], got, 10, 50) < 0 && errno == EPIPE,
       "EPIPE instead of SIGPIPE");
    close(fds[1]);

    ok(pipe2(fds, O_CLOEXEC) == 0, "a pipe");
    is_int(file_close_standard(fds[1]), 0, "its number stays, its end not");
    ok(write(fds[1], "x", 1) == 1 && read(fds[0], text, 1) == 0,
       "the reader sees end of file");
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    driver = driver_new();
    test_reading();
    test_commands();
    test_living_on();
    test_hanging();
    test_keyboard();
    test_file_names();
    driver_free(driver);
    return tap_done();
}
