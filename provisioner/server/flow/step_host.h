/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image step says of the installed host itself: names, console, keys, layout, user data.
 */
#ifndef SERVER_FLOW_STEP_HOST_H
#define SERVER_FLOW_STEP_HOST_H

#include <base/err.h>

struct step_builder;

/* Fill b->plan.image from the profile and the host of b. errors: those of profile_secret_open() and
 * user_data_fill() */
MUST_CHECK int step_host_fill(struct step_builder *b, struct err *err);

#endif
