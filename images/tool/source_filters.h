/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How sources may be packed. Private to the room.
 */
#ifndef IMAGES_SOURCE_FILTERS_H
#define IMAGES_SOURCE_FILTERS_H

#include <archive.h>

/* Take the compressions that libraries read; no other program is run. */
void source_filters(struct archive *a);

#endif
