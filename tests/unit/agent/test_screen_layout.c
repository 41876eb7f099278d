/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of consoles of several sizes as a grid of text, for every step and for repairs: nothing over
 * the edge, room left for progress, letters as large as they fit, and no word lost.
 * With SHOW_SCREENS in the environment the grids are printed, for somebody who wants to look.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <base/alloc.h>
#include <base/str.h>
#include <agent/screen_layout.h>
#include <agent/step_text.h>

#define PAGE        "https://10.20.0.1/#/hosts/ABCD2345"
#define ROWS_MAX    200
#define COLUMNS_MAX 400

struct grid {
	char rows[ROWS_MAX][COLUMNS_MAX];
	unsigned n, widest, codes; /* codes: rows of a QR code, whose text alone is kept */
};

/* "TEXT ESC [ column G ESC [ 30;47m BLOCKS ESC [ 0m CR": a row of a code beside a text. */
static size_t cut_code(const char *row, size_t n, unsigned *ret_widest, unsigned *ret_codes)
{
	const char *at = memchr(row, '\033', n);
	unsigned column = 0, cells = 0;
	size_t n_text = at ? (size_t)(at - row) : n;

	if (!at)
		return n;
	for (at += 2; *at >= '0' && *at <= '9'; at++)
		column = column * 10 + (unsigned)(*at - '0');
	if (!str_starts(at, "G\033[30;47m") || n_text >= column)
		fail_msg("a text runs into the code: %.*s", (int)n, row);
	for (at += strlen("G\033[30;47m"); at < row + n && *at != '\033'; at++)
		cells += (*at & 0xc0) != 0x80;
	*ret_widest = column - 1 + cells > *ret_widest ? column - 1 + cells : *ret_widest;
	(*ret_codes)++;
	return n_text;
}

static void read_grid(const char *text, struct grid *g)
{
	struct sv rest = sv_of(text);

	memset(g, 0, sizeof(*g));
	while (rest.n) {
		struct sv row = sv_split(&rest, '\n');
		size_t n = row.n > 0 ? row.n - 1 : COLUMNS_MAX;
		if (n >= COLUMNS_MAX || row.p[n] != '\r' || g->n == ROWS_MAX)
			fail_msg("row %u is too long, or does not end as it should", g->n);
		n = cut_code(row.p, n, &g->widest, &g->codes);
		memcpy(g->rows[g->n++], row.p, n);
		g->widest = n > g->widest ? (unsigned)n : g->widest;
	}
}

static void show(const char *name, struct screen_size size, const struct grid *g)
{
	if (!getenv("SHOW_SCREENS"))
		return;
	printf("---- %s, %u x %u: %u rows\n", name, size.columns, size.rows, g->n);
	for (unsigned i = 0; i < g->n; i++)
		printf("|%s\n", g->rows[i]);
}

static const struct screen_size sizes[] = {{80, 25},  {80, 30},  {100, 37}, {128, 48},
					   {160, 64}, {240, 67}, {80, 0}};

static const struct row {
	const char *name;
	struct screen_view v;
	unsigned least_width; /* of the big letters at 80x25 */
} rows[] = {
	{"hello", {"HELLO", "K7Q2-M9XA", "", "", "Asking the server what to do.", NULL, NULL}, 52},
	{"a code to be compared",
	 {"K7Q2-M9XA", "K7Q2-M9XA", "", "", "Host ABCD2345. Approve it.", NULL, NULL},
	 52},
	{"a disk to be replaced",
	 {"REPLACE", "K7Q2-M9XA", "Bay 3", "S64GNX0T400A",
	  "The disk reports sectors that cannot be read.\nDo: Replace disk Bay 3.\nPlace: ams1, rack "
	  "R7, unit 12\nNext: the technician.",
	  NULL, NULL},
	 70},
	{"a long slot and a long serial",
	 {"REPLACE", "K7Q2-M9XA", "PCIe riser 2, slot 7 (rear)", "PHYF123456789012345678901234",
	  "Do: Replace it.", NULL, NULL},
	 40},
	{"much to say",
	 {"NEEDS HANDS", "K7Q2-M9XA", "DIMM_A1", "3A1F0C22",
	  "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
	  "sixteen seventeen eighteen nineteen twenty.\n2\n3\n4\n5\n6\n7\n8\n9\n10 the last of them",
	  NULL, NULL},
	 40},
	{"texts that steer",
	 {"FAILED", "K7Q2-M9XA", "Bay\033[2J", "S\r\b7", "\033[2J\033[Hgone\nNext: the technician.",
	  NULL, NULL},
	 40},
};

static void check_words(const char *name, const struct screen_view *v, const struct grid *g)
{
	autostr struct str all = {0};

	str_init(&all, SCREEN_LAYOUT_BYTES);
	for (unsigned i = 0; i < g->n; i++)
		str_addf(&all, "%s ", g->rows[i]);
	struct sv rest = sv_of(v->text);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		while (line.n) {
			struct sv word = sv_split(&line, ' ');
			autofree char *copy = xstrndup(word.p, word.n);
			if (!strchr(copy, '\033'))
				CHECK(name, strstr(all.p, copy));
		}
	}
	CHECK(name, !strpbrk(all.p, "\033\b\r"));
}

static void test_every_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			autostr struct str out = {0};
			struct grid *g = xcalloc(1, sizeof(*g));

			str_init(&out, SCREEN_LAYOUT_BYTES);
			screen_layout(&rows[i].v, sizes[k], &out);
			read_grid(out.p, g);
			show(rows[i].name, sizes[k], g);
			CHECK(rows[i].name, g->widest < sizes[k].columns);
			CHECK(rows[i].name, !sizes[k].rows || g->n < sizes[k].rows);
			if (sizes[k].columns == 80 && sizes[k].rows == 25)
				CHECK(rows[i].name, g->widest >= rows[i].least_width);
			check_words(rows[i].name, &rows[i].v, g);
			free(g);
		}
	}
}

/* A person across the aisle reads the slot and the serial, not only the word. */
static void test_big_lines(void **state)
{
	static const struct {
		const char *name;
		size_t row;
		struct screen_size size;
		unsigned dots; /* rows of big letters */
	} cases[] = {
		{"three lines at 80x25", 2, {80, 25}, 15},
		{"the code, too", 0, {80, 25}, 15},
		{"taller on a framebuffer", 2, {240, 67}, 55},
		{"a part whose texts are too long keeps its word", 3, {80, 25}, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autostr struct str out = {0};
		struct grid *g = xcalloc(1, sizeof(*g));
		unsigned n = 0;

		str_init(&out, SCREEN_LAYOUT_BYTES);
		screen_layout(&rows[cases[i].row].v, cases[i].size, &out);
		read_grid(out.p, g);
		for (unsigned k = 0; k < g->n; k++)
			n += strspn(g->rows[k], "# ") == strlen(g->rows[k]) &&
			     strchr(g->rows[k], '#');
		CHECK_INT(cases[i].name, n, cases[i].dots);
		free(g);
	}
}

/* Place and page are in words everywhere; the code is where no big letter gives way to it. */
static void test_page(void **state)
{
	static const struct {
		const char *name;
		size_t row;
		struct screen_size size;
		const char *page;
		unsigned codes, dots; /* rows of the code; rows of big letters */
		bool is_in_words;
	} cases[] = {
		{"to be approved, 80x25", 1, {80, 25}, PAGE, 15, 5, true},
		{"a disk, 80x25: the letters win", 2, {80, 25}, PAGE, 0, 15, false},
		{"a disk, 100x37", 2, {100, 37}, PAGE, 15, 15, true},
		{"a disk, 128x48", 2, {128, 48}, PAGE, 15, 25, true},
		{"a framebuffer", 2, {240, 67}, PAGE, 15, 45, true},
		{"a serial line", 2, {80, 0}, PAGE, 0, 15, true},
		{"no page yet", 1, {80, 25}, "", 0, 5, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autostr struct str out = {0}, all = {0};
		struct grid *g = xcalloc(1, sizeof(*g));
		struct screen_view v = rows[cases[i].row].v;
		unsigned dots = 0;

		v.page = cases[i].page;
		v.place = "ams1, rack R7, unit 12";
		str_init(&out, SCREEN_LAYOUT_BYTES);
		str_init(&all, SCREEN_LAYOUT_BYTES);
		screen_layout(&v, cases[i].size, &out);
		read_grid(out.p, g);
		show(cases[i].name, cases[i].size, g);
		check_words(cases[i].name, &v, g);
		for (unsigned k = 0; k < g->n; k++) {
			dots += strspn(g->rows[k], "# ") == strlen(g->rows[k]) &&
				strchr(g->rows[k], '#');
			str_addf(&all, "%s ", g->rows[k]);
		}
		CHECK_INT(cases[i].name, g->codes, cases[i].codes);
		CHECK_INT(cases[i].name, dots, cases[i].dots);
		CHECK(cases[i].name, g->widest < cases[i].size.columns);
		CHECK(cases[i].name, !cases[i].size.rows || g->n < cases[i].size.rows);
		CHECK(cases[i].name, strstr(all.p, "rack R7, unit 12"));
		bool told = cases[i].page[0] && strstr(all.p, cases[i].page);
		CHECK_INT(cases[i].name, told, cases[i].is_in_words);
		free(g);
	}
}

/* Each step of a plan, as it is shown. */
static void test_steps(void **state)
{
	struct plan plan = {
		.burn_in.tier = "standard",
		.image = {.line = "debian12",
			  .version = "20261101",
			  .disk = {"", "S64GNX0T400A", 1920383410176}},
		.erase_disk = {"0x5000c500a1b2c3d4", "", 18000207937536},
	};

	(void)state;
	for (int kind = PLAN_STEP_INSPECT; kind < PLAN_STEP_WAIT; kind++) {
		autostr struct str text = {0}, out = {0};
		struct grid *g = xcalloc(1, sizeof(*g));
		const char *headline = step_headline((enum plan_step_kind)kind);

		str_init(&text, 2048);
		str_init(&out, SCREEN_LAYOUT_BYTES);
		plan.kind = (enum plan_step_kind)kind;
		step_text(&plan, &text);
		struct screen_view v = {headline, "K7Q2-M9XA", "", "", text.p, NULL, NULL};
		screen_layout(&v, sizes[0], &out);
		read_grid(out.p, g);
		show(headline, sizes[0], g);
		CHECK(headline, g->n < 25 && g->widest < 80 && g->widest >= 53);
		check_words(headline, &v, g);
		free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_big_lines),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
