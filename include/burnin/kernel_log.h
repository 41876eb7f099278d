/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel wrote about hardware: machine checks with bank, socket and address, memory
 * controllers, firmware's error records, PCIe errors, failed I/O. Lines are matched by the rows in
 * kernel_log.c; a machine check is several lines, which are read together.
 *
 * How to add a line: 1. a row in kernel_log.c. 2. the real text in
 * tests/unit/burnin/test_kernel_log.c.
 */
#ifndef BURNIN_KERNEL_LOG_H
#define BURNIN_KERNEL_LOG_H

#include <stddef.h>
#include <burnin/rules.h>

struct kernel_log_reader {
	const component_list *components;
	/* The package of a logical CPU, -1 if not known; may be NULL. */
	int (*package_of)(void *arg, int cpu);
	/* One call for each error that the text holds, in order. */
	void (*found)(void *arg, const struct burnin_finding *finding);
	void *arg;
};

/* trust: none of the text. Returns how many lines were errors. */
unsigned kernel_log_read(const struct kernel_log_reader *r, const char *text, size_t n_bytes);

#endif
