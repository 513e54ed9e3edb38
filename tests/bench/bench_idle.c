/* SPDX-License-Identifier: MIT
 * What a connected peer that has nothing to do keeps in memory: all of the
 * heap, what the library asked for itself, and the rest, which is GnuTLS's and
 * libsrtp2's; beside what one side of a bare GnuTLS connection keeps. */
#include <malloc.h>
#include <stdio.h>

#include "peer/peer.h"
#include "tests/bench/bare.h"
#include "tests/bench/bench.h"
#include "tests/bench/heap.h"
#include "tests/bench/two.h"

#define PAIRS 100
#define BARE_PAIRS 20
#define CHANNEL_PAIRS 20
#define LIMIT 3.0

/* Bytes of the heap in use, whoever asked for them. */
static size_t heap_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void print(const char *name, double bytes)
{
    printf("%-24s bytes=%.0f\n", name, bytes);
}

/* What one side of a GnuTLS connection keeps, certificate and key included. */
static double bare_bytes(void)
{
    static struct bare_pair pairs[BARE_PAIRS];
    static struct bare_identity identities[BARE_PAIRS][2];
    size_t used = heap_used();
    double bytes;

    for (unsigned i = 0; i < BARE_PAIRS; i++) {
        for (int k = 0; k < 2; k++)
            bare_identity_init(&identities[i][k]);
        bare_connect(&pairs[i], identities[i]);
    }
    bytes = (double)(heap_used() - used) / (2 * BARE_PAIRS);
    for (unsigned i = 0; i < BARE_PAIRS; i++) {
        bare_pair_done(&pairs[i]);
        for (int k = 0; k < 2; k++)
            bare_identity_done(&identities[i][k]);
    }
    return bytes;
}

/* Total and ours, bytes a peer. */
static void measure(double *ret_total, double *ret_ours)
{
    static const struct rtc_track_config tracks[] = {
        {.kind = RTC_AUDIO, .direction = RTC_SENDRECV},
        {.kind = RTC_VIDEO, .direction = RTC_SENDRECV},
    };
    static struct two pairs[PAIRS + 1];
    size_t used, live;

    /* The first one makes what the whole process shares. */
    two_connect(&pairs[PAIRS], tracks, 2);
    used = heap_used();
    live = heap_live;
    for (unsigned i = 0; i < PAIRS; i++)
        two_connect(&pairs[i], tracks, 2);
    *ret_total = (double)(heap_used() - used) / (2 * PAIRS);
    *ret_ours = (double)(heap_live - live) / (2 * PAIRS);
    for (unsigned i = 0; i <= PAIRS; i++)
        two_free(&pairs[i]);
}

/* The same for peers with a data channel and nothing else: what usrsctp keeps
 * for it. */
static double channel_bytes(void)
{
    static struct two pairs[CHANNEL_PAIRS + 1];
    size_t used;
    double bytes;

    two_connect_channel(&pairs[CHANNEL_PAIRS]);
    used = heap_used();
    for (unsigned i = 0; i < CHANNEL_PAIRS; i++)
        two_connect_channel(&pairs[i]);
    bytes = (double)(heap_used() - used) / (2 * CHANNEL_PAIRS);
    for (unsigned i = 0; i <= CHANNEL_PAIRS; i++)
        two_free(&pairs[i]);
    return bytes;
}

int main(int argc, char **argv)
{
    double total, ours, bare;

    measure(&total, &ours);
    bare = bare_bytes();
    bench_judge("idle.peer", "bytes", total, bare, LIMIT);
    print("idle.peer.ours", ours);
    print("idle.peer.libraries", total - ours);
    print("idle.bare_gnutls", bare);
    print("idle.channel_peer", channel_bytes());
    print("idle.sizeof.peer", sizeof(struct rtc_peer));
    print("idle.sizeof.track", sizeof(struct rtc_track));
    bench_count("idle.leaked", heap_live, 0);
    return bench_exit(argc, argv);
}
