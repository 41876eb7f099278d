/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports. Input: result documents of judge.c, read back from files; text of hosts in them was made
 * printable before, and JSON and XML writers escape the rest.
 */
#include "report.h"

#include <string.h>
#include <base/file.h>
#include <base/json.h>
#include "xml.h"

#define TABLE_MAX_BYTES (64 * 1024)

static const char *text_of(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_string(v) ? json_string_value(v) : "";
}

static bool true_at(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

json_t *report_document(json_t *results)
{
	int passed = 0, failed = 0;
	json_t *result;
	size_t i;

	json_array_foreach (results, i, result) {
		passed += true_at(result, "passed");
		failed += !true_at(result, "passed");
	}
	return json_pack("{s:O, s:i, s:i}", "scenarios", results, "passed", passed, "failed",
			 failed);
}

json_t *report_lost(const char *scenario_name, const char *trouble)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:f, s:i, s:[]}", "name", scenario_name, "title", "",
			 "passed", 0, "trouble", trouble, "took_s", 0.0, "server_restarts", 0,
			 "hosts");
}

/* ---- tables: two, so that neither is wider than a console of 100 columns --------------------- */

static const struct {
	const char *key, *title;
} stage_columns[] = {
	{"contact", "contact"}, {"discover", "discover"}, {"inspect", "inspect"},
	{"burn_in", "burn-in"}, {"image", "image"},       {"verify", "verify"},
	{"total", "total"},
};

static void hosts_table(const json_t *hosts, struct str *s)
{
	const json_t *host;
	size_t i;

	str_addf(s, "%-11s %-7s %-4s %-22s %-11s %6s %5s  %s\n", "host", "arch", "fw", "serial",
		 "state", "MiB", "disks", "cpu");
	json_array_foreach (hosts, i, host)
		str_addf(s, "%-11.11s %-7s %-4s %-22.22s %-11s %6lld %5lld  %.26s\n",
			 text_of(host, "name"), text_of(host, "arch"), text_of(host, "firmware"),
			 text_of(host, "serial"), text_of(host, "state"),
			 (long long)json_integer_value(json_object_get(host, "memory_mib")),
			 (long long)json_integer_value(json_object_get(host, "disks")),
			 text_of(host, "cpu"));
}

static void stage_row(const json_t *host, struct str *s)
{
	const json_t *stages = json_object_get(host, "stages");
	const char *digest = text_of(host, "image_digest");

	str_addf(s, "%-11.11s %-12.12s %5s ", text_of(host, "name"), *digest ? digest : "-",
		 true_at(host, "decoy_unchanged") ? "same" : "BAD");
	for (size_t i = 0; i < ARRAY_LEN(stage_columns); i++) {
		const json_t *v = json_object_get(stages, stage_columns[i].key);

		if (v)
			str_addf(s, " %8.1f", json_number_value(v));
		else
			str_addf(s, " %8s", "-");
	}
	str_add(s, "\n");
}

static void stages_table(const json_t *hosts, struct str *s)
{
	const json_t *host;
	size_t i;

	str_addf(s, "%-11s %-12s %5s ", "seconds", "image", "decoy");
	for (i = 0; i < ARRAY_LEN(stage_columns); i++)
		str_addf(s, " %8s", stage_columns[i].title);
	str_add(s, "\n");
	json_array_foreach (hosts, i, host)
		stage_row(host, s);
}

static void table_broken(const json_t *host, struct str *s)
{
	const json_t *check;
	size_t i;

	json_array_foreach (json_object_get(host, "checks"), i, check)
		if (!true_at(check, "passed"))
			str_addf(s, "  %s: %s: %s\n", text_of(host, "name"), text_of(check, "name"),
				 text_of(check, "detail"));
	if (!true_at(host, "passed") && *text_of(host, "state_detail"))
		str_addf(s, "  %s: the server says: %s\n", text_of(host, "name"),
			 text_of(host, "state_detail"));
}

void report_table(const json_t *result, struct str *s)
{
	const json_t *hosts = json_object_get(result, "hosts");
	const json_t *host;
	size_t i;

	str_addf(s, "\n%s: %s after %.0f s%s%s\n", text_of(result, "name"),
		 true_at(result, "passed") ? "passed" : "FAILED",
		 json_number_value(json_object_get(result, "took_s")),
		 *text_of(result, "trouble") ? ": " : "", text_of(result, "trouble"));
	if (json_array_size(hosts)) {
		hosts_table(hosts, s);
		stages_table(hosts, s);
	}
	json_array_foreach (hosts, i, host)
		table_broken(host, s);
}

void report_summary(const json_t *report, struct str *s)
{
	unsigned ready = 0, failed = 0, stopped = 0, lost = 0;
	const json_t *result, *host;
	size_t i, j;

	json_array_foreach (json_object_get(report, "scenarios"), i, result) {
		const json_t *hosts = json_object_get(result, "hosts");

		lost += json_array_size(hosts) == 0;
		json_array_foreach (hosts, j, host) {
			bool is_ready = str_eq(text_of(host, "state"), "ready");

			failed += !true_at(host, "passed");
			ready += true_at(host, "passed") && is_ready;
			stopped += true_at(host, "passed") && !is_ready;
		}
	}
	str_addf(s, "lab: %u ready, %u failed", ready, failed);
	if (stopped)
		str_addf(s, ", %u stopped as expected", stopped);
	if (lost)
		str_addf(s, ", %u scenarios not played", lost);
	str_add(s, "\n");
}

/* ---- JUnit ----------------------------------------------------------------------------------- */

static void junit_case(struct xml *x, const char *scenario, const char *host, const char *check,
		       bool passed, const char *detail)
{
	autofree char *name = xasprintf("%s: %s", host, check);

	xml_open(x, "testcase");
	xml_attr(x, "classname", scenario);
	xml_attr(x, "name", name);
	if (!passed)
		XML_LEAF(x, "failure", "message", detail);
	xml_close(x);
}

static void junit_count(const json_t *result, unsigned *tests, unsigned *failures)
{
	const json_t *host, *check;
	size_t i, j;

	*tests = 1; /* the scenario itself */
	*failures = *text_of(result, "trouble") != '\0';
	json_array_foreach (json_object_get(result, "hosts"), i, host)
		json_array_foreach (json_object_get(host, "checks"), j, check) {
			(*tests)++;
			*failures += !true_at(check, "passed");
		}
}

static void junit_number(struct xml *x, const char *name, int decimals, double number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.*f", decimals, number);
	xml_attr(x, name, text);
}

static void junit_suite(struct xml *x, const json_t *result)
{
	const char *scenario = text_of(result, "name"), *trouble = text_of(result, "trouble");
	const json_t *host, *check;
	unsigned tests, failures;
	size_t i, j;

	junit_count(result, &tests, &failures);
	xml_open(x, "testsuite");
	xml_attr(x, "name", scenario);
	junit_number(x, "tests", 0, tests);
	junit_number(x, "failures", 0, failures);
	junit_number(x, "time", 1, json_number_value(json_object_get(result, "took_s")));
	junit_case(x, scenario, "lab", "played to its end", !*trouble, trouble);
	json_array_foreach (json_object_get(result, "hosts"), i, host)
		json_array_foreach (json_object_get(host, "checks"), j, check)
			junit_case(x, scenario, text_of(host, "name"), text_of(check, "name"),
				   true_at(check, "passed"), text_of(check, "detail"));
	xml_close(x);
}

int report_junit(const json_t *report, char **ret_xml, struct err *err)
{
	const json_t *result;
	struct xml x;
	size_t i;

	xml_init(&x);
	xml_open(&x, "testsuites");
	json_array_foreach (json_object_get(report, "scenarios"), i, result)
		junit_suite(&x, result);
	*ret_xml = xml_take(&x);
	return *ret_xml ? 0 : err_set(err, ERR_IO, "cannot make the JUnit report");
}

static int write_in(const char *folder, const char *name, const char *text, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", folder, name);

	return file_write_atomic(path, text, strlen(text), 0644, err);
}

int report_write(const json_t *report, const char *folder, struct err *err)
{
	autofree char *json = json_dumps(report, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	autofree char *xml = NULL;

	TRY(write_in(folder, "report.json", json, err));
	TRY(report_junit(report, &xml, err));
	return write_in(folder, "junit.xml", xml, err);
}
