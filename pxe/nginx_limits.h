/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of nginx's locations, as rows by kind of request.
 *
 * How to add a kind: a name here, a row in each of the two tables of nginx_limits.c.
 */
#ifndef PXE_NGINX_LIMITS_H
#define PXE_NGINX_LIMITS_H

#include <base/str.h>

enum nginx_kind {
	NGINX_FILES,
	NGINX_BOOT,
	NGINX_SESSION,
	NGINX_BEAT,
	NGINX_EVENTS,
	NGINX_AGENT,
	NGINX_FIRST_BOOT,
	NGINX_API,
	NGINX_IMPORT,
	_NGINX_KIND_MAX,
};

/* The zones, once, at the level of http. */
void nginx_limits_head(struct str *out);
/* The lines of a location. */
void nginx_limits_add(struct str *out, enum nginx_kind kind);

#endif
