/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request to arm says: one host, or several in one order. The tables are both how the body
 * is read and how the OpenAPI document describes it.
 */
#ifndef SERVER_ARM_ASK_H
#define SERVER_ARM_ASK_H

#include <base/limits.h>
#include <base/err.h>
#include <proto/erase_method.h>
#include <proto/record.h>
#include "host_view.h"

#define ARM_ORDER_MAX        256 /* hosts of one order */
#define SPLIT_VALUES_MAX     64
#define ERASE_DISKS_MAX      128 /* of one host; the largest shelves have 108 bays */
#define ARM_ORDER_BODY_BYTES (256 * KIB)

/* Said once, for one host or for an order. */
struct arm_common_ask {
	char image[161], reason[257];
	int64_t ttl_s; /* 0: the default */
	bool dry_run;
	char plan_hash[65]; /* of a dry run; "" none */
};

struct arm_disk_ask {
	char serial[129], wwn[129];
};
struct disk_rule;
/* Exactly one disk: a name, no pattern. errors: ERR_GUARD_SELECTOR at /disk/serial */
MUST_CHECK int arm_disk_name(const struct arm_disk_ask *ask, struct disk_rule *ret,
			     struct err *err);

/* Said of each host. */
struct arm_host_ask {
	char id[129]; /* in an order */
	char wipe_consent[129];
	char reimage_in_service[129]; /* the name of the host in use, typed again, for any work */
	char skip_burnin[257];
	char code[21];              /* on the screen of the machine that is meant; "" none */
	char view[HOST_VIEW_BYTES]; /* of the host as it was shown; "" none */
	bool new_disk;
	struct arm_disk_ask disk;
	/* to erase, kept with an order that waits for a second person */
	text64_list disks; /* serials or WWNs, instead of disk */
	char methods[ERASE_POLICY_MAX_BYTES];
};

struct arm_ask {
	struct arm_common_ask common;
	struct arm_host_ask host;
};
extern const struct field arm_ask_fields[];

/* Disks of one host are to be erased, one after the other. */
struct erase_ask {
	char reason[257];
	int64_t ttl_s;
	text64_list disks; /* serials or WWNs; or one disk */
	char methods[ERASE_POLICY_MAX_BYTES];
	char plan_hash[65]; /* of a dry run; "" none */
	char code[21];      /* as in struct arm_host_ask */
	char view[HOST_VIEW_BYTES];
	struct arm_disk_ask disk;
};
extern const struct field erase_ask_fields[];

/* What an order is, whichever route brought it; and how it is kept while it waits for a second
 * person. */
struct order_ask {
	char work[9];    /* a row of order_work.c: "image", "erase", "release", ... */
	char image[161]; /* "" but to image */
	char reason[257];
	int64_t ttl_s;
	char into[129]; /* merge: the host that stays */
	json_t *values; /* split: what is the other machine's; an array of texts */
	VEC(struct arm_host_ask) hosts;
};
extern const struct field order_ask_fields[];

struct arm_order_ask {
	struct arm_common_ask common;
	int64_t confirm_count; /* 0: not said */
	VEC(struct arm_host_ask) hosts;
};
extern const struct field arm_order_fields[];

#endif
