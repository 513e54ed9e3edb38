/* SPDX-License-Identifier: MIT
 *
 * What the judges of conformance say to answers, a row each; which steps are
 * left out; and the bodies that are made.
 */
#include "cmd/probe/conformance.h"

#include "cmd/probe/conformance_body.h"
#include "cmd/probe/conformance_judge.h"
#include "sdp/fragment.h"
#include "tap.h"

#define SECTION(number, kind, port, lines)                                     \
    "m=" kind " " port " UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"         \
    "a=mid:" number "\r\na=ice-ufrag:abcd\r\n"                                 \
    "a=ice-pwd:0123456789012345678901\r\na=rtpmap:96 " kind                    \
    "/90000\r\na=fingerprint:sha-256 " PRINT "\r\n" lines
#define PRINT                                                                  \
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"                         \
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F"
#define BEGIN "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define GOOD                                                                   \
    "a=rtcp-mux\r\na=recvonly\r\na=setup:passive\r\n"                          \
    "a=candidate:1 1 udp 2130706431 10.0.0.1 9 typ host\r\n"
#define ANSWER                                                                 \
    BEGIN "a=group:BUNDLE 0 1\r\n" SECTION("0", "audio", "9", GOOD)            \
        SECTION("1", "video", "9", GOOD)
#define SENDS "a=rtcp-mux\r\na=sendonly\r\na=setup:passive\r\n"
#define SENDING BEGIN "a=group:BUNDLE 0\r\n" SECTION("0", "audio", "9", SENDS)
#define PARTIAL                                                                \
    BEGIN "a=group:BUNDLE 0\r\n" SECTION("0", "audio", "9", GOOD)              \
        SECTION("1", "video", "0", "a=inactive\r\n")
#define FRAGMENT "a=ice-ufrag:wxyz\r\na=ice-pwd:5432109876543210987654\r\n"
#define FRAGMENT_TYPE "Content-Type: application/trickle-ice-sdpfrag"

struct fake {
    enum conform_step step;
    int status; /* 0: no answer */
    const char *fields[4];
    const char *body;
};

struct row {
    const char *id;
    enum probe_outcome wanted;
    const char *why; /* part of it */
    struct fake fakes[4];
    bool is_whep, has_credentials;
    const char *sessions[2]; /* of the first and another offer */
    const char *refused;
};

#define OPTIONS(status, ...)                                                   \
    {                                                                          \
        STEP_PREFLIGHT, status, {__VA_ARGS__}, NULL                            \
    }
#define OFFER(status, body, ...)                                               \
    {                                                                          \
        STEP_OFFER, status, {__VA_ARGS__}, body                                \
    }
#define STATUS(step, status)                                                   \
    {                                                                          \
        STEP_##step, status, {NULL}, NULL                                      \
    }
#define BODY(step, status, body)                                               \
    {                                                                          \
        STEP_##step, status, {NULL}, body                                      \
    }
#define TAGGED OFFER(201, ANSWER, "ETag: \"a\"")

static const struct row rows[] = {
    {"S01.1", PROBE_OK, "415", .fakes = {STATUS(POST_TYPE, 415)}},
    {"S01.1", PROBE_NOT_OK, "201", .fakes = {STATUS(POST_TYPE, 201)}},
    {"S01.2", PROBE_OK, "499", .fakes = {STATUS(POST_MALFORMED, 499)}},
    {"S01.2", PROBE_NOT_OK, "500", .fakes = {STATUS(POST_MALFORMED, 500)}},
    {"S01.2", PROBE_SKIP, "not come to", .fakes = {{0}}},

    {"S02.1", PROBE_OK, "201", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.1", PROBE_NOT_OK, "200", .fakes = {OFFER(200, ANSWER, NULL)}},
    {"S02.1", PROBE_NOT_OK, "no answer", .fakes = {OFFER(0, NULL, NULL)}},
    {"S02.1", PROBE_SKIP, "404", .fakes = {OFFER(404, NULL, NULL)}},
    {"S02.1", PROBE_OK, "406", .fakes = {OFFER(406, SENDING, NULL)},
     .is_whep = true},
    {"S02.1", PROBE_NOT_OK, "406", .fakes = {OFFER(406, "x", NULL)},
     .is_whep = true},
    {"S02.2", PROBE_SKIP, "no answer", .fakes = {OFFER(0, NULL, NULL)}},
    {"S02.2", PROBE_OK, "charset",
     .fakes = {OFFER(201, ANSWER,
                     "Content-Type: application/SDP; charset=utf-8")}},
    {"S02.2", PROBE_NOT_OK, "text/html",
     .fakes = {OFFER(201, ANSWER, "Content-Type: text/html")}},
    {"S02.2", PROBE_NOT_OK, "no Content-Type",
     .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.2", PROBE_SKIP, "own", .fakes = {OFFER(406, SENDING, NULL)},
     .is_whep = true},
    {"S02.3", PROBE_NOT_OK, "no Location", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.3", PROBE_NOT_OK, "may be asked",
     .fakes = {OFFER(201, ANSWER, "Location: ftp://x")}},
    {"S02.3", PROBE_OK, "https://h/s",
     .fakes = {OFFER(201, ANSWER, "Location: /s")},
     .sessions = {"https://h/s?key=hidden"}},
    {"S02.4", PROBE_OK, "2 sections", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.4", PROBE_NOT_OK, "no SDP", .fakes = {OFFER(201, "hello", NULL)}},
    {"S02.4", PROBE_NOT_OK, "no way", .fakes = {OFFER(201, ANSWER, NULL)},
     .refused = "no way"},
    {"S02.5", PROBE_OK, "recvonly", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.5", PROBE_OK, "recvonly", .fakes = {OFFER(201, PARTIAL, NULL)}},
    {"S02.5", PROBE_NOT_OK, "sendonly instead of recvonly",
     .fakes = {OFFER(201, SENDING, NULL)}},
    {"S02.5", PROBE_OK, "sendonly", .fakes = {OFFER(201, SENDING, NULL)},
     .is_whep = true},
    {"S02.5", PROBE_SKIP, "cannot be read",
     .fakes = {OFFER(201, "hello", NULL)}},
    {"S02.6", PROBE_OK, "BUNDLE", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S02.6", PROBE_NOT_OK, "section 0 is without BUNDLE",
     .fakes = {OFFER(201, BEGIN SECTION("0", "audio", "9", GOOD), NULL)}},
    {"S03.1", PROBE_OK, "2 candidates", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S03.1", PROBE_NOT_OK, "candidate", .fakes = {OFFER(406, SENDING, NULL)},
     .is_whep = true},
    {"S03.1", PROBE_NOT_OK, "candidate", .fakes = {OFFER(201, SENDING, NULL)}},

    {"S04.1", PROBE_OK, "204", .fakes = {STATUS(GET, 204)}},
    {"S04.1", PROBE_WARNING, "drafts", .fakes = {STATUS(GET, 405)}},
    {"S04.1", PROBE_NOT_OK, "404", .fakes = {STATUS(GET, 404)}},
    {"S04.2", PROBE_OK, "no content", .fakes = {STATUS(GET, 200)}},
    {"S04.2", PROBE_NOT_OK, "5 bytes", .fakes = {BODY(GET, 200, "hello")}},
    {"S04.2", PROBE_SKIP, "404", .fakes = {BODY(GET, 404, "hello")}},
    {"S04.3", PROBE_NOT_OK, "500", .fakes = {STATUS(GET_SESSION, 500)}},
    {"S04.4", PROBE_NOT_OK, "5 bytes",
     .fakes = {BODY(GET_SESSION, 200, "hello")}},

    {"S05.1", PROBE_OK, "200", .fakes = {OPTIONS(200, NULL)}},
    {"S05.1", PROBE_WARNING, "204", .fakes = {OPTIONS(204, NULL)}},
    {"S05.1", PROBE_NOT_OK, "401", .fakes = {OPTIONS(401, NULL)}},
    {"S05.2", PROBE_OK, "*",
     .fakes = {OPTIONS(200, "Access-Control-Allow-Origin: *")}},
    {"S05.2", PROBE_NOT_OK, "no Access", .fakes = {OPTIONS(200, NULL)}},
    {"S05.3", PROBE_OK, "has",
     .fakes = {OPTIONS(200,
                       "Access-Control-Allow-Headers: If-Match,content-type")}},
    {"S05.3", PROBE_OK, "has",
     .fakes = {OPTIONS(200, "Access-Control-Allow-Headers: *")}},
    {"S05.3", PROBE_NOT_OK, "without Content-Type",
     .fakes = {OPTIONS(200, "Access-Control-Allow-Headers: X-Content-Type")}},
    {"S05.4", PROBE_OK, "sdp",
     .fakes = {OPTIONS(200, "accept-post: text/plain",
                       "accept-post: Application/SDP")}},
    {"S05.4", PROBE_WARNING, "without",
     .fakes = {OPTIONS(200, "accept-post: text/plain")}},
    {"S06.1", PROBE_OK, "no Link",
     .fakes = {OPTIONS(200, "Link: </a>; rel=\"b\"")}},
    {"S06.1", PROBE_WARNING, "ICE",
     .fakes = {OPTIONS(200, "Link: <stun:a>; rel=\"Ice-Server\"")}},

    {"S07.1", PROBE_OK, "415", .fakes = {STATUS(PATCH_TYPE, 415)}},
    {"S07.1", PROBE_NOT_OK, "204", .fakes = {STATUS(PATCH_TYPE, 204)}},
    {"S07.2", PROBE_NOT_OK, "500", .fakes = {STATUS(PATCH_MALFORMED, 500)}},
    {"S07.3", PROBE_OK, "both",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 200)}},
    {"S07.3", PROBE_OK, "restart",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 422)}},
    {"S07.3", PROBE_NOT_OK, "501 instead of 422 to candidates",
     .fakes = {STATUS(TRICKLE, 501), STATUS(RESTART, 200)}},
    {"S07.3", PROBE_SKIP, "412 to a restart",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 412)}},
    {"S07.3", PROBE_SKIP, "neither",
     .fakes = {STATUS(TRICKLE, 400), STATUS(RESTART, 400)}},

    {"S08.1", PROBE_OK, "\"a\"", .fakes = {TAGGED, STATUS(TRICKLE, 204)}},
    {"S08.1", PROBE_NOT_OK, "weak",
     .fakes = {OFFER(201, ANSWER, "ETag: W/\"a\""), STATUS(TRICKLE, 204)}},
    {"S08.1", PROBE_NOT_OK, "quotes",
     .fakes = {OFFER(201, ANSWER, "ETag: a"), STATUS(TRICKLE, 405)}},
    {"S08.1", PROBE_NOT_OK, "no ETag",
     .fakes = {OFFER(201, ANSWER, NULL), STATUS(TRICKLE, 204)}},
    {"S08.1", PROBE_NOT_OK, "no ETag",
     .fakes = {OFFER(201, ANSWER, NULL), STATUS(TRICKLE, 422),
               STATUS(RESTART, 200)}},
    {"S08.1", PROBE_SKIP, "neither",
     .fakes = {OFFER(201, ANSWER, NULL), STATUS(TRICKLE, 405)}},

    {"S09.1", PROBE_OK, "428", .fakes = {STATUS(TRICKLE_UNCONDITIONAL, 428)}},
    {"S09.1", PROBE_NOT_OK, "204",
     .fakes = {STATUS(TRICKLE_UNCONDITIONAL, 204)}},
    {"S09.2", PROBE_OK, "412", .fakes = {STATUS(TRICKLE_STALE, 412)}},
    {"S09.2", PROBE_NOT_OK, "428", .fakes = {STATUS(TRICKLE_STALE, 428)}},
    {"S09.3", PROBE_SKIP, "no restart", .fakes = {STATUS(TRICKLE_FORMER, 204)}},
    {"S09.3", PROBE_SKIP, "no other tag",
     .fakes = {STATUS(RESTART, 200), STATUS(TRICKLE_FORMER, 204)}},
    {"S09.3", PROBE_OK, "412",
     .fakes = {{STEP_RESTART, 200, {"ETag: \"b\""}, FRAGMENT},
               STATUS(TRICKLE_FORMER, 412)}},
    {"S09.3", PROBE_NOT_OK, "204",
     .fakes = {{STEP_RESTART_QUOTED, 200, {"ETag: \"b\""}, FRAGMENT},
               STATUS(TRICKLE_FORMER, 204)}},
    {"S09.4", PROBE_OK, "200", .fakes = {STATUS(DELETE_ACTIVE, 200)}},
    {"S09.4", PROBE_NOT_OK, "412",
     .fakes = {STATUS(DELETE, 200), STATUS(DELETE_ACTIVE, 412)}},
    {"S09.4", PROBE_SKIP, "500",
     .fakes = {STATUS(DELETE, 500), STATUS(DELETE_ACTIVE, 500)}},

    {"S10.1", PROBE_OK, "204", .fakes = {STATUS(TRICKLE, 204)}},
    {"S10.1", PROBE_NOT_OK, "200", .fakes = {STATUS(TRICKLE, 200)}},
    {"S10.1", PROBE_NOT_OK, "400", .fakes = {STATUS(TRICKLE, 400)}},
    {"S10.1", PROBE_SKIP, "405", .fakes = {STATUS(TRICKLE, 405)}},
    {"S10.2", PROBE_OK, "neither", .fakes = {STATUS(TRICKLE, 204)}},
    {"S10.2", PROBE_NOT_OK, "5 bytes", .fakes = {BODY(TRICKLE, 200, "hello")}},
    {"S10.2", PROBE_NOT_OK, "ETag",
     .fakes = {{STEP_TRICKLE, 204, {"ETag: \"a\""}, NULL}}},
    {"S10.3", PROBE_NOT_OK, "400", .fakes = {STATUS(TRICKLE_USELESS, 400)}},

    {"S11.1", PROBE_OK, "200", .fakes = {STATUS(RESTART, 200)}},
    {"S11.1", PROBE_NOT_OK, "204", .fakes = {STATUS(RESTART, 204)}},
    {"S07.3", PROBE_SKIP, "204 to a restart",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 204)}},
    {"S11.3", PROBE_SKIP, "no restart",
     .fakes = {TAGGED, STATUS(RESTART, 412), STATUS(RESTART_QUOTED, 204)}},
    {"S11.1", PROBE_NOT_OK, "412",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 412),
               STATUS(RESTART_QUOTED, 412)}},
    {"S11.1", PROBE_WARNING, "9110",
     .fakes = {STATUS(RESTART, 412), STATUS(RESTART_QUOTED, 200)}},
    {"S11.1", PROBE_SKIP, "422", .fakes = {STATUS(RESTART, 422)}},
    {"S11.1", PROBE_SKIP, "400",
     .fakes = {STATUS(TRICKLE, 204), STATUS(RESTART, 400)}},
    {"S11.2", PROBE_OK, "0 candidates",
     .fakes = {TAGGED, {STEP_RESTART, 200, {FRAGMENT_TYPE}, FRAGMENT}}},
    {"S11.2", PROBE_NOT_OK, "application/sdp",
     .fakes =
         {{STEP_RESTART, 200, {"Content-Type: application/sdp"}, FRAGMENT}}},
    {"S11.2", PROBE_NOT_OK, "no content",
     .fakes = {{STEP_RESTART, 200, {FRAGMENT_TYPE}, NULL}}},
    {"S11.2", PROBE_NOT_OK, "no a=ice-pwd",
     .fakes = {{STEP_RESTART, 200, {FRAGMENT_TYPE}, "a=ice-ufrag:wxyz\r\n"}}},
    {"S11.2", PROBE_NOT_OK, "not new",
     .fakes = {TAGGED,
               {STEP_RESTART,
                200,
                {FRAGMENT_TYPE},
                "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"}}},
    {"S11.3", PROBE_OK, "\"b\"",
     .fakes = {TAGGED, {STEP_RESTART, 200, {"ETag: \"b\""}, FRAGMENT}}},
    {"S11.3", PROBE_NOT_OK, "before",
     .fakes = {TAGGED, {STEP_RESTART, 200, {"ETag: \"a\""}, FRAGMENT}}},
    {"S11.3", PROBE_NOT_OK, "no ETag", .fakes = {TAGGED, STATUS(RESTART, 200)}},
    {"S11.3", PROBE_SKIP, "422", .fakes = {TAGGED, STATUS(RESTART, 422)}},
    {"S11.5", PROBE_OK, "204",
     .fakes = {STATUS(RESTART, 422), STATUS(TRICKLE_FORMER, 204)}},
    {"S11.5", PROBE_NOT_OK, "404",
     .fakes = {STATUS(RESTART, 422), STATUS(TRICKLE_FORMER, 404)}},

    {"S12.1", PROBE_OK, "200", .fakes = {STATUS(DELETE, 200)}},
    {"S12.1", PROBE_WARNING, "204", .fakes = {STATUS(DELETE, 204)}},
    {"S12.1", PROBE_NOT_OK, "405", .fakes = {STATUS(DELETE, 405)}},
    {"S12.2", PROBE_OK, "404", .fakes = {STATUS(DELETE_AGAIN, 404)}},
    {"S12.2", PROBE_WARNING, "410", .fakes = {STATUS(DELETE_AGAIN, 410)}},
    {"S12.2", PROBE_NOT_OK, "200", .fakes = {STATUS(DELETE_AGAIN, 200)}},

    {"S13.1", PROBE_OK, "401", .fakes = {STATUS(POST_NOBODY, 401)}},
    {"S13.1", PROBE_WARNING, "403", .fakes = {STATUS(POST_NOBODY, 403)}},
    {"S13.1", PROBE_NOT_OK, "201", .fakes = {STATUS(POST_NOBODY, 201)}},
    {"S13.2", PROBE_OK, "bearer",
     .fakes = {{STEP_POST_NOBODY, 401, {"WWW-Authenticate: bearer"}, NULL}}},
    {"S13.2", PROBE_WARNING, "Basic",
     .fakes = {{STEP_POST_NOBODY, 401, {"WWW-Authenticate: Basic"}, NULL}}},
    {"S13.2", PROBE_NOT_OK, "no WWW", .fakes = {STATUS(POST_NOBODY, 401)}},
    {"S13.2", PROBE_SKIP, "403", .fakes = {STATUS(POST_NOBODY, 403)}},
    {"S13.3", PROBE_NOT_OK, "204", .fakes = {STATUS(PATCH_NOBODY, 204)}},
    {"S13.4", PROBE_NOT_OK, "200", .fakes = {STATUS(DELETE_NOBODY, 200)}},
    {"S13.5", PROBE_SKIP, "no token", .fakes = {OPTIONS(401, NULL)}},
    {"S13.5", PROBE_NOT_OK, "401", .fakes = {OPTIONS(401, NULL)},
     .has_credentials = true},
    {"S13.5", PROBE_OK, "204", .fakes = {OPTIONS(204, NULL)},
     .has_credentials = true},

    {"S14.1", PROBE_OK, "422", .fakes = {STATUS(OFFER_TRACKS, 422)}},
    {"S14.1", PROBE_WARNING, "drafts", .fakes = {STATUS(OFFER_TRACKS, 406)}},
    {"S14.1", PROBE_NOT_OK, "500", .fakes = {STATUS(OFFER_TRACKS, 500)}},
    {"S14.1", PROBE_OK, "all", .fakes = {BODY(OFFER_TRACKS, 201, ANSWER)}},
    {"S14.1", PROBE_NOT_OK, "section 1",
     .fakes = {BODY(OFFER_TRACKS, 201, PARTIAL)}},
    {"S14.2", PROBE_OK, "all", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S14.2", PROBE_WARNING, "section 1 (video)",
     .fakes = {OFFER(201, PARTIAL, NULL)}},
    {"S15.1", PROBE_OK, "passive", .fakes = {BODY(OFFER_ACTIVE, 201, ANSWER)}},
    {"S15.1", PROBE_OK, "422", .fakes = {STATUS(OFFER_ACTIVE, 422)}},
    {"S15.1", PROBE_WARNING, "500", .fakes = {STATUS(OFFER_ACTIVE, 500)}},
    {"S16.1", PROBE_OK, "not redirected", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S16.1", PROBE_NOT_OK, "302", .fakes = {OFFER(302, NULL, NULL)}},
    {"S16.1", PROBE_SKIP, "no answer", .fakes = {OFFER(0, NULL, NULL)}},
    {"S16.2", PROBE_SKIP, "no answer was", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S16.2", PROBE_OK, "7", .fakes = {OFFER(503, NULL, "Retry-After: 7")}},
    {"S16.2", PROBE_WARNING, "without", .fakes = {OFFER(503, NULL, NULL)}},

    {"S17.1", PROBE_OK, "0 links", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S17.1", PROBE_OK, "2 links",
     .fakes = {OFFER(201, ANSWER, "Link: </a>; rel=b, <c>; rel=\"d\"")}},
    {"S17.1", PROBE_NOT_OK, "1 without",
     .fakes = {OFFER(201, ANSWER, "Link: </a>; rel=b", "Link: <c>")}},
    {"S17.2", PROBE_SKIP, "none",
     .fakes = {OFFER(201, ANSWER, "Link: </a>; rel=b")}},
    {"S17.2", PROBE_OK, "2 servers",
     .fakes = {OFFER(
         201, ANSWER, "Link: <stun:a>; rel=ice-server",
         "Link: <turns:b>; rel=ice-server; username=u; credential=c")}},
    {"S17.2", PROBE_NOT_OK, "turn:b has no credential",
     .fakes = {OFFER(201, ANSWER,
                     "Link: <turn:b>; rel=ice-server; username=u")}},
    {"S17.2", PROBE_NOT_OK, "%3F in place",
     .fakes = {OFFER(201, ANSWER,
                     "Link: <turn:b:3478%3Ftransport=udp>; rel=ice-server; "
                     "username=u; credential=c")}},
    {"S17.2", PROBE_NOT_OK, "neither",
     .fakes = {OFFER(201, ANSWER, "Link: <https://b>; rel=ice-server")}},

    {"S18.1", PROBE_SKIP, "two", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S18.1", PROBE_WARNING, "https://h/s", .fakes = {OFFER(201, ANSWER, NULL)},
     .sessions = {"https://h/s", "https://h/s"}},
    {"S18.1", PROBE_OK, "two", .fakes = {OFFER(201, ANSWER, NULL)},
     .sessions = {"https://h/s", "https://h/t"}},
    {"S18.2", PROBE_WARNING, "room for 5", .fakes = {OFFER(201, ANSWER, NULL)},
     .sessions = {"https://h/s", "https://h/t"}},
    {"S18.2", PROBE_OK, "room for 128", .fakes = {OFFER(201, ANSWER, NULL)},
     .sessions = {"https://h/0123abcd-0000-4000-8000-0123456789ab/x",
                  "https://h/f1e2d3c4-b5a6-f798-796a-5b4c3d2e1f00/x"}},

    {"S19.1", PROBE_OK, "200",
     .fakes = {{STEP_HEAD, 200, {"Content-Type: application/sdp"}, NULL}},
     .is_whep = true},
    {"S19.1", PROBE_WARNING, "405", .fakes = {STATUS(HEAD, 405)},
     .is_whep = true},
    {"S19.2", PROBE_OK, "5", .fakes = {OFFER(409, NULL, "Retry-After: 5")},
     .is_whep = true},
    {"S19.2", PROBE_NOT_OK, "409", .fakes = {OFFER(409, NULL, NULL)},
     .is_whep = true},
    {"S19.3", PROBE_OK, "1 sections", .fakes = {OFFER(406, SENDING, NULL)},
     .is_whep = true, .sessions = {"https://h/s"}},
    {"S19.3", PROBE_NOT_OK, "Location", .fakes = {OFFER(406, SENDING, NULL)},
     .is_whep = true},
    {"S19.3", PROBE_NOT_OK, "recvonly", .fakes = {OFFER(406, ANSWER, NULL)},
     .is_whep = true, .sessions = {"https://h/s"}},
    {"S19.4", PROBE_NOT_OK, "200", .fakes = {STATUS(ANSWER, 200)},
     .is_whep = true},

    {"S20.3", PROBE_OK, "full", .fakes = {OFFER(201, ANSWER, NULL)}},
    {"S20.3", PROBE_WARNING, "lite",
     .fakes = {OFFER(201,
                     BEGIN "a=ice-lite\r\na=group:BUNDLE 0\r\n" SECTION(
                         "0", "audio", "9", GOOD),
                     NULL)}},
};

/* ---- what is seen -------------------------------------------------------- */

static void add_fake(struct conform_seen *seen, const struct fake *fake)
{
    struct conform_answer *answer = &seen->answers[fake->step];
    struct http_response *r = &answer->response;
    struct rtc_sdp_error error;
    char line[200];

    answer->is_done = true;
    response_add_line(r, "HTTP/1.1 200 x\r\n", 16);
    for (int i = 0; i < 4 && fake->fields[i]; i++) {
        snprintf(line, sizeof line, "%s\r\n", fake->fields[i]);
        response_add_line(r, line, strlen(line));
    }
    if (fake->body)
        response_add_body(r, fake->body, strlen(fake->body));
    r->url = strdup("https://h/e");
    r->status = fake->status;
    if (!fake->status || fake->status == 302)
        r->error = fake->status ? RTC_EXIT_NOT_WHIP : RTC_EXIT_HTTP;
    if (fake->body && !strncmp(fake->body, "v=0", 3) &&
        rtc_sdp_parse(fake->body, strlen(fake->body), &answer->sdp, &error))
        printf("# line %u: %s\n", error.line, error.text);
}

static void make_seen(const struct row *row, struct conform_seen *ret_seen)
{
    static const enum conform_step steps[] = {STEP_OFFER, STEP_OFFER_ACTIVE};

    *ret_seen = (struct conform_seen){.is_whep = row->is_whep,
                                      .has_credentials = row->has_credentials,
                                      .etag = "\"a\""};
    ret_seen->media.connect_us = ret_seen->media.renew_us =
        ret_seen->media.close_us = RTC_NEVER;
    if (row->refused)
        strcpy(ret_seen->refused, row->refused);
    for (int i = 0; i < 4; i++)
        if (row->fakes[i].status || i == 0)
            if (row->why && strcmp(row->why, "not come to") != 0)
                add_fake(ret_seen, &row->fakes[i]);
    for (int i = 0; i < 2 && row->sessions[i]; i++)
        ret_seen->answers[steps[i]].session = strdup(row->sessions[i]);
}

static const struct conform_case *find(const char *id)
{
    const struct conform_case *one = conform_cases;

    while (one->id && strcmp(one->id, id) != 0)
        one++;
    return one;
}

static void test_judges(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conform_verdict verdict = {.why = ""};
        struct conform_seen seen;
        char name[80];

        make_seen(&rows[i], &seen);
        conform_decide(find(rows[i].id), &seen, &verdict);
        snprintf(name, sizeof name, "%s: %s, because of %s", rows[i].id,
                 probe_outcome_name(rows[i].wanted), rows[i].why);
        if (!ok(verdict.outcome == rows[i].wanted &&
                    strstr(verdict.why, rows[i].why),
                name))
            printf("# %s: %s\n", probe_outcome_name(verdict.outcome),
                   verdict.why);
        conform_seen_done(&seen);
    }
}

/* Each case is looked at by a row, but for those about connections. */
static void test_table(void)
{
    const char *last = "";
    unsigned count = 0, wrong = 0, unseen = 0;

    for (const struct conform_case *one = conform_cases; one->id; one++) {
        bool is_seen = !strncmp(one->id, "S20", 3) ||
                       !strcmp(one->id, "S11.4") || !strcmp(one->id, "S18.3") ||
                       !strcmp(one->id, "S18.4");

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            is_seen |= !strcmp(rows[i].id, one->id);
        if (!is_seen)
            printf("# no row is about %s\n", one->id);
        unseen += !is_seen;
        wrong += strcmp(last, one->id) >= 0 || !one->title || !one->judge ||
                 (!one->source && one->kind != CONFORM_WHEP) ||
                 (!one->source && !one->source_whep);
        last = one->id;
        count++;
    }
    ok(count > 50, "there are cases");
    is_int(wrong, 0, "in order, none twice, each complete");
    is_int(unseen, 0, "each has a row here");
}

static void test_connection(void)
{
    struct conform_verdict verdict;
    struct conform_seen seen = {0};

    seen.answers[STEP_CONNECT].is_done = seen.answers[STEP_CLOSE].is_done =
        seen.answers[STEP_RENEW].is_done = true;
    seen.media.connect_us = seen.media.renew_us = seen.media.close_us =
        RTC_NEVER;
    conform_decide(find("S20.1"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_NOT_OK, "no connection");
    conform_decide(find("S20.2"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_NOT_OK, "no end of it");
    conform_decide(find("S11.4"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_NOT_OK, "no pair after the restart");
    seen.media.is_silent = true;
    conform_decide(find("S20.2"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_OK, "an end without a word");
    seen.media.connect_us = seen.media.renew_us = seen.media.close_us = 1500;
    seen.media.by_server = true;
    conform_decide(find("S20.1"), &seen, &verdict);
    is_str(verdict.why, "after 2 ms", "how long it took");
    conform_decide(find("S20.2"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_OK, "closed by the server");
    conform_decide(find("S11.4"), &seen, &verdict);
    is_int(verdict.outcome, PROBE_OK, "a pair after the restart");
}

/* ---- steps, bodies, URLs ------------------------------------------------- */

static void test_steps(void)
{
    static const struct row nothing = {.why = "not come to"};
    static const struct row taken = {.why = "",
                                     .fakes = {TAGGED, STATUS(TRICKLE, 405)}};
    struct conform_seen seen;

    make_seen(&nothing, &seen);
    ok(!conform_why_not(&conform_requests[STEP_PREFLIGHT], &seen) &&
           !conform_why_not(&conform_requests[STEP_OFFER], &seen),
       "these need nothing");
    is_str(conform_why_not(&conform_requests[STEP_POST_TYPE], &seen),
           "no offer was taken", "an offer has to be taken");
    is_str(conform_why_not(&conform_requests[STEP_FLOOD], &seen),
           "it is asked only with --intrusive", "the user has to allow it");
    conform_seen_done(&seen);
    make_seen(&taken, &seen);
    seen.has_session = true;
    is_str(conform_why_not(&conform_requests[STEP_RESTART], &seen),
           "the server does not take PATCH", "405 to one PATCH is for all");
    ok(!conform_why_not(&conform_requests[STEP_POST_TYPE], &seen),
       "another offer may be made");
    seen.is_littered = true;
    is_str(conform_why_not(&conform_requests[STEP_POST_TYPE], &seen),
           "an earlier session could not be deleted", "but not beside one");
    seen.time_left = 9000000;
    is_str(conform_why_not(&conform_requests[STEP_CONNECT], &seen),
           "--max-time leaves no time for it", "a wait needs its time");
    conform_seen_done(&seen);
}

static void test_bodies(void)
{
    const struct conform_texts texts = {
        .local = ANSWER,
        .spare = BEGIN SECTION("0", "audio", "9", "a=setup:actpass\r\n")
            SECTION("1", "video", "9", "a=setup:actpass\r\n")};
    static char buf[CONFORM_BODY_MAX];
    struct rtc_sdp_fragment fragment;
    struct rtc_sdp_error error;
    const char *text = conform_body(BODY_TRICKLE, &texts, buf);

    ok(text && !rtc_sdp_fragment_parse(text, strlen(text), &fragment, &error),
       "a fragment");
    ok(rtc_text_is(fragment.ice_ufrag, "abcd") && fragment.end_of_candidates &&
           fragment.candidate_count == 1 && strstr(text, "10.0.0.1"),
       "with the candidates of the description");
    text = conform_body(BODY_USELESS, &texts, buf);
    ok(text && !rtc_sdp_fragment_parse(text, strlen(text), &fragment, &error) &&
           !fragment.end_of_candidates && strstr(text, " sctp ") &&
           strstr(text, "rtc-probe.invalid"),
       "one with candidates of no use");
    text = conform_body(BODY_ACTIVE, &texts, buf);
    ok(text && !strstr(text, "actpass") &&
           strlen(text) == strlen(texts.spare) - 2,
       "an offer of a client");
    ok(!conform_body(BODY_RESTART, &texts, buf), "nothing to send");
}

static void test_bits(void)
{
    is_int(conform_url_bits("https://h/1", "https://h/1"), 0, "the same");
    is_int(conform_url_bits("https://h/17", "https://h/1834"), 3,
           "a number: of the shorter one, a digit");
    is_int(conform_url_bits("https://h/abcdef/x", "https://h/f01234/x"), 24,
           "six hex digits");
    is_int(conform_url_bits("https://h/axyz", "https://h/bxwz1"), 20,
           "small letters");
    is_int(conform_url_bits("https://h/aXyZ", "https://h/BxWz"), 23, "letters");
}

int main(void)
{
    test_table();
    test_judges();
    test_connection();
    test_steps();
    test_bodies();
    test_bits();
    return tap_done();
}
