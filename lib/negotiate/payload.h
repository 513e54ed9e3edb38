/* SPDX-License-Identifier: MIT
 * What we put into descriptions of our own: the payload formats and header
 * extensions we offer and take, as tables, and the numbers they get. A new
 * codec is new rows of payload.c. */
#pragma once

#include "negotiate/negotiate.h"

struct rtc_payload {
    enum rtc_codec codec;
    uint8_t payload_type, rtx_payload_type; /* preferred; no RTX: 0 */
    uint8_t offered, accepted;              /* bits of enum rtc_sdp_feedback */
    const char *fmtp;                       /* "" for none */
    /* Whether parameters of the remote mean this row; NULL: all do. */
    bool (*fits)(struct rtc_text theirs, struct rtc_text ours);
    /* The parameters to answer with, kept by `sdp`; NULL: ours. */
    struct rtc_text (*answer)(struct rtc_sdp *sdp, struct rtc_text theirs,
                              struct rtc_text ours);
};

#define RTC_PAYLOAD_MOST 32
/* What every row offers and accepts beside its own. */
#define RTC_PAYLOAD_FEEDBACK RTC_SDP_TRANSPORT_CC

/* Row `index`, NULL past the last. Static. */
const struct rtc_payload *rtc_payload_at(unsigned index);
/* The row that a format of the remote means, or NULL. Static. */
const struct rtc_payload *rtc_payload_of(const struct rtc_sdp_format *format);
/* The codec by name, clock rate and channels, parameters aside. */
enum rtc_codec rtc_payload_codec(const struct rtc_sdp_format *format);
/* The profile its parameters name, as rtc_codec_entry.profile has it; 0 for
 * codecs without. */
unsigned rtc_payload_profile(const struct rtc_sdp_format *format);

struct rtc_payload_extension {
    enum rtc_extension extension;
    uint8_t id; /* preferred */
    bool audio, video;
    bool offered; /* else only taken when the remote offers it */
    enum rtc_direction direction;
    bool packets; /* only for packet-level tracks */
};

/* Row `index`, NULL past the last. Static. */
const struct rtc_payload_extension *rtc_payload_extension_at(unsigned index);
/* Whether a track has use for it. */
bool rtc_payload_extension_suits(const struct rtc_payload_extension *row,
                                 const struct rtc_negotiate_track *track);

/* As rtc_extension_uri and rtc_extension_by_uri, the caller's own (or NULL)
 * included; "" for one that is not used. */
struct rtc_text rtc_payload_extension_uri(const char *const *own_uris,
                                          enum rtc_extension extension);
enum rtc_extension rtc_payload_extension_by_uri(const char *const *own_uris,
                                                struct rtc_text uri);

/* No payload type; 0 is one (PCMU). */
#define RTC_PAYLOAD_NONE 255

/* Numbers in use. A number means one thing in all bundled sections (RFC 9143
 * 9.1), and keeps its meaning in later offers (RFC 3264 8.3.2). */
struct rtc_payload_numbers {
    bool payload_type_used[128];
    uint8_t payload_types[RTC_PAYLOAD_MOST]; /* by row; RTC_PAYLOAD_NONE */
    uint8_t rtx_payload_types[RTC_PAYLOAD_MOST];
    uint8_t red_payload_type; /* of Opus, the only one with RED */
    bool id_used[RTC_EXTENSION_ID_MAX + 1];
    uint8_t ids[RTC_EXTENSION_COUNT];
    const char *const *own_uris;
};

/* Takes over what the descriptions in force say. Borrows own_uris as long as
 * `numbers` is used. */
void rtc_payload_numbers_init(struct rtc_payload_numbers *numbers,
                              const struct rtc_negotiate_current *current,
                              const char *const *own_uris);
/* The number of row `index` and of its RTX (if it has one), RTC_PAYLOAD_NONE
 * when none are left. */
uint8_t rtc_payload_number(struct rtc_payload_numbers *numbers, unsigned index);
uint8_t rtc_payload_rtx_number(struct rtc_payload_numbers *numbers,
                               unsigned index);
/* The number of the RED of row `index` (RFC 2198), RTC_PAYLOAD_NONE without. */
uint8_t rtc_payload_red_number(struct rtc_payload_numbers *numbers,
                               unsigned index);
/* Whether RED is taken for the codec. */
bool rtc_payload_has_red(enum rtc_codec codec);
/* The id of a header extension, or 0 when none are left. */
uint8_t rtc_payload_extension_id(struct rtc_payload_numbers *numbers,
                                 const struct rtc_payload_extension *row);
