/* SPDX-License-Identifier: MIT
 *
 * The text of a session file: what is accepted has a role and a whole state.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct session session = {0};
    char why[SESSION_WHY_LEN] = "";

    if (session_parse((const char *)data, len, &session, why)) {
        if (!*why || session.state)
            abort();
        return 0;
    }
    if (strlen(session.state) != session.state_len ||
        (session.role != SESSION_OFFER && session.role != SESSION_ANSWER))
        abort();
    session_done(&session);
    return 0;
}
