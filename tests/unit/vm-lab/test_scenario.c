/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenario files: what is accepted, what is refused and where the message points, and what a
 * scenario takes over from the one that it continues. The shipped files are parsed, too.
 */
#include <tests/harness/check.h>

#include <glob.h>
#include <stdlib.h>
#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/scenario.h>

#define HOST                                                                                       \
	"[host a]\narch = x86_64\nfirmware = bios\nserial = S1\n"                                  \
	"uuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105c001\nmac = 52:54:00:5a:00:01\n"                   \
	"disk = decoy D1 64M\ndisk = target T1 2G\n"

#define HOST_2                                                                                     \
	"[host b]\narch = x86_64\nserial = S2\nuuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105c002\n"      \
	"mac = 52:54:00:5a:00:02\ndisk = decoy D2 64M\ndisk = target T2 2G\n"
#define DUMPED                                                                                     \
	"[host a]\narch = x86_64\nfirmware = bios\nsmbios = m.dmi\nmac = 52:54:00:5a:00:01\n"      \
	"disk = decoy D1 64M\ndisk = target T1 2G\n"
#define ACTION(deed)   "[action k]\nhost = a\nstate = testing\ndo = " deed "\n"
#define ACTION_2(deed) "[action l]\nhost = a\nstate = testing\ndo = " deed "\n"

static const struct {
	const char *name, *text;
	const char *message; /* part of the error; NULL: accepted */
} rows[] = {
	{"smallest", HOST, NULL},
	{"comment and title", "; words\n[scenario]\ntitle = a title\n" HOST, NULL},
	{"action", HOST "[action k]\ndo = kill-nginx\nhost = a\nstate = imaging\n", NULL},
	{"no host", "[scenario]\ntitle = a\n", "no [host"},
	{"unknown key", HOST "sreial = S2\n", "file:9: unknown key 'sreial'"},
	{"unknown section", HOST "[hots b]\nserial = S2\n", "file:10: unknown section"},
	{"unnamed host", "[host ]\nserial = S2\n", "unknown section"},
	{"bad word", HOST "expect_target = gone\n", "bad value for key 'expect_target'"},
	{"bad number", HOST "memory_mib = 1e3\n", "bad value for key 'memory_mib'"},
	{"number too small", HOST "memory_mib = 16\n", "bad value for key 'memory_mib'"},
	{"bad mac", HOST "mac = 52:54:00:5A:00:01\n", "bad value for key 'mac'"},
	{"bad uuid", HOST "uuid = 1234\n", "bad value for key 'uuid'"},
	{"disk without size", HOST "disk = decoy D2\n", "bad value for key 'disk'"},
	{"disk too large", HOST "disk = decoy D2 65G\n", "bad value for key 'disk'"},
	{"disk serial too long", HOST "disk = decoy D23456789012345678901 64M\n",
	 "bad value for key 'disk'"},
	{"disk on a bus", HOST "disk = decoy D2 64M bus=nvme sector=4096 fault=smart-warning\n",
	 NULL},
	{"disk with a bad sector", HOST "disk = decoy D2 64M fault=read-error bus=sata\n", NULL},
	{"an unknown bus", HOST "disk = decoy D2 64M bus=ide\n", "bad value for key 'disk'"},
	{"an unknown fault", HOST "disk = decoy D2 64M fault=fire\n", "bad value for key 'disk'"},
	{"an unknown word of a disk", HOST "disk = decoy D2 64M speed=1\n",
	 "bad value for key 'disk'"},
	{"sectors of another size", HOST "disk = decoy D2 64M sector=520\n",
	 "bad value for key 'disk'"},
	{"a warning that only NVMe has", HOST "disk = decoy D2 64M bus=sata fault=smart-warning\n",
	 "bad value for key 'disk'"},
	{"cards, sockets, clock and the firmware's own order of disks",
	 HOST "nic = 52:54:00:5a:00:11 link=down place=first\nnic = 52:54:00:5a:00:12\n"
	      "cpus = 4\nsockets = 2\nclock = 1970-01-01T00:00:00Z\nboot_disk = firmware\n",
	 NULL},
	{"a card without a mac", HOST "nic = link=down\n", "bad value for key 'nic'"},
	{"an unknown word of a card", HOST "nic = 52:54:00:5a:00:11 link=off\n",
	 "bad value for key 'nic'"},
	{"a card with the host's mac", HOST "nic = 52:54:00:5a:00:01\n", "has a mac twice"},
	{"one mac on two cards", HOST "nic = 52:54:00:5a:00:11\nnic = 52:54:00:5a:00:11\n",
	 "has a mac twice"},
	{"too many cards",
	 HOST "nic = 52:54:00:5a:00:11\nnic = 52:54:00:5a:00:12\nnic = 52:54:00:5a:00:13\n"
	      "nic = 52:54:00:5a:00:14\n",
	 "bad value for key 'nic'"},
	{"sockets that cpus do not fill", HOST "cpus = 3\nsockets = 2\n", "do not fill"},
	{"a clock without a zone", HOST "clock = 1970-01-01T00:00:00\n",
	 "bad value for key 'clock'"},
	{"a clock before 1970", HOST "clock = 1969-12-31T23:59:59Z\n", "bad value for key 'clock'"},
	{"a clock past 32 bits", HOST "clock = 2107-01-01T00:00:00Z\n",
	 "bad value for key 'clock'"},
	{"a disk that can be pulled",
	 HOST "disk = decoy D2 64M bus=scsi\n[action pull]\nhost = a\nstate = testing\n"
	      "do = unplug-disk\ndisk = D2\n",
	 NULL},
	{"a disk that cannot be pulled",
	 HOST "[action pull]\nhost = a\nstate = testing\ndo = unplug-disk\ndisk = D1\n",
	 "needs the disk"},
	{"a disk that is not there",
	 HOST "[action pull]\nhost = a\nstate = testing\ndo = unplug-disk\ndisk = D9\n",
	 "needs the disk"},
	{"a machine check in a cpu that is not there",
	 HOST "[action mce]\nhost = a\nstate = testing\ndo = machine-check\ncpu = 1\n",
	 "needs a cpu of an x86_64 host"},
	{"what cards hang on",
	 HOST "boot_nic = delay=30 loss=5\nnic = 52:54:00:5a:00:11 bridge=store vlan=20 delay=60 "
	      "loss=100\n",
	 NULL},
	{"the card that netboots without a cable", HOST "boot_nic = link=down\n",
	 "on the appliance's wire"},
	{"the card that netboots elsewhere", HOST "boot_nic = vlan=20\n",
	 "on the appliance's wire"},
	{"a place for the card that netboots", HOST "boot_nic = place=first\n",
	 "bad value for key 'boot_nic'"},
	{"VLAN 0", HOST "nic = 52:54:00:5a:00:11 vlan=0\n", "bad value for key 'nic'"},
	{"VLAN 4095", HOST "nic = 52:54:00:5a:00:11 vlan=4095\n", "bad value for key 'nic'"},
	{"a bridge with a blank name", HOST "nic = 52:54:00:5a:00:11 bridge=\n",
	 "bad value for key 'nic'"},
	{"a bridge whose name is too long", HOST "nic = 52:54:00:5a:00:11 bridge=abcdefghi\n",
	 "bad value for key 'nic'"},
	{"a bridge with a path in its name", HOST "nic = 52:54:00:5a:00:11 bridge=../x\n",
	 "bad value for key 'nic'"},
	{"more than all frames lost", HOST "boot_nic = loss=101\n", "bad value for key 'boot_nic'"},
	{"a delay without a number", HOST "boot_nic = delay=soon\n",
	 "bad value for key 'boot_nic'"},
	{"memory slots", HOST "dimm = A1 768M S1 P1\ndimm = B1 256M\ndimm = C1 empty\n", NULL},
	{"slots that are not all of the memory", HOST "dimm = A1 512M S1\n",
	 "its dimms have 512 MiB, memory_mib is 1024"},
	{"a slot twice", HOST "dimm = A1 512M\ndimm = A1 512M\n", "has slot 'A1' twice"},
	{"an empty slot with a serial", HOST "dimm = A1 empty S1\n", "bad value for key 'dimm'"},
	{"a slot without a size", HOST "dimm = A1\n", "bad value for key 'dimm'"},
	{"a slot with five words", HOST "dimm = A1 1G S P more\n", "bad value for key 'dimm'"},
	{"a module of half a MiB", HOST "dimm = A1 512K\n", "bad value for key 'dimm'"},
	{"a module that is too large", HOST "dimm = A1 32G\n", "bad value for key 'dimm'"},
	{"a dump in place of an identity", DUMPED, NULL},
	{"a dump and an identity", DUMPED "serial = S1\n", "the smbios file has"},
	{"a dump and slots", DUMPED "dimm = A1 1G\n", "the smbios file has"},
	{"a host's own image", HOST "image = 4kn\n", NULL},
	{"orders of boot", HOST "boot_first = disk\n", NULL},
	{"an unknown order of boot", HOST "boot_first = floppy\n",
	 "bad value for key 'boot_first'"},
	{"a slow disk", HOST "disk = decoy D2 64M bus=sata fault=slow\n", NULL},
	{"a card in a slot", HOST "disk = decoy 0xdeadbeef 64M bus=sd\n", NULL},
	{"a chip with a serial of its own", HOST "disk = decoy D2 64M bus=emmc\n",
	 "bad value for key 'disk'"},
	{"a card of an odd size", HOST "disk = decoy 0xdeadbeef 65M bus=sd\n",
	 "bad value for key 'disk'"},
	{"two chips",
	 HOST "disk = decoy 0xdeadbeef 64M bus=sd\ndisk = decoy 0xdeadbeef 64M bus=emmc\n",
	 "one sd or emmc"},
	{"a chip with large sectors", HOST "disk = decoy 0xdeadbeef 64M bus=emmc sector=4096\n",
	 "bad value for key 'disk'"},
	{"cables", HOST ACTION("link-down") HOST_2 ACTION_2("lose-packets") "loss_percent = 5\n",
	 NULL},
	{"a cable of another host's card",
	 HOST HOST_2 ACTION("link-up") "nic = 52:54:00:5a:00:02\n", "needs a nic of the host"},
	{"a disk that is swapped", HOST ACTION("swap-disk") "disk = T1\n", NULL},
	{"a disk that is swapped and not there", HOST ACTION("swap-disk") "disk = T9\n",
	 "needs the disk that is swapped"},
	{"a disk that is slow from then on",
	 HOST "disk = decoy D2 64M bus=nvme\n" ACTION("slow-disk") "disk = D2\n", NULL},
	{"one that libvirt throttles itself", HOST ACTION("slow-disk") "disk = D1\n",
	 "not with bus=virtio"},
	{"a module that is pulled",
	 HOST "dimm = A1 512M\ndimm = B1 512M\n" ACTION("pull-dimm") "dimm = B1\n", NULL},
	{"the last module", HOST "dimm = A1 1G\n" ACTION("pull-dimm") "dimm = A1\n",
	 "and another one"},
	{"a clock that is set", HOST ACTION("set-clock") "clock = 2100-01-01T00:00:00Z\n", NULL},
	{"a clock that is set to nothing", HOST ACTION("set-clock"), "needs a clock"},
	{"buttons", HOST ACTION("nmi") ACTION_2("power-button"), NULL},
	{"a line for the monitor", HOST ACTION("quit"), "bad value for key 'do'"},
	{"the site does all", "[scenario]\ndhcp = off\nappliance_off = yes\n" HOST, NULL},
	{"what stands on the console", HOST "expect_console = iPXE 1.21\n", NULL},
	{"two targets", HOST "disk = target T2 2G\n", "one target disk"},
	{"no decoy", "[host a]\nserial = S\ndisk = target T1 2G\n", "at least one decoy"},
	{"arm bios", HOST "arch = aarch64\n", "aarch64 has no bios"},
	{"same mac",
	 HOST "[host b]\nserial = S2\nuuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105c001\n"
	      "mac = 52:54:00:5a:00:01\ndisk = decoy D1 64M\ndisk = target T1 2G\n",
	 "share a mac"},
	{"action far into a state",
	 HOST "[action k]\ndo = power-off\nhost = a\nstate = imaging\nwritten_mib = 40\n", NULL},
	{"http boot", HOST "firmware = uefi\nboot = http\n", NULL},
	{"bios by http", HOST "boot = http\n", "a bios boots by pxe only"},
	{"one image, two fates",
	 HOST "[host b]\narch = x86_64\nserial = S2\nuuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105c001\n"
	      "mac = 52:54:00:5a:00:02\ndisk = decoy D1 64M\ndisk = target T1 2G\ntamper = table\n",
	 "tamper is for both"},
	{"action on nobody", HOST "[action k]\ndo = kill-nginx\nhost = b\nstate = imaging\n",
	 "needs a state and the name of a host"},
	{"a repair order", HOST "expect_order = disk-*, disk, *, S1\n", NULL},
	{"a closed one without a slot", HOST "expect_closed_order = cpu-hot, cpu, , \n", NULL},
	{"an order for no part", HOST "expect_order = disk-read-error\n",
	 "bad value for key 'expect_order'"},
	{"an order with five fields", HOST "expect_order = a, b, c, d, e\n",
	 "bad value for key 'expect_order'"},
	{"a bmc", HOST "bmc = yes\n", NULL},
	{"a bmc where there is no bus for it", HOST "arch = aarch64\nfirmware = uefi\nbmc = yes\n",
	 "no ISA bus"},
	{"an action in a test",
	 HOST "[action k]\ndo = freeze\nhost = a\nstate = testing\nduring = memory*\n", NULL},
	{"no section", "serial = S1\n", "file:1"},
	{"no value", HOST "nonsense\n", "file:9: neither"},
};

static void parses_and_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scenario) struct scenario *s = NULL;
		struct err err = ERR_INIT;
		int rc = scenario_parse("x", "file", rows[i].text, &s, &err);

		CHECK_ERR(rows[i].name, rc, rows[i].message ? ERR_LAB_SCENARIO : 0);
		if (rows[i].message && !strstr(err.msg, rows[i].message))
			fail_msg("row '%s': '%s' lacks '%s'", rows[i].name, err.msg,
				 rows[i].message);
	}
}

static void reads_every_field(void **state)
{
	AUTO(scenario) struct scenario *s = NULL;
	const struct lab_host *h;

	(void)state;
	assert_int_equal(0, scenario_parse("x", "file",
					   "[scenario]\ntimeout_s = 7\n" HOST "tamper = table\n"
					   "expect_state = failed\nexpect_target = untouched\n"
					   "power_cycles = 3\ntpm = yes\n"
					   "expect_closed_order = disk-*, disk, PCI 3, S1\n",
					   &s, NULL));
	h = scenario_host(s, "a");
	assert_non_null(h);
	assert_int_equal(h->tamper, TAMPER_TABLE);
	assert_int_equal(s->timeout_s, 7);
	assert_int_equal(h->n_disks, 2);
	assert_int_equal(h->disks[0].role, DISK_DECOY);
	assert_string_equal(lab_host_target(h)->serial, "T1");
	assert_int_equal(lab_host_target(h)->size_bytes, 2 * GIB);
	assert_string_equal(h->expect.state, "failed");
	assert_int_equal(h->expect.target, TARGET_UNTOUCHED);
	assert_int_equal(h->power_cycles, 3);
	assert_true(h->tpm);
	assert_int_equal(h->expect.n_orders, 1);
	assert_string_equal(h->expect.orders[0].slot, "PCI 3");
	assert_string_equal(h->expect.orders[0].serial, "S1");
	assert_true(h->expect.orders[0].closed);
	assert_null(scenario_host(s, "b"));
}

static void reads_what_racks_have(void **state)
{
	AUTO(scenario) struct scenario *s = NULL;
	struct lab_host *h;

	(void)state;
	assert_int_equal(
		0, scenario_parse("x", "file",
				  HOST "boot_nic = delay=30 loss=5\n"
				       "nic = 52:54:00:5a:00:11 bridge=store vlan=20 link=down\n"
				       "dimm = A1 1G SN1 PN1\ndimm = B1 empty\nsku = K\n"
				       "asset_tag = T\nboard_serial = B\nboot_first = disk\n",
				  &s, NULL));
	h = &s->hosts[0];
	assert_int_equal(h->wire.delay_s, 30);
	assert_int_equal(h->wire.loss_percent, 5);
	assert_true(h->wire.cabled);
	assert_string_equal(h->nics[0].wire.bridge, "store");
	assert_int_equal(h->nics[0].wire.vlan, 20);
	assert_false(h->nics[0].wire.cabled);
	assert_int_equal(lab_host_nic_index(h, ""), 0);
	assert_int_equal(lab_host_nic_index(h, "52:54:00:5a:00:11"), 1);
	assert_int_equal(lab_host_nic_index(h, "52:54:00:5a:00:99"), 2);
	assert_ptr_equal(lab_host_wire(h, 1), &h->nics[0].wire);
	assert_int_equal(h->n_dimms, 2);
	assert_int_equal(h->dimms[0].size_mib, 1024);
	assert_string_equal(h->dimms[0].serial, "SN1");
	assert_string_equal(h->dimms[0].part, "PN1");
	assert_int_equal(h->dimms[1].size_mib, 0);
	assert_int_equal(h->boot_first, BOOT_DISK_FIRST);
	assert_string_equal(h->asset_tag, "T");
}

static void continues_with_the_same_machines(void **state)
{
	AUTO(scenario) struct scenario *base = NULL, *s = NULL, *after = NULL, *stranger = NULL;
	static const char text[] = "[scenario]\ncontinues = x\n[host a]\npower_cycles = 2\n"
				   "expect_own_boots = 2\n";
	static const char two[] = HOST "[host b]\narch = x86_64\nfirmware = bios\nserial = S2\n"
				       "uuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105c002\n"
				       "mac = 52:54:00:5a:00:02\n"
				       "disk = decoy D2 64M\ndisk = target T2 2G\n";
	static const char third[] = "[scenario]\ncontinues = x\n[host b]\nexpect_state = retired\n";
	static const char other[] = "[scenario]\ncontinues = x\n[host z]\npower_cycles = 2\n";

	(void)state;
	assert_int_equal(0, scenario_parse("x", "file", two, &base, NULL));
	assert_int_equal(0, scenario_parse("y", "file", text, &s, NULL));
	assert_int_equal(0, scenario_inherit(s, base, NULL));
	assert_int_equal(s->n_hosts, 2);
	assert_string_equal(s->hosts[0].serial, "S1");
	assert_int_equal(s->hosts[0].power_cycles, 2);
	assert_int_equal(s->hosts[0].expect.own_boots, 2);

	/* A third that does not name host a goes on from the second: it is not power-cycled again,
	 * so it is not expected to have come up again. */
	assert_int_equal(0, scenario_parse("third", "file", third, &after, NULL));
	assert_int_equal(0, scenario_inherit(after, s, NULL));
	assert_int_equal(after->hosts[0].power_cycles, 0);
	assert_int_equal(after->hosts[0].expect.own_boots, 0);
	assert_string_equal(after->hosts[0].expect.state, "ready");
	assert_string_equal(after->hosts[1].expect.state, "retired");
	assert_int_equal(0, scenario_parse("z", "file", other, &stranger, NULL));
	assert_int_equal(-ERR_LAB_SCENARIO, scenario_inherit(stranger, base, NULL));
}

static void shipped_files_are_right(void **state)
{
	static const char *const patterns[] = {"vm-lab/scenarios/*.ini", "vm-lab/example/*.ini"};
	glob_t files = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		assert_int_equal(0, glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &files));
	assert_true(files.gl_pathc >= 12);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		AUTO(scenario) struct scenario *s = NULL;
		struct err err = ERR_INIT;

		if (scenario_load(files.gl_pathv[i], &s, &err) < 0)
			fail_msg("%s", err.msg);
		CHECK(files.gl_pathv[i], *s->title);
	}
	globfree(&files);
}

/* What a scenario names is looked for beside it, wherever the lab was started. */
static void names_files_beside_itself(void **state)
{
	AUTO(scenario) struct scenario *s = NULL;
	autofree char *here = realpath(".", NULL);
	autofree char *wanted = xasprintf("%s/vm-lab/example/profile.json", here);
	autofree char *profile = NULL;
	autofree char *absolute = NULL;

	(void)state;
	assert_int_equal(0, scenario_load("vm-lab/example/rack.ini", &s, NULL));
	profile = scenario_path(s, s->profile);
	absolute = scenario_path(s, "/srv/root.json");
	assert_string_equal(profile, wanted);
	assert_string_equal(absolute, "/srv/root.json");
	assert_int_equal(0, access(profile, R_OK));
}

static void commands_run_once_and_not_again_for_those_who_continue(void **state)
{
	AUTO(scenario) struct scenario *base = NULL, *s = NULL, *crowd = NULL;
	static const char two[] = HOST "expect_command = true\nexpect_command = id -u; exit 0\n";
	struct err err = ERR_INIT;
	autostr struct str text;

	(void)state;
	assert_int_equal(0, scenario_parse("x", "file", two, &base, NULL));
	assert_int_equal(base->hosts[0].expect.n_commands, 2);
	assert_string_equal(base->hosts[0].expect.commands[1], "id -u; exit 0");
	assert_string_equal(base->ssh_user, "root");
	assert_int_equal(0, scenario_parse("y", "file",
					   "[scenario]\ncontinues = x\n[host a]\nexpect_state = "
					   "ready\n",
					   &s, NULL));
	assert_int_equal(0, scenario_inherit(s, base, NULL));
	assert_int_equal(s->hosts[0].expect.n_commands, 0);

	str_init(&text, LAB_SCENARIO_BYTES);
	str_add(&text, HOST);
	for (int i = 0; i <= LAB_MAX_COMMANDS; i++)
		str_add(&text, "expect_command = true\n");
	assert_int_equal(-ERR_LAB_SCENARIO, scenario_parse("z", "file", text.p, &crowd, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_refuses),
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(reads_what_racks_have),
		cmocka_unit_test(continues_with_the_same_machines),
		cmocka_unit_test(shipped_files_are_right),
		cmocka_unit_test(names_files_beside_itself),
		cmocka_unit_test(commands_run_once_and_not_again_for_those_who_continue),
	};

	return cmocka_run_group_tests_name("lab scenario", tests, NULL, NULL);
}
