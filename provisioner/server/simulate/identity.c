/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inventory's identity rules on a scratch store: each machine comes once, in turn; see
 * simulate.h. Input: evidence from anywhere.
 */
#include "simulate.h"

#include <stdlib.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/db.h>
#include <inventory/host.h>
#include <inventory/identity.h>
#include <proto/lifecycle.h>
#include <server/flow/evidence_view.h>

#define STEP_US 1000000LL /* between two machines, so that a run is the same every time */

static json_t *others_json(const struct identity *found)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < found->n_others; i++)
		(void)json_array_append_new(list, json_integer((json_int_t)found->others[i]));
	return list;
}

static int show(struct db *db, const struct simulated_machine *m, int64_t now_us, json_t *list,
		struct err *err)
{
	const struct host_birth birth = {
		.state = lifecycle_state_str(STATE_DISCOVERED),
		.actor = "simulation",
		.at_rest = lifecycle_states_at_rest,
	};
	autofree struct evidence_view *view = xcalloc(1, sizeof(*view));
	struct identity found;

	evidence_view_of(&m->evidence, view);
	TRY(identity_resolve(db, &view->host, &birth, now_us, &found, err));
	(void)json_array_append_new(list,
				    json_pack("{s:s, s:s, s:I, s:s, s:b, s:o}", "name", m->name,
					      "verdict", identity_verdict_str(found.verdict),
					      "host", (json_int_t)found.host_num, "why", found.why,
					      "weak", found.weak, "others", others_json(&found)));
	return 0;
}

static bool list_host(void *list, const struct host_traits *h)
{
	(void)json_array_append_new(
		list, json_pack("{s:I, s:s, s:b, s:s}", "host", (json_int_t)h->num, "serial",
				h->serial, "in_review", h->review[0] != '\0', "review", h->review));
	return true;
}

static int run(struct db *db, const struct simulated_machine *machines, size_t n, json_t **ret,
	       struct err *err)
{
	autojson json_t *verdicts = json_array();
	autojson json_t *hosts = json_array();
	autojson json_t *shared = NULL;

	for (size_t i = 0; i < n; i++)
		TRY(show(db, &machines[i], (int64_t)(i + 1) * STEP_US, verdicts, err));
	TRY(host_each_living(db, list_host, hosts, err));
	TRY(identity_shared(db, &shared, err));
	*ret = json_pack("{s:O, s:O, s:O}", "machines", verdicts, "hosts", hosts, "shared", shared);
	return 0;
}

int simulate_identity(const struct simulated_machine *machines, size_t n, json_t **ret,
		      struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	autofree char *dir = xasprintf("%s/slipway-simulate-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	struct db *db = NULL;

	if (!mkdtemp(dir))
		return err_sys(err, ERR_IO, "cannot make a folder like %s", dir);
	autofree char *url = xasprintf("sqlite:%s/store.db", dir);
	int r = db_open(url, DB_CREATE, &db, err);
	if (r >= 0)
		r = run(db, machines, n, ret, err);
	db_close(db);
	IGNORE_RESULT(file_remove_tree(dir, NULL));
	return r;
}
