/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error table and the few operations on struct err. It formats and looks up; it never logs and
 * never allocates. Messages may hold foreign text, so control characters are replaced here, once.
 */
#include <base/err.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/str.h>

struct err_row {
	const char *name;
	enum err_class class;
	const char *meaning;
	const char *hint;
};

static const struct err_row rows[_ERR_MAX] = {
	[ERR_OK] = {"ok", ERR_CLASS_NONE, "no error", ""},
#define X(code, name, class, meaning, hint) [code] = {name, ERR_CLASS_##class, meaning, hint},
#include <base/err_codes.def>
#undef X
};

static const struct err_row *row_of(int code)
{
	static const struct err_row unknown = {"unknown", ERR_CLASS_BUG, "unknown error", ""};

	unsigned at = code < 0 ? 0U - (unsigned)code : (unsigned)code;

	return at < _ERR_MAX ? &rows[at] : &unknown;
}

/* Messages go into JSON answers, logs and terminals: no control characters, and well-formed UTF-8
 * even where a message was cut in the middle of a character. */
static void make_printable(char *text)
{
	while (*text) {
		size_t n = utf8_length(text);

		if (n && !utf8_is_control(text, n)) {
			text += n;
			continue;
		}
		memset(text, '?', n ? n : 1);
		text += n ? n : 1;
	}
}

/* "format", then ": tail" unless that is NULL. The old message may be among the arguments. */
__attribute__((format(printf, 2, 0))) static void format_msg(struct err *err, const char *format,
							     va_list ap, const char *tail)
{
	char text[ERR_MSG_MAX_BYTES];
	size_t n;

	vsnprintf(text, sizeof(text), format, ap);
	n = strlen(text);
	if (tail)
		snprintf(text + n, sizeof(text) - n, ": %s", tail);
	make_printable(text);
	memcpy(err->msg, text, sizeof(text));
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return -(int)code;
	va_start(ap, format);
	format_msg(err, format, ap, NULL);
	va_end(ap);
	err->code = (int)code;
	err->sys_errno = 0;
	err->pointer[0] = '\0';
	return -(int)code;
}

int err_sys(struct err *err, enum err_code code, const char *format, ...)
{
	int saved = errno;
	const char *why = strerrordesc_np(saved);
	va_list ap;

	if (!err)
		return -(int)code;
	va_start(ap, format);
	format_msg(err, format, ap, why ? why : "unknown system error");
	va_end(ap);
	err->code = (int)code;
	err->sys_errno = saved;
	err->pointer[0] = '\0';
	return -(int)code;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char below[ERR_MSG_MAX_BYTES];
	va_list ap;

	if (!err)
		return -ERR_SYS;
	memcpy(below, err->msg, sizeof(below));
	va_start(ap, format);
	format_msg(err, format, ap, below);
	va_end(ap);
	return -err->code;
}

int err_at(struct err *err, const char *pointer)
{
	if (!err)
		return -ERR_INVALID;
	snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
	make_printable(err->pointer);
	return -err->code;
}

void err_clear(struct err *err)
{
	*err = ERR_INIT;
}

const char *err_name(int code)
{
	return row_of(code)->name;
}

enum err_class err_class(int code)
{
	return row_of(code)->class;
}

const char *err_class_str(enum err_class class)
{
	static const char *const names[] = {
		[ERR_CLASS_NONE] = "none",     [ERR_CLASS_RETRY] = "retry",
		[ERR_CLASS_REJECT] = "reject", [ERR_CLASS_FATAL] = "fatal",
		[ERR_CLASS_BUG] = "bug",
	};

	return names[class];
}

const char *err_meaning(int code)
{
	return row_of(code)->meaning;
}

const char *err_hint(int code)
{
	return row_of(code)->hint;
}

int err_code_by_name(const char *name)
{
	for (int i = 1; i < _ERR_MAX; i++)
		if (!strcmp(rows[i].name, name))
			return i;
	return 0;
}

_Noreturn void bug_abort(const char *file, int line, const char *what)
{
	fprintf(stderr, "<2>bug file=%s line=%d what=\"%s\"\n", file, line, what);
	abort();
}
