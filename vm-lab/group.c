/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning and running groups. The part that runs inside the cage is worker(); everything else is
 * outside. Input: names from the command line and scenario files.
 */
#include "group.h"

#include <sys/stat.h>
#include <unistd.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "bench.h"
#include "cage.h"
#include "judge.h"
#include "play.h"
#include "report.h"

#define RESULT_MAX_BYTES (1 * MIB)
#define EXIT_STOPPED     130

/* ---- planning -------------------------------------------------------------------------------- */

static int load(const struct lab_options *options, const char *name, struct scenario **ret,
		struct err *err)
{
	bool is_path = str_ends(name, ".ini");
	autofree char *path = is_path ? xstrdup(name)
				      : xasprintf("%s/%s.ini", options->places.scenarios_dir, name);

	if ((!is_path && strchr(name, '/')) || access(path, R_OK) < 0)
		return err_set(err, ERR_NOT_FOUND, "no scenario '%s'; see slipway-lab list", name);
	TRY(scenario_load(path, ret, err));
	if (options->timeout_s)
		(*ret)->timeout_s = options->timeout_s;
	return 0;
}

static struct scenario *last_of(struct group_list *l)
{
	struct group *g = l->n ? &l->groups[l->n - 1] : NULL;

	return g && g->n ? g->scenarios[g->n - 1] : NULL;
}

static int add(struct group_list *l, const struct lab_options *options, struct scenario *s,
	       bool same_cage, struct err *err)
{
	struct group *g;

	if (!same_cage) {
		if (l->n == GROUP_MAX_SCENARIOS)
			return err_set(err, ERR_TOO_BIG, "too many scenarios in one go");
		l->groups[l->n++] = (struct group){.options = options};
	}
	g = &l->groups[l->n - 1];
	if (g->n == GROUP_MAX_SCENARIOS)
		return err_set(err, ERR_TOO_BIG, "too many scenarios in one go");
	g->scenarios[g->n++] = s;
	return 0;
}

static int plan_one(struct group_list *l, const struct lab_options *options, const char *name,
		    struct err *err)
{
	AUTO(scenario) struct scenario *s = NULL;
	struct scenario *base;

	TRY(load(options, name, &s, err));
	if (!*s->continues) {
		TRY(add(l, options, s, false, err));
		s = NULL;
		return 0;
	}
	base = last_of(l);
	if (!base ||
	    (!str_eq(base->name, s->continues) && !str_eq(base->continues, s->continues))) {
		struct scenario *fresh = NULL;

		TRY(load(options, s->continues, &fresh, err));
		if (*fresh->continues || add(l, options, fresh, false, err) < 0) {
			scenario_free(fresh);
			return err_set(err, ERR_LAB_SCENARIO, "'%s' cannot continue '%s'", name,
				       s->continues);
		}
		base = fresh;
	}
	TRY(scenario_inherit(s, base, err));
	TRY(add(l, options, s, true, err));
	s = NULL;
	return 0;
}

int groups_plan(const struct lab_options *options, const char *const *names, size_t n_names,
		struct group_list *ret, struct err *err)
{
	*ret = (struct group_list){0};
	for (size_t i = 0; i < n_names; i++) {
		int rc = plan_one(ret, options, names[i], err);

		if (rc < 0) {
			groups_done(ret);
			return rc;
		}
	}
	return 0;
}

void groups_done(struct group_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->groups[i].n; j++)
			scenario_free(l->groups[i].scenarios[j]);
	l->n = 0;
}

/* ---- inside the cage ------------------------------------------------------------------------- */

static char *folder_of(const struct group *g, size_t i)
{
	return xasprintf("%s/%s", g->options->places.results_dir, g->scenarios[i]->name);
}

static int result_write(const struct group *g, size_t i, const json_t *result, struct err *err)
{
	autofree char *folder = folder_of(g, i);
	autofree char *path = xasprintf("%s/result.json", folder);
	autofree char *text = json_dumps(result, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	TRY(file_make_dirs(folder, 0755, err));
	return file_write_atomic(path, text, strlen(text), 0644, err);
}

/* What the screen showed when a host did not end well helps more than any log line. */
static void screenshots(struct bench *b)
{
	for (size_t i = 0; i < b->n_hosts; i++) {
		autofree char *path = xasprintf("%s/%s.ppm", b->folder, b->hosts[i].spec->name);

		if (hypervisor_is_on(b->hypervisor, b->hosts[i].spec->name))
			IGNORE_RESULT(hypervisor_screenshot(b->hypervisor, b->hosts[i].spec->name,
							    path, NULL));
	}
}

static bool play_one(struct group *g, struct bench *b, struct screen *screen, size_t i)
{
	struct err err = ERR_INIT;
	bool ok = play(b, screen, &err) >= 0;

	/* when the lab is stopped on request, disks are not read and there is no verdict */
	autojson json_t *result = cage_stopping() ? report_lost(b->s->name, "stopped on request")
						  : judge_scenario(b, ok ? NULL : err.msg);
	bool passed = json_is_true(json_object_get(result, "passed"));

	if (!passed && !cage_stopping())
		screenshots(b);
	err_clear(&err);
	if (result_write(g, i, result, &err) < 0)
		screen_say(screen, err.msg);
	return passed;
}

static int worker(void *arg)
{
	struct group *g = arg;
	autofree char *folder = folder_of(g, 0);
	struct err err = ERR_INIT;
	struct screen screen;
	struct bench b;
	bool going;

	screen_init(&screen);
	screen_say(&screen, g->scenarios[0]->title);
	going = bench_open(&b, g->scenarios[0], &g->options->places, folder, &err) >= 0;
	if (!going) {
		autojson json_t *lost = report_lost(g->scenarios[0]->name, err.msg);

		(void)result_write(g, 0, lost, NULL);
	}
	for (size_t i = 0; i < g->n && going; i++) {
		if (i > 0) {
			screen_say(&screen, g->scenarios[i]->title);
			bench_next(&b, g->scenarios[i]);
		}
		going = play_one(g, &b, &screen, i) && !cage_stopping();
	}
	bench_close(&b, g->options->keep);
	return cage_stopping() ? EXIT_STOPPED : 0;
}

/* ---- outside --------------------------------------------------------------------------------- */

static int folders_make(const struct group *g, struct err *err)
{
	for (size_t i = 0; i < g->n; i++) {
		autofree char *folder = folder_of(g, i);

		if (access(folder, F_OK) == 0)
			TRY(file_remove_tree(folder, err));
		TRY(file_make_dirs(folder, 0755, err));
	}
	return 0;
}

static void result_collect(const struct group *g, size_t i, json_t *results)
{
	autofree char *folder = folder_of(g, i);
	autofree char *path = xasprintf("%s/result.json", folder);
	json_t *result = NULL;

	if (json_load_file_strict(path, RESULT_MAX_BYTES, &result, NULL) < 0)
		result = report_lost(g->scenarios[i]->name,
				     i ? "not played: the one before did not pass"
				       : "the lab's worker ended early");
	(void)json_array_append_new(results, result);
}

int group_run(struct group *g, json_t *results, int *ret_exit, struct err *err)
{
	TRY(folders_make(g, err));
	TRY(cage_run(worker, g, ret_exit, err));
	for (size_t i = 0; i < g->n; i++)
		result_collect(g, i, results);
	return 0;
}
