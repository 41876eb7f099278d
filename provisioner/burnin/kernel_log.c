/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's lines about hardware; see kernel_log.h. Formats follow Linux 5.10 to 6.12:
 * arch/x86/kernel/cpu/mce, drivers/edac, drivers/acpi/apei, drivers/pci/pcie/aer.c, block/blk-core.c
 * and drivers/nvme/host. Lines about processors are in kernel_log_mce.c, names of disks in
 * kernel_log_disk.c.
 */
#include <burnin/kernel_log.h>

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "kernel_log_disk.h"
#include "kernel_log_reading.h"

#define LINE_MAX_BYTES 1024

/* ---- memory and firmware's records ----------------------------------------------------------- */

/* A section about memory that named no slot. What firmware calls the part may be a slot's name; an
 * address leads to a module where SMBIOS maps addresses. */
static void flush_firmware(struct kernel_reading *x)
{
	struct edac_place place = {.place = DIMM_NOWHERE};
	struct suspects s;

	if (!*x->firmware_memory)
		return;
	(void)text_fit(place.label, sizeof(place.label), x->firmware_label);
	suspects_of_edac(x->r->components, &place, &s);
	if (x->has_firmware_address)
		suspects_narrow_at(x->r->components, x->firmware_address, &s);
	kernel_log_report(
		x, x->firmware_corrected ? SYMPTOM_DIMM_CORRECTABLE : SYMPTOM_DIMM_UNCORRECTABLE,
		&s, x->firmware_memory);
	x->firmware_memory[0] = '\0';
}

static void blame_label(struct kernel_reading *x, const char *label, int controller, bool corrected,
			const char *text)
{
	struct edac_place place = {0};
	struct suspects s;

	(void)text_fit(place.label, sizeof(place.label), label);
	(void)dimm_place_of_label(label, &place.place);
	if (place.place.controller == DIMM_UNKNOWN && !place.place.per_socket)
		place.place.controller = controller;
	suspects_of_edac(x->r->components, &place, &s);
	kernel_log_report(x, corrected ? SYMPTOM_DIMM_CORRECTABLE : SYMPTOM_DIMM_UNCORRECTABLE, &s,
			  text);
}

/* "EDAC MC0: CE - no information available: .." */
static void on_edac_unplaced(struct kernel_reading *x, const struct kernel_line *l)
{
	x->has_mce = true;
	blame_label(x, "", (int)kernel_log_number(l->group[0], 10), str_eq(l->group[1], "CE"),
		    l->text);
}

/* "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0 ..)" */
static void on_edac(struct kernel_reading *x, const struct kernel_line *l)
{
	x->has_mce = true;
	blame_label(x, l->group[2], (int)kernel_log_number(l->group[0], 10),
		    str_eq(l->group[1], "CE"), l->text);
}

static void on_severity(struct kernel_reading *x, const struct kernel_line *l)
{
	flush_firmware(x);
	x->firmware_label[0] = '\0';
	x->has_firmware_address = false;
	x->firmware_corrected = str_eq(l->group[0], "corrected");
	x->firmware_notes = str_starts(l->group[0], "info");
}

/* "fru_text: DIMM A3", before its section. */
static void on_fru(struct kernel_reading *x, const struct kernel_line *l)
{
	flush_firmware(x);
	(void)text_fit(x->firmware_label, sizeof(x->firmware_label), l->group[0]);
}

static void on_firmware_address(struct kernel_reading *x, const struct kernel_line *l)
{
	x->firmware_address = strtoull(l->group[0], NULL, 16);
	x->has_firmware_address = true;
}

/* "section_type: memory error": the slot may follow; "general processor error": nothing more does. */
static void on_section(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects s;

	flush_firmware(x);
	if (x->firmware_notes)
		return;
	if (str_starts(l->group[0], "memory")) {
		(void)text_fit(x->firmware_memory, sizeof(x->firmware_memory), l->text);
		return;
	}
	kernel_log_on_socket(x, COMPONENT_CPU, -1, &s);
	kernel_log_report(x,
			  x->firmware_corrected ? SYMPTOM_CPU_CORRECTED : SYMPTOM_CPU_MACHINE_CHECK,
			  &s, l->text);
}

/* Firmware names the slot as SMBIOS does, or only by a handle: "not present. DMI handle: 0x0003". */
static void on_location(struct kernel_reading *x, const struct kernel_line *l)
{
	if (str_starts(l->group[0], "not present"))
		return;
	x->firmware_memory[0] = '\0';
	if (!x->firmware_notes)
		blame_label(x, l->group[0], DIMM_UNKNOWN, x->firmware_corrected, l->text);
}

static void on_memory_failure(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects s;

	suspects_fitting(x->r->components, COMPONENT_DIMM, NULL, NULL, &s);
	kernel_log_report(x, SYMPTOM_DIMM_UNCORRECTABLE, &s, l->text);
}

static void blame_card(struct kernel_reading *x, const struct kernel_line *l,
		       enum burnin_symptom symptom)
{
	static const enum component_kind kinds[] = {COMPONENT_NIC, COMPONENT_DISK, COMPONENT_PCI};
	const struct component *c = NULL;
	struct suspects s;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && !c; i++)
		c = component_at_pci(x->r->components, kinds[i], l->group[0]);
	suspects_one(c, COMPONENT_PCI, &s);
	kernel_log_report(x, symptom, &s, l->text);
}

static enum burnin_symptom pcie_symptom(bool corrected)
{
	return corrected ? SYMPTOM_PCIE_CORRECTABLE : SYMPTOM_PCIE_FATAL;
}

static void on_card(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_card(x, l, SYMPTOM_PCIE_FATAL);
}

static void on_card_failed(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_card(x, l, SYMPTOM_CARD_FAILED);
}

/* A GPU's own errors, by NVIDIA's list of Xid numbers: memory, row remapping, its controller. Other
 * numbers are errors of programs. 79: it has fallen off the bus; 74: its link to other GPUs. */
static void on_xid(struct kernel_reading *x, const struct kernel_line *l)
{
	static const long long card[] = {48, 62, 63, 64, 92, 94, 95, 140};
	long long xid = kernel_log_number(l->group[1], 10);
	struct kernel_line named = *l;

	text_print(named.group[0], sizeof(named.group[0]), "%.60s.0", l->group[0]);
	if (xid == 79 || xid == 74)
		blame_card(x, &named, SYMPTOM_PCIE_FATAL);
	for (size_t i = 0; i < ARRAY_LEN(card); i++)
		if (xid == card[i])
			blame_card(x, &named, SYMPTOM_CARD_FAILED);
}

/* Heat, or a signal on the bus that names no card. */
static void on_hot_system(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects none = {.kind = COMPONENT_SYSTEM};

	kernel_log_report(x, SYMPTOM_SENSOR_CRITICAL, &none, l->text);
}

static void on_bus(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects none = {.kind = COMPONENT_PCI};

	kernel_log_report(x, SYMPTOM_PCIE_FATAL, &none, l->text);
}

static void on_pcie(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_card(x, l, pcie_symptom(str_starts(l->group[2], "Corr")));
}

/* The device of a section of APEI about PCIe. */
static void on_device(struct kernel_reading *x, const struct kernel_line *l)
{
	if (!x->firmware_notes)
		blame_card(x, l, pcie_symptom(x->firmware_corrected));
}

static void blame_disk(struct kernel_reading *x, const char *name, const char *text,
		       enum burnin_symptom symptom)
{
	struct suspects s;

	if (kernel_log_disk(name, x->r->components, &s))
		kernel_log_report(x, symptom, &s, text);
}

static void on_read_error(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_READ_ERROR);
}

static void on_commands(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_COMMANDS);
}

static void on_bad_sector(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_BAD_SECTORS);
}

static void on_wrong_data(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_WRONG_DATA);
}

static void on_disk_link(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_LINK_ERRORS);
}

static void on_disk_fails(struct kernel_reading *x, const struct kernel_line *l)
{
	blame_disk(x, l->group[0], l->text, SYMPTOM_DISK_SMART_FAILED);
}

/* Commands that many sound disks refuse. */
static void on_refused(struct kernel_reading *x, const struct kernel_line *l)
{
	(void)x;
	(void)l;
}

/* "ata3: SError: { BadCRC }": the kernel names a port here and no disk, so all disks may be meant. */
static void on_link(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects s;

	suspects_fitting(x->r->components, COMPONENT_DISK, NULL, NULL, &s);
	kernel_log_report(x, SYMPTOM_DISK_LINK_ERRORS, &s, l->text);
}

static void on_watchdog(struct kernel_reading *x, const struct kernel_line *l)
{
	struct suspects s;

	suspects_one(component_find(x->r->components, COMPONENT_NIC, l->group[0]), COMPONENT_NIC,
		     &s);
	kernel_log_report(x, SYMPTOM_NIC_ERRORS, &s, l->text);
}

#define HW    "\\[Hardware Error\\]: *"
#define PCI   "([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])"
#define DISK  " dev ([a-z]+[a-z0-9]*), sector"
#define NVME  "(nvme[0-9]+n[0-9]+): "
#define SENSE "\\[(sd[a-z]+)\\].*"

/* The first row that fits a line counts. */
static const struct {
	const char *form; /* POSIX extended */
	kernel_line_handler *on;
	size_t first; /* the group that the handler gets as its first */
} rows[] = {
	{HW "CPU ([0-9]+): Machine Check( Exception)?: [0-9a-fx]+ Bank ([0-9]+): ([0-9a-f]+)",
	 kernel_log_mce, 0},
	{HW "(TSC|RIP) ", kernel_log_mce_details, 0},
	{HW "PROCESSOR ([0-9]+):.* SOCKET ([0-9]+)", kernel_log_mce_socket, 0},
	{HW "CPU:([0-9]+) \\(([0-9a-f]+):[^)]*\\) MC([0-9]+)_STATUS\\[([^]]*)\\]: 0x([0-9a-f]+)",
	 kernel_log_mce_amd, 0},
	{HW "IPID: 0x([0-9a-f]+)", kernel_log_mce_amd_ipid, 0},
	{HW ".* (Ext\\.|Extended) Error Code: ", kernel_log_mce_amd_unit, 0},
	{HW "(MC[0-9]+|Northbridge) Error", kernel_log_mce_amd_unit, 0},
	{"EDAC MC([0-9]+): [0-9]+ (CE|UE) .*on (.*) \\(", on_edac, 0},
	{"EDAC MC([0-9]+): (CE|UE) .*label \"([^\"]*)\"", on_edac, 0},
	{"EDAC MC([0-9]+): (CE|UE) - no information available", on_edac_unplaced, 0},
	{"EDAC DEVICE[0-9]+: (CE|UE): .*(cpu|[Cc]ache|L[1-3])", kernel_log_cpu_cache, 0},
	{"(Machine check events logged)", kernel_log_mce_logged, 0},
	{HW ".*event severity: ([a-z]+)", on_severity, 0},
	{HW "Error [0-9]+, type: ([a-z]+)", on_severity, 0},
	{HW "fru_text: *(.*[^ ])", on_fru, 0},
	{HW "physical_address: *0x([0-9a-f]+)", on_firmware_address, 0},
	{HW "section_type: (memory|general processor|IA32/X64 processor|ARM processor) error",
	 on_section, 0},
	{HW "device_id: " PCI, on_device, 0},
	{HW ".*DIMM location: *([^.,]+)", on_location, 0},
	{"Memory failure: 0x[0-9a-f]+: ", on_memory_failure, 0},
	{"mce: Uncorrected hardware memory error", on_memory_failure, 0},
	{"SError Interrupt on CPU *([0-9]+)", kernel_log_cpu_fatal, 0},
	{"synchronous external abort", kernel_log_cpus_fatal, 0},
	{"Watchdog detected hard LOCKUP on cpu", kernel_log_lockup, 0},
	{PCI ": (AER: )?PCIe Bus Error: severity=([A-Za-z]+)", on_pcie, 0},
	{"AER: .*Uncorrect[a-z]* .*error.* received(: | from )" PCI, on_card, 1},
	{PCI ": DPC: containment event", on_card, 0},
	{PCI "(:| [^ ]+:) .*(PCIe link lost|Adapter removed|health compromised)", on_card, 0},
	{PCI ": .*(uncorrectable hardware errors detected|Health issue observed)", on_card_failed,
	 0},
	{"NMI: (PCI system error|IOCK error)", on_bus, 0},
	{"hpwdt: .*An NMI occurred", on_bus, 0},
	{"NVRM: Xid \\(PCI:([0-9a-f:]+)\\): ([0-9]+)", on_xid, 0},
	{"error," DISK ".*:\\((DISCARD|SECURE_ERASE|WRITE_ZEROES|ZONE_[A-Z_]*)\\)", on_refused, 0},
	{"medium error.*" DISK ".*:\\(WRITE\\)", on_bad_sector, 0},
	{"I/O error.*" DISK ".*:\\((WRITE|FLUSH)\\)", on_commands, 0},
	{"(critical target|timeout) error," DISK, on_commands, 1},
	{"protection error," DISK, on_wrong_data, 0},
	{"(I/O|medium) error.*" DISK, on_read_error, 1},
	{"Buffer I/O error on (dev|device) ([a-z]+[a-z0-9]*), .*write", on_commands, 1},
	{"Buffer I/O error on (dev|device) ([a-z]+[a-z0-9]*), ", on_read_error, 1},
	{NVME ".*@ LBA .*\\(sct 0x2 / sc 0x8[2-4]\\)", on_wrong_data, 0},
	{NVME "Write.*@ LBA .*\\(sct 0x2 ", on_bad_sector, 0},
	{NVME ".*@ LBA .*\\(sct 0x2 ", on_read_error, 0},
	{SENSE "Sense Key ?: Medium Error", on_read_error, 0},
	{SENSE "Sense Key ?: Hardware Error", on_commands, 0},
	{SENSE "Add\\. Sense: .*(CRC|parity) error", on_disk_link, 0},
	{SENSE "Add\\. Sense: .*(prediction threshold exceeded|IMPENDING FAILURE)", on_disk_fails,
	 0},
	{"(ata[0-9]+)(\\.[0-9]+)?: .*\\{ .*(ICRC|BadCRC) .*\\}", on_link, 0},
	{"(ata[0-9]+)(\\.[0-9]+)?: limiting SATA link speed", on_link, 0},
	{"(ata[0-9]+): COMRESET failed", on_link, 0},
	{"(ata[0-9]+)(\\.[0-9]+)?: error: \\{ .*UNC ", on_read_error, 0},
	{"sd ([0-9:]+): (\\[sd[a-z]+\\] )?(rejecting I/O to offline|Device offlined)", on_commands,
	 0},
	{"nvme (nvme[0-9]+): (I/O .*timeout|controller is down|Device not ready|Removing after|"
	 "frozen state error)",
	 on_commands, 0},
	{"CPU([0-9]+): (Core|Package) temperature.* above threshold", kernel_log_cpu_heat, 0},
	{"([^ ]+) \\([^)]+\\): NETDEV WATCHDOG: ", on_watchdog, 0},
	{"NETDEV WATCHDOG: ([^ ]+) .*transmit queue", on_watchdog, 0},
	{"([^ :]+): Detected (Tx|Hardware) Unit Hang", on_watchdog, 0},
	{"critical temperature reached", on_hot_system, 0},
};

static bool match(const regex_t *form, struct kernel_line *l)
{
	regmatch_t m[KERNEL_LINE_GROUPS + 1];

	if (regexec(form, l->text, KERNEL_LINE_GROUPS + 1, m, 0) != 0)
		return false;
	for (int i = 0; i < KERNEL_LINE_GROUPS; i++) {
		size_t n = m[i + 1].rm_so < 0 ? 0 : (size_t)(m[i + 1].rm_eo - m[i + 1].rm_so);

		n = n < sizeof(l->group[i]) ? n : sizeof(l->group[i]) - 1;
		memcpy(l->group[i], l->text + (n ? m[i + 1].rm_so : 0), n);
		l->group[i][n] = '\0';
	}
	return true;
}

static void read_line(struct kernel_reading *x, const regex_t *forms, const char *text)
{
	struct kernel_line l = {.text = text};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!match(&forms[i], &l))
			continue;
		if (rows[i].first)
			memcpy(l.group[0], l.group[rows[i].first], sizeof(l.group[0]));
		rows[i].on(x, &l);
		return;
	}
}

unsigned kernel_log_read(const struct kernel_log_reader *r, const char *text, size_t n_bytes)
{
	struct kernel_reading x = {.r = r};
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
	kernel_log_mce_flush(&x);
	flush_firmware(&x);
	kernel_log_mce_flush_logged(&x);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		regfree(&forms[i]);
	return x.n;
}
