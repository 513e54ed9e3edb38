/* SPDX-License-Identifier: MIT
 *
 * a=candidate (RFC 8839 5.1; tcptype: RFC 6544 4.5; `.local` names:
 * draft-ietf-mmusic-mdns-ice-candidates). Pairing and resolving are ICE's.
 */
#include "sdp/candidate.h"

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

static const char *const type_names[] = {
    [RTC_CANDIDATE_HOST] = "host",
    [RTC_CANDIDATE_SRFLX] = "srflx",
    [RTC_CANDIDATE_PRFLX] = "prflx",
    [RTC_CANDIDATE_RELAY] = "relay",
};

static const char *const tcptype_names[] = {
    [RTC_TCPTYPE_ACTIVE] = "active",
    [RTC_TCPTYPE_PASSIVE] = "passive",
    [RTC_TCPTYPE_SO] = "so",
};

static struct rtc_text after_prefix(struct rtc_text line)
{
    static const char *const prefixes[] = {"a=", "candidate:"};

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (rtc_text_starts(line, prefixes[i])) {
            line.at += strlen(prefixes[i]);
            line.len -= strlen(prefixes[i]);
        }
    return line;
}

/* Letters, digits, `.`, `-`, `_`: what a host name is made of. */
static bool is_host_name(struct rtc_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))
            return false;
    }
    return t.len > 0;
}

/* Foundation, component and priority; the transport word between them goes to
 * `ret_transport`. */
static bool read_head(struct rtc_text *rest, struct rtc_candidate *c,
                      struct rtc_text *ret_transport)
{
    struct rtc_text foundation, component, priority;
    uint32_t number;

    if (!rtc_text_word(rest, &foundation) || !rtc_text_word(rest, &component) ||
        !rtc_text_word(rest, ret_transport) || !rtc_text_word(rest, &priority))
        return false;
    if (!rtc_text_copy(foundation, c->foundation, sizeof c->foundation) ||
        !rtc_text_u32(component, UINT8_MAX, &number) || number == 0 ||
        !rtc_text_u32(priority, UINT32_MAX, &c->priority))
        return false;
    c->component = (uint8_t)number;
    return true;
}

static bool read_address(struct rtc_text *rest, struct rtc_candidate *c)
{
    struct rtc_text host, port;
    uint32_t number;

    if (!rtc_text_word(rest, &host) || !rtc_text_word(rest, &port) ||
        !rtc_text_u32(port, UINT16_MAX, &number))
        return false;
    if (rtc_addr_parse_ip(host, (uint16_t)number, &c->addr))
        return true;
    c->addr.port = (uint16_t)number;
    return is_host_name(host) && rtc_text_copy(host, c->host, sizeof c->host);
}

static int read_type(struct rtc_text *rest, struct rtc_candidate *c)
{
    struct rtc_text keyword, type;

    if (!rtc_text_word(rest, &keyword) || !rtc_text_is_nocase(keyword, "typ") ||
        !rtc_text_word(rest, &type))
        return RTC_ERR_FORMAT;
    for (unsigned i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (rtc_text_is_nocase(type, type_names[i])) {
            c->type = (enum rtc_candidate_type)i;
            return 0;
        }
    return RTC_ERR_UNSUPPORTED;
}

/* Unknown values leave RTC_TCPTYPE_NONE. */
static enum rtc_tcptype tcptype_of(struct rtc_text value)
{
    for (unsigned i = RTC_TCPTYPE_ACTIVE; i <= RTC_TCPTYPE_SO; i++)
        if (rtc_text_is_nocase(value, tcptype_names[i]))
            return (enum rtc_tcptype)i;
    return RTC_TCPTYPE_NONE;
}

/* The `name value` pairs at the end. A related address that is a name or has
 * no port stays unset: nothing depends on it (RFC 8839 5.1). */
static void read_extensions(struct rtc_text rest, struct rtc_candidate *c)
{
    struct rtc_text name, value, related = {"", 0};
    uint32_t port = 0;

    while (rtc_text_word(&rest, &name) && rtc_text_word(&rest, &value)) {
        if (rtc_text_is_nocase(name, "raddr"))
            related = value;
        else if (rtc_text_is_nocase(name, "rport"))
            (void)rtc_text_u32(value, UINT16_MAX, &port);
        else if (rtc_text_is_nocase(name, "tcptype"))
            c->tcptype = tcptype_of(value);
    }
    (void)rtc_addr_parse_ip(related, (uint16_t)port, &c->related);
}

int rtc_sdp_candidate_parse(struct rtc_text line,
                            struct rtc_candidate *ret_candidate)
{
    struct rtc_candidate c = {0};
    struct rtc_text rest = after_prefix(rtc_text_trim(line)), transport;
    int error;

    if (!read_head(&rest, &c, &transport) || !read_address(&rest, &c))
        return RTC_ERR_FORMAT;
    error = read_type(&rest, &c);
    if (error)
        return error;
    read_extensions(rest, &c);
    if (rtc_text_is_nocase(transport, "udp")) {
        c.transport = RTC_UDP;
        c.tcptype = RTC_TCPTYPE_NONE;
    } else if (rtc_text_is_nocase(transport, "tcp") && c.tcptype) {
        c.transport = RTC_TCP;
    } else {
        return RTC_ERR_UNSUPPORTED;
    }
    *ret_candidate = c;
    return 0;
}

int rtc_sdp_candidate_write(const struct rtc_candidate *candidate, char *buf,
                            size_t cap)
{
    const struct rtc_candidate *c = candidate;
    char ip[RTC_ADDR_TEXT], related[RTC_ADDR_TEXT] = "0.0.0.0";
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_write_text(&w, "candidate:%s %u %s %u %s %u typ %s", c->foundation,
                   c->component, c->transport == RTC_UDP ? "udp" : "tcp",
                   c->priority,
                   c->addr.family ? rtc_addr_write_ip(&c->addr, ip) : c->host,
                   c->addr.port, type_names[c->type]);
    /* RFC 8839 5.1: all but host candidates have raddr and rport. */
    if (c->type != RTC_CANDIDATE_HOST) {
        if (c->related.family)
            rtc_addr_write_ip(&c->related, related);
        rtc_write_text(&w, " raddr %s rport %u", related, c->related.port);
    }
    if (c->tcptype != RTC_TCPTYPE_NONE)
        rtc_write_text(&w, " tcptype %s", tcptype_names[c->tcptype]);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}
