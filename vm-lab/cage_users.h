/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The appliance's users, in the cage alone: slipwayd runs there as it does where it is installed, on
 * a machine that may not have them.
 */
#ifndef LAB_CAGE_USERS_H
#define LAB_CAGE_USERS_H

#include <base/err.h>

/* In the cage. Nothing to do where the user slipway exists. errors: ERR_LAB_CAGE, ERR_IO */
MUST_CHECK int cage_users(struct err *err);

#endif
