/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptance report as HTML; see report_page.h. A page is tables of what the document holds,
 * described by the const tables below. Input: a document whose texts are machines' and people's.
 */
#include <burnin/report_page.h>

#include <string.h>
#include <base/html.h>
#include <base/text.h>

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<style>\n"
	"@page { size: A4 landscape; margin: 14mm; }\n"
	"body { font: 10pt/1.35 'Liberation Sans', Arial, sans-serif; color: #111; margin: 2em; }\n"
	"h1 { font-size: 17pt; margin: 0 0 .2em; } h2 { font-size: 12pt; margin: 1.4em 0 .4em; }\n"
	"table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; }\n"
	"th, td { border: 1px solid #999; padding: .25em .5em; text-align: left;\n"
	"  vertical-align: top; overflow-wrap: anywhere; } th { background: #eee; overflow-wrap: normal; }\n"
	"tr { break-inside: avoid; } .n { text-align: right; }\n"
	".PASS { font-weight: bold; } .FAIL, .INCOMPLETE { font-weight: bold; text-decoration: "
	"underline; }\n"
	".sign { display: flex; gap: 3em; margin-top: 3em; } .sign div { flex: 1; border-top: 1px "
	"solid #111;\n  padding-top: .3em; }\n"
	"@media print { body { margin: 0; } }\n</style>\n";

struct cell {
	const char *title, *member;
	bool number;
};

static const char *text_at(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

static void add_value(struct str *out, const json_t *value)
{
	if (json_is_integer(value))
		str_addf(out, "%lld", (long long)json_integer_value(value));
	else
		html_add_text(out, json_is_string(value) ? json_string_value(value) : "");
}

static void add_row(struct str *out, const json_t *row, const struct cell *cells)
{
	str_add(out, "<tr>");
	for (; cells->title; cells++) {
		const json_t *value = json_object_get(row, cells->member);
		bool verdict = strcmp(cells->member, "result") == 0;

		/* The class is one of our own words, never the text itself. */
		str_addf(out, "<td class=\"%s\">",
			 cells->number                                            ? "n"
			 : verdict && strcmp(text_at(row, "result"), "PASS") == 0 ? "PASS"
			 : verdict && value                                       ? "FAIL"
										  : "");
		add_value(out, value);
		str_add(out, "</td>");
	}
	str_add(out, "</tr>\n");
}

static void add_table(struct str *out, const char *title, const json_t *rows,
		      const struct cell *cells)
{
	size_t i;
	json_t *row;

	if (json_array_size(rows) == 0)
		return;
	str_addf(out, "<h2>%s</h2>\n<table><thead><tr>", title);
	for (const struct cell *c = cells; c->title; c++)
		str_addf(out, "<th class=\"%s\">%s</th>", c->number ? "n" : "", c->title);
	str_add(out, "</tr></thead><tbody>\n");
	json_array_foreach (rows, i, row)
		add_row(out, row, cells);
	str_add(out, "</tbody></table>\n");
}

static const struct cell count_cells[] = {
	{"Hosts", "hosts", true},
	{"Passed", "passed", true},
	{"Failed", "failed", true},
	{"Incomplete", "incomplete", true},
	{"Not tested", "not_tested", true},
	{"Open faults", "open_faults", true},
	{NULL, NULL, false},
};
static const struct cell group_cells[] = {
	{"What they have in common", "name", false},
	{"Hosts", "hosts", true},
	{"Faults", "faults", true},
	{"Parts of that number", "parts", true},
	{NULL, NULL, false},
};
static const struct cell host_cells[] = {
	{"Host", "short_code", false}, {"Name", "name", false},
	{"Serial", "serial", false},   {"SKU", "sku", false},
	{"State", "state", false},     {"Tier", "tier", false},
	{"Burn-in", "result", false},  {"Started", "started", false},
	{"Ended", "ended", false},     {"Open faults", "open_faults", true},
	{"Reason", "why", false},      {NULL, NULL, false},
};
static const struct cell warning_cells[] = {
	{"Host", "host", false},
	{"At", "at", false},
	{"What lies outside", "summary", false},
	{NULL, NULL, false},
};
static const struct cell fault_cells[] = {
	{"Host", "host", false},         {"State", "state", false},
	{"Fault", "code", false},        {"Part", "part", false},
	{"Slot", "slot", false},         {"Part number", "part_number", false},
	{"Serial", "serial", false},     {"Firmware", "firmware", false},
	{"What to do", "action", false}, {"Found", "detail", false},
	{"RMA", "rma", false},           {"Opened", "opened", false},
	{"Closed", "closed", false},     {NULL, NULL, false},
};

static const struct {
	const char *key, *title;
} rankings[] = {
	{"codes", "Failures by kind"},
	{"part_numbers", "Failures by part number"},
	{"lots", "Failures by lot (what serial numbers begin with)"},
	{"firmware", "Failures by firmware"},
};

static void add_title(struct str *out, const json_t *report)
{
	const char *delivery = text_at(report, "delivery");

	html_add_text(out, *delivery ? "delivery " : "host ");
	html_add_text(out, *delivery ? delivery : text_at(report, "host"));
}

void report_page(const json_t *report, struct str *out)
{
	const json_t *failures = json_object_get(report, "failures");
	json_t *counts = json_array();

	(void)json_array_append(counts, json_object_get(report, "counts"));
	str_add(out, head);
	str_add(out, "<title>Burn-in acceptance report: ");
	add_title(out, report);
	str_add(out, "</title></head><body>\n<h1>Burn-in acceptance report</h1>\n<p>");
	add_title(out, report);
	str_add(out, ", as of ");
	html_add_text(out, text_at(report, "at"));
	str_add(out, "</p>\n");
	if (json_is_true(json_object_get(report, "truncated")))
		str_add(out, "<p><b>Not complete: there are more hosts or faults than a report "
			     "holds.</b></p>\n");
	add_table(out, "Summary", counts, count_cells);
	for (size_t i = 0; i < sizeof(rankings) / sizeof(rankings[0]); i++)
		add_table(out, rankings[i].title, json_object_get(failures, rankings[i].key),
			  group_cells);
	add_table(out, "Hosts", json_object_get(report, "hosts"), host_cells);
	add_table(out, "Beside hosts of the same SKU and firmware",
		  json_object_get(report, "warnings"), warning_cells);
	add_table(out, "Repair orders", json_object_get(report, "faults"), fault_cells);
	str_add(out, "<div class=\"sign\"><div>Accepted by, date</div><div>For the vendor, "
		     "date</div></div>\n</body></html>\n");
	json_decref(counts);
}
