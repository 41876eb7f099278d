/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine checks and other errors of processors in the kernel's log; see kernel_log_reading.h. One
 * error is several lines. Status bits follow Intel's manual, volume 3B, chapter 16, and AMD's,
 * volume 2, chapter 9; lines follow arch/x86/kernel/cpu/mce and drivers/edac/mce_amd.c.
 */
#include "kernel_log_reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

#define STATUS_UNCORRECTED (1ULL << 61)
/* 000F 00E0 1MMM CCCC; E: memory that caches other memory */
#define STATUS_IS_MEMORY(s) (((s)&0xed80) == 0x0080)

/* Scalable MCA: the hardware id inside IPID; 0x96 is a memory controller. */
#define IPID_HARDWARE(ipid) ((ipid) >> 32 & 0xfff)
#define HARDWARE_UMC        0x96
/* Before it: bank 4 is the northbridge, whose extended error 8 is one of memory. */
#define FAMILY_SMCA       0x17
#define BANK_NORTHBRIDGE  4
#define EXTENDED_ERROR(s) ((s) >> 16 & 0x1f)
#define NORTHBRIDGE_DRAM  8
#define BANK_FIRST_UMC    15 /* lower ones are of cores and their caches, on all of them */

static bool is_umc(uint64_t ipid)
{
	return IPID_HARDWARE(ipid) == HARDWARE_UMC;
}

/* AMD's words for an error of memory and of a cache are the same; which unit reports it tells. */
static bool is_amd_memory(const struct kernel_mce *p)
{
	if (p->unit != AMD_UNIT_UNKNOWN)
		return p->unit == AMD_UNIT_MEMORY;
	if (p->has_ipid)
		return is_umc(p->ipid);
	if (!p->decoded || p->family < FAMILY_SMCA)
		return p->bank == BANK_NORTHBRIDGE &&
		       (p->ecc || EXTENDED_ERROR(p->status) == NORTHBRIDGE_DRAM);
	return p->ecc && p->bank >= BANK_FIRST_UMC;
}

static void describe(const struct kernel_mce *p, char text[static 257])
{
	char socket[24] = "", address[48] = "";

	if (p->has_address)
		snprintf(address, sizeof(address), ", address 0x%" PRIx64, p->address);
	if (p->socket >= 0)
		snprintf(socket, sizeof(socket), ", socket %d", p->socket);
	text_print(text, 257, "%s machine check: CPU %d%s, bank %u, status 0x%016" PRIx64 "%s",
		   p->status & STATUS_UNCORRECTED ? "uncorrected" : "corrected", p->cpu, socket,
		   p->bank, p->status, address);
}

void kernel_log_mce_flush(struct kernel_reading *x)
{
	struct kernel_mce *p = &x->mce;
	bool fatal = (p->status & STATUS_UNCORRECTED) != 0;
	bool amd = p->is_amd || p->has_ipid;
	bool memory = amd ? is_amd_memory(p) : STATUS_IS_MEMORY(p->status);
	struct suspects suspects;

	if (!p->open)
		return;
	p->open = false;
	if (p->socket < 0)
		p->socket = kernel_log_package(x, p->cpu);
	if (!p->decoded)
		describe(p, p->text);
	kernel_log_on_socket(x, memory ? COMPONENT_DIMM : COMPONENT_CPU, p->socket, &suspects);
	/* HW: an address of AMD's memory controllers counts within the controller. */
	if (memory && p->has_address && !amd)
		suspects_narrow_at(x->r->components, p->address, &suspects);
	kernel_log_report(x,
			  memory  ? fatal ? SYMPTOM_DIMM_UNCORRECTABLE : SYMPTOM_DIMM_CORRECTABLE
			  : fatal ? SYMPTOM_CPU_MACHINE_CHECK
				  : SYMPTOM_CPU_CORRECTED,
			  &suspects, p->text);
}

/* Events were logged and the kernel printed no more about them: a daemon took them. */
void kernel_log_mce_flush_logged(struct kernel_reading *x)
{
	struct suspects s;

	if (!*x->logged || x->has_mce)
		return;
	kernel_log_on_socket(x, COMPONENT_CPU, -1, &s);
	kernel_log_report(x, SYMPTOM_CPU_CORRECTED, &s, x->logged);
}

/* "mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 9: 9c00000000000151" */
void kernel_log_mce(struct kernel_reading *x, const struct kernel_line *l)
{
	kernel_log_mce_flush(x);
	x->has_mce = true;
	x->mce = (struct kernel_mce){.open = true,
				     .cpu = (int)kernel_log_number(l->group[0], 10),
				     .socket = -1,
				     .bank = (unsigned)kernel_log_number(l->group[2], 10),
				     .status = strtoull(l->group[3], NULL, 16)};
}

static bool hex_after(const char *text, const char *word, uint64_t *ret)
{
	const char *at = strstr(text, word);

	if (at)
		*ret = strtoull(at + strlen(word), NULL, 16);
	return at != NULL;
}

/* "mce: [Hardware Error]: TSC 0 ADDR 3f45c0 SYND 9f20 IPID 9600250f00" */
void kernel_log_mce_details(struct kernel_reading *x, const struct kernel_line *l)
{
	x->mce.has_address |= hex_after(l->text, " ADDR ", &x->mce.address);
	x->mce.has_ipid |= hex_after(l->text, " IPID ", &x->mce.ipid);
}

/* "mce: [Hardware Error]: PROCESSOR 0:306c3 TIME 1600000000 SOCKET 0 APIC 0 microcode 1"; the kernel
 * numbers vendors: 2 is AMD, 9 is Hygon, whose processors are AMD's. */
void kernel_log_mce_socket(struct kernel_reading *x, const struct kernel_line *l)
{
	long long vendor = kernel_log_number(l->group[0], 10);

	x->mce.is_amd = vendor == 2 || vendor == 9;
	x->mce.socket = (int)kernel_log_number(l->group[1], 10);
	kernel_log_mce_flush(x);
}

/* AMD's decoder: "[Hardware Error]: CPU:2 (17:31:0) MC17_STATUS[Over|CE|..|CECC|..]: 0x9c..". */
void kernel_log_mce_amd(struct kernel_reading *x, const struct kernel_line *l)
{
	kernel_log_mce_flush(x);
	x->has_mce = true;
	x->mce = (struct kernel_mce){.open = true,
				     .decoded = true,
				     .is_amd = true,
				     .cpu = (int)kernel_log_number(l->group[0], 10),
				     .socket = -1,
				     .family = (unsigned)kernel_log_number(l->group[1], 16),
				     .bank = (unsigned)kernel_log_number(l->group[2], 10),
				     .ecc = strstr(l->group[3], "ECC") != NULL,
				     .status = strtoull(l->group[4], NULL, 16)};
	(void)text_fit(x->mce.text, sizeof(x->mce.text), l->text);
}

/* "[Hardware Error]: IPID: 0x0000009600250f00, Syndrome: 0x0" */
void kernel_log_mce_amd_ipid(struct kernel_reading *x, const struct kernel_line *l)
{
	x->mce.ipid = strtoull(l->group[0], NULL, 16);
	x->mce.has_ipid = true;
}

/* "[Hardware Error]: Unified Memory Controller Ext. Error Code: 0", "L3 Cache Extended Error Code: 4",
 * "MC4 Error (node 0): DRAM ECC error detected on the NB.", "MC2 Error: ..". */
void kernel_log_mce_amd_unit(struct kernel_reading *x, const struct kernel_line *l)
{
	bool memory = strstr(l->text, "Memory Controller") || strstr(l->text, "DRAM");

	if (x->mce.open && x->mce.unit == AMD_UNIT_UNKNOWN)
		x->mce.unit = memory ? AMD_UNIT_MEMORY : AMD_UNIT_PROCESSOR;
}

void kernel_log_mce_logged(struct kernel_reading *x, const struct kernel_line *l)
{
	(void)text_fit(x->logged, sizeof(x->logged), l->text);
}

/* ---- other lines that name a processor ------------------------------------------------------- */

static void blame_cpu(struct kernel_reading *x, const struct kernel_line *l,
		      enum burnin_symptom symptom, int cpu)
{
	struct suspects s;

	kernel_log_on_socket(x, COMPONENT_CPU, cpu < 0 ? -1 : kernel_log_package(x, cpu), &s);
	kernel_log_report(x, symptom, &s, l->text);
}

/* ARM: "SError Interrupt on CPU4, code 0x00000000be000011 -- SError" */
void kernel_log_cpu_fatal(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_cpu(x, l, SYMPTOM_CPU_MACHINE_CHECK, (int)kernel_log_number(l->group[0], 10));
}

/* ARM: "Internal error: synchronous external abort: 0000000096000410 [#1] SMP" */
void kernel_log_cpus_fatal(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_cpu(x, l, SYMPTOM_CPU_MACHINE_CHECK, -1);
}

/* "EDAC DEVICE0: CE: cpu instance: cpu3 block: L2 count: 1 'L2 cache'" */
void kernel_log_cpu_cache(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_cpu(x, l,
		  str_eq(l->group[0], "CE") ? SYMPTOM_CPU_CORRECTED : SYMPTOM_CPU_MACHINE_CHECK,
		  -1);
}

void kernel_log_cpu_heat(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_cpu(x, l, SYMPTOM_CPU_THROTTLED, (int)kernel_log_number(l->group[0], 10));
}

/* "watchdog: Watchdog detected hard LOCKUP on cpu 12": interrupts were off for 10 seconds. One that
 * is only soft may be a slow machine. */
void kernel_log_lockup(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects none = {.kind = COMPONENT_SYSTEM};

	kernel_log_report(x, SYMPTOM_HANGS, &none, l->text);
}
