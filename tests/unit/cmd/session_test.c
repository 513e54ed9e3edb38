/* SPDX-License-Identifier: MIT
 *
 * The session file: what is written is taken once, and every way in which one
 * can be wrong has its own sentence.
 */
#include "cmd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/exit.h"
#include "tap.h"

#define NOW 1000

static char folder[] = "/tmp/session_test.XXXXXX";
static char path[64], other[64];
static char why[SESSION_WHY_LEN];

static char state[] = "line \"1\"\nline 2\n";

/* What another process does at the worst moment. */
static bool steal, full;

int flock(int fd, int operation)
{
    if (steal)
        unlink(path);
    return (int)syscall(SYS_flock, fd, operation);
}

int rename(const char *from, const char *to)
{
    if (full) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static struct session sample(void)
{
    return (struct session){.role = SESSION_ANSWER,
                            .created = NOW,
                            .expires = NOW + 600,
                            .state = state,
                            .state_len = sizeof state - 1};
}

static void put(const char *text, mode_t mode)
{
    FILE *out;

    unlink(path);
    out = fopen(path, "w");
    if (!out || fputs(text, out) < 0 || fclose(out) || chmod(path, mode))
        ok(false, "cannot write the sample");
}

static int take(void)
{
    struct session taken = {0};
    int result = session_take(path, NOW, &taken, why);

    session_done(&taken);
    return result;
}

/* Takes it and compares the result and a part of the sentence. */
static void refused(int status, const char *part)
{
    is_int(take(), status, "refused");
    if (!ok(strstr(why, part) != NULL, part))
        printf("# got: %s\n", why);
    ok(strstr(why, path) != NULL, "the sentence names the file");
}

static void test_network(void)
{
    struct session session = sample(), taken = {0};
    char hosts[] = "192.0.2.1:5349 turn.test\n", interface[] = "eth0";

    is_int(session_write(path, &session, why), 0, "written without a network");
    is_int(session_take(path, NOW, &taken, why), 0, "taken");
    is_str(taken.hosts, "", "no hosts");
    ok(!taken.interface && !taken.family && !taken.ports.first && !taken.tcp,
       "nothing is restricted");
    session_done(&taken);
    session.hosts = hosts;
    session.interface = interface;
    session.family = 6;
    session.ports = (struct port_range){9000, 9009};
    session.tcp = true;
    is_int(session_write(path, &session, why), 0, "written with one");
    is_int(session_take(path, NOW, &taken, why), 0, "taken");
    is_str(taken.hosts, hosts, "its hosts");
    is_str(taken.interface, interface, "its interface");
    ok(taken.family == 6 && taken.ports.first == 9000 &&
           taken.ports.last == 9009 && taken.tcp,
       "and the rest");
    session_done(&taken);
}

static void test_once(void)
{
    struct session session = sample(), taken = {0};
    struct stat status;
    char text[256] = "";
    FILE *in;

    is_int(session_write(path, &session, why), 0, "written");
    ok(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600,
       "mode 0600");
    is_int(session_take(path, NOW + 599, &taken, why), 0, "taken");
    is_int(taken.role, SESSION_ANSWER, "its role");
    is_int(taken.created, NOW, "its time");
    is_int(taken.expires, NOW + 600, "its end");
    is_str(taken.state, session.state, "its state");
    is_int(taken.state_len, sizeof state - 1, "with its length");
    session_done(&taken);
    refused(RTC_EXIT_USAGE, "was already used");
    in = fopen(path, "r");
    ok(in && fread(text, 1, sizeof text - 1, in) > 0, "what is left");
    if (in)
        fclose(in);
    ok(strstr(text, "taken") && !strstr(text, "line"), "holds no secret");
    is_int(session_write(path, &session, why), 0, "overwritten by a new one");
    is_int(take(), 0, "which can be taken");
}

static const struct {
    const char *text;
    mode_t mode;
    int status;
    const char *why;
} rows[] = {
    {"", 0600, RTC_EXIT_DESCRIPTION, "cut short"},
    {"{\"rtcpipe-session\":1,\"role\":\"off", 0600, RTC_EXIT_DESCRIPTION,
     "cut short"},
    {"hello", 0600, RTC_EXIT_DESCRIPTION, "not a session file: line 1"},
    {"v=0\r\n", 0600, RTC_EXIT_DESCRIPTION, "not a session file: line 1"},
    {"[1]", 0600, RTC_EXIT_DESCRIPTION, "not a session file"},
    {"{\"a\":1,\"a\":2}", 0600, RTC_EXIT_DESCRIPTION, "duplicate"},
    {"{\"type\":\"offer\"}", 0600, RTC_EXIT_DESCRIPTION, "not a session file"},
    {"{\"rtcpipe-session\":2}", 0600, RTC_EXIT_DESCRIPTION,
     "another version (2, not 1)"},
    {"{\"rtcpipe-session\":1}", 0600, RTC_EXIT_DESCRIPTION,
     "members missing or wrong"},
    {"{\"rtcpipe-session\":1,\"role\":\"x\",\"created\":1,\"expires\":9999,"
     "\"state\":\"s\"}",
     0600, RTC_EXIT_DESCRIPTION, "members missing or wrong"},
    {"{\"rtcpipe-session\":1,\"role\":\"offer\",\"created\":1,\"expires\":"
     "1000,\"state\":\"s\"}",
     0600, RTC_EXIT_DESCRIPTION, "expired"},
    {"{\"rtcpipe-session\":1,\"role\":\"offer\",\"created\":1,\"expires\":"
     "9999,\"state\":\"s\"}",
     0640, RTC_EXIT_USAGE, "mode 640 lets others in"},
    {"{\"rtcpipe-session\":1,\"role\":\"offer\",\"created\":1,\"expires\":"
     "9999,\"state\":\"s\"}",
     0604, RTC_EXIT_USAGE, "mode 604 lets others in"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(rows[i].text, rows[i].mode);
        refused(rows[i].status, rows[i].why);
    }
    put(rows[11].text, 0600);
    is_int(take(), 0, "the last rows were refused for their mode only");
    unlink(path);
    refused(RTC_EXIT_USAGE, strerror(ENOENT));
}

static void test_kinds_of_file(void)
{
    struct session session = sample();

    is_int(session_write(other, &session, why), 0, "written");
    ok(symlink(other, path) == 0, "a link to it");
    refused(RTC_EXIT_USAGE, "symbolic link");
    is_int(session_write(path, &session, why), RTC_EXIT_USAGE,
           "nor is a link written over");
    unlink(path);
    ok(link(other, path) == 0, "a second name");
    refused(RTC_EXIT_USAGE, "second name");
    unlink(path);
    ok(mkfifo(path, 0600) == 0, "a FIFO");
    refused(RTC_EXIT_USAGE, "not a regular file");
    unlink(path);
    put("", 0600);
    ok(truncate(path, 64 << 20) == 0, "a large one");
    refused(RTC_EXIT_DESCRIPTION, "too large");
    is_int(session_write("/nowhere/x", &session, why), RTC_EXIT_USAGE,
           "no such folder");
    unlink(other);
}

/* Of many processes at the same moment one gets it. */
static void test_race(void)
{
    struct session session = sample();
    int winners = 0, losers = 0, status, gate[2];
    char c;

    is_int(session_write(path, &session, why), 0, "written");
    ok(pipe(gate) == 0, "a gate");
    fflush(stdout);
    for (int i = 0; i < 16; i++)
        if (fork() == 0) {
            close(gate[1]);
            _exit(read(gate[0], &c, 1) == 0 ? take() : 99);
        }
    close(gate[0]);
    close(gate[1]);
    while (wait(&status) > 0) {
        winners += WEXITSTATUS(status) == 0;
        losers += WEXITSTATUS(status) == RTC_EXIT_USAGE;
    }
    is_int(winners, 1, "one took it");
    is_int(losers, 15, "the others were refused");
}

static void test_locked(void)
{
    struct session session = sample();
    FILE *in;

    is_int(session_write(path, &session, why), 0, "written");
    in = fopen(path, "r");
    ok(in && flock(fileno(in), LOCK_EX) == 0, "locked by another");
    refused(RTC_EXIT_USAGE, "another process is taking this session");
    steal = true;
    if (in)
        fclose(in);
    refused(RTC_EXIT_USAGE, "another process has just taken this session");
    steal = false;
}

static void test_full(void)
{
    struct session session = sample();

    is_int(session_write(path, &session, why), 0, "written");
    full = true;
    is_int(session_write(path, &session, why), RTC_EXIT_USAGE, "cannot write");
    refused(RTC_EXIT_USAGE, strerror(ENOSPC));
    full = false;
    is_int(take(), 0, "what was there is whole and not used up");
}

static void test_truncation(void)
{
    static const char whole[] =
        "{\"rtcpipe-session\":1,\"role\":\"offer\",\"created\":1,"
        "\"expires\":9999,\"state\":\"s\"}";
    struct session session = {0};
    int accepted = 0;

    for (size_t len = 0; len < sizeof whole - 1; len++)
        accepted += session_parse(whole, len, &session, why) == 0;
    is_int(accepted, 0, "cut anywhere: refused");
    is_int(session_parse(whole, sizeof whole - 1, &session, why), 0, "whole");
    is_str(session.state, "s", "its state");
    session_done(&session);
}

int main(void)
{
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/session", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    test_once();
    test_network();
    test_wrong();
    test_kinds_of_file();
    test_race();
    test_locked();
    test_full();
    test_truncation();
    unlink(path);
    is_int(rmdir(folder), 0, "no temporary file is left");
    return tap_done();
}
