/* SPDX-License-Identifier: MIT
 *
 * What a NAT is said to do, by rows of what servers saw of one port.
 */
#include "cmd/probe/behaviour.h"

#include "tap.h"

/* Pairs of "server mapped", ended by NULL. Local is 10.0.0.2:5000. */
struct row {
    const char *name;
    const char *sights[9];
    enum probe_mapping wanted;
};

static const struct row rows[] = {
    {"no answer at all", {NULL}, PROBE_MAPPING_UNKNOWN},
    {"one server that sees ourselves",
     {"192.0.2.1:3478", "10.0.0.2:5000", NULL},
     PROBE_MAPPING_NONE},
    {"two servers that see ourselves",
     {"192.0.2.1:3478", "10.0.0.2:5000", "192.0.2.2:3478", "10.0.0.2:5000",
      NULL},
     PROBE_MAPPING_NONE},
    {"one server alone",
     {"192.0.2.1:3478", "198.51.100.7:5000", NULL},
     PROBE_MAPPING_UNKNOWN},
    {"one address, two ports, the same",
     {"192.0.2.1:3478", "198.51.100.7:5000", "192.0.2.1:3479",
      "198.51.100.7:5000", NULL},
     PROBE_MAPPING_UNKNOWN},
    {"two plain servers agree",
     {"192.0.2.1:3478", "198.51.100.7:5000", "203.0.113.1:19302",
      "198.51.100.7:5000", NULL},
     PROBE_MAPPING_INDEPENDENT},
    {"two plain servers do not agree about the port",
     {"192.0.2.1:3478", "198.51.100.7:5000", "203.0.113.1:19302",
      "198.51.100.7:5001", NULL},
     PROBE_MAPPING_ENDPOINT},
    {"two plain servers do not agree about the address",
     {"192.0.2.1:3478", "198.51.100.7:5000", "203.0.113.1:19302",
      "198.51.100.8:5000", NULL},
     PROBE_MAPPING_ENDPOINT},
    {"another port for another address, not for another port",
     {"192.0.2.1:3478", "198.51.100.7:5000", "192.0.2.2:3478",
      "198.51.100.7:5001", "192.0.2.2:3479", "198.51.100.7:5001", NULL},
     PROBE_MAPPING_ADDRESS},
    {"another port for each",
     {"192.0.2.1:3478", "198.51.100.7:5000", "192.0.2.2:3478",
      "198.51.100.7:5001", "192.0.2.2:3479", "198.51.100.7:5002", NULL},
     PROBE_MAPPING_ADDRESS_PORT},
    {"the same for each",
     {"192.0.2.1:3478", "198.51.100.7:6000", "192.0.2.2:3478",
      "198.51.100.7:6000", "192.0.2.2:3479", "198.51.100.7:6000", NULL},
     PROBE_MAPPING_INDEPENDENT},
    {"one server inside of the NAT, one behind it",
     {"10.0.0.1:3478", "10.0.0.2:5000", "192.0.2.2:3478", "198.51.100.7:5000",
      NULL},
     PROBE_MAPPING_ENDPOINT},
};

static void read_row(const struct row *row, struct probe_seen *ret_seen)
{
    *ret_seen = (struct probe_seen){0};
    rtc_addr_parse("10.0.0.2:5000", &ret_seen->local);
    for (int i = 0; row->sights[i]; i += 2) {
        struct probe_sight *sight = &ret_seen->sights[ret_seen->sight_count++];

        rtc_addr_parse(row->sights[i], &sight->server);
        rtc_addr_parse(row->sights[i + 1], &sight->mapped);
    }
}

static void test_filtering(void)
{
    static const struct {
        enum probe_tried address, port;
        enum probe_filtering wanted;
    } filterings[] = {
        {PROBE_UNTRIED, PROBE_UNTRIED, PROBE_FILTERING_UNKNOWN},
        {PROBE_NO, PROBE_UNTRIED, PROBE_FILTERING_UNKNOWN},
        {PROBE_UNTRIED, PROBE_YES, PROBE_FILTERING_UNKNOWN},
        {PROBE_YES, PROBE_UNTRIED, PROBE_FILTERING_INDEPENDENT},
        {PROBE_YES, PROBE_YES, PROBE_FILTERING_INDEPENDENT},
        {PROBE_NO, PROBE_YES, PROBE_FILTERING_ADDRESS},
        {PROBE_NO, PROBE_NO, PROBE_FILTERING_ADDRESS_PORT},
    };
    char name[64];

    for (size_t i = 0; i < sizeof filterings / sizeof *filterings; i++) {
        const struct probe_seen seen = {.from_address = filterings[i].address,
                                        .from_port = filterings[i].port};

        snprintf(name, sizeof name, "filtering %zu", i);
        is_int(probe_filtering_of(&seen), filterings[i].wanted, name);
    }
}

/* Each pair has a sentence, and only a mapping that helps nobody advises a TURN
 * server. */
static void test_meaning(void)
{
    for (int m = PROBE_MAPPING_UNKNOWN; m <= PROBE_MAPPING_ADDRESS_PORT; m++)
        for (int f = 0; f <= PROBE_FILTERING_ADDRESS_PORT; f++) {
            const char *text = probe_mapping_meaning((enum probe_mapping)m,
                                                     (enum probe_filtering)f);
            bool turn = strstr(text, "TURN") != NULL;

            ok(turn == (m >= PROBE_MAPPING_ADDRESS), text);
        }
}

int main(void)
{
    struct probe_seen seen;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_row(&rows[i], &seen);
        is_int(probe_mapping_of(&seen), rows[i].wanted, rows[i].name);
    }
    test_filtering();
    test_meaning();
    return tap_done();
}
