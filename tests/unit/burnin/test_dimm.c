/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where memory modules sit: the kernel's labels, the names of boards, and who is suspected when the
 * two meet. A name that says nothing leaves every module that fits; it never picks one.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <burnin/component.h>

#define U DIMM_UNKNOWN

static const struct {
	const char *label;
	bool known;
	int socket, controller, channel, slot, csrow;
} labels[] = {
	{"CPU_SrcID#0_MC#0_Chan#0_DIMM#0", true, 0, 0, 0, 0, U},
	{"CPU_SrcID#1_MC#3_Chan#1_DIMM#0", true, 1, 3, 1, 0, U},
	{"CPU_SrcID#1_Ha#0_Chan#2_DIMM#1", true, 1, 0, 2, 1, U},
	{"CPU_SrcID#1_Channel#2_DIMM#1", true, 1, 0, 2, 1, U},
	{"CPU#1Channel#2_DIMM#0", true, 1, 0, 2, 0, U},
	{"MC#1_Chan#0_DIMM#1", true, U, 1, 0, 1, U},
	{"mc#0csrow#2channel#0", true, U, 0, 0, U, 2},
	{"mc#1csrow#3channel#7", true, U, 1, 7, U, 3},
	{"mc#0channel#1slot#0", true, U, 0, 1, 0, U},
	{"mc#0branch#1channel#0slot#2", true, U, 0, 0, 2, U},
	{"mc#0memory#3", true, U, 0, U, U, U},
	{"CPU1_DIMM_A1", false, U, U, U, U, U},
	{"", false, U, U, U, U, U},
	{"#", false, U, U, U, U, U},
	{"mc#", false, U, U, U, U, U},
	{"mc#99999999999999999999", false, U, U, U, U, U},
};

static void test_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		const char *row = labels[i].label;
		struct dimm_place p;

		CHECK_INT(row, dimm_place_of_label(row, &p), labels[i].known);
		CHECK_INT(row, p.socket, labels[i].socket);
		CHECK_INT(row, p.controller, labels[i].controller);
		CHECK_INT(row, p.channel, labels[i].channel);
		CHECK_INT(row, p.slot, labels[i].slot);
		CHECK_INT(row, p.csrow, labels[i].csrow);
	}
}

/* Two names of one board: the second shows how the first counts. */
static const struct {
	const char *name, *manufacturer;
	size_t n_sockets;
	int first_socket;
	const char *device[2], *bank[2];
	int socket[2], channel[2], slot[2];
} boards[] = {
	{"field-17 Intel",
	 "",
	 2,
	 U,
	 {"CPU1_DIMM_A1", "CPU2_DIMM_B2"},
	 {"NODE 1", "NODE 2"},
	 {0, 1},
	 {0, 1},
	 {0, 1}},
	{"counts from 0",
	 "",
	 2,
	 0,
	 {"CPU0_DIMM_A0", "CPU1_DIMM_C1"},
	 {"", ""},
	 {0, 1},
	 {0, 2},
	 {0, 1}},
	{"names of processors show where it starts",
	 "",
	 2,
	 0,
	 {"CPU1_DIMM_A1", "CPU1_DIMM_B1"},
	 {"", ""},
	 {1, 1},
	 {0, 1},
	 {0, 0}},
	{"Supermicro",
	 "Supermicro",
	 2,
	 1,
	 {"P1-DIMMA1", "P2-DIMMB2"},
	 {"P0_Node0_Channel0_Dimm0", "P1_Node1_Channel1_Dimm1"},
	 {0, 1},
	 {0, 1},
	 {0, 1}},
	{"AMD's reference names",
	 "",
	 2,
	 0,
	 {"DIMM 0", "DIMM 1"},
	 {"P0 CHANNEL A", "P1 CHANNEL H"},
	 {0, 1},
	 {0, 7},
	 {0, 1}},
	{"Gigabyte",
	 "Giga Computing",
	 2,
	 0,
	 {"DIMM_P0_A0", "DIMM_P1_D1"},
	 {"", ""},
	 {0, 1},
	 {0, 3},
	 {0, 1}},
	{"Dell's letter is a socket",
	 "Dell Inc.",
	 2,
	 1,
	 {"A1", "B12"},
	 {"", ""},
	 {0, 1},
	 {U, U},
	 {U, U}},
	{"a letter elsewhere is a channel",
	 "",
	 1,
	 U,
	 {"A1", "B2"},
	 {"", ""},
	 {U, U},
	 {0, 1},
	 {0, 1}},
	{"a letter for each processor may be a socket",
	 "",
	 2,
	 U,
	 {"A1", "B2"},
	 {"", ""},
	 {U, U},
	 {U, U},
	 {U, U}},
	{"HPE", "HPE", 2, 1, {"PROC 1 DIMM 3", "PROC 2 DIMM 10"}, {"", ""}, {0, 1}, {U, U}, {U, U}},
	{"Huawei", "Huawei", 2, 0, {"DIMM000", "DIMM131"}, {"", ""}, {0, 1}, {0, 3}, {0, 1}},
	{"desktop",
	 "",
	 1,
	 U,
	 {"ChannelA-DIMM0", "ChannelB-DIMM1"},
	 {"BANK 0", "BANK 3"},
	 {U, U},
	 {0, 1},
	 {0, 1}},
	{"Inspur", "", 2, 0, {"CPU0_C0D0", "CPU1_C7D1"}, {"", ""}, {0, 1}, {0, 7}, {0, 1}},
	{"a running number",
	 "Lenovo",
	 2,
	 1,
	 {"DIMM 1", "DIMM 12"},
	 {"", ""},
	 {U, U},
	 {U, U},
	 {U, U}},
	{"more sockets by name than processors",
	 "",
	 1,
	 U,
	 {"CPU1_DIMM_A1", "CPU2_DIMM_A1"},
	 {"", ""},
	 {U, U},
	 {0, 0},
	 {0, 0}},
	{"HP, with the order to fill",
	 "HP",
	 2,
	 1,
	 {"PROC 1 DIMM 4A", "P2 DIMM 12"},
	 {"", ""},
	 {0, 1},
	 {U, U},
	 {U, U}},
	{"Huawei's board for ARM",
	 "Huawei",
	 2,
	 0,
	 {"DIMM000 J11", "DIMM120(C)"},
	 {"", ""},
	 {0, 1},
	 {0, 2},
	 {0, 0}},
	{"Fujitsu",
	 "FUJITSU",
	 2,
	 1,
	 {"DIMM-1A", "DIMM-2B"},
	 {"CPU1", "CPU2"},
	 {0, 1},
	 {0, 1},
	 {0, 1}},
	{"ASUS",
	 "ASUSTeK COMPUTER INC.",
	 2,
	 1,
	 {"DIMM_A1(CPU1)", "DIMM_B2(CPU2)"},
	 {"NODE 1", ""},
	 {0, 1},
	 {0, 1},
	 {0, 1}},
	{"the bank is a socket",
	 "",
	 2,
	 0,
	 {"DIMMA1", "DIMM_B1"},
	 {"P0", "P1"},
	 {0, 1},
	 {0, 1},
	 {0, 0}},
	{"a running number in each node",
	 "",
	 2,
	 0,
	 {"Node0_Dimm1", "Node1_Dimm2"},
	 {"", ""},
	 {0, 1},
	 {U, U},
	 {U, U}},
	{"channels without a socket",
	 "",
	 1,
	 U,
	 {"MEM0_CH0_D0", "MEM1_CH1_D0"},
	 {"", ""},
	 {U, U},
	 {0, 1},
	 {0, 0}},
	{"banks alone",
	 "",
	 2,
	 0,
	 {"DIMM 0", "DIMM 1"},
	 {"NODE 0 CHANNEL 1 DIMM 0", "NODE 1 CHANNEL 0 DIMM 1"},
	 {0, 1},
	 {1, 0},
	 {0, 1}},
	{"nothing is known", "", 2, U, {"", "X"}, {"", "Y"}, {U, U}, {U, U}, {U, U}},
};

static void test_locators(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(boards); i++) {
		struct dimm_slot slots[2] = {
			{.device = boards[i].device[0], .bank = boards[i].bank[0]},
			{.device = boards[i].device[1], .bank = boards[i].bank[1]}};

		dimm_slots_place(slots, 2,
				 &(struct dimm_board){boards[i].manufacturer, boards[i].n_sockets,
						      boards[i].first_socket});
		for (int k = 0; k < 2; k++) {
			CHECK_INT(boards[i].name, slots[k].place.socket, boards[i].socket[k]);
			CHECK_INT(boards[i].name, slots[k].place.channel, boards[i].channel[k]);
			CHECK_INT(boards[i].name, slots[k].place.slot, boards[i].slot[k]);
		}
	}
}

/* Older boards of Supermicro: the letters of the second socket go on after the first's. */
static void test_letters_go_on(void **state)
{
	static const char *const names[] = {"P1-DIMMA1", "P1-DIMMB1", "P1-DIMMC1", "P1-DIMMD1",
					    "P2-DIMME1", "P2-DIMMF1", "P2-DIMMG1", "P2-DIMMH1"};
	struct dimm_slot slots[ARRAY_LEN(names)] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		slots[i] = (struct dimm_slot){.device = names[i], .bank = ""};
	dimm_slots_place(slots, ARRAY_LEN(names), &(struct dimm_board){"Supermicro", 2, 1});
	for (int i = 0; i < (int)ARRAY_LEN(names); i++) {
		CHECK_INT(names[i], slots[i].place.socket, i / 4);
		CHECK_INT(names[i], slots[i].place.channel, i % 4);
	}
}

static void test_first_socket(void **state)
{
	static const struct {
		const char *names[2];
		size_t n;
		int first;
	} rows[] = {
		{{"CPU0", "CPU1"}, 2, 0}, {{"CPU 2", "CPU 1"}, 2, 1},
		{{"Proc 1", ""}, 1, 1},   {{"LGA3647", "LGA3647"}, 2, U},
		{{"U3E1", ""}, 1, U},     {{"CPU0", "Node"}, 2, U},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(rows[i].names[0], dimm_first_socket(rows[i].names, rows[i].n),
			  rows[i].first);
}

/* ---- who is suspected ------------------------------------------------------------------------ */

/* Two sockets of two channels with two slots each. */
static void build(component_list *list)
{
	for (int s = 0; s < 2; s++) {
		struct component *c = component_add(list, COMPONENT_CPU, s ? "1" : "0");

		c->place.socket = s;
	}
	for (int i = 0; i < 8; i++) {
		char name[32];
		struct dimm_place p = DIMM_NOWHERE;

		p.socket = i / 4;
		p.channel = i / 2 % 2;
		p.slot = i % 2;
		snprintf(name, sizeof(name), "CPU%d_DIMM_%c%d", p.socket + 1, 'A' + p.channel,
			 p.slot + 1);
		struct component *c = component_add(list, COMPONENT_DIMM, name);
		(void)text_fit(c->location, sizeof(c->location), name);
		(void)text_fit(c->locator, sizeof(c->locator), name);
		c->place = p;
	}
}

static const struct {
	const char *label;
	int n_controllers, n_channels;
	bool amd;
	enum certainty certainty;
	size_t n;
	const char *first;
} suspicions[] = {
	{"CPU2_DIMM_B1", 2, 2, false, CERTAINTY_CERTAIN, 1, "CPU2_DIMM_B1"},
	{"cpu2 dimm b1", 2, 2, false, CERTAINTY_CERTAIN, 1, "CPU2_DIMM_B1"},
	{"CPU_SrcID#1_MC#0_Chan#1_DIMM#0", 2, 2, false, CERTAINTY_LIKELY, 1, "CPU2_DIMM_B1"},
	{"CPU_SrcID#0_MC#1_Chan#0_DIMM#1", 4, 1, false, CERTAINTY_LIKELY, 1, "CPU1_DIMM_B2"},
	{"CPU_SrcID#1_MC#0_Chan#1", 2, 2, false, CERTAINTY_ONE_OF, 2, "CPU2_DIMM_B1"},
	{"mc#1csrow#2channel#1", 2, 2, true, CERTAINTY_LIKELY, 1, "CPU2_DIMM_B2"},
	{"mc#1csrow#2channel#1", 2, 8, true, CERTAINTY_ONE_OF, 2, "CPU2_DIMM_A2"},
	{"mc#1csrow#2channel#1", 2, 2, false, CERTAINTY_ONE_OF, 2, "CPU2_DIMM_B1"},
	{"mc#5csrow#2channel#1", 8, 2, false, CERTAINTY_ONE_OF, 8, "CPU1_DIMM_A1"},
	/* kernel and board disagree: the socket holds, the rest stays open */
	{"CPU_SrcID#1_MC#0_Chan#5_DIMM#0", 2, 6, false, CERTAINTY_ONE_OF, 2, "CPU2_DIMM_A1"},
	{"CPU_SrcID#7_MC#0_Chan#5", 2, 6, false, CERTAINTY_ONE_OF, 8, "CPU1_DIMM_A1"},
	{"some word", 2, 2, false, CERTAINTY_ONE_OF, 8, "CPU1_DIMM_A1"},
	{"", 2, 2, false, CERTAINTY_ONE_OF, 8, "CPU1_DIMM_A1"},
};

static void test_suspects(void **state)
{
	component_list list = {0};

	(void)state;
	build(&list);
	for (size_t i = 0; i < ARRAY_LEN(suspicions); i++) {
		const char *row = suspicions[i].label;
		struct edac_place e = {.n_controllers = suspicions[i].n_controllers,
				       .n_channels = suspicions[i].n_channels,
				       .amd = suspicions[i].amd};
		struct suspects s;

		(void)text_fit(e.label, sizeof(e.label), row);
		(void)dimm_place_of_label(row, &e.place);
		suspects_of_edac(&list, &e, &s);
		CHECK_INT(row, s.n_all, suspicions[i].n);
		CHECK_INT(row, s.certainty, suspicions[i].certainty);
		CHECK_STR(row, s.parts[0]->location, suspicions[i].first);
	}
	VEC_DONE(&list);
}

static void test_a_host_without_modules(void **state)
{
	component_list none = {0};
	struct suspects s;

	(void)state;
	suspects_of_edac(&none, &(struct edac_place){.label = "x"}, &s);
	assert_int_equal(s.n_all, 0);
	assert_int_equal(s.certainty, CERTAINTY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),        cmocka_unit_test(test_locators),
		cmocka_unit_test(test_letters_go_on), cmocka_unit_test(test_first_socket),
		cmocka_unit_test(test_suspects),      cmocka_unit_test(test_a_host_without_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
