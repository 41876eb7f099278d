/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See relayed_port.h.
 */
#include "relayed_port.h"

#include <string.h>

#include <base/str.h>
#include <inventory/facts.h>

#include "port_name.h"

/* "0x0004..." is what the reader of the packet makes of bytes that are not text. */
static const char *plain(const json_t *nic, const char *key)
{
	const char *text = json_string_value(
		json_object_get(json_object_get(nic, FACTS_RELAYED), key));

	return text && !str_starts(text, "0x") ? text : "";
}

const char *relayed_port_switch(const json_t *nic)
{
	return plain(nic, "RemoteId");
}

/* HW: "Ethernet17:20" and "ge-0/0/1.0:v20": a VLAN behind the last colon, a unit 0 behind the port. */
void relayed_port_name(const json_t *nic, char ret[static RELAYED_PORT_BYTES])
{
	(void)str_copy(ret, RELAYED_PORT_BYTES, plain(nic, "CircuitId"));
	char *colon = strrchr(ret, ':');
	if (colon)
		*colon = '\0';
	size_t n = strlen(ret);
	if (n > 2 && str_eq(ret + n - 2, ".0"))
		ret[n - 2] = '\0';
}

bool relayed_port_fits(const json_t *nic, const char *name, const char *port)
{
	char short_port[RELAYED_PORT_BYTES];
	const char *whole = plain(nic, "CircuitId");

	relayed_port_name(nic, short_port);
	bool name_fits = !name[0] || port_name_same_switch(name, relayed_port_switch(nic));
	bool port_fits = !port[0] || port_name_same_port(port, whole) ||
			 port_name_same_port(port, short_port);
	return (whole[0] || relayed_port_switch(nic)[0]) && name_fits && port_fits;
}
