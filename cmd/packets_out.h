/* SPDX-License-Identifier: MIT
 *
 * A recording: received RTP packets to an rtpdump file, as they come.
 */
#pragma once

#include "cmd/sink.h"

struct packets_out;

/* As sink_new; the format is rtpdump. */
struct packets_out *packets_out_new(struct driver *driver,
                                    const struct sink_options *options,
                                    void (*failed)(void *user, int error),
                                    void *user);
/* Writes a packet. NULL, or in a word why it was left out. */
const char *packets_out_write(struct packets_out *out,
                              const struct rtc_packet *packet);
/* Ends the file and frees; 0, or -1 with errno. NULL is fine. */
int packets_out_close(struct packets_out *out);
