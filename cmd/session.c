/* SPDX-License-Identifier: MIT
 *
 * The session file: one JSON object, replaced as a whole by rename. Taking it
 * is done under a lock and leaves an object without secrets in its place. Who
 * opened the file before that and locks it after finds that it has no name any
 * more.
 *
 * Statuses: RTC_EXIT_USAGE when the file is the wrong one to name,
 * RTC_EXIT_DESCRIPTION when what it holds is of no use.
 */
#include "cmd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/exit.h"
#include "cmd/file.h"

#define FORMAT_VERSION 1
/* The state, twice as long when all of it were escaped, and the rest. */
#define FILE_MAX (2 * SESSION_STATE_MAX + 4096)

static const char *const roles[] = {
    [SESSION_OFFER] = "offer",
    [SESSION_ANSWER] = "answer",
};

static int __attribute__((format(printf, 3, 4)))
fail(char why[SESSION_WHY_LEN], enum rtc_exit status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, SESSION_WHY_LEN, format, args);
    va_end(args);
    return (int)status;
}

/* ---- writing ------------------------------------------------------------- */

/* Written beside it, then renamed over it. 0, or -1 with errno. */
static int replace_file(const char *path, const char *text)
{
    char temp[PATH_MAX];
    int fd, error;

    if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(temp, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return -1;
    if (file_write_all(fd, text, strlen(text), 0) == 0 && fsync(fd) == 0 &&
        rename(temp, path) == 0) {
        close(fd);
        return 0;
    }
    error = errno;
    unlink(temp);
    close(fd);
    errno = error;
    return -1;
}

/* Takes `object`, NULL included. */
static int write_object(const char *path, json_t *object,
                        char ret_why[SESSION_WHY_LEN])
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    int failed = text ? replace_file(path, text) : -1;

    json_decref(object);
    if (!text)
        return fail(ret_why, RTC_EXIT_INTERNAL, "out of memory");
    explicit_bzero(text, strlen(text));
    free(text);
    if (failed)
        return fail(ret_why, RTC_EXIT_USAGE, "cannot write %s: %s", path,
                    strerror(errno));
    return 0;
}

int session_write(const char *path, const struct session *session,
                  char ret_why[SESSION_WHY_LEN])
{
    struct stat status;

    /* Renaming over a device or a link would not do what its name says. */
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return fail(ret_why, RTC_EXIT_USAGE, "%s is not a regular file", path);
    return write_object(path,
                        json_pack("{s:i, s:s, s:I, s:I, s:s%, s:s}",
                                  "rtcpipe-session", FORMAT_VERSION, "role",
                                  roles[session->role], "created",
                                  (json_int_t)session->created, "expires",
                                  (json_int_t)session->expires, "state",
                                  session->state, session->state_len, "hosts",
                                  session->hosts ? session->hosts : ""),
                        ret_why);
}

/* ---- reading ------------------------------------------------------------- */

static int check_version(const json_t *object, char ret_why[SESSION_WHY_LEN])
{
    const json_t *version = json_object_get(object, "rtcpipe-session");

    if (!json_is_integer(version))
        return fail(ret_why, RTC_EXIT_DESCRIPTION, "not a session file");
    if (json_integer_value(version) != FORMAT_VERSION)
        return fail(ret_why, RTC_EXIT_DESCRIPTION,
                    "a session file of another version (%lld, not %d)",
                    (long long)json_integer_value(version), FORMAT_VERSION);
    if (json_object_get(object, "taken"))
        return fail(ret_why, RTC_EXIT_USAGE,
                    "this session was already used; negotiate a new one");
    return 0;
}

/* Fills `ret_session` from a file of our version. */
static int read_members(const json_t *object, struct session *ret_session,
                        char ret_why[SESSION_WHY_LEN])
{
    const json_t *role = json_object_get(object, "role");
    const json_t *created = json_object_get(object, "created");
    const json_t *expires = json_object_get(object, "expires");
    const json_t *state = json_object_get(object, "state");
    const char *hosts = json_string_value(json_object_get(object, "hosts"));
    bool offer = json_is_string(role) &&
                 !strcmp(json_string_value(role), roles[SESSION_OFFER]);
    bool answer = json_is_string(role) &&
                  !strcmp(json_string_value(role), roles[SESSION_ANSWER]);
    char *copy, *hosts_copy;

    if (!(offer || answer) || !json_is_integer(created) ||
        !json_is_integer(expires) || !json_is_string(state) ||
        json_string_length(state) > SESSION_STATE_MAX)
        return fail(ret_why, RTC_EXIT_DESCRIPTION,
                    "a session file with members missing or wrong");
    copy = strdup(json_string_value(state));
    hosts_copy = strdup(hosts ? hosts : "");
    if (!copy || !hosts_copy) {
        free(copy);
        free(hosts_copy);
        return fail(ret_why, RTC_EXIT_INTERNAL, "out of memory");
    }
    *ret_session = (struct session){
        .role = offer ? SESSION_OFFER : SESSION_ANSWER,
        .created = json_integer_value(created),
        .expires = json_integer_value(expires),
        .state = copy,
        .state_len = strlen(copy),
        .hosts = hosts_copy,
    };
    return 0;
}

int session_parse(const char *text, size_t len, struct session *ret_session,
                  char ret_why[SESSION_WHY_LEN])
{
    json_error_t error;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    int result;

    if (!object && json_error_code(&error) == json_error_premature_end_of_input)
        return fail(ret_why, RTC_EXIT_DESCRIPTION,
                    "a session file that is cut short");
    if (!object)
        return fail(ret_why, RTC_EXIT_DESCRIPTION,
                    "not a session file: line %d: %s", error.line, error.text);
    result = check_version(object, ret_why);
    if (result == 0)
        result = read_members(object, ret_session, ret_why);
    json_decref(object);
    return result;
}

/* ---- taking -------------------------------------------------------------- */

/* What an open file must be, before a byte of it is believed. */
static int check_file(int fd, char ret_why[SESSION_WHY_LEN])
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return fail(ret_why, RTC_EXIT_USAGE, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(ret_why, RTC_EXIT_USAGE, "not a regular file");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return fail(ret_why, RTC_EXIT_USAGE,
                    "it holds keys, but its mode %03o lets others in "
                    "(chmod 600)",
                    (unsigned)status.st_mode & 0777);
    if (status.st_size > FILE_MAX)
        return fail(ret_why, RTC_EXIT_DESCRIPTION,
                    "too large for a session file");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return fail(ret_why, RTC_EXIT_USAGE,
                    "another process is taking this session now");
    /* Only under the lock does the number of names tell. */
    if (fstat(fd, &status) < 0 || status.st_nlink == 0)
        return fail(ret_why, RTC_EXIT_USAGE,
                    "another process has just taken this session");
    if (status.st_nlink > 1)
        return fail(ret_why, RTC_EXIT_USAGE,
                    "it has a second name (hard link), so it cannot be used "
                    "up");
    return 0;
}

/* The file's text, to be freed after it is wiped; NULL with a sentence. */
static char *read_text(int fd, size_t *ret_len, char ret_why[SESSION_WHY_LEN])
{
    char *text = malloc(FILE_MAX + 1);
    size_t len = 0;
    ssize_t n = 1;

    while (text && n > 0 && len < FILE_MAX) {
        n = read(fd, text + len, FILE_MAX - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (text && n >= 0) {
        *ret_len = len;
        return text;
    }
    fail(ret_why, RTC_EXIT_USAGE, "%s", strerror(errno));
    free(text);
    return NULL;
}

static int take_open(const char *path, int fd, int64_t now,
                     struct session *ret_session, char ret_why[SESSION_WHY_LEN])
{
    struct session session = {0};
    size_t len;
    char *text;
    int result = check_file(fd, ret_why);

    if (result)
        return result;
    text = read_text(fd, &len, ret_why);
    if (!text)
        return RTC_EXIT_USAGE;
    result = session_parse(text, len, &session, ret_why);
    explicit_bzero(text, len);
    free(text);
    if (result == 0 && session.expires <= now)
        result = fail(ret_why, RTC_EXIT_DESCRIPTION,
                      "this session expired; negotiate a new one");
    if (result == 0)
        result =
            write_object(path,
                         json_pack("{s:i, s:I}", "rtcpipe-session",
                                   FORMAT_VERSION, "taken", (json_int_t)now),
                         ret_why);
    if (result)
        session_done(&session);
    else
        *ret_session = session;
    return result;
}

int session_take(const char *path, int64_t now, struct session *ret_session,
                 char ret_why[SESSION_WHY_LEN])
{
    char why[SESSION_WHY_LEN];
    int fd, result;

    /* A link would be replaced, and the secrets stay behind it. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return fail(ret_why, RTC_EXIT_USAGE, "session %s: %s", path,
                    errno == ELOOP ? "is a symbolic link" : strerror(errno));
    result = take_open(path, fd, now, ret_session, why);
    close(fd);
    if (result)
        return fail(ret_why, (enum rtc_exit)result, "session %.200s: %.280s",
                    path, why);
    return 0;
}

void session_done(struct session *session)
{
    if (session->state)
        explicit_bzero(session->state, session->state_len);
    free(session->state);
    session->state = NULL;
    session->state_len = 0;
    free(session->hosts);
    session->hosts = NULL;
}
