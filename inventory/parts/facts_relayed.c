/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a DHCP relay said of a host's cards, beside what the host itself found. Input: an event of our own, whose
 * texts are a relay's.
 */
#include <inventory/facts.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static bool is_same_mac(const char *a, const char *b)
{
	char x[MAC_TEXT_BYTES], y[MAC_TEXT_BYTES];

	return hw_mac_parse(sv_of(a), MAC_ANY, x) && hw_mac_parse(sv_of(b), MAC_ANY, y) &&
	       str_eq(x, y);
}

int facts_add_relayed(struct db *db, int64_t host_num, json_t *facts, struct err *err)
{
	autojson json_t *said = NULL;
	size_t i;
	json_t *nic;

	TRY(event_latest(db, host_num, FACTS_RELAYED_EVENT, &said, err));
	json_array_foreach (json_object_get(facts, "nics"), i, nic)
		if (is_same_mac(text_of(nic, "PermanentMACAddress"), text_of(said, "mac")))
			(void)json_object_set_new(
				nic, FACTS_RELAYED,
				json_pack("{s:s, s:s, s:s, s:s}", "Relay", text_of(said, "relay"),
					  "CircuitId", text_of(said, "circuit_id"), "RemoteId",
					  text_of(said, "remote_id"), "At", text_of(said, "at")));
	return 0;
}
