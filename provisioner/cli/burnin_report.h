/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway burnin report: the acceptance report of a host or a delivery.
 */
#ifndef CLI_BURNIN_REPORT_H
#define CLI_BURNIN_REPORT_H

/* A command_run: prints a short text, --json, or a page that prints (--html). */
int burnin_report(int argc, char **argv);

#endif
