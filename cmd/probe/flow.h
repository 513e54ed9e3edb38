/* SPDX-License-Identifier: MIT
 *
 * A series of echoes that is sent: one every so often, at a rate, or as many as
 * the path carries; and what of it came back.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/probe/echo.h"
#include "cmd/probe/window.h"

struct probe_flow_setup {
    struct driver *driver;
    size_t len;     /* of a datagram */
    uint32_t count; /* at most */
    /* One of three: between one and the next; bits per second; or, both 0, what
     * passes. */
    rtc_usec interval;
    int64_t bitrate_bps;
    rtc_usec rtt_us;  /* what passes: the longest round trip that is likely */
    rtc_usec time;    /* to send for; 0: until the count is reached */
    rtc_usec timeout; /* after which one is lost */
    bool first_only;  /* all is known when one is back */
    /* False: there is no room for it now. */
    bool (*send)(void *user, const uint8_t *data, size_t len);
    void *user;
};

struct probe_flow {
    struct probe_flow_setup setup;
    struct probe_echo echo;
    struct driver_watch *timer;
    rtc_usec begun, ended; /* of sending; RTC_NEVER: it goes on */
    rtc_usec first_at, last_at;
    uint32_t counted; /* came back while the bit rate was measured */
    bool is_over;
    struct probe_window window; /* when it is what passes */
};

/* Sends, and waits for what is missing: returns when that is over, or when
 * somebody else stopped the driver. Ends the process when memory runs out. */
void probe_flow_run(struct probe_flow *flow,
                    const struct probe_flow_setup *setup);
/* What came. Whether it is a new one of this flow. */
bool probe_flow_receive(struct probe_flow *flow, const uint8_t *data,
                        size_t len);
/* Bits per second that left and that came back, of the datagrams' content; -1:
 * it did not run. */
int64_t probe_flow_sent_bps(const struct probe_flow *flow);
int64_t probe_flow_received_bps(const struct probe_flow *flow);
void probe_flow_done(struct probe_flow *flow);
