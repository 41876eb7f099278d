/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What consoles get, read from pipes that stand for a screen and for a serial line: big letters,
 * redraws, pace, and texts that would play tricks on a terminal.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <unistd.h>

#include <provisioner/agent/screen.h>

enum { SERIAL, VT };

/* Two consoles; the ends to read from are kept here. */
static int ends[2];

static void open_pipes(struct screen *s)
{
	*s = (struct screen){.n = 2, .is_vt = {[VT] = true}, .kernel_fd = -1};
	for (int i = 0; i < 2; i++) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
		ends[i] = fds[0];
		s->fds[i] = fds[1];
	}
}

static void close_pipes(struct screen *s)
{
	screen_close(s);
	assert_int_equal(s->n, 0);
	for (int i = 0; i < 2; i++)
		(void)close(ends[i]);
}

/* What came since the last look. */
static const char *seen(int console)
{
	static char text[2][65536];
	ssize_t n = read(ends[console], text[console], sizeof(text[0]) - 1);

	text[console][n > 0 ? n : 0] = '\0';
	return text[console];
}

static void test_letters(void **state)
{
	static const struct {
		const char *name, *text, *picture;
	} rows[] = {
		{"nothing", "", "\n\n\n\n\n"},
		{"one", "T", "##### \n  #   \n  #   \n  #   \n  #   \n"},
		{"small is big", "t", "##### \n  #   \n  #   \n  #   \n  #   \n"},
		{"two", "L1",
		 "#       #   \n#      ##   \n#       #   \n#       #   \n#####  ###  \n"},
		{"unknown is blank", "\x1b", "      \n      \n      \n      \n      \n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out;

		str_init(&out, 4096);
		screen_big_letters(&out, rows[i].text);
		CHECK_STR(rows[i].name, out.p, rows[i].picture);
	}
}

static void test_letters_fit(void **state)
{
	autostr struct str out;

	(void)state;
	str_init(&out, 4096);
	screen_big_letters(&out, "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM");
	assert_int_equal(strchr(out.p, '\n') - out.p, 13 * 6);
	assert_true(13 * 6 < SCREEN_COLUMNS);
}

static void test_banner(void **state)
{
	static const struct {
		const char *name, *headline, *code, *text;
		const char *wanted, *unwanted; /* on the serial line */
		bool drawn;
	} rows[] = {
		{"first", "IMAGE", "ABCD2345", "writing", "\r\ncode ABCD2345\r\nwriting\r\n",
		 "\033", true},
		{"the same again", "IMAGE", "ABCD2345", "writing", "", NULL, false},
		{"another text", "IMAGE", "ABCD2345", "one\ntwo", "one\r\ntwo\r\n", "\033", true},
		{"the code is big, too", "IMAGE", "L1", "x",
		 "##              ##    \r\n##            ####    \r\n##              ##    \r\n",
		 "\033", true},
		{"once only", "L1", "L1", "the code is the headline",
		 "##              ##    \r\n##########    ######  \r\n\r\nthe code is the headline\r\n",
		 "\r\ncode", true},
		{"another headline", "FAILED", "ABCD2345", "one\ntwo", "one\r\ntwo\r\n", "\033",
		 true},
		{"no code yet", "HELLO", "", "x", "x\r\n", "\r\ncode", true},
		{"a text that clears the screen", "HELLO", "", "\033[2Jgone\033]0;t\007",
		 "\\x1b[2Jgone\\x1b]0;t\\x07", "\033", true},
		{"a text that goes back", "HELLO", "", "a\rb\bc", "a\\x0db\\x08c", "\b", true},
	};
	struct screen s;

	(void)state;
	open_pipes(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *row = rows[i].name, *serial, *vt;

		screen_show(&s, rows[i].headline, rows[i].code, rows[i].text);
		serial = seen(SERIAL);
		vt = seen(VT);
		CHECK_INT(row, *serial != '\0', rows[i].drawn);
		CHECK_INT(row, *vt != '\0', rows[i].drawn);
		if (!rows[i].drawn)
			continue;
		CHECK(row, strstr(serial, rows[i].wanted));
		CHECK(row, !strstr(serial, rows[i].unwanted));
		CHECK(row, !strncmp(vt, "\033[2J\033[H", 7) && !strchr(vt + 7, '\033'));
	}
	close_pipes(&s);
}

static void test_an_error_says_what_to_do(void **state)
{
	struct screen s;
	struct err err = ERR_INIT;

	(void)state;
	open_pipes(&s);
	(void)err_set(&err, ERR_AGENT_DISK_BUSY, "'sda' is mounted at '/x'");
	screen_show_error(&s, "FAILED", "ABCD2345", &err);
	assert_non_null(strstr(seen(SERIAL),
			       "code ABCD2345\r\n"
			       "the disk is mounted or part of another device\r\n"
			       "guard.disk.busy: 'sda' is mounted at '/x'\r\n"
			       "What to do: remove what holds it, then start the host again.\r\n"));
	close_pipes(&s);
}

/* A screen follows; a serial line gets one line, then none for five seconds. */
static void test_progress(void **state)
{
	struct screen s;
	char wide[300];

	(void)state;
	open_pipes(&s);
	screen_progress(&s, &(struct screen_line){"10 %\033[2J", NULL});
	assert_string_equal(seen(SERIAL), "10 %\\x1b[2J\r\n");
	assert_string_equal(seen(VT), "\r\033[K10 %\\x1b[2J");
	screen_progress(&s, &(struct screen_line){"11 %", NULL});
	assert_string_equal(seen(SERIAL), "");
	assert_string_equal(seen(VT), "");
	s.last_vt_ms -= 500;
	screen_progress(&s, &(struct screen_line){"12 %", NULL});
	assert_string_equal(seen(SERIAL), "");
	assert_string_equal(seen(VT), "\r\033[K12 %");
	s.last_progress_ms -= 5000;
	screen_progress(&s, &(struct screen_line){"13 %", NULL});
	assert_string_equal(seen(SERIAL), "13 %\r\n");
	/* a new banner is followed by a line at once */
	screen_show(&s, "X", "", "y");
	(void)seen(SERIAL);
	screen_progress(&s, &(struct screen_line){"14 %", NULL});
	assert_string_equal(seen(SERIAL), "14 %\r\n");
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	(void)seen(VT);
	s.last_vt_ms = 0;
	screen_progress(&s, &(struct screen_line){wide, NULL});
	assert_int_equal(strlen(seen(VT)), 4 + 79);
	s.last_vt_ms = 0;
	screen_progress(&s, &(struct screen_line){wide, "in brief"});
	assert_string_equal(seen(VT), "\r\033[Kin brief");
	close_pipes(&s);
}

/* Rows of a console of 80 columns: at blanks where there are some. */
static void test_no_word_is_torn(void **state)
{
	static const struct {
		const char *name;
		size_t before, word; /* so many letters, a blank, so many letters */
		const char *between;
	} rows[] = {
		{"fits", 40, 38, " "},
		{"one too many", 40, 39, "\r\n"},
		{"a word at the edge", 79, 5, "\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256], wanted[256];
		struct screen s;

		open_pipes(&s);
		(void)snprintf(text, sizeof(text), "%0*d %0*d", (int)rows[i].before, 0,
			       (int)rows[i].word, 0);
		(void)snprintf(wanted, sizeof(wanted), "\n%0*d%s%0*d\r\n", (int)rows[i].before, 0,
			       rows[i].between, (int)rows[i].word, 0);
		screen_show(&s, "X", "", text);
		CHECK(rows[i].name, strstr(seen(SERIAL), wanted));
		close_pipes(&s);
	}
}

static void test_a_word_too_long_is_cut(void **state)
{
	char text[200];
	const char *first, *second;
	struct screen s;

	(void)state;
	open_pipes(&s);
	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	screen_show(&s, "X", "", text);
	first = strchr(seen(SERIAL), 'w');
	assert_non_null(first);
	second = strstr(first, "\r\nw");
	assert_int_equal(second - first, 79);
	close_pipes(&s);
}

/* A cable that was pulled: text is lost, nobody waits. The test's own timeout is the judge. */
static void test_stuck_console(void **state)
{
	char fill[4096];
	struct screen s;

	(void)state;
	open_pipes(&s);
	memset(fill, 'f', sizeof(fill));
	while (write(s.fds[SERIAL], fill, sizeof(fill)) > 0)
		;
	(void)alarm(20);
	screen_show(&s, "IMAGE", "", "text");
	screen_progress(&s, &(struct screen_line){"1 %", NULL});
	(void)alarm(0);
	assert_non_null(strstr(seen(VT), "text\r\n"));
	close_pipes(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_letters_fit),
		cmocka_unit_test(test_banner),
		cmocka_unit_test(test_an_error_says_what_to_do),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_no_word_is_torn),
		cmocka_unit_test(test_a_word_too_long_is_cut),
		cmocka_unit_test(test_stuck_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
