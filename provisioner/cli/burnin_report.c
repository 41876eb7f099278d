/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report; see burnin_report.h. The server makes the document; the page is made here,
 * by what the server uses for its own. Input: the server's answer, with texts of machines.
 */
#include "burnin_report.h"

#include <stddef.h>
#include <stdio.h>

#include <base/limits.h>
#include <base/str.h>
#include <burnin/report_page.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "host_ref.h"
#include "option_table.h"

#define PAGE_MAX_BYTES (64 * MIB)
#define RANKED_LINES   5 /* of each ranking, in the short text */

struct arguments {
	const char *delivery;
	bool html, json;
};

static int print_page(const json_t *report)
{
	autostr struct str page = {0};

	str_init(&page, PAGE_MAX_BYTES);
	report_page(report, &page);
	return str_ok(&page) && fputs(page.p, stdout) >= 0 ? EXIT_WELL : EXIT_OUTPUT;
}

static void print_ranking(const json_t *report, const char *key, const char *title)
{
	const json_t *rows = json_object_get(json_object_get(report, "failures"), key);
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		autofree char *name = display_text(api_text(row, "name"));
		long long parts = api_number(row, "parts");

		if (i == RANKED_LINES)
			return;
		printf("%s %s: %lld faults on %lld hosts", title, name, api_number(row, "faults"),
		       api_number(row, "hosts"));
		if (parts > 0)
			printf(", of %lld parts", parts);
		puts("");
	}
}

static int print_short(const json_t *report)
{
	const json_t *counts = json_object_get(report, "counts");

	printf("%lld hosts: %lld passed, %lld failed, %lld incomplete, %lld not tested; %lld open "
	       "faults\n",
	       api_number(counts, "hosts"), api_number(counts, "passed"),
	       api_number(counts, "failed"), api_number(counts, "incomplete"),
	       api_number(counts, "not_tested"), api_number(counts, "open_faults"));
	print_ranking(report, "codes", "fault");
	print_ranking(report, "part_numbers", "part number");
	print_ranking(report, "lots", "lot");
	print_ranking(report, "firmware", "firmware of");
	return EXIT_WELL;
}

int burnin_report(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{"delivery", OPTION_TEXT, offsetof(struct arguments, delivery), NULL, NULL},
		{"html", OPTION_FLAG, offsetof(struct arguments, html), NULL, NULL},
		{"json", OPTION_FLAG, offsetof(struct arguments, json), NULL, NULL},
	};
	struct arguments a = {0};
	struct err err = ERR_INIT;
	struct words words;
	autofree char *path = NULL;
	json_t *report = NULL;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 0, 1), &a, &words);

	if (status)
		return status;
	if ((words.n == 1) == (a.delivery != NULL))
		return command_usage("expected a HOST or --delivery NAME");
	if (a.html && a.json)
		return command_usage("--html and --json exclude each other");
	if (a.delivery)
		path = api_path("/api/v1/deliveries/", a.delivery, "/burnin-report");
	else if (host_ref_path(words.items[0], "/burnin-report", &path, &err) < 0)
		return command_fail(&err);
	if (api_get(path, &report, &err) < 0)
		return command_fail(&err);
	status = a.html ? print_page(report) : a.json ? EXIT_WELL : print_short(report);
	if (a.json)
		api_print_json(report);
	json_decref(report);
	return status;
}
