/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this machine ready to run slipwayd? Network, ports, programs, boot files, certificate, clock,
 * disk space, store: for `slipwayd --check-config`, which `slipway doctor` runs too. Changes
 * nothing, and works beside a running daemon.
 *
 * How to add a check: a function of type check_run and a row in checks[] of machine_check.c.
 */
#ifndef SERVER_MACHINE_CHECK_H
#define SERVER_MACHINE_CHECK_H

#include <jansson.h>
#include "config.h"

/* In: a loaded configuration, which is resolved here. Returns an array of {"name", "status": "ok",
 * "warning", "error" or "unknown", "found", "mend"}; mend is not there when all is well. Each name is
 * there once. owns: the caller. */
MUST_CHECK json_t *machine_check(struct config *c);
/* One row for a configuration that could not be read. owns: the caller. */
MUST_CHECK json_t *machine_check_no_config(const struct err *err);
/* Is one of the rows an error? */
bool machine_check_failed(const json_t *rows);
/* Print the rows for people on standard output. */
void machine_check_print(const json_t *rows);

#endif
