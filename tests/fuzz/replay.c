/* SPDX-License-Identifier: MIT
 * Runs a fuzz target over the files of its corpus: `fuzz_stun DIR...` prints
 * TAP, so that `make check` replays what fuzzing found. Linked in place of
 * libFuzzer's own main. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int count;

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t len = 0, got;

    if (!f)
        return -1;
    do {
        data = realloc(data, len + 65536);
        got = data ? fread(data + len, 1, 65536, f) : 0;
        len += got;
    } while (got > 0);
    fclose(f);
    /* Exactly sized, so that a sanitizer sees an overrun. */
    uint8_t *exact = malloc(len ? len : 1);
    if (exact && data) {
        memcpy(exact, data, len);
        LLVMFuzzerTestOneInput(exact, len);
        /* Every truncation of a small input is an input, too. */
        for (size_t cut = len < 600 ? len : 0; cut > 0; cut--) {
            uint8_t *part = malloc(cut);
            if (part) {
                memcpy(part, data, cut);
                LLVMFuzzerTestOneInput(part, cut);
                free(part);
            }
        }
    }
    free(exact);
    free(data);
    printf("ok %d - %s\n", ++count, path);
    fflush(stdout);
    return 0;
}

static int run_dir(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (!dir)
        return -1;
    while ((entry = readdir(dir))) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        run_file(file);
    }
    closedir(dir);
    return 0;
}

/* Without arguments: the corpus named like the program, in the source tree. */
static bool run_own(const char *program)
{
    const char *top = getenv("top_srcdir"), *name = strstr(program, "fuzz_");
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", top ? top : ".",
             name ? name + strlen("fuzz_") : program);
    return run_dir(path) == 0;
}

int main(int argc, char **argv)
{
    const char *program = strrchr(argv[0], '/');
    bool failed = argc < 2 && !run_own(program ? program + 1 : argv[0]);

    for (int i = 1; i < argc; i++)
        if (run_dir(argv[i]) && run_file(argv[i])) {
            printf("not ok %d - cannot read %s\n", ++count, argv[i]);
            failed = true;
        }
    if (failed || !count) {
        printf("not ok %d - no corpus\n", ++count);
        failed = true;
    }
    printf("1..%d\n", count);
    return failed;
}
