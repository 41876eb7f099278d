/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the lab finds what it plays with and puts what came of it: in a checkout's build folder, or
 * below the prefix that slipway-lab was installed to.
 */
#ifndef LAB_PLACES_H
#define LAB_PLACES_H

#include <base/err.h>

struct lab_places { /* absolute paths, owned */
	char *slipwayd;
	char *boot_dir;
	char *images_dir; /* LINE-ARCH.slip and root.json; need not exist when a scenario has its own */
	char *scenarios_dir;
	char *results_dir; /* need not exist yet */
};

/* What the command line says; NULL: nothing. */
struct lab_places_asked {
	const char *build_dir, *scenarios_dir, *results_dir;
};

/* A build folder counts when it is asked for, or when ./build holds bin/slipwayd; otherwise the
 * prefix of `program`, the path of slipway-lab itself. owns: lab_places_done().
 * errors: ERR_LAB_MISSING for a folder that does not exist. */
MUST_CHECK int lab_places_find(const struct lab_places_asked *asked, const char *program,
			       struct lab_places *ret, struct err *err);
void lab_places_done(struct lab_places *p);

#endif
