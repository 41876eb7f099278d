/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of the lists include/base/errors: a browser, which prefers text/html to JSON, gets a page
 * without scripts. Input: a code and an Accept header, from anybody.
 */
#include "error_manual.h"

#include <base/html.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define PAGE_POLICY "default-src 'none'; style-src 'unsafe-inline'"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
	"body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }\n"
	"dt { font-weight: bold; margin-top: .75rem; } dd { margin-left: 1rem; }\n"
	"</style>\n<title>Slipway errors: ";

/* ---- who prefers a page -------------------------------------------------------------------- */

/* "0.5" in thousandths; what cannot be read counts as 1, as if it were not there. */
static int weight(struct sv q)
{
	int n = 0, unit = 1000;

	if (q.n == 0 || q.p[0] < '0' || q.p[0] > '1')
		return 1000;
	for (size_t i = 0; i < q.n && unit > 0; i++) {
		if (i == 1 && q.p[i] == '.')
			continue;
		if (q.p[i] < '0' || q.p[i] > '9')
			return 1000;
		n += (q.p[i] - '0') * unit;
		unit /= 10;
	}
	return n > 1000 ? 1000 : n;
}

/* Of a media type that Accept names; 0 when it does not. Wildcards name none: programs send them. */
static int preference(const char *accept, const char *type)
{
	struct sv rest = sv_of(accept);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		struct sv name = sv_trim(sv_split(&one, ';'));
		if (!sv_eq_str(name, type))
			continue;
		while (one.n > 0) {
			struct sv p = sv_trim(sv_split(&one, ';'));
			if (sv_starts(p, "q="))
				return weight((struct sv){p.p + 2, p.n - 2});
		}
		return 1000;
	}
	return 0;
}

static bool wants_page(struct http_request *r)
{
	const char *accept = http_request_header(r, "Accept");

	http_reply_header(r, "Vary", "Accept");
	return accept && preference(accept, "text/html") > preference(accept, "application/json");
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void add_term(struct str *out, const char *term, const char *text)
{
	str_addf(out, "<dt>%s</dt><dd>", term);
	html_add_text(out, text && text[0] ? text : "-");
	str_add(out, "</dd>\n");
}

static void add_code(struct str *out, int code)
{
	str_addf(out,
		 "<h2 id=\"%s\"><code><a href=\"" ERROR_MANUAL_PATH
		 "/%s\">%s</a></code></h2>\n<dl>\n",
		 err_name(code), err_name(code), err_name(code));
	add_term(out, "Meaning", err_meaning(code));
	add_term(out, "What to do", err_hint(code));
	add_term(out, "Class", err_class_str(err_class(code)));
	str_add(out, "</dl>\n");
}

static int reply_page(struct http_request *r, int first, int last)
{
	const char *title = first == last ? err_name(first) : "all codes";
	autostr struct str out;

	str_init(&out, MIB);
	str_add(&out, head);
	str_addf(&out, "%s</title></head><body>\n<h1>Slipway errors: %s</h1>\n", title, title);
	for (int code = first; code <= last; code++)
		add_code(&out, code);
	if (first == last)
		str_add(&out, "<p><a href=\"" ERROR_MANUAL_PATH "\">All codes</a></p>\n");
	str_add(&out, "</body></html>\n");
	size_t n = out.n_bytes;
	http_reply_header(r, "Content-Security-Policy", PAGE_POLICY);
	return http_reply_text(r, 200, "text/html; charset=utf-8", str_take(&out), n);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static json_t *error_json(int code)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "code", err_name(code), "class",
			 err_class_str(err_class(code)), "meaning", err_meaning(code), "hint",
			 err_hint(code));
}

int error_manual_list(struct http_request *r, struct err *err)
{
	(void)err;
	if (wants_page(r))
		return reply_page(r, 1, _ERR_MAX - 1);
	json_t *items = json_array();
	for (int code = 1; code < _ERR_MAX; code++)
		(void)json_array_append_new(items, error_json(code));
	return http_reply_json(r, 200, json_pack("{s:o}", "items", items));
}

int error_manual_one(struct http_request *r, struct err *err)
{
	const char *name = http_param(r, "code");
	int code = err_code_by_name(name);

	if (!code)
		return err_set(err, ERR_NOT_FOUND, "there is no error code '%.80s'", name);
	return wants_page(r) ? reply_page(r, code, code)
			     : http_reply_json(r, 200, error_json(code));
}
