/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type of every room.
 *
 * A function that can fail returns 0 (or a positive count) when all is well and -enum err_code when
 * not, and fills the caller's struct err, its last parameter. The struct lives on the caller's
 * stack: nothing is allocated on the way down or up. Lower layers say what failed; each layer on
 * the way up may put its context in FRONT with err_wrap() and never touches the message below.
 *
 * Every code has a stable dotted name (for logs, API answers, the CLI and the documentation), a
 * class that decides policy in one place, a one-line meaning, and a hint for the operator. They are
 * rows in errors/ROOM.def, one file a room.
 *
 * How to add an error: 1. add a row X(ERR_ROOM_WHAT, "room.what", CLASS, "meaning", "hint") to
 * errors/<room>.def. 2. return err_set(err, ERR_ROOM_WHAT, "...", ...). 3. give it a test row.
 *
 * Messages: lower case, no full stop, what failed first, the subject in 'single quotes', numbers
 * with units.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* What a caller may do about an error. */
enum err_class {
	ERR_CLASS_NONE,   /* no error */
	ERR_CLASS_RETRY,  /* may pass: a cable, a busy server */
	ERR_CLASS_REJECT, /* this input, host or image is wrong; a person is needed */
	ERR_CLASS_FATAL,  /* this process cannot go on */
	ERR_CLASS_BUG,    /* our own mistake */
};

enum err_code {
	ERR_OK = 0,
#define X(code, name, class, meaning, hint) code,
#include <base/err_codes.def>
#undef X
	_ERR_MAX
};

#define ERR_MSG_MAX_BYTES 320

struct err {
	int code;                    /* enum err_code, 0 when there is none */
	int sys_errno;               /* errno at the birthplace, or 0 */
	char pointer[96];            /* JSON pointer of the offending field, or "" */
	char msg[ERR_MSG_MAX_BYTES]; /* for people; may hold text from outside, escaped */
};

#define ERR_INIT                                                                                   \
	(struct err)                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

/* Record an error and return -code. err may be NULL. Control characters in the message are
 * replaced. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, enum err_code code,
						  const char *format, ...);

/* Like err_set(), with errno kept and its text appended: "cannot open 'x': No such file or
 * directory". */
__attribute__((format(printf, 3, 4))) int err_sys(struct err *err, enum err_code code,
						  const char *format, ...);

/* Put "context: " in front of the message. Returns -err->code, so `return err_wrap(err, ...)`
 * works. */
__attribute__((format(printf, 2, 3))) int err_wrap(struct err *err, const char *format, ...);

/* Name the JSON field that is wrong (RFC 6901 pointer). Returns -err->code. */
int err_at(struct err *err, const char *pointer);

/* Forget an error, for reuse of the struct. */
void err_clear(struct err *err);

/* Stable name ("image.digest.mismatch"); "ok" for 0, "unknown" outside the list. Never NULL. */
const char *err_name(int code);
enum err_class err_class(int code);
const char *err_class_str(enum err_class class);
const char *err_meaning(int code);
const char *err_hint(int code);

/* The code of a stable name, or 0 if there is none. in: name may come from the wire. */
int err_code_by_name(const char *name);

/* A result that must be looked at: stands before each public function that can fail or that
 * allocates, and tests/lint/contracts.sh sees to it. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Return from the calling function with the error of a failed call. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		int try_ = (call);                                                                 \
		if (try_ < 0)                                                                      \
			return try_;                                                               \
	} while (0)

/* Go on although a call failed: for the rare place where the caller can do nothing better. Say why
 * beside it; a log line about it ends in "ignoring". */
#define IGNORE_RESULT(call)                                                                        \
	do {                                                                                       \
		if (call) {                                                                        \
		}                                                                                  \
	} while (0)

/* Abort with file and line: for broken invariants only, stays on in release builds. */
#define BUG_ON(condition)                                                                          \
	do {                                                                                       \
		if (__builtin_expect(!!(condition), 0))                                            \
			bug_abort(__FILE__, __LINE__, #condition);                                 \
	} while (0)
_Noreturn void bug_abort(const char *file, int line, const char *what);

#endif
