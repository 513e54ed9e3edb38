/* SPDX-License-Identifier: MIT
 *
 * Parses a table of options by getopt_long, and writes the lines for people. The
 * tool's name, its verbosity and the hook of die are the only state: set at the
 * start, for the process's whole life.
 */
#include "cmd/cli.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/driver.h"
#include "cmd/file.h"
#include "cmd/help.h"
#include "cmd/http.h"
#include "cmd/report.h"

#define WARNED_MOST 32 /* sentences that are not said again */

static struct {
    const char *name;
    int verbosity;
    void (*hook)(void *user, enum rtc_exit status, const char *sentence);
    void *hook_user;
    bool has_progress; /* an unfinished line stands on stderr */
    void (*warn_hook)(void *user, const char *sentence);
    void *warn_user;
    bool warns_once;
    char *warned[WARNED_MOST];
    struct rtc_option rows[OPTION_MOST + 1];
} process = {.name = "rtcpipe"};

/* Every tool's; their order is that of enum common. */
static const struct rtc_option common_options[] = {
    {.heading = "Other",
     .name = "quiet",
     .letter = 'q',
     .help = "say less; twice: only errors"},
    {.name = "verbose",
     .letter = 'v',
     .often = true,
     .help = "say more; twice: every step of the protocols"},
    {.name = "help",
     .argument = "[NAME]",
     .often = true,
     .help = "print this; all: every option; NAME: that option"},
    {.name = "version", .help = "print versions, of libraries too, and exit"},
    {.name = NULL},
};
enum common { COMMON_QUIET, COMMON_VERBOSE, COMMON_HELP, COMMON_VERSION };

/* What getopt_long returns for row i of the tool's and of the common table. */
#define CODE_OPTION 256
#define CODE_COMMON 1024

/* ---- lines for people ---------------------------------------------------- */

#define CLEAR_LINE "\r\033[K"

void cli_progress(const char *line)
{
    if (process.has_progress)
        fputs(CLEAR_LINE, stderr);
    process.has_progress =
        *line && process.verbosity == 0 && isatty(STDERR_FILENO);
    if (process.has_progress)
        fprintf(stderr, "%s: %s", process.name, line);
}

static void say(const char *kind, const char *format, va_list args)
{
    char line[1024];

    vsnprintf(line, sizeof line, format, args);
    cli_progress("");
    fprintf(stderr, "%s: %s%s\n", process.name, kind, line);
}

static void __attribute__((noreturn))
end(enum rtc_exit status, const char *hint, const char *format, va_list args)
{
    void (*hook)(void *, enum rtc_exit, const char *) = process.hook;
    char line[1024];

    vsnprintf(line, sizeof line, format, args);
    cli_progress("");
    fprintf(stderr, "%s: error %s: %s\n", process.name, exit_name((int)status),
            line);
    if (hint)
        fprintf(stderr, "%s: %s\n", process.name, hint);
    process.hook = NULL; /* It may die itself. */
    if (hook)
        hook(process.hook_user, status, line);
    exit((int)status);
}

void die(enum rtc_exit status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end(status, NULL, format, args);
}

void die_usage(const char *format, ...)
{
    char hint[64];
    va_list args;

    snprintf(hint, sizeof hint, "try `%s --help'", process.name);
    va_start(args, format);
    end(RTC_EXIT_USAGE, hint, format, args);
}

void cli_complain(const char *sentence)
{
    cli_progress("");
    if (process.verbosity >= -1)
        fprintf(stderr, "%s: warning: %s\n", process.name, sentence);
}

void cli_warn_once(void)
{
    process.warns_once = true;
}

/* Remembers it, and forgets none: behind the last that it has room for, nothing
 * is new. */
static bool is_said(const char *line)
{
    for (unsigned i = 0; i < WARNED_MOST; i++) {
        if (!process.warned[i]) {
            process.warned[i] = strdup(line);
            return false;
        }
        if (!strcmp(process.warned[i], line))
            return true;
    }
    return true;
}

void warn(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (process.warns_once && is_said(line))
        return;
    cli_complain(line);
    if (process.warn_hook)
        process.warn_hook(process.warn_user, line);
}

void cli_on_warn(void (*hook)(void *user, const char *sentence), void *user)
{
    process.warn_hook = hook;
    process.warn_user = user;
}

void info(const char *format, ...)
{
    va_list args;

    if (process.verbosity < 0)
        return;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void verbose(const char *format, ...)
{
    va_list args;

    if (process.verbosity < 1)
        return;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void cli_on_die(void (*hook)(void *user, enum rtc_exit status,
                             const char *sentence),
                void *user)
{
    process.hook = hook;
    process.hook_user = user;
}

const char *cli_name(void)
{
    return process.name;
}

int cli_verbosity(void)
{
    return process.verbosity;
}

enum rtc_log_level cli_log_level(void)
{
    static const enum rtc_log_level levels[] = {RTC_LOG_WARN, RTC_LOG_INFO,
                                                RTC_LOG_DEBUG};

    if (process.verbosity < 0)
        return RTC_LOG_ERROR;
    return levels[process.verbosity < 2 ? process.verbosity : 2];
}

void cli_log(void *user, enum rtc_log_level level, const char *line)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s: %s\n", process.name, line);
}

void cli_die_by_signal(int number)
{
    sigset_t set;

    fflush(NULL);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number); /* It did not end us, e.g. as init of a container. */
}

/* ---- --help and --version ------------------------------------------------ */

static unsigned add_table(const struct rtc_option *table, size_t base,
                          struct rtc_option *rows, unsigned count)
{
    for (; table->name; table++) {
        if (table->type == OPTION_ROWS) {
            unsigned first = count;

            count = add_table(table->rows, base + table->offset, rows, count);
            if (table->heading && count > first)
                rows[first].heading = table->heading;
        } else if (count < OPTION_MOST) {
            rows[count] = *table;
            rows[count++].offset += base;
        }
    }
    return count;
}

void cli_rows(const struct cli_tool *tool,
              struct rtc_option ret_rows[OPTION_MOST + 1])
{
    unsigned count = add_table(tool->options, 0, ret_rows, 0);

    ret_rows[count] = (struct rtc_option){.name = NULL};
}

static void __attribute__((noreturn)) finish_stdout(void)
{
    if (fflush(stdout))
        die(RTC_EXIT_OUTPUT, "stdout: %s", strerror(errno));
    exit(RTC_EXIT_DONE);
}

static void __attribute__((noreturn)) print_version(const struct cli_tool *tool)
{
    printf("%s (rtcpipe) %s\n", tool->name, rtc_version());
    for (unsigned i = 0; rtc_linked(i); i++)
        puts(rtc_linked(i));
    printf("libevent %s\njansson %s\nlibcurl %s\n", driver_version(),
           report_version(), http_version());
    finish_stdout();
}

/* ---- parsing ------------------------------------------------------------- */

static bool takes_value(const struct rtc_option *option)
{
    return option->type != OPTION_FLAG && option->type != OPTION_SET &&
           option->type != OPTION_COUNT;
}

static void check_bounds(const struct rtc_option *option, const char *text,
                         int64_t number)
{
    bool bounded = option->least || option->most;
    int64_t most = bounded ? option->most : INT64_MAX;

    if (number >= option->least && number <= most)
        return;
    if (option->type == OPTION_INTEGER && bounded)
        die_usage("--%s: %s is not within %lld to %lld", option->name, text,
                  (long long)option->least, (long long)most);
    die_usage("--%s: %s is too %s", option->name, text,
              number < option->least ? "small" : "large");
}

static void store_number(const struct rtc_option *option, const char *text,
                         int64_t *ret_number)
{
    static const struct {
        bool (*parse)(const char *text, int64_t *ret_number);
        const char *what;
    } kinds[] = {
        [OPTION_DURATION] = {value_duration, "a duration (500ms, 5s, 1m)"},
        [OPTION_SIZE] = {value_size, "a size (1500, 64k, 2M)"},
        [OPTION_RATE] = {value_rate, "a rate (800k, 2M)"},
        [OPTION_PERCENT] = {value_percent, "a percentage (1%, 0.5%)"},
        [OPTION_INTEGER] = {value_integer, "a whole number"},
    };
    int64_t number;

    if (!kinds[option->type].parse(text, &number))
        die_usage("--%s: `%s' is not %s", option->name, text,
                  kinds[option->type].what);
    check_bounds(option, text, number);
    *ret_number = number;
}

static void store_choice(const struct rtc_option *option, const char *text,
                         int *ret_number)
{
    char list[256] = "";

    for (int i = 0; option->choices[i]; i++) {
        size_t at = strlen(list);

        if (!strcmp(option->choices[i], text)) {
            *ret_number = i;
            return;
        }
        snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "",
                 option->choices[i]);
    }
    die_usage("--%s: `%s' is not one of %s", option->name, text, list);
}

static void store_item(const struct rtc_option *option, const char *text,
                       struct option_list *list)
{
    if (list->count == OPTION_LIST_MOST)
        die_usage("--%s: given more than %d times", option->name,
                  OPTION_LIST_MOST);
    list->items[list->count++] = text;
}

/* The value leaves argv, where every user of the machine could see it. */
static const char *hide(char *text)
{
    char *copy = strdup(text);

    if (!copy)
        die(RTC_EXIT_INTERNAL, "out of memory");
    memset(text, '*', strlen(text));
    return copy;
}

static void store(const struct rtc_option *option, void *values, char *argument)
{
    void *at = (char *)values + option->offset;
    const char *text = option->secret && argument ? hide(argument) : argument;

    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)at = true;
        break;
    case OPTION_SET:
        *(int *)at = (int)option->least;
        break;
    case OPTION_COUNT:
        ++*(int *)at;
        break;
    case OPTION_STRING:
    case OPTION_FILE:
        *(const char **)at = text;
        break;
    case OPTION_LIST:
        store_item(option, text, at);
        break;
    case OPTION_DURATION:
    case OPTION_SIZE:
    case OPTION_RATE:
    case OPTION_PERCENT:
    case OPTION_INTEGER:
        store_number(option, text, at);
        break;
    case OPTION_CHOICE:
        store_choice(option, text, at);
        break;
    case OPTION_ROWS:
        break;
    case OPTION_PORTS:
        if (!value_ports(text, at))
            die_usage("--%s: `%s' is not a port or a range of ports "
                      "(8000-8100)",
                      option->name, text);
        break;
    }
}

/* `next`: the word behind the option, or NULL. */
static void do_common(const struct cli_tool *tool, enum common common,
                      const char *next)
{
    switch (common) {
    case COMMON_QUIET:
        process.verbosity--;
        break;
    case COMMON_VERBOSE:
        process.verbosity++;
        break;
    case COMMON_HELP:
        help_print(tool, process.rows, common_options, next);
        finish_stdout();
    case COMMON_VERSION:
        print_version(tool);
    }
}

static bool is_optional(const struct rtc_option *option)
{
    return option->argument && *option->argument == '[';
}

/* The value of an option that may have none: the next word is one only if it is
 * a choice. */
static char *optional_value(const struct rtc_option *option, int argc,
                            char **argv)
{
    for (int i = 0; option->choices[i]; i++)
        if (optind < argc && !strcmp(argv[optind], option->choices[i]))
            return argv[optind++];
    return (char *)(uintptr_t)option->choices[1];
}

/* What getopt_long wants, made of both tables. */
struct getopt_tables {
    struct option options[OPTION_MOST + 1];
    unsigned count;
    char letters[2 * OPTION_MOST + 2];
    int by_letter[128]; /* the code a short name stands for */
};

static void add_rows(struct getopt_tables *tables,
                     const struct rtc_option *rows, int code)
{
    for (; rows->name && tables->count < OPTION_MOST; rows++, code++) {
        bool value = code < CODE_COMMON && takes_value(rows);
        size_t at = strlen(tables->letters);

        tables->options[tables->count++] = (struct option){
            .name = rows->name,
            .has_arg = value && is_optional(rows) ? optional_argument : value,
            .val = code};
        if (!rows->letter)
            continue;
        tables->by_letter[rows->letter & 127] = code;
        tables->letters[at] = rows->letter;
        tables->letters[at + 1] = value ? ':' : '\0';
    }
}

static const char *name_of(int code)
{
    return code >= CODE_COMMON ? common_options[code - CODE_COMMON].name
                               : process.rows[code - CODE_OPTION].name;
}

/* getopt_long's `?` and `:`; `optopt` is the code or letter it is about. */
static void __attribute__((noreturn))
refuse(const struct getopt_tables *tables, bool missing, char *const *argv)
{
    int code = optopt < 128 ? tables->by_letter[optopt & 127] : optopt;

    if (missing)
        die_usage("--%s: its value is missing", name_of(code));
    if (optopt >= CODE_OPTION)
        die_usage("--%s: takes no value", name_of(optopt));
    if (optopt)
        die_usage("unknown option -%c", optopt);
    die_usage("unknown or ambiguous option %s", argv[optind - 1]);
}

static void check_operands(const struct cli_tool *tool, int argc, char **argv)
{
    int count = argc - optind;

    if (count < tool->operands_least)
        die_usage("%.*s is missing", (int)strcspn(tool->operands, " "),
                  tool->operands);
    if (tool->operands_most >= 0 && count > tool->operands_most)
        die_usage("unexpected operand `%s'",
                  argv[optind + tool->operands_most]);
}

int cli_parse(const struct cli_tool *tool, void *values, int argc, char **argv)
{
    struct getopt_tables tables = {.letters = ":"};
    int code;

    file_reserve_standard();
    process.name = tool->name;
    cli_rows(tool, process.rows);
    add_rows(&tables, process.rows, CODE_OPTION);
    add_rows(&tables, common_options, CODE_COMMON);
    while ((code = getopt_long(argc, argv, tables.letters, tables.options,
                               NULL)) != -1) {
        if (code == '?' || code == ':')
            refuse(&tables, code == ':', argv);
        if (code < 128)
            code = tables.by_letter[code];
        if (code >= CODE_COMMON)
            do_common(tool, (enum common)(code - CODE_COMMON), argv[optind]);
        else
            store(&process.rows[code - CODE_OPTION], values,
                  optarg || !is_optional(&process.rows[code - CODE_OPTION])
                      ? optarg
                      : optional_value(&process.rows[code - CODE_OPTION], argc,
                                       argv));
    }
    check_operands(tool, argc, argv);
    return optind;
}
