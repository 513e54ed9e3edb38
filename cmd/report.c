/* SPDX-License-Identifier: MIT
 *
 * Events and totals as JSON Lines, named as in W3C webrtc-stats where it has a
 * name: seconds and bytes, null for what is not known. A reader that does not
 * keep up loses lines (`end` tells how many) instead of stalling the session.
 */
#include "cmd/report.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/file.h"
#include "cmd/impair.h"
#include "cmd/json_of.h"

#define EVENT_VERSION 1
#define TOLD_MOST 64 /* candidates that are told of once; more are not told */
#define END_LIMIT_MS 1000 /* a full pipe delays our end at most this long */

/* Twelve digits are microseconds for eleven days. */
#define FORMAT (JSON_COMPACT | JSON_REAL_PRECISION(12))

struct report {
    int fd; /* -1: nobody reads events */
    rtc_usec start, last;
    rtc_usec phases[REPORT_PHASE_COUNT];  /* when; RTC_NEVER: not yet */
    struct rtc_candidate told[TOLD_MOST]; /* candidates */
    unsigned told_count;
    uint32_t seen, keyed; /* tracks with a packet, with a key frame */
    uint64_t lines_lost;
    const struct impair_counts *impaired; /* or NULL */
    enum rtc_exit status;                 /* of the error, if there was one */
    char error[256];
    bool totals, ended;
};

static const struct {
    const char *name;
    bool is_event;
} phase_names[REPORT_PHASE_COUNT] = {
    [REPORT_RESOLVE] = {"resolve", true},
    [REPORT_TCP] = {"tcp", false},
    [REPORT_TLS] = {"tls", false},
    [REPORT_HTTP] = {"http", false},
    [REPORT_GATHER] = {"gather", false},
    [REPORT_ICE] = {"ice", false},   /* it has more to say, see report_event */
    [REPORT_DTLS] = {"dtls", false}, /* as well */
    [REPORT_FIRST_PACKET] = {"first_packet", true},
    [REPORT_FIRST_KEYFRAME] = {"first_keyframe", true},
};

/* ---- lines --------------------------------------------------------------- */

/* Waits up to `limit_ms` for room. */
static void write_line(struct report *report, const json_t *line, int limit_ms)
{
    struct pollfd wait = {.fd = report->fd, .events = POLLOUT};
    char *text = json_dumps(line, FORMAT);
    size_t len = text ? strlen(text) : 0;

    if (!text || poll(&wait, 1, limit_ms) == 0) {
        report->lines_lost++;
        free(text);
        return;
    }
    text[len] = '\n'; /* in the NUL's place */
    if (file_write_all(report->fd, text, len + 1, END_LIMIT_MS) < 0) {
        warn("no more events: %s", strerror(errno));
        close(report->fd);
        report->fd = -1;
    }
    free(text);
}

/* Takes `fields`. */
static void emit(struct report *report, const char *event, json_t *fields,
                 rtc_usec now)
{
    json_t *line;

    /* A peer's event may be from earlier in the same turn. */
    now = now > report->last ? now : report->last;
    report->last = now;
    if (report->fd >= 0) {
        line = json_pack("{s:i, s:o, s:s}", "v", EVENT_VERSION, "t",
                         json_of_seconds(now - report->start), "event", event);
        if (line) {
            json_object_update(line, fields);
            write_line(report, line, report->ended ? END_LIMIT_MS : 0);
        }
        json_decref(line);
    }
    json_decref(fields);
}

struct report *report_new(const char *file, bool totals, rtc_usec now)
{
    struct report *report = calloc(1, sizeof *report);

    if (!report)
        return NULL;
    report->fd = file ? file_open_write(file, true) : -1;
    if (file && report->fd < 0) {
        free(report);
        return NULL;
    }
    report->totals = totals;
    report->start = now;
    for (int i = 0; i < REPORT_PHASE_COUNT; i++)
        report->phases[i] = RTC_NEVER;
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    if (report->fd >= 0)
        close(report->fd);
    free(report);
}

const char *report_version(void)
{
    return jansson_version_str();
}

/* ---- start --------------------------------------------------------------- */

static json_t *list_value(const struct option_list *list)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < list->count; i++)
        json_array_append_new(array, json_of_text(list->items[i]));
    return array;
}

static json_t *ports_value(const struct port_range *range)
{
    return range->first ? json_sprintf("%u-%u", range->first, range->last)
                        : json_null();
}

static bool is_set(const struct rtc_option *option, const void *at)
{
    return option->type == OPTION_LIST
               ? ((const struct option_list *)at)->count > 0
               : *(const char *const *)at != NULL;
}

static json_t *option_value(const struct rtc_option *option, const void *values)
{
    const void *at = (const char *)values + option->offset;

    if (option->secret)
        return json_of_text(is_set(option, at) ? "redacted" : NULL);
    switch (option->type) {
    case OPTION_FLAG:
        return json_boolean(*(const bool *)at);
    case OPTION_SET:
        return json_boolean(*(const int *)at == option->least);
    case OPTION_COUNT:
        return json_integer(*(const int *)at);
    case OPTION_STRING:
    case OPTION_FILE:
        return json_of_text(*(const char *const *)at);
    case OPTION_LIST:
        return list_value(at);
    case OPTION_DURATION:
        return json_of_seconds(*(const rtc_usec *)at);
    case OPTION_SIZE:
    case OPTION_RATE:
    case OPTION_PERCENT:
    case OPTION_INTEGER:
        return json_integer(*(const int64_t *)at);
    case OPTION_CHOICE:
        return json_of_text(option->choices[*(const int *)at]);
    case OPTION_PORTS:
        return ports_value(at);
    case OPTION_ROWS:
        break;
    }
    return json_null();
}

void report_start(struct report *report, const struct cli_tool *tool,
                  const void *values, rtc_usec now)
{
    json_t *options = json_object();
    struct rtc_option rows[OPTION_MOST + 1];

    cli_rows(tool, rows);
    for (const struct rtc_option *option = rows; option->name; option++)
        json_of_member(options, option->name, option_value(option, values));
    emit(report, "start",
         json_pack("{s:s, s:s, s:o}", "tool", tool->name, "version",
                   rtc_version(), "options", options),
         now);
}

/* ---- what the peer tells ------------------------------------------------- */

static void tell_candidate(struct report *report,
                           const struct rtc_candidate *candidate, rtc_usec now)
{
    for (unsigned i = 0; i < report->told_count; i++) {
        const struct rtc_candidate *told = &report->told[i];

        if (told->priority == candidate->priority &&
            !memcmp(&told->addr, &candidate->addr, sizeof told->addr) &&
            !memcmp(&told->base, &candidate->base, sizeof told->base))
            return;
    }
    if (report->told_count == TOLD_MOST)
        return;
    report->told[report->told_count++] = *candidate;
    emit(report, "candidate", json_of_candidate(candidate), now);
}

void report_candidates(struct report *report, const struct rtc_peer *peer,
                       rtc_usec now)
{
    struct rtc_candidate candidate;

    for (unsigned i = 0; !rtc_peer_local_candidate(peer, i, &candidate); i++)
        tell_candidate(report, &candidate, now);
}

void report_network(struct report *report, const struct rtc_addr *addr,
                    bool is_new, rtc_usec now)
{
    emit(report, "network",
         json_pack("{s:s, s:o}", "change", is_new ? "added" : "removed",
                   "address", json_of_address(addr)),
         now);
}

static bool is_first(uint32_t *tracks, int track)
{
    uint32_t bit = track >= 0 && track < 32 ? UINT32_C(1) << track : 0;
    bool first = !(*tracks & bit);

    *tracks |= bit;
    return first && bit;
}

/* Marks the time; whether it is the first call for this phase. */
static bool mark(struct report *report, enum report_phase phase, rtc_usec now)
{
    if (report->phases[phase] != RTC_NEVER)
        return false;
    report->phases[phase] = now;
    return true;
}

static void on_media(struct report *report, int track, bool keyframe,
                     rtc_usec now)
{
    if (is_first(&report->seen, track)) {
        mark(report, REPORT_FIRST_PACKET, now);
        emit(report, "first_packet", json_pack("{s:i}", "track", track), now);
    }
    if (keyframe && is_first(&report->keyed, track)) {
        mark(report, REPORT_FIRST_KEYFRAME, now);
        emit(report, "first_keyframe", json_pack("{s:i}", "track", track), now);
    }
}

static void on_connected(struct report *report, const struct rtc_peer *peer,
                         rtc_usec now)
{
    struct rtc_stats stats;

    mark(report, REPORT_DTLS, now);
    rtc_peer_stats(peer, &stats);
    emit(report, "dtls", json_of_dtls(&stats), now);
    emit(report, "srtp",
         json_pack("{s:o}", "srtpCipher", json_of_text(stats.srtp_profile)),
         now);
}

/* What is about the way to the remote; false: it is about what travels. */
static bool on_transport(struct report *report, const struct rtc_peer *peer,
                         const struct rtc_event *event)
{
    rtc_usec now = event->time;

    switch (event->type) {
    case RTC_EVENT_ICE:
        if (event->ice_state == RTC_ICE_CONNECTED ||
            event->ice_state == RTC_ICE_COMPLETED)
            mark(report, REPORT_ICE, now);
        emit(report, "ice",
             json_pack("{s:s}", "iceState",
                       rtc_ice_state_name(event->ice_state)),
             now);
        return true;
    case RTC_EVENT_PAIR:
        emit(report, "pair",
             json_of_pair(&event->pair.path, event->pair.local_type,
                          event->pair.remote_type),
             now);
        return true;
    case RTC_EVENT_CONNECTED:
        on_connected(report, peer, now);
        return true;
    case RTC_EVENT_CANDIDATE:
        tell_candidate(report, event->candidate, now);
        return true;
    case RTC_EVENT_BITRATE:
        emit(report, "bitrate",
             json_pack("{s:o}", "availableOutgoingBitrate",
                       json_of_count(event->bitrate_bps)),
             now);
        return true;
    default:
        return false;
    }
}

void report_event(struct report *report, const struct rtc_peer *peer,
                  const struct rtc_event *event)
{
    rtc_usec now = event->time;

    if (on_transport(report, peer, event))
        return;
    switch (event->type) {
    case RTC_EVENT_TRACK:
        emit(report, "track", json_of_track(peer, event->track), now);
        break;
    case RTC_EVENT_FRAME:
        on_media(report, event->track, event->frame.keyframe, now);
        break;
    case RTC_EVENT_PACKET:
        on_media(report, event->track, false, now);
        break;
    case RTC_EVENT_KEYFRAME_REQUEST:
        emit(report, "keyframe_request",
             json_pack("{s:i}", "track", event->track), now);
        break;
    case RTC_EVENT_GAP:
        emit(report, "gap",
             json_pack("{s:i, s:o, s:o}", "track", event->track, "packetsLost",
                       json_of_count(event->gap.packets), "framesDropped",
                       json_of_count(event->gap.frames)),
             now);
        break;
    case RTC_EVENT_CHANNEL:
    case RTC_EVENT_CHANNEL_CLOSED:
        emit(report, "channel", json_of_channel(peer, event->channel), now);
        break;
    default:
        /* GATHERED is the phase `gather`; report_server tells of SERVER with
         * its name; totals count messages; `end` says CLOSED. */
        break;
    }
}

/* ---- what the tool tells ------------------------------------------------- */

void report_phase(struct report *report, enum report_phase phase, rtc_usec now)
{
    if (mark(report, phase, now) && phase_names[phase].is_event)
        emit(report, phase_names[phase].name, json_object(), now);
}

rtc_usec report_phase_at(const struct report *report, enum report_phase phase)
{
    rtc_usec at = report->phases[phase];

    return at == RTC_NEVER ? RTC_NEVER : at - report->start;
}

const char *report_phase_name(enum report_phase phase)
{
    return phase_names[phase].name;
}

void report_drop(struct report *report, int track, unsigned frames,
                 const char *reason, rtc_usec now)
{
    emit(report, "drop",
         json_pack("{s:o, s:o, s:s}", "track", json_of_track_number(track),
                   "framesDropped", json_of_count(frames), "reason", reason),
         now);
}

void report_http(struct report *report, const struct report_http *http,
                 rtc_usec now)
{
    emit(report, "http",
         json_pack("{s:s, s:o, s:o, s:o, s:o}", "method", http->method, "url",
                   json_of_text(http->url), "status",
                   http->status ? json_integer(http->status) : json_null(),
                   "seconds", json_of_seconds(http->time_us), "message",
                   json_of_text(http->message)),
         now);
}

void report_link(struct report *report, const char *rel, const char *href,
                 rtc_usec now)
{
    emit(report, "link",
         json_pack("{s:o, s:o}", "rel", json_of_text(rel), "href",
                   json_of_text(href)),
         now);
}

void report_restart(struct report *report, const char *reason, rtc_usec now)
{
    emit(report, "restart", json_pack("{s:s}", "reason", reason), now);
}

void report_reconnect(struct report *report, rtc_usec gap_us, rtc_usec now)
{
    emit(report, "gap",
         json_pack("{s:n, s:s, s:o}", "track", "reason", "reconnect", "seconds",
                   json_of_seconds(gap_us)),
         now);
}

void report_renew(struct report *report)
{
    report->told_count = 0;
}

void report_warn(struct report *report, const char *sentence, rtc_usec now)
{
    emit(report, "warn", json_pack("{s:o}", "message", json_of_text(sentence)),
         now);
}

void report_server(struct report *report, const char *sentence, unsigned code,
                   rtc_usec now)
{
    emit(report, "warn",
         json_pack("{s:o, s:o}", "message", json_of_text(sentence), "code",
                   code ? json_integer((json_int_t)code) : json_null()),
         now);
}

void report_error(struct report *report, enum rtc_exit status,
                  const char *sentence, rtc_usec now)
{
    report->status = status;
    snprintf(report->error, sizeof report->error, "%s", sentence);
    emit(report, "error",
         json_pack("{s:s, s:o, s:i}", "name", exit_name((int)status), "message",
                   json_of_text(sentence), "exit", status),
         now);
}

/* ---- the end ------------------------------------------------------------- */

static json_t *phases(const struct report *report)
{
    json_t *object = json_object();

    for (int i = 0; i < REPORT_PHASE_COUNT; i++)
        json_of_member(
            object, phase_names[i].name,
            report->phases[i] == RTC_NEVER
                ? json_null()
                : json_of_seconds(report->phases[i] - report->start));
    return object;
}

void report_impair(struct report *report, const struct impair_counts *counts)
{
    report->impaired = counts;
}

static json_t *transport(const struct report *report,
                         const struct rtc_peer *peer)
{
    const struct impair_counts *impaired = report->impaired;
    json_t *object = json_of_transport_totals(peer);

    if (!impaired)
        return object;
    json_of_member(object, "impairedPacketsDropped",
                   json_of_count(impaired->dropped));
    json_of_member(object, "impairedPacketsDelayed",
                   json_of_count(impaired->delayed));
    json_of_member(object, "impairedPacketsDuplicated",
                   json_of_count(impaired->duplicated));
    return object;
}

/* What a peer has done so far. */
static json_t *so_far(const struct report *report, const struct rtc_peer *peer)
{
    return json_pack("{s:o, s:o, s:o}", "transport",
                     peer ? transport(report, peer) : json_null(), "tracks",
                     peer ? json_of_track_totals(peer) : json_array(),
                     "channels",
                     peer ? json_of_channel_totals(peer) : json_array());
}

void report_interval(struct report *report, const struct rtc_peer *peer,
                     rtc_usec now)
{
    if (report->fd >= 0)
        emit(report, "interval", so_far(report, peer), now);
}

static void print_totals(const json_t *totals)
{
    json_dumpf(totals, stdout, FORMAT);
    if (putchar('\n') == EOF || fflush(stdout))
        warn("the totals cannot be printed: %s", strerror(errno));
}

void report_end(struct report *report, const struct rtc_peer *peer, int status,
                rtc_usec now)
{
    json_t *totals;

    if (report->ended)
        return;
    report->ended = true;
    totals = json_pack("{s:i, s:s, s:o, s:o, s:o}", "exit", status, "name",
                       exit_name(status), "error",
                       json_of_text(*report->error ? report->error : NULL),
                       "duration", json_of_seconds(now - report->start),
                       "phases", phases(report));
    json_object_update_new(totals, so_far(report, peer));
    json_of_member(totals, "linesLost", json_of_count(report->lines_lost));
    if (report->totals)
        print_totals(totals);
    emit(report, "end", totals, now);
}
