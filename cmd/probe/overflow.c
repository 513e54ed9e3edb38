/* SPDX-License-Identifier: MIT
 *
 * Reads the kernel's list of UDP sockets: addresses are in hexadecimal, words
 * of 32 bits in the machine's order, and the last column counts drops.
 */
#include "cmd/probe/overflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN 512
#define ADDRESS_LEN 40

static void write_address(const struct rtc_addr *addr, char buf[ADDRESS_LEN])
{
    int words = addr->family == 4 ? 1 : 4;
    size_t len = 0;

    for (int i = 0; i < words; i++) {
        uint32_t word;

        memcpy(&word, addr->ip + 4 * i, sizeof word);
        len += (size_t)snprintf(buf + len, ADDRESS_LEN - len, "%08X", word);
    }
    snprintf(buf + len, ADDRESS_LEN - len, ":%04X ", addr->port);
}

uint64_t probe_overflow(const struct rtc_addr *local)
{
    char line[LINE_LEN], address[ADDRESS_LEN];
    uint64_t count = 0;
    FILE *in;

    if (!local->family)
        return 0;
    in = fopen(local->family == 4 ? "/proc/net/udp" : "/proc/net/udp6", "re");
    if (!in)
        return 0;
    write_address(local, address);
    while (fgets(line, sizeof line, in)) {
        const char *at = strchr(line, ':'), *last;

        /* `  sl: LOCAL REMOTE ... DROPS' */
        if (!at || strncmp(at + 2, address, strlen(address)) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
            line[n - 1] = '\0';
        last = strrchr(line, ' ');
        count = last ? strtoull(last, NULL, 10) : 0;
        break;
    }
    fclose(in);
    return count;
}
