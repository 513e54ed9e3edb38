/* SPDX-License-Identifier: MIT
 *
 * The command line as data: one table of options is parsed, printed by --help
 * and checked against the manual. Also the lines for people: everything goes to
 * stderr, prefixed with the tool's name. A tool's main is its table and wiring.
 *
 * --help, --version, -q/--quiet and -v/--verbose are every tool's; they are not
 * in its table.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/exit.h"
#include "cmd/value.h"
#include "rtc.h"

enum option_type {
    /* What it stores at its offset in the values: */
    OPTION_FLAG,     /* bool: true */
    OPTION_SET,      /* int: `least`; several options may share an offset */
    OPTION_COUNT,    /* int: one more each time */
    OPTION_STRING,   /* const char * */
    OPTION_FILE,     /* const char *: a name, `-`, `fd:N` */
    OPTION_LIST,     /* struct option_list: one more each time */
    OPTION_DURATION, /* rtc_usec */
    OPTION_SIZE,     /* int64_t, bytes */
    OPTION_RATE,     /* int64_t, bits per second */
    OPTION_PERCENT,  /* int64_t, parts in a billion */
    OPTION_INTEGER,  /* int64_t */
    OPTION_CHOICE,   /* int: its number in `choices` */
    OPTION_PORTS,    /* struct port_range */
    /* No option itself: the rows of another table, whose offsets begin here.
     * Its name says what they are, and is not shown. */
    OPTION_ROWS,
};

/* Rows a tool has at most, those of other tables included. */
#define OPTION_MOST 100

#define OPTION_LIST_MOST 32

struct option_list {
    const char *items[OPTION_LIST_MOST];
    unsigned count;
};

struct rtc_option {
    const char *heading; /* starts a group in --help, or NULL */
    const char *name;    /* long name; NULL ends the table */
    char letter;         /* short name, or 0 */
    enum option_type type;
    const char *argument; /* what --help calls its value; in brackets: a CHOICE
                             that may be left out, for the second one */
    size_t offset;        /* of what it sets, in the tool's values */
    const char *help;
    bool often; /* --help shows it without `all', too; of a table that has none,
                   all are shown */
    /* DURATION, SIZE, RATE, PERCENT, INTEGER: bounds; both 0 is from 0 up. */
    int64_t least, most;
    const char *const *choices;    /* CHOICE: NULL-ended */
    const struct rtc_option *rows; /* ROWS */
    bool secret; /* its value is wiped from argv and shown nowhere */
};

struct cli_tool {
    const char *name;     /* "rtc-send" */
    const char *operands; /* "[FILE]", or "" */
    const char *summary;  /* one sentence */
    const struct rtc_option *options;
    const char *notes; /* ends --help, e.g. an example; or NULL */
    int operands_least, operands_most; /* most -1: any number */
    bool is_family; /* its first operand is a tool, which options come behind */
};

/* The tool's rows with those of other tables in their place, ended as a table
 * is. */
void cli_rows(const struct cli_tool *tool,
              struct rtc_option ret_rows[OPTION_MOST + 1]);
/* Parses argv into `values` (a struct of the tool, holding its defaults).
 * Strings are lent from argv. The index of the first operand; argv is permuted
 * so that operands come last. Ends the process at --help and --version (0) and
 * at wrong usage (2). */
int cli_parse(const struct cli_tool *tool, void *values, int argc, char **argv);

/* Prints `TOOL: error NAME: sentence` and ends the process with `status`, after
 * the hook had its turn. */
void die(enum rtc_exit status, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/* As die with RTC_EXIT_USAGE, followed by a line pointing at --help. */
void die_usage(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));
/* Prints `TOOL: warning: sentence`, also with one -q but not with two. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on a warning that was printed is not printed again: many sessions
 * have the same to say. */
void cli_warn_once(void);
/* As warn, but the hook of cli_on_warn is not called: the report tells of it in
 * its own way. */
void cli_complain(const char *sentence);
/* Prints `TOOL: sentence` unless -q. */
void info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* As info, only with -v. */
void verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called once by die with what it printed, e.g. to write the report's end.
 * One at a time; NULL for none. */
void cli_on_die(void (*hook)(void *user, enum rtc_exit status,
                             const char *sentence),
                void *user);

/* The tool's name, which starts every line. */
const char *cli_name(void);
/* Shows `line` in place of the one shown before, only on a terminal and without
 * -q and -v; "" takes it away. Lines for people do that by themselves. */
void cli_progress(const char *line);

/* Called with what each warning printed; NULL for nobody. */
void cli_on_warn(void (*hook)(void *user, const char *sentence), void *user);

/* Number of -v less number of -q. */
int cli_verbosity(void);
/* The log level this asks of the library. */
enum rtc_log_level cli_log_level(void);
/* An rtc_log_fn: lines to stderr, prefixed. `user` is ignored. */
void cli_log(void *user, enum rtc_log_level level, const char *line);

/* Ends the process the way signal `number` would, so that a shell sees 128 + n.
 * Call it last. */
void cli_die_by_signal(int number) __attribute__((noreturn));

/* A secret that never has to be in argv: the first line of `file` when given,
 * else the environment's `variable`, else NULL. Ends the process when the file
 * cannot be read. Lives until the process ends. */
const char *cli_secret(const char *file, const char *variable);
