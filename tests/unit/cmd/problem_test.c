/* SPDX-License-Identifier: MIT
 *
 * What is shown of an error's body.
 */
#include "cmd/problem.h"

#include "tap.h"

#define JSON "application/problem+json"

static const struct {
    const char *type, *body, *wanted;
} rows[] = {
    {JSON, "{\"title\":\"No\",\"detail\":\"Not live\"}", "No: Not live"},
    {JSON, "{\"title\":\"No\"}", "No"},
    {JSON, "{\"detail\":\"Why\"}", "Why"},
    {JSON, "{\"type\":\"urn:x\"}", "urn:x"},
    {"Application/Problem+JSON", "{\"title\":\"No\"}", "No"},
    {"application/json", "{\"title\":\"No\"}", "No"},
    {JSON, "{\"title\":\"a\\u001b[31mb\\nc\\u0085d\"}", "a [31mb c d"},
    {JSON, "{\"title\":7}", ""},
    {JSON, "[]", ""},
    {JSON, "{", ""},
    {JSON, "", ""},
    {JSON, "{\"title\":\"\\u0074oken\"}", "(its text repeats a secret)"},
    {JSON, "{\"title\":\"x\",\"y\":\"token\"}", "(its text repeats a secret)"},
    {"text/plain", "\r\n first\r\nsecond", "first"},
    {"text/plain", "a\x1b]0;b", "a ]0;b"},
    {"text/plain", "your token is wrong", "(its text repeats a secret)"},
    {"text/html", "<p>no", ""},
    {"text/html", "no", "no"},
    {"text/html", "a token", "(its text repeats a secret)"},
    {"", "no", ""},
};

int main(void)
{
    struct problem problem;
    char line[256], body[600];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_str(problem_line(rows[i].type, rows[i].body, strlen(rows[i].body),
                            "token", line, sizeof line),
               rows[i].wanted, rows[i].body);
    ok(problem_parse("{\"title\":\"x\",\"status\":404}", 26, &problem),
       "a problem");
    is_int(problem.status, 404, "its status");
    memset(body, 'a', sizeof body);
    memcpy(body + 198, "\xc3\xa9", 2);
    problem_line("text/plain", body, sizeof body, NULL, line, sizeof line);
    is_int(strlen(line), 198, "a long line is cut between characters");
    problem_line("text/plain", "abc", 3, NULL, line, 3);
    is_str(line, "ab", "a small buffer");
    return tap_done();
}
