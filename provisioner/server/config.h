/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipwayd's configuration: an INI file, strict (an unknown section or key is an error with file
 * and line), every key with a default so that an empty file works. Defaults that depend on the
 * machine (which interface, which address) are filled by config_resolve().
 *
 *  1. config_init(). 2. config_load() for a file; may be left out. 3. config_resolve().
 *  4. config_done().
 * How to add a key: a member in struct config and a row in keys[] of config.c.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>
#include <inventory/store_archive.h>
#include <server/boot/boot_config.h>

struct config {
	char *state_dir, *run_dir;
	char *burn_in_dir;      /* the operator's own burn-in tests */
	char *user;             /* of the daemon, when root starts it; "": it stays root */
	char *store;            /* "sqlite", or a postgresql:// URL */
	char *log;              /* text, json */
	int64_t read_budget_ms; /* a slower question goes to a reader process; 0: every one */
	char *cors_origins;     /* pages of other origins that may use the API, or "" */
	int64_t rate_per_s, rate_burst; /* requests of one token */
	struct boot_config boot;
	char *slipway; /* the program that makes a lab's trust root */

	char *erase_methods; /* in order of preference: see proto/erase_method.h */
	char *second_person; /* on, off */
	int64_t second_person_above;
	char *webhook_allow;                       /* networks; see flow/outbound.h */
	char *protect;                             /* names of machines that are never a target */
	int64_t retention_days[_ARCHIVE_KIND_MAX]; /* 0: kept */
};

void config_init(struct config *c);
void config_done(struct config *c);
/* errors: ERR_CONFIG ("file:line: ..."), ERR_NOT_FOUND */
MUST_CHECK int config_load(struct config *c, const char *path, struct err *err);
/* Choose interface, address, netmask and DHCP range where they are "auto" or empty.
 * errors: ERR_INTERFACE, ERR_CONFIG */
MUST_CHECK int config_resolve(struct config *c, struct err *err);

#endif
