/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewriting consoles; see kernel_console.h. GRUB: "linux /vmlinuz ..." in a menu, GRUB_CMDLINE_LINUX in
 * its defaults, kernelopts in its environment block; systemd-boot and boot loader specification:
 * "options ..."; extlinux: "append ...". Input: files of an image.
 */
#include "kernel_console.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <proto/console.h>

#define BLANKS  " \t"
#define ENDS    " \t\"'"
#define DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT="

enum line { LINE_OTHER, LINE_KERNEL, LINE_KERNEL_MORE, LINE_GRUB_SERIAL };

struct rewriting {
	const struct kernel_console *console;
	unsigned unit, speed; /* of GRUB's line; speed 0: none */
	bool has_unit;
	struct str *out;
	bool changed;
	bool seen_any, seen_serial; /* in this line */
};

/* How the lines begin. MORE: what is added to another line, which gets the console if none has it. */
static const struct {
	const char *word;
	bool whole_word;
	enum line line;
} starts[] = {
	{"linux", true, LINE_KERNEL},
	{"linux16", true, LINE_KERNEL},
	{"linuxefi", true, LINE_KERNEL},
	{"options", true, LINE_KERNEL},
	{"append", true, LINE_KERNEL},
	{"APPEND", true, LINE_KERNEL},
	{"kernelopts=", false, LINE_KERNEL},
	{DEFAULT, false, LINE_KERNEL_MORE},
	{"GRUB_CMDLINE_LINUX=", false, LINE_KERNEL},
	{"GRUB_SERIAL_COMMAND=", false, LINE_GRUB_SERIAL},
	{"serial", true, LINE_GRUB_SERIAL},
};

/* The entry's options are those of the environment block, which gets the console itself. */
static bool has_options_elsewhere(struct sv line)
{
	static const char *const words[] = {"$kernelopts", "${kernelopts}"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (memmem(line.p, line.n, words[i], strlen(words[i])))
			return true;
	return false;
}

static enum line kind_of(struct sv line, enum kernel_lines kind)
{
	struct sv rest = {line.p, line.n};

	while (rest.n && strchr(BLANKS, *rest.p)) {
		rest.p++;
		rest.n--;
	}
	if (kind == KERNEL_LINES_WHOLE)
		return rest.n && *rest.p != '#' ? LINE_KERNEL : LINE_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t n = strlen(starts[i].word);

		if (sv_starts(rest, starts[i].word) &&
		    (!starts[i].whole_word || (rest.n > n && strchr(BLANKS, rest.p[n]))))
			return starts[i].line == LINE_KERNEL && has_options_elsewhere(line)
				       ? LINE_KERNEL_MORE
				       : starts[i].line;
	}
	return LINE_OTHER;
}

/* "console=ttyS0", also "console=$console"; a screen ("tty0") stays. */
static bool is_serial(struct sv value)
{
	bool screen = sv_starts(value, "tty") &&
		      (value.n == 3 || (value.p[3] >= '0' && value.p[3] <= '9'));

	return value.n && !screen && !sv_eq_str(value, "null");
}

/* The same word; or, where only the firmware names a console, its port with other options. */
static bool is_as_good(const struct kernel_console *console, struct sv value)
{
	size_t n = console_name_length(console->word);

	if (sv_eq_str(value, console->word))
		return true;
	return console->by_firmware && value.n >= n && memcmp(value.p, console->word, n) == 0 &&
	       (value.n == n || value.p[n] == ',');
}

static void put_console(struct rewriting *w, struct sv blanks, struct sv word)
{
	struct sv value = {word.p + strlen("console="), word.n - strlen("console=")};

	w->seen_any = true;
	if (!is_serial(value)) {
		str_addn(w->out, blanks.p, blanks.n);
		str_addn(w->out, word.p, word.n);
		return;
	}
	if (w->seen_serial) { /* one serial console a host */
		w->changed = true;
		return;
	}
	w->seen_serial = true;
	str_addn(w->out, blanks.p, blanks.n);
	if (is_as_good(w->console, value)) {
		str_addn(w->out, word.p, word.n);
		return;
	}
	str_addf(w->out, "console=%s", w->console->word);
	w->changed = true;
}

static void put_grub_word(struct rewriting *w, struct sv blanks, struct sv word)
{
	str_addn(w->out, blanks.p, blanks.n);
	if (w->has_unit && sv_starts(word, "--unit=")) {
		str_addf(w->out, "--unit=%u", w->unit);
		w->changed = true;
	} else if (w->has_unit && w->speed && sv_starts(word, "--speed=")) {
		str_addf(w->out, "--speed=%u", w->speed);
		w->changed = true;
	} else {
		str_addn(w->out, word.p, word.n);
	}
}

typedef void put_word(struct rewriting *w, struct sv blanks, struct sv word);

static void each_word(struct rewriting *w, struct sv line, put_word *put)
{
	while (line.n) {
		size_t n_ends = 0, n = 0;

		while (n_ends < line.n && strchr(ENDS, line.p[n_ends]))
			n_ends++;
		while (n_ends + n < line.n && !strchr(ENDS, line.p[n_ends + n]))
			n++;
		put(w, (struct sv){line.p, n_ends}, (struct sv){line.p + n_ends, n});
		line.p += n_ends + n;
		line.n -= n_ends + n;
	}
}

static void put_kernel_word(struct rewriting *w, struct sv blanks, struct sv word)
{
	if (sv_starts(word, "console=")) {
		put_console(w, blanks, word);
		return;
	}
	str_addn(w->out, blanks.p, blanks.n);
	str_addn(w->out, word.p, word.n);
}

/* Blanks at the end, and the quote in front of them: what is added goes before. */
static size_t tail_of(struct sv line)
{
	size_t n = 0;

	while (n < line.n && strchr(BLANKS, line.p[line.n - 1 - n]))
		n++;
	return n + (n < line.n && strchr("\"'", line.p[line.n - 1 - n]));
}

/* "GRUB_CMDLINE_LINUX=", with a quote or without, and nothing behind it. */
static bool is_empty_value(struct sv body)
{
	if (body.n && strchr("\"'", body.p[body.n - 1]))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (!starts[i].whole_word && sv_eq_str(sv_trim(body), starts[i].word))
			return true;
	return false;
}

static void add_console(struct rewriting *w, struct sv body)
{
	bool blank = body.n && !strchr(BLANKS, body.p[body.n - 1]) && !is_empty_value(body);

	str_addf(w->out, "%s%sconsole=%s", blank ? " " : "", w->seen_any ? "" : "console=tty0 ",
		 w->console->word);
	w->changed = true;
}

static void put_kernel_line(struct rewriting *w, struct sv line, enum line kind)
{
	size_t tail = tail_of(line);
	struct sv body = {line.p, line.n - tail};

	w->seen_any = w->seen_serial = false;
	each_word(w, body, put_kernel_word);
	if (kind == LINE_KERNEL && !w->seen_serial)
		add_console(w, body);
	str_addn(w->out, line.p + body.n, tail);
}

static void put_line(struct rewriting *w, struct sv line, enum kernel_lines kind)
{
	enum line is = kind_of(line, kind);

	if (is == LINE_OTHER)
		str_addn(w->out, line.p, line.n);
	else if (is == LINE_GRUB_SERIAL)
		each_word(w, line, put_grub_word);
	else
		put_kernel_line(w, line, is);
}

bool kernel_console_rewrite(const char *text, enum kernel_lines kind,
			    const struct kernel_console *console, struct str *out)
{
	struct rewriting w = {
		.console = console, .speed = console_speed(console->word), .out = out};

	w.has_unit = sscanf(console->word, "ttyS%3u", &w.unit) == 1;
	while (*text) {
		size_t n = strcspn(text, "\r\n");

		put_line(&w, (struct sv){text, n}, kind);
		text += n;
		n = strspn(text, "\r\n");
		str_addn(out, text, n);
		text += n;
	}
	return w.changed;
}
