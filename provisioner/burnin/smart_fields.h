/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of disk health share within this room.
 */
#ifndef BURNIN_SMART_FIELDS_H
#define BURNIN_SMART_FIELDS_H

#include <burnin/smart.h>

#define WARNING_IS_HEAT 0x02 /* of NVMe's critical warning */

/* Every count "not reported". */
void smart_unknown(struct smart_health *ret);
/* The logs of self-tests of all three dialects in smartctl's document. */
void smart_read_self_tests(json_t *doc, struct smart_health *h);

/* ATA: attributes, device statistics, the log of pending defects. */
void smart_read_ata(json_t *doc, struct smart_health *h);
/* The member of struct smart_health at an offset. */
void smart_set(struct smart_health *h, size_t offset, int64_t value);
int64_t smart_get(const struct smart_health *h, size_t offset);
/* A value that decides is there and cannot be read: the disk is not judged. The first one is kept. */
void smart_unreadable(struct smart_health *h, const char *name);

/* How one test of a log ended, by its row. NO_VERDICT: aborted, or it runs. */
enum smart_test_end { TEST_PASSED, TEST_FAILED, TEST_NO_VERDICT };
enum smart_test_end smart_ata_end(json_t *row);
enum smart_test_end smart_nvme_end(json_t *row);
enum smart_test_end smart_scsi_end(json_t *row);

#endif
