/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of the inventory share: a clock, samples and their quantiles, and results as
 * a table for people and as JSON rows for the report.
 */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Wall time; with BENCH_CPU=1 in the environment the processor time of this process. */
double bench_now_s(void);
/* The processor time of this process: what other programs do not disturb. */
double bench_cpu_s(void);
/* Print a row and remember it. */
void bench_result(const char *name, const char *unit, double ours, double goal, bool less_is_good,
		  int runs);
/* Print a figure without a goal. */
void bench_note(const char *name, const char *unit, double ours);
/* Sorts n samples, notes their median and reports their 99th percentile against a goal. */
void bench_quantiles(const char *name, double *ms, int n, double goal_ms);
/* Sorts n samples and notes their 99th percentile, of processor time. */
void bench_cpu_note(const char *name, double *ms, int n);
/* The goal of an export in hosts/s: 200 MB/s or 20,000 hosts/s, whichever is less. */
double bench_export_goal(double bytes, double hosts);
/* All results, as a JSON list. Returns false when the file cannot be written. */
bool bench_write(const char *path);

#endif
