/* SPDX-License-Identifier: MIT
 *
 * One result in each form: what is unknown, what has to be escaped, and how it
 * is judged. Also the numbers of a series, and where addresses are.
 */
#include "cmd/probe/form.h"

#include <math.h>

#include "cmd/probe/place.h"
#include "cmd/probe/series.h"
#include "tap.h"

static const struct probe_kind kind = {"server", "servers"};

static void make_result(struct probe_result *result)
{
    static const struct probe_case cases[] = {
        {.id = "one", .title = "it holds", .outcome = PROBE_OK},
        {.id = "two",
         .title = "a # sign, <&> and \"quotes\"",
         .outcome = PROBE_NOT_OK,
         .why = "not\nso",
         .line = 7,
         .source = "RFC 1 2"},
        {.id = "three",
         .title = "skipped",
         .outcome = PROBE_SKIP,
         .why = "no time"},
    };
    struct probe_group *group;

    *result = (struct probe_result){.subject = "stun", .time_us = 1500000};
    for (int i = 0; i < 2; i++) {
        group = probe_add_group(result, &kind, i ? "b\"\\" : "a\033");
        probe_set_text(group, "mappedAddress", i ? NULL : "192.0.2.1:1");
        probe_set_time(group, "rttAvg", i ? -1 : 12300);
        probe_set(group, "loss", PROBE_RATIO, i ? INFINITY : 0.25);
        probe_set(group, "portKept", PROBE_FLAG, i ? NAN : 1);
        probe_set(group, "sent", PROBE_COUNT, 5);
        probe_set(group, "bitrate", PROBE_BITRATE, i ? 2.5e6 : NAN);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        probe_add_case(result, &cases[i]);
    probe_add_verdict(result, "It is %s.", "so");
    probe_add_threshold(result, "max-loss", false, "%d %% lost", 25);
    probe_add_threshold(result, "max-rtt", true, "12 ms");
    probe_add_threshold(result, "require-x", false, "y");
}

static const char *write(const struct probe_result *result,
                         void (*form)(const struct probe_result *, FILE *))
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");

    memset(text, 0, sizeof text);
    form(result, out);
    fclose(out);
    return text;
}

static void write_plain(const struct probe_result *result, FILE *out)
{
    probe_write_table(result, false, out);
}

static void write_coloured(const struct probe_result *result, FILE *out)
{
    probe_write_table(result, true, out);
}

static void test_table(const struct probe_result *result)
{
    const char *text = write(result, write_plain);

    ok(strstr(text, "server  mapped address  rtt avg  loss  port kept  sent"),
       "columns");
    ok(strstr(text, "a       192.0.2.1:1     12.3 ms  25 %        yes     5"),
       "a row, its control character a blank");
    ok(strstr(text, "b\"\\     -                     -     -          -     5"),
       "what is not known");
    ok(strstr(text, "2.50 Mbit/s"), "a bitrate");
    ok(strstr(text, "        line 7: not so (RFC 1 2)\n"), "why");
    ok(strstr(text, "\nFAIL  --max-loss: 25 % lost\n"), "a threshold");
    ok(!strchr(text, '\033'), "no colour");
    ok(strstr(write(result, write_coloured), "\033[31mFAIL\033[m"), "colour");
}

static void test_json(const struct probe_result *result)
{
    const char *text = write(result, probe_write_json);

    ok(strstr(text, "\"rttAvg\":0.0123,\"loss\":0.25,\"portKept\":true,"
                    "\"sent\":5,\"bitrate\":null}"),
       "a group");
    ok(strstr(text, "\"mappedAddress\":null,\"rttAvg\":null,\"loss\":null,"
                    "\"portKept\":null"),
       "what is not known is null");
    ok(strstr(text, "\"exit\":3,\"error\":{\"name\":\"threshold\",\"message\":"
                    "\"--max-loss: 25 % lost; --require-x: y\"}}\n"),
       "the end");
    text = write(result, probe_write_events);
    ok(!strncmp(text, "{\"v\":1,\"t\":1.5,\"event\":\"result\",", 32),
       "an event");
    ok(strstr(text, "\"event\":\"end\",\"verdicts\":[\"It is so.\"]"),
       "its end");
}

static void test_prometheus(const struct probe_result *result)
{
    const char *text = write(result, probe_write_prometheus);
    const char *help = strstr(text, "# HELP rtc_probe_stun_rtt_avg_seconds ");

    ok(help && !strstr(help + 1, "# HELP rtc_probe_stun_rtt_avg_seconds "),
       "a metric is told of once");
    ok(strstr(text, "\nrtc_probe_stun_rtt_avg_seconds{server=\"a \"} 0.0123\n"),
       "its sample");
    ok(!strstr(text, "rtt_avg_seconds{server=\"b"), "not what is not known");
    ok(strstr(text, "rtc_probe_stun_sent{server=\"b\\\"\\\\\"} 5\n"),
       "a label is escaped");
    ok(strstr(text, "_info{server=\"a \",mapped_address=\"192.0.2.1:1\"} 1\n"),
       "texts");
    ok(strstr(text, "rtc_probe_stun_cases{outcome=\"not ok\"} 1\n"), "cases");
    ok(strstr(text, "rtc_probe_stun_exit 3\n"), "exit");
    ok(!strstr(text, "nan") && !strstr(text, "inf}"), "no NaN");
}

/* One that was named twice, and an integer of ten digits. */
static void test_prometheus_twice(void)
{
    struct probe_result result = {.subject = "turn"};
    const char *text, *first;

    for (int i = 0; i < 3; i++) {
        struct probe_group *group = probe_add_group(&result, &kind, "a");

        probe_set_text(group, "address", i < 2 ? "x" : "y");
        probe_set(group, "priority", PROBE_COUNT, i ? 1 : 2129654271);
    }
    probe_add_threshold(&result, "require-x", true, "IPv4");
    probe_add_threshold(&result, "require-x", false, "IPv6");
    text = write(&result, probe_write_prometheus);
    first = strstr(text, "priority{server=\"a\",address=\"x\"} 2129654271\n");
    ok(first && !strstr(first + 1, "priority{server=\"a\",address=\"x\"}"),
       "one sample for the same labels, the first, with all digits");
    ok(strstr(text, "priority{server=\"a\",address=\"y\"} 1\n"),
       "and one for others");
    first = strstr(text, "_info{server=\"a\",address=\"x\"} 1\n");
    ok(first && !strstr(first + 1, "_info{server=\"a\",address=\"x\"}") &&
           strstr(first, "_info{server=\"a\",address=\"y\"} 1\n"),
       "its texts once, too");
    first = strstr(text, "_passed{threshold=\"require-x\"} ");
    ok(first && !strncmp(strchr(first, ' '), " 0\n", 3) &&
           !strstr(first + 1, "_passed{threshold=\"require-x\"} "),
       "a threshold for each family is one, which all have to pass");
    probe_result_done(&result);
}

static void test_warning(void)
{
    struct probe_result result = {.subject = "sdp"};

    probe_add_case(&result, &(struct probe_case){.id = "one",
                                                 .title = "it holds",
                                                 .outcome = PROBE_WARNING,
                                                 .why = "so to speak"});
    ok(strstr(write(&result, probe_write_tap),
              "\nok 1 - one: it holds\n# warning: so to speak\n"),
       "TAP: a warning is told from what holds");
    probe_result_done(&result);
}

static void test_cases(const struct probe_result *result)
{
    is_str(write(result, probe_write_tap),
           "TAP version 13\n1..6\n"
           "ok 1 - one: it holds\n"
           "not ok 2 - two: a \\# sign, <&> and \"quotes\"\n"
           "# line 7: not so (RFC 1 2)\n"
           "ok 3 - three: skipped # SKIP no time\n"
           "not ok 4 - max-loss: 25 % lost\n"
           "ok 5 - max-rtt: 12 ms\n"
           "not ok 6 - require-x: y\n",
           "TAP");
    ok(strstr(write(result, probe_write_junit),
              "tests=\"6\" failures=\"3\" skipped=\"1\""),
       "JUnit: counts");
    ok(strstr(write(result, probe_write_junit),
              "name=\"two: a # sign, &lt;&amp;&gt; and &quot;quotes&quot;\">"
              "<failure message=\"line 7: not so\"/></testcase>\n"),
       "JUnit: a failure");
}

static void test_judge(void)
{
    struct probe_result result = {.subject = "stun"};

    probe_add_threshold(&result, "max-rtt", true, "12 ms");
    probe_result_judge(&result);
    is_int(result.status, RTC_EXIT_DONE, "all kept");
    probe_add_threshold(&result, "require-x", false, "y");
    probe_result_judge(&result);
    is_int(result.status, RTC_EXIT_THRESHOLD, "one that was not");
    is_str(result.error, "--require-x: y", "and which");
    probe_result_done(&result);
}

static void test_series(void)
{
    struct probe_series series = {0};

    is_int(probe_series_loss(&series), -1, "nothing sent");
    is_int(probe_series_mean(&series), -1, "no mean");
    series.sent = 4;
    probe_series_add(&series, 10000);
    is_int(probe_series_jitter(&series), -1, "no jitter of one");
    probe_series_add(&series, 16000);
    probe_series_add(&series, 13000);
    is_int(probe_series_loss(&series), 250000000, "one of four lost");
    is_int(probe_series_mean(&series), 13000, "mean");
    is_int(probe_series_jitter(&series), 4500, "jitter");
    is_int(series.least, 10000, "least");
    is_int(series.most, 16000, "most");
}

static void test_place(void)
{
    static const struct {
        const char *text;
        enum probe_place place;
    } rows[] = {
        {"127.0.0.1:1", PROBE_LOOPBACK},   {"10.255.0.1:1", PROBE_PRIVATE},
        {"172.16.0.1:1", PROBE_PRIVATE},   {"172.31.0.1:1", PROBE_PRIVATE},
        {"172.32.0.1:1", PROBE_PUBLIC},    {"192.168.9.9:1", PROBE_PRIVATE},
        {"100.64.0.1:1", PROBE_SHARED},    {"100.127.0.1:1", PROBE_SHARED},
        {"100.128.0.1:1", PROBE_PUBLIC},   {"169.254.1.1:1", PROBE_LINK_LOCAL},
        {"8.8.8.8:1", PROBE_PUBLIC},       {"[::1]:1", PROBE_LOOPBACK},
        {"[fd00::1]:1", PROBE_PRIVATE},    {"[fe80::1]:1", PROBE_LINK_LOCAL},
        {"[2001:db8::1]:1", PROBE_PUBLIC}, {"[::2]:1", PROBE_PUBLIC},
    };
    struct rtc_addr addr;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ok(!rtc_addr_parse(rows[i].text, &addr), rows[i].text))
            is_int(probe_place_of(&addr), rows[i].place, rows[i].text);
}

int main(void)
{
    struct probe_result result;

    make_result(&result);
    probe_result_judge(&result);
    is_int(result.status, RTC_EXIT_THRESHOLD, "a threshold before a lack");
    test_table(&result);
    test_json(&result);
    test_prometheus(&result);
    test_prometheus_twice();
    test_cases(&result);
    probe_result_done(&result);
    test_judge();
    test_series();
    test_place();
    test_warning();
    return tap_done();
}
