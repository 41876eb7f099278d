/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a host is not ready; see host_why.h. Input: the server's answers, which hold what hosts said.
 */
#include "host_why.h"

#include <stdio.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/lifecycle.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "host_ref.h"
#include "option_table.h"

#define TEXT_MAX_BYTES 8192

struct why {
	json_t *host; /* as the server shows it */
	enum lifecycle_state state;
	json_t *advice; /* of the host; borrowed */
};

/* ---- what is known --------------------------------------------------------------------------- */

static int load(const char *word, struct why *ret, struct err *err)
{
	autofree char *path = NULL;

	TRY(host_ref_path(word, "", &path, err));
	TRY(api_get(path, &ret->host, err));
	ret->advice = json_object_get(ret->host, "advice");
	if (!lifecycle_state_parse(api_text(ret->host, "state"), &ret->state))
		return err_set(err, ERR_INVALID, "this slipway does not know the state '%s'",
			       api_text(ret->host, "state"));
	return 0;
}

/* ---- in words -------------------------------------------------------------------------------- */

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

static void add_waiver(struct str *out, const struct why *w)
{
	const json_t *waiver = json_object_get(w->host, "burn_in_waived");

	if (!json_is_object(waiver))
		return;
	add_named(out, "Its burn-in was waived by ", api_text(waiver, "who"));
	add_named(out, ": ", api_text(waiver, "reason"));
	str_add(out, ". ");
}

/* "Its last contact was 12 min ago. " */
static void add_heard(struct str *out, const struct why *w)
{
	char age[DURATION_BYTES];
	int64_t at_us = 0;

	if (!time_parse_rfc3339(api_text(w->host, "last_heard"), &at_us))
		return;
	display_duration(time_wall_us() - at_us, age);
	str_addf(out, "Its last contact was %s ago. ", age);
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
	const char *turn = api_text(w->advice, "turn"), *command = api_text(w->advice, "command");
	autostr struct str out;

	str_init(&out, TEXT_MAX_BYTES);
	add_host(&out, w);
	add_sentence(&out, api_text(w->advice, "why"));
	str_add(&out, " ");
	if (json_is_true(json_object_get(w->host, "silent")))
		add_heard(&out, w);
	add_fault(&out, w);
	add_waiver(&out, w);
	if (*turn)
		str_addf(&out, "It is the %s's turn: ", turn);
	add_sentence(&out, api_text(w->advice, "action"));
	printf("%s\n", out.p);
	if (*command)
		printf("  %s\n", command);
}

static void copy(json_t *doc, const json_t *host, const char *name)
{
	json_t *value = json_object_get(host, name);

	if (value && !json_is_null(value))
		(void)json_object_set(doc, name, value);
}

static void print_json(const struct why *w)
{
	bool ready = w->state == STATE_READY || w->state == STATE_IN_SERVICE;
	autojson json_t *doc = json_pack("{s:O, s:O, s:b}", "host",
					 json_object_get(w->host, "short_code"), "state",
					 json_object_get(w->host, "state"), "ready", ready);

	(void)json_object_update(doc, w->advice);
	copy(doc, w->host, "last_heard");
	copy(doc, w->host, "burn_in_waived");
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
	return status;
}
