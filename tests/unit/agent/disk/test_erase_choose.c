/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a disk is erased: each policy against each set of capabilities, what drives say of themselves
 * as the tools print it, and the command lines that come of it.
 */
#include <tests/harness/check.h>

#include <string.h>

#include <agent/disk/erase_capabilities.h>
#include <agent/disk/erase_choose.h>
#include <agent/disk/erase_drive.h>
#include <base/str.h>

#define C(name) (1U << ERASE_COMMAND_##name)

static struct erase_policy policy_of(const char *text)
{
	struct erase_policy p;
	struct err err = ERR_INIT;

	if (erase_policy_parse(text, &p, &err) < 0)
		fail_msg("%s", err.msg);
	return p;
}

static void test_policies(void **state)
{
	static const struct {
		const char *text;
		int expect;
	} rows[] = {
		{"overwrite", 0},
		{"crypto, block,format , security,sanitize-overwrite,overwrite", 0},
		{"", -ERR_CONFIG},
		{" ", -ERR_CONFIG},
		{",", -ERR_CONFIG},
		{"crypto,,block", -ERR_CONFIG},
		{"crypto,crypto", -ERR_CONFIG},
		{"Crypto", -ERR_CONFIG},
		{"shred", -ERR_CONFIG},
		{"crypto block", -ERR_CONFIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct erase_policy p;
		struct err err = ERR_INIT;
		CHECK_INT(rows[i].text, erase_policy_parse(rows[i].text, &p, &err), rows[i].expect);
	}
	for (unsigned m = 0; m < _ERASE_METHOD_MAX; m++) {
		struct erase_policy p = policy_of(erase_method_str((enum erase_method)m));
		assert_int_equal(p.n, 1);
		assert_int_equal(p.order[0], m);
	}
	assert_int_equal(policy_of(ERASE_POLICY_DEFAULT).order[0], ERASE_METHOD_OVERWRITE);
}

static void test_choices(void **state)
{
	static const struct {
		const char *name, *policy;
		struct erase_capabilities c;
		int expect; /* a command, or an error */
		const char *passed_over;
	} rows[] = {
		{"the first is taken",
		 "crypto,overwrite",
		 {.can = C(NVME_FORMAT_CRYPTO)},
		 ERASE_COMMAND_NVME_FORMAT_CRYPTO,
		 ""},
		{"the stronger command of a method",
		 "crypto",
		 {.can = C(NVME_FORMAT_CRYPTO) | C(NVME_SANITIZE_CRYPTO)},
		 ERASE_COMMAND_NVME_SANITIZE_CRYPTO,
		 ""},
		{"the policy's order, not ours",
		 "overwrite,crypto",
		 {.can = C(NVME_SANITIZE_CRYPTO)},
		 ERASE_COMMAND_OVERWRITE,
		 ""},
		{"the next one is permitted",
		 "crypto,block,overwrite",
		 {.can = C(ATA_SANITIZE_BLOCK)},
		 ERASE_COMMAND_ATA_SANITIZE_BLOCK,
		 "crypto: not known to the drive"},
		{"nothing weaker in silence",
		 "crypto,block",
		 {.can = C(ATA_SECURITY)},
		 -ERR_AGENT_ERASE_METHOD,
		 ""},
		{"frozen, and nothing else permitted",
		 "security",
		 {.refused = C(ATA_SECURITY), .why = "frozen by the firmware"},
		 -ERR_AGENT_ERASE_METHOD,
		 ""},
		{"frozen, and zeros are permitted",
		 "security,overwrite",
		 {.refused = C(ATA_SECURITY), .why = "frozen by the firmware"},
		 ERASE_COMMAND_OVERWRITE,
		 "security: frozen by the firmware"},
		{"a volume of a RAID card",
		 "crypto,overwrite",
		 {.can = 0},
		 ERASE_COMMAND_OVERWRITE,
		 "crypto: not known to the drive"},
		{"all that was passed over",
		 "crypto,block,format,security,sanitize-overwrite,overwrite",
		 {.refused = C(ATA_SECURITY), .why = "frozen by the firmware"},
		 ERASE_COMMAND_OVERWRITE,
		 "crypto: not known to the drive; block: not known to the drive; format: not known "
		 "to the drive; security: frozen by the firmware; sanitize-overwrite: not known to "
		 "the drive"},
		{"enhanced before plain",
		 "security",
		 {.can = C(ATA_SECURITY) | C(ATA_SECURITY_ENHANCED)},
		 ERASE_COMMAND_ATA_SECURITY_ENHANCED,
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct erase_policy p = policy_of(rows[i].policy);
		struct erase_choice choice;
		struct err err = ERR_INIT;
		int r = erase_choose(&rows[i].c, &p, &choice, &err);

		CHECK_INT(rows[i].name, r < 0 ? r : (int)choice.command, rows[i].expect);
		if (r == 0)
			CHECK_STR(rows[i].name, choice.passed_over, rows[i].passed_over);
		else
			assert_non_null(strstr(err.msg, "can be erased by"));
	}
}

/* The whole table: every set of commands that a drive may have, against every policy of one and of two
 * methods. What is chosen is permitted and possible, and nothing that the policy prefers was. */
static void test_every_choice(void **state)
{
	(void)state;
	for (unsigned can = 0; can < 1U << ERASE_COMMAND_OVERWRITE; can++) {
		const struct erase_capabilities c = {.can = can};
		for (unsigned a = 0; a < _ERASE_METHOD_MAX; a++) {
			unsigned b = (a + can) % _ERASE_METHOD_MAX;
			struct erase_policy p = {{(enum erase_method)a, (enum erase_method)b},
						 a == b ? 1 : 2};
			struct erase_choice choice;
			bool has[2] = {a == ERASE_METHOD_OVERWRITE, b == ERASE_METHOD_OVERWRITE};
			for (unsigned k = 0; k < ERASE_COMMAND_OVERWRITE; k++) {
				enum erase_method m = erase_command_method((enum erase_command)k);
				has[0] |= (can & 1U << k) && m == (enum erase_method)a;
				has[1] |= (can & 1U << k) && m == (enum erase_method)b;
			}
			int r = erase_choose(&c, &p, &choice, NULL);
			assert_int_equal(r < 0, !has[0] && !has[1]);
			if (r == 0)
				assert_int_equal(erase_command_method(choice.command),
						 has[0] ? a : b);
		}
	}
}

/* ---- what the tools print -------------------------------------------------------------------- */

#define HDPARM_HEAD                                                                                \
	"\n/dev/sda:\n\nATA device, with non-removable media\n\tModel Number:       SSD\n"
#define HDPARM_SANITIZE                                                                            \
	"Commands/features:\n\tEnabled\tSupported:\n\t   *\tSMART feature set\n\t   *\tSANITIZE "  \
	"feature set\n\t   *\tCRYPTO_SCRAMBLE_EXT command\n\t    \tOVERWRITE_EXT command\n\t   "   \
	"*\tBLOCK_ERASE_EXT command\n"
#define HDPARM_SECURITY(enabled, frozen)                                                           \
	"Security: \n\tMaster password revision code = 65534\n\t\tsupported\n\t" enabled           \
	"\tenabled\n\tnot\tlocked\n\t" frozen "\tfrozen\n\tnot\texpired: security count\n\t\t"     \
	"supported: enhanced erase\n\t2min for SECURITY ERASE UNIT. 2min for ENHANCED SECURITY "   \
	"ERASE UNIT.\nChecksum: correct\n"

static void test_what_ata_says(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned can, refused;
	} rows[] = {
		{"an SSD", HDPARM_HEAD HDPARM_SANITIZE HDPARM_SECURITY("not", "not"),
		 C(ATA_SANITIZE_CRYPTO) | C(ATA_SANITIZE_BLOCK) | C(ATA_SECURITY) |
			 C(ATA_SECURITY_ENHANCED),
		 0},
		{"frozen", HDPARM_HEAD HDPARM_SECURITY("not", ""), 0,
		 C(ATA_SECURITY) | C(ATA_SECURITY_ENHANCED)},
		{"frozen, sanitize left", HDPARM_HEAD HDPARM_SANITIZE HDPARM_SECURITY("not", ""),
		 C(ATA_SANITIZE_CRYPTO) | C(ATA_SANITIZE_BLOCK),
		 C(ATA_SECURITY) | C(ATA_SECURITY_ENHANCED)},
		{"a password is set", HDPARM_HEAD HDPARM_SECURITY("", "not"), 0,
		 C(ATA_SECURITY) | C(ATA_SECURITY_ENHANCED)},
		{"an old disk", HDPARM_HEAD "Security: \n\tnot\tsupported\n", 0, 0},
		{"not an ATA disk", HDPARM_SANITIZE, 0, 0},
		{"words elsewhere", HDPARM_HEAD "\tModel Number: \tsupported\n", 0, 0},
		{"nothing", "", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct erase_capabilities c = {0};
		erase_capabilities_ata(rows[i].text, &c);
		CHECK_INT(rows[i].name, c.can, rows[i].can);
		CHECK_INT(rows[i].name, c.refused, rows[i].refused);
		CHECK_INT(rows[i].name, c.why != NULL, rows[i].refused != 0);
		CHECK_INT(rows[i].name, c.frozen, str_starts(rows[i].name, "frozen"));
	}
}

static void test_what_nvme_says(void **state)
{
	static const struct {
		const char *name, *text;
		bool alone;
		unsigned can, refused;
	} rows[] = {
		{"all of it", "{\"oacs\":23,\"fna\":4,\"sanicap\":7}", true,
		 C(NVME_SANITIZE_CRYPTO) | C(NVME_SANITIZE_BLOCK) | C(NVME_SANITIZE_OVERWRITE) |
			 C(NVME_FORMAT_CRYPTO) | C(NVME_FORMAT_USER),
		 0},
		{"format only", "{\"oacs\":6,\"fna\":0,\"sanicap\":0}", true, C(NVME_FORMAT_USER),
		 0},
		{"no format", "{\"oacs\":0,\"fna\":4,\"sanicap\":2}", true, C(NVME_SANITIZE_BLOCK),
		 0},
		{"two name spaces", "{\"oacs\":2,\"fna\":4,\"sanicap\":3}", false,
		 C(NVME_FORMAT_CRYPTO) | C(NVME_FORMAT_USER),
		 C(NVME_SANITIZE_CRYPTO) | C(NVME_SANITIZE_BLOCK)},
		{"two name spaces, format reaches both", "{\"oacs\":2,\"fna\":7,\"sanicap\":0}",
		 false, 0, 0},
		{"odd words", "{\"oacs\":\"2\",\"sanicap\":-1}", true, 0, 0},
		{"not JSON", "No such file", true, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct erase_capabilities c = {0};
		erase_capabilities_nvme(rows[i].text, rows[i].alone, &c);
		CHECK_INT(rows[i].name, c.can, rows[i].can);
		CHECK_INT(rows[i].name, c.refused, rows[i].refused);
	}
	assert_int_equal(erase_capabilities_namespaces("{\"nsid_list\":[{\"nsid\":1}]}"), 1);
	assert_int_equal(
		erase_capabilities_namespaces("{\"nsid_list\":[{\"nsid\":1},{\"nsid\":2}]}"), 2);
	assert_int_equal(erase_capabilities_namespaces("x"), 0);
}

static void test_what_scsi_says(void **state)
{
	static const char text[] =
		"  SEAGATE   ST4000NM0025      N003\n  Peripheral device type: disk\n\nOpcode  "
		"Service    CDB    Name\n(hex)   action(h)  size  \n-----------------------\n 42   "
		"            10    Unmap\n 48         1     10    Sanitize, overwrite\n 48         3  "
		"   10    Sanitize, cryptographic erase\n";
	struct erase_capabilities c = {0};

	(void)state;
	erase_capabilities_scsi(text, &c);
	assert_int_equal(c.can, C(SCSI_SANITIZE_OVERWRITE) | C(SCSI_SANITIZE_CRYPTO));
	erase_capabilities_scsi("", &c);
	assert_int_equal(c.refused, 0);
}

static void test_progress(void **state)
{
	static const struct {
		const char *name, *text;
		bool nvme;
		enum erase_state expect;
		unsigned percent;
	} rows[] = {
		{"NVMe works",
		 "Sanitize Progress                      (SPROG) :  32767\nSanitize Status              "
		 "          (SSTAT) :  0x2\n",
		 true, ERASE_STATE_RUNNING, 49},
		{"NVMe is done",
		 "Sanitize Progress                      (SPROG) :  65535\nSanitize Status              "
		 "          (SSTAT) :  0x101\n",
		 true, ERASE_STATE_DONE, 100},
		{"NVMe has failed", "(SPROG) :  65535\n(SSTAT) :  0x3\n", true, ERASE_STATE_FAILED,
		 100},
		{"NVMe never did", "(SPROG) :  65535\n(SSTAT) :  0\n", true, ERASE_STATE_UNKNOWN,
		 100},
		{"NVMe, no words", "", true, ERASE_STATE_UNKNOWN, 0},
		{"ATA works",
		 "/dev/sda:\nIssuing SANITIZE_STATUS command\nSanitize status:\n    State:    SD2 "
		 "Sanitize operation In Process\n    Progress: 0x5d17 (36%)\n",
		 false, ERASE_STATE_RUNNING, 36},
		{"ATA is done",
		 "Sanitize status:\n    State:    SD0 Sanitize Idle\n    Last Sanitize Operation "
		 "Completed Without Error\n",
		 false, ERASE_STATE_DONE, 0},
		{"ATA has failed", "    State:    SD3 Sanitize Operation Failed\n", false,
		 ERASE_STATE_FAILED, 0},
		{"ATA is idle after a failure",
		 "    State:    SD0 Sanitize Idle\n    Last Sanitize Command completed unsuccessfully\n",
		 false, ERASE_STATE_FAILED, 0},
		{"ATA is frozen", "    State:    SD1 Sanitize Frozen\n", false, ERASE_STATE_FAILED,
		 0},
		{"ATA is idle, and says no more", "    State:    SD0 Sanitize Idle\n", false,
		 ERASE_STATE_UNKNOWN, 0},
		{"ATA, no words", "", false, ERASE_STATE_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned percent = 0;
		enum erase_state s = rows[i].nvme
					     ? erase_capabilities_nvme_state(rows[i].text, &percent)
					     : erase_capabilities_ata_state(rows[i].text, &percent);
		CHECK_INT(rows[i].name, s, rows[i].expect);
		CHECK_INT(rows[i].name, percent, rows[i].percent);
	}
}

/* Each command names a tool and this disk, once. */
static void test_command_lines(void **state)
{
	(void)state;
	for (unsigned c = 0; c < ERASE_COMMAND_OVERWRITE; c++) {
		const char *argv[ERASE_DRIVE_ARGS_MAX + 1];
		const char *word = erase_command_str((enum erase_command)c);
		unsigned paths = 0;

		erase_drive_argv((enum erase_command)c, "/dev/x", argv);
		for (size_t i = 0; argv[i]; i++)
			paths += str_eq(argv[i], "/dev/x");
		CHECK_INT(word, paths, 1);
		CHECK_STR(word, argv[0],
			  str_starts(word, "nvme")  ? "nvme"
			  : str_starts(word, "ATA") ? "hdparm"
						    : "sg_sanitize");
	}
	assert_true(erase_drive_timeout_ms(0) == 3600 * 1000);
	assert_true(erase_drive_timeout_ms(30000000000000LL) > 11LL * 24 * 3600 * 1000);
}

/* A host sleeps only for a method that the policy would rather have. */
static void test_thawing(void **state)
{
	static const struct {
		const char *name, *policy;
		struct erase_capabilities c;
		bool helps;
	} rows[] = {
		{"nothing else is permitted",
		 "security",
		 {.refused = C(ATA_SECURITY), .frozen = true, .why = "frozen"},
		 true},
		{"before a weaker one",
		 "security,overwrite",
		 {.refused = C(ATA_SECURITY), .frozen = true, .why = "frozen"},
		 true},
		{"a better one is possible",
		 "crypto,security,overwrite",
		 {.can = C(ATA_SANITIZE_CRYPTO),
		  .refused = C(ATA_SECURITY),
		  .frozen = true,
		  .why = "frozen"},
		 false},
		{"the policy has it later",
		 "overwrite,security",
		 {.refused = C(ATA_SECURITY), .frozen = true, .why = "frozen"},
		 false},
		{"not frozen", "security", {.can = C(ATA_SECURITY)}, false},
		{"refused for another reason",
		 "security",
		 {.refused = C(ATA_SECURITY), .why = "a password"},
		 false},
		{"the policy does not have it",
		 "crypto",
		 {.refused = C(ATA_SECURITY), .frozen = true, .why = "frozen"},
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct erase_policy p = policy_of(rows[i].policy);
		struct erase_choice choice;

		IGNORE_RESULT(erase_choose(&rows[i].c, &p, &choice, NULL));
		CHECK_INT(rows[i].name, erase_thaw_helps(&rows[i].c, &p, &choice), rows[i].helps);
	}
}

/* Behind a RAID card no drive hears a command, and the receipt says how far an erase goes. */
static void test_raid_volumes(void **state)
{
	static const struct {
		const char *name;
		enum transport_id transport;
		const char *volume, *left;
	} rows[] = {
		{"a volume", TRANSPORT_RAID, "RAID 1(+0)", "only the volume was erased"},
		{"a card that does not tell", TRANSPORT_RAID, "", "if it is a volume"},
		{"a SATA drive", TRANSPORT_SATA, "", NULL},
		{"virtio", TRANSPORT_VIRTIO, "", NULL},
	};
	const struct erase_policy strict = {.order = {ERASE_METHOD_CRYPTO, ERASE_METHOD_BLOCK},
					    .n = 2};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct drive d = {.transport = rows[i].transport};
		const char *left;

		(void)str_copy(d.facts.volume, sizeof(d.facts.volume), rows[i].volume);
		left = erase_drive_not_reached(&d);
		if (!left != !rows[i].left || (left && !strstr(left, rows[i].left)))
			fail_msg("%s: '%s'", rows[i].name, left ? left : "");
		if (rows[i].transport != TRANSPORT_RAID)
			continue;
		struct erase_capabilities c;
		struct erase_choice choice;
		struct err err = ERR_INIT;
		erase_drive_ask(&d, &c);
		CHECK_INT(rows[i].name, c.can, 0);
		CHECK_INT(rows[i].name, erase_choose(&c, &strict, &choice, &err),
			  -ERR_AGENT_ERASE_METHOD);
		CHECK_STR(rows[i].name, choice.passed_over,
			  "crypto: behind a RAID card; block: behind a RAID card");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),       cmocka_unit_test(test_choices),
		cmocka_unit_test(test_every_choice),   cmocka_unit_test(test_what_ata_says),
		cmocka_unit_test(test_what_nvme_says), cmocka_unit_test(test_what_scsi_says),
		cmocka_unit_test(test_progress),       cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_raid_volumes),   cmocka_unit_test(test_thawing),
	};

	return cmocka_run_group_tests_name("ways to erase", tests, NULL, NULL);
}
