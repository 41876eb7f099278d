/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a test's result is recorded: a finding with its repair order, a pass, or why there is no
 * verdict.
 */
#include "burn.h"

#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

/* Each with its own certainty: several that fit are each one of them. */
static json_t *suspects_json(const struct suspects *s, enum certainty certainty)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(
			out, json_pack("{s:s, s:o, s:o, s:o, s:s}", "id", s->parts[i]->id, "slot",
				       json_string_of(*s->parts[i]->location ? s->parts[i]->location
									     : s->parts[i]->key),
				       "serial", json_string_of(s->parts[i]->serial), "part_number",
				       json_string_of(s->parts[i]->part_number), "certainty",
				       certainty_str(certainty)));
	return out;
}

/* With code and message of the diagnosis, so that this record alone makes a fault. */
static json_t *order_json(const struct burnin_finding *f, const struct burnin_order *o)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "code",
			 burnin_rule_of(f->symptom)->verdict, "message", json_string_of(f->message),
			 "part", json_string_of(o->part), "slot", json_string_of(o->slot), "serial",
			 json_string_of(o->serial), "part_number", json_string_of(o->part_number),
			 "action", json_string_of(o->action), "certainty",
			 certainty_str(o->certainty), "suspects",
			 suspects_json(&f->suspects, o->certainty));
}

void burn_found(struct burn *b, const char *step, const struct burnin_finding *finding)
{
	const struct burnin_rule *rule = burnin_rule_of(finding->symptom);
	struct burnin_order order;

	burnin_order_of(finding, &order);
	ocp_diagnose(&b->stream, step, finding->component, rule->fails ? OCP_FAIL : OCP_UNKNOWN,
		     rule->verdict, finding->message);
	ocp_extend(&b->stream, step, rule->fails ? "repair-order" : "advice",
		   order_json(finding, &order));
	report_log(b->out, rule->fails ? "error" : "warning", "%s: %s. %s", rule->verdict,
		   finding->message, order.action);
	b->n_failures += rule->fails;
}

void burn_passed(struct burn *b, const char *step, const struct component *c, const char *verdict,
		 const char *message)
{
	ocp_diagnose(&b->stream, step, c, OCP_PASS, verdict, message);
}

void burn_unjudged(struct burn *b, const char *step, const struct component *c, const char *why)
{
	autofree char *message = xasprintf("coverage none: %s", why);

	ocp_diagnose(&b->stream, step, c, OCP_UNKNOWN, "not-judged", message);
}

void burn_add_missing(struct burn *b, const char *what)
{
	size_t n = strlen(b->missing);

	text_print(b->missing + n, sizeof(b->missing) - n, "%s%s", n ? ", " : "", what);
}
