/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G13: machines that are never a target: this one, the one that its store is on, and those that the
 * operator names (its hypervisor, where the backups are). Known by MAC, SMBIOS UUID, serial and
 * address; any one of them is enough.
 */
#ifndef SERVER_PROTECTED_H
#define SERVER_PROTECTED_H

#include <proto/evidence.h>
#include <stdbool.h>
#include <base/vec.h>
#include <base/err.h>

struct protected_name {
	char text[129]; /* lower case */
	const char *whose;
};
struct protected
{
	VEC(struct protected_name) names;
};

/* Words are MACs, UUIDs, addresses or serials, separated by blanks or commas; what firmware says
 * when it knows nothing is passed over. whose: "this server's", a literal. */
void protected_add(struct protected *p, const char *words, const char *whose);
/* This machine: its interfaces' MACs and what its firmware says under sys_root ("/sys"). */
void protected_add_machine(struct protected *p, const char *sys_root);
/* This machine, the store's host, and the operator's words. in: store_url: for db_server_of().
 * blocks: may ask a name server for the store's host. */
void protected_load(struct protected *p, const char *store_url, const char *words);
void protected_done(struct protected *p);

/* What is tried; NULL or "" is unknown. trust: none. */
struct protected_subject {
	const char *uuid, *macs; /* macs: separated by blanks */
	const char *serials[2];
	const char *address;
};
/* The name that fits, or NULL. An UUID fits in both byte orders. */
const struct protected_name *protected_find(const struct protected *p,
					    const struct protected_subject *s);
/* errors: ERR_GUARD_SELF */
MUST_CHECK int protected_check(const struct protected *p, const struct protected_subject *s,
			       struct err *err);

#endif
