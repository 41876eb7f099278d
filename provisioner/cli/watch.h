/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --watch: the same view again and again, within the screen, and on through a restart of the
 * server.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <base/err.h>

/* One look at the server. Sets *ret_text to what is to be shown (watch_run() frees it), or prints
 * by itself and leaves it alone. */
typedef int (*watch_look)(void *arg, char **ret_text, struct err *err);

/* Look every two seconds until a signal ends the program. On a terminal the view stays in place and
 * is cut at the last line of the screen. The first failure of all and any that does not pass by
 * itself (a wrong token) end it; returns that exit code. blocks. */
int watch_run(watch_look look, void *arg);

#endif
