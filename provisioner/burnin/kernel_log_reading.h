/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of the kernel's lines share: the state of one reading, and the handlers of lines
 * about processors and memory, which take several lines for one error.
 */
#ifndef BURNIN_KERNEL_LOG_READING_H
#define BURNIN_KERNEL_LOG_READING_H

#include <stdbool.h>
#include <stdint.h>
#include <burnin/kernel_log.h>

#define KERNEL_LINE_GROUPS 5

/* A line that fits a row, and what the row's groups hold. */
struct kernel_line {
	const char *text;
	char group[KERNEL_LINE_GROUPS][65];
};

/* Which part of an AMD processor reports: decided by the lines that follow the status. */
enum amd_unit { AMD_UNIT_UNKNOWN, AMD_UNIT_MEMORY, AMD_UNIT_PROCESSOR };

/* Lines that belong together; the one with the socket, or the next error, ends them. */
struct kernel_mce {
	bool open;
	int cpu, socket;
	unsigned bank;
	uint64_t status, address, ipid;
	bool has_address, has_ipid;
	bool is_amd;
	/* decoded by AMD's driver */
	bool decoded, ecc;
	unsigned family;
	enum amd_unit unit;
	char text[257];
};

struct kernel_reading {
	const struct kernel_log_reader *r;
	struct kernel_mce mce;
	/* of the record of APEI that is being printed */
	bool firmware_corrected, firmware_notes; /* notes: no error */
	char firmware_memory[257]; /* its section about memory, until a slot is named */
	char firmware_label
		[65]; /* what firmware calls the part of the section; "" if it does not */
	uint64_t firmware_address;
	bool has_firmware_address;
	char logged[257]; /* "Machine check events logged", until their lines come */
	bool has_mce;     /* a machine check with its lines was seen */
	unsigned n;
};

/* Hand a finding to the caller of kernel_log_read(). */
void kernel_log_report(struct kernel_reading *x, enum burnin_symptom symptom,
		       const struct suspects *s, const char *text);
/* Parts of a kind on a socket (a package number of the kernel, -1: not known); all of them where it
 * is not known. */
void kernel_log_on_socket(const struct kernel_reading *x, enum component_kind kind, int package,
			  struct suspects *ret);
/* The package of a logical CPU; -1: not known. */
int kernel_log_package(const struct kernel_reading *x, int cpu);
/* A number of the given base; what is too large is the largest. */
long long kernel_log_number(const char *text, int base);

/* The lines of kernel_log_mce.c; flush ends an error whose lines have all come. */
typedef void kernel_line_handler(struct kernel_reading *x, const struct kernel_line *l);
kernel_line_handler kernel_log_mce, kernel_log_mce_details, kernel_log_mce_socket,
	kernel_log_mce_amd, kernel_log_mce_amd_ipid, kernel_log_mce_amd_unit, kernel_log_mce_logged,
	kernel_log_cpu_fatal, kernel_log_cpus_fatal, kernel_log_cpu_cache, kernel_log_cpu_heat,
	kernel_log_lockup;
void kernel_log_mce_flush(struct kernel_reading *x);
void kernel_log_mce_flush_logged(struct kernel_reading *x);

#endif
