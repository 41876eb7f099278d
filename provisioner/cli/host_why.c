/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a host is not ready; see host_why.h. Input: the server's answers, which hold what hosts said.
 */
#include "host_why.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/advice.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "host_ref.h"
#include "option_table.h"

#define TEXT_MAX_BYTES 8192
#define EVENTS_SHOWN   "/events?kind=session.*,host.state,host.detail&sort=-id&limit=50"

struct why {
	json_t *host, *events; /* the host's page and its newest events, newest first */
	enum lifecycle_state state;
	unsigned conditions;
	struct advice advice;
};

/* ---- what is known --------------------------------------------------------------------------- */

/* The newest word about the session is that it fell silent. */
static bool is_silent(const json_t *events)
{
	size_t i;
	json_t *e;

	json_array_foreach (events, i, e)
		if (str_starts(api_text(e, "kind"), "session."))
			return str_eq(api_text(e, "kind"), "session.silent");
	return false;
}

/* Let in, and not made to start over since. */
static bool is_approved(const json_t *events)
{
	size_t i;
	json_t *e;

	json_array_foreach (events, i, e) {
		const char *event = api_text(json_object_get(e, "detail"), "why");

		if (str_eq(event, lifecycle_event_str(HOST_EVENT_APPROVE)))
			return true;
		if (str_eq(event, lifecycle_event_str(HOST_EVENT_RETRY)) ||
		    str_eq(event, lifecycle_event_str(HOST_EVENT_RELEASE)))
			return false;
	}
	return false;
}

static bool is_late(const json_t *host)
{
	int64_t at_us = 0;

	return time_parse_rfc3339(api_text(host, "deadline"), &at_us) && at_us < time_wall_us();
}

static unsigned conditions_of(const struct why *w)
{
	unsigned c = 0;

	c |= json_array_size(json_object_get(w->host, "orders")) ? ADVICE_ORDER_WAITS : 0;
	c |= is_silent(w->events) ? ADVICE_SILENT : 0;
	c |= json_is_object(json_object_get(w->host, "progress")) ? ADVICE_WORKING : 0;
	c |= json_is_object(json_object_get(w->host, "fault")) ? ADVICE_FAULT : 0;
	c |= is_late(w->host) ? ADVICE_LATE : 0;
	c |= is_approved(w->events) ? ADVICE_APPROVED : 0;
	return c;
}

/* A repair order knows best whose turn it is and what to do; then the error that opened it; then
 * the state. */
static void advise(struct why *w)
{
	const json_t *fault = json_object_get(w->host, "fault");
	int code = err_code_by_name(api_text(fault, "code"));

	w->advice = *advice_of_state(w->state, w->conditions);
	if (w->state != STATE_FAILED || !fault)
		return;
	if (code) {
		struct advice of_error = advice_of_error(code);

		w->advice.turn = of_error.turn;
		w->advice.action = of_error.action;
		w->advice.command = of_error.command;
	}
	if (api_text(fault, "turn")[0])
		w->advice.turn = api_text(fault, "turn");
	if (api_text(fault, "action")[0])
		w->advice.action = api_text(fault, "action");
}

static int load(const char *word, struct why *ret, struct err *err)
{
	autofree char *path = NULL;
	autojson json_t *page = NULL;

	TRY(host_ref_path(word, "", &path, err));
	TRY(api_get(path, &ret->host, err));
	autofree char *events = api_path("/api/v1/hosts/", api_text(ret->host, "id"), EVENTS_SHOWN);
	TRY(api_get(events, &page, err));
	ret->events = json_incref(json_object_get(page, "items"));
	if (!lifecycle_state_parse(api_text(ret->host, "state"), &ret->state))
		return err_set(err, ERR_INVALID, "this slipway does not know the state '%s'",
			       api_text(ret->host, "state"));
	ret->conditions = conditions_of(ret);
	advise(ret);
	return 0;
}

/* ---- in words -------------------------------------------------------------------------------- */

/* "slipway host approve K7Q2M9XA" of "slipway host approve HOST". The caller frees. */
static char *command_for(const struct why *w)
{
	const char *at = strstr(w->advice.command, "HOST");

	if (!at)
		return xstrdup(w->advice.command);
	return xasprintf("%.*s%s%s", (int)(at - w->advice.command), w->advice.command,
			 api_text(w->host, "short_code"), at + strlen("HOST"));
}

static void add_named(struct str *out, const char *before, const char *text)
{
	if (!*text)
		return;
	str_add(out, before);
	display_add(out, text);
}

/* "Host K7Q2M9XA (web-1, serial SN-1, rack r01 unit 3) is failed, for 3 h. " */
static void add_host(struct str *out, const struct why *w)
{
	char age[DURATION_BYTES];
	int64_t since_us = 0;
	autostr struct str about;

	str_init(&about, TEXT_MAX_BYTES);
	add_named(&about, ", ", api_text(w->host, "name"));
	add_named(&about, ", serial ", api_text(w->host, "serial"));
	add_named(&about, ", site ", api_text(w->host, "site"));
	add_named(&about, ", rack ", api_text(w->host, "rack"));
	if (api_number(w->host, "unit"))
		str_addf(&about, ", unit %lld", api_number(w->host, "unit"));
	str_addf(out, "Host %s", api_text(w->host, "short_code"));
	if (about.n_bytes)
		str_addf(out, " (%s)", about.p + strlen(", "));
	str_addf(out, " is %s", api_text(w->host, "state"));
	if (time_parse_rfc3339(api_text(w->host, "state_since"), &since_us)) {
		display_duration(time_wall_us() - since_us, age);
		str_addf(out, ", for %s", age);
	}
	str_add(out, ". ");
}

/* "Slot DIMM_A1, serial S1, part P1 (fault F1): the detail. " */
static void add_fault(struct str *out, const struct why *w)
{
	const json_t *fault = json_object_get(w->host, "fault");

	if (!json_is_object(fault)) {
		if (w->state == STATE_FAILED)
			add_named(out, "The last failure: ", api_text(w->host, "state_detail"));
		str_add(out, w->state == STATE_FAILED ? ". " : "");
		return;
	}
	add_named(out, "Repair order ", api_text(fault, "id"));
	add_named(out, ", ", api_text(fault, "code"));
	add_named(out, ", slot ", api_text(fault, "slot"));
	add_named(out, ", serial ", api_text(fault, "serial"));
	add_named(out, ", part ", api_text(fault, "part_number"));
	add_named(out, ": ", api_text(fault, "detail"));
	str_add(out, str_ends(out->p, ".") ? " " : ". ");
}

static void add_sentence(struct str *out, const char *text)
{
	autostr struct str shown;

	str_init(&shown, TEXT_MAX_BYTES);
	display_add(&shown, text);
	if (shown.n_bytes && shown.p[0] >= 'a' && shown.p[0] <= 'z')
		shown.p[0] = (char)(shown.p[0] - 'a' + 'A');
	str_addf(out, "%s%s", shown.p, str_ends(shown.p, ".") ? "" : ".");
}

static void print_paragraph(const struct why *w)
{
	autofree char *command = command_for(w);
	autostr struct str out;

	str_init(&out, TEXT_MAX_BYTES);
	add_host(&out, w);
	str_addf(&out, "%s ", w->advice.why);
	add_fault(&out, w);
	if (w->advice.turn[0])
		str_addf(&out, "It is the %s's turn: ", w->advice.turn);
	add_sentence(&out, w->advice.action);
	printf("%s\n", out.p);
	if (*command)
		printf("  %s\n", command);
}

static void print_json(const struct why *w)
{
	autofree char *command = command_for(w);
	bool ready = w->state == STATE_READY || w->state == STATE_IN_SERVICE;
	autojson json_t *doc = json_pack("{s:O, s:O, s:b, s:s, s:s, s:s, s:s}", "host",
					 json_object_get(w->host, "short_code"), "state",
					 json_object_get(w->host, "state"), "ready", ready, "turn",
					 w->advice.turn, "why", w->advice.why, "action",
					 w->advice.action, "command", command);
	json_t *fault = json_object_get(w->host, "fault");

	if (json_is_object(fault))
		(void)json_object_set(doc, "fault", fault);
	api_print_json(doc);
}

int host_why(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct why w = {0};
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	status = load(words.items[0], &w, &err);
	if (status < 0)
		status = command_fail(&err);
	else if (json)
		print_json(&w);
	else
		print_paragraph(&w);
	json_decref(w.host);
	json_decref(w.events);
	return status;
}
