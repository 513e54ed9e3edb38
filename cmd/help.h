/* SPDX-License-Identifier: MIT
 *
 * --help: a table of options, for people. A screen of what is used often; all;
 * or one option with what its value can be.
 */
#pragma once

#include "cmd/cli.h"

/* Prints to stdout. `rows`: the tool's, as of cli_rows; `every`: those that every
 * tool has. `what`: "all", an option's long name, or anything else for the
 * options that are used often; may be NULL. */
void help_print(const struct cli_tool *tool, const struct rtc_option *rows,
                const struct rtc_option *every, const char *what);
