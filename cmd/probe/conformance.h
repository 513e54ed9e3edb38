/* SPDX-License-Identifier: MIT
 *
 * Conformance of a WHIP or WHEP server, in three parts: steps, each a request
 * or a wait; what was seen of them; cases, each a requirement and a function
 * that judges it by what was seen.
 *
 * One case more is a row of conformance_table.c and a function of
 * conformance_judge_*.c; and a row of conformance_steps.c, if no step shows it
 * yet.
 */
#pragma once

#include "cmd/field.h"
#include "cmd/http.h"
#include "cmd/probe/result.h"
#include "sdp/sdp.h"

/* ---- steps --------------------------------------------------------------- */

/* In their order. */
enum conform_step {
    STEP_PREFLIGHT,
    STEP_GET,
    STEP_HEAD,
    /* A session, which may connect: */
    STEP_OFFER,
    STEP_ANSWER, /* WHEP: to the server's own offer */
    STEP_GET_SESSION,
    STEP_TRICKLE,
    STEP_TRICKLE_USELESS,
    STEP_TRICKLE_UNCONDITIONAL,
    STEP_TRICKLE_STALE,
    STEP_PATCH_TYPE,
    STEP_PATCH_MALFORMED,
    STEP_PATCH_NOBODY,
    STEP_CONNECT, /* a wait */
    STEP_RESTART,
    STEP_RESTART_QUOTED,
    STEP_RENEW, /* a wait */
    STEP_TRICKLE_FORMER,
    STEP_DELETE_NOBODY,
    STEP_DELETE,
    STEP_CLOSE, /* a wait */
    STEP_DELETE_AGAIN,
    /* Offers that are to be refused: */
    STEP_POST_TYPE,
    STEP_POST_MALFORMED,
    STEP_POST_NOBODY,
    /* Sessions that do not connect: */
    STEP_OFFER_ACTIVE,
    STEP_DELETE_ACTIVE,
    STEP_OFFER_TRACKS,
    STEP_DELETE_TRACKS,
    /* With --intrusive: */
    STEP_FLOOD,
    STEP_OFFER_ABANDONED,
    STEP_ABANDON, /* a wait */
    STEP_DELETE_ABANDONED,
    STEP_COUNT
};

/* As whom a request is sent. */
enum conform_who {
    WHO_US,      /* with what the command line gives */
    WHO_NOBODY,  /* without credentials */
    WHO_BROWSER, /* without credentials, for a page of another origin */
    WHO_COUNT
};

enum conform_body {
    BODY_NONE,
    BODY_OFFER,    /* of the peer that connects */
    BODY_SPARE,    /* of one that does not */
    BODY_ACTIVE,   /* the same, a DTLS client only */
    BODY_TRACKS,   /* with more tracks */
    BODY_NO_OFFER, /* no SDP at all */
    BODY_ANSWER,
    BODY_TRICKLE,
    BODY_USELESS, /* candidates that nobody can use */
    BODY_NO_FRAGMENT,
    BODY_RESTART,
};

enum conform_match {
    MATCH_NONE,
    MATCH_TAG,   /* the session's entity tag */
    MATCH_STALE, /* one that it never had */
    MATCH_ANY,
    MATCH_ANY_QUOTED,
};

/* What a step needs; a bit each. */
enum conform_need {
    NEED_WHEP = 1,
    NEED_CREDENTIALS = 2,
    NEED_CONNECTION = 4, /* the user allows one */
    NEED_INTRUSION = 8,  /* and this */
    NEED_COUNTER = 0x10, /* the server made an offer of its own */
    NEED_TAKEN = 0x20,   /* an offer was taken */
    NEED_SESSION = 0x40, /* one is there now */
    NEED_PATCH = 0x80,   /* the server does not refuse the method */
    NEED_TRICKLE = 0x100,
    NEED_TAG = 0x200,
    NEED_CONNECTED = 0x400,
    NEED_REFUSED = 0x800,  /* `If-Match: *' */
    NEED_RENEWED = 0x1000, /* a restart was granted */
    NEED_DELETED = 0x2000,
    NEED_CLEAN = 0x4000, /* all that was made before is deleted */
};

struct conform_request {
    const char *name;   /* for people */
    const char *method; /* NULL: a wait */
    bool at_session;
    enum conform_who who;
    const char *type;
    enum conform_body body;
    enum conform_match match;
    unsigned needs;
    rtc_usec wait;   /* at most; of a request: time that must be left */
    unsigned repeat; /* so often at most, until it is refused as too much */
};

extern const struct conform_request conform_requests[STEP_COUNT];

/* Of WHO_BROWSER's page. */
#define CONFORM_ORIGIN "https://rtc-probe.invalid"

/* ---- what was seen ------------------------------------------------------- */

struct conform_answer {
    bool is_done;
    const char *skipped; /* why it is not; static, or NULL: not come to */
    struct http_response response;
    char *session;       /* POST: the URL of what it made, or NULL */
    struct rtc_sdp *sdp; /* the description in its body, or NULL */
    bool is_redirected;
    unsigned count; /* of times it was asked */
};

struct conform_seen {
    bool is_whep, is_intrusive, is_unconnected;
    bool has_credentials; /* of the user's */
    rtc_usec time_left;   /* up to --max-time, as the last step began */
    struct conform_answer answers[STEP_COUNT];
    bool has_session;          /* now */
    bool is_littered;          /* one could not be deleted */
    char etag[FIELD_ETAG_LEN]; /* the session's, as it was sent; or "" */
    char refused[256];         /* why our peer took no answer, or "" */
    char renew_refused[256];   /* the same of a fragment */
    struct {
        rtc_usec connect_us, renew_us, close_us; /* RTC_NEVER: did not */
        bool by_server; /* it was the server that closed */
        bool is_silent; /* or it did not, but sends no more */
    } media;
};

/* ---- cases --------------------------------------------------------------- */

enum conform_level { CONFORM_MUST, CONFORM_SHOULD };

#define CONFORM_WHY_LEN 400

struct conform_verdict {
    enum probe_outcome outcome;
    char why[CONFORM_WHY_LEN];
};

enum conform_kind { CONFORM_BOTH, CONFORM_WHIP, CONFORM_WHEP };

struct conform_case {
    const char *id;
    enum conform_level level;
    enum conform_kind kind;         /* of servers it is about */
    const char *title, *title_whep; /* title_whep: NULL for the same */
    const char *source;             /* "4.2" of RFC 9725, or named in full */
    const char *source_whep;        /* the same of the WHEP draft; or NULL */
    enum conform_step step;         /* whose answer decides */
    void (*judge)(const struct conform_seen *seen,
                  struct conform_verdict *verdict);
    bool judges_failures; /* no answer at all is the judge's matter, too */
};

/* Ended by a NULL id. */
extern const struct conform_case conform_cases[];

/* What a case comes to. */
void conform_decide(const struct conform_case *one,
                    const struct conform_seen *seen,
                    struct conform_verdict *ret_verdict);
/* Why a step is to be left out, or NULL. Static. */
const char *conform_why_not(const struct conform_request *request,
                            const struct conform_seen *seen);
/* Releases what answers own. */
void conform_seen_done(struct conform_seen *seen);

/* ---- for judges ---------------------------------------------------------- */

void conform_ok(struct conform_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of a case that is a `should', conform_decide makes a warning of it. */
void conform_fail(struct conform_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void conform_warn(struct conform_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void conform_skip(struct conform_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* By the status of what is to be refused: 4xx. */
void conform_refused(struct conform_verdict *verdict, int status);
/* The answer of a step, or NULL when there is none. */
const struct http_response *conform_response(const struct conform_seen *seen,
                                             enum conform_step step);
/* Its status, or 0. */
int conform_status(const struct conform_seen *seen, enum conform_step step);
/* Whether it was granted: 2xx. */
bool conform_granted(const struct conform_seen *seen, enum conform_step step);
/* Whether there was nobody to answer. */
bool conform_is_unreached(const struct http_response *response);
/* Whether our offer was answered by one of the server's (WHEP). */
bool conform_countered(const struct conform_seen *seen);
/* The answer that granted the restart, in either form, or NULL. A 204 took it
 * for candidates. */
const struct http_response *conform_restarted(const struct conform_seen *seen);
