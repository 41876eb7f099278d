/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One burn-in run on this host: what its tests share. The tests are rows in tests.c; they
 * start real tools, read counters and disks, and hand symptoms to the rules in burnin/. The agent
 * never runs load itself: tools are children with a deadline, killed when the run must stop.
 *
 * How to add a test: one file, burnin/CATALOGUE.md. One that no program can do: 1. its file with the
 * tool slipway-agent in burnin/catalogue. 2. a burn_test_NAME() in this folder. 3. a row in
 * tests.c.
 */
#ifndef AGENT_BURN_H
#define AGENT_BURN_H

#include <stdbool.h>
#include <stdint.h>
#include <burnin/catalogue.h>
#include <burnin/component.h>
#include <burnin/counters.h>
#include <burnin/hardware_clock.h>
#include <burnin/nodes.h>
#include <burnin/pairs.h>
#include <burnin/record.h>
#include <burnin/rules.h>
#include <burnin/smart.h>
#include <base/str.h>
#include <burnin/tool_output.h>
#include <proto/facts.h>
#include <proto/plan.h>
#include <proto/session.h>

#include <agent/facts/drives.h>
#include <agent/facts/former_boot.h>
#include <agent/facts/machine_facts.h>
#include <agent/facts/raid_drives.h>
#include <agent/worker.h>
#include <base/err.h>

/* A test of the plan. */
struct burn_planned {
	const struct catalogue_test *test;
	struct catalogue_test own; /* from the plan itself, if owns */
	bool owns;
	bool done; /* an earlier part of this run has its verdict */
	int64_t seconds;
};

struct burn {
	struct report *out;
	const struct plan_burn_in *plan;
	struct burn_planned tests[PLAN_TESTS_MAX];
	size_t n_tests;
	struct ocp_stream stream;
	component_list components;
	drive_list drives;           /* local ones, when the run began */
	raid_drive_list raid_drives; /* behind RAID cards: judged by SMART alone */
	bool drives_known;           /* drives was read: what comes and goes is judged */
	bool lost[FACTS_MAX_DRIVES]; /* of drives: was found to be gone */
	bool added;                  /* a disk that was not among drives was seen */
	bool parts_changed;          /* what the server was told of the drives is not so any more */
	struct counters before;      /* the test that runs */
	int log_fd;                  /* the kernel's log, from where it was read last; -1: none */
	int64_t n_events;            /* in the BMC's log at the last look; -1: there is none */
	char *fru;                   /* what `ipmitool fru print` said; NULL: not asked; owned */
	struct former_boot
		former; /* how it ended, in a run that goes on; n 0: told, or not known */
	struct hardware_clock clock; /* when the run began */
	int64_t server_us_at_boot; /* the server's wall clock minus the boot clock; 0: not known */
	int64_t poll_before_s;     /* for machine checks; -1: there is no such poll */
	/* What the log has shown already. */
	struct {
		enum burnin_symptom symptom;
		const struct component *component;
	} logged[64];
	size_t n_logged;
	/* Errors of a disk's link, as it counted them at the first look. */
	struct {
		const struct component *disk;
		int64_t crc_errors;
	} first_crc[FACTS_MAX_DRIVES];
	size_t n_first_crc;
	bool self_tests[FACTS_MAX_DRIVES]; /* the disk runs its own, since the run began */

	const char *root;       /* of the trees that counters are read from; NULL: this machine */
	const char *cpu_tool;   /* NULL: stress-ng */
	const char *smart_tool; /* NULL: smartctl */
	const char *server;     /* its address, "https://10.0.0.1"; NULL: none */
	/* Ask the server whom to load the network with; NULL: nobody. owns: record_done(ret). */
	int (*partners)(void *arg, const char *mac, struct partners_reply *ret, struct err *err);
	void *partners_arg;
	int64_t grace_ms; /* of a program beyond its seconds; 0: three minutes */
	unsigned n_failures;
	char missing[257]; /* names of needed tests that could not judge */

	const char *step;              /* the test that runs; NULL: none */
	int64_t follow_ms, measure_ms; /* when burn_follow() is due again */
	unsigned n_forwarded;          /* lines of the kernel */

	/* For progress: seconds of the whole run. */
	const char *test;
	int64_t done_s, total_s, test_started_ms, test_s;
};

/* How a test ended; findings were recorded apart from it. */
enum burn_end {
	BURN_JUDGED,  /* every component that it looks at has a verdict */
	BURN_SKIPPED, /* there is nothing here that it could judge */
	BURN_ERROR,   /* it should have judged and could not */
	BURN_STOPPED, /* the run must end */
};

/* Runs the test of that id; with b NULL it only looks. false: there is none. */
bool burn_test_run(const char *id, struct burn *b, enum burn_end *ret);

enum burn_end burn_test_cpu(struct burn *b, const char *step);
enum burn_end burn_test_memory(struct burn *b, const char *step);
enum burn_end burn_test_disk_read(struct burn *b, const char *step);
enum burn_end burn_test_links(struct burn *b, const char *step);
enum burn_end burn_test_smart(struct burn *b, const char *step);
enum burn_end burn_test_counters(struct burn *b, const char *step);
enum burn_end burn_test_network(struct burn *b, const char *step);
enum burn_end burn_test_nodes(struct burn *b, const char *step);
#define BURN_NODES_MAX 32
struct burn_node {
	int id, cpu;      /* its first one; -1: it has none */
	int64_t free_kib; /* 0: it has no memory */
};
struct burn_nodes_result {
	struct burn_node nodes[BURN_NODES_MAX];
	struct node_pass passes[BURN_NODES_MAX * 2];
	size_t n_nodes, n_passes;
};
size_t burn_nodes_read(const char *root, struct burn_node ret[static BURN_NODES_MAX]);
/* Each memory from a near and a far processor; none where there is one node. */
size_t burn_nodes_plan(const struct burn_node *nodes, size_t n,
		       struct node_pass ret[static BURN_NODES_MAX * 2]);
/* Write a pattern; and how many words are not as it wrote them. */
void burn_nodes_fill(volatile uint64_t *block, size_t n_words, uint64_t seed);
uint64_t burn_nodes_wrong(const volatile uint64_t *block, size_t n_words, uint64_t seed);
void burn_judge_nodes(struct burn *b, const char *step, const struct burn_nodes_result *r);
enum burn_end burn_test_clock(struct burn *b, const char *step);
enum burn_end burn_test_tpm(struct burn *b, const char *step);
/* rtc_s -1: this host has no clock that keeps time without power. */
void burn_read_clock(const char *root, struct hardware_clock *ret);
/* Hold the speed of a link against what its port could do; 0: not known. */
void burn_judge_link_speed(struct burn *b, const char *step, const struct component *c,
			   int64_t mbps, int64_t could_mbps);
/* What this host reached with its partners, one by one. */
struct burn_pairs {
	const struct component *port;
	const struct partners_reply *partners;
	struct pair_rate rates[PAIRS_MAX];
	size_t n;
};
void burn_judge_pairs(struct burn *b, const char *step, const struct burn_pairs *p);
/* Load the network with partners. server: its address, without a port or brackets. true: at least one
 * was measured. */
bool burn_load_pairs(struct burn *b, const char *step, const char *server, int64_t seconds);
/* The same host without TLS, which would measure the CPU. false: it has a port of its own. */
bool burn_plain_url(const char *server, char *ret, size_t ret_bytes);
/* The disks' own: told to start before the first test if the plan has them, and judged in turn. */
#define BURN_SELF_TEST "disk-self-test"
/* "short" or "long", by the time that is until their turn; NULL: the plan has none. */
const char *burn_self_test_kind(const struct burn *b);
void burn_self_tests_start(struct burn *b);
enum burn_end burn_test_self_test(struct burn *b, const char *step);
void burn_judge_self_test(struct burn *b, const char *step, const struct component *c,
			  const struct self_test *t);

/* Fill tests from the plan. errors: ERR_BURNIN_TEST, ERR_BURNIN_CATALOGUE (another digest than the
 * plan's, or no definition at all). owns: burn_tests_done(), also after an error. */
MUST_CHECK int burn_take_plan(struct burn *b, struct err *err);
void burn_tests_done(struct burn *b);
/* [{"id", "version", "sha256", "seconds"}]. owns: the caller's. */
MUST_CHECK json_t *burn_tests_json(const struct burn *b);
/* Run one, with its records, preconditions and the counters around it. */
enum burn_end burn_run_test(struct burn *b, const struct burn_planned *p);
/* Something that a pass needs has no verdict. */
void burn_add_missing(struct burn *b, const char *what);
/* End the records: PASS, FAIL, or ERROR where a test has no verdict. */
enum burn_end_of_run { BURN_RUN_PASS, BURN_RUN_FAIL, BURN_RUN_INCOMPLETE };
enum burn_end_of_run burn_end_run(struct burn *b);
/* One whose tool is a program. */
enum burn_end burn_test_program(struct burn *b, const struct catalogue_test *test);
/* Why it cannot judge on this host; false: nothing stands in its way. */
bool burn_unmet(const struct burn *b, const struct catalogue_test *test, char ret_why[static 129]);
bool burn_has_tool(const char *name); /* in the system's folders */
/* Record that a test has no verdict, and why. Returns BURN_ERROR. */
enum burn_end burn_no_verdict(struct burn *b, const char *step, const char *why);

/* Parts of this host as components, with the places of memory modules and processors. */
void burn_list_components(const char *root, const struct facts *facts, component_list *ret);
/* All error counters that this host has, below root. owns: counters_done(). */
void burn_read_counters(const char *root, const component_list *components, struct counters *ret);

/* The part of it that memory controllers' drivers count. */
void burn_read_edac(const char *root, struct counters *ret);
/* And of the links of disks in SAS shelves. */
void burn_read_sas(const char *root, const component_list *components, struct counters *ret);
/* {"coverage", "counters"} of the machine below root; see counters_json(). owns: the caller's. */
MUST_CHECK json_t *burn_counters_json(const char *root);

/* Does a card use fewer lanes than both it and its port have? */
bool burn_link_is_narrow(const char *root, const char *address, int64_t *ret_width,
			 int64_t *ret_could);
#define BURN_POLL_S 1
/* Is a card for storage or network slower than both could be? Tenths of GT/s. */
bool burn_link_is_slow(const char *root, const char *address, int64_t *ret_speed,
		       int64_t *ret_could);
/* Have the kernel look for machine checks more often. Returns what it did before, for
 * burn_poll_as_before(); -1: there is no such poll. */
int64_t burn_poll_faster(const char *root);
/* Until the kernel has polled once more: what a test's load caused is counted before the next one
 * begins. false: the run must stop. */
bool burn_wait_for_poll(struct burn *b);
void burn_poll_as_before(const char *root, int64_t before_s);
/* The kernel's log from now on, -1 if there is none; and its messages since the last read, one a
 * line; warnings and worse also to urgent (may be NULL). owns: the caller closes. */
int burn_log_open(const char *root);
void burn_log_read(int fd, struct str *text, struct str *urgent);
/* The hottest sensor, -1 if there is none. */
int64_t burn_temperature_c(const char *root);
/* While a test runs: judge and forward what the kernel logs, measure the heat. Cheap. */
void burn_follow(struct burn *b);
/* "Entries : 12" of `ipmitool sel info`; -1: it does not say. */
int64_t burn_event_count(const char *info);
/* The same of this host's BMC; -1: there is none. */
int64_t burn_events_now(void);
/* What the BMC logged since the last call belongs to this step; and that of `sel elist`. */
void burn_judge_events(struct burn *b, const char *step);
/* Put the part into a finding that a tool named by its place alone ("PSU 2"): the one of the table that
 * is called so; a fan or a supply, which no table has, as the BMC describes it; else all of its kind.
 * named: location, "" if not known; must last as long as the finding. */
void burn_name_part(struct burn *b, struct component *named, struct burnin_finding *f);
void burn_judge_events_text(struct burn *b, const char *step, const char *text);
/* Drives that were pulled since the run began, each once: a finding; one that was put in: the run cannot
 * end with a pass, as nothing has tested it. now: the drives of this host. */
void burn_compare_drives(struct burn *b, const char *step, const drive_list *now);
void burn_judge_drives(struct burn *b, const char *step);
/* The last lines of the boot before, once: part of the scene of a run that was interrupted. */
void burn_tell_former_boot(struct burn *b, const char *step);
/* What counters and logs show since the last call belongs to this step. */
void burn_judge_evidence(struct burn *b, const char *step);

/* Record a finding: a FAIL (or UNKNOWN, if its rule only warns), and the repair order. */
void burn_found(struct burn *b, const char *step, const struct burnin_finding *finding);
void burn_passed(struct burn *b, const char *step, const struct component *c, const char *verdict,
		 const char *message);
/* Not judged, and why. */
void burn_unjudged(struct burn *b, const char *step, const struct component *c, const char *why);

/* The processor that a logical CPU of the kernel is in; NULL: not known. */
const struct component *burn_socket_of(const struct burn *b, const char *root, int cpu);
int64_t burn_available_mib(void);
/* MiB of what is available that the memory test takes: 95 % where that leaves enough to live. */
int64_t burn_memory_to_test(int64_t available_mib);

/* Tell where we are; false when the run must stop. Cheap: call it often. */
bool burn_tick(struct burn *b);

/* Read a disk for at most budget_ms: evenly spread blocks, then the same ones again, compared. */
struct burn_disk_result {
	uint64_t read_bytes, blocks, covered_permille;
	int64_t took_ms;
	unsigned n_errors, n_unstable;
	uint64_t first_bad_byte;
	bool stopped;
};
struct burn_disk_request {
	int fd; /* O_DIRECT if the device can */
	uint64_t size_bytes;
	int64_t budget_ms;
	bool (*tick)(void *arg);
	void *arg;
};
void burn_read_disk(const struct burn_disk_request *request, struct burn_disk_result *ret);
/* Warn of each of the run's drives that is far slower than its siblings. results: one a drive. */
void burn_compare_siblings(struct burn *b, const char *step,
			   const struct burn_disk_result *results);

#endif
