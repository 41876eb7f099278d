/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ipmitool prints; see bmc_text.h. Columns are separated by '|'; which one holds the state
 * differs between its commands, so each column is looked at.
 */
#include <burnin/bmc_text.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

#define COLUMNS_MAX  12
#define COLUMN_BYTES 96

struct line {
	char columns[COLUMNS_MAX][COLUMN_BYTES];
	size_t n;
};

static void split(struct sv text, struct line *ret)
{
	ret->n = 0;
	while (text.n && ret->n < COLUMNS_MAX) {
		struct sv column = sv_trim(sv_split(&text, '|'));

		text_print(ret->columns[ret->n++], COLUMN_BYTES, "%.*s",
			   (int)(column.n < COLUMN_BYTES ? column.n : COLUMN_BYTES), column.p);
	}
}

/* Is the word in the text, as a word or its beginning, whatever its case? */
static bool has(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool has_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(text, words[i]))
			return true;
	return false;
}

static bool is_fan(const char *name)
{
	return has(name, "fan") || has(name, "blower");
}

/* "PS1 Status", "PSU 2", "Pwr Supply 1", "Power Supply 2" */
static bool is_supply(const char *name)
{
	bool short_name = (str_starts(name, "PS") || str_starts(name, "ps")) &&
			  (isdigit((unsigned char)name[2]) || name[2] == ' ' || name[2] == '_' ||
			   name[2] == 'U' || name[2] == 'u' || !name[2]);

	return short_name || has(name, "power supply") || has(name, "pwr supply") ||
	       has(name, "psu");
}

/* ---- places ---------------------------------------------------------------------------------- */

static bool has_digit(const char *text)
{
	return strpbrk(text, "0123456789") != NULL;
}

/* What a sensor of a part watches, at the end of its name: "PS1 Status", "FAN_2_TACH". */
static const char *const watched[] = {
	"status",     "state",   "fail", "failure", "fault",   "faults",  "presence", "present",
	"prsnt",      "rpm",     "tach", "speed",   "input",   "output",  "power",    "in",
	"out",        "ac",      "dc",   "lost",    "pin",     "pout",    "temp",     "temperature",
	"volt",       "voltage", "cur",  "current", "health",  "ac_lost", "vin",      "iin",
	"redundancy", "error",   "ecc",  "ierr",    "thermal", "prochot", "therm",
};

/* The last word of a name, if the rest would still have a number; NULL: there is none. */
static char *last_word(char *name)
{
	size_t n = strlen(name);

	while (n && name[n - 1] != ' ' && name[n - 1] != '_' && name[n - 1] != '-')
		n--;
	return n ? name + n : NULL;
}

static void drop_watched(char *name)
{
	for (char *word = last_word(name); word; word = last_word(name)) {
		size_t n = (size_t)(word - name);

		if (!is_one_of(word, watched, ARRAY_LEN(watched)) ||
		    strcspn(name, "0123456789") >= n)
			return;
		while (n && strchr(" _-", name[n - 1]))
			n--;
		name[n] = '\0';
	}
}

/* IPMI 2.0, table 43-13: entity ids of parts; "10.2" is the second supply. */
static void place_of_entity(enum component_kind kind, const char *entity, char ret[static 129])
{
	static const struct {
		const char *id, *word;
		enum component_kind kind;
	} ids[] = {
		{"3.", "CPU", COMPONENT_CPU},     {"10.", "PSU", COMPONENT_SUPPLY},
		{"19.", "PSU", COMPONENT_SUPPLY}, {"29.", "Fan", COMPONENT_FAN},
		{"30.", "Fan", COMPONENT_FAN},
	};

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (kind == ids[i].kind && str_starts(entity, ids[i].id))
			text_print(ret, 129, "%s %.8s", ids[i].word, entity + strlen(ids[i].id));
}

/* Does the name of a sensor tell one part of that kind from others? */
static bool names_part(enum component_kind kind, const char *name)
{
	static const struct {
		enum component_kind kind;
		const char *words[6];
	} rows[] = {
		{COMPONENT_DIMM, {"dimm"}},
		{COMPONENT_CPU, {"cpu", "proc", "socket"}},
		{COMPONENT_DISK, {"drive", "disk", "hdd", "ssd", "bay", "nvme"}},
	};

	if (*name == '#' || !has_digit(name) || strchr(name, '#'))
		return false;
	if (kind == COMPONENT_FAN || kind == COMPONENT_SUPPLY)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; rows[i].kind == kind && k < ARRAY_LEN(rows[i].words); k++)
			if (rows[i].words[k] && has(name, rows[i].words[k]))
				return true;
	return false;
}

/* Boards put the module's name into the entry's words: "Correctable ECC @DIMMA1(CPU1)", "(DIMM B2)". */
static void place_in_words(const char *words, char ret[static 129])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_-";
	const char *at = strcasestr(words, "dimm"), *from = at;
	size_t n;

	if (!at)
		return;
	while (from > words && strchr(letters, from[-1]))
		from--;
	n = strspn(from, letters);
	/* "DIMM A1", "DIMM 3" */
	if (!has_digit(from) || strcspn(from, "0123456789") >= n)
		n += from[n] == ' ' ? 1 + strspn(from + n + 1, letters) : 0;
	text_print(ret, 129, "%.*s", (int)(n < 64 ? n : 64), from);
	if (!has_digit(ret))
		*ret = '\0';
}

/* Where the part is that a line is about; "" where nothing names it. */
static void place_of(enum component_kind kind, const char *name, const char *entity,
		     const char *words, char ret[static 129])
{
	char own[129];

	*ret = '\0';
	(void)text_fit(own, sizeof(own), name);
	drop_watched(own);
	if (names_part(kind, own))
		(void)text_fit(ret, 129, own);
	else if (kind == COMPONENT_DIMM)
		place_in_words(words, ret);
	else
		place_of_entity(kind, entity, ret);
	if (!*ret && (kind == COMPONENT_FAN || kind == COMPONENT_SUPPLY))
		(void)text_fit(ret, 129, name);
}

/* A line of a sensor or of the log: its name, what it says, and the entity, "" where it has none. */
struct told {
	const char *name, *what, *entity;
};

static void find(const struct told *t, enum burnin_symptom symptom, bmc_found *found, void *arg)
{
	struct component c = {.kind = burnin_rule_of(symptom)->kind, .place = DIMM_NOWHERE};
	struct burnin_finding f = {.symptom = symptom};

	place_of(c.kind, t->name, t->entity, t->what, c.location);
	(void)text_fit(c.key, sizeof(c.key), c.location);
	if (*c.location)
		f.component = &c;
	text_print(f.message, sizeof(f.message), "%.90s: %.150s", t->name, t->what);
	found(arg, &f);
}

/* ---- sensors --------------------------------------------------------------------------------- */

/* HW: "ns" is a sensor without a reading, which an empty bay has; "nc" and its kin only warn. */
static const char *const good_states[] = {"ok"};
static const char *const critical_states[] = {"cr", "nr", "lcr", "lnr", "ucr", "unr"};
static const char *const supply_faults[] = {"failure",      "ac lost",      "input lost",
					    "out-of-range", "config error", "fault"};

static bool lost_redundancy(const char *text)
{
	return has(text, "redundancy lost") || has(text, "non-redundant");
}

/* A discrete sensor is "ok" and says in words what is wrong. */
static void judge_words(const struct told *t, bmc_found *found, void *arg)
{
	if (is_supply(t->name) && has_one_of(t->what, supply_faults, ARRAY_LEN(supply_faults)))
		find(t, SYMPTOM_SUPPLY_FAILED, found, arg);
	else if (lost_redundancy(t->what))
		find(t, SYMPTOM_REDUNDANCY_LOST, found, arg);
}

/* "29.3": the fourth column of `sdr elist`; "" where there is none. */
static const char *entity_of(const struct line *l)
{
	const char *text = l->n > 4 ? l->columns[3] : "";
	size_t n = strspn(text, "0123456789");

	return n && text[n] == '.' && text[n + 1 + strspn(text + n + 1, "0123456789")] == '\0'
		       ? text
		       : "";
}

static void judge_sensor(const struct line *l, bool critical, bmc_found *found, void *arg)
{
	const char *name = l->columns[0], *reading = l->columns[l->n - 1];
	char what[COLUMN_BYTES * 2 + 8];
	struct told t = {name, reading, entity_of(l)};

	if (!critical) {
		judge_words(&t, found, arg);
		t.what = l->columns[1];
		judge_words(&t, found, arg);
		return;
	}
	/* "43h" is the sensor's number, "0 RPM" and "300.000" are readings. */
	text_print(what, sizeof(what), "critical, %s",
		   isdigit((unsigned char)l->columns[1][0]) && !str_ends(l->columns[1], "h")
			   ? l->columns[1]
			   : reading);
	t.what = what;
	find(&t,
	     is_fan(name)      ? SYMPTOM_FAN_FAILED
	     : is_supply(name) ? SYMPTOM_SUPPLY_FAILED
			       : SYMPTOM_SENSOR_CRITICAL,
	     found, arg);
}

/* `ipmitool sensor` prints the states of a discrete sensor as two bytes, the first of which holds
 * states 0 to 7. IPMI 2.0, table 42-3, power supply: 0 present, 1 failed, 2 will fail, 3 input lost. */
static int read_discrete(const struct line *l, bmc_found *found, void *arg)
{
	static const char *const states[] = {"failure", "predictive failure", "input lost"};
	unsigned long bits;

	if (l->n < 4 || strcasecmp(l->columns[2], "discrete") != 0 ||
	    !str_starts(l->columns[3], "0x"))
		return 0;
	bits = strtoul(l->columns[3], NULL, 16) >> 9;
	for (size_t i = 0; is_supply(l->columns[0]) && i < ARRAY_LEN(states); i++)
		if (bits >> i & 1)
			find(&(struct told){l->columns[0], states[i], ""}, SYMPTOM_SUPPLY_FAILED,
			     found, arg);
	return 1;
}

static int read_sensor(const struct line *l, bmc_found *found, void *arg)
{
	for (size_t i = 1; i < l->n; i++) {
		bool critical = is_one_of(l->columns[i], critical_states,
					  ARRAY_LEN(critical_states));

		if (!critical && !is_one_of(l->columns[i], good_states, ARRAY_LEN(good_states)))
			continue;
		judge_sensor(l, critical, found, arg);
		return 1;
	}
	return read_discrete(l, found, arg);
}

/* ---- the event log --------------------------------------------------------------------------- */

/* What an entry reports, by its sensor and its words. The first row that fits. */
static const struct {
	const char *sensor, *words;
	enum burnin_symptom symptom;
} events[] = {
	{"Memory", "Uncorrectable ECC", SYMPTOM_DIMM_UNCORRECTABLE},
	{"Memory", "Correctable ECC", SYMPTOM_DIMM_CORRECTABLE},
	{"Memory", "Parity", SYMPTOM_DIMM_UNCORRECTABLE},
	{"Memory", "Memory Device Disabled", SYMPTOM_DIMM_UNCORRECTABLE},
	{"Memory", "Configuration Error", SYMPTOM_SENSOR_CRITICAL},
	{"Processor", "Configuration Error", SYMPTOM_SENSOR_CRITICAL},
	{"Processor", "Throttled", SYMPTOM_CPU_THROTTLED},
	{"Processor", "Correctable machine check", SYMPTOM_CPU_CORRECTED},
	{"Processor", "SM BIOS Uncorrectable", SYMPTOM_CPU_MACHINE_CHECK},
	{"Processor", "FRB", SYMPTOM_CPU_MACHINE_CHECK},
	{"Processor", "IERR", SYMPTOM_CPU_MACHINE_CHECK},
	{"Processor", "Machine Check", SYMPTOM_CPU_MACHINE_CHECK},
	{"Processor", "Uncorrectable machine check", SYMPTOM_CPU_MACHINE_CHECK},
	{"Processor", "Thermal Trip", SYMPTOM_SENSOR_CRITICAL},
	{"Power Supply", "fail", SYMPTOM_SUPPLY_FAILED},
	{"Power Supply", "lost", SYMPTOM_SUPPLY_FAILED},
	{"Power Supply", "Config Error", SYMPTOM_SUPPLY_FAILED},
	{"Power Supply", "Power Supply input out-of-range", SYMPTOM_SUPPLY_FAILED},
	/* what it did; that it merely expired is told by one that nobody stopped, too */
	{"Watchdog", "Hard reset", SYMPTOM_HANGS},
	{"Watchdog", "Power cycle", SYMPTOM_HANGS},
	{"Watchdog", "Power down", SYMPTOM_HANGS},
	{"Fan", "Critical", SYMPTOM_FAN_FAILED},
	{"Fan", "Non-recoverable", SYMPTOM_FAN_FAILED},
	{"Fan", "Predictive Failure", SYMPTOM_FAN_FAILED},
	{"Power Unit", "lost", SYMPTOM_SUPPLY_FAILED},
	{"Power Unit", "Failure detected", SYMPTOM_SUPPLY_FAILED},
	{"Drive Slot", "Drive Fault", SYMPTOM_DISK_SMART_FAILED},
	{"Drive Slot", "Predictive Failure", SYMPTOM_DISK_SMART_FAILED},
	{"Battery", "Fail", SYMPTOM_SENSOR_CRITICAL},
	{"Cable", "Config", SYMPTOM_SENSOR_CRITICAL},
	{"Slot", "Fault", SYMPTOM_PCIE_FATAL},
	{"Critical Interrupt", "Bus Correctable", SYMPTOM_PCIE_CORRECTABLE},
	{"Critical Interrupt", "Fatal", SYMPTOM_PCIE_FATAL},
	{"Critical Interrupt", "PERR", SYMPTOM_PCIE_FATAL},
	{"Critical Interrupt", "SERR", SYMPTOM_PCIE_FATAL},
	{"Critical Interrupt", "Uncorrectable", SYMPTOM_PCIE_FATAL},
	{"", "Transition to Critical", SYMPTOM_SENSOR_CRITICAL},
	{"", "Transition to Non-recoverable", SYMPTOM_SENSOR_CRITICAL},
	{"", "Upper Critical", SYMPTOM_SENSOR_CRITICAL},
	{"", "Lower Critical", SYMPTOM_SENSOR_CRITICAL},
	{"", "Non-recoverable", SYMPTOM_SENSOR_CRITICAL},
	{"", "Redundancy Lost", SYMPTOM_REDUNDANCY_LOST},
	{"", "Non-Redundant", SYMPTOM_REDUNDANCY_LOST},
	{"", "Redundancy Degraded", SYMPTOM_REDUNDANCY_LOST},
};

/* "Uncorrectable ECC" holds "correctable ECC", and "Lower Non-critical" holds "critical": words begin
 * where a word begins. */
static bool holds_words(const char *text, const char *words)
{
	for (const char *at = strcasestr(text, words); at; at = strcasestr(at + 1, words))
		if (at == text || at[-1] == ' ' || at[-1] == '/' || at[-1] == '(')
			return true;
	return false;
}

/* "Fan FAN3" is the sensor FAN3; "Memory #0x53" has a number alone. */
static const char *name_of(const char *sensor, const char *kind)
{
	const char *name = sensor + strlen(kind);

	name += strspn(name, " ");
	return *name ? name : sensor;
}

/* details: of the columns behind the words, where some boards name the part. */
static void read_event(const char *sensor, const char *words, const char *details, bmc_found *found,
		       void *arg)
{
	char what[COLUMN_BYTES * 2 + 8];

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (strncasecmp(sensor, events[i].sensor, strlen(events[i].sensor)) != 0 ||
		    !holds_words(words, events[i].words))
			continue;
		text_print(what, sizeof(what), "%s%s%s", words, has(details, "dimm") ? ", " : "",
			   has(details, "dimm") ? details : "");
		find(&(struct told){name_of(sensor, events[i].sensor), what, ""}, events[i].symptom,
		     found, arg);
		return;
	}
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

/* number, date, time, sensor, words, Asserted or Deasserted, reading */
static int read_entry(const struct line *l, bmc_found *found, void *arg)
{
	size_t at = l->n > 3 && isdigit((unsigned char)l->columns[2][0]) ? 3 : 2;

	if (!is_number(l->columns[0]))
		return 0;
	if (str_starts(l->columns[1], "OEM record")) /* what it means, its vendor knows */
		return 1;
	if (l->n < at + 2)
		return 0;
	if (l->n <= at + 2 || strcasecmp(l->columns[at + 2], "Deasserted") != 0)
		read_event(l->columns[at], l->columns[at + 1],
			   l->n > at + 3 ? l->columns[at + 3] : "", found, arg);
	return 1;
}

static int each_line(const char *text, size_t n_bytes,
		     int (*take)(const struct line *l, bmc_found *found, void *arg),
		     bmc_found *found, void *arg)
{
	struct sv rest = {text, n_bytes};
	int n = 0;

	while (rest.n) {
		struct line l;

		split(sv_split(&rest, '\n'), &l);
		if (l.n >= 3)
			n += take(&l, found, arg);
	}
	return n;
}

int bmc_sensors_read(const char *text, size_t n_bytes, bmc_found *found, void *arg)
{
	return each_line(text, n_bytes, read_sensor, found, arg);
}

int bmc_events_read(const char *text, size_t n_bytes, bmc_found *found, void *arg)
{
	return each_line(text, n_bytes, read_entry, found, arg);
}
