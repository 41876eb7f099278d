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

enum tool_verdict {
	TOOL_PASSED,
	TOOL_FOUND_FAULT, /* the hardware gave a wrong result */
	TOOL_NOT_RUN,     /* could not do its work: no verdict about the hardware */
};

struct tool_outcome {
	enum tool_verdict verdict;
	char message[257]; /* the line that says it, cleaned */
	int64_t n_errors;  /* as the tool counted, 0 if it does not */
};

/* stress-ng --verify: exit codes 0 passed, 2 a stressor failed, 3 no resources, 4 not implemented.
 */
void tool_read_stress_ng(int exit_code, const char *output, struct tool_outcome *ret);
/* stressapptest: "Status: PASS" or "Status: FAIL"; errors that it corrected itself count too. */
void tool_read_stressapptest(int exit_code, const char *output, struct tool_outcome *ret);
/* memtester: bit 0 could not start, bit 1 stuck address, bit 2 another test. */
void tool_read_memtester(int exit_code, const char *output, struct tool_outcome *ret);

/* The health of one disk from `smartctl --json -a`, ATA, SCSI or NVMe. -1: the disk does not say.
 */
struct smart_health {
	bool covered; /* the disk answered with health data */
	int passed;   /* 1, 0, -1 */
	int64_t pending_sectors, uncorrectable_sectors, reallocated_sectors, crc_errors;
	int64_t media_errors, critical_warning, percent_used;
	int64_t power_on_hours, temperature_c;
	char reason[129]; /* why it is not covered */
};
/* exit_code: smartctl's bit mask. errors: ERR_JSON.. when the output is no such document. */
int tool_read_smart(int exit_code, const char *output, size_t n_bytes, struct smart_health *ret,
		    struct err *err);

#endif
