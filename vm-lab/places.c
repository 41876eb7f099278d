/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing between a build folder and an installed tree, and making every path absolute: the lab's
 * worker changes its root's mounts, and must not depend on where it was started.
 */
#include "places.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define CHECKOUT_BUILD     "build"
#define CHECKOUT_SCENARIOS "vm-lab/scenarios"
#define INSTALLED_RESULTS  "slipway-lab" /* in the folder that somebody stands in */

/* An existing folder, absolute. */
static int folder_find(const char *path, const char *what, char **ret, struct err *err)
{
	*ret = realpath(path, NULL);
	return *ret ? 0 : err_sys(err, ERR_LAB_MISSING, "no %s '%s'", what, path);
}

/* One that may be missing yet. */
static int folder_name(const char *path, char **ret, struct err *err)
{
	autofree char *here = getcwd(NULL, 0);

	if (!here)
		return err_sys(err, ERR_LAB_MISSING, "cannot tell the current folder");
	*ret = *path == '/' ? xstrdup(path) : xasprintf("%s/%s", here, path);
	return 0;
}

static int in_build(const char *build, const struct lab_places_asked *asked, struct lab_places *p,
		    struct err *err)
{
	autofree char *root = NULL;
	autofree char *results = NULL;

	TRY(folder_find(build, "build folder", &root, err));
	p->slipwayd = xasprintf("%s/bin/slipwayd", root);
	p->boot_dir = xasprintf("%s/boot", root);
	p->images_dir = xasprintf("%s/images", root);
	results = xasprintf("%s/lab", root);
	TRY(folder_name(asked->results_dir ? asked->results_dir : results, &p->results_dir, err));
	return folder_find(asked->scenarios_dir ? asked->scenarios_dir : CHECKOUT_SCENARIOS,
			   "folder of scenarios", &p->scenarios_dir, err);
}

/* PREFIX/bin/slipway-lab: the prefix is two names up. */
static int prefix_of(const char *program, char **ret, struct err *err)
{
	TRY(folder_find(program, "program", ret, err));
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(*ret, '/');

		*slash = '\0';
		if (slash == *ret)
			break;
	}
	return 0;
}

static int installed(const struct lab_places_asked *asked, const char *program,
		     struct lab_places *p, struct err *err)
{
	autofree char *prefix = NULL;
	autofree char *scenarios = NULL;

	TRY(prefix_of(program, &prefix, err));
	p->slipwayd = xasprintf("%s/sbin/slipwayd", prefix);
	p->boot_dir = xasprintf("%s/share/slipway/boot", prefix);
	p->images_dir = xasprintf("%s/share/slipway/images", prefix);
	scenarios = xasprintf("%s/share/slipway/scenarios", prefix);
	TRY(folder_name(asked->results_dir ? asked->results_dir : INSTALLED_RESULTS,
			&p->results_dir, err));
	return folder_find(asked->scenarios_dir ? asked->scenarios_dir : scenarios,
			   "folder of scenarios", &p->scenarios_dir, err);
}

int lab_places_find(const struct lab_places_asked *asked, const char *program,
		    struct lab_places *ret, struct err *err)
{
	int rc;

	*ret = (struct lab_places){0};
	if (asked->build_dir)
		rc = in_build(asked->build_dir, asked, ret, err);
	else if (access(CHECKOUT_BUILD "/bin/slipwayd", X_OK) == 0)
		rc = in_build(CHECKOUT_BUILD, asked, ret, err);
	else
		rc = installed(asked, program, ret, err);
	if (rc < 0)
		lab_places_done(ret);
	return rc;
}

void lab_places_done(struct lab_places *p)
{
	free(p->slipwayd);
	free(p->boot_dir);
	free(p->images_dir);
	free(p->scenarios_dir);
	free(p->results_dir);
	*p = (struct lab_places){0};
}
