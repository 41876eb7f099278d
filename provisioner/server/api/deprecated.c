/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be removed: nothing now. The rule is in deprecated.h. */
#include "deprecated.h"

const struct http_deprecation api_deprecations[] = {
	{.method = NULL},
};
