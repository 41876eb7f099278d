/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and machines read afterwards, made from the scenarios' result documents: the table,
 * the summary line, build/lab/report.json and build/lab/junit.xml. Pure but for the two writers.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <jansson.h>
#include <base/err.h>
#include <base/str.h>

/* {"scenarios": [...], "passed": N, "failed": N}; results: an array, borrowed. */
MUST_CHECK json_t *report_document(json_t *results);
/* JUnit XML: a suite per scenario, a case per host and check. The caller frees. */
MUST_CHECK int report_junit(const json_t *report, char **ret_xml, struct err *err);
/* The final table of one scenario. */
void report_table(const json_t *result, struct str *ret);
/* "lab: 3 ready, 0 failed"; failed counts hosts that did not end as expected. */
void report_summary(const json_t *report, struct str *ret);
/* Write both files below `folder`. errors: ERR_IO. */
MUST_CHECK int report_write(const json_t *report, const char *folder, struct err *err);
/* A result for a scenario that could not be played or whose worker was lost. */
MUST_CHECK json_t *report_lost(const char *scenario_name, const char *trouble);

#endif
