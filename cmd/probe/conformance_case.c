/* SPDX-License-Identifier: MIT
 *
 * From what was seen to a verdict: what all cases have in common, so that a
 * judge is about its requirement alone.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/probe/conformance.h"
#include "cmd/whip_response.h"

/* ---- for judges ---------------------------------------------------------- */

static void set(struct conform_verdict *verdict, enum probe_outcome outcome,
                const char *format, va_list args)
{
    verdict->outcome = outcome;
    vsnprintf(verdict->why, sizeof verdict->why, format, args);
}

void conform_ok(struct conform_verdict *verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(verdict, PROBE_OK, format, args);
    va_end(args);
}

void conform_fail(struct conform_verdict *verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(verdict, PROBE_NOT_OK, format, args);
    va_end(args);
}

void conform_warn(struct conform_verdict *verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(verdict, PROBE_WARNING, format, args);
    va_end(args);
}

void conform_skip(struct conform_verdict *verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(verdict, PROBE_SKIP, format, args);
    va_end(args);
}

void conform_refused(struct conform_verdict *verdict, int status)
{
    if (status >= 400 && status < 500)
        conform_ok(verdict, "status %d", status);
    else
        conform_fail(verdict, "status %d instead of 4xx", status);
}

const struct http_response *conform_response(const struct conform_seen *seen,
                                             enum conform_step step)
{
    const struct conform_answer *answer = &seen->answers[step];

    return answer->is_done && !answer->response.error ? &answer->response
                                                      : NULL;
}

int conform_status(const struct conform_seen *seen, enum conform_step step)
{
    const struct http_response *response = conform_response(seen, step);

    return response ? response->status : 0;
}

bool conform_granted(const struct conform_seen *seen, enum conform_step step)
{
    return whip_is_success(conform_status(seen, step));
}

bool conform_countered(const struct conform_seen *seen)
{
    return seen->is_whep && conform_status(seen, STEP_OFFER) == 406 &&
           seen->answers[STEP_OFFER].sdp;
}

const struct http_response *conform_restarted(const struct conform_seen *seen)
{
    static const enum conform_step steps[] = {STEP_RESTART,
                                              STEP_RESTART_QUOTED};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (conform_granted(seen, steps[i]) &&
            conform_status(seen, steps[i]) != 204)
            return conform_response(seen, steps[i]);
    return NULL;
}

/* ---- the verdict --------------------------------------------------------- */

bool conform_is_unreached(const struct http_response *response)
{
    return response->error == RTC_EXIT_RESOLVE ||
           response->error == RTC_EXIT_CONNECT ||
           response->error == RTC_EXIT_FINGERPRINT;
}

/* A request that was not answered is one fault, and the first case that is
 * about its answer has it. That of redirects is about itself. A server that is
 * not reached breaks no rule. */
static bool is_to_blame(const struct conform_case *one,
                        const struct http_response *response)
{
    bool is_redirect = response->status >= 301 && response->status <= 303;
    const struct conform_case *first = conform_cases;

    while (first->id && (first->step != one->step || first->judges_failures))
        first++;
    return first == one && !conform_is_unreached(response) &&
           !(one->step == STEP_OFFER && is_redirect);
}

void conform_decide(const struct conform_case *one,
                    const struct conform_seen *seen,
                    struct conform_verdict *ret_verdict)
{
    const struct conform_answer *answer = &seen->answers[one->step];

    if (!answer->is_done)
        conform_skip(ret_verdict, "%s",
                     answer->skipped ? answer->skipped : "not come to");
    else if (answer->response.error && !one->judges_failures)
        (is_to_blame(one, &answer->response) ? conform_fail : conform_skip)(
            ret_verdict, "no answer: %s", answer->response.why);
    else
        one->judge(seen, ret_verdict);
    if (one->level == CONFORM_SHOULD && ret_verdict->outcome == PROBE_NOT_OK)
        ret_verdict->outcome = PROBE_WARNING;
}

void conform_seen_done(struct conform_seen *seen)
{
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        struct conform_answer *answer = &seen->answers[i];

        free((char *)answer->response.url);
        response_clear(&answer->response);
        rtc_sdp_free(answer->sdp);
        free(answer->session);
    }
}
