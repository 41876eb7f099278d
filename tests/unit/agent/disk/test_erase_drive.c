/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a drive and what it is told, with tools in the places of nvme, hdparm and sg3-utils that write down
 * how they were called and say what a row has for them. The drive is a path that does not exist.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <agent/disk/erase_drive.h>
#include <base/alloc.h>
#include <base/file.h>
#include <base/str.h>

#define FOLDER  "/usr/local/sbin" /* where tools are looked for first */
#define DISK    "/nonexistent/disk"
#define C(name) (1U << ERASE_COMMAND_##name)

static char dir[] = "/tmp/slipway-erase-XXXXXX";
static bool have_tools;

/* A file of the tool's name and one of its words ("nvme.id-ctrl", "sg_opcodes.disk") is what it says; "refuses" holds
 * the word that fails. */
static const char tool_text[] =
	"#!/bin/sh\n"
	"d=" FOLDER "\n"
	"tool=${0##*/}\n"
	"echo \"$tool $*\" >>$d/calls\n"
	"for word; do\n"
	"  [ \"$word\" != \"$(cat $d/refuses)\" ] || { echo \"$word: refused\" >&2; exit 5; }\n"
	"  [ ! -f \"$d/$tool.${word##*/}\" ] || cat \"$d/$tool.${word##*/}\"\n"
	"done\n";

static void put(const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0755, NULL), 0);
}

static char *calls(void)
{
	autofree char *path = xasprintf("%s/calls", dir);
	char *text = NULL;
	size_t n;

	return file_read(path, 65536, &text, &n, NULL) < 0 ? xstrdup("") : text;
}

/* The tools lie over that folder for this process and its children alone. */
static int set_up(void **state)
{
	static const char *const tools[] = {"nvme", "hdparm", "sg_opcodes", "sg_sanitize"};

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		put(tools[i], tool_text);
	have_tools = mount(dir, FOLDER, NULL, MS_BIND, NULL) == 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (have_tools)
		(void)umount(FOLDER);
	return file_remove_tree(dir, NULL);
}

static void need_tools(void)
{
	if (!have_tools) {
		print_message("needs mounts of its own\n");
		skip();
	}
}

static struct drive drive_of(enum transport_id transport)
{
	struct drive d = {.transport = transport, .facts.capacity_bytes = 24000000000000LL};

	(void)str_copy(d.dev_path, sizeof(d.dev_path), DISK);
	return d;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void test_asking(void **state)
{
	static const struct {
		const char *name;
		enum transport_id transport;
		const char *file, *says, *calls;
		unsigned can;
	} rows[] = {
		{"NVMe", TRANSPORT_NVME, "nvme.id-ctrl", "{\"oacs\":2,\"fna\":0,\"sanicap\":0}",
		 "nvme list-ns " DISK " --all -o json\nnvme id-ctrl " DISK " -o json\n",
		 C(NVME_FORMAT_USER)},
		{"SATA", TRANSPORT_SATA, "hdparm.-I",
		 "ATA device, with non-removable media\n\t   *\tSANITIZE feature set\n"
		 "\t   *\tBLOCK_ERASE_EXT command\n",
		 "hdparm -I " DISK "\n", C(ATA_SANITIZE_BLOCK)},
		{"SAS", TRANSPORT_SAS, "sg_opcodes.disk", " 48   2   10    Sanitize, block erase\n",
		 "hdparm -I " DISK "\nsg_opcodes " DISK "\n", C(SCSI_SANITIZE_BLOCK)},
		{"SATA behind a SAS controller", TRANSPORT_SAS, "hdparm.-I",
		 "ATA device, with non-removable media\n\t   *\tSANITIZE feature set\n"
		 "\t   *\tCRYPTO_SCRAMBLE_EXT command\n",
		 "hdparm -I " DISK "\n", C(ATA_SANITIZE_CRYPTO)},
		{"virtio", TRANSPORT_VIRTIO, "hdparm.-I", "ATA device\n", "", 0},
		{"a RAID card", TRANSPORT_RAID, "hdparm.-I", "ATA device\n", "", 0},
	};

	(void)state;
	need_tools();
	put("refuses", "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct drive d = drive_of(rows[i].transport);
		struct erase_capabilities c;
		autofree char *path = xasprintf("%s/%s", dir, rows[i].file);

		put("calls", "");
		put(rows[i].file, rows[i].says);
		erase_drive_ask(&d, &c);
		assert_int_equal(unlink(path), 0);
		autofree char *got = calls();
		CHECK_STR(rows[i].name, got, rows[i].calls);
		CHECK_INT(rows[i].name, c.can, rows[i].can);
	}
}

/* ---- doing ----------------------------------------------------------------------------------- */

/* Until somebody has looked how far the drive is. */
static bool until_looked_at(void *arg)
{
	autofree char *text = calls();

	(void)arg;
	return !strstr(text, "sanitize-log");
}

#define SURE    "hdparm --yes-i-know-what-i-am-doing "
#define LOCK    "hdparm --user-master u --security-set-pass slipway " DISK "\n"
#define UNLOCK  "hdparm --user-master u --security-disable slipway " DISK "\n"
#define LOOK    "nvme sanitize-log " DISK "\n"
#define LOOKATA "hdparm --sanitize-status " DISK "\n"

static const struct doing {
	const char *name;
	enum erase_command command;
	const char *file, *says, *refuses;
	bool stop;
	enum err_code code;
	const char *calls;
} doings[] = {
	{"NVMe sanitize", ERASE_COMMAND_NVME_SANITIZE_CRYPTO, "nvme.sanitize-log",
	 "(SPROG) : 65535\n(SSTAT) : 0x101\n", "", false, ERR_OK,
	 "nvme sanitize " DISK " --sanact=4\n" LOOK},
	{"NVMe sanitize that fails", ERASE_COMMAND_NVME_SANITIZE_BLOCK, "nvme.sanitize-log",
	 "(SPROG) : 65535\n(SSTAT) : 0x3\n", "", false, ERR_AGENT_ERASE_FAILED,
	 "nvme sanitize " DISK " --sanact=2\n" LOOK},
	{"NVMe sanitize that is refused", ERASE_COMMAND_NVME_SANITIZE_BLOCK, "nvme.sanitize-log",
	 "(SSTAT) : 0x101\n", "sanitize", false, ERR_AGENT_ERASE_FAILED,
	 "nvme sanitize " DISK " --sanact=2\n"},
	{"a person stops the waiting", ERASE_COMMAND_NVME_SANITIZE_OVERWRITE, "nvme.sanitize-log",
	 "(SPROG) : 1000\n(SSTAT) : 0x2\n", "", true, ERR_CANCELLED,
	 "nvme sanitize " DISK " --sanact=3 --owpass=1 --ovrpat=0\n" LOOK},
	{"NVMe format", ERASE_COMMAND_NVME_FORMAT_USER, "nvme.format", "Success\n", "", false,
	 ERR_OK, "nvme format " DISK " --ses=1 --force --timeout=14400000\n"},
	{"NVMe crypto format", ERASE_COMMAND_NVME_FORMAT_CRYPTO, "nvme.format", "Success\n", "",
	 false, ERR_OK, "nvme format " DISK " --ses=2 --force --timeout=14400000\n"},
	{"ATA security", ERASE_COMMAND_ATA_SECURITY_ENHANCED, "hdparm.x", "", "", false, ERR_OK,
	 LOCK "hdparm --user-master u --security-erase-enhanced slipway " DISK "\n"},
	{"ATA security that fails takes its password off", ERASE_COMMAND_ATA_SECURITY, "hdparm.x",
	 "", "--security-erase", false, ERR_AGENT_ERASE_FAILED,
	 LOCK "hdparm --user-master u --security-erase slipway " DISK "\n" UNLOCK},
	{"ATA security without a password", ERASE_COMMAND_ATA_SECURITY, "hdparm.x", "",
	 "--security-set-pass", false, ERR_AGENT_ERASE_FAILED, LOCK},
	{"ATA sanitize", ERASE_COMMAND_ATA_SANITIZE_BLOCK, "hdparm.--sanitize-status",
	 "State: SD0 Sanitize Idle\nLast Sanitize Operation Completed Without Error\n", "", false,
	 ERR_OK, SURE "--sanitize-block-erase " DISK "\n" LOOKATA},
	{"ATA sanitize of a frozen drive", ERASE_COMMAND_ATA_SANITIZE_CRYPTO,
	 "hdparm.--sanitize-status", "State: SD1 Sanitize Frozen\n", "", false,
	 ERR_AGENT_ERASE_FAILED, SURE "--sanitize-crypto-scramble " DISK "\n" LOOKATA},
	{"SCSI sanitize", ERASE_COMMAND_SCSI_SANITIZE_CRYPTO, "sg_sanitize.x", "", "", false,
	 ERR_OK, "sg_sanitize --crypto --quick " DISK "\n"},
	{"SCSI sanitize that fails", ERASE_COMMAND_SCSI_SANITIZE_BLOCK, "sg_sanitize.x", "",
	 "--block", false, ERR_AGENT_ERASE_FAILED, "sg_sanitize --block --quick " DISK "\n"},
};

static void test_doing(void **state)
{
	(void)state;
	need_tools();
	for (size_t i = 0; i < ARRAY_LEN(doings); i++) {
		const struct doing *r = &doings[i];
		struct drive d = drive_of(TRANSPORT_SATA);
		const struct erase_drive_run run = {.drive = &d,
						    .command = r->command,
						    .keep_going = r->stop ? until_looked_at : NULL};
		struct err err = ERR_INIT;

		put("calls", "");
		put("refuses", r->refuses);
		put(r->file, r->says);
		CHECK_ERR(r->name, erase_drive_do(&run, &err), r->code);
		autofree char *got = calls();
		CHECK_STR(r->name, got, r->calls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_doing),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("erase_drive", tests, set_up, tear_down);
}
