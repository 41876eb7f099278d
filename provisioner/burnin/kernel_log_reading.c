/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of the kernel's lines share; see kernel_log_reading.h.
 */
#include "kernel_log_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <base/str.h>

void kernel_log_report(struct kernel_reading *x, enum burnin_symptom symptom,
		       const struct suspects *s, const char *text)
{
	struct burnin_finding finding = {.symptom = symptom};

	burnin_blame(&finding, s);
	(void)text_fit(finding.message, sizeof(finding.message), text);
	x->n++;
	x->r->found(x->r->arg, &finding);
}

int kernel_log_package(const struct kernel_reading *x, int cpu)
{
	return x->r->package_of ? x->r->package_of(x->r->arg, cpu) : -1;
}

long long kernel_log_number(const char *text, int base)
{
	return strtoll(text, NULL, base);
}

static bool is_on_socket(const void *arg, const struct component *c)
{
	return c->place.socket == *(const int *)arg;
}

void kernel_log_on_socket(const struct kernel_reading *x, enum component_kind kind, int package,
			  struct suspects *ret)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", package);
	const struct component *cpu = component_find(x->r->components, COMPONENT_CPU, key);
	int socket = cpu ? cpu->place.socket : DIMM_UNKNOWN;

	if (kind == COMPONENT_CPU && cpu) {
		suspects_one(cpu, kind, ret);
		return;
	}
	suspects_fitting(x->r->components, kind, is_on_socket, &socket, ret);
	if (socket == DIMM_UNKNOWN || ret->n_all == 0)
		suspects_fitting(x->r->components, kind, NULL, NULL, ret);
}
