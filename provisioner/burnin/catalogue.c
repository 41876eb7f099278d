/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue; see catalogue.h. Seconds of quick are what a technician waits for; those of standard
 * and acceptance follow what hyperscalers and CERN publish (8 to 24 h, and 72 h).
 */
#include <burnin/catalogue.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/file.h>
#include <base/str.h>

/* Files of provisioner/burnin/catalogue, made by rules.mk. */
static const char *const builtin_texts[] = {
#include <burnin_catalogue.inc>
};

/* ---- order ----------------------------------------------------------------------------------- */

/* Takes the test over. */
static void insert(struct catalogue *c, struct catalogue_test *t)
{
	size_t at = c->n;

	while (at > 0 && c->tests[at - 1].order > t->order)
		at--;
	memmove(&c->tests[at + 1], &c->tests[at], (c->n - at) * sizeof(*t));
	c->tests[at] = *t;
	c->n++;
}

static void add_builtin(struct catalogue *c)
{
	_Static_assert(ARRAY_LEN(builtin_texts) <= CATALOGUE_TESTS_MAX, "room for all tests");
	for (size_t i = 0; i < ARRAY_LEN(builtin_texts); i++) {
		struct catalogue_test t;
		struct err err = ERR_INIT;

		BUG_ON(catalogue_parse(builtin_texts[i], strlen(builtin_texts[i]), &t, &err) < 0);
		insert(c, &t);
	}
}

const struct catalogue *catalogue_builtin(void)
{
	static struct catalogue c;

	if (c.n == 0)
		add_builtin(&c);
	return &c;
}

void catalogue_free(struct catalogue *c)
{
	for (size_t i = 0; c && i < c->n; i++)
		catalogue_test_done(&c->tests[i]);
	free(c);
}

const struct catalogue_test *catalogue_find(const struct catalogue *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->tests[i].id, id))
			return &c->tests[i];
	return NULL;
}

/* ---- the operator's folder ------------------------------------------------------------------- */

/* What lies there is run as root on every host: nobody else may have written it. */
static int read_own(int folder, const char *name, char **ret, size_t *ret_n, struct err *err)
{
	autoclose int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, ERR_BURNIN_CATALOGUE, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_BURNIN_CATALOGUE, "not a regular file");
	if (st.st_mode & (S_IWGRP | S_IWOTH) || (st.st_uid != 0 && st.st_uid != geteuid()))
		return err_set(err, ERR_BURNIN_CATALOGUE,
			       "others may write this file; run chmod go-w on it");
	return file_read_fd(fd, CATALOGUE_FILE_MAX_BYTES, ret, ret_n, err);
}

struct own {
	int folder;
	struct catalogue *catalogue;
	size_t n_bytes;
};

static int add_own(struct own *own, const char *name, struct err *err)
{
	autofree char *text = NULL;
	struct catalogue_test t = {0};
	size_t n = 0;
	int rc = read_own(own->folder, name, &text, &n, err);

	if (rc >= 0)
		rc = catalogue_parse(text, n, &t, err);
	if (rc >= 0 && catalogue_find(own->catalogue, t.id))
		rc = err_set(err, ERR_BURNIN_CATALOGUE, "another test is called '%s'", t.id);
	else if (rc >= 0 && str_eq(t.judge, "agent"))
		rc = err_set(err, ERR_BURNIN_CATALOGUE, "only built-in tests have the tool %s",
			     CATALOGUE_AGENT);
	own->n_bytes += n;
	if (rc >= 0 &&
	    (own->n_bytes > CATALOGUE_OWN_MAX_BYTES || own->catalogue->n >= CATALOGUE_TESTS_MAX))
		rc = err_set(err, ERR_BURNIN_CATALOGUE,
			     "more than a plan can carry: %d tests, %d bytes", CATALOGUE_TESTS_MAX,
			     CATALOGUE_OWN_MAX_BYTES);
	if (rc < 0) {
		catalogue_test_done(&t);
		return rc;
	}
	t.own = true;
	insert(own->catalogue, &t);
	return 0;
}

/* In the order of names, so that the same folder always gives the same plan. */
static int add_folder(struct catalogue *c, const char *path, struct err *err)
{
	struct dirent **names = NULL;
	struct own own = {.catalogue = c};
	autoclose int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (folder < 0 && errno == ENOENT)
		return 0;
	int n = folder < 0 ? -1 : scandirat(folder, ".", &names, NULL, alphasort);
	if (n < 0)
		return err_set(err, ERR_BURNIN_CATALOGUE, "%s: %s", path, strerror(errno));
	own.folder = folder;
	for (int i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		const char *name = names[i]->d_name;

		if (rc >= 0 && name[0] != '.' && str_ends(name, ".json") &&
		    add_own(&own, name, &why) < 0)
			rc = err_set(err, ERR_BURNIN_CATALOGUE, "%s/%s: %s", path, name, why.msg);
		free(names[i]);
	}
	free(names);
	return rc;
}

int catalogue_load(const char *folder, struct catalogue **ret, struct err *err)
{
	AUTO(catalogue) struct catalogue *c = xcalloc(1, sizeof(*c));

	add_builtin(c);
	if (*folder)
		TRY(add_folder(c, folder, err));
	*ret = c;
	c = NULL;
	return 0;
}

/* ---- tiers ----------------------------------------------------------------------------------- */

static int tier_number(const char *tier)
{
	for (int i = 0; i < CATALOGUE_TIERS; i++)
		if (str_eq(catalogue_tiers[i], tier))
			return i;
	return -1;
}

bool catalogue_tier_covers(const char *passed, const char *wanted)
{
	int have = tier_number(passed), need = tier_number(wanted);

	return have >= 0 && need >= 0 && have >= need;
}

static int64_t limit_of(const struct catalogue_limits *l, enum catalogue_limit limit)
{
	return limit == LIMIT_CPU      ? l->cpu_s
	       : limit == LIMIT_MEMORY ? l->memory_s
	       : limit == LIMIT_DISK   ? l->disk_s
				       : 0;
}

int catalogue_plan(const struct catalogue *c, const char *tier,
		   const struct catalogue_limits *limits,
		   struct planned_test ret[static CATALOGUE_TESTS_MAX], size_t *ret_n,
		   struct err *err)
{
	int number = tier_number(tier);
	size_t n = 0;

	if (number < 0)
		return err_set(err, ERR_BURNIN_TIER, "no tier is called '%.32s'", tier);
	for (size_t i = 0; i < c->n; i++) {
		const struct catalogue_test *t = &c->tests[i];
		int64_t own = limit_of(limits, t->limit);

		if (!t->enabled)
			continue;
		ret[n].test = t;
		ret[n++].seconds = own ? own : t->seconds[number];
	}
	*ret_n = n;
	return 0;
}

#define MARGIN_S      900 /* the agent starts, slow machines */
#define TEST_MARGIN_S 600 /* its tool starts and stops, it is repeated, disks spin up */
#define MARGIN_SHARE  4   /* an emulated CPU is not on time */

int64_t catalogue_deadline_s(const struct planned_test *tests, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += tests[i].seconds;
	return sum + sum / MARGIN_SHARE + MARGIN_S + (int64_t)n * TEST_MARGIN_S;
}

/* ---- on a host ------------------------------------------------------------------------------- */

static bool holds(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (str_eq(*list, word))
			return true;
	return false;
}

static bool has_part(const component_list *list, const char *kind)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(component_kind_str(list->items[i].kind), kind))
			return true;
	return false;
}

bool catalogue_unmet(const struct catalogue_test *t, const struct catalogue_host *host,
		     char ret_why[static 129])
{
	const char *part = NULL, *tool = NULL, *device = NULL;

	for (size_t i = 0; !part && t->needs_parts[i]; i++)
		part = has_part(host->components, t->needs_parts[i]) ? NULL : t->needs_parts[i];
	for (size_t i = 0; !tool && t->needs_tools[i]; i++)
		tool = host->has_tool(t->needs_tools[i]) ? NULL : t->needs_tools[i];
	for (size_t i = 0; !device && t->needs_devices[i]; i++)
		device = host->has_device(t->needs_devices[i]) ? NULL : t->needs_devices[i];
	if (!tool && !str_eq(t->tool, CATALOGUE_AGENT) && !host->has_tool(t->tool))
		tool = t->tool;
	if (t->destructive)
		text_print(ret_why, 129, "it writes to disks, which this version never allows");
	else if (t->platforms[0] && !holds(t->platforms, host->arch))
		text_print(ret_why, 129, "it does not run on %.32s", host->arch);
	else if (part)
		text_print(ret_why, 129, "it needs a part of the kind '%.32s'", part);
	else if (tool)
		text_print(ret_why, 129, "the ramdisk has no program '%.64s'", tool);
	else if (device)
		text_print(ret_why, 129, "this host has no /dev/%.64s", device);
	else if (host->available_mib < t->needs_memory_mib)
		text_print(ret_why, 129, "it needs %lld MiB of memory, %lld MiB are available",
			   (long long)t->needs_memory_mib, (long long)host->available_mib);
	else
		return false;
	return true;
}

char *catalogue_fill(const char *argument, const struct catalogue_values *v)
{
	const struct {
		const char *word;
		int64_t number;
	} words[] = {{"{seconds}", v->seconds},
		     {"{seed}", v->seed},
		     {"{memory_mib}", v->memory_mib},
		     {"{cpus}", v->cpus}};
	struct str out;

	str_init(&out, CATALOGUE_FILE_MAX_BYTES * 4);
	while (*argument) {
		size_t i = 0;

		while (i < ARRAY_LEN(words) && !str_starts(argument, words[i].word))
			i++;
		if (i < ARRAY_LEN(words)) {
			str_add_i64(&out, words[i].number);
			argument += strlen(words[i].word);
		} else if (str_starts(argument, "{tier}")) {
			str_add(&out, v->tier);
			argument += strlen("{tier}");
		} else {
			str_addc(&out, *argument++);
		}
	}
	return str_take(&out);
}
