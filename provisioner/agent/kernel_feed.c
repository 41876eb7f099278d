/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading /dev/kmsg; see kernel_feed.h. Each read gives one record; EPIPE says that the kernel has overwritten some.
 * Behind the text come lines with a blank in front that name the device: they are left out.
 */
#include "kernel_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <proto/record.h>

#define RECORD_BYTES  8192 /* the kernel's largest */
#define RECORDS_A_GO  256
#define BETWEEN       " | "
#define LEVEL_WARNING 4

struct line {
	unsigned level; /* 0 to 7 */
	uint64_t us;    /* since the kernel began */
	char text[512];
};

/* "6,339,5140900,-;text": the first number holds the facility above three bits of level. */
static bool parse(const char *record, size_t n_bytes, struct line *ret)
{
	char head[64];
	const char *semicolon = memchr(record, ';', n_bytes);
	unsigned number;
	unsigned long long sequence, us;

	if (!semicolon || (size_t)(semicolon - record) >= sizeof(head))
		return false;
	memcpy(head, record, (size_t)(semicolon - record));
	head[semicolon - record] = '\0';
	if (sscanf(head, "%7u,%20llu,%20llu,", &number, &sequence, &us) != 3)
		return false;
	ret->level = number & 7;
	ret->us = us;
	const char *text = semicolon + 1;
	size_t n = n_bytes - (size_t)(text - record);
	const char *end = memchr(text, '\n', n);
	text_clean(ret->text, sizeof(ret->text), text, end ? (size_t)(end - text) : n);
	return ret->text[0] != '\0';
}

/* Hand out what is filled. */
static bool flush(struct kernel_feed *f, struct event_log *ret)
{
	if (!f->fill.text[0])
		return false;
	(void)str_copy(f->fill.level, sizeof(f->fill.level), f->has_warning ? "warning" : "info");
	*ret = f->fill;
	f->fill = (struct event_log){.text = ""};
	f->has_warning = f->apart = false;
	return true;
}

static bool fits(const struct kernel_feed *f, const char *text)
{
	size_t n = strlen(f->fill.text);

	return n == 0 || (!f->apart && n + strlen(BETWEEN) + strlen(text) < sizeof(f->fill.text));
}

static void append(struct kernel_feed *f, const char *text)
{
	size_t n = strlen(f->fill.text), room = sizeof(f->fill.text) - n;

	(void)snprintf(f->fill.text + n, room, "%s%s", n ? BETWEEN : "kernel: ", text);
	f->n_bytes += strlen(text);
}

bool kernel_feed_take(struct kernel_feed *f, const char *record, size_t n_bytes,
		      struct event_log *ret)
{
	struct line line;
	char text[sizeof(line.text) + 32];

	if (f->cut || !parse(record, n_bytes, &line))
		return false;
	if (line.level > LEVEL_WARNING && f->n_bytes >= KERNEL_FEED_ALL_BYTES)
		return false;
	f->cut = f->n_bytes >= KERNEL_FEED_WORSE_BYTES;
	(void)snprintf(text, sizeof(text), "[%llu.%03u] %s",
		       (unsigned long long)(line.us / 1000000), (unsigned)(line.us / 1000 % 1000),
		       f->cut ? "the kernel says more; no further line is sent" : line.text);
	bool full = !fits(f, text) && flush(f, ret);
	append(f, text);
	f->has_warning |= line.level <= LEVEL_WARNING;
	return full;
}

void kernel_feed_open(struct kernel_feed *f, const char *path)
{
	*f = (struct kernel_feed){.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
}

void kernel_feed_begin(struct kernel_feed *f, const char *text)
{
	(void)text_fit(f->fill.text, sizeof(f->fill.text), text);
	f->has_warning = f->apart = true;
}

bool kernel_feed_next(struct kernel_feed *f, struct event_log *ret)
{
	char record[RECORD_BYTES];

	for (unsigned i = 0; f->fd >= 0 && !f->cut && i < RECORDS_A_GO; i++) {
		ssize_t n = read(f->fd, record, sizeof(record));

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		if (kernel_feed_take(f, record, (size_t)n, ret))
			return true;
	}
	return flush(f, ret);
}

void kernel_feed_close(struct kernel_feed *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
}
