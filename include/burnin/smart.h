/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health of one disk, from `smartctl --json -a` (ATA, SCSI, NVMe) or nvme-cli's smart-log, and
 * what it means. A disk that gives no health values is "not covered": virtual disks, most RAID
 * volumes. Attributes are told apart by name as well as by id, because vendors give ids other
 * meanings.
 */
#ifndef BURNIN_SMART_H
#define BURNIN_SMART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <burnin/rules.h>
#include <burnin/tool_output.h>

/* Counts are -1 where the disk does not report them. */
struct smart_health {
	bool covered;   /* the disk answered with health values */
	int64_t passed; /* the disk's own judgement: 1, 0, -1 */
	int64_t pending_sectors, uncorrectable_sectors, reported_uncorrectable;
	int64_t reallocated_sectors, crc_errors;
	int64_t read_errors, write_errors, verify_errors; /* SCSI: uncorrected */
	int64_t prefail_attributes;                       /* at or below their threshold now */
	int64_t worn_attributes, hot_attributes;          /* of old age, at their threshold now */
	int64_t attributes_failed_before;                 /* prefailure, in the past */
	int64_t end_to_end_errors; /* data changed between the disk's interface and its medium */
	int64_t media_errors, critical_warning;
	int64_t percent_used, available_spare, spare_threshold;
	int64_t failed_self_tests; /* the newest tests, up to the last one that passed */
	int64_t power_on_hours, temperature_c;
	char self_test[129]; /* words of the newest failed self-test, "" if there is none */
	char note[129];      /* what was seen and is not counted; "" */
	char unreadable[65]; /* the first value that decides and cannot be read; "" */
	char reason[129];    /* why it is not covered */
};

/* end: smartctl's status is a mask of eight bits, of which only the two lowest mean that it did not
 * read the disk. trust: none of the output. errors: ERR_TOO_BIG, ERR_JSON, ERR_FIELD_TYPE when the
 * output is not such a document. */
MUST_CHECK int tool_read_smart(struct tool_end end, const char *output, size_t n_bytes,
			       struct smart_health *ret, struct err *err);
/* `nvme smart-log`, as JSON or as text. errors: as above, ERR_INVALID when nothing in it is known.
 */
MUST_CHECK int tool_read_nvme(struct tool_end end, const char *output, size_t n_bytes,
			      struct smart_health *ret, struct err *err);

/* The self-test that a disk was told to run last. NONE: its report holds none, or it has no such
 * tests. */
enum self_test_state {
	SELF_TEST_NONE,
	SELF_TEST_RUNNING,
	SELF_TEST_PASSED,
	SELF_TEST_FAILED,
	SELF_TEST_ABORTED,
};
struct self_test {
	enum self_test_state state;
	int64_t remaining_percent; /* while it runs; -1: not reported */
	char words[129];           /* the disk's own, of how it ended; "" */
};
/* From `smartctl --json -a` or nvme-cli's self-test-log as JSON. trust: none of the output. errors: as
 * of tool_read_smart(). */
MUST_CHECK int tool_read_self_test(const char *output, size_t n_bytes, struct self_test *ret,
				   struct err *err);

/* One value of the health, in a fixed order; false when index is past the last. */
struct smart_value {
	const char *name;            /* "pending-sectors" */
	int64_t value;               /* -1: not reported */
	int64_t limit;               /* the largest that is normal */
	enum burnin_symptom symptom; /* above it; SYMPTOM_NONE: only measured */
};
bool smart_value_at(const struct smart_health *h, size_t index, struct smart_value *ret);
/* Calls found() for each value above its limit. Returns how many of them fail the disk. Call it for
 * a covered disk. */
unsigned smart_judge(const struct smart_health *h, const struct component *disk,
		     void (*found)(void *arg, const struct burnin_finding *finding), void *arg);

#endif
