/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors and event logs of BMCs: which line is a fault, and of which fan, supply or part. The texts
 * have the forms of ipmitool's commands on boards of several vendors.
 */
#include <tests/harness/check.h>

#include <base/str.h>
#include <burnin/bmc_text.h>

struct seen {
	unsigned n;
	enum burnin_symptom symptom;
	char slot[129], message[257];
};

static void note(void *arg, const struct burnin_finding *f)
{
	struct seen *s = arg;
	struct burnin_order order;

	s->n++;
	s->symptom = f->symptom;
	burnin_order_of(f, &order);
	(void)str_copy(s->slot, sizeof(s->slot), order.slot);
	(void)str_copy(s->message, sizeof(s->message), f->message);
}

static const struct {
	const char *name, *text;
	bool events;
	int n_read;
	enum burnin_symptom symptom;
	const char *slot, *message;
} rows[] = {
	{"a fan that turns", "FAN1             | 41h | ok  | 29.1 | 8400 RPM\n", false, 1,
	 SYMPTOM_NONE, "", ""},
	{"a fan that stands", "FAN3             | 43h | cr  | 29.3 | 0 RPM\n", false, 1,
	 SYMPTOM_FAN_FAILED, "FAN3", "FAN3: critical, 0 RPM"},
	{"sdr list", "Sys Fan 2        | 0 RPM             | nr\n", false, 1, SYMPTOM_FAN_FAILED,
	 "Sys Fan 2", "Sys Fan 2: critical, 0 RPM"},
	{"sensor",
	 "FAN4             | 300.000    | RPM        | lcr   | 300.000   | 500.000   | 700.000   | "
	 "25300.000 | 25400.000 | 25500.000\n",
	 false, 1, SYMPTOM_FAN_FAILED, "FAN4", ""},
	{"an empty bay", "FAN5             | 45h | ns  | 29.5 | No Reading\n", false, 0,
	 SYMPTOM_NONE, "", ""},
	{"a warning", "FAN6             | 46h | nc  | 29.6 | 900 RPM\n", false, 0, SYMPTOM_NONE, "",
	 ""},
	{"a supply that is there", "PS1 Status       | C8h | ok  | 10.1 | Presence detected\n",
	 false, 1, SYMPTOM_NONE, "", ""},
	{"a supply without power",
	 "PS2 Status       | C9h | ok  | 10.2 | Presence detected, Power Supply AC lost\n", false,
	 1, SYMPTOM_SUPPLY_FAILED, "PS2", "PS2 Status: Presence detected, Power Supply AC lost"},
	{"a supply that is called nothing but that",
	 "Power Supply     | C9h | ok  | 10.2 | Presence detected, Failure detected\n", false, 1,
	 SYMPTOM_SUPPLY_FAILED, "PSU 2", ""},
	{"a fan that is called nothing but that", "Fan Tach         | 43h | cr  | 29.4 | 0 RPM\n",
	 false, 1, SYMPTOM_FAN_FAILED, "Fan 4", "Fan Tach: critical, 0 RPM"},
	{"Dell's fan", "Fan1A RPM        | 30h | cr  |  7.1 | 0 RPM\n", false, 1,
	 SYMPTOM_FAN_FAILED, "Fan1A", ""},
	{"words after an underscore", "FAN_2_TACH       | 43h | cr  | 29.2 | 0 RPM\n", false, 1,
	 SYMPTOM_FAN_FAILED, "FAN_2", ""},
	{"the input of a supply", "PS1 Input Power  | 0 | Watts | lcr | 0 | 1 | 2 | na | na | na\n",
	 false, 1, SYMPTOM_SUPPLY_FAILED, "PS1", ""},
	{"a supply that failed",
	 "PSU2             | C9h | ok  | 10.2 | Presence detected, Failure detected\n", false, 1,
	 SYMPTOM_SUPPLY_FAILED, "PSU2", ""},
	{"a supply that will fail", "Power Supply 1   | C9h | ok  | 10.2 | Predictive failure\n",
	 false, 1, SYMPTOM_SUPPLY_FAILED, "Power Supply 1", ""},
	{"redundancy lost", "PS Redundancy    | 77h | ok  |  7.1 | Redundancy Lost\n", false, 1,
	 SYMPTOM_REDUNDANCY_LOST, "", ""},
	{"fully redundant", "PS Redundancy    | 77h | ok  |  7.1 | Fully Redundant\n", false, 1,
	 SYMPTOM_NONE, "", ""},
	{"too hot", "CPU1 Temp        | 01h | cr  |  3.1 | 101 degrees C\n", false, 1,
	 SYMPTOM_SENSOR_CRITICAL, "", "CPU1 Temp: critical, 101 degrees C"},
	{"a voltage", "P12V             | 12.600     | Volts | unr\n", false, 1,
	 SYMPTOM_SENSOR_CRITICAL, "", ""},
	{"no sensors", "Could not open device at /dev/ipmi0\n", false, 0, SYMPTOM_NONE, "", ""},
	{"nothing", "", false, 0, SYMPTOM_NONE, "", ""},
	{"garbage", "|||||||||||||||||||||||||||||\n\x80|\xff|cr\n", false, 1,
	 SYMPTOM_SENSOR_CRITICAL, "", ""},

	{"memory", "   1 | 11/30/2026 | 08:00:01 | Memory DIMM_A1 | Uncorrectable ECC | Asserted\n",
	 true, 1, SYMPTOM_DIMM_UNCORRECTABLE, "DIMM_A1", "DIMM_A1: Uncorrectable ECC"},
	{"memory in the words",
	 "   1 | 11/30/2026 | 08:00:01 | Memory | Correctable ECC @DIMMB1(CPU1) | Asserted\n", true,
	 1, SYMPTOM_DIMM_CORRECTABLE, "DIMMB1", ""},
	{"memory behind the words",
	 "   1 | 11/30/2026 | 08:00:01 | Memory #0x02 | Uncorrectable ECC | Asserted | DIMM A2\n",
	 true, 1, SYMPTOM_DIMM_UNCORRECTABLE, "DIMM A2", ""},
	{"memory by a long name",
	 "   1 | 11/30/2026 | 08:00:01 | Memory P1-DIMMC2 ECC | Correctable ECC | Asserted\n", true,
	 1, SYMPTOM_DIMM_CORRECTABLE, "P1-DIMMC2", ""},
	{"memory without a place",
	 "   1 | 11/30/2026 | 08:00:01 | Memory ECC2 | Correctable ECC | Asserted\n", true, 1,
	 SYMPTOM_DIMM_CORRECTABLE, "", ""},
	{"memory, corrected",
	 "  1f | 11/30/2026 | 08:00:01 | Memory #0x53 | Correctable ECC | "
	 "Asserted\n",
	 true, 1, SYMPTOM_DIMM_CORRECTABLE, "", "#0x53: Correctable ECC"},
	{"taken back",
	 "   1 | 11/30/2026 | 08:00:01 | Memory #0x53 | Correctable ECC | Deasserted\n", true, 1,
	 SYMPTOM_NONE, "", ""},
	{"before the clock was set",
	 "   2 | Pre-Init  |0000000040| Power Supply PS2 | Power Supply AC lost | Asserted\n", true,
	 1, SYMPTOM_SUPPLY_FAILED, "PS2", ""},
	{"a supply",
	 "   2 | 11/30/2026 | 08:00:01 | Power Supply PS2 | Power Supply AC lost | Asserted\n",
	 true, 1, SYMPTOM_SUPPLY_FAILED, "PS2", ""},
	{"a fan",
	 "   3 | 11/30/2026 | 08:00:01 | Fan FAN3 | Lower Critical going low  | Asserted | Reading "
	 "0 < Threshold 500 RPM\n",
	 true, 1, SYMPTOM_FAN_FAILED, "FAN3", ""},
	{"a fan, a warning",
	 "   3 | 11/30/2026 | 08:00:01 | Fan FAN3 | Lower Non-critical going low  | Asserted\n",
	 true, 1, SYMPTOM_NONE, "", ""},
	{"a processor", "   4 | 11/30/2026 | 08:00:01 | Processor CPU1 | IERR | Asserted\n", true,
	 1, SYMPTOM_CPU_MACHINE_CHECK, "CPU1", ""},
	{"a bus",
	 "   5 | 11/30/2026 | 08:00:01 | Critical Interrupt #0x05 | Bus Fatal Error | Asserted\n",
	 true, 1, SYMPTOM_PCIE_FATAL, "", ""},
	{"the log was cleared",
	 "   1 | 11/30/2026 | 08:00:01 | Event Logging Disabled SEL | Log area reset/cleared | "
	 "Asserted\n",
	 true, 1, SYMPTOM_NONE, "", ""},
	{"an empty log", "SEL has no entries\n", true, 0, SYMPTOM_NONE, "", ""},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s = {0};
		int n = (rows[i].events ? bmc_events_read : bmc_sensors_read)(
			rows[i].text, strlen(rows[i].text), note, &s);

		CHECK_INT(rows[i].name, n, rows[i].n_read);
		CHECK_INT(rows[i].name, s.symptom, rows[i].symptom);
		CHECK_INT(rows[i].name, s.n, rows[i].symptom != SYMPTOM_NONE);
		CHECK_STR(rows[i].name, s.slot, rows[i].slot);
		if (*rows[i].message)
			CHECK_STR(rows[i].name, s.message, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
