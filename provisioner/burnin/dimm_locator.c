/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What boards call their memory slots; see dimm.h. First each name alone by the rows below, then
 * all together: numbers may start at 0 or 1, letters may go on in the second socket.
 */
#include <burnin/dimm.h>

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#define MAX_GROUPS  6
#define MAX_SOCKETS 16
#define NUMBER_MAX  4096

enum where { DEVICE, BANK };

/* One row: whose boards, which locator, its form, and what each group of the form is: s socket, c
 * channel (a letter or a number), d slot in its channel, - nothing. A running number over all slots
 * of a socket says nothing about channels and has no letter here. The first row that fits a
 * locator counts; the device's words come before the bank's. */
static const struct {
	const char *manufacturer; /* pattern */
	enum where where;
	const char *form; /* POSIX extended, case ignored */
	const char *groups;
} rows[] = {
	{"Dell*", DEVICE, "^(DIMM)?[-_. ]*([A-Z])([0-9]+)$", "-s-"},
	/* HP numbers slots through a socket; the letter after the number is the order to fill them. */
	{"HP*", DEVICE, "^(PROC|P) *([0-9]+)[-_ ]+DIMM[-_ ]*([0-9]+) *[A-Z]?$", "-s-"},
	{"Huawei*", DEVICE, "^DIMM([0-9])([0-9])([0-9])([ (].*)?$", "scd-"},
	{"xFusion*", DEVICE, "^DIMM([0-9])([0-9])([0-9])([ (].*)?$", "scd-"},
	{"FUJITSU*", DEVICE, "^DIMM[-_ ]*([0-9])([A-Z])$", "dc"},
	{"*", DEVICE, "^P([0-9]+)[-_ ]*DIMM[-_ ]*([A-Z])([0-9]+)$", "scd"},
	{"*", DEVICE, "^P([0-9]+)[-_ ]+([A-Z])([0-9]+)$", "scd"},
	{"*", DEVICE, "^P([0-9]+)[-_ ]+CHANNEL[-_ ]*([A-Z]|[0-9]+)[-_ ]+DIMM[-_ ]*([0-9]+)$",
	 "scd"},
	{"*", DEVICE, "^(CPU|PROC|SOCKET|SKT)[-_ ]*([0-9]+)[-_ ]*DIMM[-_ ]*([A-Z])([0-9]+)$",
	 "-scd"},
	{"*", DEVICE, "^(CPU|PROC|SOCKET|SKT)[-_ ]*([0-9]+)[-_ ]+([A-Z])([0-9]+)$", "-scd"},
	{"*", DEVICE, "^(CPU|PROC|SOCKET|SKT)[-_ ]*([0-9]+)[-_ ]+C([0-9]+)D([0-9]+)$", "-scd"},
	{"*", DEVICE,
	 "^(CPU|PROC|SOCKET|SKT)[-_ ]*([0-9]+)[-_ ]+(CHANNEL|CHAN|CH)[-_ ]*([A-Z]|[0-9]+)[-_ "
	 "]+(DIMM|SLOT|D)[-_ ]*([0-9]+)$",
	 "-s-c-d"},
	{"*", DEVICE, "^(CPU|PROC|SOCKET|SKT)[-_ ]*([0-9]+)[-_ ]+(DIMM|SLOT)[-_ ]*([0-9]+)$",
	 "-s--"},
	{"*", DEVICE, "^DIMM[-_ ]*P([0-9]+)[-_ ]+([A-Z])([0-9]+)$", "scd"},
	{"*", DEVICE, "^DIMM[-_ ]*([A-Z])([0-9]+) *[(](CPU|P)([0-9]+)[)]$", "cd-s"},
	{"*", DEVICE, "^DIMM[-_ ]*([A-Z])([0-9]+)$", "cd"},
	{"*", DEVICE, "^NODE[-_ ]*([0-9]+)[-_ ]+DIMM[-_ ]*([0-9]+)$", "s-"},
	{"*", DEVICE, "^MEM([0-9]+)[-_ ]+CH([0-9]+)[-_ ]+D([0-9]+)$", "-cd"},
	{"*", DEVICE, "^(CHANNEL|CHAN|CH)[-_ ]*([A-Z]|[0-9]+)[-_ ]*(DIMM|SLOT)[-_ ]*([0-9]+)$",
	 "-c-d"},
	{"*", DEVICE, "^([A-Z])([0-9])$", "cd"},
	{"*", DEVICE, "^DIMM[-_ ]*([0-9]+)$", "d"},
	{"*", BANK,
	 "^_?P([0-9]+)[-_ ]*NODE[-_ ]*([0-9]+)[-_ ]*CHANNEL[-_ ]*([0-9]+)([-_ "
	 "]*DIMM[-_ ]*([0-9]+))?$",
	 "s-c-d"},
	{"*", BANK, "^_?NODE[-_ ]*([0-9]+)[-_ ]*CHANNEL[-_ ]*([0-9]+)[-_ ]*DIMM[-_ ]*([0-9]+)$",
	 "scd"},
	{"*", BANK, "^(P|CPU|SOCKET)[-_ ]*([0-9]+)[-_ ]+CHANNEL[-_ ]*([A-Z]|[0-9]+)$", "-sc"},
	{"*", BANK, "^CHANNEL[-_ ]*([A-Z]|[0-9]+)$", "c"},
	{"*", BANK, "^(NODE|CPU|SOCKET|PROC|P)[-_ ]*([0-9]+)$", "-s"},
};

#define LETTERS 10000 /* above all numbers: letters count from 'A' on every board */

/* What may be a number or a letter is told apart by the first character. */
static int value_of(const char *text, const regmatch_t *m)
{
	if (m->rm_so < 0)
		return DIMM_UNKNOWN;
	char first = text[m->rm_so];
	if (isalpha((unsigned char)first))
		return LETTERS + toupper((unsigned char)first) - 'A';
	int n = 0;
	for (const char *p = text + m->rm_so; p < text + m->rm_eo && n <= NUMBER_MAX; p++)
		n = n * 10 + (*p - '0');
	return n <= NUMBER_MAX ? n : DIMM_UNKNOWN;
}

static void take(struct dimm_place *p, char role, int value)
{
	int *field = role == 's'   ? &p->socket
		     : role == 'c' ? &p->channel
		     : role == 'd' ? &p->slot
				   : NULL;

	if (field && *field == DIMM_UNKNOWN)
		*field = value;
}

static bool try_row(size_t i, const char *text, struct dimm_place *p)
{
	regmatch_t m[MAX_GROUPS + 1];
	regex_t form;

	BUG_ON(regcomp(&form, rows[i].form, REG_EXTENDED | REG_ICASE) != 0);
	bool fits = regexec(&form, text, MAX_GROUPS + 1, m, 0) == 0;
	regfree(&form);
	for (size_t k = 0; fits && rows[i].groups[k]; k++)
		take(p, rows[i].groups[k], value_of(text, &m[k + 1]));
	return fits;
}

static void read_locator(enum where where, const char *text, const char *manufacturer,
			 struct dimm_place *p)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].where == where && str_glob(rows[i].manufacturer, manufacturer) &&
		    try_row(i, text, p))
			return;
}

/* ---- all slots together ---------------------------------------------------------------------- */

typedef int *field_of(struct dimm_place *p);

static int *socket_of(struct dimm_place *p)
{
	return &p->socket;
}

static int *channel_of(struct dimm_place *p)
{
	return &p->channel;
}

static int *slot_of(struct dimm_place *p)
{
	return &p->slot;
}

/* The smallest value among slots of a socket (DIMM_UNKNOWN: of all). */
static int least(const struct dimm_slot *slots, size_t n, field_of *field, int socket)
{
	int found = DIMM_UNKNOWN;

	for (size_t i = 0; i < n; i++) {
		struct dimm_place p = slots[i].place;
		int v = *field(&p);

		if (v != DIMM_UNKNOWN && (socket == DIMM_UNKNOWN || p.socket == socket) &&
		    (found == DIMM_UNKNOWN || v < found))
			found = v;
	}
	return found;
}

static int most(const struct dimm_slot *slots, size_t n, field_of *field)
{
	int found = DIMM_UNKNOWN;

	for (size_t i = 0; i < n; i++) {
		struct dimm_place p = slots[i].place;

		found = *field(&p) > found ? *field(&p) : found;
	}
	return found;
}

static void shift(struct dimm_slot *slots, size_t n, field_of *field, int first)
{
	for (size_t i = 0; i < n; i++) {
		int *v = field(&slots[i].place);

		if (*v >= first && (*v < LETTERS || first == LETTERS))
			*v -= first;
	}
}

/* A board that never uses 0 counts from 1; letters count from 'A'. */
static void count_from_zero(struct dimm_slot *slots, size_t n, field_of *field)
{
	int first = least(slots, n, field, DIMM_UNKNOWN);

	if (first == 1)
		shift(slots, n, field, 1);
	shift(slots, n, field, LETTERS);
}

static void forget(struct dimm_slot *slots, size_t n, field_of *field)
{
	for (size_t i = 0; i < n; i++)
		*field(&slots[i].place) = DIMM_UNKNOWN;
}

/* HW: older Supermicro boards have P1-DIMMA1 to D1 and P2-DIMME1 to H1: where each socket begins
 * with the letter after the last one of the socket before, its letters start anew. One letter a
 * socket proves nothing. */
static void start_channels_anew(struct dimm_slot *slots, size_t n, int n_sockets)
{
	int low[MAX_SOCKETS], high[MAX_SOCKETS];

	if (n_sockets > MAX_SOCKETS)
		return;
	for (int s = 0; s < n_sockets; s++) {
		low[s] = least(slots, n, channel_of, s);
		high[s] = low[s];
		for (size_t i = 0; i < n; i++)
			if (slots[i].place.socket == s && slots[i].place.channel > high[s])
				high[s] = slots[i].place.channel;
		if (low[s] == DIMM_UNKNOWN || high[s] == low[s] ||
		    (s > 0 && low[s] != high[s - 1] + 1))
			return;
	}
	for (size_t i = 0; i < n; i++)
		if (slots[i].place.socket > 0 && slots[i].place.channel != DIMM_UNKNOWN)
			slots[i].place.channel -= low[slots[i].place.socket];
}

void dimm_slots_place(struct dimm_slot *slots, size_t n, const struct dimm_board *board)
{
	for (size_t i = 0; i < n; i++) {
		slots[i].place = DIMM_NOWHERE;
		read_locator(DEVICE, slots[i].device, board->manufacturer, &slots[i].place);
		read_locator(BANK, slots[i].bank, board->manufacturer, &slots[i].place);
	}
	if (board->first_socket > 0)
		shift(slots, n, socket_of, board->first_socket);
	else if (board->first_socket == DIMM_UNKNOWN)
		count_from_zero(slots, n, socket_of);
	shift(slots, n, socket_of, LETTERS);
	count_from_zero(slots, n, channel_of);
	count_from_zero(slots, n, slot_of);
	/* More sockets by name than processors: what was taken for sockets is something else. */
	if (board->n_sockets && most(slots, n, socket_of) >= (int)board->n_sockets)
		forget(slots, n, socket_of);
	/* "DIMM 0" to "DIMM 15" without channels is a running number. */
	if (most(slots, n, channel_of) == DIMM_UNKNOWN)
		forget(slots, n, slot_of);
	/* As many letters as processors, and no other sign of a socket ("A1", "B1"): it may be one. */
	if (board->n_sockets > 1 && most(slots, n, socket_of) == DIMM_UNKNOWN &&
	    most(slots, n, channel_of) + 1 == (int)board->n_sockets) {
		forget(slots, n, channel_of);
		forget(slots, n, slot_of);
	}
	if (board->n_sockets > 1)
		start_channels_anew(slots, n, (int)board->n_sockets);
}

int dimm_first_socket(const char *const *names, size_t n)
{
	int numbers[64], first = DIMM_UNKNOWN;

	if (n > ARRAY_LEN(numbers))
		return DIMM_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		const char *digit = strpbrk(names[i], "0123456789");

		if (!digit)
			return DIMM_UNKNOWN;
		long v = strtol(digit, NULL, 10);
		numbers[i] = v <= NUMBER_MAX ? (int)v : NUMBER_MAX;
		for (size_t k = 0; k < i; k++)
			if (numbers[k] == numbers[i])
				return DIMM_UNKNOWN;
		first = i == 0 || numbers[i] < first ? numbers[i] : first;
	}
	return first <= 1 ? first : DIMM_UNKNOWN;
}
