/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of each node, written and compared by a processor beside it and by one far from it. The block
 * is bound to its node and the child to its CPUs, so that a wrong word names the socket. The patterns of load.c
 * cover all memory; this test crosses the links between sockets, which those do only
 * by chance. A host with one node is skipped.
 */
#include "burn.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/limits.h>

#include <agent/facts/sysfs.h>

#define NODE          "sys/devices/system/node"
#define NODE_ID_MAX   1023
#define BLOCK_BYTES   ((size_t)256 * MIB)
#define FREE_SHARE    4 /* of what the node has free: the others live there, too */
#define QUICK_MS      8000
#define LEAST_PASS_MS 500
#define GRACE_MS      60000
#define ASK_EVERY_US  100000
#define MPOL_BIND     2 /* linux/mempolicy.h, which the sysroot lacks */
#define BITS          (8 * sizeof(unsigned long))

/* ---- which there are ------------------------------------------------------------------------- */

/* "Node 1 MemFree:  123 kB" */
static int64_t free_kib(const char *root, int id)
{
	autofree char *path = xasprintf("%s/" NODE "/node%d/meminfo", root, id);
	autoclose_file FILE *f = fopen(path, "re");
	char line[128];
	long long kib;
	int node;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Node %d MemFree: %lld kB", &node, &kib) == 2)
			return kib;
	return 0;
}

/* "0-3,8": its first number; -1: it has none. */
static int first_cpu(const char *list)
{
	int cpu;

	return sscanf(list, "%6d", &cpu) == 1 && cpu >= 0 ? cpu : -1;
}

size_t burn_nodes_read(const char *root, struct burn_node ret[static BURN_NODES_MAX])
{
	autonames struct sysfs_names names = sysfs_list(root, NODE);
	size_t n = 0;

	for (size_t i = 0; i < names.n && n < BURN_NODES_MAX; i++) {
		struct burn_node node = {.cpu = -1};
		char list[1024], end;

		if (sscanf(names.names[i], "node%4d%c", &node.id, &end) != 1 || node.id < 0 ||
		    node.id > NODE_ID_MAX)
			continue;
		if (sysfs_text(root, list, sizeof(list), NODE "/node%d/cpulist", node.id))
			node.cpu = first_cpu(list);
		node.free_kib = free_kib(root, node.id);
		/* Memory without a processor, as of CXL, is read from the others. */
		if (node.cpu >= 0 || node.free_kib > 0)
			ret[n++] = node;
	}
	return n;
}

static const struct burn_node *next_with_cpu(const struct burn_node *nodes, size_t n, size_t from)
{
	for (size_t i = 0; i < n; i++)
		if (nodes[(from + i) % n].cpu >= 0)
			return &nodes[(from + i) % n];
	return NULL;
}

size_t burn_nodes_plan(const struct burn_node *nodes, size_t n,
		       struct node_pass ret[static BURN_NODES_MAX * 2])
{
	size_t n_passes = 0;

	for (size_t i = 0; i < n && n > 1; i++) {
		const struct burn_node *near = next_with_cpu(nodes, n, i);
		const struct burn_node *far = next_with_cpu(nodes, n, i + 1);

		if (nodes[i].free_kib <= 0 || !near)
			continue;
		ret[n_passes++] = (struct node_pass){.cpu_node = near->id,
						     .memory_node = nodes[i].id};
		if (far != near)
			ret[n_passes++] = (struct node_pass){.cpu_node = far->id,
							     .memory_node = nodes[i].id};
	}
	return n_passes;
}

/* ---- one pass -------------------------------------------------------------------------------- */

struct job {
	struct node_pass pass;
	int cpu;
	int64_t budget_ms;
	size_t block_bytes;
};

static uint64_t word_at(size_t i, uint64_t seed)
{
	return (i ^ seed) * 0xff51afd7ed558ccdU;
}

void burn_nodes_fill(volatile uint64_t *block, size_t n_words, uint64_t seed)
{
	for (size_t i = 0; i < n_words; i++)
		block[i] = word_at(i, seed);
}

uint64_t burn_nodes_wrong(const volatile uint64_t *block, size_t n_words, uint64_t seed)
{
	uint64_t n_wrong = 0;

	for (size_t i = 0; i < n_words; i++)
		n_wrong += block[i] != word_at(i, seed);
	return n_wrong;
}

static bool bind_to(const struct job *j, void *block)
{
	unsigned long mask[NODE_ID_MAX / BITS + 1] = {0};
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	if (j->cpu >= CPU_SETSIZE)
		return false;
	CPU_SET((size_t)j->cpu, &cpus);
	mask[(size_t)j->pass.memory_node / BITS] |= 1UL << ((size_t)j->pass.memory_node % BITS);
	return sched_setaffinity(0, sizeof(cpus), &cpus) == 0 &&
	       syscall(SYS_mbind, block, j->block_bytes, MPOL_BIND, mask, sizeof(mask) * 8, 0) == 0;
}

static void run_job(void *arg)
{
	struct job *j = arg;
	int64_t until_ms = time_boot_ms() + j->budget_ms;
	void *block = mmap(NULL, j->block_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = 0x5555555555555555U;

	if (block == MAP_FAILED || !bind_to(j, block))
		return;
	size_t n_words = j->block_bytes / sizeof(uint64_t);

	do {
		burn_nodes_fill(block, n_words, seed);
		j->pass.n_wrong += burn_nodes_wrong(block, n_words, seed);
		j->pass.n_bytes += j->block_bytes;
		j->pass.ran = true;
		seed = ~seed;
	} while (time_boot_ms() < until_ms);
}

/* false: the run must stop. */
static bool wait_for(struct burn *b, struct child *child, int64_t budget_ms)
{
	int64_t until_ms = time_boot_ms() + budget_ms + GRACE_MS;
	bool going;

	while ((going = burn_tick(b)) && !child_wait(child, 0) && time_boot_ms() < until_ms)
		usleep(ASK_EVERY_US);
	child_kill(child);
	return going;
}

/* ---- the test -------------------------------------------------------------------------------- */

static bool in_socket(const void *arg, const struct component *c)
{
	return c->place.socket == *(const int *)arg;
}

static int cpu_of(const struct burn_node *nodes, size_t n, int id)
{
	for (size_t i = 0; i < n; i++)
		if (nodes[i].id == id)
			return nodes[i].cpu;
	return -1;
}

/* The modules of a socket; all of them where the host does not tell which those are. */
static void blame_memory(const struct burn *b, const struct component *socket, struct suspects *ret)
{
	if (socket && socket->place.socket >= 0)
		suspects_fitting(&b->components, COMPONENT_DIMM, in_socket, &socket->place.socket,
				 ret);
	if (!socket || socket->place.socket < 0 || !ret->n_all)
		suspects_fitting(&b->components, COMPONENT_DIMM, NULL, NULL, ret);
}

static void blame(struct burn *b, const struct node_pass *p, enum node_blame blamed,
		  const struct component *socket, struct burnin_finding *f)
{
	struct suspects s;

	text_print(f->message, sizeof(f->message),
		   "%llu words of node %d's memory were wrong, read by a CPU of node %d",
		   (unsigned long long)p->n_wrong, p->memory_node, p->cpu_node);
	if (blamed == NODE_MEMORY) {
		f->symptom = SYMPTOM_MEMORY_MISCOMPARE;
		blame_memory(b, socket, &s);
	} else {
		f->symptom = SYMPTOM_CPU_WRONG_RESULT;
		suspects_one(socket, COMPONENT_CPU, &s);
		if (!socket)
			suspects_fitting(&b->components, COMPONENT_CPU, NULL, NULL, &s);
	}
	burnin_blame(f, &s);
}

void burn_judge_nodes(struct burn *b, const char *step, const struct burn_nodes_result *r)
{
	for (size_t i = 0; i < r->n_passes; i++) {
		const struct node_pass *p = &r->passes[i];
		enum node_blame blamed = node_judge(r->passes, r->n_passes, p);
		int node = blamed == NODE_CPU ? p->cpu_node : p->memory_node;
		int cpu = cpu_of(r->nodes, r->n_nodes, node);
		struct burnin_finding f = {.symptom = SYMPTOM_NONE};

		if (blamed == NODE_GOOD)
			continue;
		blame(b, p, blamed, cpu < 0 ? NULL : burn_socket_of(b, b->root ? b->root : "", cpu),
		      &f);
		burn_found(b, step, &f);
	}
}

/* A part of what its node has free. */
static size_t block_bytes(const struct burn_nodes_result *r, int memory_node)
{
	size_t n_bytes = BLOCK_BYTES;

	for (size_t i = 0; i < r->n_nodes; i++)
		if (r->nodes[i].id == memory_node &&
		    r->nodes[i].free_kib / FREE_SHARE < (int64_t)(BLOCK_BYTES / KIB))
			n_bytes = (size_t)(r->nodes[i].free_kib / FREE_SHARE) * KIB / MIB * MIB;
	return n_bytes;
}

static bool run_pass(struct burn *b, const struct burn_nodes_result *r, struct job *shared,
		     struct node_pass *pass)
{
	struct err err = ERR_INIT;
	struct child child = CHILD_NONE;
	int64_t all_ms = b->test_s > 0 ? b->test_s * 1000 : QUICK_MS;

	*shared = (struct job){.pass = *pass,
			       .cpu = cpu_of(r->nodes, r->n_nodes, pass->cpu_node),
			       .budget_ms = all_ms / (int64_t)r->n_passes,
			       .block_bytes = block_bytes(r, pass->memory_node)};
	if (shared->budget_ms < LEAST_PASS_MS)
		shared->budget_ms = LEAST_PASS_MS;
	if (shared->block_bytes == 0 || child_fork(run_job, shared, &child, &err) < 0)
		return true;
	bool going = wait_for(b, &child, shared->budget_ms);
	*pass = shared->pass;
	return going;
}

/* false: the run must stop. */
static bool run_passes(struct burn *b, struct burn_nodes_result *r, unsigned *ret_n_ran)
{
	struct job *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool going = true;

	*ret_n_ran = 0;
	if (shared == MAP_FAILED)
		return true;
	for (size_t i = 0; i < r->n_passes && going; i++) {
		going = run_pass(b, r, shared, &r->passes[i]);
		*ret_n_ran += r->passes[i].ran;
	}
	(void)munmap(shared, sizeof(*shared));
	return going;
}

enum burn_end burn_test_nodes(struct burn *b, const char *step)
{
	struct burn_nodes_result r = {.n_nodes = 0};
	unsigned n_ran, n_before = b->n_failures;

	r.n_nodes = burn_nodes_read(b->root ? b->root : "", r.nodes);
	r.n_passes = burn_nodes_plan(r.nodes, r.n_nodes, r.passes);
	if (!run_passes(b, &r, &n_ran))
		return BURN_STOPPED;
	if (n_ran == 0) {
		ocp_log(&b->stream, step, "INFO",
			r.n_passes ? "memory could not be bound to its node"
				   : "this host has one memory node");
		return BURN_SKIPPED;
	}
	burn_judge_nodes(b, step, &r);
	if (b->n_failures == n_before)
		burn_passed(b, step, NULL, "memory-nodes-pass", "every node read every word well");
	return BURN_JUDGED;
}
