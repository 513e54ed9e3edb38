/* SPDX-License-Identifier: MIT
 *
 * The assembler takes the clips in as they are. SYNTHETIC_DIR is their folder,
 * as the compiler sees it.
 */
#include "cmd/synthetic.h"

/* Symbols NAME and NAME_end around the bytes of a file. */
#define CLIP(name, file)                                                       \
    __asm__(".section .rodata\n"                                               \
            ".hidden " #name "\n.global " #name "\n" #name ":\n"               \
            ".incbin \"" SYNTHETIC_DIR "/" file "\"\n"                         \
            ".hidden " #name "_end\n.global " #name "_end\n" #name "_end:\n"   \
            ".byte 0\n.previous\n");                                           \
    extern const uint8_t name[], name##_end[]

CLIP(synthetic_vp8, "vp8.ivf");
CLIP(synthetic_h264, "h264.h264");
CLIP(synthetic_opus, "opus.ogg");

bool synthetic_clip(enum rtc_codec codec, struct input_options *ret_input)
{
    const struct {
        enum rtc_codec codec;
        const uint8_t *start, *end;
    } clips[] = {
        {RTC_CODEC_VP8, synthetic_vp8, synthetic_vp8_end},
        {RTC_CODEC_H264, synthetic_h264, synthetic_h264_end},
        {RTC_CODEC_OPUS, synthetic_opus, synthetic_opus_end},
    };

    for (unsigned i = 0; i < sizeof clips / sizeof *clips; i++) {
        if (clips[i].codec != codec)
            continue;
        *ret_input = (struct input_options){
            .data = clips[i].start,
            .len = (size_t)(clips[i].end - clips[i].start)};
        return true;
    }
    return false;
}
