/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured records on standard error: text (`<6>ts=... ev=... key=value`, which journald reads
 * with its level) or one JSON object a line. See base/log.h.
 */
#include <base/log.h>

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/str.h>

#define LOG_LINE_MAX_BYTES  8192
#define LOG_VALUE_MAX_BYTES 2048 /* of one value; the rest is cut */
#define LOG_TAIL_BYTES      32   /* kept free for the end of a cut record */

static struct {
	const char *proc;
	enum log_format format;
	int max_level;
} log_state = {.proc = "slipway", .max_level = LOG_INFO};

void log_open(const char *proc, enum log_format format, int max_level)
{
	log_state.proc = proc;
	log_state.format = format;
	log_state.max_level = max_level;
}

int64_t kv_pid(void)
{
	return getpid();
}

static bool needs_quotes(const char *text)
{
	if (!*text)
		return true;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"=\\", *text))
			return true;
	return false;
}

/* As JSON, and what a viewer would act on unseen as escapes: hosts choose these texts. */
static void add_visible(struct str *s, const char *text)
{
	while (*text) {
		size_t n = utf8_length(text);
		char one[5] = {text[0]};
		uint32_t c = n > 1 && utf8_is_hidden(text, n) ? utf8_code_point(text, n) : 0;

		if (c > 0xffff)
			str_addf(s, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				 0xdc00 + ((c - 0x10000) & 0x3ff));
		else if (c)
			str_addf(s, "\\u%04x", c);
		else
			str_add_json(s, memcpy(one, text, n ? n : 1));
		text += n ? n : 1;
	}
}

static void add_quoted(struct str *s, const char *text)
{
	autofree char *cut = NULL;

	if (strlen(text) > LOG_VALUE_MAX_BYTES) {
		cut = xasprintf("%.*s    ", LOG_VALUE_MAX_BYTES, text);
		size_t n = text_cut(cut, LOG_VALUE_MAX_BYTES);
		memcpy(cut + n, "...", sizeof("..."));
	}
	str_addc(s, '"');
	add_visible(s, cut ? cut : text);
	str_addc(s, '"');
}

static void add_text_value(struct str *s, const struct kv *pair)
{
	switch (pair->type) {
	case KV_INT:
		str_addf(s, "%" PRId64, pair->i);
		break;
	case KV_UINT:
		str_addf(s, "%" PRIu64, pair->u);
		break;
	case KV_BOOL:
		str_add(s, pair->b ? "true" : "false");
		break;
	case KV_STR:
		if (!pair->s) {
			str_add(s, "-");
		} else if (strlen(pair->s) > LOG_VALUE_MAX_BYTES || needs_quotes(pair->s)) {
			add_quoted(s, pair->s);
		} else {
			str_add(s, pair->s);
		}
		break;
	}
}

static void add_json_value(struct str *s, const struct kv *pair)
{
	if (pair->type != KV_STR) {
		add_text_value(s, pair);
	} else if (!pair->s) {
		str_add(s, "null");
	} else {
		add_quoted(s, pair->s);
	}
}

static void add_pairs(struct str *s, const struct kv *pairs, size_t n_pairs)
{
	bool json = log_state.format == LOG_FORMAT_JSON;

	for (size_t i = 0; i < n_pairs; i++) {
		size_t before_bytes = s->n_bytes;

		if (json) {
			str_addf(s, ",\"%s\":", pairs[i].key);
			add_json_value(s, &pairs[i]);
		} else {
			str_addf(s, " %s=", pairs[i].key);
			add_text_value(s, &pairs[i]);
		}
		/* A record that was cut must still end, or a host could swallow the next one. */
		if (!str_ok(s)) {
			s->n_bytes = before_bytes;
			s->overflow = false;
			s->max_bytes += LOG_TAIL_BYTES;
			str_add(s, json ? ",\"cut\":true" : " cut=true");
			return;
		}
	}
}

void log_write(int level, const char *event, const struct kv *pairs, size_t n_pairs)
{
	bool json = log_state.format == LOG_FORMAT_JSON;
	char when[TIME_TEXT_BYTES];
	autostr struct str line;

	str_init(&line,
		 LOG_LINE_MAX_BYTES); /* before any return: its cleanup runs on all of them */
	if (level > log_state.max_level)
		return;
	time_rfc3339(time_wall_us(), when);
	if (json)
		str_addf(&line, "{\"ts\":\"%s\",\"lvl\":%d,\"proc\":\"%s\",\"ev\":\"%s\"", when,
			 level, log_state.proc, event);
	else
		str_addf(&line, "<%d>ts=%s proc=%s ev=%s", level, when, log_state.proc, event);
	add_pairs(&line, pairs, n_pairs);
	line.max_bytes = LOG_LINE_MAX_BYTES + 2 * LOG_TAIL_BYTES;
	if (json)
		str_addc(&line, '}');
	str_addc(&line, '\n');
	/* One write a record, so that records of several processes do not mix. */
	(void)!write(STDERR_FILENO, line.p, line.n_bytes);
}

void log_err_write(int level, const char *event, const struct err *err, const struct kv *pairs,
		   size_t n_pairs)
{
	struct kv all[24];
	size_t n = 0;

	/* pairs[0] is the macro's placeholder, there so that the list is never empty. */
	for (size_t i = 1; i < n_pairs && n < ARRAY_LEN(all) - 5; i++)
		all[n++] = pairs[i];
	all[n++] = kv_str("code", err_name(err->code));
	all[n++] = kv_str("class", err_class_str(err_class(err->code)));
	all[n++] = kv_str("msg", err->msg);
	if (err->pointer[0])
		all[n++] = kv_str("pointer", err->pointer);
	all[n++] = kv_str("hint", err_hint(err->code));
	log_write(level, event, all, n);
}
