/* SPDX-License-Identifier: MIT
 * RTCP reports as plain structs: SR and RR (RFC 3550 6.4), SDES with CNAME
 * (6.5), BYE (6.6), and the XR blocks RRTR and DLRR (RFC 3611 4.4, 4.5).
 * Parsing takes a packet from rtc_rtcp_next and gives 0 or RTC_ERR_FORMAT;
 * writing appends one packet and gives 0, RTC_ERR_NOBUF, or RTC_ERR_ARG for a
 * count or length the format cannot hold. */
#pragma once

#include "base/text.h"
#include "rtcp/compound.h"
#include "rtcp/ntp.h"

struct rtc_rtcp_block {
    uint32_t ssrc;
    uint8_t fraction_lost;     /* of 256, since the report before */
    int32_t lost;              /* 24 bit signed; writing clamps to that */
    uint32_t highest_sequence; /* cycles << 16 | sequence */
    uint32_t jitter;           /* RTP ticks */
    uint32_t last_sr;          /* rtc_ntp_middle of it, 0 for none */
    uint32_t delay_since_sr;   /* rtc_ntp_span */
};

/* An SR (`is_sender`) or an RR. */
struct rtc_rtcp_report {
    bool is_sender;
    uint8_t block_count;
    uint32_t ssrc;
    uint64_t ntp;      /* these four: SR only */
    uint32_t rtp_time; /* the same instant as `ntp` */
    uint32_t packet_count;
    uint32_t octet_count;
    struct rtc_rtcp_block blocks[RTC_RTCP_COUNT_MAX];
};

int rtc_rtcp_report_parse(const struct rtc_rtcp_packet *packet,
                          struct rtc_rtcp_report *ret_report);
int rtc_rtcp_report_write(struct rtc_writer *w,
                          const struct rtc_rtcp_report *report);

/* The chunks of an SDES packet that have a CNAME; the text is lent by the
 * packet, is not NUL-terminated and may hold any byte. */
struct rtc_rtcp_sdes {
    uint8_t count;
    struct rtc_rtcp_cname {
        uint32_t ssrc;
        struct rtc_text cname; /* at most 255 bytes */
    } chunks[RTC_RTCP_COUNT_MAX];
};

int rtc_rtcp_sdes_parse(const struct rtc_rtcp_packet *packet,
                        struct rtc_rtcp_sdes *ret_sdes);
int rtc_rtcp_sdes_write(struct rtc_writer *w, const struct rtc_rtcp_sdes *sdes);

struct rtc_rtcp_bye {
    uint8_t count;
    uint32_t ssrcs[RTC_RTCP_COUNT_MAX];
    struct rtc_text reason; /* lent; at most 255 bytes, len 0: none */
};

int rtc_rtcp_bye_parse(const struct rtc_rtcp_packet *packet,
                       struct rtc_rtcp_bye *ret_bye);
int rtc_rtcp_bye_write(struct rtc_writer *w, const struct rtc_rtcp_bye *bye);

/* An XR packet; other block types are skipped, and DLRR entries beyond the
 * array dropped. */
struct rtc_rtcp_xr {
    uint32_t ssrc;
    bool has_rrtr;
    uint8_t dlrr_count;
    uint64_t ntp; /* RRTR: when it was sent */
    struct rtc_rtcp_dlrr {
        uint32_t ssrc;
        uint32_t last_rr; /* rtc_ntp_middle of the RRTR answered */
        uint32_t delay;   /* rtc_ntp_span since then */
    } dlrr[RTC_RTCP_COUNT_MAX];
};

int rtc_rtcp_xr_parse(const struct rtc_rtcp_packet *packet,
                      struct rtc_rtcp_xr *ret_xr);
int rtc_rtcp_xr_write(struct rtc_writer *w, const struct rtc_rtcp_xr *xr);
