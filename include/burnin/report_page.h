/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report (inventory/burn_report.h) as one HTML page that prints: no script, no file
 * beside it, every text escaped. For warranty files, and vendors.
 */
#ifndef BURNIN_REPORT_PAGE_H
#define BURNIN_REPORT_PAGE_H

#include <jansson.h>
#include <base/str.h>

/* report: the JSON document; members that are missing leave their cells empty. trust: none of its
 * texts. out: initialised by the caller, who checks str_ok(). */
void report_page(const json_t *report, struct str *out);

#endif
