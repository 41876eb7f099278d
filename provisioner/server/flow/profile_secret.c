/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User data of profiles; see profile_secret.h. Input: documents of authenticated people; sealed
 * text of our own store, which somebody may have changed.
 */
#include "profile_secret.h"

#include <string.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/secret_box.h>
#include <base/str.h>
#include <inventory/flow.h>

/* A secret opens under the name of its own profile alone. */
static char *box_name(const struct profile *p)
{
	return xasprintf("profile %s", p->name);
}

/* The document with the secret's name in its place; members that are not changed are shared. */
static json_t *without_text(const struct profile *p)
{
	json_t *doc = json_copy(p->doc);
	json_t *host = json_copy(json_object_get(p->doc, "host"));

	(void)json_object_set_new(host, "user_data", profile_user_data_json(p));
	(void)json_object_set_new(doc, "host", host);
	return doc;
}

static void seal(struct flow *flow, struct profile *p)
{
	autofree char *name = box_name(p);

	free(p->sealed);
	p->sealed = secret_seal(flow->seal_key, name, p->user_data);
	json_t *doc = without_text(p);
	p->user_data = NULL; /* it belongs to the document that goes */
	json_decref(p->doc);
	p->doc = doc;
}

static int refuse_unknown(struct err *err)
{
	(void)err_set(err, ERR_INVALID,
		      "the profile has no stored user data with this digest: write the text");
	return err_at(err, "/host/user_data");
}

static int keep_stored(struct flow *flow, struct profile *p, struct err *err)
{
	autojson json_t *doc = NULL;
	struct profile old = {0};
	struct err damaged = ERR_INIT;

	int rc = flow_profile_get(flow->db, p->name, &doc, err);
	if (rc == -ERR_NOT_FOUND)
		return refuse_unknown(err);
	TRY(rc);
	bool same = profile_parse(doc, &old, &damaged) >= 0 && !old.user_data &&
		    str_eq(old.user_sha256, p->user_sha256);
	profile_done(&old);
	if (!same)
		return refuse_unknown(err);
	json_t *whole = without_text(p);
	json_decref(p->doc);
	p->doc = whole;
	return flow_profile_secret(flow->db, p->name, &p->sealed, err);
}

int profile_secret_hide(struct flow *flow, struct profile *p, struct err *err)
{
	if (p->user_data)
		seal(flow, p);
	else if (p->user_sha256[0])
		return keep_stored(flow, p, err);
	return 0;
}

static int check_opened(const struct profile *p, const char *text, struct err *err)
{
	char digest[SHA256_HEX_BYTES];

	sha256_hex_of(text, strlen(text), digest);
	return str_eq(digest, p->user_sha256)
		       ? 0
		       : err_set(err, ERR_INVALID, "the sealed user data of '%s' is another one",
				 p->name);
}

int profile_secret_open(struct flow *flow, const struct profile *p, char **ret, struct err *err)
{
	autofree char *sealed = NULL;
	autofree char *name = box_name(p);
	char *text = NULL;

	if (p->user_data || !p->user_sha256[0]) {
		*ret = xstrdup(p->user_data ? p->user_data : "");
		return 0;
	}
	TRY(flow_profile_secret(flow->db, p->name, &sealed, err));
	TRY(secret_open_text(flow->seal_key, name, sealed, &text, err));
	int rc = check_opened(p, text, err);
	if (rc >= 0)
		*ret = take_ptr(text);
	free(text);
	return rc;
}

static int seal_one(struct flow *flow, json_t *doc, struct err *err)
{
	struct profile p = {0};
	struct err damaged = ERR_INIT;
	int rc = 0;

	if (profile_parse(doc, &p, &damaged) >= 0 && p.user_data) {
		seal(flow, &p);
		rc = flow_profile_reword(flow->db, p.name, p.doc, p.sealed, err);
	}
	profile_done(&p);
	return rc;
}

static int seal_all(struct flow *flow, struct err *err)
{
	autojson json_t *list = NULL;
	size_t i;
	json_t *doc;

	TRY(flow_profile_list(flow->db, &list, err));
	json_array_foreach (list, i, doc)
		TRY(seal_one(flow, doc, err));
	return 0;
}

int profile_secret_seal_stored(struct flow *flow, struct err *err)
{
	TRY(db_begin(flow->db, err));
	return db_end(flow->db, seal_all(flow, err), err);
}
