/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the load and health tools said, read strictly. Text in, findings out; no process is started
 * here. The output of a tool that tests failing hardware is hostile: it may be cut, garbled, or
 * lie.
 */
#ifndef BURNIN_TOOL_OUTPUT_H
#define BURNIN_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>

/* How a tool ended: by a status, or by a signal. Both are kept apart, because the status of some
 * tools is a mask in which 128 is a bit like any other. */
struct tool_end {
	int status; /* 0 to 255; meaningless if a signal ended it */
	int signal; /* 0: it exited by itself */
};
#define TOOL_EXITED(n) ((struct tool_end){.status = (n)})

enum tool_verdict {
	TOOL_PASSED,
	TOOL_FOUND_FAULT, /* the hardware gave a wrong result */
	TOOL_NOT_RUN, /* could not do its work, or not all of it: no verdict about the hardware */
};

struct tool_outcome {
	enum tool_verdict verdict;
	char message[257]; /* the line that says it, cleaned */
	int64_t n_errors;  /* as the tool counted, 0 if it does not */
	/* Where it went wrong, if the tool names it. */
	bool has_address, has_cpu;
	bool wrong_data;  /* fio: other bytes were read than were written */
	uint64_t address; /* physical */
	int64_t cpu;      /* the kernel's number */
};

/* stress-ng --verify. Passed needs status 0, at least one stressor that passed, and none that was
 * skipped or failed. */
void tool_read_stress_ng(struct tool_end end, const char *output, struct tool_outcome *ret);
/* stressapptest: "Status: PASS" or "Status: FAIL"; errors that it corrected itself count too. */
void tool_read_stressapptest(struct tool_end end, const char *output, struct tool_outcome *ret);
/* memtester: bit 0 could not start, bit 1 stuck address, bit 2 another test. */
void tool_read_memtester(struct tool_end end, const char *output, struct tool_outcome *ret);
/* fio --output-format=json, with verify: every job must have moved bytes and must have no error. */
void tool_read_fio(struct tool_end end, const char *output, struct tool_outcome *ret);

/* iperf3 as a sender, as JSON or text: passed when the other end took bytes; n_errors counts lost packets
 * of UDP. What the rate means depends on the link, so it is a value. out: *ret_mbps -1: not told. */
void tool_read_iperf3(struct tool_end end, const char *output, struct tool_outcome *ret,
		      int64_t *ret_mbps);

/* Set a verdict and its message: cleaned, cut between characters. For readers of tools. */
void tool_outcome_set(struct tool_outcome *ret, enum tool_verdict verdict, const char *text,
		      size_t n_bytes);

#endif
