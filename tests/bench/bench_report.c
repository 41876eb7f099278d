/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a benchmark, as `make bench` wants them. Input: measured figures.
 */
#include "bench_report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <base/str.h>

static json_t *results;

static double seconds(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_now_s(void)
{
	return seconds(getenv("BENCH_CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC);
}

double bench_cpu_s(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void bench_result(const char *name, const char *unit, double ours, double goal, bool less_is_good,
		  int runs)
{
	bool met = less_is_good ? ours <= goal : ours >= goal;

	printf("%-52s %12.2f %-10s goal %s %.0f  %s\n", name, ours, unit,
	       less_is_good ? "<=" : ">=", goal, met ? "met" : "MISSED");
	(void)fflush(stdout);
	if (!results)
		results = json_array();
	(void)json_array_append_new(
		results, json_pack("{s:s, s:s, s:f, s:n, s:n, s:n, s:f, s:b, s:i}", "name", name,
				   "unit", unit, "ours", ours, "peer", "peer_value", "ratio",
				   "goal", goal, "met", met, "runs", runs));
}

void bench_note(const char *name, const char *unit, double ours)
{
	printf("%-52s %12.2f %s\n", name, ours, unit);
	(void)fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_quantiles(const char *name, double *ms, int n, double goal_ms)
{
	autofree char *p50 = xasprintf("%s, p50", name);
	autofree char *p99 = xasprintf("%s, p99", name);

	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	bench_note(p50, "ms", ms[n / 2]);
	if (goal_ms <= 0)
		bench_note(p99, "ms", ms[n * 99 / 100]);
	else
		bench_result(p99, "ms", ms[n * 99 / 100], goal_ms, true, n);
}

void bench_cpu_note(const char *name, double *ms, int n)
{
	autofree char *title = xasprintf("%s, p99 of processor time", name);

	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	bench_note(title, "ms", ms[n * 99 / 100]);
}

double bench_export_goal(double bytes, double hosts)
{
	double by_bytes = 200e6 / (bytes / hosts);

	return by_bytes < 20000 ? by_bytes : 20000;
}

bool bench_write(const char *path)
{
	return json_dump_file(results ? results : json_array(), path, JSON_INDENT(1)) == 0;
}
