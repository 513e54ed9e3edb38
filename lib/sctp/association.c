/* SPDX-License-Identifier: MIT
 *
 * SCTP (RFC 9260, RFC 6525 stream resets, RFC 3758 partial reliability) on
 * usrsctp without its threads. usrsctp is one per process, and so is `stack`
 * here, the library's only mutable global: its clock is advanced by whichever
 * association is used next, so all peers with data channels belong to one
 * thread. usrsctp sees an association by a number, never by its address, which
 * it would write into cookies. It takes its randomness and the time of day from
 * libc.
 *
 * Packets leave with a checksum, and come in unchecked, as DTLS authenticates
 * them. Path MTU discovery and heartbeats are off: DTLS has the MTU, and ICE
 * knows whether the path works.
 */
#include "sctp/association.h"

#include <errno.h>
#include <string.h>
#include <usrsctp.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/queue.h"
#include "sctp/crc32c.h"
#include "sctp/early.h"
#include "sctp/packet.h"

#define HEADER_LEN RTC_SCTP_HEADER_LEN
#define DATA_HEADER_LEN 16 /* RFC 9260 3.3.1 */
/* usrsctp goes no lower; longer packets are cut between chunks, see output. */
#define PATH_MTU_LEAST 512
#define IP_HEADER_LEN 20 /* which it takes off the length of a chunk */
/* Beyond the send buffer: headers, resends, acknowledgements. */
#define OUTPUT_EXTRA ((size_t)1 << 20)
/* usrsctp does not say when its next timer is due. While something is under
 * way it is called so often, and a while after the last packet came. */
#define TICK (10 * RTC_MS)
#define ACTIVE_FOR (300 * RTC_MS)
/* ICE and DTLS say when the peer is gone; SCTP never does. */
#define RETRANSMITS_MOST UINT16_MAX
#define RTO_INITIAL_MS 500
#define RTO_MIN_MS 400
#define RTO_MAX_MS 3000
#define ACK_DELAY_MS 20
#define CHUNKS_MOST (1u << 20)
/* Acknowledgements are thinned out (see output), so one may stand for as many
 * packets as one read of a socket gives; slow start is to count them all. */
#define ACKS_AT_ONCE 64
/* Of usrsctp's API, though not of its header: what an association holds. */
#define GET_BUFFER_USE 0x1101

struct buffer_use {
    uint32_t association, send, receive;
};

struct rtc_association {
    struct rtc_association_config config;
    struct socket *socket;
    size_t handle; /* its place in stack.table, and 1 */
    struct rtc_queue output;
    bool ends_in_ack; /* the newest packet of it is a mere acknowledgement */
    struct rtc_sctp_early early;
    bool up, down;
    bool skips; /* the rest of a notification that was longer than the buffer */
    bool waits_for_reset;
    rtc_usec active_until;
};

static struct {
    unsigned count; /* of associations; usrsctp runs when it is not 0 */
    struct rtc_association **table;
    size_t size;
    rtc_usec last; /* what usrsctp was told of */
} stack;

/* ---- the process's usrsctp ---------------------------------------------- */

static void push_packet(struct rtc_association *a, uint8_t *packet, size_t len)
{
    bool is_ack = rtc_sctp_is_mere_ack(packet, len);

    rtc_sctp_early_note(&a->early, packet, len);
    rtc_crc32c_seal(packet, len);
    if (is_ack && a->ends_in_ack && !rtc_queue_is_empty(&a->output))
        rtc_queue_drop_last(&a->output);
    a->ends_in_ack = is_ack;
    /* Without room it is lost, as the network may lose it. */
    (void)rtc_queue_push(&a->output, packet, len);
}

/* What usrsctp calls with each packet: it only goes to a queue. */
static int output(void *addr, void *packet, size_t len, uint8_t tos,
                  uint8_t set_df)
{
    size_t handle = (size_t)addr;
    struct rtc_association *a;
    size_t head;

    (void)tos, (void)set_df;
    a = handle && handle <= stack.size ? stack.table[handle - 1] : NULL;
    if (!a || len < HEADER_LEN)
        return 0;
    while (len > a->config.mtu &&
           (head = rtc_sctp_first_chunks(packet, len, a->config.mtu))) {
        push_packet(a, packet, head);
        /* The rest follows under a header of its own. */
        memmove((uint8_t *)packet + head - HEADER_LEN, packet, HEADER_LEN);
        packet = (uint8_t *)packet + head - HEADER_LEN;
        len -= head - HEADER_LEN;
    }
    push_packet(a, packet, len);
    return 0;
}

static void begin(rtc_usec now)
{
    if (stack.count++)
        return;
    usrsctp_init_nothreads(0, output, NULL);
    usrsctp_enable_crc32c_offload(); /* output has the checksum */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);
    usrsctp_sysctl_set_sctp_reconfig_enable(1);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_L2_abc_variable(ACKS_AT_ONCE);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(CHUNKS_MOST);
    stack.last = now;
}

static void end(void)
{
    if (--stack.count)
        return;
    usrsctp_finish();
    rtc_free(stack.table);
    stack.table = NULL;
    stack.size = 0;
}

/* Tells usrsctp what time it is; before anything else is done with it, or its
 * timers would be late by what went by since. */
static void advance(rtc_usec now)
{
    rtc_usec elapsed = now - stack.last;

    if (elapsed >= RTC_MS) {
        usrsctp_handle_timers((uint32_t)(elapsed / RTC_MS));
        stack.last += elapsed / RTC_MS * RTC_MS;
    }
}

static int take_handle(struct rtc_association *a)
{
    struct rtc_association **grown;
    size_t i = 0;

    while (i < stack.size && stack.table[i])
        i++;
    if (i == stack.size) {
        grown = rtc_realloc(stack.table,
                            (i + 1) * sizeof(struct rtc_association *));
        if (!grown)
            return RTC_ERR_NOMEM;
        stack.table = grown;
        stack.size = i + 1;
    }
    stack.table[i] = a;
    a->handle = i + 1;
    return 0;
}

/* ---- set-up ------------------------------------------------------------- */

static struct sockaddr_conn address(const struct rtc_association *a,
                                    uint16_t port)
{
    struct sockaddr_conn addr = {.sconn_family = AF_CONN,
                                 .sconn_port = htons(port),
                                 .sconn_addr = (void *)a->handle};

    return addr;
}

static bool set(struct rtc_association *a, int option, const void *value,
                size_t len)
{
    return usrsctp_setsockopt(a->socket, IPPROTO_SCTP, option, value,
                              (socklen_t)len) == 0;
}

static bool set_buffers(struct rtc_association *a)
{
    /* The caller's limit is counted by channels.c; usrsctp's own would count
     * what is acknowledged later. */
    int send_len = (int)(2 * a->config.send_buffer + 65536);
    int receive_len = (int)a->config.receive_buffer;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    return usrsctp_setsockopt(a->socket, SOL_SOCKET, SO_SNDBUF, &send_len,
                              sizeof send_len) == 0 &&
           usrsctp_setsockopt(a->socket, SOL_SOCKET, SO_RCVBUF, &receive_len,
                              sizeof receive_len) == 0 &&
           usrsctp_setsockopt(a->socket, SOL_SOCKET, SO_LINGER, &linger,
                              sizeof linger) == 0;
}

static bool set_events(struct rtc_association *a)
{
    static const uint16_t types[] = {SCTP_ASSOC_CHANGE,
                                     SCTP_STREAM_RESET_EVENT};
    int on = 1;

    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        struct sctp_event event = {
            .se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};
        if (!set(a, SCTP_EVENT, &event, sizeof event))
            return false;
    }
    return set(a, SCTP_RECVRCVINFO, &on, sizeof on);
}

static bool set_timing(struct rtc_association *a)
{
    struct sctp_rtoinfo rto = {.srto_initial = RTO_INITIAL_MS,
                               .srto_max = RTO_MAX_MS,
                               .srto_min = RTO_MIN_MS};
    struct sctp_assocparams limits = {.sasoc_asocmaxrxt = RETRANSMITS_MOST};
    struct sctp_initmsg init = {.sinit_num_ostreams = a->config.streams,
                                .sinit_max_instreams = a->config.streams,
                                .sinit_max_attempts = RETRANSMITS_MOST,
                                .sinit_max_init_timeo = RTO_MAX_MS};
    struct sctp_sack_info ack = {.sack_delay = ACK_DELAY_MS, .sack_freq = 2};
    int on = 1;

    return set(a, SCTP_RTOINFO, &rto, sizeof rto) &&
           set(a, SCTP_ASSOCINFO, &limits, sizeof limits) &&
           set(a, SCTP_INITMSG, &init, sizeof init) &&
           set(a, SCTP_DELAYED_SACK, &ack, sizeof ack) &&
           set(a, SCTP_NODELAY, &on, sizeof on);
}

static bool set_limits(struct rtc_association *a)
{
    struct sctp_assoc_value reset = {.assoc_id = SCTP_ALL_ASSOC,
                                     .assoc_value =
                                         SCTP_ENABLE_RESET_STREAM_REQ |
                                         SCTP_ENABLE_CHANGE_ASSOC_REQ};
    /* How much leaves at once is the congestion window's to say. */
    struct sctp_assoc_value burst = {.assoc_id = SCTP_ALL_ASSOC};
    /* Chunks that fit the MTU, for when usrsctp's packets do not. */
    struct sctp_assoc_value segment = {
        .assoc_id = SCTP_ALL_ASSOC,
        .assoc_value = (uint32_t)((a->config.mtu - HEADER_LEN -
                                   DATA_HEADER_LEN - IP_HEADER_LEN) /
                                  4 * 4)};
    bool is_small = a->config.mtu < HEADER_LEN + PATH_MTU_LEAST;

    return set(a, SCTP_ENABLE_STREAM_RESET, &reset, sizeof reset) &&
           set(a, SCTP_MAX_BURST, &burst, sizeof burst) &&
           (!is_small || set(a, SCTP_MAXSEG, &segment, sizeof segment));
}

/* Of the path; of those to come before there is one. */
static bool set_path(struct rtc_association *a, const struct sockaddr_conn *to)
{
    struct sctp_paddrparams path = {
        .spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE,
        .spp_pathmaxrxt = RETRANSMITS_MOST,
        .spp_pathmtu = (uint32_t)((a->config.mtu - HEADER_LEN) / 4 * 4),
    };

    if (path.spp_pathmtu < PATH_MTU_LEAST)
        path.spp_pathmtu = PATH_MTU_LEAST;

    if (to)
        memcpy(&path.spp_address, to, sizeof *to);
    return set(a, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

void rtc_association_set_mtu(struct rtc_association *a, size_t mtu)
{
    struct sockaddr_conn remote = address(a, a->config.remote_port);

    a->config.mtu = mtu;
    (void)set_path(a, &remote);
}

static bool open_socket(struct rtc_association *a)
{
    struct sockaddr_conn local = address(a, a->config.local_port);
    struct sockaddr_conn remote = address(a, a->config.remote_port);

    usrsctp_register_address((void *)a->handle);
    a->socket =
        usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (!a->socket || usrsctp_set_non_blocking(a->socket, 1) ||
        !set_buffers(a) || !set_events(a) || !set_timing(a) || !set_limits(a) ||
        !set_path(a, NULL) ||
        usrsctp_bind(a->socket, (struct sockaddr *)&local, sizeof local))
        return false;
    if (usrsctp_connect(a->socket, (struct sockaddr *)&remote, sizeof remote) &&
        errno != EINPROGRESS)
        return false;
    rtc_association_set_mtu(a, a->config.mtu);
    return true;
}

int rtc_association_new(struct rtc_association **ret_association,
                        const struct rtc_association_config *config,
                        rtc_usec now)
{
    struct rtc_association *a = rtc_calloc(1, sizeof *a);

    if (!a)
        return RTC_ERR_NOMEM;
    a->config = *config;
    rtc_queue_init(&a->output, config->send_buffer + OUTPUT_EXTRA);
    begin(now);
    advance(now);
    if (take_handle(a) || !open_socket(a)) {
        rtc_association_free(a);
        return RTC_ERR_NOMEM;
    }
    rtc_log(config->log, RTC_LOG_DEBUG, "sctp.connect port=%u mtu=%zu",
            config->remote_port, config->mtu);
    *ret_association = a;
    return 0;
}

void rtc_association_free(struct rtc_association *a)
{
    if (!a)
        return;
    if (a->socket)
        usrsctp_close(a->socket);
    if (a->handle) {
        usrsctp_deregister_address((void *)a->handle);
        stack.table[a->handle - 1] = NULL;
    }
    rtc_queue_done(&a->output);
    rtc_sctp_early_done(&a->early);
    end();
    rtc_free(a);
}

/* ---- packets and time --------------------------------------------------- */

/* What waited for missing data, now that it is there. */
static void release_early(struct rtc_association *a)
{
    size_t len;
    uint8_t *packet = rtc_sctp_early_take(&a->early, &len);

    if (packet)
        usrsctp_conninput((void *)a->handle, packet, len, 0);
    rtc_free(packet);
}

void rtc_association_receive(struct rtc_association *a, const uint8_t *data,
                             size_t len, rtc_usec now)
{
    advance(now);
    a->active_until = rtc_after(now, ACTIVE_FOR);
    if (len >= HEADER_LEN && !rtc_sctp_early_keep(&a->early, data, len))
        usrsctp_conninput((void *)a->handle, data, len, 0);
    release_early(a);
}

const uint8_t *rtc_association_peek(const struct rtc_association *a,
                                    size_t *ret_len)
{
    return rtc_queue_peek(&a->output, ret_len);
}

void rtc_association_pop(struct rtc_association *a)
{
    rtc_queue_pop(&a->output);
}

rtc_usec rtc_association_deadline(const struct rtc_association *a)
{
    bool is_busy = !a->up || a->waits_for_reset ||
                   stack.last < a->active_until ||
                   rtc_association_pending(a) > 0;

    return !a->down && is_busy ? rtc_after(stack.last, TICK) : RTC_NEVER;
}

void rtc_association_tick(struct rtc_association *a, rtc_usec now)
{
    advance(now);
    release_early(a);
}

/* ---- sending ------------------------------------------------------------ */

static int error_of(int number)
{
    switch (number) {
    case EWOULDBLOCK:
        return RTC_ERR_AGAIN;
    case EALREADY:
        return RTC_ERR_AGAIN;
    case EMSGSIZE:
    case EINVAL:
        return RTC_ERR_ARG;
    case ENOMEM:
    case ENOBUFS:
        return RTC_ERR_NOMEM;
    case EOPNOTSUPP:
        return RTC_ERR_UNSUPPORTED;
    default:
        return RTC_ERR_STATE;
    }
}

int rtc_association_send(struct rtc_association *a,
                         const struct rtc_association_message *message,
                         rtc_usec now)
{
    struct sctp_sendv_spa info = {
        .sendv_flags = SCTP_SEND_SNDINFO_VALID,
        .sendv_sndinfo = {.snd_sid = message->stream,
                          .snd_flags = message->unordered ? SCTP_UNORDERED : 0,
                          .snd_ppid = htonl(message->ppid)},
    };

    if (!a->up || a->down)
        return RTC_ERR_STATE;
    if (message->max_retransmits >= 0 || message->max_lifetime_ms >= 0) {
        bool by_count = message->max_retransmits >= 0;
        info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        info.sendv_prinfo.pr_policy =
            by_count ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
        info.sendv_prinfo.pr_value =
            (uint32_t)(by_count ? message->max_retransmits
                                : message->max_lifetime_ms);
    }
    advance(now);
    if (usrsctp_sendv(a->socket, message->data, message->len, NULL, 0, &info,
                      sizeof info, SCTP_SENDV_SPA, 0) < 0)
        return error_of(errno);
    return 0;
}

size_t rtc_association_pending(const struct rtc_association *a)
{
    struct buffer_use use = {0};
    socklen_t len = sizeof use;

    if (!a->up || a->down ||
        usrsctp_getsockopt(a->socket, IPPROTO_SCTP, GET_BUFFER_USE, &use, &len))
        return 0;
    return use.send;
}

int rtc_association_reset(struct rtc_association *a, const uint16_t *streams,
                          unsigned count, rtc_usec now)
{
    union {
        struct sctp_reset_streams head;
        uint8_t room[sizeof(struct sctp_reset_streams) +
                     RTC_CHANNEL_MOST * sizeof(uint16_t)];
    } request = {.head = {.srs_flags = SCTP_STREAM_RESET_OUTGOING}};
    size_t list_len = count * sizeof *streams;

    if (!a->up || a->down || !count || count > RTC_CHANNEL_MOST)
        return RTC_ERR_STATE;
    advance(now);
    request.head.srs_number_streams = (uint16_t)count;
    memcpy(request.room + sizeof request.head, streams, list_len);
    if (!set(a, SCTP_RESET_STREAMS, &request, sizeof request.head + list_len))
        return error_of(errno);
    a->waits_for_reset = true;
    return 0;
}

/* ---- what happened ------------------------------------------------------ */

static bool read_change(struct rtc_association *a, const uint8_t *data,
                        size_t len, struct rtc_association_event *event)
{
    struct sctp_assoc_change change;

    if (len < sizeof change || a->down)
        return false;
    memcpy(&change, data, sizeof change);
    rtc_log(a->config.log, RTC_LOG_INFO, "sctp.state change=%u streams=%u",
            change.sac_state, change.sac_outbound_streams);
    if (change.sac_state == SCTP_COMM_UP && !a->up) {
        a->up = true;
        event->type = RTC_ASSOCIATION_UP;
        event->streams =
            change.sac_outbound_streams < change.sac_inbound_streams
                ? change.sac_outbound_streams
                : change.sac_inbound_streams;
        return true;
    }
    /* A remote that begins anew has forgotten every channel. */
    a->down = true;
    event->type = RTC_ASSOCIATION_DOWN;
    return true;
}

static bool read_reset(struct rtc_association *a, const uint8_t *data,
                       size_t len, struct rtc_association_event *event)
{
    struct sctp_stream_reset_event reset;
    bool is_ours;

    if (len < sizeof reset)
        return false;
    memcpy(&reset, data, sizeof reset);
    is_ours = reset.strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN;
    if (is_ours)
        a->waits_for_reset = false;
    event->type = !is_ours ? RTC_ASSOCIATION_RESET
                  : reset.strreset_flags &
                          (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)
                      ? RTC_ASSOCIATION_RESET_FAILED
                      : RTC_ASSOCIATION_RESET_DONE;
    event->list = (const uint16_t *)(const void *)(data + sizeof reset);
    event->list_count = (unsigned)((len - sizeof reset) / sizeof *event->list);
    return true;
}

static bool read_notification(struct rtc_association *a, const uint8_t *data,
                              size_t len, struct rtc_association_event *event)
{
    uint16_t type;

    if (len < sizeof type)
        return false;
    memcpy(&type, data, sizeof type);
    if (type == SCTP_ASSOC_CHANGE)
        return read_change(a, data, len, event);
    return type == SCTP_STREAM_RESET_EVENT && read_reset(a, data, len, event);
}

/* One read of the socket: its length, or less than 1 for nothing. */
static ssize_t read_once(struct rtc_association *a, uint8_t *buf, size_t cap,
                         struct sctp_rcvinfo *info, int *flags)
{
    struct sockaddr_conn from;
    socklen_t from_len = sizeof from, info_len = sizeof *info;
    unsigned type = SCTP_RECVV_NOINFO;

    *flags = 0;
    return usrsctp_recvv(a->socket, buf, cap, (struct sockaddr *)&from,
                         &from_len, info, &info_len, &type, flags);
}

bool rtc_association_read(struct rtc_association *a, uint8_t *buf, size_t cap,
                          struct rtc_association_event *ret_event)
{
    struct rtc_association_event event = {.type = RTC_ASSOCIATION_DATA};
    struct sctp_rcvinfo info = {0};
    ssize_t len;
    int flags;

    for (;;) {
        len = read_once(a, buf, cap, &info, &flags);
        if (len <= 0)
            return false;
        if (!(flags & MSG_NOTIFICATION))
            break;
        if (!a->skips && read_notification(a, buf, (size_t)len, &event)) {
            a->skips = !(flags & MSG_EOR);
            *ret_event = event;
            return true;
        }
        a->skips = !(flags & MSG_EOR);
    }
    event.stream = info.rcv_sid;
    event.ppid = ntohl(info.rcv_ppid);
    event.len = (size_t)len;
    event.is_last = flags & MSG_EOR;
    *ret_event = event;
    return true;
}
