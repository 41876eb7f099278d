/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs of host_verbs.c share with arming (arm_routes.c): the handlers that its table
 * names, and the guard of hosts in service.
 */
#ifndef SERVER_HOST_VERBS_H
#define SERVER_HOST_VERBS_H

#include <base/limits.h>
#include <inventory/host.h>
#include "write.h"

/* A host in service is touched only by who names it: `named` is the text of member `key`
 * (reimage_in_service or in_service): its name, short code or id, or "".
 * out: GUARD_OVERRIDE is added to *ret_guards. errors: ERR_GUARD_IN_SERVICE */
int host_override_of(const char *named, const char *key, const struct host *h, unsigned *ret_guards,
		     struct err *err);
/* Does somebody use it: in service, or taken out of service for work and not released since? */
int host_in_use(struct app *a, const struct host *h, bool *ret, struct err *err);
/* errors: ERR_GUARD_IN_SERVICE when it is in use and nobody named it. */
int host_in_service_refusal(const struct host *h, bool in_use, unsigned guards, struct err *err);

/* arm_routes.c */
int arm_work(struct write *w, struct err *err);
int arm_order_work(struct write *w, struct err *err);
/* erase_routes.c */
int erase_work(struct write *w, struct err *err);

#endif
