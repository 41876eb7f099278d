/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing. All text from hosts was made printable by view.c before it comes here.
 */
#include "screen.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/str.h>

#define PLAIN_EVERY_MS  30000
#define LINE_MAX_BYTES  512
#define DEFAULT_COLUMNS 80

void screen_init(struct screen *c)
{
	*c = (struct screen){.live = isatty(STDOUT_FILENO) == 1};
}

static void add_clock(struct str *s, int64_t seconds)
{
	str_addf(s, "%lld:%02lld", (long long)(seconds / 60), (long long)(seconds % 60));
}

static const char *stage_text(const struct bench_host *h)
{
	if (*h->trouble)
		return "trouble";
	if (h->off_by_deed)
		return "powered off";
	if (h->phase == PHASE_CYCLE)
		return "power cycle";
	return h->view.known ? h->view.state : "booting";
}

void screen_line(const struct bench_host *h, int64_t now_ms, struct str *ret)
{
	int percent = view_percent(&h->view);
	int64_t end_ms = h->phase == PHASE_DONE && h->total_s >= 0
				 ? h->power_on_ms + (int64_t)(h->total_s * 1000)
				 : now_ms;

	str_addf(ret, "%-10s %-7s %-4s ", h->spec->name,
		 word_str(&lab_arch_words, (int)h->spec->arch),
		 word_str(&lab_firmware_words, (int)h->spec->firmware));
	add_clock(ret, h->power_on_ms ? (end_ms - h->power_on_ms) / 1000 : 0);
	str_addf(ret, "  %-11s", stage_text(h));
	if (h->spec->power_cycles && h->own_boots + (h->phase == PHASE_CYCLE) > 0)
		str_addf(ret, " own boots %u/%u", h->own_boots, h->spec->power_cycles);
	else if (h->phase != PHASE_DONE && percent >= 0)
		str_addf(ret, " %3d %%", percent);
	if (h->phase == PHASE_FLOW && h->view.known && h->view.eta_s >= 0) {
		str_add(ret, "  left ");
		add_clock(ret, h->view.eta_s);
	}
	if (*h->trouble)
		str_addf(ret, "  %s", h->trouble);
	else if (h->phase == PHASE_FLOW && percent >= 0 && *h->view.message)
		str_addf(ret, "  %.60s", h->view.message);
	else if (*h->view.detail && h->phase != PHASE_CYCLE)
		str_addf(ret, "  %.60s", h->view.detail);
}

/* Asked at every drawing: windows change. A line that wrapped would be two, and the cursor would go
 * back to the wrong one. */
static int columns_of_terminal(void)
{
	struct winsize size = {0};

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
									       : DEFAULT_COLUMNS;
}

static void draw_live(struct screen *c, const struct bench *b)
{
	int columns = columns_of_terminal();

	if (c->lines_drawn)
		(void)printf("\033[%uA", c->lines_drawn);
	for (size_t i = 0; i < b->n_hosts; i++) {
		autostr struct str line;

		str_init(&line, LINE_MAX_BYTES);
		screen_line(&b->hosts[i], time_boot_ms(), &line);
		(void)printf("\033[2K%.*s\n", columns - 1, line.p);
	}
	c->lines_drawn = (unsigned)b->n_hosts;
}

static void print_changes(struct screen *c, const struct bench *b, bool all)
{
	int64_t now_ms = time_boot_ms();

	for (size_t i = 0; i < b->n_hosts; i++) {
		const struct bench_host *h = &b->hosts[i];
		autostr struct str line;
		char state[64];

		(void)snprintf(state, sizeof(state), "%s %u", stage_text(h), h->own_boots);
		if (!all && str_eq(state, c->last_state[i]) &&
		    (h->phase == PHASE_DONE || now_ms - c->last_line_ms[i] < PLAIN_EVERY_MS))
			continue;
		str_init(&line, LINE_MAX_BYTES);
		screen_line(h, now_ms, &line);
		(void)printf("%s\n", line.p);
		(void)str_copy(c->last_state[i], sizeof(c->last_state[i]), state);
		c->last_line_ms[i] = now_ms;
	}
}

void screen_show(struct screen *c, const struct bench *b)
{
	if (c->live)
		draw_live(c, b);
	else
		print_changes(c, b, false);
	(void)fflush(stdout);
}

void screen_end(struct screen *c, const struct bench *b)
{
	if (c->live)
		draw_live(c, b);
	else
		print_changes(c, b, false);
	c->lines_drawn = 0;
	(void)fflush(stdout);
}

void screen_say(struct screen *c, const char *text)
{
	(void)c;
	(void)printf("lab: %s\n", text);
	(void)fflush(stdout);
}
