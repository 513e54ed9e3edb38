/* SPDX-License-Identifier: MIT
 *
 * Option values, as tables of rows.
 */
#include "cmd/value.h"

#include "tap.h"

#define BAD -77 /* what the output held before, so it must still hold it */

struct row {
    bool (*parse)(const char *text, int64_t *ret_number);
    const char *text;
    int64_t wanted;
};

static const struct row rows[] = {
    {value_duration, "500ms", 500000},
    {value_duration, "5s", 5000000},
    {value_duration, "5", 5000000},
    {value_duration, "1.5s", 1500000},
    {value_duration, "1m", 60000000},
    {value_duration, "2h", 7200000000},
    {value_duration, "20us", 20},
    {value_duration, "0", 0},
    {value_duration, "", BAD},
    {value_duration, "ms", BAD},
    {value_duration, "5 s", BAD},
    {value_duration, " 5s", BAD},
    {value_duration, "-5s", BAD},
    {value_duration, "5sec", BAD},
    {value_duration, "1.2.3", BAD},
    {value_duration, ".", BAD},
    {value_duration, "inf", BAD},
    {value_duration, "nan", BAD},
    {value_duration, "0x10", BAD},
    {value_duration, "1e3", BAD},
    {value_duration, "87601h", BAD},
    {value_duration, "99999999999999999999999", BAD},
    {value_size, "65536", 65536},
    {value_size, "64k", 65536},
    {value_size, "2M", 2097152},
    {value_size, "1G", 1073741824},
    {value_size, "0.5k", 512},
    {value_size, "1500B", 1500},
    {value_size, "64kB", BAD},
    {value_size, "9999999999G", BAD},
    {value_rate, "800k", 800000},
    {value_rate, "2.5M", 2500000},
    {value_rate, "1G", 1000000000},
    {value_rate, "1200", 1200},
    {value_rate, "2Mbit", BAD},
    {value_percent, "3%", 30000000},
    {value_percent, "0.5%", 5000000},
    {value_percent, "100%", 1000000000},
    {value_percent, "0%", 0},
    {value_percent, "100.1%", BAD},
    {value_percent, "3", BAD},
    {value_percent, "%", BAD},
    {value_percent, "3%%", BAD},
    {value_percent, "-3%", BAD},
    {value_integer, "0", 0},
    {value_integer, "-12", -12},
    {value_integer, "+7", 7},
    {value_integer, "9007199254740992", 9007199254740992},
    {value_integer, "9007199254740994", BAD},
    {value_integer, "1.5", BAD},
    {value_integer, "--1", BAD},
    {value_integer, "", BAD},
    {value_integer, "12k", BAD},
};

static const struct {
    const char *text;
    int first, last; /* 0: refused */
} ranges[] = {
    {"8000", 8000, 8000},  {"8000-8100", 8000, 8100},
    {"1-65535", 1, 65535}, {"0", 0, 0},
    {"0-10", 0, 0},        {"10-9", 0, 0},
    {"1-65536", 0, 0},     {"-5", 0, 0},
    {"5-", 0, 0},          {"123456789-2", 0, 0},
    {"1-2-3", 0, 0},       {"", 0, 0},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t number = BAD;
        bool taken = rows[i].parse(rows[i].text, &number);

        is_int(number, rows[i].wanted, rows[i].text);
        is_int(taken, rows[i].wanted != BAD, "result and output agree");
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct port_range range = {0, 0};

        ok(value_ports(ranges[i].text, &range) == (ranges[i].first > 0) &&
               range.first == ranges[i].first && range.last == ranges[i].last,
           ranges[i].text);
    }
    return tap_done();
}
