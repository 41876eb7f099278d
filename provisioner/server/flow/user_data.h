/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User data with a host's facts filled in. Only what begins with the line USER_DATA_TEMPLATE is a
 * template: braces are common in what cloud-init runs.
 */
#ifndef SERVER_FLOW_USER_DATA_H
#define SERVER_FLOW_USER_DATA_H

#include <base/err.h>

#define USER_DATA_TEMPLATE "## template: slipway"

/* Values of {hostname}, {fqdn}, {short_code}, {serial} and {arch}. trust: the serial is the host's own
 * word: it gets into the text as letters, digits, '.', '_' and '-' alone */
struct user_data_facts {
	const char *hostname, *fqdn, *short_code, *serial, *arch;
};

/* Replace *text, which is the caller's, where it is a template; the first line goes. Other braces stay.
 * errors: ERR_TOO_BIG: more than PLAN_USER_DATA_MAX_BYTES */
MUST_CHECK int user_data_fill(const struct user_data_facts *facts, char **text, struct err *err);

#endif
