/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From symptoms to ONE repair order: a const table, apart from the tests that find the symptoms, so
 * that somebody who knows hardware can read a rule, argue over it and change it.
 *
 * How to add a rule: 1. a symptom here. 2. a row in rules.c: verdict, whether it fails the host,
 * what a technician does, what else it may be, whether a swap decides that. 3. a row in tests/unit/burnin/test_rules.c.
 */
#ifndef BURNIN_RULES_H
#define BURNIN_RULES_H

#include <burnin/component.h>
#include <burnin/record.h>

enum burnin_symptom {
	SYMPTOM_NONE,
	SYMPTOM_CPU_WRONG_RESULT,  /* a computation gave another result than it must */
	SYMPTOM_CPU_MACHINE_CHECK, /* MCE counters grew */
	SYMPTOM_CPU_CORRECTED,     /* corrected machine checks */
	SYMPTOM_CPU_THROTTLED,
	SYMPTOM_MEMORY_MISCOMPARE, /* memory did not hold what was written */
	SYMPTOM_DIMM_UNCORRECTABLE,
	SYMPTOM_DIMM_CORRECTABLE,
	SYMPTOM_DISK_READ_ERROR,
	SYMPTOM_DISK_LOST,          /* it was there when the run began */
	SYMPTOM_DISK_COMMANDS,      /* commands that the kernel saw fail */
	SYMPTOM_DISK_WRONG_DATA,    /* other bytes were read than were written */
	SYMPTOM_DISK_UNSTABLE_READ, /* the same block read twice differs */
	SYMPTOM_DISK_SMART_FAILED,  /* the disk itself says that it fails */
	SYMPTOM_DISK_BAD_SECTORS,   /* pending or uncorrectable sectors, NVMe media errors */
	SYMPTOM_DISK_NVME_WARNING,  /* critical_warning bits */
	SYMPTOM_DISK_LINK_ERRORS,   /* interface CRC errors grew: cable or backplane */
	SYMPTOM_DISK_LINK_BEFORE,   /* interface CRC errors in the disk's life, not of this run */
	SYMPTOM_DISK_HOT,           /* its temperature warning is set */
	SYMPTOM_DISK_SELF_TEST,     /* its own test failed */
	SYMPTOM_DISK_WORN,          /* spare blocks or rated life used up */
	SYMPTOM_DISK_USED,          /* many hours or much wear on a part sold as new */
	SYMPTOM_DISK_SLOW,          /* far slower than the disks of its model beside it */
	SYMPTOM_NIC_ERRORS,
	SYMPTOM_NIC_SLOW_LINK,  /* as slow as with a broken pair of the cable */
	SYMPTOM_NIC_BELOW_PORT, /* slower than the port can: the far end may be meant so */
	SYMPTOM_NIC_SLOW_PATH,  /* to every partner, far below what its link could do */
	SYMPTOM_PCIE_FATAL,
	SYMPTOM_PCIE_CORRECTABLE,
	SYMPTOM_CARD_FAILED,      /* a card reports an error of its own, such as its memory */
	SYMPTOM_REBOOTS,          /* it rebooted under load */
	SYMPTOM_HANGS,            /* no sign of life under load */
	SYMPTOM_PCIE_NARROW_LINK, /* fewer lanes than card and slot can do */
	SYMPTOM_PCIE_SLOW_LINK,   /* slower than card and slot can do */
	SYMPTOM_FAN_FAILED,       /* by its sensor */
	SYMPTOM_SUPPLY_FAILED,
	SYMPTOM_REDUNDANCY_LOST,
	SYMPTOM_SENSOR_CRITICAL, /* temperature, voltage */
	SYMPTOM_CLOCK_STOPPED,   /* the hardware clock stands */
	SYMPTOM_CLOCK_DRIFT,     /* it goes too fast or too slow */
	SYMPTOM_CLOCK_LOST,      /* it is days away from the server's time */
	SYMPTOM_TPM_SILENT,      /* the firmware says that there is one, and it does not answer */
	SYMPTOM_TEST_FAILED,     /* a test of the catalogue that names no other symptom */
	_SYMPTOM_MAX,
};

struct burnin_rule {
	const char *verdict;      /* short, countable */
	bool fails;               /* false: reported, the host goes on */
	enum component_kind kind; /* of the part that it blames */
	const char *action;       /* imperative; "%s" is the part with its slot and serial */
	const char *else_may_be;
	bool swap_decides; /* a swap of the part tells it from what else it may be */
};
const struct burnin_rule *burnin_rule_of(enum burnin_symptom symptom);
/* The symptom of a verdict's name; SYMPTOM_NONE when no rule has it. */
enum burnin_symptom burnin_symptom_of(const char *verdict);

struct burnin_finding {
	enum burnin_symptom symptom;
	const struct component *component; /* the part, if it is certain */
	struct suspects suspects;          /* else who it may be; n 0: not known */
	char message[257];
};
/* Put the suspects into a finding: one that is certain becomes its component. */
void burnin_blame(struct burnin_finding *finding, const struct suspects *suspects);

/* What a technician does. One part: its slot, serial and part number. Several that fit: all of them
 * in action. Where the part is not the only one that it may be: the swap that decides. Unknown slot or serial are left
 * out, never invented. */
struct burnin_order {
	char part[65], slot[129], serial[129], part_number[129], action[513];
	enum certainty certainty;
};
void burnin_order_of(const struct burnin_finding *finding, struct burnin_order *ret);

#endif
