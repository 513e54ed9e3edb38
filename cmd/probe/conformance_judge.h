/* SPDX-License-Identifier: MIT
 *
 * The judges of the cases: each looks at what was seen and nothing else.
 */
#pragma once

#include "cmd/probe/conformance.h"

#define JUDGE(name)                                                            \
    void judge_##name(const struct conform_seen *seen,                         \
                      struct conform_verdict *verdict)

/* conformance_judge_endpoint.c */
JUDGE(post_type);
JUDGE(post_malformed);
JUDGE(get_status);
JUDGE(get_content);
JUDGE(get_session_status);
JUDGE(get_session_content);
JUDGE(options_status);
JUDGE(options_origin);
JUDGE(options_headers);
JUDGE(options_accept_post);
JUDGE(options_link);
JUDGE(options_nobody);
JUDGE(post_nobody);
JUDGE(post_challenge);
JUDGE(patch_nobody);
JUDGE(delete_nobody);
JUDGE(redirect);
JUDGE(retry_after);
JUDGE(flood);
JUDGE(head);
JUDGE(not_live);

/* conformance_judge_answer.c */
JUDGE(offer_status);
JUDGE(answer_type);
JUDGE(answer_location);
JUDGE(answer_fits);
JUDGE(answer_direction);
JUDGE(answer_bundle);
JUDGE(answer_candidates);
JUDGE(answer_partial);
JUDGE(answer_lite);
JUDGE(tracks);
JUDGE(setup_active);
JUDGE(links);
JUDGE(link_servers);
JUDGE(counter_offer);
JUDGE(counter_answer);

/* conformance_judge_session.c */
JUDGE(patch_type);
JUDGE(patch_malformed);
JUDGE(only_one);
JUDGE(etag);
JUDGE(unconditional);
JUDGE(stale);
JUDGE(former);
JUDGE(delete_match);
JUDGE(trickle_status);
JUDGE(trickle_empty);
JUDGE(trickle_useless);
JUDGE(restart_status);
JUDGE(restart_fragment);
JUDGE(restart_etag);
JUDGE(restart_connects);
JUDGE(restart_keeps);
JUDGE(delete_status);
JUDGE(delete_again);
JUDGE(urls_differ);
JUDGE(urls_random);
JUDGE(abandoned);
JUDGE(connects);
JUDGE(closes);

/* How many bits of what differs between two URLs may be random, at most: by
 * the number and kind of its characters. */
unsigned conform_url_bits(const char *one, const char *other);
