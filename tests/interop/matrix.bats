#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every peer: who offers, which way the media goes, which codec. A cell passes
# when the frames that one end sent were decoded from what the other received,
# or says why the peer cannot; the matrix is printed at the end.

# shellcheck source=matrix.bash
load matrix

setup_file() {
    export servers=$BATS_FILE_TMPDIR/servers
    mkdir "$servers"
    export TMPDIR=$BATS_FILE_TMPDIR
    ! command -v ffmpeg >/dev/null || make_cell_clips "$BATS_FILE_TMPDIR"
}

teardown_file() {
    stop_peers
    print_matrix
}

teardown() {
    note_cell
}

@test "chromium we offer, they send, VP8" { cell; }
@test "chromium we offer, they send, H.264" { cell; }
@test "chromium we offer, they send, Opus" { cell; }
@test "chromium we offer, they receive, VP8" { cell; }
@test "chromium we offer, they receive, H.264" { cell; }
@test "chromium we offer, they receive, Opus" { cell; }
@test "chromium they offer, they send, VP8" { cell; }
@test "chromium they offer, they send, H.264" { cell; }
@test "chromium they offer, they send, Opus" { cell; }
@test "chromium they offer, they receive, VP8" { cell; }
@test "chromium they offer, they receive, H.264" { cell; }
@test "chromium they offer, they receive, Opus" { cell; }

@test "firefox we offer, they send, VP8" { cell; }
@test "firefox we offer, they send, H.264" { cell; }
@test "firefox we offer, they send, Opus" { cell; }
@test "firefox we offer, they receive, VP8" { cell; }
@test "firefox we offer, they receive, H.264" { cell; }
@test "firefox we offer, they receive, Opus" { cell; }
@test "firefox they offer, they send, VP8" { cell; }
@test "firefox they offer, they send, H.264" { cell; }
@test "firefox they offer, they send, Opus" { cell; }
@test "firefox they offer, they receive, VP8" { cell; }
@test "firefox they offer, they receive, H.264" { cell; }
@test "firefox they offer, they receive, Opus" { cell; }

@test "aiortc we offer, they send, VP8" { cell; }
@test "aiortc we offer, they send, H.264" { cell; }
@test "aiortc we offer, they send, Opus" { cell; }
@test "aiortc we offer, they receive, VP8" { cell; }
@test "aiortc we offer, they receive, H.264" { cell; }
@test "aiortc we offer, they receive, Opus" { cell; }
@test "aiortc they offer, they send, VP8" { cell; }
@test "aiortc they offer, they send, H.264" { cell; }
@test "aiortc they offer, they send, Opus" { cell; }
@test "aiortc they offer, they receive, VP8" { cell; }
@test "aiortc they offer, they receive, H.264" { cell; }
@test "aiortc they offer, they receive, Opus" { cell; }

@test "pion we offer, they send, VP8" { cell; }
@test "pion we offer, they send, H.264" { cell; }
@test "pion we offer, they send, Opus" { cell; }
@test "pion we offer, they receive, VP8" { cell; }
@test "pion we offer, they receive, H.264" { cell; }
@test "pion we offer, they receive, Opus" { cell; }
@test "pion they offer, they send, VP8" { cell; }
@test "pion they offer, they send, H.264" { cell; }
@test "pion they offer, they send, Opus" { cell; }
@test "pion they offer, they receive, VP8" { cell; }
@test "pion they offer, they receive, H.264" { cell; }
@test "pion they offer, they receive, Opus" { cell; }

@test "gstreamer we offer, they send, VP8" { cell; }
@test "gstreamer we offer, they send, H.264" { cell; }
@test "gstreamer we offer, they send, H.265" { cell; }
@test "gstreamer we offer, they send, Opus" { cell; }
@test "gstreamer we offer, they receive, VP8" { cell; }
@test "gstreamer we offer, they receive, H.264" { cell; }
@test "gstreamer we offer, they receive, H.265" { cell; }
@test "gstreamer we offer, they receive, Opus" { cell; }
@test "gstreamer they offer, they send, VP8" { cell; }
@test "gstreamer they offer, they send, H.264" { cell; }
@test "gstreamer they offer, they send, H.265" { cell; }
@test "gstreamer they offer, they send, Opus" { cell; }
@test "gstreamer they offer, they receive, VP8" { cell; }
@test "gstreamer they offer, they receive, H.264" { cell; }
@test "gstreamer they offer, they receive, H.265" { cell; }
@test "gstreamer they offer, they receive, Opus" { cell; }
