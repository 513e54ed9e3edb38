/* SPDX-License-Identifier: MIT
 * An allocation as one line of text, and back: what another process needs to go
 * on with it. Words, in this order: `turn1`, server, mapped address (or `-`),
 * one or two relayed addresses (or `-`), seconds left, generation, realm and
 * nonce (`=` and base64, or `-`), then the peers of the channels by number. */
#include "base/addr.h"
#include "base/clock.h"
#include "turn/machine.h"

#define MAGIC "turn1"
#define BASE64_MOST ((RTC_TURN_NONCE_MOST + 2) / 3 * 4)

static void write_addr(struct rtc_writer *w, const struct rtc_addr *addr)
{
    char text[RTC_ADDR_TEXT];

    rtc_write_text(w, " %s", addr->family ? rtc_addr_write(addr, text) : "-");
}

static void write_secret(struct rtc_writer *w, const char *secret)
{
    struct rtc_text text = rtc_text_of(secret);
    char base64[BASE64_MOST + 1];

    if (rtc_base64_write(text.at, text.len, base64, sizeof base64) < 0)
        w->failed = true;
    else
        rtc_write_text(w, " =%s", base64);
}

int rtc_turn_save(const struct rtc_turn_client *client, char *buf, size_t cap,
                  rtc_usec now)
{
    rtc_usec left = rtc_max_time(client->expires_at - now, 0);
    struct rtc_writer w;

    if (client->state != RTC_TURN_ALLOCATED ||
        client->path.transport != RTC_UDP)
        return RTC_ERR_STATE;
    rtc_writer_init(&w, buf, cap);
    rtc_write_text(&w, MAGIC);
    write_addr(&w, &client->path.remote);
    write_addr(&w, &client->mapped);
    write_addr(&w, &client->relayed[0]);
    write_addr(&w, &client->relayed[1]);
    rtc_write_text(&w, " %lld %u", (long long)(left / RTC_SEC),
                   client->generation);
    if (client->has_key) {
        write_secret(&w, client->realm);
        write_secret(&w, client->nonce);
    } else {
        rtc_write_text(&w, " - -");
    }
    for (unsigned i = 0; i < client->channel_count; i++)
        write_addr(&w, &client->channels[i].peer);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}

static bool read_addr(struct rtc_text *rest, struct rtc_addr *ret_addr)
{
    char text[RTC_ADDR_TEXT];
    struct rtc_text word;

    return rtc_text_word(rest, &word) &&
           rtc_text_copy(word, text, sizeof text) &&
           rtc_addr_parse(text, ret_addr) == 0;
}

/* `-` is none. */
static bool read_addr_or_none(struct rtc_text *rest, struct rtc_addr *ret_addr)
{
    struct rtc_text before = *rest, word;

    if (rtc_text_word(rest, &word) && rtc_text_is(word, "-"))
        return true;
    *rest = before;
    return read_addr(rest, ret_addr);
}

static bool read_u32(struct rtc_text *rest, uint32_t *ret_value)
{
    struct rtc_text word;

    return rtc_text_word(rest, &word) &&
           rtc_text_u32(word, UINT32_MAX, ret_value);
}

/* Into `buf`; `at` stays NULL for `-`. */
static bool read_secret(struct rtc_text *rest, char *buf, size_t cap,
                        struct rtc_text *ret_secret)
{
    struct rtc_text word;
    int len;

    if (!rtc_text_word(rest, &word))
        return false;
    if (rtc_text_is(word, "-"))
        return true;
    if (!rtc_text_starts(word, "="))
        return false;
    word.at++;
    word.len--;
    len = rtc_base64_read(word, (uint8_t *)buf, cap);
    if (len < 0)
        return false;
    *ret_secret = (struct rtc_text){buf, (size_t)len};
    return true;
}

static bool read_credentials(struct rtc_turn_client *client,
                             struct rtc_text *rest)
{
    char realm_buf[RTC_TURN_REALM_MOST], nonce_buf[RTC_TURN_NONCE_MOST];
    struct rtc_text realm = {0}, nonce = {0};

    return read_secret(rest, realm_buf, sizeof realm_buf, &realm) &&
           read_secret(rest, nonce_buf, sizeof nonce_buf, &nonce) &&
           ((!realm.at && !nonce.at) ||
            rtc_turn_take_challenge(client, realm, nonce));
}

static bool read_addrs(struct rtc_turn_client *client, struct rtc_text *rest)
{
    struct rtc_addr *relayed = client->relayed;
    struct rtc_addr server;

    if (!read_addr(rest, &server) ||
        server.family != client->path.remote.family ||
        !read_addr_or_none(rest, &client->mapped) ||
        !read_addr(rest, &relayed[0]) || !read_addr_or_none(rest, &relayed[1]))
        return false;
    client->path.remote = server;
    return relayed[0].family != relayed[1].family;
}

static bool read_channels(struct rtc_turn_client *client, struct rtc_text *rest,
                          rtc_usec now)
{
    struct rtc_addr peer;

    while (rtc_text_trim(*rest).len > 0)
        if (!read_addr(rest, &peer) || rtc_turn_bind(client, &peer, now) < 0)
            return false;
    return true;
}

static bool read_all(struct rtc_turn_client *client, struct rtc_text rest,
                     rtc_usec age_us, rtc_usec now)
{
    struct rtc_text magic;
    uint32_t left, generation;

    if (!rtc_text_word(&rest, &magic) || !rtc_text_is(magic, MAGIC) ||
        !read_addrs(client, &rest) || !read_u32(&rest, &left) ||
        !read_u32(&rest, &generation) || !generation ||
        !read_credentials(client, &rest) || !read_channels(client, &rest, now))
        return false;
    client->generation = generation;
    client->expires_at = now + left * RTC_SEC - age_us;
    client->refresh_at = now;
    return true;
}

int rtc_turn_load(struct rtc_turn_client **ret_client,
                  const struct rtc_turn_config *config, struct rtc_text saved,
                  rtc_usec age_us, rtc_usec now)
{
    struct rtc_turn_client *client;
    int result = rtc_turn_make(&client, config);

    if (result < 0)
        return result;
    if (!read_all(client, saved, age_us, now)) {
        rtc_turn_free(client);
        return RTC_ERR_FORMAT;
    }
    rtc_turn_set_state(client, RTC_TURN_ALLOCATED);
    *ret_client = client;
    return 0;
}
