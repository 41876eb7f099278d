/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with this appliance: one list for `slipway doctor`, GET /api/v1/doctor and the gauges of
 * /metrics. The machine's part comes from machine_check.h, the server's own part from here.
 *
 * How to add a check: a function of type doctor_check and a row in checks[] of doctor.c.
 */
#ifndef SERVER_API_DOCTOR_H
#define SERVER_API_DOCTOR_H

#include <jansson.h>
#include <base/err.h>
#include <base/str.h>
#include "api.h"

/* Append the server's own checks to rows: {"name", "status": "ok", "warning" or "error", "found",
 * "mend"}; mend is not there when all is well. */
MUST_CHECK int doctor_server_rows(struct api *api, json_t *rows, struct err *err);
/* Append a gauge for each check, machine's and server's: 0 ok, 1 warning, 2 error. What is not known is
 * left out. */
MUST_CHECK int doctor_gauges(struct api *api, struct str *out, struct err *err);

#endif
