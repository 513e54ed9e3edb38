/* SPDX-License-Identifier: MIT
 *
 * Two ends that stay in touch (--signal with --trickle; RFC 8838, RFC 9429):
 * offer and answer, candidates as they are found, and new offers during the
 * session.
 */
#pragma once

#include "cmd/endpoint.h"

/* Begins, with end->role set; endpoint_run goes on with it. Ends the process
 * when it cannot. */
void meet_trickle_start(struct endpoint *end);
