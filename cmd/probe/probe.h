/* SPDX-License-Identifier: MIT
 *
 * The subjects of rtc-probe. Each is a tool of its own, whose command line
 * begins behind the subject.
 */
#pragma once

struct probe_subject {
    const char *name;
    const char *help; /* a few words */
    /* argv[0] is the subject. Ends the process. */
    void (*run)(int argc, char **argv) __attribute__((noreturn));
};

void probe_conformance(int argc, char **argv) __attribute__((noreturn));
void probe_sdp(int argc, char **argv) __attribute__((noreturn));
void probe_stun(int argc, char **argv) __attribute__((noreturn));
void probe_host(int argc, char **argv) __attribute__((noreturn));
void probe_loop(int argc, char **argv) __attribute__((noreturn));
void probe_nat(int argc, char **argv) __attribute__((noreturn));
void probe_turn(int argc, char **argv) __attribute__((noreturn));
void probe_whep(int argc, char **argv) __attribute__((noreturn));
void probe_whip(int argc, char **argv) __attribute__((noreturn));
void probe_peer(int argc, char **argv) __attribute__((noreturn));
