/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every logical CPU computes on its own: one stress-ng --verify is pinned to each, so that a wrong
 * result names its CPU, and by the kernel's topology its socket. All CPUs get the same numbers, so
 * that what is right on one is right on all; in the second half of the time they get others. CPUs that were wrong are run again
 * ten times: how often they are wrong again is how reproducible the fault is.
 */
#include "burn.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <base/child.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/process.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define CPUS_MAX      4096
#define START_STOP_MS 180000             /* of the tool, on an emulated CPU */
#define TWO_SEEDS_S   60                 /* a test as long as that has time for two */
#define SECOND_SEED   0x9e3779b97f4a7c15 /* added for the second one: far from the first */
#define RETESTS       10
#define RETEST_MAX_S  30
#define TICK_US       100000
#define NAMED_MAX     6 /* CPUs in one message */

struct job {
	int cpu;
	uint64_t seed; /* that it computes with */
	bool done;     /* the child wrote its outcome */
	unsigned again;
	struct tool_outcome outcome;
	struct child child;
};

/* Memory that the children share: each writes its own job. */
struct round {
	atomic_bool stop;
	int64_t seconds;
	const char *tool;
	size_t n, n_bytes;
	struct job jobs[];
};

struct task {
	struct round *round;
	struct job *job;
};

static bool keep_going(void *arg)
{
	const struct round *r = arg;

	return !atomic_load(&r->stop);
}

static void run_job(void *arg)
{
	const struct task *t = arg;
	autofree char *timeout = xasprintf("%llds", (long long)t->round->seconds);
	autofree char *seed = xasprintf("%llu", (unsigned long long)t->job->seed);
	autofree char *cpu = xasprintf("%d", t->job->cpu);
	const char *argv[] = {t->round->tool, "--cpu",     "1",     "--taskset", cpu,
			      "--verify",     "--timeout", timeout, "--seed",    seed,
			      "--cpu-method", "all",       NULL};
	struct process_result result = {0};
	struct err err = ERR_INIT;

	if (process_run(&(struct process_options){.argv = argv,
						  .timeout_ms = t->round->seconds * 1000 +
								START_STOP_MS,
						  .keep_going = keep_going,
						  .arg = t->round},
			&result, &err) < 0) {
		tool_outcome_set(&t->job->outcome, TOOL_NOT_RUN, err.msg, strlen(err.msg));
	} else {
		autofree char *text = xasprintf("%s\n%s", result.errors, result.out);

		tool_read_stress_ng((struct tool_end){result.exit_code, result.signal}, text,
				    &t->job->outcome);
		process_result_done(&result);
	}
	t->job->done = true;
}

/* ---- a round --------------------------------------------------------------------------------- */

static struct round *round_new(const struct burn *b, size_t n)
{
	size_t n_bytes = sizeof(struct round) + n * sizeof(struct job);
	struct round *r = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);

	if (r == MAP_FAILED)
		return NULL;
	r->n_bytes = n_bytes;
	r->n = n;
	for (size_t i = 0; i < n; i++)
		r->jobs[i].seed = b->plan->seed;
	r->tool = b->cpu_tool ? b->cpu_tool : "stress-ng";
	return r;
}

static void round_free(struct round *r)
{
	if (r)
		(void)munmap(r, r->n_bytes);
}

static void start(struct round *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct task task = {r, &r->jobs[i]};
		struct err err = ERR_INIT;

		r->jobs[i].done = false;
		r->jobs[i].outcome = (struct tool_outcome){.verdict = TOOL_NOT_RUN};
		if (child_fork(run_job, &task, &r->jobs[i].child, &err) < 0)
			tool_outcome_set(&r->jobs[i].outcome, TOOL_NOT_RUN, err.msg,
					 strlen(err.msg));
	}
}

static size_t n_running(struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		int status;

		if (child_is_running(&r->jobs[i].child) &&
		    child_try_reap(&r->jobs[i].child, &status, NULL) == 0)
			n++;
	}
	return n;
}

/* false: the run must stop. All jobs have ended in either case. */
static bool run_round(struct burn *b, struct round *r, int64_t seconds)
{
	bool going = true;

	r->seconds = seconds;
	start(r);
	while (n_running(r)) {
		going = going && burn_tick(b);
		if (!going)
			atomic_store(&r->stop, true);
		usleep(TICK_US);
	}
	return going;
}

/* Of a CPU's two outcomes the worse one: a fault, then one without a verdict. */
static void keep_worse(struct job *j, const struct job *first)
{
	static const int badness[] = {
		[TOOL_PASSED] = 0, [TOOL_NOT_RUN] = 1, [TOOL_FOUND_FAULT] = 2};

	if (badness[first->outcome.verdict] > badness[j->outcome.verdict]) {
		j->outcome = first->outcome;
		j->seed = first->seed;
	}
}

/* Half of the time with each of two seeds. */
static bool run_seeds(struct burn *b, struct round *r)
{
	if (b->test_s < TWO_SEEDS_S)
		return run_round(b, r, b->test_s);
	if (!run_round(b, r, b->test_s / 2))
		return false;
	autofree struct job *first = xcalloc(r->n, sizeof(*first));
	memcpy(first, r->jobs, r->n * sizeof(*first));
	for (size_t i = 0; i < r->n; i++)
		r->jobs[i].seed += SECOND_SEED;
	bool going = run_round(b, r, b->test_s - b->test_s / 2);
	for (size_t i = 0; i < r->n; i++)
		keep_worse(&r->jobs[i], &first[i]);
	return going;
}

static size_t n_with(const struct round *r, enum tool_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->jobs[i].outcome.verdict == verdict;
	return n;
}

/* ---- what it means --------------------------------------------------------------------------- */

/* Those that were wrong, ten times more, all at once: they share a socket or they do not. */
static bool run_again(struct burn *b, const struct round *first, struct round *guilty)
{
	int64_t seconds = b->test_s / 4 + 1;
	size_t n = 0;

	for (size_t i = 0; i < first->n; i++)
		if (first->jobs[i].outcome.verdict == TOOL_FOUND_FAULT) {
			guilty->jobs[n].cpu = first->jobs[i].cpu;
			guilty->jobs[n++].seed = first->jobs[i].seed;
		}
	for (int k = 0; k < RETESTS; k++) {
		if (!run_round(b, guilty, seconds < RETEST_MAX_S ? seconds : RETEST_MAX_S))
			return false;
		for (size_t i = 0; i < n; i++)
			guilty->jobs[i].again += guilty->jobs[i].outcome.verdict ==
						 TOOL_FOUND_FAULT;
	}
	return true;
}

const struct component *burn_socket_of(const struct burn *b, const char *root, int cpu)
{
	char package[32];

	if (!sysfs_text(root, package, sizeof(package),
			"sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu))
		return NULL;
	return component_find(&b->components, COMPONENT_CPU, package);
}

/* All CPUs of one socket are one finding; those whose socket is not known are one, too. */
static void find_socket(struct burn *b, const char *step, const struct round *guilty, size_t from,
			const char *first_words)
{
	const struct component *socket = burn_socket_of(b, "", guilty->jobs[from].cpu);
	struct burnin_finding f = {.symptom = SYMPTOM_CPU_WRONG_RESULT};
	struct suspects all;
	struct str text;
	size_t n = 0;

	str_init(&text, sizeof(f.message) - 1);
	for (size_t i = from; i < guilty->n; i++) {
		const struct job *j = &guilty->jobs[i];

		if (burn_socket_of(b, "", j->cpu) != socket)
			continue;
		if (n++ < NAMED_MAX)
			str_addf(&text, "%sCPU %d (core %lld), wrong again in %u of %d",
				 n > 1 ? "; " : "", j->cpu,
				 (long long)sysfs_int(
					 "", -1, "sys/devices/system/cpu/cpu%d/topology/core_id",
					 j->cpu),
				 j->again, RETESTS);
	}
	if (n > NAMED_MAX)
		str_addf(&text, "; and %zu more", n - NAMED_MAX);
	text_print(f.message, sizeof(f.message), "%s: %s", text.p, first_words);
	str_done(&text);
	suspects_fitting(&b->components, COMPONENT_CPU, NULL, NULL, &all);
	burnin_blame(&f, &all);
	if (socket)
		f.component = socket;
	burn_found(b, step, &f);
}

static bool seen_before(const struct burn *b, const struct round *guilty, size_t at)
{
	const struct component *socket = burn_socket_of(b, "", guilty->jobs[at].cpu);

	for (size_t i = 0; i < at; i++)
		if (burn_socket_of(b, "", guilty->jobs[i].cpu) == socket)
			return true;
	return false;
}

static enum burn_end judge_faults(struct burn *b, const char *step, const struct round *r)
{
	struct round *guilty = round_new(b, n_with(r, TOOL_FOUND_FAULT));
	const char *words = "";

	for (size_t i = r->n; i-- > 0;)
		if (r->jobs[i].outcome.verdict == TOOL_FOUND_FAULT)
			words = r->jobs[i].outcome.message;
	if (!guilty)
		return BURN_ERROR;
	/* One wrong result is a fault, also where there is no time to see it again. */
	bool stopped = !run_again(b, r, guilty);
	for (size_t i = 0; i < guilty->n; i++)
		if (!seen_before(b, guilty, i))
			find_socket(b, step, guilty, i, words);
	round_free(guilty);
	return stopped ? BURN_STOPPED : BURN_JUDGED;
}

static enum burn_end judge(struct burn *b, const char *step, const struct round *r)
{
	size_t n_not_run = n_with(r, TOOL_NOT_RUN);

	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){
			    .name = "cpu-verify-time", .value = (double)b->test_s, .unit = "s"});
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){.name = "seeds",
					      .value = b->test_s < TWO_SEEDS_S ? 1 : 2,
					      .unit = "seeds"});
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){.name = "cpus-tested",
					      .value = (double)(r->n - n_not_run),
					      .unit = "CPUs"});
	if (n_with(r, TOOL_FOUND_FAULT))
		return judge_faults(b, step, r);
	for (size_t i = 0; i < r->n; i++) {
		if (r->jobs[i].outcome.verdict != TOOL_NOT_RUN)
			continue;
		autofree char *why = xasprintf("CPU %d: %s (%zu of %zu CPUs were not tested)",
					       r->jobs[i].cpu, r->jobs[i].outcome.message,
					       n_not_run, r->n);
		ocp_error(&b->stream, step, "tool-not-run", why);
		return BURN_ERROR;
	}
	for (size_t i = 0; i < b->components.n; i++)
		if (b->components.items[i].kind == COMPONENT_CPU)
			burn_passed(b, step, &b->components.items[i], "cpu-verify-pass",
				    "all results were right");
	return BURN_JUDGED;
}

/* The CPUs that we may use; 0 when the kernel does not say. */
static size_t usable_cpus(int *ret, size_t max)
{
	size_t n_bytes = CPU_ALLOC_SIZE(CPUS_MAX), n = 0;
	cpu_set_t *set = CPU_ALLOC(CPUS_MAX);

	if (set && sched_getaffinity(0, n_bytes, set) == 0)
		for (int i = 0; i < CPUS_MAX && n < max; i++)
			if (CPU_ISSET_S(i, n_bytes, set))
				ret[n++] = i;
	CPU_FREE(set);
	return n;
}

enum burn_end burn_test_cpu(struct burn *b, const char *step)
{
	int cpus[CPUS_MAX];
	size_t n = usable_cpus(cpus, ARRAY_LEN(cpus));
	struct round *r = n ? round_new(b, n) : NULL;

	if (!r)
		return burn_no_verdict(b, step, "the CPUs of this host cannot be listed");
	for (size_t i = 0; i < n; i++)
		r->jobs[i].cpu = cpus[i];
	enum burn_end end = run_seeds(b, r) ? judge(b, step, r) : BURN_STOPPED;
	round_free(r);
	return end;
}
