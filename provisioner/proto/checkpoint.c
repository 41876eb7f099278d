/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints in envelopes; see proto/checkpoint.h. Input: lines of a file that whoever changed the
 * log could have changed, too.
 */
#include <proto/checkpoint.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/record.h>
#include "plan_internal.h"

static const struct field checkpoint_fields[] = {
	F_STR(struct checkpoint, "type", type, FIELD_NEEDED),
	F_INT(struct checkpoint, "rows", rows, FIELD_NEEDED | FIELD_ALWAYS, 0, INT64_MAX),
	F_INT(struct checkpoint, "last_id", last_id, FIELD_NEEDED | FIELD_ALWAYS, 0, INT64_MAX),
	F_HEX(struct checkpoint, "hash", hash, FIELD_NEEDED),
	F_STR(struct checkpoint, "at", at, FIELD_NEEDED),
	F_END,
};

int checkpoint_seal(const struct plan_key *key, const struct checkpoint *c, json_t **ret,
		    struct err *err)
{
	struct checkpoint typed = *c;

	(void)str_copy(typed.type, sizeof(typed.type), CHECKPOINT_TYPE);
	autojson json_t *payload = record_encode(checkpoint_fields, &typed);
	return envelope_seal(key, CHECKPOINT_PAYLOAD_TYPE, payload, ret, err);
}

static int decode(const uint8_t *p, size_t n, struct checkpoint *ret, struct err *err)
{
	autojson json_t *payload = NULL;

	TRY(json_load_strict(p, n, CHECKPOINT_MAX_BYTES, &payload, err));
	TRY(record_decode(checkpoint_fields, payload, ret, err));
	return str_eq(ret->type, CHECKPOINT_TYPE)
		       ? 0
		       : err_set(err, ERR_PLAN_TYPE, "type '%s' is another", ret->type);
}

int checkpoint_open(const struct plan_key *key, json_t *envelope, struct checkpoint *ret,
		    struct err *err)
{
	struct err why = ERR_INIT;
	autofree uint8_t *p = NULL;
	size_t n = 0;

	*ret = (struct checkpoint){.rows = 0};
	int rc = envelope_open(key, CHECKPOINT_PAYLOAD_TYPE, envelope, &p, &n, &why);
	if (rc >= 0)
		rc = decode(p, n, ret, &why);
	return rc < 0 ? err_set(err, ERR_CHECKPOINT, "%s", why.msg) : 0;
}
