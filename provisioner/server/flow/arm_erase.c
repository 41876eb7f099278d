/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arms to erase disks of one host: each disk is named and chosen before the first is erased, then the arm
 * is for one after the other. Input: orders of authenticated people and programs, drives as an agent
 * reported them.
 */
#include "arm_internal.h"

#include <string.h>
#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/erase_method.h>

struct chosen {
	VEC(struct disk_choice) disks;
};

static int take(const json_t *drives, const struct disk_rule *rule, struct chosen *c,
		struct err *err)
{
	struct disk_choice d;

	TRY(disk_choose(drives, rule, &d, err));
	if (d.has_shared_fs)
		return err_set(err, ERR_GUARD_SHARED_FS, "disk %s holds %s", d.serial, d.found);
	for (size_t i = 0; i < c->disks.n; i++)
		if (str_eq(c->disks.items[i].serial, d.serial) &&
		    str_eq(c->disks.items[i].wwn, d.wwn))
			return err_set(err, ERR_GUARD_SELECTOR, "disk '%s' is named twice",
				       d.serial[0] ? d.serial : d.wwn);
	VEC_PUSH(&c->disks, d);
	return 0;
}

/* A text names a disk by its serial, or by its WWN where no serial is the same. */
static int take_named(const json_t *drives, const char *name, struct chosen *c, struct err *err)
{
	struct disk_rule rule = {.serial = ""};

	if (!*name || strpbrk(name, "*?"))
		return err_set(err, ERR_GUARD_SELECTOR,
			       "'%s' names no disk: give a serial or a WWN, not a pattern", name);
	(void)str_copy(rule.serial, sizeof(rule.serial), name);
	int rc = take(drives, &rule, c, err);
	if (rc != -ERR_GUARD_DISK_NONE)
		return rc;
	err_clear(err);
	rule.serial[0] = '\0';
	(void)str_copy(rule.wwn, sizeof(rule.wwn), name);
	rc = take(drives, &rule, c, err);
	return rc < 0 ? err_wrap(err, "disk '%s'", name) : rc;
}

static int choose(struct flow *flow, const struct host *h, const struct arm_request *q,
		  struct chosen *c, struct err *err)
{
	autojson json_t *drives = NULL;
	bool one = q->disk.serial[0] || q->disk.wwn[0];
	size_t n = q->disks ? q->disks->n : 0;

	if (one == (n > 0))
		return err_set(err, ERR_GUARD_SELECTOR,
			       one ? "either 'disk' or 'disks' names what is to be erased"
				   : "no disk is named");
	TRY(flow_drives_get(flow->db, h->num, &drives, err));
	if (one)
		return take(drives, &q->disk, c, err);
	for (size_t i = 0; i < n; i++)
		TRY(take_named(drives, q->disks->items[i].s, c, err));
	return 0;
}

static int check_methods(const char *methods, struct err *err)
{
	struct erase_policy policy;
	struct err why = ERR_INIT;

	if (!methods || !*methods || erase_policy_parse(methods, &policy, &why) >= 0)
		return 0;
	(void)err_set(err, ERR_FIELD_RANGE, "%s", why.msg);
	return err_at(err, "/methods");
}

static int add_rest(struct flow *flow, const struct chosen *c, struct flow_arm *arm,
		    struct err *err)
{
	for (size_t i = 1; i < c->disks.n; i++) {
		const struct disk_choice *d = &c->disks.items[i];
		struct flow_arm_disk row = {.bytes = d->size_bytes};

		(void)str_copy(row.wwn, sizeof(row.wwn), d->wwn);
		(void)str_copy(row.serial, sizeof(row.serial), d->serial);
		TRY(flow_arm_add_disk(flow->db, arm->id, (int64_t)i, &row, err));
		arm->n_more++;
		arm->more_bytes += d->size_bytes;
	}
	return 0;
}

static int make(struct flow *flow, const struct host *h, const struct arm_request *q,
		const struct chosen *c, struct flow_arm *ret, struct err *err)
{
	arm_fill(h, q, &c->disks.items[0], flow_now_us(flow), ret);
	(void)str_copy(ret->work, sizeof(ret->work), "erase");
	(void)str_copy(ret->methods, sizeof(ret->methods), q->methods ? q->methods : "");
	arm_consent(ret);
	TRY(flow_arm_add(flow->db, ret, err));
	return add_rest(flow, c, ret, err);
}

int arm_make_erase(struct flow *flow, const struct host *h, const struct arm_request *q,
		   struct flow_arm *ret, struct err *err)
{
	struct chosen c = {0};

	TRY(arm_check_stopped(flow, err));
	TRY(check_methods(q->methods, err));
	int rc = choose(flow, h, q, &c, err);
	if (rc >= 0)
		rc = make(flow, h, q, &c, ret, err);
	VEC_DONE(&c.disks);
	return rc;
}

/* The next disk's permission lasts as long as that of the one before. */
int arm_go_on(struct flow *flow, const struct flow_arm *arm, struct err *err)
{
	struct flow_arm next = *arm;

	uuid_v4(next.id);
	next.created_us = flow_now_us(flow);
	next.expires_us = next.created_us + (arm->expires_us - arm->created_us);
	next.consumed_us = 0;
	next.session_id[0] = next.permit_id[0] = '\0';
	return flow_arm_go_on(flow->db, arm, &next, err);
}
