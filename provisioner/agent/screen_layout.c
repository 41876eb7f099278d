/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a console; see screen_layout.h. Input: texts from the server and from hardware.
 */
#include "screen_layout.h"

#include <ctype.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/qr_code.h>
#include <proto/plan.h>

#define LETTER_ROWS  5
#define LETTER_DOTS  5
#define LETTER_CELLS (LETTER_DOTS + 1) /* with the gap after it */
#define LETTERS      13                /* of the narrowest console */
#define SCALE_MAX    8

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
	{'_', ROWS(0x00, 0x00, 0x00, 0x00, 0x1f)}, {'/', ROWS(0x01, 0x02, 0x04, 0x08, 0x10)},
	{'#', ROWS(0x0a, 0x1f, 0x0a, 0x1f, 0x0a)}, {'+', ROWS(0x00, 0x04, 0x0e, 0x04, 0x00)},
};

static unsigned char dots(char c, int row)
{
	for (size_t i = 0; i < ARRAY_LEN(font); i++)
		if (font[i].letter == toupper((unsigned char)c))
			return font[i].rows[row];
	return 0;
}

/* ---- big letters ----------------------------------------------------------------------------- */

struct big {
	const char *text;
	size_t n;            /* letters */
	unsigned wide, tall; /* cells a dot */
};

static void add_big_row(struct str *out, const struct big *b, int row)
{
	for (size_t i = 0; i < b->n; i++) {
		unsigned char bits = dots(b->text[i], row);

		for (int column = LETTER_DOTS - 1; column >= 0; column--)
			for (unsigned k = 0; k < b->wide; k++)
				str_addc(out, bits >> column & 1 ? '#' : ' ');
		for (unsigned k = 0; k < b->wide && i + 1 < b->n; k++)
			str_addc(out, ' ');
	}
}

static void add_big(struct str *out, const struct big *b)
{
	for (int row = 0; row < LETTER_ROWS; row++)
		for (unsigned k = 0; k < b->tall; k++) {
			add_big_row(out, b, row);
			str_add(out, "\r\n");
		}
}

void screen_big_letters(struct str *out, const char *text)
{
	for (int row = 0; row < LETTER_ROWS; row++) {
		for (size_t i = 0; text[i] && i < LETTERS; i++) {
			unsigned char bits = dots(text[i], row);

			for (int column = LETTER_DOTS - 1; column >= 0; column--)
				str_addc(out, bits >> column & 1 ? '#' : ' ');
			str_addc(out, ' ');
		}
		str_addc(out, '\n');
	}
}

/* A character cell is twice as tall as wide, so letters look right when a dot is two cells wide. */
static unsigned width_of(size_t n_letters, unsigned tall, unsigned columns)
{
	unsigned most = (columns - 1) / (unsigned)(n_letters * LETTER_CELLS - 1);

	return most < tall * 2 ? most : tall * 2;
}

/* ---- lines of text --------------------------------------------------------------------------- */

/* What fits on a row of the console, up to a blank where there is one: no word is torn. */
static struct sv take_row(struct sv *line, size_t columns)
{
	size_t n = line->n, blank = 0;

	if (n > columns) {
		for (n = columns; n > 0 && line->p[n] != ' '; n--)
			;
		blank = n > 0;
		n = n ? n : columns;
	}
	struct sv row = {line->p, n};

	line->p += n + blank;
	line->n -= n + blank;
	return row;
}

/* At most `room` rows. Terminals in raw mode want a carriage return. Returns the rows. */
static unsigned add_text(struct str *out, const char *text, unsigned columns, unsigned room)
{
	struct sv rest = sv_of(text);
	unsigned n = 0;

	while (rest.n && n < room) {
		struct sv line = sv_split(&rest, '\n');
		autofree char *copy = xstrndup(line.p, line.n);
		autostr struct str shown = {0};

		str_init(&shown, 8192);
		str_add_printable(&shown, copy);
		struct sv left = {shown.p, shown.n_bytes};
		do {
			struct sv row = take_row(&left, columns - 1);
			str_addn(out, row.p, row.n);
			str_add(out, "\r\n");
			n++;
		} while (left.n && n < room);
	}
	return n;
}

/* ---- the whole ------------------------------------------------------------------------------- */

struct lines {
	const char *texts[SCREEN_BIG_MAX];
	size_t n;
};

/* A line that is too long for big letters is in the words below. */
static void add_line(struct lines *l, const char *text, unsigned columns)
{
	if (*text && width_of(strlen(text), 1, columns) > 0)
		l->texts[l->n++] = text;
}

/* In the order of their weight for a person who stands there. */
static void choose_lines(const struct screen_view *v, unsigned columns, struct lines *l)
{
	add_line(l, v->headline, columns);
	add_line(l, v->slot, columns);
	add_line(l, v->serial, columns);
	if (!v->slot[0] && !v->serial[0] && !str_eq(v->code, v->headline))
		add_line(l, v->code, columns);
}

/* A line that cannot become wider does not become taller. */
static struct big big_of(const char *text, unsigned tall, unsigned columns)
{
	size_t n = strlen(text);
	unsigned wide = width_of(n, tall, columns);

	return (struct big){text, n, wide, tall < wide ? tall : wide};
}

/* How many rows the big lines take at that height, with the one above them. */
static unsigned height_of(const struct lines *l, unsigned tall, unsigned columns)
{
	unsigned rows = 1;

	for (size_t i = 0; i < l->n; i++)
		rows += LETTER_ROWS * big_of(l->texts[i], tall, columns).tall + 1;
	return rows;
}

/* Small text that is said again below the letters, so that every letter of it can be read. */
static void write_words(const struct screen_view *v, bool with_page, struct str *out)
{
	bool has_code = v->code[0] && !str_eq(v->code, v->headline);

	if (v->slot[0])
		str_addf(out, "slot %s, ", v->slot);
	if (v->serial[0])
		str_addf(out, "serial %s, ", v->serial);
	if (has_code)
		str_addf(out, "code %s", v->code);
	if (v->slot[0] || v->serial[0] || has_code)
		str_addc(out, '\n');
	str_add(out, v->text);
	if (v->place && v->place[0] && !strstr(v->text, v->place))
		str_addf(out, "\n" PLAN_WAIT_PLACE "%s", v->place);
	if (with_page && v->page && v->page[0])
		str_addf(out, "\nPage: %s", v->page);
}

static void add_big_lines(const struct lines *l, unsigned tall, struct screen_size size,
			  struct str *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct big b = big_of(l->texts[i], tall, size.columns);

		add_big(out, &b);
		str_add(out, "\r\n");
	}
}

static unsigned count_rows(const char *text, unsigned columns)
{
	autostr struct str scratch = {0};

	str_init(&scratch, SCREEN_LAYOUT_BYTES);
	return add_text(&scratch, text, columns, 1000);
}

/* ---- text beside a QR code ------------------------------------------------------------------- */

/* Below the big letters: text, and a code where code.columns is not 0. */
struct below {
	struct str words;
	struct qr_code code;
	unsigned columns, rows; /* columns: of the text; rows: of both */
};

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void put_words(struct below *b, const struct screen_view *v, bool with_page)
{
	str_done(&b->words);
	str_init(&b->words, 16384);
	write_words(v, with_page, &b->words);
	b->rows = count_rows(b->words.p, b->columns);
}

static void drop_code(struct below *b, unsigned columns)
{
	str_done(&b->code.text);
	b->code = (struct qr_code){.columns = 0};
	b->columns = columns;
	b->rows = count_rows(b->words.p, columns);
}

/* The letters come first: a code that would make fewer of them is not drawn. */
static void put_code(struct below *b, const struct screen_view *v, const struct lines *l,
		     struct screen_size size)
{
	if (!size.rows || !v->page || !qr_code_draw(v->page, &b->code))
		return;
	if (b->code.columns + SCREEN_COLUMNS / 2 > size.columns) {
		drop_code(b, size.columns);
		return;
	}
	b->columns = size.columns - b->code.columns - 1;
	b->rows = larger(count_rows(b->words.p, b->columns), b->code.rows);
	if (height_of(l, 1, size.columns) + b->rows > size.rows - 1)
		drop_code(b, size.columns);
}

/* Each row of the code goes to its column: rows of the text have any length. */
static void add_below(const struct below *b, unsigned room, struct str *out)
{
	autostr struct str text = {0};

	str_init(&text, SCREEN_LAYOUT_BYTES);
	(void)add_text(&text, b->words.p, b->columns, room);
	struct sv rows = {text.p, text.n_bytes},
		  codes = {b->code.text.p, b->code.columns ? b->code.text.n_bytes : 0};
	while (rows.n || codes.n) {
		struct sv row = sv_split(&rows, '\n'), code = sv_split(&codes, '\n');

		str_addn(out, row.p, row.n ? row.n - 1 : 0);
		if (code.n)
			str_addf(out, "\033[%uG\033[30;47m%.*s\033[0m", b->columns, (int)code.n,
				 code.p);
		str_add(out, "\r\n");
	}
}

void screen_layout(const struct screen_view *v, struct screen_size size, struct str *out)
{
	struct below b = {.columns = size.columns};
	struct lines l = {.n = 0};
	unsigned room = size.rows ? size.rows - 1 : 1000, height, tall;

	choose_lines(v, size.columns, &l);
	put_words(&b, v, true);
	put_code(&b, v, &l, size);
	if (!b.code.columns && height_of(&l, 1, size.columns) + b.rows > room)
		put_words(&b, v, false); /* no letter gives way to the address either */
	tall = size.rows ? SCALE_MAX : 1;
	/* smaller letters, then fewer of them, until all the text has its place */
	while (height_of(&l, tall, size.columns) + b.rows > room && (tall > 1 || l.n > 1)) {
		if (tall > 1)
			tall--;
		else
			l.n--;
	}
	str_add(out, "\r\n");
	if (height_of(&l, tall, size.columns) < room)
		add_big_lines(&l, tall, size, out);
	else
		l.n = 0;
	height = height_of(&l, tall, size.columns);
	add_below(&b, room > height ? room - height : 0, out);
	str_done(&b.code.text);
	str_done(&b.words);
}
