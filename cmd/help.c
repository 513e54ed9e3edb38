/* SPDX-License-Identifier: MIT
 *
 * --help: rows of a table as lines of two columns.
 */
#include "cmd/help.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 80 /* columns */
#define INDENT 28

/* Prints `text` word by word from column INDENT on, and continued there. */
static void print_wrapped(const char *text)
{
    int at = INDENT;

    while (*text) {
        int len = (int)strcspn(text, " ");

        if (at + 1 + len >= WIDTH && at > INDENT) {
            printf("\n%*s", INDENT, "");
            at = INDENT;
        }
        at += printf("%s%.*s", at > INDENT ? " " : "", len, text);
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const struct rtc_option *option)
{
    int at =
        option->letter ? printf("  -%c, ", option->letter) : printf("      ");

    at += printf("--%s", option->name);
    if (option->argument)
        at += printf(" %s", option->argument);
    if (at >= INDENT - 1) {
        putchar('\n');
        at = 0;
    }
    printf("%*s", INDENT - at, "");
    print_wrapped(option->help);
}

static void print_groups(const struct rtc_option *option)
{
    for (; option->name; option++) {
        if (option->heading)
            printf("\n%s:\n", option->heading);
        print_option(option);
    }
}

static void print_often(const struct rtc_option *option)
{
    for (; option->name; option++)
        if (option->often)
            print_option(option);
}

static bool has_often(const struct rtc_option *option)
{
    while (option->name && !option->often)
        option++;
    return option->name != NULL;
}

static const struct rtc_option *find(const struct rtc_option *option,
                                     const char *name)
{
    while (option->name && strcmp(option->name, name) != 0)
        option++;
    return option->name ? option : NULL;
}

static void print_one(const struct rtc_option *option)
{
    print_option(option);
    if (option->type != OPTION_CHOICE)
        return;
    printf("\nIts value is one of:");
    for (int i = 0; option->choices[i]; i++)
        printf(" %s", option->choices[i]);
    putchar('\n');
}

void help_print(const struct cli_tool *tool, const struct rtc_option *rows,
                const struct rtc_option *every, const char *what)
{
    const struct rtc_option *one = NULL;
    bool all = !has_often(rows) || (what && !strcmp(what, "all"));

    if (what)
        one = find(rows, what) ? find(rows, what) : find(every, what);
    if (one) {
        print_one(one);
        return;
    }
    printf("Usage: %s %s%s%s\n%s\n", tool->name,
           tool->is_family ? "" : "[OPTION]...",
           *tool->operands && !tool->is_family ? " " : "", tool->operands,
           tool->summary);
    if (all) {
        print_groups(rows);
        print_groups(every);
    } else {
        putchar('\n');
        print_often(rows);
        print_often(every);
    }
    if (tool->notes)
        printf("\n%s\n", tool->notes);
    if (!all)
        printf("%sAll options: %s --help all\n", tool->notes ? "" : "\n",
               tool->name);
}
