/* SPDX-License-Identifier: MIT
 *
 * A timer begins the clients, another tells how it goes, and a third bounds it
 * all.
 */
#include "cmd/probe/crowd.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cmd/interface.h"
#include "cmd/probe/client_report.h"

/* An end in good order takes no longer. */
#define END_LIMIT_US 5000000
#define SECOND_US 1000000
/* Of a process that dies; each may take two seconds, if the server does not
 * answer. */
#define LAST_WORDS_S 4
/* Descriptors of the process, and of a client beside its sockets: a connection
 * to the HTTP server, two of libcurl's own, and a name that is looked up. */
#define PROCESS_FILES 32
#define CLIENT_FILES 5

/* ---- descriptors --------------------------------------------------------- */

static unsigned files_needed(const struct crowd_options *options)
{
    const struct endpoint_options *end = &options->client.end;
    const struct interface_filter filter = {end->interface, end->family};
    struct rtc_addr addrs[INTERFACE_MOST];
    int sockets = interface_list(&filter, addrs);

    return PROCESS_FILES +
           (unsigned)options->count *
               (CLIENT_FILES + (unsigned)(sockets > 0 ? sockets : 0));
}

void crowd_make_room(const struct crowd_options *options)
{
    unsigned needed = files_needed(options);
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < needed)
        die(RTC_EXIT_GATHER,
            "%lld sessions need %u open files, and %llu are allowed: raise the "
            "hard limit (ulimit -Hn), or begin fewer",
            (long long)options->count, needed,
            (unsigned long long)limit.rlim_max);
}

/* ---- how it goes --------------------------------------------------------- */

static uint64_t media_bytes(const struct crowd *crowd)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < crowd->begun; i++)
        for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
            bytes += crowd->clients[i]->publisher
                         ? crowd->clients[i]->tracks[kind].bytes_sent
                         : crowd->clients[i]->tracks[kind].bytes_received;
    return bytes;
}

static void tell(struct crowd *crowd, double bitrate)
{
    struct client_numbers n, all = {0};
    struct probe_group group = {0};

    for (unsigned i = 0; i < crowd->begun; i++) {
        client_numbers(crowd->clients[i], &n);
        all.expected += n.expected;
        all.lost += n.lost;
    }
    probe_set(&group, "begun", PROBE_COUNT, crowd->begun);
    probe_set(&group, "connected", PROBE_COUNT, crowd->connected);
    probe_set(&group, "over", PROBE_COUNT, crowd->over);
    probe_set(&group, "bitrate", PROBE_BITRATE, bitrate);
    probe_set(&group, "packetsExpected", PROBE_COUNT, (double)all.expected);
    probe_set(&group, "packetsLost", PROBE_COUNT, (double)all.lost);
    probe_report_event(crowd->report, "interval", &group);
}

static void on_second(void *user, int what)
{
    struct crowd *crowd = user;
    rtc_usec now = driver_now(crowd->driver);
    rtc_usec interval = crowd->options->interval;
    uint64_t bytes = media_bytes(crowd);
    double bitrate = 8e6 * (double)(bytes - crowd->told_bytes) /
                     (double)(now - crowd->told_at);
    char line[120];

    (void)what;
    snprintf(line, sizeof line,
             "%.0f s, %u of %lld connected, %u over, %.2f Mbit/s",
             (double)(now - crowd->began_at) / 1e6, crowd->connected,
             (long long)crowd->options->count, crowd->over, bitrate / 1e6);
    cli_progress(line);
    if (interval)
        tell(crowd, bitrate);
    crowd->told_bytes = bytes;
    crowd->told_at = now;
    driver_timer_set(crowd->second, now + (interval ? interval : SECOND_US));
}

/* ---- one of them --------------------------------------------------------- */

static void on_connected(void *user, struct client *client)
{
    struct crowd *crowd = user;
    struct probe_group group = {0};

    (void)client;
    crowd->connected++;
    probe_set(&group, "connected", PROBE_COUNT, crowd->connected);
    probe_report_event(crowd->report, "connected", &group);
}

static bool is_complete(const struct crowd *crowd)
{
    return crowd->over == crowd->begun &&
           (crowd->is_ending || crowd->begun == crowd->options->count);
}

static void on_over(void *user, struct client *client)
{
    struct crowd *crowd = user;
    enum rtc_exit status = client_status(client);
    struct probe_group group = {0};

    crowd->over++;
    probe_set_text(&group, "name", exit_name((int)status));
    probe_set_text(&group, "message", status ? client_error(client) : NULL);
    probe_report_event(crowd->report, "over", &group);
    if (is_complete(crowd))
        driver_stop(crowd->driver);
}

/* Those that are due by now, evenly over the ramp. */
static void on_next(void *user, int what)
{
    struct crowd *crowd = user;
    rtc_usec now = driver_now(crowd->driver), due = crowd->began_at;
    rtc_usec count = crowd->options->count;

    (void)what;
    while (crowd->begun < (unsigned)count && !crowd->is_ending) {
        due =
            crowd->began_at +
            (count > 1 ? crowd->options->ramp * crowd->begun / (count - 1) : 0);
        if (due > now)
            break;
        client_start(crowd->clients[crowd->begun++]);
    }
    if (crowd->begun < (unsigned)count)
        driver_timer_set(crowd->next, due);
}

static void on_limit(void *user, int what)
{
    struct crowd *crowd = user;

    (void)what;
    crowd->is_cut = true;
    driver_stop(crowd->driver);
}

/* ---- beginning and end --------------------------------------------------- */

void crowd_begin(struct crowd *crowd, const struct crowd_options *options,
                 struct driver *driver, struct probe_report *report)
{
    const struct endpoint_options *end = &options->client.end;
    const struct client_calls calls = {
        .connected = on_connected, .over = on_over, .user = crowd};
    rtc_usec now = driver_now(driver);

    *crowd = (struct crowd){.options = options,
                            .driver = driver,
                            .report = report,
                            .began_at = now,
                            .told_at = now};
    crowd->clients = calloc((size_t)options->count, sizeof *crowd->clients);
    crowd->next = driver_timer_new(driver, on_next, crowd);
    crowd->second = driver_timer_new(driver, on_second, crowd);
    crowd->limit = driver_timer_new(driver, on_limit, crowd);
    if (!crowd->clients || !crowd->next || !crowd->second || !crowd->limit ||
        !load_begin(&crowd->load, driver))
        die(RTC_EXIT_INTERNAL, "out of memory");
    for (int64_t i = 0; i < options->count; i++)
        if (!(crowd->clients[i] = client_new(driver, &options->client, &calls)))
            die(RTC_EXIT_INTERNAL, "out of memory");
    driver_timer_set(crowd->next, now);
    driver_timer_set(crowd->second,
                     now + (options->interval ? options->interval : SECOND_US));
    if (end->max_time)
        driver_timer_set(crowd->limit, now + options->ramp + end->max_time +
                                           end->time + END_LIMIT_US);
}

void crowd_end(struct crowd *crowd)
{
    crowd->is_ending = true;
    driver_timer_set(crowd->next, RTC_NEVER);
    for (unsigned i = 0; i < crowd->begun; i++)
        client_end(crowd->clients[i]);
    if (is_complete(crowd))
        driver_stop(crowd->driver);
}

/* The driver's clock stands still within its calls. */
static time_t clock_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void crowd_die(struct crowd *crowd)
{
    time_t until = clock_seconds() + LAST_WORDS_S;

    for (unsigned i = 0; i < crowd->begun && clock_seconds() < until; i++)
        if (!crowd->clients[i]->is_over)
            client_die(crowd->clients[i]);
}

void crowd_stop(struct crowd *crowd)
{
    load_end(&crowd->load);
    driver_watch_free(crowd->next);
    driver_watch_free(crowd->second);
    driver_watch_free(crowd->limit);
    crowd->next = crowd->second = crowd->limit = NULL;
}

void crowd_done(struct crowd *crowd)
{
    for (int64_t i = 0; i < crowd->options->count; i++)
        client_free(crowd->clients[i]);
    free(crowd->clients);
}
