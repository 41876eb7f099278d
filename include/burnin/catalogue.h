/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue of burn-in tests: which there are, what each tier runs and for how long. It is data:
 * one JSON file for each test (CATALOGUE.md describes both the file and the program that it may
 * start). Files in provisioner/burnin/catalogue are built into server and agent; an operator's own
 * lie in a folder of the server and travel inside the signed plan.
 *
 * The server resolves a tier and a profile's limits into a list of tests; the agent runs that list;
 * a deadline is the sum of the list and a margin, so that no tier and no limit can contradict it.
 */
#ifndef BURNIN_CATALOGUE_H
#define BURNIN_CATALOGUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/err.h>
#include <burnin/component.h>
#include <burnin/counters.h>
#include <burnin/rules.h>

#define CATALOGUE_TESTS_MAX      32
#define CATALOGUE_ID_BYTES       33
#define CATALOGUE_FILE_MAX_BYTES 8192
#define CATALOGUE_OWN_MAX_BYTES  (64 * 1024) /* of all files of an operator: a plan holds them */
#define CATALOGUE_ARGS_MAX       32
#define CATALOGUE_LIST_MAX       16
#define CATALOGUE_TIERS          3
#define CATALOGUE_TEST_MAX_S     (30 * 86400)
#define CATALOGUE_AGENT          "slipway-agent" /* the tool of tests that the agent has itself */

/* The names of tiers, weakest first, NULL at the end. */
extern const char *const catalogue_tiers[];
/* Has a host that passed one tier passed the other one, too? */
bool catalogue_tier_covers(const char *passed, const char *wanted);

/* A profile's own seconds; 0: the tier's. */
struct catalogue_limits {
	int64_t cpu_s, memory_s, disk_s;
};
enum catalogue_limit { LIMIT_NONE, LIMIT_CPU, LIMIT_MEMORY, LIMIT_DISK, _LIMIT_MAX };

/* A measurement outside its bound fails the test; one that is missing ends it without a verdict. */
struct catalogue_bound {
	const char *name, *unit;
	bool has_least, has_most;
	double least, most;
};

/* Texts and lists are views into doc. A list ends with NULL. */
struct catalogue_test {
	const char *id, *version, *name;
	const char *tool; /* CATALOGUE_AGENT, or the program that the agent starts */
	const char *args[CATALOGUE_ARGS_MAX + 1];
	const char *judge; /* "agent", "lines" (CATALOGUE.md), or a reader of burnin/judge.h */
	int64_t order;     /* the lowest runs first */
	int64_t seconds[CATALOGUE_TIERS];
	enum catalogue_limit limit;  /* of a profile, which replaces its seconds */
	enum burnin_symptom symptom; /* what a fault is, where the program names none */
	const char *loads[CATALOGUE_LIST_MAX + 1];    /* kinds of parts */
	const char *counters[CATALOGUE_LIST_MAX + 1]; /* that its load may move */
	const char *platforms[CATALOGUE_LIST_MAX + 1];
	const char *needs_parts[CATALOGUE_LIST_MAX + 1];
	const char *needs_tools[CATALOGUE_LIST_MAX + 1];
	const char *needs_devices[CATALOGUE_LIST_MAX + 1]; /* names in /dev */
	int64_t needs_memory_mib;
	struct catalogue_bound bounds[CATALOGUE_LIST_MAX];
	size_t n_bounds;
	bool needed;                   /* a run without its verdict cannot pass */
	bool destructive;              /* it writes to disks: never run by this version */
	bool enabled;                  /* false: no tier runs it */
	bool verified;                 /* false: what it finds is shown and decides nothing */
	bool own;                      /* an operator's, not built in */
	char sha256[SHA256_HEX_BYTES]; /* of text */
	char *text;                    /* the file, owned */
	json_t *doc;                   /* owned */
};

/* trust: none of the text. owns: catalogue_test_done(ret), also after an error. errors:
 * ERR_BURNIN_CATALOGUE, which names the field. */
MUST_CHECK int catalogue_parse(const char *text, size_t n_bytes, struct catalogue_test *ret,
			       struct err *err);
void catalogue_test_done(struct catalogue_test *t);

struct catalogue {
	struct catalogue_test tests[CATALOGUE_TESTS_MAX]; /* in the order in which they run */
	size_t n;
};
/* The built-in tests; lives as long as the program. */
const struct catalogue *catalogue_builtin(void);
/* The built-in tests and those of *.json in folder. folder: "" or missing: none. trust: it belongs
 * to the operator, so a file that others may write is refused, and one bad file refuses all: a run
 * that lacks a test that somebody demands must not pass. owns: catalogue_free(). errors:
 * ERR_BURNIN_CATALOGUE with the file's name. */
MUST_CHECK int catalogue_load(const char *folder, struct catalogue **ret, struct err *err);
void catalogue_free(struct catalogue *c);
DEFINE_AUTO(catalogue, struct catalogue, catalogue_free);

/* NULL when no test is called that. */
const struct catalogue_test *catalogue_find(const struct catalogue *c, const char *id);

struct planned_test {
	const struct catalogue_test *test;
	int64_t seconds; /* 0: it takes what it takes, which is seconds */
};
/* The enabled tests of a tier. out: *ret_n of ret. errors: ERR_BURNIN_TIER when no tier is called
 * that. */
MUST_CHECK int catalogue_plan(const struct catalogue *c, const char *tier,
			      const struct catalogue_limits *limits,
			      struct planned_test ret[static CATALOGUE_TESTS_MAX], size_t *ret_n,
			      struct err *err);
/* How long those may take: their sum, and a margin for tools that start and stop, tests that are
 * repeated, and disks that spin up. */
int64_t catalogue_deadline_s(const struct planned_test *tests, size_t n);

/* Why a test cannot judge on this host: "it needs a disk". in: the host's architecture as uname
 * says it. false: nothing stands in its way. */
struct catalogue_host {
	const char *arch;
	const component_list *components;
	int64_t available_mib;
	bool (*has_tool)(const char *name);
	bool (*has_device)(const char *name);
};
bool catalogue_unmet(const struct catalogue_test *t, const struct catalogue_host *host,
		     char ret_why[static 129]);

/* One argument with {seconds}, {seed}, {memory_mib}, {cpus} and {tier} filled in. The caller frees. */
struct catalogue_values {
	int64_t seconds, seed, memory_mib, cpus;
	const char *tier;
};
MUST_CHECK char *catalogue_fill(const char *argument, const struct catalogue_values *v);

#endif
