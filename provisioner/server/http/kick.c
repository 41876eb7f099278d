/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running the HTTP library once more, as soon as the event loop comes to it.
 */
#include "internal.h"

void http_kick(struct http_server *s)
{
	(void)sd_event_source_set_enabled(s->kick, SD_EVENT_ONESHOT);
}
