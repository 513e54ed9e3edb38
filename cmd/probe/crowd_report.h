/* SPDX-License-Identifier: MIT
 *
 * What a crowd measured: of each number the percentiles among its clients, what
 * they make together, why some failed, and how busy this machine was meanwhile.
 */
#pragma once

#include "cmd/probe/crowd.h"
#include "cmd/probe/limits.h"

/* Fills the report's result, its thresholds and its status. `max_failed`: parts
 * of a billion. */
void crowd_conclude(const struct crowd *crowd,
                    const struct probe_limits *limits, int64_t max_failed);
