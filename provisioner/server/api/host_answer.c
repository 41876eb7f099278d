/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a change of a host: the host as reading it shows it, with its ETag.
 */
#include "write.h"

#include <stdio.h>

#include <base/json.h>
#include <inventory/collection.h>
#include <inventory/host.h>

int api_answer_host(struct write *w, int64_t num, struct err *err)
{
	struct query_request q = {.limit = 1};
	struct query_page page;
	struct host h;

	TRY(host_get(w->flow->db, num, &h, err));
	TRY(query_add_filter(&q, "id", h.id, err));
	TRY(query_run(w->flow->db, &collection_hosts, &q, NULL, &page, err));
	autojson json_t *list = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	w->doc = json_incref(json_array_get(list, 0));
	(void)snprintf(w->etag, sizeof(w->etag), "\"r%lld\"", (long long)h.revision);
	return 0;
}
