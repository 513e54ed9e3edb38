/* SPDX-License-Identifier: MIT
 * Parsing and writing of STUN messages (RFC 8489 5, 14). One row a known
 * attribute says where in struct rtc_stun its value goes. Attributes behind
 * the integrity are skipped, but for the fingerprint (14.5). */
#include "stun/message.h"

#include "base/addr.h"

#include <assert.h>
#include <string.h>

enum value_kind {
    VALUE_KNOWN, /* understood, but nobody reads it */
    VALUE_TEXT,
    VALUE_U32,
    VALUE_U64,
    VALUE_FLAG,
    VALUE_ADDR,
    VALUE_XOR_ADDR,
    VALUE_ERROR,
};

struct attribute_row {
    uint16_t type;
    uint8_t kind;
    size_t field;    /* offset in struct rtc_stun */
    size_t presence; /* offset of its bool, or 0 */
};

#define AT(name) offsetof(struct rtc_stun, name)

static const struct attribute_row attribute_rows[] = {
    {RTC_STUN_MAPPED_ADDRESS, VALUE_ADDR, AT(mapped), 0},
    {RTC_STUN_CHANGE_REQUEST, VALUE_KNOWN, 0, 0},
    {RTC_STUN_USERNAME, VALUE_TEXT, AT(username), 0},
    {RTC_STUN_ERROR_CODE, VALUE_ERROR, 0, 0},
    {RTC_STUN_UNKNOWN_ATTRIBUTES, VALUE_KNOWN, 0, 0},
    {RTC_STUN_CHANNEL_NUMBER, VALUE_KNOWN, 0, 0},
    {RTC_STUN_LIFETIME, VALUE_U32, AT(lifetime), AT(has_lifetime)},
    {RTC_STUN_XOR_PEER_ADDRESS, VALUE_XOR_ADDR, AT(peer), 0},
    {RTC_STUN_DATA_VALUE, VALUE_TEXT, AT(value), 0},
    {RTC_STUN_REALM, VALUE_TEXT, AT(realm), 0},
    {RTC_STUN_NONCE, VALUE_TEXT, AT(nonce), 0},
    {RTC_STUN_XOR_RELAYED_ADDRESS, VALUE_XOR_ADDR, AT(relayed), 0},
    {RTC_STUN_REQUESTED_ADDRESS_FAMILY, VALUE_KNOWN, 0, 0},
    {RTC_STUN_REQUESTED_TRANSPORT, VALUE_KNOWN, 0, 0},
    {RTC_STUN_XOR_MAPPED_ADDRESS, VALUE_XOR_ADDR, AT(mapped), 0},
    {RTC_STUN_PRIORITY, VALUE_U32, AT(priority), AT(has_priority)},
    {RTC_STUN_USE_CANDIDATE, VALUE_FLAG, AT(use_candidate), 0},
    {RTC_STUN_PADDING, VALUE_KNOWN, 0, 0},
    {RTC_STUN_RESPONSE_PORT, VALUE_KNOWN, 0, 0},
    {RTC_STUN_SOFTWARE, VALUE_TEXT, AT(software), 0},
    {RTC_STUN_ALTERNATE_SERVER, VALUE_ADDR, AT(alternate), 0},
    {RTC_STUN_ICE_CONTROLLED, VALUE_U64, AT(tie_breaker), AT(has_controlled)},
    {RTC_STUN_ICE_CONTROLLING, VALUE_U64, AT(tie_breaker), AT(has_controlling)},
    {RTC_STUN_RESPONSE_ORIGIN, VALUE_ADDR, AT(origin), 0},
    {RTC_STUN_OTHER_ADDRESS, VALUE_ADDR, AT(other), 0},
};

_Static_assert(sizeof attribute_rows / sizeof attribute_rows[0] <= 32,
               "take_attribute keeps a bit a row");

static const struct attribute_row *find_row(uint16_t type)
{
    size_t count = sizeof attribute_rows / sizeof attribute_rows[0];

    for (size_t i = 0; i < count; i++)
        if (attribute_rows[i].type == type)
            return &attribute_rows[i];
    return NULL;
}

/* The cookie and the id, with which addresses are hidden (RFC 8489 14.2). */
static void hide(uint8_t *ip, size_t len, const uint8_t *message)
{
    for (size_t i = 0; i < len; i++)
        ip[i] ^= message[4 + i];
}

static bool read_addr(struct rtc_reader *r, const uint8_t *xor_message,
                      struct rtc_addr *ret_addr)
{
    struct rtc_addr addr = {0};
    uint8_t family;
    const uint8_t *ip;
    size_t len;

    rtc_read_skip(r, 1);
    family = rtc_read_u8(r);
    addr.port = rtc_read_u16(r);
    len = family == 1 ? 4 : 16;
    ip = rtc_read_bytes(r, len);
    if (!ip || (family != 1 && family != 2))
        return false;
    memcpy(addr.ip, ip, len);
    addr.family = family == 1 ? 4 : 6;
    if (xor_message) {
        addr.port ^= RTC_STUN_COOKIE >> 16;
        hide(addr.ip, len, xor_message);
    }
    *ret_addr = addr;
    return true;
}

static bool read_error(struct rtc_reader *r, struct rtc_stun *m)
{
    unsigned hundreds, rest;
    size_t len;

    rtc_read_skip(r, 2);
    hundreds = rtc_read_u8(r) & 7u;
    rest = rtc_read_u8(r);
    len = rtc_reader_left(r);
    /* RFC 8489 14.8. */
    if (r->failed || hundreds < 3 || hundreds > 6 || rest > 99)
        return false;
    m->error_code = (uint16_t)(hundreds * 100 + rest);
    m->error_reason.at = (const char *)rtc_read_bytes(r, len);
    m->error_reason.len = len;
    return true;
}

static void set_presence(struct rtc_stun *m, const struct attribute_row *row)
{
    if (row->presence)
        *(bool *)((char *)m + row->presence) = true;
}

/* False: the value is malformed. */
static bool take_value(struct rtc_stun *m, const struct attribute_row *row,
                       struct rtc_reader *r)
{
    void *field = (char *)m + row->field;
    struct rtc_text *text = field;

    switch ((enum value_kind)row->kind) {
    case VALUE_KNOWN:
        return true;
    case VALUE_TEXT:
        text->len = rtc_reader_left(r);
        text->at = (const char *)r->at;
        return true;
    case VALUE_U32:
        *(uint32_t *)field = rtc_read_u32(r);
        break;
    case VALUE_U64:
        *(uint64_t *)field = rtc_read_u64(r);
        break;
    case VALUE_FLAG:
        *(bool *)field = true;
        return true;
    case VALUE_ADDR:
        return read_addr(r, NULL, field);
    case VALUE_XOR_ADDR:
        return read_addr(r, m->data, field);
    case VALUE_ERROR:
        return read_error(r, m);
    }
    set_presence(m, row);
    return !r->failed && !rtc_reader_left(r);
}

static void note_unknown(struct rtc_stun *m, uint16_t type)
{
    if (type >= 0x8000) /* RFC 8489 14: those may be ignored */
        return;
    if (m->unknown_count < RTC_STUN_UNKNOWN_MOST)
        m->unknown[m->unknown_count] = type;
    m->unknown_count++;
}

/* `seen`: a bit a row, so that the first of two counts; XOR-MAPPED-ADDRESS
 * shares its field with MAPPED-ADDRESS and wins in whatever order. */
static bool take_attribute(struct rtc_stun *m, uint16_t type,
                           struct rtc_reader *value, uint32_t *seen)
{
    const struct attribute_row *row = find_row(type);
    const struct attribute_row *xor_row = find_row(RTC_STUN_XOR_MAPPED_ADDRESS);
    uint32_t bit, xor_bit = 1u << (xor_row - attribute_rows);

    if (!row) {
        note_unknown(m, type);
        return true;
    }
    bit = 1u << (row - attribute_rows);
    if (*seen & bit) {
        if (type != RTC_STUN_XOR_RELAYED_ADDRESS || m->relayed_second.family)
            return true;
        return read_addr(value, m->data, &m->relayed_second);
    }
    *seen |= bit;
    if (type == RTC_STUN_MAPPED_ADDRESS && *seen & xor_bit)
        return true;
    return take_value(m, row, value);
}

/* Offset of the attribute header just read. */
static bool take_protection(struct rtc_stun *m, uint16_t type, size_t len,
                            size_t offset)
{
    if (type == RTC_STUN_MESSAGE_INTEGRITY) {
        if (m->integrity_at)
            return true;
        m->integrity_at = offset;
        return len == 20;
    }
    m->fingerprint_at = offset;
    /* RFC 8489 14.7: it is the last one. */
    return len == 4 && offset + 8 == m->len;
}

static bool parse_attributes(struct rtc_stun *m, struct rtc_reader *r)
{
    uint32_t seen = 0;

    while (rtc_reader_left(r) > 0) {
        size_t offset = (size_t)(r->at - m->data);
        uint16_t type = rtc_read_u16(r);
        uint16_t len = rtc_read_u16(r);
        struct rtc_reader value;
        const uint8_t *at = rtc_read_bytes(r, len);

        rtc_read_skip(r, -(size_t)len & 3); /* padding to 32 bit */
        if (r->failed)
            return false;
        rtc_reader_init(&value, at, len);
        if (type == RTC_STUN_MESSAGE_INTEGRITY ||
            type == RTC_STUN_FINGERPRINT) {
            if (!take_protection(m, type, len, offset))
                return false;
        } else if (!m->integrity_at &&
                   !take_attribute(m, type, &value, &seen)) {
            return false;
        }
    }
    return true;
}

bool rtc_stun_is_message(const void *data, size_t len)
{
    const uint8_t *p = data;

    return len >= RTC_STUN_HEADER_LEN && (p[0] & 0xC0) == 0 &&
           rtc_get_u32(p + 4) == RTC_STUN_COOKIE && (p[3] & 3) == 0 &&
           rtc_get_u16(p + 2) == len - RTC_STUN_HEADER_LEN;
}

/* RFC 8489 5: the class is bits 4 and 8 of the type, the method the rest. */
static unsigned type_class(unsigned type)
{
    return (type >> 7 & 2) | (type >> 4 & 1);
}

static unsigned type_method(unsigned type)
{
    return (type & 0x000F) | (type >> 1 & 0x0070) | (type >> 2 & 0x0F80);
}

static unsigned message_type(unsigned class, unsigned method)
{
    return (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2 |
           (class & 1) << 4 | (class & 2) << 7;
}

int rtc_stun_parse(struct rtc_stun *ret_message, const void *data, size_t len)
{
    struct rtc_stun m = {.data = data, .len = len};
    struct rtc_reader r;
    unsigned type;

    if (!rtc_stun_is_message(data, len))
        return RTC_ERR_FORMAT;
    type = rtc_get_u16(m.data);
    m.class = (enum rtc_stun_class)type_class(type);
    m.method = (uint16_t)type_method(type);
    memcpy(m.id, m.data + 8, RTC_STUN_ID_LEN);
    rtc_reader_init(&r, m.data + RTC_STUN_HEADER_LEN,
                    len - RTC_STUN_HEADER_LEN);
    if (!parse_attributes(&m, &r))
        return RTC_ERR_FORMAT;
    *ret_message = m;
    return 0;
}

void rtc_stun_write_begin(struct rtc_writer *w, enum rtc_stun_class class,
                          enum rtc_stun_method method,
                          const uint8_t id[RTC_STUN_ID_LEN])
{
    assert(w->len == 0);
    rtc_write_u16(w, (uint16_t)message_type(class, method));
    rtc_write_u16(w, 0);
    rtc_write_u32(w, RTC_STUN_COOKIE);
    rtc_write_bytes(w, id, RTC_STUN_ID_LEN);
}

void rtc_stun_write(struct rtc_writer *w, enum rtc_stun_attribute type,
                    const void *value, size_t len)
{
    if (w->failed || len > UINT16_MAX - 7 || w->len + len > UINT16_MAX - 7) {
        w->failed = true;
        return;
    }
    rtc_write_u16(w, (uint16_t)type);
    rtc_write_u16(w, (uint16_t)len);
    rtc_write_bytes(w, value, len);
    rtc_write_zeros(w, -len & 3);
    if (!w->failed)
        rtc_patch_u16(w, 2, (uint16_t)(w->len - RTC_STUN_HEADER_LEN));
}

void rtc_stun_write_text(struct rtc_writer *w, enum rtc_stun_attribute type,
                         const char *value)
{
    rtc_stun_write(w, type, value, strlen(value));
}

void rtc_stun_write_u32(struct rtc_writer *w, enum rtc_stun_attribute type,
                        uint32_t value)
{
    uint8_t bytes[4];

    rtc_put_u32(bytes, value);
    rtc_stun_write(w, type, bytes, sizeof bytes);
}

void rtc_stun_write_u64(struct rtc_writer *w, enum rtc_stun_attribute type,
                        uint64_t value)
{
    uint8_t bytes[8];

    rtc_put_u32(bytes, (uint32_t)(value >> 32));
    rtc_put_u32(bytes + 4, (uint32_t)value);
    rtc_stun_write(w, type, bytes, sizeof bytes);
}

static size_t put_addr(uint8_t value[20], const struct rtc_addr *addr)
{
    size_t len = addr->family == 4 ? 4 : 16;

    value[0] = 0;
    value[1] = addr->family == 4 ? 1 : 2;
    rtc_put_u16(value + 2, addr->port);
    memcpy(value + 4, addr->ip, len);
    return 4 + len;
}

void rtc_stun_write_addr(struct rtc_writer *w, enum rtc_stun_attribute type,
                         const struct rtc_addr *addr)
{
    uint8_t value[20];
    size_t len = put_addr(value, addr);

    rtc_stun_write(w, type, value, len);
}

void rtc_stun_write_xor_addr(struct rtc_writer *w, enum rtc_stun_attribute type,
                             const struct rtc_addr *addr)
{
    uint8_t value[20];
    size_t len = put_addr(value, addr);

    if (w->failed)
        return;
    rtc_put_u16(value + 2, addr->port ^ (uint16_t)(RTC_STUN_COOKIE >> 16));
    hide(value + 4, len - 4, w->data);
    rtc_stun_write(w, type, value, len);
}

void rtc_stun_write_error(struct rtc_writer *w, unsigned code,
                          const char *reason)
{
    uint8_t value[4 + 128] = {0, 0, (uint8_t)(code / 100),
                              (uint8_t)(code % 100)};
    size_t len = strlen(reason);

    assert(len <= sizeof value - 4);
    memcpy(value + 4, reason, len);
    rtc_stun_write(w, RTC_STUN_ERROR_CODE, value, 4 + len);
}

void rtc_stun_write_unknown(struct rtc_writer *w, const uint16_t *types,
                            unsigned count)
{
    uint8_t value[2 * RTC_STUN_UNKNOWN_MOST];

    assert(count <= RTC_STUN_UNKNOWN_MOST);
    for (unsigned i = 0; i < count; i++)
        rtc_put_u16(value + 2 * i, types[i]);
    rtc_stun_write(w, RTC_STUN_UNKNOWN_ATTRIBUTES, value, 2 * (size_t)count);
}
