/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCP records against a golden stream, and the check that the server makes of each record.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <stdlib.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/record.h>

static void collect(void *arg, json_t *record)
{
	struct str *out = arg;
	autofree char *text = json_text(record);

	assert_int_equal(ocp_check_record(record, NULL), 0);
	str_addf(out, "%s\n", text);
	json_decref(record);
}

static int64_t noon(void *arg)
{
	(void)arg;
	return 1793534400000000;
}

#define AT ",\"timestamp\":\"2026-11-01T12:00:00Z\"}\n"
#define STEP(seq, inner)                                                                           \
	"{\"sequenceNumber\":" seq ",\"testStepArtifact\":{" inner                                 \
	",\"testStepId\":\"disk-read\"}" AT
static const char golden[] =
	"{\"schemaVersion\":{\"major\":2,\"minor\":0},\"sequenceNumber\":0" AT
	"{\"sequenceNumber\":1,\"testRunArtifact\":{\"testRunStart\":{\"commandLine\":\"c\","
	"\"dutInfo\":{\"dutInfoId\":\"h\","
	"\"hardwareInfos\":[{\"hardwareInfoId\":\"disk-0\",\"location\":\"Slot "
	"1\",\"name\":\"sda\",\"partType\":\"disk\","
	"\"serialNumber\":\"S\"}],\"name\":\"host\"},\"name\":\"slipway-burn-in\",\"parameters\":{}"
	",\"version\":\"1\"}}" AT
	"{\"sequenceNumber\":2,\"testStepArtifact\":{\"testStepId\":\"disk-read\","
	"\"testStepStart\":{\"name\":\"read\"}}" AT STEP(
		"3", "\"measurement\":{\"hardwareInfoId\":\"disk-0\",\"name\":\"read-errors\","
		     "\"unit\":\"blocks\","
		     "\"validators\":[{\"type\":\"EQUAL\",\"value\":0}],\"value\":2}")
		STEP("4", "\"diagnosis\":{\"hardwareInfoId\":\"disk-0\",\"message\":\"m\",\"type\":"
			  "\"FAIL\",\"verdict\":\"disk-read-error\"}")
			STEP("5",
			     "\"log\":{\"message\":\"bad \\\\xff byte\",\"severity\":\"WARNING\"}")
				STEP("6", "\"error\":{\"message\":\"gone\",\"symptom\":\"tool-not-"
					  "run\"}")
					STEP("7",
					     "\"extension\":{\"content\":{},\"name\":\"coverage\"}")
						STEP("8", "\"testStepEnd\":{\"status\":"
							  "\"COMPLETE\"}") "{\"sequenceNumber\":9,"
									   "\"testRunArtifact\":{"
									   "\"testRunEnd\":{"
									   "\"result\":\"FAIL\","
									   "\"status\":"
									   "\"COMPLETE\"}}" AT;

static void test_golden_stream(void **state)
{
	autostr struct str out = {0};
	component_list parts = {0};
	struct ocp_stream s = {.emit = collect, .wall_us = noon, .arg = &out};
	const char *step = "disk-read";

	(void)state;
	str_init(&out, 65536);
	struct component *disk = component_add(&parts, COMPONENT_DISK, "sda");
	(void)str_copy(disk->location, sizeof(disk->location), "Slot 1");
	(void)str_copy(disk->serial, sizeof(disk->serial), "S");
	ocp_begin(&s, &(struct ocp_run){.name = "slipway-burn-in",
					.version = "1",
					.command_line = "c",
					.dut_id = "h",
					.dut_name = "host",
					.components = &parts});
	ocp_step_start(&s, step, "read");
	ocp_measure(&s, step,
		    &(struct ocp_measurement){.component = disk,
					      .name = "read-errors",
					      .value = 2,
					      .unit = "blocks",
					      .validator = {"EQUAL", 0}});
	ocp_diagnose(&s, step, disk, OCP_FAIL, "disk-read-error", "m");
	ocp_log(&s, step, "WARNING", "bad \xff byte");
	ocp_error(&s, step, "tool-not-run", "gone");
	ocp_extend(&s, step, "coverage", json_object());
	ocp_step_end(&s, step, OCP_COMPLETE);
	ocp_end(&s, OCP_COMPLETE, OCP_RESULT_FAIL);
	assert_string_equal(out.p, golden);
	VEC_DONE(&parts);
}

/* One record a line into the file that SLIPWAY_TEST_OCP names, where tests/flow/api_contract.sh holds
 * them against OCP's own schemas. */
static void store(void *arg, json_t *record)
{
	FILE *file = arg;

	assert_int_equal(ocp_check_record(record, NULL), 0);
	assert_true(json_dumpf(record, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF);
	json_decref(record);
}

static void fill_part(struct component *c)
{
	(void)str_copy(c->name, sizeof(c->name), "ST8000NM");
	(void)str_copy(c->location, sizeof(c->location), "Slot 07");
	(void)str_copy(c->serial, sizeof(c->serial), "ZA1B2C3D");
	(void)str_copy(c->manufacturer, sizeof(c->manufacturer), "Seagate");
	(void)str_copy(c->part_number, sizeof(c->part_number), "1V2107-100");
	(void)str_copy(c->revision, sizeof(c->revision), "SN05");
}

/* A step that ends so, with each kind of record. */
static void emit_step_of_all(struct ocp_stream *s, const struct component *part, int status)
{
	static const char *const limits[] = {"EQUAL", "LESS_THAN_OR_EQUAL", "GREATER_THAN_OR_EQUAL",
					     NULL};

	ocp_step_start(s, "smart", "health of the disks");
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		ocp_measure(s, "smart",
			    &(struct ocp_measurement){.component = i ? part : NULL,
						      .name = "temperature",
						      .value = i ? 41 : 0.25,
						      .unit = i ? "C" : "",
						      .validator = {limits[i], 60.5}});
	for (int v = OCP_PASS; v <= OCP_UNKNOWN; v++)
		ocp_diagnose(s, "smart", v == OCP_FAIL ? part : NULL, (enum ocp_verdict)v,
			     "disk-bad-sectors", v == OCP_PASS ? "" : "pending-sectors is 8");
	ocp_log(s, "smart", "INFO", "a line");
	ocp_error(s, "smart", "tool-not-run", "");
	ocp_extend(s, "smart", "repair-order",
		   json_pack("{s:s, s:[]}", "action", "Replace disk", "suspects"));
	ocp_step_end(s, "smart", (enum ocp_status)status);
}

static void test_samples(void **state)
{
	const char *path = getenv("SLIPWAY_TEST_OCP");
	FILE *file = fopen(path ? path : "/dev/null", "w");
	component_list parts = {0};
	struct ocp_stream s = {.emit = store, .wall_us = noon, .arg = file};

	(void)state;
	assert_non_null(file);
	for (int k = 0; k < _COMPONENT_KIND_MAX; k++)
		fill_part(component_add(&parts, (enum component_kind)k, "key"));
	(void)component_add(&parts, COMPONENT_DISK, "sdb"); /* of which nothing is known */
	ocp_begin(&s, &(struct ocp_run){.name = "slipway-burn-in",
					.version = "1",
					.command_line = "slipway-agent",
					.dut_id = "h",
					.components = &parts,
					.parameters = json_pack("{s:s}", "tier", "quick")});
	ocp_log(&s, NULL, "DEBUG", "of the run");
	ocp_error(&s, NULL, "no-tools", "of the run");
	for (int status = OCP_COMPLETE; status <= OCP_SKIP; status++)
		emit_step_of_all(&s, &parts.items[0], status);
	ocp_end(&s, OCP_ERROR, OCP_RESULT_NOT_APPLICABLE);
	ocp_end(&s, OCP_COMPLETE, OCP_RESULT_FAIL);
	VEC_DONE(&parts);
	assert_int_equal(fclose(file), 0);
}

#define WHEN "\"sequenceNumber\":1,\"timestamp\":\"2026-11-01T12:00:00Z\""
static const struct {
	const char *name, *record;
	enum err_code code;
} rows[] = {
	{"run end",
	 "{" WHEN
	 ",\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"PASS\"}}}",
	 0},
	{"run end without a verdict",
	 "{" WHEN
	 ",\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"SKIP\",\"result\":\"NOT_APPLICABLE\"}}}",
	 0},
	{"run end, empty", "{" WHEN ",\"testRunArtifact\":{\"testRunEnd\":{}}}", ERR_INVALID},
	{"run end, a pair that OCP has not",
	 "{" WHEN
	 ",\"testRunArtifact\":{\"testRunEnd\":{\"status\":\"ERROR\",\"result\":\"PASS\"}}}",
	 ERR_INVALID},
	{"diagnosis of no type",
	 "{" WHEN ",\"testStepArtifact\":{\"testStepId\":\"1\",\"diagnosis\":{\"verdict\":\"v\"}}}",
	 ERR_INVALID},
	{"series",
	 "{" WHEN ",\"testStepArtifact\":{\"testStepId\":\"1\",\"measurementSeriesStart\":{}}}", 0},
	{"no artifact", "{" WHEN "}", ERR_INVALID},
	{"two artifacts",
	 "{" WHEN ",\"testRunArtifact\":{\"log\":{}},\"testStepArtifact\":{\"testStepId\":\"1\","
	 "\"log\":{}}}",
	 ERR_INVALID},
	{"two members", "{" WHEN ",\"testRunArtifact\":{\"log\":{},\"error\":{}}}", ERR_INVALID},
	{"unknown member", "{" WHEN ",\"testRunArtifact\":{\"rumour\":{}}}", ERR_INVALID},
	{"known and unknown member", "{" WHEN ",\"testRunArtifact\":{\"log\":{},\"rumour\":{}}}",
	 ERR_FIELD_UNKNOWN},
	{"step without its name", "{" WHEN ",\"testStepArtifact\":{\"log\":{}}}",
	 ERR_FIELD_MISSING},
	{"another schema", "{" WHEN ",\"schemaVersion\":{\"major\":3,\"minor\":0}}",
	 ERR_FIELD_RANGE},
	{"no number", "{\"timestamp\":\"2026-11-01T12:00:00Z\",\"testRunArtifact\":{\"log\":{}}}",
	 ERR_FIELD_MISSING},
	{"no time",
	 "{\"sequenceNumber\":1,\"timestamp\":\"soon\",\"testRunArtifact\":{\"log\":{}}}",
	 ERR_INVALID},
	{"text", "\"x\"", ERR_FIELD_TYPE},
};

static void test_checking(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojson json_t *record = json_loads(rows[i].record, JSON_DECODE_ANY, NULL);

		CHECK(rows[i].name, record);
		CHECK_ERR(rows[i].name, ocp_check_record(record, NULL), rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_stream),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_checking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
