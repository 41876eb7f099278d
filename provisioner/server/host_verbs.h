/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs of host_verbs.c share with arming (arm_routes.c): the handlers that its table
 * names, and the guard of hosts in service.
 */
#ifndef SERVER_HOST_VERBS_H
#define SERVER_HOST_VERBS_H

#include <base/json.h>
#include <base/limits.h>
#include <inventory/host.h>
#include "http.h"

#define ARM_ORDER_BODY_BYTES (256 * KIB)

/* A host in service is touched only by who names it: field `key` (reimage_in_service or in_service)
 * with its name, short code or id. out: GUARD_OVERRIDE is added to *ret_guards. */
int host_override_of(struct json_reader *reader, const char *key, const struct host *h,
		     unsigned *ret_guards);
/* errors: ERR_GUARD_IN_SERVICE when it is in service and nobody named it. */
int host_in_service_refusal(const struct host *h, unsigned guards, struct err *err);

int arm_post(struct http_request *r, struct err *err);
int arm_post_order(struct http_request *r, struct err *err);

#endif
