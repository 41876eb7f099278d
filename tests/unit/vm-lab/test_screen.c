/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's line on the terminal: what it is doing, how far it is, how long it takes, what went
 * wrong.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <vm-lab/screen.h>

#define VIEW(state_, detail_, message_, done_, eta_s_)                                             \
	{                                                                                          \
		.known = true, .state = state_, .detail = detail_, .message = message_,            \
		.done = (done_), .total = (done_) < 0 ? 0 : 100, .eta_s = (eta_s_)                 \
	}

static const struct {
	const char *name;
	struct host_view view;
	enum host_phase phase;
	unsigned own_boots;
	bool off_by_deed;
	const char *trouble, *line;
} rows[] = {
	{"nothing heard yet",
	 {.known = false, .eta_s = -1},
	 PHASE_FLOW,
	 0,
	 false,
	 "",
	 "a          x86_64  uefi 1:05  booting    "},
	{"writing", VIEW("imaging", "writing begins", "write", 40, 65), PHASE_FLOW, 0, false, "",
	 "a          x86_64  uefi 1:05  imaging      40 %  left 1:05  write"},
	{"no progress", VIEW("verifying", "written and read back", "", -1, -1), PHASE_FLOW, 0,
	 false, "", "a          x86_64  uefi 1:05  verifying    written and read back"},
	{"done", VIEW("ready", "the installed system reported", "write", 100, -1), PHASE_DONE, 0,
	 false, "", "a          x86_64  uefi 1:05  ready        the installed system reported"},
	{"plug pulled", VIEW("imaging", "writing begins", "write", 40, -1), PHASE_FLOW, 0, true, "",
	 "a          x86_64  uefi 1:05  powered off  40 %  write"},
	{"second boot", VIEW("ready", "reported", "", -1, -1), PHASE_CYCLE, 1, false, "",
	 "a          x86_64  uefi 1:05  power cycle own boots 1/3"},
	{"trouble", VIEW("imaging", "writing begins", "write", 40, -1), PHASE_DONE, 0, false,
	 "the host switched itself off",
	 "a          x86_64  uefi 1:05  trouble      the host switched itself off"},
};

static void says_what_a_host_does(void **state)
{
	static const struct lab_host spec = {
		.name = "a", .arch = ARCH_X86_64, .firmware = FIRMWARE_UEFI, .power_cycles = 3};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench_host h = {.spec = &spec,
				       .view = rows[i].view,
				       .phase = rows[i].phase,
				       .own_boots = rows[i].own_boots,
				       .off_by_deed = rows[i].off_by_deed,
				       .power_on_ms = 1000,
				       .total_s = -1};
		autostr struct str line;

		(void)str_copy(h.trouble, sizeof(h.trouble), rows[i].trouble);
		str_init(&line, 512);
		screen_line(&h, 66000, &line);
		CHECK_STR(rows[i].name, line.p, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_a_host_does)};

	return cmocka_run_group_tests_name("lab screen", tests, NULL, NULL);
}
