/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's lines about hardware; see kernel_log.h. Formats follow Linux 5.10 to 6.12:
 * arch/x86/kernel/cpu/mce, drivers/edac, drivers/acpi/apei, drivers/pci/pcie/aer.c, block/blk-core.c
 * and drivers/nvme/host. Status bits follow Intel's manual, volume 3B, chapter 16.
 */
#include <burnin/kernel_log.h>

#include <ctype.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "kernel_log_disk.h"

#define MAX_GROUPS     5
#define LINE_MAX_BYTES 1024

/* ---- machine checks -------------------------------------------------------------------------- */

#define STATUS_UNCORRECTED  (1ULL << 61)
#define STATUS_IS_MEMORY(s) (((s)&0xef80) == 0x0080) /* 000F 0000 1MMM CCCC */

/* Lines that belong together; the one with the socket, or the next error, ends them. */
struct pending {
	bool open;
	int cpu, socket;
	unsigned bank;
	uint64_t status, address;
	bool has_address;
};

struct reading {
	const struct kernel_log_reader *r;
	struct pending mce;
	/* of the record of APEI that is being printed */
	bool firmware_corrected, firmware_notes; /* notes: no error */
	char firmware_memory[257]; /* its section about memory, until a slot is named */
	char logged[257];          /* "Machine check events logged", until their lines come */
	bool has_mce;              /* a machine check with its lines was seen */
	unsigned n;
};

static void report(struct reading *x, enum burnin_symptom symptom, const struct suspects *s,
		   const char *text)
{
	struct burnin_finding finding = {.symptom = symptom};

	burnin_blame(&finding, s);
	(void)text_fit(finding.message, sizeof(finding.message), text);
	x->n++;
	x->r->found(x->r->arg, &finding);
}

static bool is_on_socket(const void *arg, const struct component *c)
{
	return c->place.socket == *(const int *)arg;
}

/* Parts of a kind on a socket (a package number of the kernel); all of them where it is not known. */
static void on_socket(const struct reading *x, enum component_kind kind, int package,
		      struct suspects *ret)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", package);
	const struct component *cpu = component_find(x->r->components, COMPONENT_CPU, key);
	int socket = cpu ? cpu->place.socket : DIMM_UNKNOWN;

	if (kind == COMPONENT_CPU && cpu) {
		suspects_one(cpu, kind, ret);
		return;
	}
	suspects_fitting(x->r->components, kind, is_on_socket, &socket, ret);
	if (socket == DIMM_UNKNOWN || ret->n_all == 0)
		suspects_fitting(x->r->components, kind, NULL, NULL, ret);
}

/* A section about memory that named no slot. */
static void flush_firmware(struct reading *x)
{
	struct suspects s;

	if (!*x->firmware_memory)
		return;
	suspects_fitting(x->r->components, COMPONENT_DIMM, NULL, NULL, &s);
	report(x, x->firmware_corrected ? SYMPTOM_DIMM_CORRECTABLE : SYMPTOM_DIMM_UNCORRECTABLE, &s,
	       x->firmware_memory);
	x->firmware_memory[0] = '\0';
}

/* Events were logged and the kernel printed no more about them: a daemon took them. */
static void flush_logged(struct reading *x)
{
	struct suspects s;

	if (!*x->logged || x->has_mce)
		return;
	on_socket(x, COMPONENT_CPU, -1, &s);
	report(x, SYMPTOM_CPU_CORRECTED, &s, x->logged);
}

static void flush(struct reading *x)
{
	struct pending *p = &x->mce;
	bool memory = STATUS_IS_MEMORY(p->status), fatal = (p->status & STATUS_UNCORRECTED) != 0;
	struct suspects suspects;
	char text[257], socket[24] = "", address[48] = "";

	if (!p->open)
		return;
	p->open = false;
	if (p->socket < 0 && x->r->package_of)
		p->socket = x->r->package_of(x->r->arg, p->cpu);
	if (p->has_address)
		snprintf(address, sizeof(address), ", address 0x%" PRIx64, p->address);
	if (p->socket >= 0)
		snprintf(socket, sizeof(socket), ", socket %d", p->socket);
	text_print(text, sizeof(text),
		   "%s machine check: CPU %d%s, bank %u, status 0x%016" PRIx64 "%s",
		   fatal ? "uncorrected" : "corrected", p->cpu, socket, p->bank, p->status,
		   address);
	on_socket(x, memory ? COMPONENT_DIMM : COMPONENT_CPU, p->socket, &suspects);
	if (memory && p->has_address)
		suspects_narrow_at(x->r->components, p->address, &suspects);
	report(x,
	       memory  ? fatal ? SYMPTOM_DIMM_UNCORRECTABLE : SYMPTOM_DIMM_CORRECTABLE
	       : fatal ? SYMPTOM_CPU_MACHINE_CHECK
		       : SYMPTOM_CPU_CORRECTED,
	       &suspects, text);
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct line {
	const char *text;
	char group[MAX_GROUPS][65];
};

static long long number(const char *text, int base)
{
	return (long long)strtoull(text, NULL, base);
}

/* "mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 9: 9c00000000000151" */
static void on_mce(struct reading *x, const struct line *l)
{
	flush(x);
	x->has_mce = true;
	x->mce = (struct pending){.open = true,
				  .cpu = (int)number(l->group[0], 10),
				  .socket = -1,
				  .bank = (unsigned)number(l->group[2], 10),
				  .status = (uint64_t)number(l->group[3], 16)};
}

static void on_logged(struct reading *x, const struct line *l)
{
	(void)text_fit(x->logged, sizeof(x->logged), l->text);
}

static void on_address(struct reading *x, const struct line *l)
{
	x->mce.has_address = true;
	x->mce.address = (uint64_t)number(l->group[0], 16);
}

/* "mce: [Hardware Error]: PROCESSOR 0:306c3 TIME 1600000000 SOCKET 0 APIC 0 microcode 1" */
static void on_socket_line(struct reading *x, const struct line *l)
{
	x->mce.socket = (int)number(l->group[0], 10);
	flush(x);
}

/* AMD's decoder: "[Hardware Error]: CPU:2 (17:31:0) MC17_STATUS[Over|CE|..|CECC|..]: 0x9c..": what
 * is memory shows in the word ECC. */
static void on_amd(struct reading *x, const struct line *l)
{
	bool memory = strstr(l->group[2], "ECC") != NULL;
	bool fatal = (number(l->group[3], 16) & (long long)STATUS_UNCORRECTED) != 0;
	int cpu = (int)number(l->group[0], 10);
	struct suspects s;

	flush(x);
	x->has_mce = true;
	on_socket(x, memory ? COMPONENT_DIMM : COMPONENT_CPU,
		  x->r->package_of ? x->r->package_of(x->r->arg, cpu) : -1, &s);
	report(x,
	       memory  ? fatal ? SYMPTOM_DIMM_UNCORRECTABLE : SYMPTOM_DIMM_CORRECTABLE
	       : fatal ? SYMPTOM_CPU_MACHINE_CHECK
		       : SYMPTOM_CPU_CORRECTED,
	       &s, l->text);
}

static void blame_label(struct reading *x, const char *label, int controller, bool corrected,
			const char *text)
{
	struct edac_place place = {0};
	struct suspects s;

	(void)text_fit(place.label, sizeof(place.label), label);
	(void)dimm_place_of_label(label, &place.place);
	if (place.place.controller == DIMM_UNKNOWN && !place.place.per_socket)
		place.place.controller = controller;
	suspects_of_edac(x->r->components, &place, &s);
	report(x, corrected ? SYMPTOM_DIMM_CORRECTABLE : SYMPTOM_DIMM_UNCORRECTABLE, &s, text);
}

/* "EDAC MC0: CE - no information available: .." */
static void on_edac_unplaced(struct reading *x, const struct line *l)
{
	x->has_mce = true;
	blame_label(x, "", (int)number(l->group[0], 10), str_eq(l->group[1], "CE"), l->text);
}

/* "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0 ..)" */
static void on_edac(struct reading *x, const struct line *l)
{
	x->has_mce = true;
	blame_label(x, l->group[2], (int)number(l->group[0], 10), str_eq(l->group[1], "CE"),
		    l->text);
}

static void on_severity(struct reading *x, const struct line *l)
{
	flush_firmware(x);
	x->firmware_corrected = str_eq(l->group[0], "corrected");
	x->firmware_notes = str_starts(l->group[0], "info");
}

/* "section_type: memory error": the slot may follow; "general processor error": nothing more does. */
static void on_section(struct reading *x, const struct line *l)
{
	struct suspects s;

	flush_firmware(x);
	if (x->firmware_notes)
		return;
	if (str_starts(l->group[0], "memory")) {
		(void)text_fit(x->firmware_memory, sizeof(x->firmware_memory), l->text);
		return;
	}
	on_socket(x, COMPONENT_CPU, -1, &s);
	report(x, x->firmware_corrected ? SYMPTOM_CPU_CORRECTED : SYMPTOM_CPU_MACHINE_CHECK, &s,
	       l->text);
}

/* Firmware names the slot as SMBIOS does, or only by a handle: "not present. DMI handle: 0x0003". */
static void on_location(struct reading *x, const struct line *l)
{
	if (str_starts(l->group[0], "not present"))
		return;
	x->firmware_memory[0] = '\0';
	if (!x->firmware_notes)
		blame_label(x, l->group[0], DIMM_UNKNOWN, x->firmware_corrected, l->text);
}

static void on_memory_failure(struct reading *x, const struct line *l)
{
	struct suspects s;

	suspects_fitting(x->r->components, COMPONENT_DIMM, NULL, NULL, &s);
	report(x, SYMPTOM_DIMM_UNCORRECTABLE, &s, l->text);
}

static void blame_card(struct reading *x, const struct line *l, enum burnin_symptom symptom)
{
	static const enum component_kind kinds[] = {COMPONENT_NIC, COMPONENT_DISK, COMPONENT_PCI};
	const struct component *c = NULL;
	struct suspects s;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && !c; i++)
		c = component_at_pci(x->r->components, kinds[i], l->group[0]);
	suspects_one(c, COMPONENT_PCI, &s);
	report(x, symptom, &s, l->text);
}

static enum burnin_symptom pcie_symptom(bool corrected)
{
	return corrected ? SYMPTOM_PCIE_CORRECTABLE : SYMPTOM_PCIE_FATAL;
}

static void on_card(struct reading *x, const struct line *l)
{
	blame_card(x, l, SYMPTOM_PCIE_FATAL);
}

/* A GPU's own errors, by NVIDIA's list of Xid numbers: memory, row remapping, its controller. Other
 * numbers are errors of programs. 79: it has fallen off the bus; 74: its link to other GPUs. */
static void on_xid(struct reading *x, const struct line *l)
{
	static const long long card[] = {48, 62, 63, 64, 92, 94, 95, 140};
	long long xid = number(l->group[1], 10);
	struct line named = *l;

	text_print(named.group[0], sizeof(named.group[0]), "%.60s.0", l->group[0]);
	if (xid == 79 || xid == 74)
		blame_card(x, &named, SYMPTOM_PCIE_FATAL);
	for (size_t i = 0; i < ARRAY_LEN(card); i++)
		if (xid == card[i])
			blame_card(x, &named, SYMPTOM_CARD_FAILED);
}

/* Heat, or a signal on the bus that names no card. */
static void on_hot_system(struct reading *x, const struct line *l)
{
	struct suspects none = {.kind = COMPONENT_SYSTEM};

	report(x, SYMPTOM_SENSOR_CRITICAL, &none, l->text);
}

static void on_bus(struct reading *x, const struct line *l)
{
	struct suspects none = {.kind = COMPONENT_PCI};

	report(x, SYMPTOM_PCIE_FATAL, &none, l->text);
}

static void on_pcie(struct reading *x, const struct line *l)
{
	blame_card(x, l, pcie_symptom(str_starts(l->group[2], "Corr")));
}

/* The device of a section of APEI about PCIe. */
static void on_device(struct reading *x, const struct line *l)
{
	if (!x->firmware_notes)
		blame_card(x, l, pcie_symptom(x->firmware_corrected));
}

static void blame_disk(struct reading *x, const char *name, const char *text,
		       enum burnin_symptom symptom)
{
	struct suspects s;

	if (kernel_log_disk(name, x->r->components, &s))
		report(x, symptom, &s, text);
}

static void on_read_error(struct reading *x, const struct line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_READ_ERROR);
}

static void on_commands(struct reading *x, const struct line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_COMMANDS);
}

/* "ata3: SError: { BadCRC }": the kernel names a port here and no disk, so all disks may be meant. */
static void on_link(struct reading *x, const struct line *l)
{
	struct suspects s;

	suspects_fitting(x->r->components, COMPONENT_DISK, NULL, NULL, &s);
	report(x, SYMPTOM_DISK_LINK_ERRORS, &s, l->text);
}

static void on_heat(struct reading *x, const struct line *l)
{
	struct suspects s;

	on_socket(x, COMPONENT_CPU,
		  x->r->package_of ? x->r->package_of(x->r->arg, (int)number(l->group[0], 10)) : -1,
		  &s);
	report(x, SYMPTOM_CPU_THROTTLED, &s, l->text);
}

static void on_watchdog(struct reading *x, const struct line *l)
{
	struct suspects s;

	suspects_one(component_find(x->r->components, COMPONENT_NIC, l->group[0]), COMPONENT_NIC,
		     &s);
	report(x, SYMPTOM_NIC_ERRORS, &s, l->text);
}

#define HW  "\\[Hardware Error\\]: *"
#define PCI "([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])"

static const struct {
	const char *form; /* POSIX extended */
	void (*on)(struct reading *x, const struct line *l);
} rows[] = {
	{HW "CPU ([0-9]+): Machine Check( Exception)?: [0-9a-fx]+ Bank ([0-9]+): ([0-9a-f]+)",
	 on_mce},
	{HW "(TSC|RIP).*ADDR ([0-9a-f]+)", NULL},
	{HW "PROCESSOR .* SOCKET ([0-9]+)", on_socket_line},
	{HW "CPU:([0-9]+) .*MC([0-9]+)_STATUS\\[([^]]*)\\]: 0x([0-9a-f]+)", on_amd},
	{"EDAC MC([0-9]+): [0-9]+ (CE|UE) .*on (.*) \\(", on_edac},
	{"EDAC MC([0-9]+): (CE|UE) .*label \"([^\"]*)\"", on_edac},
	{"EDAC MC([0-9]+): (CE|UE) - no information available", on_edac_unplaced},
	{"(Machine check events logged)", on_logged},
	{HW ".*event severity: ([a-z]+)", on_severity},
	{HW "Error [0-9]+, type: ([a-z]+)", on_severity},
	{HW "section_type: (memory|general processor|IA32/X64 processor|ARM processor) error",
	 on_section},
	{HW "device_id: " PCI, on_device},
	{HW ".*DIMM location: *([^.,]+)", on_location},
	{"Memory failure: 0x[0-9a-f]+: ", on_memory_failure},
	{"mce: Uncorrected hardware memory error", on_memory_failure},
	{PCI ": (AER: )?PCIe Bus Error: severity=([A-Za-z]+)", on_pcie},
	{"AER: .*Uncorrect[a-z]* .*error.* received(: | from )" PCI, NULL},
	{PCI ": DPC: containment event", on_card},
	{PCI "(:| [^ ]+:) .*(PCIe link lost|Adapter removed|health compromised)", on_card},
	{"NMI: (PCI system error|IOCK error)", on_bus},
	{"NVRM: Xid \\(PCI:([0-9a-f:]+)\\): ([0-9]+)", on_xid},
	{"(I/O|medium) error.* dev ([a-z]+[a-z0-9]*), sector", NULL},
	{"Buffer I/O error on (dev|device) ([a-z]+[a-z0-9]*), ", NULL},
	{"(nvme[0-9]+n[0-9]+): .*@ LBA .*\\(sct 0x2 ", on_read_error},
	{"\\[(sd[a-z]+)\\].*Sense Key ?: Medium Error", on_read_error},
	{"\\[(sd[a-z]+)\\].*Sense Key ?: Hardware Error", on_commands},
	{"(ata[0-9]+)(\\.[0-9]+)?: .*\\{ .*(ICRC|BadCRC) .*\\}", on_link},
	{"(ata[0-9]+)(\\.[0-9]+)?: limiting SATA link speed", on_link},
	{"(ata[0-9]+)(\\.[0-9]+)?: error: \\{ .*UNC ", on_read_error},
	{"sd ([0-9:]+): (\\[sd[a-z]+\\] )?(rejecting I/O to offline|Device offlined)", on_commands},
	{"nvme (nvme[0-9]+): (I/O .*timeout|controller is down|Device not ready|Removing after)",
	 on_commands},
	{"CPU([0-9]+): (Core|Package) temperature.* above threshold", on_heat},
	{"([^ ]+) \\([^)]+\\): NETDEV WATCHDOG: ", on_watchdog},
	{"NETDEV WATCHDOG: ([^ ]+) .*transmit queue", on_watchdog},
	{"([^ :]+): Detected (Tx|Hardware) Unit Hang", on_watchdog},
	{"critical temperature reached", on_hot_system},
};

/* Rows whose group is not the first. */
static void on_second(struct reading *x, struct line *l, const char *form)
{
	(void)text_fit(l->group[0], sizeof(l->group[0]), l->group[1]);
	if (strstr(form, "ADDR"))
		on_address(x, l);
	else if (strstr(form, "AER"))
		on_card(x, l);
	else
		on_read_error(x, l);
}

static bool match(const regex_t *form, struct line *l)
{
	regmatch_t m[MAX_GROUPS + 1];

	if (regexec(form, l->text, MAX_GROUPS + 1, m, 0) != 0)
		return false;
	for (int i = 0; i < MAX_GROUPS; i++) {
		size_t n = m[i + 1].rm_so < 0 ? 0 : (size_t)(m[i + 1].rm_eo - m[i + 1].rm_so);

		n = n < sizeof(l->group[i]) ? n : sizeof(l->group[i]) - 1;
		memcpy(l->group[i], l->text + (n ? m[i + 1].rm_so : 0), n);
		l->group[i][n] = '\0';
	}
	return true;
}

static void read_line(struct reading *x, const regex_t *forms, const char *text)
{
	struct line l = {.text = text};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!match(&forms[i], &l))
			continue;
		if (rows[i].on)
			rows[i].on(x, &l);
		else
			on_second(x, &l, rows[i].form);
		return;
	}
}

unsigned kernel_log_read(const struct kernel_log_reader *r, const char *text, size_t n_bytes)
{
	struct reading x = {.r = r};
	struct sv rest = {text, n_bytes};
	regex_t forms[ARRAY_LEN(rows)];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		BUG_ON(regcomp(&forms[i], rows[i].form, REG_EXTENDED) != 0);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		char clean[LINE_MAX_BYTES];

		text_print(clean, sizeof(clean), "%.*s",
			   (int)(line.n < LINE_MAX_BYTES ? line.n : LINE_MAX_BYTES), line.p);
		read_line(&x, forms, clean);
	}
	flush(&x);
	flush_firmware(&x);
	flush_logged(&x);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		regfree(&forms[i]);
	return x.n;
}
