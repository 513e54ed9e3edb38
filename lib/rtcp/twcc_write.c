/* SPDX-License-Identifier: MIT
 * Writes transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-
 * extensions-01 3.1). A chunker packs status symbols as they come; run once
 * without a writer it tells how many arrivals fit, then it writes those. */
#include "rtcp/twcc.h"

enum {
    SYMBOL_LOST = 0,
    SYMBOL_SMALL = 1,
    SYMBOL_LARGE = 2,
    TICK_US = 250,
    REFERENCE_TICKS = 256,   /* 64 ms */
    HEADER_LEN = 20,         /* up to the first chunk */
    RUN_MAX = 0x1fff,        /* statuses in a run-length chunk */
    ONE_BIT_MAX = 14,        /* in a vector of lost and small ones */
    TWO_BIT_MAX = 7,         /* in a vector of any */
    STATUS_MAX = UINT16_MAX, /* in a message */
    RTPFB_TWCC = 15,
};

/* ---- symbols to chunks ---- */

struct chunker {
    struct rtc_writer *w; /* NULL: only count */
    size_t chunk_count;
    unsigned pending; /* statuses that have no chunk yet */
    bool uniform;     /* they are all alike; then symbols[0] says which */
    bool has_large;
    uint8_t symbols[ONE_BIT_MAX];
};

static void push(struct chunker *c, uint8_t symbol)
{
    if (c->pending == 0) {
        c->uniform = true;
        c->has_large = false;
    }
    if (c->pending < ONE_BIT_MAX)
        c->symbols[c->pending] = symbol;
    c->uniform = c->uniform && symbol == c->symbols[0];
    c->has_large = c->has_large || symbol == SYMBOL_LARGE;
    c->pending++;
}

/* Whether one more symbol leaves the pending ones within a single chunk. */
static bool has_room(const struct chunker *c, uint8_t symbol)
{
    bool large = c->has_large || symbol == SYMBOL_LARGE;

    if (c->pending == 0)
        return true;
    if (c->uniform && symbol == c->symbols[0])
        return c->pending < RUN_MAX;
    return c->pending < (large ? TWO_BIT_MAX : ONE_BIT_MAX);
}

static unsigned vector_chunk(const struct chunker *c, unsigned count,
                             unsigned bits)
{
    unsigned chunk = bits == 2 ? 0xc000 : 0x8000;

    for (unsigned i = 0; i < count; i++)
        chunk |= (unsigned)c->symbols[i] << (14 - bits * (i + 1));
    return chunk;
}

/* Turns pending symbols into one chunk; a two-bit vector may leave some. Only
 * the `last` chunk of a message may be a vector that is not full. */
static void flush_chunk(struct chunker *c, bool last)
{
    struct chunker old = *c;
    unsigned chunk, used = c->pending;

    if (c->uniform) {
        chunk = (unsigned)c->symbols[0] << 13 | c->pending;
    } else if (!c->has_large && (last || used == ONE_BIT_MAX)) {
        chunk = vector_chunk(c, used, 1);
    } else {
        used = used < TWO_BIT_MAX ? used : TWO_BIT_MAX;
        chunk = vector_chunk(c, used, 2);
    }
    if (c->w)
        rtc_write_u16(c->w, (uint16_t)chunk);
    c->chunk_count++;
    c->pending = 0;
    for (unsigned i = used; i < old.pending; i++)
        push(c, old.symbols[i]);
}

static void add_symbol(struct chunker *c, uint8_t symbol)
{
    while (!has_room(c, symbol))
        flush_chunk(c, false);
    push(c, symbol);
}

static void flush_all(struct chunker *c)
{
    while (c->pending)
        flush_chunk(c, true);
}

/* ---- arrivals to symbols ---- */

static int64_t tick_of(rtc_usec at)
{
    return at / TICK_US;
}

/* Ticks between the arrival `i` and what came before it. */
static int64_t delta_of(const struct rtc_twcc_report *report, size_t i)
{
    int64_t tick = tick_of(report->arrivals[i].arrival_us);

    return i ? tick - tick_of(report->arrivals[i - 1].arrival_us)
             : tick % REFERENCE_TICKS;
}

static uint8_t symbol_of(int64_t delta)
{
    return delta >= 0 && delta <= UINT8_MAX ? SYMBOL_SMALL : SYMBOL_LARGE;
}

/* Adds the arrival `i` and the lost packets before it. */
static void add_arrival(struct chunker *c, const struct rtc_twcc_report *report,
                        size_t i)
{
    uint64_t next =
        i ? report->arrivals[i - 1].sequence + 1 : report->base_sequence;

    for (; next < report->arrivals[i].sequence; next++)
        add_symbol(c, SYMBOL_LOST);
    add_symbol(c, symbol_of(delta_of(report, i)));
}

/* How many arrivals fit into `room` bytes. */
static size_t count_fitting(const struct rtc_twcc_report *report, size_t room)
{
    struct chunker c = {0};
    size_t deltas_len = 0, i;

    for (i = 0; i < report->arrival_count; i++) {
        int64_t delta = delta_of(report, i);
        struct chunker whole;
        size_t len;

        if (delta < INT16_MIN || delta > INT16_MAX ||
            report->arrivals[i].sequence - report->base_sequence >= STATUS_MAX)
            break;
        deltas_len += symbol_of(delta);
        add_arrival(&c, report, i);
        whole = c;
        flush_all(&whole);
        len = HEADER_LEN + 2 * whole.chunk_count + deltas_len;
        if ((len + 3) / 4 * 4 > room)
            break;
    }
    return i;
}

static void write_delta(struct rtc_writer *w, int64_t delta)
{
    if (symbol_of(delta) == SYMBOL_SMALL)
        rtc_write_u8(w, (uint8_t)delta);
    else
        rtc_write_u16(w, (uint16_t)delta);
}

int rtc_twcc_write(struct rtc_writer *w, const struct rtc_twcc_report *report)
{
    const struct rtc_twcc_arrival *arrivals = report->arrivals;
    struct chunker c = {.w = w};
    size_t start, count;
    int error;

    if (report->arrival_count == 0 ||
        arrivals[0].sequence - report->base_sequence >= STATUS_MAX)
        return RTC_ERR_ARG;
    count = count_fitting(report, w->cap - w->len);
    if (count == 0)
        return RTC_ERR_NOBUF;
    start = rtc_rtcp_begin(w, RTC_RTCP_RTPFB, RTPFB_TWCC);
    rtc_write_u32(w, report->sender_ssrc);
    rtc_write_u32(w, report->media_ssrc);
    rtc_write_u16(w, (uint16_t)report->base_sequence);
    rtc_write_u16(w, (uint16_t)(arrivals[count - 1].sequence -
                                report->base_sequence + 1));
    rtc_write_u24(
        w, (uint32_t)(tick_of(arrivals[0].arrival_us) / REFERENCE_TICKS) &
               0xffffff);
    rtc_write_u8(w, report->feedback_count);
    for (size_t i = 0; i < count; i++)
        add_arrival(&c, report, i);
    flush_all(&c);
    for (size_t i = 0; i < count; i++)
        write_delta(w, delta_of(report, i));
    error = rtc_rtcp_end(w, start);
    return error < 0 ? error : (int)count;
}
