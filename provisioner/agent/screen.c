/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consoles and big letters; see screen.h. Writes never block: a console whose cable is pulled (flow
 * control) loses text, it does not stop a host. Text from the server or hardware is escaped, so
 * that nobody can send escape sequences to a technician's terminal.
 */
#include "screen.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>

#include <agent/facts/spcr.h>

#define SERIAL_EVERY_MS 5000
#define VT_EVERY_MS     500
#define KERNEL_VT       10 /* where the kernel's messages go, and not over the screen */

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

/* The kernel prints errors of disks and networks on the console in front; this sends them to one of
 * their own (Alt-F10). It must exist before, which opening it does. */
static void send_kernel_away(struct screen *s)
{
	char request[2] = {11 /* TIOCL_SETKMSGREDIRECT */, KERNEL_VT};
	autofree char *path = xasprintf("/dev/tty%d", KERNEL_VT);
	size_t i = 0;

	while (i < s->n && !s->is_vt[i])
		i++;
	if (i == s->n)
		return;
	s->kernel_fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (s->kernel_fd >= 0)
		(void)ioctl(s->kernel_fd, TIOCLINUX, request);
}

static bool names(const char *list, const char *path)
{
	struct sv rest = sv_of(list);

	while (rest.n)
		if (sv_eq_str(sv_trim(sv_split(&rest, ' ')), path))
			return true;
	return false;
}

/* Speeds that a firmware's table may name. */
static speed_t speed_of(unsigned bits)
{
	return bits == 9600 ? B9600 : bits == 19200 ? B19200 : bits == 57600 ? B57600 : B115200;
}

/* Where the firmware's own console is, somebody looks, also when the command line names another port.
 * The kernel has not set its speed then. */
static void open_firmware_console(struct screen *s, const char *others)
{
	char console[CONSOLE_MAX_BYTES];
	struct termios t;

	spcr_console("", console);
	size_t n = console_name_length(console);
	autofree char *path = xasprintf("/dev/%.*s", (int)n, console);
	if (!n || names(others, path))
		return;
	size_t before = s->n;
	open_console(s, path);
	if (s->n == before || tcgetattr(s->fds[before], &t) < 0 || !console_speed(console))
		return;
	cfmakeraw(&t);
	(void)cfsetspeed(&t, speed_of(console_speed(console)));
	(void)tcsetattr(s->fds[before], TCSANOW, &t);
}

void screen_open(struct screen *s)
{
	char line[256];

	*s = (struct screen){.kernel_fd = -1};
	file_read_line("/run/slipway/consoles", line, sizeof(line));
	struct sv rest = sv_of(line);
	while (rest.n) {
		struct sv word = sv_trim(sv_split(&rest, ' '));
		autofree char *path = xstrndup(word.p, word.n);

		if (*path)
			open_console(s, path);
	}
	open_firmware_console(s, line);
	if (s->n == 0)
		open_console(s, "/dev/console");
	send_kernel_away(s);
}

void screen_close(struct screen *s)
{
	for (size_t i = 0; i < s->n; i++)
		(void)close(s->fds[i]);
	s->n = 0;
	if (s->kernel_fd >= 0)
		(void)close(s->kernel_fd);
	s->kernel_fd = -1;
	free(s->last);
	s->last = NULL;
}

static void write_serial(struct screen *s, const char *text, size_t n)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->is_vt[i])
			(void)!write(s->fds[i], text, n);
}

static struct screen_size size_of(const struct screen *s, size_t i)
{
	struct winsize w;

	if (!s->is_vt[i])
		return (struct screen_size){SCREEN_COLUMNS, 0};
	if (ioctl(s->fds[i], TIOCGWINSZ, &w) < 0 || w.ws_col < SCREEN_COLUMNS / 2 || w.ws_row < 10)
		return (struct screen_size){SCREEN_COLUMNS, SCREEN_ROWS};
	return (struct screen_size){w.ws_col, w.ws_row};
}

static void draw(struct screen *s, const struct screen_view *v)
{
	for (size_t i = 0; i < s->n; i++) {
		autostr struct str out = {0};

		str_init(&out, SCREEN_LAYOUT_BYTES);
		if (s->is_vt[i])
			str_add(&out, "\033[2J\033[H");
		screen_layout(v, size_of(s, i), &out);
		(void)!write(s->fds[i], out.p, out.n_bytes);
	}
}

void screen_show_view(struct screen *s, const struct screen_view *v)
{
	autofree char *all = xasprintf("%s\n%s\n%s\n%s\n%s\n%s\n%s", v->headline, v->code, v->slot,
				       v->serial, v->text, s->page, s->place);
	struct screen_view whole = *v;

	if (s->last && str_eq(s->last, all))
		return;
	free(s->last);
	s->last = take_ptr(all);
	whole.page = s->page;
	whole.place = s->place;
	draw(s, &whole);
	s->last_progress_ms = 0;
}

void screen_set_host(struct screen *s, const char *page, const char *place)
{
	(void)str_copy(s->page, sizeof(s->page), page);
	(void)str_copy(s->place, sizeof(s->place), place);
}

void screen_show(struct screen *s, const char *headline, const char *code, const char *text)
{
	screen_show_view(s, &(struct screen_view){.headline = headline,
						  .code = code,
						  .slot = "",
						  .serial = "",
						  .text = text});
}

void screen_show_error(struct screen *s, const char *headline, const char *code,
		       const struct err *err)
{
	autofree char *text = xasprintf("%s\n%s: %s\nWhat to do: %s.", err_meaning(err->code),
					err_name(err->code), err->msg, err_hint(err->code));

	screen_show(s, headline, code, text);
}

/* The whole line where there is room, else the brief one: never over the edge. */
static void draw_line(struct screen *s, size_t i, const struct screen_line *line)
{
	unsigned columns = size_of(s, i).columns - 1;
	autostr struct str shown = {0};

	str_init(&shown, 4096);
	str_add_printable(&shown, line->whole);
	if (shown.n_bytes > columns && line->brief) {
		str_clear(&shown);
		str_add_printable(&shown, line->brief);
	}
	autofree char *text = xasprintf("\r\033[K%.*s", (int)columns, shown.p);
	(void)!write(s->fds[i], text, strlen(text));
}

void screen_progress(struct screen *s, const struct screen_line *line)
{
	int64_t now_ms = time_boot_ms();

	if (now_ms - s->last_vt_ms >= VT_EVERY_MS) {
		s->last_vt_ms = now_ms;
		for (size_t i = 0; i < s->n; i++)
			if (s->is_vt[i])
				draw_line(s, i, line);
	}
	if (s->last_progress_ms == 0 || now_ms - s->last_progress_ms >= SERIAL_EVERY_MS) {
		autostr struct str out = {0};

		s->last_progress_ms = now_ms;
		str_init(&out, 4096);
		str_add_printable(&out, line->whole);
		str_add(&out, "\r\n");
		write_serial(s, out.p, out.n_bytes);
	}
}
