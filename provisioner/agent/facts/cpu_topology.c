/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys/devices/system/cpu/cpuN/topology; see cpu_topology.h. A core is counted by its first thread:
 * the lists of siblings are right on every architecture, core_id repeats between dies.
 */
#include "cpu_topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <base/vec.h>

#include "sysfs.h"

#define CPUS "sys/devices/system/cpu"

struct cpu {
	int64_t package, die, cluster, core;
	int64_t first_sibling; /* -1: no list */
};
typedef VEC(struct cpu) cpu_list;

#define MASK_BYTES 1024

/* The number of the lowest bit of "0000,00000000,000000f0", whose last digit counts from 0. */
static int64_t first_of_mask(const char *root, const char *cpu, const char *file)
{
	char text[MASK_BYTES];
	int64_t bit = 0;

	sysfs_text(root, text, sizeof(text), CPUS "/%s/topology/%s", cpu, file);
	if (strlen(text) == sizeof(text) - 1)
		return -1; /* cut, and the lowest bits stand at the end */
	for (size_t i = strlen(text); i-- > 0;) {
		unsigned digit;

		if (text[i] == ',')
			continue;
		if (sscanf((const char[]){text[i], '\0'}, "%1x", &digit) != 1)
			return -1;
		if (digit)
			return bit + __builtin_ctz(digit);
		bit += 4;
	}
	return -1;
}

static int64_t first_of_list(const char *root, const char *cpu, const char *file)
{
	char text[64], *end;

	if (!sysfs_text(root, text, sizeof(text), CPUS "/%s/topology/%s", cpu, file))
		return -1;
	long long first = strtoll(text, &end, 10);
	return end == text || first < 0 ? -1 : first;
}

/* Each of the newer names first, and the mask where a tree has no lists. */
static int64_t first_sibling(const char *root, const char *cpu)
{
	int64_t first = first_of_list(root, cpu, "core_cpus_list");

	first = first >= 0 ? first : first_of_mask(root, cpu, "core_cpus");
	first = first >= 0 ? first : first_of_list(root, cpu, "thread_siblings_list");
	return first >= 0 ? first : first_of_mask(root, cpu, "thread_siblings");
}

static bool read_cpu(const char *root, const char *name, struct cpu *c)
{
	c->package = sysfs_int(root, -1, CPUS "/%s/topology/physical_package_id", name);
	c->die = sysfs_int(root, 0, CPUS "/%s/topology/die_id", name);
	c->cluster = sysfs_int(root, -1, CPUS "/%s/topology/cluster_id", name);
	c->core = sysfs_int(root, -1, CPUS "/%s/topology/core_id", name);
	c->first_sibling = first_sibling(root, name);
	return c->package >= 0 && (c->core >= 0 || c->first_sibling >= 0);
}

static bool same_core(const struct cpu *a, const struct cpu *b)
{
	if (a->package != b->package)
		return false;
	if (a->first_sibling >= 0 && b->first_sibling >= 0)
		return a->first_sibling == b->first_sibling;
	return a->die == b->die && a->cluster == b->cluster && a->core == b->core;
}

static struct cpu_package *package_of(struct cpu_topology *t, int64_t id)
{
	for (size_t i = 0; i < t->n_packages; i++)
		if (t->packages[i].id == id)
			return &t->packages[i];
	if (t->n_packages == FACTS_MAX_CPUS)
		return NULL;
	t->packages[t->n_packages] = (struct cpu_package){.id = id};
	return &t->packages[t->n_packages++];
}

static int by_id(const void *a, const void *b)
{
	const struct cpu_package *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void count(const cpu_list *cpus, struct cpu_topology *ret)
{
	for (size_t i = 0; i < cpus->n; i++) {
		struct cpu_package *p = package_of(ret, cpus->items[i].package);
		size_t k = 0;

		if (!p) {
			ret->n_packages = 0;
			return;
		}
		while (k < i && !same_core(&cpus->items[k], &cpus->items[i]))
			k++;
		p->threads++;
		p->cores += k == i;
	}
	qsort(ret->packages, ret->n_packages, sizeof(*ret->packages), by_id);
}

static bool is_cpu(const char *name)
{
	unsigned number;
	int end = 0;

	return sscanf(name, "cpu%u%n", &number, &end) == 1 && !name[end];
}

/* Offline CPUs have no topology: the packages of the others are there, how big they are is not
 * known. */
static void forget_counts(struct cpu_topology *t)
{
	for (size_t i = 0; i < t->n_packages; i++)
		t->packages[i].cores = t->packages[i].threads = 0;
}

void cpu_topology_read(const char *root, struct cpu_topology *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, CPUS);
	cpu_list cpus = {0};
	bool known = true, offline = false;

	*ret = (struct cpu_topology){0};
	for (size_t i = 0; i < names.n; i++) {
		struct cpu cpu;

		if (!is_cpu(names.names[i]))
			continue;
		if (!sysfs_exists(root, CPUS "/%s/topology", names.names[i])) {
			offline = true;
			continue;
		}
		known &= read_cpu(root, names.names[i], &cpu);
		VEC_PUSH(&cpus, cpu);
	}
	if (known)
		count(&cpus, ret);
	if (offline)
		forget_counts(ret);
	VEC_DONE(&cpus);
}
