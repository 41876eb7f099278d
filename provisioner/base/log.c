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

#define LOG_LINE_MAX_BYTES 8192

static struct {
	const char *proc;
	enum log_format format;
	int max_level;
	void (*tap)(void *arg, int level, const char *line);
	void *tap_arg;
} log_state = {.proc = "slipway", .max_level = LOG_INFO};

void log_open(const char *proc, enum log_format format, int max_level)
{
	log_state.proc = proc;
	log_state.format = format;
	log_state.max_level = max_level;
}

void log_set_tap(void (*tap)(void *arg, int level, const char *line), void *arg)
{
	log_state.tap = tap;
	log_state.tap_arg = arg;
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
		if (*text <= ' ' || *text == '"' || *text == '=' || *text == '\\' || *text == 0x7f)
			return true;
	return false;
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
		} else if (needs_quotes(pair->s)) {
			str_addc(s, '"');
			str_add_json(s, pair->s);
			str_addc(s, '"');
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
		str_addc(s, '"');
		str_add_json(s, pair->s);
		str_addc(s, '"');
	}
}

static void add_pairs(struct str *s, const struct kv *pairs, size_t n_pairs)
{
	bool json = log_state.format == LOG_FORMAT_JSON;

	for (size_t i = 0; i < n_pairs; i++) {
		if (json) {
			str_addf(s, ",\"%s\":", pairs[i].key);
			add_json_value(s, &pairs[i]);
		} else {
			str_addf(s, " %s=", pairs[i].key);
			add_text_value(s, &pairs[i]);
		}
	}
}

void log_write(int level, const char *event, const struct kv *pairs, size_t n_pairs)
{
	bool json = log_state.format == LOG_FORMAT_JSON;
	char when[TIME_TEXT_BYTES];
	autostr struct str line;

	if (level > log_state.max_level)
		return;
	time_rfc3339(time_wall_us(), when);
	str_init(&line, LOG_LINE_MAX_BYTES);
	if (json)
		str_addf(&line, "{\"ts\":\"%s\",\"lvl\":%d,\"proc\":\"%s\",\"ev\":\"%s\"", when,
			 level, log_state.proc, event);
	else
		str_addf(&line, "<%d>ts=%s proc=%s ev=%s", level, when, log_state.proc, event);
	add_pairs(&line, pairs, n_pairs);
	if (json)
		str_addc(&line, '}');
	if (log_state.tap)
		log_state.tap(log_state.tap_arg, level, line.p);
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
