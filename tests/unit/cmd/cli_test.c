/* SPDX-License-Identifier: MIT
 *
 * The command line: values land where the table says, wrong usage ends with 2
 * and a sentence, --help all fits its columns, secrets leave argv.
 */
#include "cmd/cli.h"

#include <signal.h>

#include "capture.h"
#include "tap.h"

struct limits {
    rtc_usec time;
    int64_t size, rate, number;
};

struct values {
    bool loop;
    int role, count, format;
    const char *session, *token;
    struct option_list headers;
    struct limits limits;
    struct port_range ports;
};

static const char *const formats[] = {"ivf", "annexb", "ogg", NULL};

#define AT(member) offsetof(struct values, member)
#define LIMIT(member) offsetof(struct limits, member)

/* A table that several tools share. */
static const struct rtc_option limit_options[] = {
    {.heading = "Limits",
     .name = "time",
     .letter = 't',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = LIMIT(time),
     .help = "how long",
     .most = 60000000},
    {.name = "size",
     .type = OPTION_SIZE,
     .argument = "SIZE",
     .offset = LIMIT(size),
     .help = "how large"},
    {.name = "bitrate",
     .letter = 'b',
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = LIMIT(rate),
     .help = "how fast"},
    {.name = "number",
     .letter = 'n',
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = LIMIT(number),
     .help = "how many",
     .least = -5,
     .most = 5},
    {.name = NULL},
};

static const struct rtc_option options[] = {
    {.heading = "Media",
     .name = "loop",
     .offset = AT(loop),
     .help = "again and again"},
    {.name = "format",
     .letter = 'f',
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = AT(format),
     .help = "ivf, annexb or ogg, with an explanation that is much too long to "
             "fit into one line of eighty columns",
     .choices = formats},
    {.heading = "Meeting",
     .name = "session",
     .letter = 's',
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = AT(session),
     .help = "take over"},
    {.name = "offer",
     .type = OPTION_SET,
     .offset = AT(role),
     .help = "make the offer",
     .least = 1},
    {.name = "answer",
     .type = OPTION_SET,
     .offset = AT(role),
     .help = "wait for one",
     .least = 2},
    {.name = "token",
     .type = OPTION_STRING,
     .argument = "TOKEN",
     .offset = AT(token),
     .help = "a secret",
     .secret = true},
    {.name = "header",
     .letter = 'H',
     .type = OPTION_LIST,
     .argument = "LINE",
     .offset = AT(headers),
     .help = "one more"},
    {.name = "more",
     .letter = 'm',
     .type = OPTION_COUNT,
     .offset = AT(count),
     .help = "one more"},
    {.name = "limits",
     .type = OPTION_ROWS,
     .offset = AT(limits),
     .rows = limit_options},
    {.name = "a-name-that-fills-the-column",
     .type = OPTION_PORTS,
     .argument = "A-B",
     .offset = AT(ports),
     .help = "ports"},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-test",
    .operands = "[FILE]",
    .summary = "Tests the command line.",
    .options = options,
    .notes = "Example: rtc-test",
    .operands_least = 0,
    .operands_most = 1,
};

static void print_values(const struct values *v)
{
    printf("%d %d %d %d %s %s %u %lld %lld %lld %lld %u-%u|", v->loop, v->role,
           v->count, v->format, v->session, v->token, v->headers.count,
           (long long)v->limits.time, (long long)v->limits.size,
           (long long)v->limits.rate, (long long)v->limits.number,
           v->ports.first, v->ports.last);
}

/* `user`: a line of arguments, one space between. */
static void parse_line(void *user)
{
    struct values values = {.session = "-", .token = "-"};
    char line[512], *argv[40] = {(char[]){"rtc-test"}};
    int argc = 1, first;

    snprintf(line, sizeof line, "%s", (const char *)user);
    for (char *at = strtok(line, " "); at && argc < 39; at = strtok(NULL, " "))
        argv[argc++] = at;
    first = cli_parse(&tool, &values, argc, argv);
    print_values(&values);
    for (int i = first; i < argc; i++)
        printf(" %s", argv[i]);
    for (int i = 1; i < argc; i++)
        if (strstr(argv[i], "hunter2"))
            printf(" LEAKED");
}

static const struct {
    const char *line;
    int status;
    const char *text; /* is in what it prints */
} rows[] = {
    {"", 0, "0 0 0 0 - - 0 0 0 0 0 0-0|"},
    {"--loop -f ogg -s a.session --answer", 0, "1 2 0 2 a.session - 0 0"},
    {"-mmm --more -Hx -H y --header=z", 0, "0 0 4 0 - - 3 0"},
    {"-t 500ms --size 64k -b2M -n -5", 0, "- 0 500000 65536 2000000 -5 0-0|"},
    {"--a-name-that-fills-the-column=10-20", 0, " 10-20|"},
    {"clip.ivf --loop", 0, "1 0 0 0 - - 0 0 0 0 0 0-0| clip.ivf"},
    {"-- --loop", 0, "0 0 0 0 - - 0 0 0 0 0 0-0| --loop"},
    {"-", 0, "| -"},
    {"--sess x", 0, " x - 0"},
    {"--answer --offer", 0, "0 1 0"},
    {"--token hunter2", 0, "- hunter2 0"},
    {"-q -v -v", 0, "0 0 0 0"},
    {"--nonsense", 2, "error usage: unknown or ambiguous option --nonsense"},
    {"--s x", 2, "unknown or ambiguous option --s"},
    {"-x", 2, "error usage: unknown option -x"},
    {"--session", 2, "--session: its value is missing"},
    {"-s", 2, "--session: its value is missing"},
    {"--loop=1", 2, "--loop: takes no value"},
    {"--help=1", 2, "--help: takes no value"},
    {"-f mp4", 2, "--format: `mp4' is not one of ivf, annexb, ogg"},
    {"-t soon", 2, "--time: `soon' is not a duration"},
    {"-t 61s", 2, "--time: 61s is too large"},
    {"-n 6", 2, "--number: 6 is not within -5 to 5"},
    {"-b 2x", 2, "--bitrate: `2x' is not a rate"},
    {"--size x", 2, "--size: `x' is not a size"},
    {"--a-name-that-fills-the-column 0", 2, "is not a port"},
    {"a b", 2, "unexpected operand `b'"},
    {"--nonsense", 2, "rtc-test: try `rtc-test --help'"},
    {"--version", 0, "rtc-test (rtcpipe) 0."},
    {"--version", 0, "\nlibevent 2."},
    {"--version", 0, "\njansson 2."},
    {"--help", 0, "Usage: rtc-test [OPTION]... [FILE]\nTests"},
    {"--help", 0,
     "command line.\n\n  -s, --session FILE        take over\n  -v"},
    {"--help", 0, "\n\nExample: rtc-test\nAll options: rtc-test --help all\n"},
    {"--help all", 0, "      --a-name-that-fills-the-column A-B\n      "},
    {"--help all", 0, "\n\nExample: rtc-test\n"},
    {"--help session", 0, "  -s, --session FILE        take over\n"},
    {"--help format", 0, "\nIts value is one of: ivf annexb ogg\n"},
    {"--help version", 0, "      --version             print versions"},
    {"--help all", 0, "\nMeeting:\n  -s, --session FILE"},
    {"--help nonsense", 0, "Usage: rtc-test [OPTION]... [FILE]\nTests"},
    {"-f mp4 --help", 2, "error usage"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct captured got = capture(parse_line, (void *)rows[i].line);

        is_int(got.status, rows[i].status, rows[i].line);
        if (!ok(strstr(got.text, rows[i].text) != NULL, "prints its line"))
            printf("# want: %s\n# got: %s\n", rows[i].text, got.text);
        ok(!strstr(got.text, "LEAKED"), "no secret in argv");
    }
}

static void test_columns(void)
{
    struct captured help = capture(parse_line, (void *)"--help all");
    size_t widest = 0, len;

    for (char *at = help.text; *at; at += len + (at[len] == '\n')) {
        len = strcspn(at, "\n");
        widest = len > widest ? len : widest;
    }
    ok(widest > 60 && widest < 80, "--help fits 80 columns");
}

static void many_headers(void *user)
{
    char line[512] = "";

    (void)user;
    for (int i = 0; i <= OPTION_LIST_MOST; i++)
        strcat(line, "-Hx ");
    parse_line(line);
}

static void hook(void *user, enum rtc_exit status, const char *sentence)
{
    printf("hook %s %d %s\n", (const char *)user, status, sentence);
    die(RTC_EXIT_INTERNAL, "again");
}

static void die_with_hook(void *user)
{
    cli_on_die(hook, user);
    die(RTC_EXIT_AUTH, "no %s", "entry");
}

static void speak(void *user)
{
    parse_line(user);
    warn("w%d", cli_verbosity());
    info("i");
    verbose("v");
    printf("level=%d", (int)cli_log_level());
}

static void die_by(void *user)
{
    cli_die_by_signal(*(int *)user);
}

static void print_secret(void *user)
{
    const char *secret = cli_secret(user, "RTC_TEST_SECRET");

    printf("<%s>", secret ? secret : "none");
}

static void test_ends(void)
{
    struct captured got = capture(many_headers, NULL);
    int number = SIGTERM;

    is_int(got.status, 2, "too many of a list");
    got = capture(die_with_hook, "X");
    is_int(got.status, 1, "a hook may die");
    is_str(got.text,
           "rtcpipe: error auth: no entry\n"
           "rtcpipe: error internal: again\nhook X 13 no entry\n",
           "and is called once");
    got = capture(die_by, &number);
    is_int(got.status, 128 + SIGTERM, "dead by a signal");
}

static void test_lines(void)
{
    struct captured got = capture(speak, (void *)"-qq");

    ok(!strstr(got.text, "rtc-test:"), "-qq: silence");
    got = capture(speak, (void *)"-q");
    ok(strstr(got.text, "rtc-test: warning: w-1\n") &&
           !strstr(got.text, "rtc-test: i"),
       "-q: warnings only");
    got = capture(speak, (void *)"");
    ok(strstr(got.text, "rtc-test: i\n") && !strstr(got.text, "rtc-test: v"),
       "informed");
    got = capture(speak, (void *)"-v");
    ok(strstr(got.text, "rtc-test: v\n") && strstr(got.text, "level=2"), "-v");
}

static void test_secrets(void)
{
    char name[] = "/tmp/cli_test.XXXXXX";
    int fd = mkstemp(name);
    struct captured got;

    ok(fd >= 0 && write(fd, "from file\r\nmore\n", 16) == 16, "a file");
    close(fd);
    unsetenv("RTC_TEST_SECRET");
    is_str(capture(print_secret, NULL).text, "<none>", "neither");
    setenv("RTC_TEST_SECRET", "from env", 1);
    is_str(capture(print_secret, NULL).text, "<from env>", "environment");
    is_str(capture(print_secret, name).text, "<from file>", "its first line");
    unlink(name);
    got = capture(print_secret, name);
    is_int(got.status, RTC_EXIT_INPUT, "a file that is not there");
}

int main(void)
{
    test_rows();
    test_columns();
    test_ends();
    test_lines();
    test_secrets();
    is_str(exit_name(RTC_EXIT_NOT_LIVE), "not-live", "names");
    is_str(exit_name(143), "signal", "of a signal");
    is_int(exit_for_close(RTC_CLOSE_CONSENT), 24, "consent lost");
    is_int(exit_for_close(RTC_CLOSE_REMOTE), 0, "closed by the remote");
    return tap_done();
}
