# SPDX-License-Identifier: MIT
#
# Lines `PEER WHO offer, they DO, CODEC: RESULT` as a table, one row a peer, and
# the reasons of `- (REASON)` below it.

BEGIN {
    n = split("we they", who)
    split("send receive", direction)
    split("VP8 H.264 H.265 Opus", codec)
}

{
    colon = index($0, ": ")
    name = substr($0, 1, colon - 1)
    result = substr($0, colon + 2)
    peer = $1
    if (!(peer in seen))
        peers[++count] = peer
    seen[peer] = 1
    if (result ~ /^-/) {
        reason = peer ": " substr(result, 4, length(result) - 4)
        if (!(reason in told))
            reasons[++reason_count] = reason
        told[reason] = 1
        result = "-"
    }
    results[name] = result
}

function row(title, kind, peer,    w, d, c, line, name) {
    line = sprintf("%-10s", title)
    for (w = 1; w <= 2; w++)
        for (d = 1; d <= 2; d++) {
            if (kind == "who")
                line = line sprintf(" | %-23s", who[w] " offer,")
            if (kind == "direction")
                line = line sprintf(" | %-23s", "they " direction[d])
            if (kind == "codec" || kind == "peer")
                line = line " |"
            for (c = 1; c <= 4; c++) {
                name = peer " " who[w] " offer, they " direction[d] \
                    ", " codec[c]
                if (kind == "codec")
                    line = line sprintf(" %-5s", codec[c])
                if (kind == "peer")
                    line = line sprintf(" %-5s",
                        name in results ? results[name] : "")
            }
        }
    sub(/ +$/, "", line)
    print line
}

END {
    row("", "who")
    row("", "direction")
    row("", "codec")
    for (i = 1; i <= count; i++)
        row(peers[i], "peer", peers[i])
    for (i = 1; i <= reason_count; i++)
        print "- " reasons[i]
}
