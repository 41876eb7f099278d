/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consoles and big letters; see screen.h. Writes never block: a console whose cable is pulled (flow
 * control) loses text, it does not stop a host. Text from the server or hardware is escaped, so
 * that nobody can send escape sequences to a technician's terminal.
 */
#include "screen.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>

#define SERIAL_EVERY_MS 5000
#define VT_EVERY_MS     500
#define LETTERS         13
#define COLUMNS         79 /* of the narrowest console, less the cursor's place */

/* Five rows of five dots, the top row in the highest bits, drawn as one would on squared paper. */
#define ROWS(a, b, c, d, e)                                                                        \
	{                                                                                          \
		a, b, c, d, e                                                                      \
	}
static const struct {
	char letter;
	unsigned char rows[5];
} font[] = {
	{'A', ROWS(0x0e, 0x11, 0x1f, 0x11, 0x11)}, {'B', ROWS(0x1e, 0x11, 0x1e, 0x11, 0x1e)},
	{'C', ROWS(0x0f, 0x10, 0x10, 0x10, 0x0f)}, {'D', ROWS(0x1e, 0x11, 0x11, 0x11, 0x1e)},
	{'E', ROWS(0x1f, 0x10, 0x1e, 0x10, 0x1f)}, {'F', ROWS(0x1f, 0x10, 0x1e, 0x10, 0x10)},
	{'G', ROWS(0x0f, 0x10, 0x13, 0x11, 0x0f)}, {'H', ROWS(0x11, 0x11, 0x1f, 0x11, 0x11)},
	{'I', ROWS(0x0e, 0x04, 0x04, 0x04, 0x0e)}, {'J', ROWS(0x01, 0x01, 0x01, 0x11, 0x0e)},
	{'K', ROWS(0x11, 0x12, 0x1c, 0x12, 0x11)}, {'L', ROWS(0x10, 0x10, 0x10, 0x10, 0x1f)},
	{'M', ROWS(0x11, 0x1b, 0x15, 0x11, 0x11)}, {'N', ROWS(0x11, 0x19, 0x15, 0x13, 0x11)},
	{'O', ROWS(0x0e, 0x11, 0x11, 0x11, 0x0e)}, {'P', ROWS(0x1e, 0x11, 0x1e, 0x10, 0x10)},
	{'Q', ROWS(0x0e, 0x11, 0x15, 0x12, 0x0d)}, {'R', ROWS(0x1e, 0x11, 0x1e, 0x12, 0x11)},
	{'S', ROWS(0x0f, 0x10, 0x0e, 0x01, 0x1e)}, {'T', ROWS(0x1f, 0x04, 0x04, 0x04, 0x04)},
	{'U', ROWS(0x11, 0x11, 0x11, 0x11, 0x0e)}, {'V', ROWS(0x11, 0x11, 0x11, 0x0a, 0x04)},
	{'W', ROWS(0x11, 0x11, 0x15, 0x1b, 0x11)}, {'X', ROWS(0x11, 0x0a, 0x04, 0x0a, 0x11)},
	{'Y', ROWS(0x11, 0x0a, 0x04, 0x04, 0x04)}, {'Z', ROWS(0x1f, 0x02, 0x04, 0x08, 0x1f)},
	{'0', ROWS(0x0e, 0x13, 0x15, 0x19, 0x0e)}, {'1', ROWS(0x04, 0x0c, 0x04, 0x04, 0x0e)},
	{'2', ROWS(0x1e, 0x01, 0x0e, 0x10, 0x1f)}, {'3', ROWS(0x1e, 0x01, 0x0e, 0x01, 0x1e)},
	{'4', ROWS(0x12, 0x12, 0x1f, 0x02, 0x02)}, {'5', ROWS(0x1f, 0x10, 0x1e, 0x01, 0x1e)},
	{'6', ROWS(0x0e, 0x10, 0x1e, 0x11, 0x0e)}, {'7', ROWS(0x1f, 0x02, 0x04, 0x08, 0x08)},
	{'8', ROWS(0x0e, 0x11, 0x0e, 0x11, 0x0e)}, {'9', ROWS(0x0e, 0x11, 0x0f, 0x01, 0x0e)},
	{'-', ROWS(0x00, 0x00, 0x0e, 0x00, 0x00)}, {'.', ROWS(0x00, 0x00, 0x00, 0x00, 0x04)},
	{':', ROWS(0x00, 0x04, 0x00, 0x04, 0x00)}, {'!', ROWS(0x04, 0x04, 0x04, 0x00, 0x04)},
};

static unsigned char dots(char c, int row)
{
	for (size_t i = 0; i < ARRAY_LEN(font); i++)
		if (font[i].letter == toupper((unsigned char)c))
			return font[i].rows[row];
	return 0;
}

void screen_big_letters(struct str *out, const char *text)
{
	for (int row = 0; row < 5; row++) {
		for (size_t i = 0; text[i] && i < LETTERS; i++) {
			unsigned char bits = dots(text[i], row);

			for (int column = 4; column >= 0; column--)
				str_addc(out, bits >> column & 1 ? '#' : ' ');
			str_addc(out, ' ');
		}
		str_addc(out, '\n');
	}
}

static void open_console(struct screen *s, const char *path)
{
	const char *name = strrchr(path, '/');

	if (s->n == SCREEN_MAX_CONSOLES)
		return;
	int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	s->is_vt[s->n] = name && str_starts(name, "/tty") &&
			 (!name[4] || isdigit((unsigned char)name[4]));
	s->fds[s->n++] = fd;
}

void screen_open(struct screen *s)
{
	char line[256];

	*s = (struct screen){0};
	file_read_line("/run/slipway/consoles", line, sizeof(line));
	struct sv rest = sv_of(line);
	while (rest.n) {
		struct sv word = sv_trim(sv_split(&rest, ' '));
		autofree char *path = xstrndup(word.p, word.n);

		if (*path)
			open_console(s, path);
	}
	if (s->n == 0)
		open_console(s, "/dev/console");
}

void screen_close(struct screen *s)
{
	for (size_t i = 0; i < s->n; i++)
		(void)close(s->fds[i]);
	s->n = 0;
}

/* Terminals in raw mode want a carriage return, and text of others is made printable. */
static void add_line(struct str *out, struct sv line, bool ours)
{
	autofree char *copy = xstrndup(line.p, line.n);

	if (ours)
		str_add(out, copy);
	else
		str_add_printable(out, copy);
	str_add(out, "\r\n");
}

/* What fits on a row of the console, up to a blank where there is one: no word is torn. */
static struct sv take_row(struct sv *line)
{
	size_t n = line->n, blank = 0;

	if (n > COLUMNS) {
		for (n = COLUMNS; n > 0 && line->p[n] != ' '; n--)
			;
		blank = n > 0;
		n = n ? n : COLUMNS;
	}
	struct sv row = {line->p, n};

	line->p += n + blank;
	line->n -= n + blank;
	return row;
}

static void add_lines(struct str *out, const char *text, bool ours)
{
	struct sv rest = sv_of(text);

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');

		do
			add_line(out, take_row(&line), ours);
		while (line.n);
	}
}

static void write_all_consoles(struct screen *s, const char *text, size_t n, int only_vt)
{
	for (size_t i = 0; i < s->n; i++)
		if (only_vt < 0 || s->is_vt[i] == only_vt)
			(void)!write(s->fds[i], text, n);
}

void screen_show(struct screen *s, const char *headline, const char *code, const char *text)
{
	autostr struct str out = {0}, letters = {0};

	if (str_eq(s->headline, headline) && str_eq(s->last_text, text))
		return;
	(void)str_copy(s->headline, sizeof(s->headline), headline);
	(void)text_fit(s->last_text, sizeof(s->last_text), text);
	str_init(&letters, 4096);
	str_init(&out, 16384);
	screen_big_letters(&letters, headline);
	str_add(&out, "\r\n");
	add_lines(&out, letters.p, true);
	str_add(&out, "\r\n");
	/* The code is what a person reads aloud across a room, so it is big, too. */
	if (*code && !str_eq(code, headline)) {
		autostr struct str big = {0};

		str_init(&big, 4096);
		screen_big_letters(&big, code);
		add_lines(&out, big.p, true);
		str_addf(&out, "\r\ncode %s\r\n", code);
	}
	add_lines(&out, text, false);
	str_add(&out, "\r\n");
	write_all_consoles(s, "\033[2J\033[H", 7, true);
	write_all_consoles(s, out.p, out.n_bytes, -1);
	s->last_progress_ms = 0;
}

void screen_show_error(struct screen *s, const char *headline, const char *code,
		       const struct err *err)
{
	autofree char *text = xasprintf("%s\n%s: %s\nWhat to do: %s.", err_meaning(err->code),
					err_name(err->code), err->msg, err_hint(err->code));

	screen_show(s, headline, code, text);
}

void screen_progress(struct screen *s, const char *line)
{
	int64_t now_ms = time_boot_ms();
	autostr struct str out = {0};

	str_init(&out, 1024);
	str_add_printable(&out, line);
	if (now_ms - s->last_vt_ms >= VT_EVERY_MS) {
		autofree char *vt = xasprintf("\r\033[K%.70s", out.p);

		s->last_vt_ms = now_ms;
		write_all_consoles(s, vt, strlen(vt), true);
	}
	if (s->last_progress_ms == 0 || now_ms - s->last_progress_ms >= SERIAL_EVERY_MS) {
		s->last_progress_ms = now_ms;
		str_add(&out, "\r\n");
		write_all_consoles(s, out.p, out.n_bytes, false);
	}
}
