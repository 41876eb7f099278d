/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's boot entries: lists as efibootmgr prints them on boards of several makers, and what is changed,
 * with a tool in its place that keeps its entries in a file.
 */
#include <tests/harness/check.h>
#include <tests/harness/test_dir.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agent/disk/nvram.h>
#include <base/alloc.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#define OVMF                                                                                       \
	"BootCurrent: 0001\nTimeout: 3 seconds\nBootOrder: 0001,0000,0002\n"                       \
	"Boot0000* UiApp\tFvVol(7cb8bdc9)/FvFile(462caa21)\n"                                      \
	"Boot0001* UEFI PXEv4 (MAC:525400000001)\tPciRoot(0x0)/MAC(525400000001,1)\n"              \
	"Boot0002* UEFI QEMU DVD-ROM\tPciRoot(0x0)/Sata(1,65535,0)N.....YM....R,Y.\n"
#define DELL                                                                                        \
	"BootCurrent: 0003\nTimeout: 0 seconds\nBootOrder: 0003,0005\nBootNext: 0005\n"             \
	"Boot0000  Hard drive C:\tVenHw(d6c0639f)\n"                                                \
	"Boot0003* NIC in Slot 1 Port 1 Partition 1: Broadcom\tPciRoot(0x2)/Pci(0x0,0x0)/"          \
	"MAC(e43d1a000001,0)/IPv4(0.0.0.0,0,DHCP)\n"                                                \
	"Boot0005* debian\tHD(1,GPT,11111111-2222,0x800,0x100000)/File(\\EFI\\debian\\shimx64.efi)" \
	"\nMirroredPercentageAbove4G: 0.00\nMirrorMemoryBelow4GB: false\n"
#define NEW_TOOL                                                                                   \
	"BootCurrent: 0010\nTimeout: 1 seconds\nBootOrder: 0010,000A\n"                            \
	"Boot000A* Slipway: debian12\tHD(1,GPT,aaaa,0x800,0x1)/File(\\EFI\\BOOT\\BOOTX64.EFI)\n"   \
	"      dp: 04 01 2a 00 / 7f ff 04 00\n    data: 4e ac 08 81\n"                             \
	"Boot0010* Onboard LAN1\tBBS(Network,,0x0)\n"

static void test_lists(void **state)
{
	static const struct {
		const char *row, *text;
		bool is_list;
		int current;
		size_t n, n_order;
		const char *last_label;
	} rows[] = {
		{"OVMF", OVMF, true, 1, 3, 3, "UEFI QEMU DVD-ROM"},
		{"Dell, one inactive", DELL, true, 3, 3, 2, "debian"},
		{"a newer tool with lines of its own", NEW_TOOL, true, 0x10, 2, 2, "Onboard LAN1"},
		{"no order",
		 "No BootOrder is set; firmware will attempt recovery\nBoot0001* x\ty\n", true, -1,
		 1, 0, "x"},
		{"an entry twice", "Boot0001* x\ty\nBoot0001* z\ty\n", true, -1, 1, 0, "x"},
		{"not a number", "Boot00G1* x\ty\nBoot1* z\n", false, -1, 0, 0, ""},
		{"an order with odd words", "BootOrder: 0001,,zzzz,00011,0002\n", true, -1, 0, 2,
		 ""},
		{"no path", "Boot0001* x", true, -1, 1, 0, "x"},
		{"an error", "EFI variables are not supported on this system.\n", false, -1, 0, 0,
		 ""},
		{"nothing", "", false, -1, 0, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree struct nvram *n = xcalloc(1, sizeof(*n));

		CHECK_INT(rows[i].row, nvram_parse(rows[i].text, n), rows[i].is_list);
		CHECK_INT(rows[i].row, n->current, rows[i].current);
		CHECK_INT(rows[i].row, n->n, rows[i].n);
		CHECK_INT(rows[i].row, n->n_order, rows[i].n_order);
		CHECK_STR(rows[i].row, n->n ? n->entries[n->n - 1].label : "", rows[i].last_label);
	}
}

/* ---- a tool with a memory -------------------------------------------------------------------- */

#define UUID "5e6c2f41-0d44-4d1c-8c52-3c1f0d1f1f10"

/* BROKEN: what this firmware does wrong: "" nothing; drop: keeps no new entry; order: keeps its order;
 * full: the tool fails. */
static const char tool_text[] =
	"#!/bin/sh\n"
	"d=$(dirname \"$0\")\n"
	"echo \"$*\" >>$d/calls\n"
	"list() { echo \"BootCurrent: $(cat $d/current)\"; echo \"BootOrder: $(cat $d/order)\"; cat $d/entries; }\n"
	"case \"$1 $2\" in\n"
	"'-v ') list ;;\n"
	"'-q -b') grep -v \"^Boot$3\" $d/entries >$d/e2; mv $d/e2 $d/entries\n"
	"  sed -i \"s/$3,//; s/,$3//\" $d/order ;;\n"
	"'-q --create') [ \"$(cat $d/broken)\" != full ] || { echo 'Could not prepare Boot variable: No space left on device' >&2; exit 5; }\n"
	"  [ \"$(cat $d/broken)\" = drop ] || printf 'Boot0007* %s\\tHD(%s,GPT," UUID
	",0x800,0x1)/File(%s)\\n' \"$8\" \"$6\" \"${10}\" >>$d/entries\n"
	"  sed -i 's/^/0007,/' $d/order ;;\n"
	"'-q -o') [ \"$(cat $d/broken)\" = order ] || echo \"$3\" >$d/order ;;\n"
	"esac\n";

static void put(const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0755, NULL), 0);
}

#define NIC "Boot0003* NIC 1\tMAC(e43d1a000001,0)\n"
#define OTHER                                                                                      \
	"Boot0005* debian\tHD(1,GPT,11111111-2222,0x800,0x1)/File(\\EFI\\debian\\shimx64.efi)\n"
#define STALE                                                                                      \
	"Boot0009* Slipway: old\tHD(1,GPT,99999999-2222,0x800,0x1)/File(\\EFI\\BOOT\\BOOTX64.EFI)\n"

static void test_writing(void **state)
{
	static const struct {
		const char *row, *entries, *current, *order, *broken;
		enum nvram_first first;
		const char *expect; /* the order; NULL: refused */
		int removed;
		const char *why;
	} rows[] = {
		{"network first", NIC OTHER, "0003", "0005,0003", "", NVRAM_NETWORK_FIRST,
		 "0003,0007,0005", 0, ""},
		{"disk first", NIC OTHER, "0003", "0005,0003", "", NVRAM_DISK_FIRST,
		 "0007,0005,0003", 0, ""},
		{"a stale one of ours goes", NIC STALE OTHER, "0003", "0003,0009,0005", "",
		 NVRAM_NETWORK_FIRST, "0003,0007,0005", 1, ""},
		{"the firmware does not tell what it started", NIC OTHER, "", "0003,0005", "",
		 NVRAM_NETWORK_FIRST, "0003,0007,0005", 0, ""},
		{"nothing was there", "", "", "", "", NVRAM_NETWORK_FIRST, "0007", 0, ""},
		{"the firmware drops it", NIC, "0003", "0003", "drop", NVRAM_NETWORK_FIRST, NULL, 0,
		 "did not keep"},
		{"the firmware keeps its order", NIC, "0003", "0003", "order", NVRAM_NETWORK_FIRST,
		 NULL, 0, "order of its own"},
		{"no room", NIC, "0003", "0003", "full", NVRAM_NETWORK_FIRST, NULL, 0,
		 "No space left"},
	};
	autofree char *tool = xasprintf("%s/tool", dir);
	struct nvram_request r = {.tool = tool,
				  .disk = "/dev/sda",
				  .partition = 1,
				  .part_uuid = UUID,
				  .name = "debian12",
				  .loader = "\\EFI\\BOOT\\BOOTX64.EFI"};

	(void)state;
	put("tool", tool_text);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *got = NULL;
		struct err err = ERR_INIT;

		put("entries", rows[i].entries);
		put("current", rows[i].current);
		put("order", rows[i].order);
		put("broken", rows[i].broken);
		r.first = rows[i].first;
		int rc = nvram_write(&r, &got, &err);
		CHECK_INT(rows[i].row, rc, rows[i].expect ? 0 : -ERR_AGENT_NVRAM);
		CHECK(rows[i].row, strstr(err.msg, rows[i].why) != NULL);
		if (rc < 0)
			continue;
		autostr struct str order = {0};
		size_t k;
		json_t *number;

		str_init(&order, 256);
		json_array_foreach (json_object_get(got, "order"), k, number)
			str_addf(&order, "%s%s", k ? "," : "", json_string_value(number));
		CHECK_STR(rows[i].row, order.p, rows[i].expect);
		CHECK_STR(rows[i].row, json_string_value(json_object_get(got, "entry")), "0007");
		CHECK_INT(rows[i].row, json_integer_value(json_object_get(got, "removed")),
			  rows[i].removed);
	}
}

static void test_command_line(void **state)
{
	autofree char *path = xasprintf("%s/calls", dir);
	autofree char *calls = NULL;
	size_t n_bytes;

	(void)state;
	assert_int_equal(file_read(path, 65536, &calls, &n_bytes, NULL), 0);
	assert_non_null(strstr(calls, "-q --create -d /dev/sda -p 1 -L Slipway: debian12 -l "
				      "\\EFI\\BOOT\\BOOTX64.EFI\n"));
	assert_non_null(strstr(calls, "-q -b 0009 -B\n"));
	assert_null(strstr(calls, "-b 0005")); /* of others nothing is removed */
	assert_null(strstr(calls, "-b 0003"));
}

static void test_obstacles(void **state)
{
	autofree char *efivars = xasprintf("%s/sys/firmware/efi/efivars", dir);

	(void)state;
	assert_non_null(strstr(nvram_obstacle(dir), "BIOS"));
	assert_int_equal(file_make_dirs(efivars, 0755, NULL), 0);
	assert_string_equal(nvram_obstacle(dir), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_obstacles),
	};

	return cmocka_run_group_tests_name("nvram", tests, make_dir, remove_dir);
}
