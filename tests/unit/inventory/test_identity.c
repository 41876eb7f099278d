/* SPDX-License-Identifier: Apache-2.0 */
/* Identity: placeholders, the rules, and stories of machines that boot, lie, and are repaired. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/str.h>
#include <inventory/flow.h>
#include <inventory/identity.h>

#include "../../../inventory/hosts/evidence.h"
#include "store_fixture.h"

#define US 1000000LL

static void test_placeholders(void **state)
{
	static const struct {
		const char *text;
		bool expect;
	} cases[] = {
		{NULL, true},
		{"", true},
		{"   ", true},
		{"To Be Filled By O.E.M.", true},
		{"  TO BE FILLED BY O.E.M. ", true},
		{"Default string", true},
		{"0", true},
		{"00000000", true},
		{"XXXXXXX", true},
		{"0123456789", true},
		{"None", true},
		{"QM00001", true},
		{"7XYZ123", false},
		{"0123456789A", false},
		{"SN", true},
		{"SN-1", false},
		{"To_be_filled_by_O.E.M.", true},
		{"To Be Filled By OEM Version 2", true},
		{"Default_string", true},
		{"(none)", true},
		{"<BAD INDEX>", true},
		{"N / A", true},
		{"Not Present", true},
		{"System_Serial_Number", true},
		{"TBD", true},
		{"XXXX-XXXX", true},
		{"..........", true},
		{"-", true},
		{"0x00000000", true},
		{"123456789012345", true},
		{"SSN12345678901234567", true},
		{"BSN12345678901234567", true},
		{"MB-1234567890", true},
		{"Sys-1234567890", true},
		{"Chassis-1234567890", true},
		{"12345", false},
		{"123457", false},
		{"MB-1234567891", false},
		{"SSN0042", false},
		{"0x0001", false},
		{"None-7", false},
		{"To Be Defined", true},
		{"OEM_Define1", true},
		{"Not Programmed", true},
		{"No Chassis Serial", true},
		{"<undefined string>", true},
		{"Asset Tag", true},
		{"Dummy", true},
		{"$(DEFAULT_STRING)", true},
		{"None Specified", true},
		{"Please fill in", true},
		{"SerNum00", true},
		{"A1_SerNum0", true},
		{"SystemSerialNumb", true},
		{"Rack Mount Chassis", true},
		{"Standard", true},
		{"QTFCQ0", true},
		{"A123456789", true},
		{"EVAL", true},
		{"(null string)", true},
		{"ATN12345678901234567", true},
		{"BSS-0123456789", true},
		{"Serial Number xxxxxx", true},
		{"SN-00000000", true},
		{"A12345678", false},
		{"ABCD123456789", false},
		{"SN-100000", false},
		{"7XYZ0000", false},
		{"TOBE1234", false},
		{"Dummy7", false},
		{"S\xc3\xa9rie", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (placeholder_serial(cases[i].text) != cases[i].expect)
			fail_msg("'%s'", cases[i].text ? cases[i].text : "(null)");
}

static void test_placeholder_uuids(void **state)
{
	static const struct {
		const char *text;
		bool expect;
	} cases[] = {
		{"", true},
		{"not a uuid", true},
		{"00000000-0000-0000-0000-000000000000", true},
		{"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", true},
		{"03000200-0400-0500-0006-000700080009", true},
		{"00020003-0004-0005-0006-000700080009", true},
		{"12345678-1234-5678-90ab-cddeefaabbcc", true},
		{"78563412-3412-7856-90AB-CDDEEFAABBCC", true},
		{"00112233-4455-6677-8899-aabbccddeeff", true},
		{"33221100-5544-7766-8899-AABBCCDDEEFF", true},
		{"00010203-0405-0607-0809-0a0b0c0d0e0f", true},
		{"fefefefe-fefe-fefe-fefe-fefefefefefe", true},
		{"0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a", true},
		{"44454c4c-0000-1020-8020-80c04f202020", true},
		{"00000000-0000-0000-0000-ffffffffffff", true},
		{"ffffffff-0000-0000-0000-000000000000", true},
		{"546f2042-6520-4669-6c6c-656420427920", true},  /* "To Be Filled By " */
		{"42206f54-2065-6946-6c6c-656420427920", true},  /* the same, swapped */
		{"30313233-3435-3637-3839-414243444546", true},  /* "0123456789ABCDEF" */
		{"53455249-414c-3742-3231-303030333432", false}, /* "SERIAL7B21000342" */
		{"a1a2a3a4-b1b2-c1c2-d1d2-e1e2e3e4e5e6", true},
		{"feedbeef-dead-beef-dead-beefdeadbeef", true},
		{"00000000-0000-0000-0000-0cc47a000000", true},
		{"33221100-5544-7766-8899-001122334402", false},
		{"00000000-0000-0000-0000-ac1f6b123456", false},
		{"4c4c4544-0051-3010-8054-b4c04f463232", false},
		{"4c4c4544-0051-3010-8054-b4c04f46323", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (placeholder_uuid(cases[i].text) != cases[i].expect)
			fail_msg("'%s'", cases[i].text);
}

static void test_placeholder_macs(void **state)
{
	static const struct {
		const char *text;
		bool expect;
	} cases[] = {
		{"52:54:00:12:34:56", false},
		{"00:00:00:00:00:00", true},
		{"ff:ff:ff:ff:ff:ff", true},
		{"01:00:5e:00:00:01", true},
		{"52-54-00-12-34-56", true},
		{"", true},
		{NULL, true},
		{"52:54:00:12:34:5g", true},
		{"00:a0:c9:00:00:00", true}, /* Intel's, not programmed */
		{"00:10:18:00:00:00", true},
		{"00:10:18:00:00:01", false},
		{"52:54:00:00:00:00", false}, /* given by somebody: not its maker's */
		{"88:88:88:88:88:88", true},
		{"00:11:22:33:44:55", true},
		{"12:34:56:78:9a:bc", true},
		{"00:11:22:33:44:56", false},
		{"88:88:88:88:87:88", true},
		{"00:00:00:00:00:01", true},
		{"02:00:00:00:00:00", true},
		{"02:00:00:00:00:01", false},
		{"00:de:ad:be:ef:00", true},
		{"de:ad:be:ef:00:01", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (placeholder_mac(cases[i].text) != cases[i].expect)
			fail_msg("'%s'", cases[i].text ? cases[i].text : "(null)");
}

static void test_uuid_byte_orders_fold_to_one(void **state)
{
	char a[37], b[37];

	(void)state;
	evidence_fold_uuid("4C4C4544-0051-3010-8054-B4C04F463232", a);
	evidence_fold_uuid("44454c4c-5100-1030-8054-b4c04f463232", b);
	assert_string_equal(a, b);
	assert_string_equal(a, "44454c4c-5100-1030-8054-b4c04f463232");
}

/* ---- rules ----------------------------------------------------------------------------------- */

#define B(k) BIT(EVIDENCE_##k)

static void test_rules(void **state)
{
	static const struct {
		const char *name;
		unsigned matched, differs;
		bool unseen;
		enum relation expect;
	} cases[] = {
		{"everything", B(UUID) | B(SYSTEM) | B(MAC) | B(WWN), 0, false, RELATION_SAME},
		{"MAC alone", B(MAC), 0, false, RELATION_SAME},
		{"UUID changed", B(SYSTEM) | B(MAC), B(UUID), false, RELATION_SAME},
		{"clone", B(UUID) | B(SYSTEM), B(MAC) | B(WWN), false, RELATION_CLONE},
		{"cloned UUID alone", B(UUID), B(SYSTEM) | B(MAC) | B(WWN), false, RELATION_CLONE},
		{"field-1 one UUID on every board", B(UUID), B(SYSTEM) | B(BOARD) | B(MAC), false,
		 RELATION_SHARED},
		{"field-1 one serial on every board", B(SYSTEM), B(UUID) | B(BOARD) | B(MAC), false,
		 RELATION_SHARED},
		{"board replaced, the serial written into the new one",
		 B(SYSTEM) | B(WWN) | B(DISK), B(UUID) | B(BOARD) | B(MAC), false, RELATION_REVIEW},
		{"one UUID, and the cards went along", B(UUID) | B(MAC), B(SYSTEM) | B(BOARD),
		 false, RELATION_SAME},
		{"announced, and two values differ", B(SYSTEM), B(UUID) | B(BOARD) | B(MAC), true,
		 RELATION_SAME},
		{"card swapped", B(UUID) | B(SYSTEM) | B(WWN), B(MAC), false, RELATION_SAME},
		{"disks swapped", B(UUID) | B(MAC), B(WWN) | B(DISK), false, RELATION_SAME},
		{"board swapped", B(MAC) | B(WWN), B(UUID) | B(SYSTEM), false, RELATION_REVIEW},
		{"card moved away", B(MAC), B(UUID) | B(SYSTEM) | B(WWN), false, RELATION_REVIEW},
		{"disk moved away", B(WWN), B(UUID) | B(MAC), false, RELATION_NONE},
		{"same chassis", B(CHASSIS), B(UUID) | B(MAC), false, RELATION_NONE},
		{"field-1 nodes with the serial of their chassis", B(SYSTEM) | B(CHASSIS),
		 B(UUID) | B(MAC), false, RELATION_SHARED},
		{"such a node that is replaced, with its disks", B(SYSTEM) | B(CHASSIS) | B(WWN),
		 B(UUID) | B(MAC), false, RELATION_REVIEW},
		{"nodes that share their UUID as well", B(SYSTEM) | B(CHASSIS) | B(UUID), B(MAC),
		 false, RELATION_CLONE},
		{"the serial without a chassis", B(SYSTEM), B(UUID) | B(MAC), false,
		 RELATION_CLONE},
		{"announced, other MAC", B(SYSTEM), B(MAC), true, RELATION_SAME},
		{"announced, seen", B(SYSTEM), B(MAC), false, RELATION_CLONE},
		{"serial before MACs are known", B(SYSTEM) | B(UUID), 0, false, RELATION_SAME},
		{"same TPM, new board", B(EK) | B(MAC), B(BOARD), false, RELATION_REVIEW},
		{"same MAC, other TPM", B(MAC) | B(UUID), B(EK), false, RELATION_REVIEW},
		{"nothing", 0, B(UUID), false, RELATION_NONE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct candidate c = {.matched = cases[i].matched,
				      .differs = cases[i].differs,
				      .seen = !cases[i].unseen};
		if (identity_judge(&c).relation != cases[i].expect)
			fail_msg("%s: %d", cases[i].name, (int)identity_judge(&c).relation);
	}
}

/* ---- stories --------------------------------------------------------------------------------- */

struct machine {
	const char *uuid, *serial, *board;
	const char *macs[3];
	const char *disks[3];
};

static void show(struct db *db, const struct machine *m, int64_t now_us, struct identity *ret)
{
	struct host_evidence_disk disks[3];
	struct host_evidence e = {.smbios_uuid = m->uuid,
				  .system_serial = m->serial,
				  .board_serial = m->board,
				  .chassis_serial = str_starts(m->serial, "CHASSIS") ? m->serial
										     : NULL,
				  .macs = m->macs,
				  .disks = disks};

	while (e.n_macs < 3 && m->macs[e.n_macs])
		e.n_macs++;
	for (; e.n_disks < 3 && m->disks[e.n_disks]; e.n_disks++)
		disks[e.n_disks] = (struct host_evidence_disk){.serial = m->disks[e.n_disks]};
	static const char *const at_rest[] = {"ready", "in-service", "maintenance", NULL};
	static const struct host_birth birth = {
		.state = "discovered", .actor = "test", .at_rest = at_rest};
	struct err err = ERR_INIT;
	if (identity_resolve(db, &e, &birth, now_us, ret, &err) < 0)
		fail_msg("identity_resolve: %s", err.msg);
}

#define ANSWER(db, m, verdict_, ret)                                                               \
	do {                                                                                       \
		show(db, m, 1000 * US, ret);                                                       \
		if ((ret)->verdict != (verdict_))                                                  \
			fail_msg("%s, not %s: %s", identity_verdict_str((ret)->verdict),           \
				 identity_verdict_str(verdict_), (ret)->why);                      \
	} while (0)

static const struct machine machine_a = {"4c4c4544-0051-3010-8054-b4c04f463232",
					 "SERIAL-A",
					 "BOARD-A",
					 {"52:54:00:00:00:0a"},
					 {"DISK-A"}};

static void test_same_machine_boots_ten_times(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct identity first, again;

	ANSWER(db, &machine_a, IDENTITY_NEW, &first);
	int64_t id = 0, at = 0, id_after = 0;
	struct err err = ERR_INIT;
	assert_int_equal(db_last_tick(db, &id, &at, &err), 0);
	for (unsigned i = 0; i < 10; i++) {
		ANSWER(db, &machine_a, IDENTITY_SAME, &again);
		assert_true(again.host_num == first.host_num);
		assert_string_equal(again.host_id, first.host_id);
	}
	int64_t events = 0;
	assert_int_equal(db_query_int(db, &err, &events, 0, "SELECT count(*) FROM event"), 0);
	assert_int_equal(events, 1);
	assert_int_equal(db_last_tick(db, &id_after, &at, &err), 0);
	assert_true(id_after > id);
}

/* I-01. */
static void test_placeholder_machines_are_three_weak_hosts(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const struct machine machines[] = {
		{"00000000-0000-0000-0000-000000000000",
		 "To Be Filled By O.E.M.",
		 "Default string",
		 {"52:54:00:00:00:01"},
		 {NULL}},
		{"00000000-0000-0000-0000-000000000000",
		 "To Be Filled By O.E.M.",
		 "Default string",
		 {"52:54:00:00:00:02"},
		 {NULL}},
		{"00000000-0000-0000-0000-000000000000",
		 "To Be Filled By O.E.M.",
		 "Default string",
		 {"52:54:00:00:00:03"},
		 {NULL}},
	};
	int64_t nums[3];

	for (size_t i = 0; i < 3; i++) {
		struct identity who;
		ANSWER(db, &machines[i], IDENTITY_NEW, &who);
		assert_true(who.weak);
		nums[i] = who.host_num;
	}
	assert_true(nums[0] != nums[1] && nums[1] != nums[2] && nums[0] != nums[2]);
	for (size_t i = 0; i < 3; i++) {
		struct identity who;
		ANSWER(db, &machines[i], IDENTITY_SAME, &who);
		assert_true(who.host_num == nums[i]);
	}
}

/* I-02. */
static void test_clones_are_two_hosts_and_both_are_marked(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine clone = machine_a;
	struct identity a, b;
	struct host h;
	struct err err = ERR_INIT;

	clone.macs[0] = "52:54:00:00:00:0b";
	clone.disks[0] = "DISK-B";
	ANSWER(db, &machine_a, IDENTITY_NEW, &a);
	ANSWER(db, &clone, IDENTITY_CLONE, &b);
	assert_true(a.host_num != b.host_num);
	assert_int_equal(b.n_others, 1);
	assert_true(b.others[0] == a.host_num);
	assert_int_equal(host_get(db, a.host_num, &h, &err), 0);
	assert_string_not_equal(h.review, "");
	assert_int_equal(host_get(db, b.host_num, &h, &err), 0);
	assert_string_not_equal(h.review, "");
	/* the shared values count no more: each is known by its own MAC */
	ANSWER(db, &machine_a, IDENTITY_SAME, &a);
	struct identity again;
	ANSWER(db, &clone, IDENTITY_SAME, &again);
	assert_true(again.host_num == b.host_num);
	assert_int_equal(identity_accept(db, b.host_num, "alice", 2000 * US, &err), 0);
	assert_int_equal(host_get(db, b.host_num, &h, &err), 0);
	assert_string_equal(h.review, "");
}

/* I-03. */
static void test_uuid_in_the_other_byte_order_is_the_same_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine swapped = machine_a;
	struct identity a, b;

	swapped.uuid = "44454c4c-5100-1030-8054-b4c04f463232";
	swapped.serial = "";
	swapped.board = "";
	swapped.macs[0] = NULL;
	swapped.disks[0] = NULL;
	ANSWER(db, &machine_a, IDENTITY_NEW, &a);
	ANSWER(db, &swapped, IDENTITY_SAME, &b);
	assert_true(a.host_num == b.host_num);
}

/* Four machines in one chassis, whose boards have no serial: one host each, none in review, however often. */
static void test_nodes_of_a_chassis(void **state)
{
	static const struct machine nodes[] = {
		{"4c4c4544-0051-3010-8054-b4c04f460001",
		 "CHASSIS7",
		 "",
		 {"52:54:00:00:01:0a"},
		 {NULL}},
		{"4c4c4544-0051-3010-8054-b4c04f460002",
		 "CHASSIS7",
		 "",
		 {"52:54:00:00:02:0a"},
		 {NULL}},
		{"4c4c4544-0051-3010-8054-b4c04f460003",
		 "CHASSIS7",
		 "",
		 {"52:54:00:00:03:0a"},
		 {NULL}},
		{"4c4c4544-0051-3010-8054-b4c04f460004",
		 "CHASSIS7",
		 "",
		 {"52:54:00:00:04:0a"},
		 {NULL}},
	};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct identity first[ARRAY_LEN(nodes)], again;
	struct err err = ERR_INIT;
	int64_t in_review = -1;

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		ANSWER(db, &nodes[i], IDENTITY_NEW, &first[i]);
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		ANSWER(db, &nodes[i], IDENTITY_SAME, &again);
		assert_true(again.host_num == first[i].host_num);
		for (size_t k = 0; k < i; k++)
			assert_true(first[k].host_num != first[i].host_num);
	}
	assert_int_equal(db_query_int(db, &err, &in_review, 0,
				      "SELECT count(*) FROM host WHERE review <> ''"),
			 0);
	assert_int_equal(in_review, 0);
}

/* I-04. */
static void test_swapped_board_waits_for_a_person(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine repaired = machine_a;
	struct identity a, b;
	struct host h;
	struct err err = ERR_INIT;

	repaired.uuid = "4c4c4544-0051-3010-8054-ffffffffffff";
	repaired.serial = "SERIAL-NEW";
	repaired.board = "BOARD-NEW";
	ANSWER(db, &machine_a, IDENTITY_NEW, &a);
	ANSWER(db, &repaired, IDENTITY_REVIEW, &b);
	assert_true(a.host_num == b.host_num);
	assert_int_equal(host_get(db, a.host_num, &h, &err), 0);
	assert_string_equal(h.serial, "SERIAL-A"); /* nothing was learned */
	assert_string_not_equal(h.review, "");
	assert_int_equal(identity_accept(db, a.host_num, "alice", 2000 * US, &err), 0);
	assert_int_equal(host_get(db, a.host_num, &h, &err), 0);
	assert_string_equal(h.serial, "SERIAL-NEW");
	assert_string_equal(h.review, "");
	ANSWER(db, &repaired, IDENTITY_SAME, &b);
	assert_int_equal(identity_accept(db, a.host_num, "alice", 2000 * US, &err),
			 -ERR_IDENTITY_PENDING);
}

/* N-11. */
static void test_card_moved_to_another_host(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine b = {"11111111-2222-3333-4444-555555555555",
			    "SERIAL-B",
			    "BOARD-B",
			    {"52:54:00:00:00:bb"},
			    {"DISK-B"}};
	struct identity ia, ib, moved;

	ANSWER(db, &machine_a, IDENTITY_NEW, &ia);
	ANSWER(db, &b, IDENTITY_NEW, &ib);
	b.macs[1] = machine_a.macs[0];
	ANSWER(db, &b, IDENTITY_REVIEW, &moved);
	assert_true(moved.host_num == ib.host_num);
	assert_int_equal(moved.n_others, 1);
	assert_true(moved.others[0] == ia.host_num);
}

/* Three machines of a model, whose management controllers' USB cards have one MAC. */
static void test_field_1_one_mac_on_every_machine(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine m[3] = {
		{"33221100-5544-7766-8899-001122334401",
		 "SER0001",
		 "BSER0001",
		 {"02:11:22:33:44:01", "7e:d3:0a:00:00:01"},
		 {NULL}},
		{"33221100-5544-7766-8899-001122334402",
		 "SER0002",
		 "BSER0002",
		 {"02:11:22:33:44:02", "7e:d3:0a:00:00:01"},
		 {NULL}},
		{"33221100-5544-7766-8899-001122334403",
		 "SER0003",
		 "BSER0003",
		 {"02:11:22:33:44:03", "7e:d3:0a:00:00:01"},
		 {NULL}},
	};
	struct identity first[3], again;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 3; i++)
		ANSWER(db, &m[i], IDENTITY_NEW, &first[i]);
	for (size_t i = 0; i < 9; i++) {
		struct host h;
		ANSWER(db, &m[i % 3], IDENTITY_SAME, &again);
		assert_true(again.host_num == first[i % 3].host_num);
		assert_int_equal(host_get(db, again.host_num, &h, &err), 0);
		assert_string_equal(h.review, "");
	}
	int64_t hosts = 0, shared = 0;
	assert_int_equal(db_query_int(db, &err, &hosts, 0, "SELECT count(*) FROM host"), 0);
	assert_int_equal(hosts, 3);
	assert_int_equal(db_query_int(db, &err, &shared, 0,
				      "SELECT count(*) FROM evidence_shared WHERE kind = 'mac' AND "
				      "value = '7e:d3:0a:00:00:01'"),
			 0);
	assert_int_equal(shared, 1);
}

/* A UUID and a BMC's MAC on every machine: they are not merged, and both values count for nothing. */
static void test_field_1_a_uuid_and_a_mac_on_every_machine(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const char uuid[] = "4c4c4544-0042-3010-8056-b4c04f4d3132";
	static const char bmc[] = "7e:d3:0a:00:00:01";
	const struct machine m[3] = {
		{uuid, "SER1", "BSER1", {"02:11:22:33:44:01", bmc}, {"DISK-1"}},
		{uuid, "SER2", "BSER2", {"02:11:22:33:44:02", bmc}, {"DISK-2"}},
		{uuid, "SER3", "BSER3", {"02:11:22:33:44:03", bmc}, {"DISK-3"}},
	};
	struct identity first[3], again;
	struct err err = ERR_INIT;
	int64_t shared = 0;

	for (size_t i = 0; i < 3; i++) {
		ANSWER(db, &m[i], IDENTITY_NEW, &first[i]);
		assert_int_equal(host_touch(db, first[i].host_num, 1000 * US, &err), 0);
	}
	for (size_t i = 0; i < 9; i++) {
		struct host h;
		ANSWER(db, &m[i % 3], IDENTITY_SAME, &again);
		assert_true(again.host_num == first[i % 3].host_num);
		assert_int_equal(host_get(db, again.host_num, &h, &err), 0);
		assert_string_equal(h.review, "");
	}
	assert_int_equal(db_query_int(db, &err, &shared, 0, "SELECT count(*) FROM evidence_shared"),
			 0);
	assert_int_equal(shared, 2);
}

/* The reason names the value in common, wherever it stands in the evidence. */
static void test_field_1b_reason_names_the_value(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine b = {"11111111-2222-3333-4444-555555555555",
			    "SERIAL-B",
			    "BOARD-B",
			    {"52:54:00:00:00:bb", "52:54:00:00:00:0a"},
			    {"DISK-B"}};
	struct identity ia, ib;

	ANSWER(db, &machine_a, IDENTITY_NEW, &ia);
	ANSWER(db, &b, IDENTITY_REVIEW, &ib);
	assert_non_null(strstr(ib.why, "52:54:00:00:00:0a"));
	assert_null(strstr(ib.why, "52:54:00:00:00:bb"));
}

/* Without boards to tell them apart, two machines with one MAC in common are not merged. */
static void test_one_mac_and_no_boards_is_no_proof(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine a = {"", "", "", {"02:11:22:33:44:01", "7e:d3:0a:00:00:01"}, {NULL}};
	struct machine b = {"", "", "", {"02:11:22:33:44:02", "7e:d3:0a:00:00:01"}, {NULL}};
	struct identity ia, ib;
	struct err err = ERR_INIT;

	ANSWER(db, &a, IDENTITY_NEW, &ia);
	assert_int_equal(host_touch(db, ia.host_num, 1000 * US, &err), 0);
	ANSWER(db, &b, IDENTITY_REVIEW, &ib);
	assert_non_null(strstr(ib.why, "7e:d3:0a:00:00:01"));
}

/* What a stranger shows of a host in service stays with the stranger until a person decides. */
static void test_stranger_against_a_host_at_rest(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine stranger = machine_a, repaired = machine_a;
	struct identity a, s, again;
	struct err err = ERR_INIT;
	struct host h;
	int64_t n = 0;

	ANSWER(db, &machine_a, IDENTITY_NEW, &a);
	assert_int_equal(db_exec(db, &err, "UPDATE host SET state = 'in-service'"), 0);
	stranger.macs[0] = "66:66:66:00:00:01";
	stranger.disks[0] = "DISK-S";
	ANSWER(db, &stranger, IDENTITY_CLONE, &s);
	assert_true(s.host_num != a.host_num);
	assert_int_equal(host_get(db, a.host_num, &h, &err), 0);
	assert_string_equal(h.review, "");
	assert_int_equal(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM evidence_shared"), 0);
	assert_int_equal(n, 0);
	assert_int_equal(db_query_int(db, &err, &n, 0,
				      "SELECT count(*) FROM evidence WHERE value = 'SERIAL-A'"),
			 0);
	assert_int_equal(n, 1);
	/* its owner gets another network card: still the same machine, and nobody else */
	repaired.macs[0] = "52:54:00:00:00:ab";
	ANSWER(db, &repaired, IDENTITY_SAME, &again);
	assert_true(again.host_num == a.host_num);
	/* a person takes the stranger for what it shows: now the values prove nothing */
	assert_int_equal(identity_accept(db, s.host_num, "alice", 2000 * US, &err), 0);
	assert_int_equal(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM evidence_shared"), 0);
	assert_int_equal(n, 3);
}

/* A MAC of a host at rest, shown by another board: a new host, without that MAC. */
static void test_mac_of_a_host_at_rest_stays_its_own(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine a = machine_a;
	struct machine b = {"11111111-2222-3333-4444-555555555555",
			    "SERIAL-B",
			    "BOARD-B",
			    {"52:54:00:00:00:bb", "52:54:00:00:00:0c"},
			    {"DISK-B"}};
	struct identity ia, ib;
	struct err err = ERR_INIT;
	struct host h;

	a.macs[1] = "52:54:00:00:00:0c";
	ANSWER(db, &a, IDENTITY_NEW, &ia);
	assert_int_equal(db_exec(db, &err, "UPDATE host SET state = 'ready'"), 0);
	ANSWER(db, &b, IDENTITY_NEW, &ib);
	assert_int_equal(host_find(db, HOST_BY_MAC, "52:54:00:00:00:0c", &h, &err), 0);
	assert_true(h.num == ia.host_num);
	ANSWER(db, &b, IDENTITY_SAME, &ib);
	assert_int_equal(host_find(db, HOST_BY_MAC, "52:54:00:00:00:0c", &h, &err), 0);
	assert_true(h.num == ia.host_num);
}

static void test_moved_disk_is_no_conflict(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct machine b = {"11111111-2222-3333-4444-555555555555",
			    "SERIAL-B",
			    "BOARD-B",
			    {"52:54:00:00:00:bb"},
			    {"DISK-A"}};
	struct identity ia, ib;

	ANSWER(db, &machine_a, IDENTITY_NEW, &ia);
	ANSWER(db, &b, IDENTITY_NEW, &ib);
	assert_true(ia.host_num != ib.host_num);
}

static void test_announced_host_is_found_when_it_arrives(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const struct host_birth birth = {.state = "expected"};
	struct host_evidence e = {.system_serial = "SERIAL-A"};
	int64_t num = 0, again = 0;

	assert_int_equal(identity_expect(db, &e, &birth, US, &num, &err), 0);
	assert_int_equal(identity_expect(db, &e, &birth, US, &again, &err), -ERR_EXISTS);
	assert_true(num == again);
	struct identity who;
	ANSWER(db, &machine_a, IDENTITY_SAME, &who);
	assert_true(who.host_num == num);
}

static void test_looking_writes_nothing(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	const char *macs[] = {"52:54:00:00:00:0A"};
	struct host_evidence e = {.macs = macs, .n_macs = 1};
	struct identity who, known;

	assert_int_equal(identity_find(db, &e, &who, &err), 0);
	assert_int_equal(who.verdict, IDENTITY_NEW);
	assert_int_equal(who.host_num, 0);
	ANSWER(db, &machine_a, IDENTITY_NEW, &known);
	assert_int_equal(identity_find(db, &e, &who, &err), 0);
	assert_int_equal(who.verdict, IDENTITY_SAME);
	assert_string_equal(who.host_id, known.host_id);
	int64_t n = 0;
	assert_int_equal(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM host"), 0);
	assert_int_equal(n, 1);
}

static void test_merge_and_split(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	struct err err = ERR_INIT;
	static const struct machine b = {"", "", "", {"52:54:00:00:00:cc"}, {NULL}};
	struct identity ia, ib, who;
	struct host h;

	ANSWER(db, &machine_a, IDENTITY_NEW, &ia);
	ANSWER(db, &b, IDENTITY_NEW, &ib);
	assert_int_equal(identity_merge(db, ib.host_num, ib.host_num, "alice", 2000 * US, &err),
			 -ERR_INVALID);
	assert_int_equal(identity_merge(db, ib.host_num, ia.host_num, "alice", 2000 * US, &err), 0);
	assert_int_equal(host_find(db, HOST_BY_ID, ib.host_id, &h, &err), 0);
	assert_string_equal(h.id, ia.host_id);
	ANSWER(db, &b, IDENTITY_SAME, &who);
	assert_true(who.host_num == ia.host_num);

	const char *values[] = {"52:54:00:00:00:cc"};
	const char *wrong[] = {"52:54:00:00:00:dd"};
	struct identity_cut cut = {
		ia.host_num, wrong, 1, {.state = "discovered", .weak = true}, 3000 * US};
	int64_t num = 0;
	assert_int_equal(identity_split(db, &cut, &num, &err), -ERR_NOT_FOUND);
	cut.values = values;
	assert_int_equal(identity_split(db, &cut, &num, &err), 0);
	ANSWER(db, &b, IDENTITY_SAME, &who);
	assert_true(who.host_num == num);
	ANSWER(db, &machine_a, IDENTITY_SAME, &who);
	assert_true(who.host_num == ia.host_num);
}

/* The number of a row that was merged away is given to nobody, and what was permitted to it ends:
 * the next new host would else find itself approved, armed, and with another machine's session. */
static void test_a_merged_row_leaves_nothing_to_the_next_host(void **state)
{
	static const struct machine b = {"", "", "", {"52:54:00:00:00:cc"}, {NULL}};
	static const struct machine c = {"", "", "", {"52:54:00:00:00:dd"}, {NULL}};
	struct db *db = ((struct store_fixture *)*state)->db;
	struct identity ia, ib, ic;
	struct err err = ERR_INIT;
	struct flow_host f = {.approved = true, .tested = true};
	struct flow_arm arm = {.id = "a1", .work = "image", .expires_us = 9000 * US};
	struct flow_session session = {.id = "s1", .agent_key = "k", .nonce = "n"};

	ANSWER(db, &machine_a, IDENTITY_NEW, &ia);
	ANSWER(db, &b, IDENTITY_NEW, &ib);
	f.host_num = arm.host_num = session.host_num = ib.host_num;
	assert_int_equal(flow_host_put(db, &f, &err), 0);
	assert_int_equal(flow_arm_add(db, &arm, &err), 0);
	assert_int_equal(flow_session_add(db, &session, &err), 0);
	assert_int_equal(identity_merge(db, ib.host_num, ia.host_num, "alice", 2000 * US, &err), 0);
	assert_int_equal(flow_arm_open(db, ib.host_num, &arm, &err), -ERR_NOT_FOUND);
	assert_int_equal(flow_session_of_host(db, ib.host_num, &session, &err), -ERR_NOT_FOUND);
	assert_int_equal(flow_host_get(db, ib.host_num, &f, &err), 0);
	assert_false(f.approved);
	ANSWER(db, &c, IDENTITY_NEW, &ic);
	assert_true(ic.host_num > ib.host_num);
}

static void test_hostile_evidence_is_stored_as_text(void **state)
{
	struct db *db = ((struct store_fixture *)*state)->db;
	static const struct machine m = {"'; DROP TABLE host; --",
					 "$(id);reboot\n--option",
					 "<img src=x onerror=alert(1)>",
					 {"52:54:00:00:00:ee"},
					 {"\x1b[2J"}};
	struct identity who;
	struct host h;
	struct err err = ERR_INIT;

	ANSWER(db, &m, IDENTITY_NEW, &who);
	assert_int_equal(host_find(db, HOST_BY_SERIAL, m.serial, &h, &err), 0);
	assert_string_equal(h.uuid, "");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_placeholder_uuids),
		cmocka_unit_test(test_placeholder_macs),
		cmocka_unit_test(test_uuid_byte_orders_fold_to_one),
		cmocka_unit_test(test_rules),
		T(test_same_machine_boots_ten_times),
		T(test_placeholder_machines_are_three_weak_hosts),
		T(test_clones_are_two_hosts_and_both_are_marked),
		T(test_uuid_in_the_other_byte_order_is_the_same_host),
		T(test_swapped_board_waits_for_a_person),
		T(test_card_moved_to_another_host),
		T(test_field_1_one_mac_on_every_machine),
		T(test_field_1_a_uuid_and_a_mac_on_every_machine),
		T(test_field_1b_reason_names_the_value),
		T(test_one_mac_and_no_boards_is_no_proof),
		T(test_stranger_against_a_host_at_rest),
		T(test_mac_of_a_host_at_rest_stays_its_own),
		T(test_moved_disk_is_no_conflict),
		T(test_announced_host_is_found_when_it_arrives),
		T(test_looking_writes_nothing),
		T(test_nodes_of_a_chassis),
		T(test_merge_and_split),
		T(test_a_merged_row_leaves_nothing_to_the_next_host),
		T(test_hostile_evidence_is_stored_as_text),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
