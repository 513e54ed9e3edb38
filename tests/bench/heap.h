/* SPDX-License-Identifier: MIT
 * The library's heap (base/mem.h), counted. A program that links it gets this
 * in place of lib/base/mem.c. */
#pragma once

#include <stddef.h>

/* Calls that gave memory, and the bytes not yet released. */
extern unsigned long heap_allocations;
extern size_t heap_live;
