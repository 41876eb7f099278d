/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thin layer over cmocka for table tests: each check names the row that failed. It brings
 * cmocka's own headers in the order that cmocka asks for. Use cmocka's assert_... outside tables.
 */
#ifndef TESTS_HARNESS_CHECK_H
#define TESTS_HARNESS_CHECK_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <base/cleanup.h>
#include <base/err.h>

#define CHECK(row, condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row '%s': %s", row, #condition);                                 \
	} while (0)

#define CHECK_INT(row, got, wanted)                                                                \
	do {                                                                                       \
		intmax_t got_ = (intmax_t)(got), wanted_ = (intmax_t)(wanted);                     \
		if (got_ != wanted_)                                                               \
			fail_msg("row '%s': %s is %jd, not %jd", row, #got, got_, wanted_);        \
	} while (0)

/* Both strings must be there. */
#define CHECK_STR(row, got, wanted)                                                                \
	do {                                                                                       \
		const char *got_ = (got), *wanted_ = (wanted);                                     \
		if (!got_ || !wanted_ || strcmp(got_, wanted_) != 0)                               \
			fail_msg("row '%s': %s is '%s', not '%s'", row, #got,                      \
				 got_ ? got_ : "NULL", wanted_ ? wanted_ : "NULL");                \
	} while (0)

/* A call that returns 0 or -code: the code (0 for none), by its stable name. */
#define CHECK_ERR(row, status, code)                                                               \
	do {                                                                                       \
		int status_ = (status);                                                            \
		if (status_ != -(int)(code))                                                       \
			fail_msg("row '%s': %s, not %s", row, err_name(status_), err_name(code));  \
	} while (0)

/* A call that must end in BUG_ON(): it runs in a child, whose message on standard error is thrown
 * away. */
#define CHECK_BUG(row, call)                                                                       \
	do {                                                                                       \
		pid_t pid_ = fork();                                                               \
		int status_ = 0;                                                                   \
		if (!pid_) {                                                                       \
			check_expect_bug();                                                        \
			IGNORE_RESULT(call);                                                       \
			_exit(0);                                                                  \
		}                                                                                  \
		if (waitpid(pid_, &status_, 0) != pid_ || !WIFEXITED(status_) ||                   \
		    WEXITSTATUS(status_) != CHECK_BUG_STATUS)                                      \
			fail_msg("row '%s': %s is taken", row, #call);                             \
	} while (0)

#define CHECK_BUG_STATUS 86

#ifdef SLIPWAY_COVERAGE /* set by `make coverage-verifier` */
void __gcov_dump(void);
#define check_flush_counters() __gcov_dump()
#else
#define check_flush_counters() ((void)0)
#endif

static inline void check_on_abort(int signal)
{
	(void)signal;
	check_flush_counters(); /* abort() came from the call itself, not from outside */
	_exit(CHECK_BUG_STATUS);
}

static inline void check_expect_bug(void)
{
	(void)signal(SIGABRT, check_on_abort);
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
}

#endif
