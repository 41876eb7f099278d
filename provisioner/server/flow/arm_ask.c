/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of arm_ask.h. Input: bodies from authenticated people and programs.
 */
#include "arm_ask.h"

#include <string.h>
#include <base/str.h>
#include "arm.h"

static const struct field disk_fields[] = {
	F_STR(struct arm_disk_ask, "serial", serial, 0, .about = "one disk's, no pattern"),
	F_STR(struct arm_disk_ask, "wwn", wwn, 0, .about = "one disk's, no pattern"),
	F_END,
};

#define PLAN_HASH_ABOUT                                                                            \
	"of a dry run: refused if anything is different by now; several hosts need it"

#define CODE_ABOUT                                                                                 \
	"on the screen of the machine that is meant; needed when several say that they are this "  \
	"host"

#define COMMON_FIELDS(S)                                                                           \
	F_STR(S, "image", common.image, FIELD_NEEDED,                                              \
	      .about = "LINE@VERSION, LINE@latest or a digest"),                                   \
		F_STR(S, "reason", common.reason, 0, .about = "for the host's record"),            \
		F_INT(S, "ttl_s", common.ttl_s, 0, ARM_TTL_MIN_S, ARM_TTL_MAX_S,                   \
		      .about = "the arm ends after so long; default half an hour"),                \
		F_BOOL(S, "dry_run", common.dry_run, 0,                                            \
		       .about = "go through everything, keep nothing; answers plan_hash"),         \
		F_HEX(S, "plan_hash", common.plan_hash, 0, .about = PLAN_HASH_ABOUT)

#define HOST_FIELDS(S, at, need)                                                                   \
	F_STR(S, "wipe_consent", at wipe_consent, 0,                                               \
	      .about = "serial or WWN of the disk whose data may be lost"),                        \
		F_BOOL(S, "new_disk", at new_disk, 0,                                              \
		       .about = "another disk than at the last imaging is meant"),                 \
		F_STR(S, "skip_burnin", at skip_burnin, 0,                                         \
		      .about = "why a host with a fault or without a passed burn-in is imaged"),   \
		F_STR(S, "reimage_in_service", at reimage_in_service, 0,                           \
		      .about = "name, short code or id of a host in service, typed again"),        \
		F_STR(S, "code", at code, 0, .about = CODE_ABOUT),                                 \
		F_STR(S, "view", at view, 0, .about = HOST_VIEW_ABOUT),                            \
		F_OBJ(S, "disk", at disk, need, disk_fields,                                       \
		      .about = "the one disk to write, by serial or WWN or both")

const struct field arm_ask_fields[] = {
	COMMON_FIELDS(struct arm_ask),
	HOST_FIELDS(struct arm_ask, host., FIELD_NEEDED),
	F_END,
};

const struct field erase_ask_fields[] = {
	F_STR(struct erase_ask, "reason", reason, FIELD_NEEDED, .about = "for the host's record"),
	F_INT(struct erase_ask, "ttl_s", ttl_s, 0, ARM_TTL_MIN_S, ARM_TTL_MAX_S,
	      .about = "the permission ends after so long; default "
		       "half an hour"),
	F_HEX(struct erase_ask, "plan_hash", plan_hash, 0,
	      .about = "of a dry run: refused if anything is "
		       "different by now"),
	F_STR(struct erase_ask, "code", code, 0, .about = CODE_ABOUT),
	F_STR(struct erase_ask, "view", view, 0, .about = HOST_VIEW_ABOUT),
	F_OBJ(struct erase_ask, "disk", disk, 0, disk_fields,
	      .about = "the one disk to erase, by serial or WWN or "
		       "both"),
	F_STRINGS(struct erase_ask, "disks", disks, 0, ERASE_DISKS_MAX,
		  .about = "instead of one: serials or WWNs of all that are "
			   "to be erased, in this order"),
	F_STR(struct erase_ask, "methods", methods, 0,
	      .about = "instead of the configuration's: crypto, block, format, "
		       "security, sanitize-overwrite, overwrite, in order"),
	F_END,
};

int arm_disk_name(const struct arm_disk_ask *ask, struct disk_rule *ret, struct err *err)
{
	const char *wrong = !ask->serial[0] && !ask->wwn[0] ? "name the disk by serial or WWN"
			    : strpbrk(ask->serial, "*?") || strpbrk(ask->wwn, "*?")
				    ? "an arm names one disk, no pattern"
				    : NULL;

	if (wrong) {
		(void)err_set(err, ERR_GUARD_SELECTOR, "%s", wrong);
		return err_at(err, "/disk/serial");
	}
	(void)str_copy(ret->serial, sizeof(ret->serial), ask->serial);
	(void)str_copy(ret->wwn, sizeof(ret->wwn), ask->wwn);
	return 0;
}

static const struct field order_host_fields[] = {
	F_STR(struct arm_host_ask, "id", id, FIELD_NEEDED,
	      .about = "a host by id, short code, MAC, serial or "
		       "name"),
	HOST_FIELDS(struct arm_host_ask, , FIELD_NEEDED),
	F_END,
};

const struct field arm_order_fields[] = {
	COMMON_FIELDS(struct arm_order_ask),
	F_INT(struct arm_order_ask, "confirm_count", confirm_count, 0, 0, ARM_ORDER_MAX,
	      .about = "the number of hosts, repeated; needed above 5"),
	F_LIST(struct arm_order_ask, "hosts", hosts, FIELD_NEEDED, ARM_ORDER_MAX,
	       order_host_fields),
	F_END,
};

/* Empty members are left out when it is written, so none is needed
 * but what always is. */
static const struct field kept_host_fields[] = {
	F_STR(struct arm_host_ask, "id", id, FIELD_NEEDED),
	HOST_FIELDS(struct arm_host_ask, , 0),
	F_STRINGS(struct arm_host_ask, "disks", disks, 0, ERASE_DISKS_MAX),
	F_STR(struct arm_host_ask, "methods", methods, 0),
	F_END,
};

const struct field order_ask_fields[] = {
	F_STR(struct order_ask, "work", work, FIELD_NEEDED),
	F_STR(struct order_ask, "image", image, 0),
	F_STR(struct order_ask, "reason", reason, 0),
	F_INT(struct order_ask, "ttl_s", ttl_s, 0, 0, ARM_TTL_MAX_S),
	F_STR(struct order_ask, "into", into, 0),
	F_ARRAY(struct order_ask, "values", values, 0, SPLIT_VALUES_MAX),
	F_LIST(struct order_ask, "hosts", hosts, FIELD_NEEDED, ARM_ORDER_MAX, kept_host_fields),
	F_END,
};
