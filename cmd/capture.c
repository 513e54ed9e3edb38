/* SPDX-License-Identifier: MIT
 *
 * Packets and secrets into files. A capture never ends a session: a file that
 * cannot be written any more is given up with a warning.
 */
#include "cmd/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/exit.h"
#include "cmd/file.h"
#include "cmd/pcapng.h"

/* Packets are written when so many bytes wait, or have waited so long. */
#define BUFFER_LEN ((size_t)256 << 10)
#define WAIT_US 200000
#define WRITE_LIMIT_MS 1000
#define LARGEST 65536

struct capture {
    const char *pcap_name, *keylog_name;
    struct driver *driver;
    struct driver_watch *timer;
    int pcap, keylog;      /* -1: none, or given up */
    int64_t since_1970_us; /* of the driver's clock's zero */
    size_t len;
    uint8_t buffer[BUFFER_LEN + LARGEST + PCAPNG_OVERHEAD];
};

static void give_up(int *fd, const char *option, const char *file)
{
    warn("%s %s: %s: no more is written", option, file, strerror(errno));
    close(*fd);
    *fd = -1;
}

static void flush(struct capture *capture)
{
    if (capture->pcap >= 0 && capture->len &&
        file_write_all(capture->pcap, capture->buffer, capture->len,
                       WRITE_LIMIT_MS))
        give_up(&capture->pcap, "--pcap", capture->pcap_name);
    capture->len = 0;
}

static void on_timer(void *user, int what)
{
    (void)what;
    flush(user);
}

/* `len` bytes more wait in the buffer. */
static void added(struct capture *capture, size_t len)
{
    if (!capture->len)
        driver_timer_set(capture->timer, driver_now(capture->driver) + WAIT_US);
    capture->len += len;
    if (capture->len >= BUFFER_LEN)
        flush(capture);
}

static void on_packet(void *user, const struct rtc_tapped *packet)
{
    struct capture *capture = user;

    if (capture->pcap < 0 || packet->len > LARGEST)
        return;
    added(capture,
          pcapng_packet(packet,
                        (uint64_t)(packet->time + capture->since_1970_us),
                        capture->buffer + capture->len));
}

static void on_secret(void *user, const char *line)
{
    struct capture *capture = user;
    size_t len = strlen(line);

    if (capture->pcap >= 0)
        added(capture,
              pcapng_secrets(line, len, capture->buffer + capture->len));
    if (capture->keylog >= 0 &&
        file_write_all(capture->keylog, line, len, WRITE_LIMIT_MS))
        give_up(&capture->keylog, "--keylog", capture->keylog_name);
}

/* A key log is added to, as other programs do. */
static int open_file(const char *option, const char *file, bool add)
{
    int fd = -1;

    if (file)
        fd = file_open_private(file, add);
    if (file && fd < 0)
        die(RTC_EXIT_OUTPUT, "%s %s: %s", option, file, strerror(errno));
    return fd;
}

/* As other programs with TLS have it. */
static const char *environment_keylog(void)
{
    const char *file = getenv("SSLKEYLOGFILE");

    return file && *file ? file : NULL;
}

static int64_t since_1970(struct driver *driver)
{
    struct timespec clock;

    clock_gettime(CLOCK_REALTIME, &clock);
    return (int64_t)clock.tv_sec * 1000000 + clock.tv_nsec / 1000 -
           driver_now(driver);
}

struct capture *capture_new(struct driver *driver,
                            const struct capture_options *options,
                            const char *tool)
{
    const char *keylog =
        options->keylog ? options->keylog : environment_keylog();
    struct capture *capture;
    char name[64];

    if (!options->pcap && !keylog)
        return NULL;
    capture = calloc(1, sizeof *capture);
    if (!capture)
        die(RTC_EXIT_INTERNAL, "out of memory");
    capture->pcap_name = options->pcap;
    capture->keylog_name = keylog;
    capture->driver = driver;
    capture->timer = driver_timer_new(driver, on_timer, capture);
    if (!capture->timer)
        die(RTC_EXIT_INTERNAL, "out of memory");
    capture->since_1970_us = since_1970(driver);
    capture->pcap = open_file("--pcap", options->pcap, false);
    capture->keylog = open_file("--keylog", keylog, true);
    snprintf(name, sizeof name, "rtcpipe %s", rtc_version());
    if (capture->pcap >= 0)
        added(capture, pcapng_begin(name, tool, capture->buffer));
    return capture;
}

void capture_config(struct capture *capture, struct rtc_config *config)
{
    if (!capture)
        return;
    if (capture->pcap >= 0) {
        config->tap = on_packet;
        config->tap_user = capture;
    }
    config->keylog = on_secret;
    config->keylog_user = capture;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    flush(capture);
    driver_watch_free(capture->timer);
    if (capture->pcap >= 0)
        close(capture->pcap);
    if (capture->keylog >= 0)
        close(capture->keylog);
    free(capture);
}
