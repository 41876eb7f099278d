/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a view, one row each; see host_view.h. Each is a digest, cut short: a view is compared
 * with what the server makes of the same host, by itself. Input: rows of our own store, with words of
 * hosts; views that requests name.
 */
#include "host_view.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/identity.h>
#include "engine.h"

#define PART_DIGITS 12
#define NO_MACHINE  "000000000000"

static void add(struct sha256 *h, const char *text)
{
	sha256_update(h, text ? text : "", text ? strlen(text) : 0);
	sha256_update(h, "", 1); /* its end */
}

static void add_member(struct sha256 *h, const json_t *object, const char *key)
{
	autofree char *text = json_text(json_object_get(object, key));

	add(h, text);
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void add_items(struct sha256 *h, const json_t *items)
{
	size_t i;
	json_t *item;

	json_array_foreach (items, i, item) {
		add_member(h, item, "kind");
		add_member(h, item, "value");
	}
	add(h, "");
}

static int add_evidence(struct flow *flow, const struct host *host, struct sha256 *h,
			struct err *err)
{
	autojson json_t *doc = NULL;
	const char *const texts[] = {host->id,    host->serial, host->uuid, host->manufacturer,
				     host->model, host->arch,   host->name, host->review};

	TRY(identity_evidence(flow->db, host->num, &doc, err));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		add(h, texts[i]);
	add_items(h, json_object_get(doc, "items"));
	add_items(h, json_object_get(doc, "pending"));
	return 0;
}

/* The key of its session, else the one that was bound: a decision without a code is for that one. */
static int add_machine(struct flow *flow, const struct host *host, struct sha256 *h,
		       struct err *err)
{
	struct flow_session s;
	struct flow_key k;
	int rc = flow_session_of_host(flow->db, host->num, &s, err);

	if (rc < 0 && rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	TRY(flow_key_get(flow->db, host->num, &k, err));
	add(h, rc < 0 ? k.bound : s.agent_key);
	return 0;
}

static int add_disks(struct flow *flow, const struct host *host, struct sha256 *h, struct err *err)
{
	static const char *const members[] = {"SerialNumber", "WWN",       "CapacityBytes",
					      "Protocol",     "Removable", "signatures"};
	autojson json_t *drives = NULL;
	size_t i;
	json_t *drive;

	TRY(flow_drives_get(flow->db, host->num, &drives, err));
	json_array_foreach (drives, i, drive)
		for (size_t k = 0; k < ARRAY_LEN(members); k++)
			add_member(h, drive, members[k]);
	return 0;
}

static int add_profile(struct flow *flow, const struct host *host, struct sha256 *h,
		       struct err *err)
{
	struct flow_host f;
	struct profile p = {0};
	char digest[SHA256_HEX_BYTES];

	TRY(flow_host_get(flow->db, host->num, &f, err));
	int rc = engine_profile(flow, host, &f, &p, err);
	profile_digest(&p, digest);
	add(h, p.name);
	add(h, digest);
	add(h, p.auto_approve ? "auto" : "");
	profile_done(&p);
	return rc < 0 ? rc : 0;
}

static const struct {
	const char *what;
	int (*add)(struct flow *flow, const struct host *host, struct sha256 *h, struct err *err);
} parts[] = {
	{"the evidence", add_evidence},
	{"the machine that speaks for it, and its code,", add_machine},
	{"the disks", add_disks},
	{"the profile", add_profile},
};

/* ---- the view -------------------------------------------------------------------------------- */

static int digest_part(struct flow *flow, const struct host *host, size_t i,
		       char ret[static SHA256_HEX_BYTES], struct err *err)
{
	AUTO(sha256) struct sha256 *h = sha256_new();
	uint8_t digest[SHA256_BYTES];

	TRY(parts[i].add(flow, host, h, err));
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

int host_view(struct flow *flow, const struct host *h, const char *code,
	      char ret[static HOST_VIEW_BYTES], struct err *err)
{
	_Static_assert(HOST_VIEW_BYTES == ARRAY_LEN(parts) * (PART_DIGITS + 1), "a view has room");
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char hex[SHA256_HEX_BYTES] = NO_MACHINE;
		if (!code[0] || parts[i].add != add_machine)
			TRY(digest_part(flow, h, i, hex, err));
		text_print(ret + used, HOST_VIEW_BYTES - used, "%s%.*s", i ? "." : "", PART_DIGITS,
			   hex);
		used = strlen(ret);
	}
	return 0;
}

static bool same_part(const struct host_view_seen *seen, size_t i, struct sv was, struct sv is)
{
	if (parts[i].add == add_machine && seen->code[0])
		return true;
	return was.n == is.n && memcmp(was.p, is.p, is.n) == 0;
}

int host_view_check(struct flow *flow, const struct host *h, const struct host_view_seen *seen,
		    struct err *err)
{
	char now[HOST_VIEW_BYTES];
	struct sv was = sv_of(seen->view), is;

	if (!seen->view[0])
		return 0;
	TRY(host_view(flow, h, "", now, err));
	is = sv_of(now);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (same_part(seen, i, sv_split(&was, '.'), sv_split(&is, '.')))
			continue;
		(void)err_set(err, ERR_GUARD_VIEW, "%s of host %s changed since it was shown",
			      parts[i].what, h->short_code);
		return err_at(err, "/view");
	}
	return 0;
}
