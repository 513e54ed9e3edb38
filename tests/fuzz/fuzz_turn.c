/* SPDX-License-Identifier: MIT
 * A hostile TURN server: the input says how the client is made, then what
 * happens to it, a record at a time: answers with attributes of the server's
 * choice to requests of ours (signed or not), messages of any bytes, time,
 * peers, hand-over. What goes out is well-formed, what is given is inside the
 * message, a drain has an end and leaves no deadline in the past. */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "stun/auth.h"
#include "turn/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define KEPT 4

struct run {
    struct rtc_turn_config config;
    struct rtc_turn_client *client;
    rtc_usec now;
    uint8_t requests[KEPT][RTC_TURN_CONTROL_MOST];
    size_t lens[KEPT];
    unsigned newest;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void count_up(void *user, void *buf, size_t len)
{
    unsigned *state = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)((*state = *state * 1103515245 + 12345) >> 16);
}

static struct rtc_addr peer_of(unsigned n)
{
    struct rtc_addr peer = {.family = n & 1 ? 6 : 4, .port = 7};

    peer.ip[0] = 192;
    peer.ip[3] = (uint8_t)(n & 0x3f);
    return peer;
}

static void drain(struct run *run)
{
    for (unsigned rounds = 0;; rounds++) {
        uint8_t *buf = run->requests[(run->newest + 1) % KEPT];
        int len = rtc_turn_transmit(run->client, buf, RTC_TURN_CONTROL_MOST,
                                    run->now);

        require(len >= 0 && rounds < 100);
        if (len == 0)
            break;
        require(rtc_stun_is_message(buf, (size_t)len));
        run->newest = (run->newest + 1) % KEPT;
        run->lens[run->newest] = (size_t)len;
    }
    require(rtc_turn_deadline(run->client) > run->now);
    require(rtc_turn_state(run->client) != RTC_TURN_ALLOCATED ||
            rtc_turn_generation(run->client) > 0);
}

static void receive(struct run *run, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    struct rtc_turn_data got = {0};
    struct rtc_addr relayed;
    const char *reason;

    require(copy);
    memcpy(copy, data, len);
    if (rtc_turn_receive(run->client, copy, len, &got, run->now) ==
        RTC_TURN_DATA) {
        require(rtc_turn_state(run->client) == RTC_TURN_ALLOCATED);
        require(got.data >= copy && got.len <= len &&
                (size_t)(got.data - copy) <= len - got.len);
        require(rtc_turn_owns(run->client, &got.relayed));
    }
    free(copy);
    if (rtc_turn_relayed(run->client, 1, &relayed))
        require(relayed.family == 6);
    (void)rtc_turn_error(run->client, &reason);
    for (; *reason; reason++)
        require(*reason >= ' ' && *reason <= '~');
}

static void sign(struct rtc_writer *w, const struct rtc_stun *request)
{
    struct rtc_stun_login login = {"u", NULL, "p"};
    uint8_t key[RTC_MD5_LEN];
    char realm[1024];

    if (!request->realm.at ||
        !rtc_text_copy(request->realm, realm, sizeof realm))
        return;
    login.realm = realm;
    if (rtc_stun_long_term_key(&login, key) == 0)
        rtc_stun_write_integrity(w, key, sizeof key);
}

/* `how`: which request, success or error, signed or not. */
static void answer(struct run *run, unsigned how, const uint8_t *attributes,
                   size_t len)
{
    unsigned which = (run->newest + KEPT - (how & 3)) % KEPT;
    struct rtc_stun request;
    struct rtc_writer w;
    uint8_t buf[1024];

    if (rtc_stun_parse(&request, run->requests[which], run->lens[which]) < 0)
        return;
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, how & 4 ? RTC_STUN_SUCCESS : RTC_STUN_ERROR,
                         (enum rtc_stun_method)request.method, request.id);
    rtc_write_bytes(&w, attributes, len & ~(size_t)3);
    rtc_patch_u16(&w, 2, (uint16_t)(w.len - RTC_STUN_HEADER_LEN));
    if (how & 8)
        sign(&w, &request);
    require(!w.failed);
    receive(run, buf, w.len);
}

static void hand_over(struct run *run, const uint8_t *text, size_t len,
                      bool own)
{
    char line[RTC_TURN_SAVE_MOST];
    struct rtc_turn_client *client;
    struct rtc_text saved = {(const char *)text, len};
    int result;

    if (own) {
        result = rtc_turn_save(run->client, line, sizeof line, run->now);
        if (result < 0) {
            require(result == RTC_ERR_STATE);
            return;
        }
        saved = (struct rtc_text){line, (size_t)result};
    }
    result = rtc_turn_load(&client, &run->config, saved,
                           (rtc_usec)len * RTC_SEC, run->now);
    require(!own || result == 0);
    if (result == 0) {
        rtc_turn_free(run->client);
        run->client = client;
    }
}

static void send_datagram(struct run *run, unsigned n, size_t len)
{
    struct rtc_addr peer = peer_of(n);
    size_t head = rtc_turn_head(run->client, &peer);
    uint8_t buf[256 + RTC_TURN_HEAD_MOST] = {0};
    int result = rtc_turn_wrap(run->client, &peer, buf, head, len,
                               len + RTC_TURN_HEAD_MOST, run->now);

    require(result < 0 || (size_t)result <= len + RTC_TURN_HEAD_MOST);
    require(result < 0 || head == 4 ||
            rtc_stun_is_message(buf, (size_t)result));
}

static void step(struct run *run, unsigned verb, unsigned how,
                 const uint8_t *data, size_t len)
{
    struct rtc_addr peer = peer_of(how);

    switch (verb & 7) {
    case 0:
        receive(run, data, len);
        break;
    case 1:
    case 2:
        answer(run, how, data, len);
        break;
    case 3:
        run->now += (rtc_usec)how * (len & 1 ? 10 * RTC_SEC : 10 * RTC_MS);
        break;
    case 4:
        (void)rtc_turn_permit(run->client, &peer, run->now);
        break;
    case 5:
        (void)rtc_turn_bind(run->client, &peer, run->now);
        break;
    case 6:
        send_datagram(run, how, len);
        break;
    case 7:
        if (how == 255)
            rtc_turn_release(run->client, run->now);
        else
            hand_over(run, data, len, how & 1);
        break;
    }
    drain(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t families[] = {0, 4, 6, 0};
    unsigned seed = 1;
    struct run run = {.now = 1000 * RTC_SEC};
    struct rtc_reader r;
    unsigned flags;

    rtc_reader_init(&r, data, len);
    flags = rtc_read_u8(&r);
    run.config = (struct rtc_turn_config){
        .path = {peer_of(60), peer_of(62),
                 (enum rtc_transport)((flags >> 2 & 3) % 3)},
        .username = flags & 16 ? NULL : "u",
        .password = "p",
        .family = families[flags & 3],
        .retry = {250 * RTC_MS, 3 * RTC_SEC, 7},
        .random = {count_up, &seed},
    };
    if (rtc_turn_new(&run.client, &run.config, run.now) < 0)
        return 0;
    drain(&run);
    while (rtc_reader_left(&r) > 0 && !r.failed) {
        unsigned verb = rtc_read_u8(&r), how = rtc_read_u8(&r);
        size_t want = rtc_read_u8(&r), left = rtc_reader_left(&r);
        const uint8_t *at = rtc_read_bytes(&r, want < left ? want : left);

        if (at)
            step(&run, verb, how, at, want < left ? want : left);
    }
    rtc_turn_free(run.client);
    return 0;
}
