/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound ownership: declare with autofree, autoclose and friends where the value is made, and
 * hand it on with take_ptr()/take_fd(). A destructor tolerates NULL (or -1) and half-built objects.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

#define autofree       __attribute__((cleanup(cleanup_free)))
#define autoclose      __attribute__((cleanup(cleanup_close)))
#define autoclose_file __attribute__((cleanup(cleanup_fclose)))

/* Define cleanup_TAG() for `T *` variables freed by fn(T *), and use it as AUTO(TAG). */
#define DEFINE_AUTO(tag, T, fn)                                                                    \
	static inline void cleanup_##tag(T **p)                                                    \
	{                                                                                          \
		if (*p)                                                                            \
			fn(*p);                                                                    \
	}                                                                                          \
	struct cleanup_##tag##_needs_semicolon
#define AUTO(tag) __attribute__((cleanup(cleanup_##tag)))

/* Give up ownership: returns the value and leaves NULL (or -1) behind. */
#define take_ptr(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
