/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation failure ends the process: sizes were checked against named maxima before they got
 * here.
 */
#include <base/alloc.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t n_bytes)
{
	fprintf(stderr, "<2>memory.exhausted bytes=%zu\n", n_bytes);
	abort();
}

void *xmalloc(size_t n_bytes)
{
	void *p = malloc(n_bytes ? n_bytes : 1);

	if (!p)
		out_of_memory(n_bytes);
	return p;
}

void *xcalloc(size_t n, size_t size_bytes)
{
	void *p = calloc(n ? n : 1, size_bytes ? size_bytes : 1);

	if (!p)
		out_of_memory(size_bytes);
	return p;
}

void *xrealloc(void *p, size_t n_bytes)
{
	void *q = realloc(p, n_bytes ? n_bytes : 1);

	if (!q)
		out_of_memory(n_bytes);
	return q;
}

char *xstrdup(const char *text)
{
	return text ? xstrndup(text, strlen(text)) : NULL;
}

char *xstrndup(const char *p, size_t n_bytes)
{
	char *q = xmalloc(n_bytes + 1);

	memcpy(q, p, n_bytes);
	q[n_bytes] = '\0';
	return q;
}

char *xasprintf(const char *format, ...)
{
	va_list ap;
	char *p = NULL;

	va_start(ap, format);
	if (vasprintf(&p, format, ap) < 0)
		out_of_memory(0);
	va_end(ap);
	return p;
}
