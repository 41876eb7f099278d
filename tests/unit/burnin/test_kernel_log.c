/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's lines about hardware: what each means and which part it names. The lines are real
 * ones of Linux 5.10 to 6.12.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <burnin/kernel_log.h>

struct seen {
	unsigned n;
	struct burnin_finding last;
};

static void note(void *arg, const struct burnin_finding *f)
{
	struct seen *seen = arg;

	seen->n++;
	seen->last = *f;
}

#define MCE(status) "[   12.1] mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 9: " status "\n"
#define AMD(bank, flags)                                                                           \
	"[Hardware Error]: Corrected error, no action required.\n"                                 \
	"[Hardware Error]: CPU:2 (19:1:1) MC" bank "_STATUS[" flags "]: 0x9c2040000000011b\n"
#define AMD_ECC "-|CE|MiscV|AddrV|-|-|SyndV|CECC|-|-|-"
#define AMD_RAW(processor, ipid)                                                                   \
	"mce: [Hardware Error]: CPU 2: Machine Check: 0 Bank 17: 9c2040000000011b\n"               \
	"mce: [Hardware Error]: TSC 0 ADDR 3f45c0 " ipid "\n"                                      \
	"mce: [Hardware Error]: PROCESSOR " processor " TIME 1 SOCKET 1 APIC 4 microcode a001\n"
#define APEI(severity)                                                                             \
	"{1}[Hardware Error]: event severity: " severity "\n"                                      \
	"{1}[Hardware Error]:  Error 0, type: " severity "\n"
#define MCE_REST                                                                                   \
	"[   12.1] mce: [Hardware Error]: TSC 0 ADDR 1234000 MISC 8c \n"                           \
	"[   12.1] mce: [Hardware Error]: PROCESSOR 0:306c3 TIME 1600000000 SOCKET 1 APIC 6 "      \
	"microcode 1\n"

static const struct {
	const char *name, *text;
	enum burnin_symptom symptom;
	const char *location; /* of the component; NULL: none is certain */
	size_t n_suspects;
	const char *message; /* "": the line itself */
} rows[] = {
	{"corrected, of a cache", MCE("9c00000000000151") MCE_REST, SYMPTOM_CPU_CORRECTED, "CPU1",
	 1,
	 "corrected machine check: CPU 3, socket 1, bank 9, status 0x9c00000000000151, address "
	 "0x1234000"},
	{"uncorrected, of a cache", MCE("bc00000000000151") MCE_REST, SYMPTOM_CPU_MACHINE_CHECK,
	 "CPU1", 1,
	 "uncorrected machine check: CPU 3, socket 1, bank 9, status 0xbc00000000000151, address "
	 "0x1234000"},
	{"corrected, of a memory controller", MCE("8c00004000010092") MCE_REST,
	 SYMPTOM_DIMM_CORRECTABLE, "P1 DIMM_A1", 1, NULL},
	{"cut off before the socket", MCE("9c00000000000151"), SYMPTOM_CPU_CORRECTED, NULL, 2,
	 "corrected machine check: CPU 3, bank 9, status 0x9c00000000000151"},
	{"AMD's decoder, memory",
	 "[Hardware Error]: CPU:2 (17:31:0) MC17_STATUS[Over|CE|MiscV|AddrV|-|-|SyndV|CECC|-|-|-]: "
	 "0xdc2040000000011b\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, ""},
	{"AMD's decoder, a core",
	 "[Hardware Error]: CPU:2 (17:31:0) MC1_STATUS[-|UE|MiscV|-|-|-|-|-|-|-|-]: "
	 "0xbc00000000010859\n",
	 SYMPTOM_CPU_MACHINE_CHECK, NULL, 2, ""},
	{"EDAC",
	 "EDAC MC0: 1 CE memory read error on CPU_SrcID#1_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 "
	 "page:0x1234 offset:0x0 grain:32 syndrome:0x0)\n",
	 SYMPTOM_DIMM_CORRECTABLE, "P1 DIMM_A1", 1, ""},
	{"EDAC, uncorrected, any memory",
	 "EDAC MC0: 1 UE UE overwrote CE on any memory ( page:0x0)\n", SYMPTOM_DIMM_UNCORRECTABLE,
	 NULL, 2, ""},
	{"firmware names the slot",
	 "{1}[Hardware Error]: event severity: corrected\n"
	 "{1}[Hardware Error]:   DIMM location: P0 DIMM_A1\n",
	 SYMPTOM_DIMM_CORRECTABLE, "P0 DIMM_A1", 1, ""},
	{"firmware, not corrected",
	 "{1}[Hardware Error]: event severity: recoverable\n"
	 "{1}[Hardware Error]:   DIMM location: P0 DIMM_A1. DMI handle: 0x0011\n",
	 SYMPTOM_DIMM_UNCORRECTABLE, "P0 DIMM_A1", 1, ""},
	{"field-17 firmware names no slot",
	 "{1}[Hardware Error]: event severity: recoverable\n"
	 "{1}[Hardware Error]:  Error 0, type: corrected\n"
	 "{1}[Hardware Error]:   section_type: memory error\n"
	 "{1}[Hardware Error]:   error_type: 2, single-bit ECC\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, "{1}[Hardware Error]:   section_type: memory error"},
	{"field-17 firmware names the slot of a section",
	 "{1}[Hardware Error]: event severity: fatal\n"
	 "{1}[Hardware Error]:   section_type: memory error\n"
	 "{1}[Hardware Error]:   DIMM location: P1 DIMM_A1\n",
	 SYMPTOM_DIMM_UNCORRECTABLE, "P1 DIMM_A1", 1, ""},
	{"firmware's note",
	 "{1}[Hardware Error]: event severity: info\n"
	 "{1}[Hardware Error]:   section_type: memory error\n"
	 "{1}[Hardware Error]:   DIMM location: P1 DIMM_A1\n",
	 SYMPTOM_NONE, NULL, 0, ""},
	{"firmware, a card",
	 "{3}[Hardware Error]: event severity: fatal\n"
	 "{3}[Hardware Error]:   section_type: PCIe error\n"
	 "{3}[Hardware Error]:   device_id: 0000:02:00.0\n",
	 SYMPTOM_PCIE_FATAL, "0000:02:00.0", 1, ""},
	{"firmware, a processor",
	 "{4}[Hardware Error]: event severity: recoverable\n"
	 "{4}[Hardware Error]:   section_type: general processor error\n",
	 SYMPTOM_CPU_MACHINE_CHECK, NULL, 2, ""},
	{"memory failure in a program",
	 "mce: Uncorrected hardware memory error in user-access at 1\n", SYMPTOM_DIMM_UNCORRECTABLE,
	 NULL, 2, ""},
	{"PCIe, as Linux 5.4 and later print it",
	 "nvme 0000:01:00.0: AER: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=x\n",
	 SYMPTOM_PCIE_FATAL, "Bay 1", 1, ""},
	{"PCIe, corrected, a domain of VMD",
	 "pcieport 10000:e0:06.0: AER: PCIe Bus Error: severity=Corrected, type=x\n",
	 SYMPTOM_PCIE_CORRECTABLE, NULL, 0, ""},
	{"memory failure", "Memory failure: 0x12345: recovery action for dirty page: Recovered\n",
	 SYMPTOM_DIMM_UNCORRECTABLE, NULL, 2, ""},
	{"PCIe, corrected",
	 "nvme 0000:01:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver "
	 "ID)\n",
	 SYMPTOM_PCIE_CORRECTABLE, "Bay 1", 1, ""},
	{"PCIe, fatal",
	 "pcieport 0000:00:1c.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction "
	 "Layer\n",
	 SYMPTOM_PCIE_FATAL, NULL, 0, ""},
	{"a sector",
	 "blk_update_request: critical medium error, dev sda, sector 2048 op 0x0:(READ)\n",
	 SYMPTOM_DISK_READ_ERROR, "Bay 0", 1, ""},
	{"I/O error", "I/O error, dev nvme0n1, sector 2048 op 0x0:(READ) flags 0x0\n",
	 SYMPTOM_DISK_READ_ERROR, "Bay 1", 1, ""},
	{"a controller of NVMe", "nvme nvme0: I/O 12 QID 3 timeout, aborting\n",
	 SYMPTOM_DISK_COMMANDS, "Bay 1", 1, ""},
	{"a device that is not a disk of this host", "I/O error, dev fd0, sector 1\n", SYMPTOM_NONE,
	 NULL, 0, ""},
	{"heat", "mce: CPU3: Package temperature above threshold, cpu clock throttled\n",
	 SYMPTOM_CPU_THROTTLED, NULL, 2, ""},
	{"a network card", "NETDEV WATCHDOG: eth0 (ixgbe): transmit queue 3 timed out\n",
	 SYMPTOM_NIC_ERRORS, "0000:02:00.0", 1, ""},
	{"AMD's decoder, a cache with ECC", AMD("7", AMD_ECC), SYMPTOM_CPU_CORRECTED, NULL, 2,
	 NULL},
	{"AMD's decoder, the unit is a cache",
	 AMD("17", AMD_ECC) "[Hardware Error]: Error Addr: 0x0000000000012345\n"
			    "[Hardware Error]: IPID: 0x000700b020350700, Syndrome: 0x0\n"
			    "[Hardware Error]: L3 Cache Ext. Error Code: 4, L3M Data ECC Error.\n",
	 SYMPTOM_CPU_CORRECTED, NULL, 2, NULL},
	{"AMD's decoder, the unit's number alone",
	 AMD("9", AMD_ECC) "[Hardware Error]: IPID: 0x0000009600250f00, Syndrome: 0x0\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, NULL},
	{"AMD's decoder, the unit is a memory controller",
	 AMD("9", AMD_ECC) "[Hardware Error]: Unified Memory Controller Extended Error Code: 0\n"
			   "[Hardware Error]: Unified Memory Controller Error: DRAM ECC error.\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, NULL},
	{"AMD's decoder, an older northbridge",
	 "[Hardware Error]: CPU:0 (15:2:0) MC4_STATUS[Over|CE|MiscV|-|AddrV|-|-|CECC]: "
	 "0xdc00410040080813\n"
	 "[Hardware Error]: MC4 Error (node 0): DRAM ECC error detected on the NB.\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, NULL},
	{"AMD's decoder, an older cache",
	 "[Hardware Error]: CPU:0 (15:2:0) MC2_STATUS[-|CE|MiscV|-|AddrV|-|-|CECC]: "
	 "0x9c00410000010013\n"
	 "[Hardware Error]: MC2 Error: Data parity/ECC error during data access from L2.\n",
	 SYMPTOM_CPU_CORRECTED, NULL, 2, NULL},
	{"AMD without its decoder, a memory controller",
	 AMD_RAW("2:a00f11", "SYND 9f20 IPID 9600250f00"), SYMPTOM_DIMM_CORRECTABLE, "P1 DIMM_A1",
	 1, NULL},
	{"AMD without its decoder, a cache", AMD_RAW("2:a00f11", "SYND 9f20 IPID 700b020350700"),
	 SYMPTOM_CPU_CORRECTED, "CPU1", 1, NULL},
	{"Hygon without its decoder, before Scalable MCA", AMD_RAW("9:600f12", "MISC 1"),
	 SYMPTOM_CPU_CORRECTED, "CPU1", 1, NULL},
	{"memory that caches other memory", MCE("8c00004000010291") MCE_REST,
	 SYMPTOM_DIMM_CORRECTABLE, "P1 DIMM_A1", 1, NULL},
	{"EDAC, firmware knows no module",
	 "EDAC MC0: 1 CE single-bit ECC on unknown memory (node:0 card:1 module:2 rank:0 page:0x1 "
	 "offset:0x0 grain:1 syndrome:0x0 - status(0x0000000000000400): Storage error in DRAM)\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, ""},
	{"EDAC, firmware's name of the module",
	 "EDAC MC0: 1 UE multi-bit ECC on P1 DIMM_A1 (node:1 card:0 module:0 page:0x1)\n",
	 SYMPTOM_DIMM_UNCORRECTABLE, "P1 DIMM_A1", 1, ""},
	{"firmware calls the part by its slot",
	 APEI("recoverable") "{1}[Hardware Error]:  fru_text: P1_DIMM_A1\n"
			     "{1}[Hardware Error]:   section_type: memory error\n"
			     "{1}[Hardware Error]:   physical_address: 0x0000001234560000\n"
			     "{1}[Hardware Error]:   DIMM location: not present. DMI handle: 0x1\n",
	 SYMPTOM_DIMM_UNCORRECTABLE, "P1 DIMM_A1", 1, NULL},
	{"firmware calls the part by no slot",
	 APEI("corrected") "{1}[Hardware Error]:  fru_text: MemoryErr\n"
			   "{1}[Hardware Error]:   section_type: memory error\n",
	 SYMPTOM_DIMM_CORRECTABLE, NULL, 2, NULL},
	{"ARM, an SError", "SError Interrupt on CPU4, code 0x00000000be000011 -- SError\n",
	 SYMPTOM_CPU_MACHINE_CHECK, NULL, 2, ""},
	{"ARM, an external abort",
	 "Internal error: synchronous external abort: 0000000096000410 [#1] SMP\n",
	 SYMPTOM_CPU_MACHINE_CHECK, NULL, 2, ""},
	{"ARM, a cache corrected",
	 "EDAC DEVICE0: CE: cpu instance: cpu3 block: L2 count: 1 'L2 cache'\n",
	 SYMPTOM_CPU_CORRECTED, NULL, 2, ""},
	{"ARM, a cache not corrected",
	 "EDAC DEVICE2: UE: l3 instance: l3-0 block: L3 count: 1 'L3 tag'\n",
	 SYMPTOM_CPU_MACHINE_CHECK, NULL, 2, ""},
	{"a processor with its interrupts off",
	 "NMI watchdog: Watchdog detected hard LOCKUP on cpu 3\n", SYMPTOM_HANGS, NULL, 0, ""},
	{"a slow machine", "watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [stress-ng:12]\n",
	 SYMPTOM_NONE, NULL, 0, ""},
	{"an NMI of firmware", "hpwdt: An NMI occurred. Depending on your system the reason ..\n",
	 SYMPTOM_PCIE_FATAL, NULL, 0, ""},
	{"an accelerator's memory",
	 "amdgpu 0000:c1:00.0: amdgpu: socket: 0, die: 0 1 uncorrectable hardware errors detected "
	 "in umc block\n",
	 SYMPTOM_CARD_FAILED, NULL, 0, ""},
	{"a network card's firmware",
	 "mlx5_core 0000:02:00.0: print_health_info:414:(pid 0): Health issue observed, firmware "
	 "internal error, severity(3) ERROR:\n",
	 SYMPTOM_CARD_FAILED, "0000:02:00.0", 1, ""},
	{"a discard that the disk refuses",
	 "critical target error, dev sda, sector 100 op 0x3:(DISCARD) flags 0x800 phys_seg 1\n",
	 SYMPTOM_NONE, NULL, 0, ""},
	{"a discard that fails",
	 "blk_update_request: I/O error, dev sda, sector 1 op 0x9:(WRITE_ZEROES) flags 0x800\n",
	 SYMPTOM_NONE, NULL, 0, ""},
	{"a write that fails", "I/O error, dev sda, sector 100 op 0x1:(WRITE) flags 0x800\n",
	 SYMPTOM_DISK_COMMANDS, "Bay 0", 1, ""},
	{"a write that the medium does not hold",
	 "critical medium error, dev sda, sector 100 op 0x1:(WRITE) flags 0x800 phys_seg 1\n",
	 SYMPTOM_DISK_BAD_SECTORS, "Bay 0", 1, ""},
	{"a target's error", "critical target error, dev sda, sector 100 op 0x0:(READ) flags 0\n",
	 SYMPTOM_DISK_COMMANDS, "Bay 0", 1, ""},
	{"a command without an answer",
	 "timeout error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x800\n", SYMPTOM_DISK_COMMANDS,
	 "Bay 1", 1, ""},
	{"protection information differs",
	 "protection error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x800\n",
	 SYMPTOM_DISK_WRONG_DATA, "Bay 1", 1, ""},
	{"NVMe's guard differs",
	 "nvme0n1: Read(0x2) @ LBA 8, 8 blocks, End-to-end Guard Check Error (sct 0x2 / sc 0x82)\n",
	 SYMPTOM_DISK_WRONG_DATA, "Bay 1", 1, ""},
	{"NVMe's write fault",
	 "nvme0n1: Write(0x1) @ LBA 8, 8 blocks, Write Fault (sct 0x2 / sc 0x80) DNR\n",
	 SYMPTOM_DISK_BAD_SECTORS, "Bay 1", 1, ""},
	{"NVMe behind a frozen link", "nvme nvme0: frozen state error detected, reset controller\n",
	 SYMPTOM_DISK_COMMANDS, "Bay 1", 1, ""},
	{"a page that was not written",
	 "Buffer I/O error on dev sda1, logical block 0, lost async page write\n",
	 SYMPTOM_DISK_COMMANDS, "Bay 0", 1, ""},
	{"a link of SAS",
	 "sd 0:0:1:0: [sda] tag#12 Add. Sense: Information unit iuCRC error detected\n",
	 SYMPTOM_DISK_LINK_ERRORS, "Bay 0", 1, ""},
	{"a disk foresees its end",
	 "sd 0:0:1:0: [sda] Add. Sense: Failure prediction threshold exceeded\n",
	 SYMPTOM_DISK_SMART_FAILED, "Bay 0", 1, ""},
	{"a port of SATA that does not come up", "ata2: COMRESET failed (errno=-16)\n",
	 SYMPTOM_DISK_LINK_ERRORS, NULL, 2, ""},
	{"nothing", "usb 1-1: new device\nmce: CPU supports 9 MCE banks\nEDAC MC: Ver: 3.0.0\n",
	 SYMPTOM_NONE, NULL, 0, ""},
};

static void build(component_list *list)
{
	static const struct {
		enum component_kind kind;
		const char *key, *location, *pci;
		int socket;
	} parts[] = {
		{COMPONENT_CPU, "0", "CPU0", "", 0},
		{COMPONENT_CPU, "1", "CPU1", "", 1},
		{COMPONENT_DIMM, "a", "P0 DIMM_A1", "", 0},
		{COMPONENT_DIMM, "b", "P1 DIMM_A1", "", 1},
		{COMPONENT_DISK, "sda", "Bay 0", "", DIMM_UNKNOWN},
		{COMPONENT_DISK, "nvme0n1", "Bay 1", "0000:01:00.0", DIMM_UNKNOWN},
		{COMPONENT_NIC, "eth0", "0000:02:00.0", "0000:02:00.0", DIMM_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct component *c = component_add(list, parts[i].kind, parts[i].key);

		(void)text_fit(c->location, sizeof(c->location), parts[i].location);
		(void)text_fit(c->pci, sizeof(c->pci), parts[i].pci);
		c->place.socket = parts[i].socket;
	}
}

static void test_lines(void **state)
{
	component_list parts = {0};

	(void)state;
	build(&parts);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen = {0};
		unsigned n = kernel_log_read(&(struct kernel_log_reader){.components = &parts,
									 .found = note,
									 .arg = &seen},
					     rows[i].text, strlen(rows[i].text));

		CHECK_INT(rows[i].name, n, rows[i].symptom != SYMPTOM_NONE);
		CHECK_INT(rows[i].name, seen.n, n);
		CHECK_INT(rows[i].name, seen.last.symptom, rows[i].symptom);
		CHECK_INT(rows[i].name, seen.last.suspects.n_all, rows[i].n_suspects);
		CHECK_INT(rows[i].name, seen.last.component != NULL, rows[i].location != NULL);
		if (rows[i].location)
			CHECK_STR(rows[i].name, seen.last.component->location, rows[i].location);
		if (n && rows[i].message && *rows[i].message)
			CHECK_STR(rows[i].name, seen.last.message, rows[i].message);
	}
	VEC_DONE(&parts);
}

static int on_socket_1(void *arg, int cpu)
{
	(void)arg;
	return cpu == 3 ? 1 : -1;
}

/* Where the line names a CPU alone, the topology gives the socket. */
static void test_topology(void **state)
{
	static const char text[] = MCE("9c00000000000151");
	component_list parts = {0};
	struct seen seen = {0};

	(void)state;
	build(&parts);
	(void)kernel_log_read(&(struct kernel_log_reader){.components = &parts,
							  .package_of = on_socket_1,
							  .found = note,
							  .arg = &seen},
			      text, strlen(text));
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.component->location, "CPU1");
	VEC_DONE(&parts);
}

/* Two errors in a row stay two. */
static void test_two(void **state)
{
	static const char text[] = MCE("9c00000000000151") MCE("9c00000000000151") MCE_REST;
	component_list parts = {0};
	struct seen seen = {0};

	(void)state;
	build(&parts);
	assert_int_equal(kernel_log_read(&(struct kernel_log_reader){.components = &parts,
								     .found = note,
								     .arg = &seen},
					 text, strlen(text)),
			 2);
	VEC_DONE(&parts);
}

/* Two modules on the socket; firmware maps the address to the second one. */
static void test_mapped_address(void **state)
{
	static const char text[] = MCE("8c00004000010092") MCE_REST;
	component_list parts = {0};
	struct seen seen = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct component *c = component_add(&parts, COMPONENT_DIMM, i ? "B1" : "A1");

		c->ranges[0] = (struct memory_range){i * 0x1000000ULL, i * 0x1000000ULL + 0xffffff};
		c->n_ranges = 1;
	}
	(void)kernel_log_read(
		&(struct kernel_log_reader){.components = &parts, .found = note, .arg = &seen},
		text, strlen(text));
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.symptom, SYMPTOM_DIMM_CORRECTABLE);
	assert_non_null(seen.last.component);
	assert_string_equal(seen.last.component->key, "B1");
	VEC_DONE(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped_address),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_topology),
		cmocka_unit_test(test_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
