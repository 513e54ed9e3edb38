/* SPDX-License-Identifier: MIT
 * Fuzz target: the rtpdump reader and writer (media/rtpdump.c), and the input
 * as a packet (media/packet.c), which comes back as it was taken apart. */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_packet(const uint8_t *data, size_t len)
{
    struct rtc_packet packet, again;
    uint8_t *buf = malloc(len ? len : 1);
    int written;

    if (!buf || rtc_media_packet_parse(data, len, &packet)) {
        free(buf);
        return;
    }
    written = rtc_media_packet_write(&packet, buf, len);
    if (written < 0 || rtc_media_packet_parse(buf, (size_t)written, &again) ||
        again.len != packet.len || again.sequence != packet.sequence ||
        again.media_time != packet.media_time || again.ssrc != packet.ssrc ||
        again.marker != packet.marker ||
        again.payload_type != packet.payload_type ||
        (again.len && memcmp(again.payload, packet.payload, again.len)))
        abort();
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_packet(data, len);
    return media_fuzz(RTC_MEDIA_RTPDUMP, data, len);
}
