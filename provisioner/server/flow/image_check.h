/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a host says that an image's bytes are not what was signed: were they changed here, or on the
 * way to the host? The image's objects are read again by a child; what is bad goes into quarantine,
 * and the image cannot be armed or written until it is imported again. The answer is an event:
 * "image.damaged" (an alarm: somebody or something changed the store) or "image.sound" (look at
 * caches and cables between).
 */
#ifndef SERVER_IMAGE_CHECK_H
#define SERVER_IMAGE_CHECK_H

#include "flow.h"

struct image_check;

/* Begin, unless this image is being checked already. digest: 64 hex digits; host_num: who said so.
 * Does not block; what goes wrong is logged. */
void image_check_start(struct flow *flow, const char *digest, int64_t host_num);
/* Stop all of them. */
void image_check_stop(struct flow *flow);

#endif
