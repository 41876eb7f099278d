/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the network of an installed host; see proto/network.h. What the parts mean together is
 * checked in network_check.c.
 */
#include <proto/network.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "network_rules.h"

/* ---- reading --------------------------------------------------------------------------------- */

static int word_index(struct json_reader *r, const char *key, const char *(*word)(int), int n)
{
	const char *text = json_need_str(r, key, 1, 16);

	for (int i = 0; text && i < n; i++)
		if (str_eq(text, word(i)))
			return i;
	json_reader_fail(r, key, ERR_NETWORK, "'%.40s' is not a value of '%s'", text ? text : "",
			 key);
	return 0;
}

static const char *kind_word(int i)
{
	return network_kind_str((enum network_kind)i);
}

static const char *mode_word(int i)
{
	return network_mode_str((enum network_mode)i);
}

/* Texts of a list into rows of a fixed size. */
static size_t read_list(struct json_reader *r, const char *key, char *rows, size_t row_bytes,
			size_t max)
{
	json_t *list = json_opt_arr(r, key, max);
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !*text || !str_copy(rows + i * row_bytes, row_bytes, text))
			json_reader_fail(r, key, ERR_NETWORK,
					 "item %zu of '%s' is not a text of 1 "
					 "to %zu bytes",
					 i + 1, key, row_bytes - 1);
	}
	return r->status ? 0 : n;
}

static void read_name(struct json_reader *r, const char *key, char ret[static NETWORK_NAME_BYTES])
{
	const char *text = json_need_str(r, key, 1, NETWORK_NAME_BYTES - 1);

	if (text && !network_name_is_valid(text))
		json_reader_fail(
			r, key, ERR_NETWORK,
			"'%s' is not a name of an interface: a-z 0-9 . _ -, a letter first", text);
	else if (text)
		(void)str_copy(ret, NETWORK_NAME_BYTES, text);
}

static void read_card(struct json_reader *r, struct network_link *l)
{
	const char *mac = json_opt_str(r, "mac", 17, ""), *slot = json_opt_str(r, "slot", 32, "");
	const char *name = json_opt_str(r, "name", 32, "");
	int n = r->status ? 0 : (*mac != 0) + (*slot != 0) + (*name != 0);

	if (r->status == 0 && (n > 1 || (n == 0 && !l->switch_name[0])))
		json_reader_fail(
			r, "match", ERR_NETWORK,
			"a port is matched by one of 'mac', 'slot' and 'name', by 'switch', or "
			"by both");
	if (r->status == 0 && *mac && !network_mac_is_valid(mac))
		json_reader_fail(r, "mac", ERR_NETWORK,
				 "'%s' is not the MAC of a port, such as 02:00:00:00:00:01", mac);
	if (r->status == 0 && (!network_word_is_valid(slot) || !network_word_is_valid(name)))
		json_reader_fail(r, "match", ERR_NETWORK,
				 "a slot or name has letters, digits and . : _ - only");
	if (r->status)
		return;
	(void)str_copy(l->mac, sizeof(l->mac), mac);
	(void)str_copy(l->slot, sizeof(l->slot), slot);
	(void)str_copy(l->port, sizeof(l->port), name);
	for (char *c = l->mac; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void read_switch(struct json_reader *r, struct network_link *l)
{
	const char *name = json_opt_str(r, "switch", NETWORK_SWITCH_BYTES - 1, "");
	const char *port = json_opt_str(r, "switch_port", NETWORK_SWITCH_BYTES - 1, "");

	if (r->status)
		return;
	if (*port && !*name)
		json_reader_fail(r, "switch_port", ERR_NETWORK,
				 "a 'switch_port' needs the 'switch' that it belongs to");
	else if (!network_text_is_valid(name) || !network_text_is_valid(port))
		json_reader_fail(r, "switch", ERR_NETWORK,
				 "a switch and its port are named in printable ASCII");
	(void)str_copy(l->switch_name, sizeof(l->switch_name), name);
	(void)str_copy(l->switch_port, sizeof(l->switch_port), port);
}

static void read_match(struct json_reader *parent, struct network_link *l)
{
	json_t *obj = json_need_obj(parent, "match");

	if (!obj)
		return;
	struct json_reader r = json_reader_sub(parent, obj, "match");
	read_switch(&r, l);
	read_card(&r, l);
	parent->status = json_reader_end(&r);
}

static void read_routes(struct json_reader *parent, struct network_link *l)
{
	json_t *list = json_opt_arr(parent, "routes", NETWORK_LIST_MAX);

	for (size_t i = 0; i < json_array_size(list) && parent->status == 0; i++) {
		struct json_reader r = json_reader_item(parent, json_array_get(list, i), "routes",
							i);
		struct network_route *route = &l->routes[l->n_routes++];
		const char *to = json_need_str(&r, "to", 1, NETWORK_ADDRESS_BYTES - 1);
		const char *via = json_need_str(&r, "via", 1, NETWORK_ADDRESS_BYTES - 1);

		route->metric = json_opt_int(&r, "metric", 1, INT32_MAX, 0);
		(void)str_copy(route->to, sizeof(route->to), to ? to : "");
		(void)str_copy(route->via, sizeof(route->via), via ? via : "");
		parent->status = json_reader_end(&r);
	}
}

/* One text, or a list with one of each family. */
static void read_gateway(struct json_reader *r, struct network_link *l)
{
	const char *text;

	if (json_is_array(json_object_get(r->obj, "gateway"))) {
		l->n_gateways = read_list(r, "gateway", l->gateways[0], sizeof(l->gateways[0]),
					  ARRAY_LEN(l->gateways));
		return;
	}
	text = json_opt_str(r, "gateway", NETWORK_ADDRESS_BYTES - 1, "");
	l->n_gateways = text && *text && str_copy(l->gateways[0], sizeof(l->gateways[0]), text);
}

static void read_kind(struct json_reader *r, struct network_link *l)
{
	l->kind = (enum network_kind)word_index(r, "kind", kind_word, _NETWORK_KIND_MAX);
	if (l->kind == NETWORK_PORT)
		read_match(r, l);
	if (l->kind == NETWORK_BOND)
		l->mode = (enum network_mode)word_index(r, "mode", mode_word, _NETWORK_MODE_MAX);
	if (l->kind == NETWORK_BOND || l->kind == NETWORK_BRIDGE)
		l->n_members = read_list(r, "links", l->members[0], sizeof(l->members[0]),
					 NETWORK_LIST_MAX);
	if (l->kind != NETWORK_VLAN)
		return;
	read_name(r, "link", l->under);
	l->vlan_id = json_need_int(r, "id", 1, 4094);
}

static int read_link(const struct json_reader *parent, json_t *item, size_t i,
		     struct network_link *l)
{
	struct json_reader r = json_reader_item(parent, item, "links", i);

	read_name(&r, "name", l->name);
	read_kind(&r, l);
	l->mtu = json_opt_int(&r, "mtu", 576, 65535, 0);
	l->dhcp = json_opt_bool(&r, "dhcp", false);
	l->n_addresses = read_list(&r, "addresses", l->addresses[0], sizeof(l->addresses[0]),
				   NETWORK_LIST_MAX);
	read_gateway(&r, l);
	read_routes(&r, l);
	l->n_dns = read_list(&r, "dns", l->dns[0], sizeof(l->dns[0]), NETWORK_LIST_MAX);
	l->n_search = read_list(&r, "search", l->search[0], sizeof(l->search[0]), NETWORK_LIST_MAX);
	return json_reader_end(&r);
}

static int read_links(json_t *doc, bool with_hosts, struct network *ret, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	json_t *list = json_need_arr(&r, "links", NETWORK_LINKS_MAX);

	if (with_hosts)
		(void)json_opt_arr(&r, "hosts", NETWORK_HOSTS_MAX);
	TRY(json_reader_end(&r));
	for (size_t i = 0; i < json_array_size(list); i++)
		TRY(read_link(&r, json_array_get(list, i), i, &ret->links[ret->n_links++]));
	return 0;
}

/* The kernel sets the links of a bond to the bond's own mtu, so it gets what they were given. */
static void inherit_mtu(struct network *n)
{
	for (size_t i = 0; i < n->n_links; i++) {
		struct network_link *l = &n->links[i];

		if (l->kind == NETWORK_BOND && network_mtu(n, l) != NETWORK_MTU)
			l->mtu = network_mtu(n, l);
	}
}

int network_parse(json_t *doc, struct network *ret, struct err *err)
{
	*ret = (struct network){.n_links = 0};
	if (!json_is_object(doc))
		return err_set(err, ERR_NETWORK, "a network is a JSON object");
	TRY(read_links(doc, false, ret, err));
	TRY(network_rules_check(ret, err));
	inherit_mtu(ret);
	return 0;
}

/* ---- rows of hosts --------------------------------------------------------------------------- */

static json_t *link_of(json_t *doc, const char *name)
{
	json_t *links = json_object_get(doc, "links"), *link;
	size_t i;

	json_array_foreach (links, i, link)
		if (str_eq(json_string_value(json_object_get(link, "name")), name))
			return link;
	return NULL;
}

/* What differs from host to host; the rest is the profile's. */
static bool may_differ(const char *key)
{
	static const char *const keys[] = {"name", "addresses", "gateway", "routes", "dns", "mtu"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

static int merge_link(json_t *doc, json_t *from, struct err *err)
{
	const char *name = json_string_value(json_object_get(from, "name"));
	json_t *link = link_of(doc, name), *value;
	const char *key;

	if (!name || !link)
		return err_set(err, ERR_NETWORK, "the row names link '%.20s', which is not there",
			       name ? name : "");
	json_object_foreach (from, key, value) {
		if (!may_differ(key))
			return err_set(err, ERR_NETWORK, "a row cannot set '%.40s' of link '%s'",
				       key, name);
		(void)json_object_set(link, key, value);
	}
	return 0;
}

static const char *name_of(const json_t *link)
{
	const char *name = json_string_value(json_object_get(link, "name"));

	return name ? name : "";
}

static bool names_earlier(const json_t *links, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (str_eq(name_of(json_array_get(links, j)), name_of(json_array_get(links, i))))
			return true;
	return false;
}

static int merge_row(json_t *doc, json_t *row, json_t **ret, struct err *err)
{
	autojson json_t *merged = json_deep_copy(doc);
	json_t *links = json_object_get(row, "links"), *link;
	size_t i;

	(void)json_object_del(merged, "hosts");
	json_array_foreach (links, i, link)
		if (names_earlier(links, i))
			return err_set(err, ERR_NETWORK, "the row names link '%.20s' twice",
				       name_of(link));
		else
			TRY(merge_link(merged, link, err));
	*ret = json_incref(merged);
	return 0;
}

static int check_row(json_t *doc, json_t *row, size_t i, struct network *ret, struct err *err)
{
	autojson json_t *merged = NULL;
	struct json_reader r = json_reader_root(row, err);
	const char *serial = json_opt_str(&r, "serial", 128, ""),
		   *mac = json_opt_str(&r, "mac", 17, "");

	(void)json_need_arr(&r, "links", NETWORK_LINKS_MAX);
	if (r.status == 0 &&
	    ((*serial != 0) == (*mac != 0) || (*mac && !network_mac_is_valid(mac))))
		json_reader_fail(&r, "serial", ERR_NETWORK,
				 "a row names its host by 'serial' or by 'mac'");
	if (json_reader_end(&r) < 0 || merge_row(doc, row, &merged, err) < 0 ||
	    network_parse(merged, ret, err) < 0) {
		(void)err_wrap(err, "row %zu of 'hosts'", i + 1);
		return err ? -err->code : -ERR_NETWORK;
	}
	return 0;
}

static bool has_addresses(const struct network *n)
{
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].n_addresses)
			return true;
	return false;
}

static int check_rows(json_t *doc, json_t *rows, struct network *n, struct err *err)
{
	struct network_seen *seen = xcalloc(1, sizeof(*seen));
	int status = 0;

	for (size_t i = 0; i < json_array_size(rows) && !status; i++) {
		status = check_row(doc, json_array_get(rows, i), i, n, err);
		if (!status)
			status = network_seen_add(seen, n, json_array_get(rows, i), i, err);
	}
	network_seen_free(seen);
	return status;
}

int network_check(json_t *doc, bool many, struct err *err)
{
	struct network *n = xcalloc(1, sizeof(*n));
	json_t *rows = json_object_get(doc, "hosts");
	autofree char *text = json_text(doc);
	int status;

	if (!json_is_object(doc) || strlen(text) > NETWORK_MAX_BYTES)
		status = err_set(err, ERR_NETWORK, "a network is a JSON object of at most %d bytes",
				 NETWORK_MAX_BYTES);
	else if (rows)
		status = (status = read_links(doc, true, n, err)) ? status
								  : check_rows(doc, rows, n, err);
	else if (!(status = network_parse(doc, n, err)) && many && has_addresses(n))
		status = err_set(
			err, ERR_NETWORK,
			"every host that matches would get the same address; give each its "
			"own row in 'hosts'");
	free(n);
	return status;
}

static bool has_mac(const char *macs, const char *mac)
{
	struct sv rest = sv_of(macs);

	while (rest.n) {
		struct sv one = sv_split(&rest, ' ');

		if (mac && one.n == strlen(mac) && !strncasecmp(one.p, mac, one.n))
			return true;
	}
	return false;
}

/* Ports that a profile names by MAC must be the host's own, before anything is written to it. */
static int check_ports(const json_t *doc, const char *macs, struct err *err)
{
	json_t *link;
	size_t i;

	json_array_foreach (json_object_get(doc, "links"), i, link) {
		const char *mac = json_string_value(
			json_object_get(json_object_get(link, "match"), "mac"));

		if (mac && *macs && !has_mac(macs, mac))
			return err_set(err, ERR_NETWORK,
				       "link '%.32s' of the profile's network is the port with MAC "
				       "'%.32s'; the host has %.128s",
				       json_string_value(json_object_get(link, "name")), mac, macs);
	}
	return 0;
}

static int find_own(json_t *doc, const char *serial, const char *macs, json_t **ret,
		    struct err *err)
{
	json_t *rows = json_object_get(doc, "hosts"), *row;
	size_t i;

	if (!rows) {
		*ret = json_incref(doc);
		return 0;
	}
	json_array_foreach (rows, i, row) {
		const char *own = json_string_value(json_object_get(row, "serial"));

		if ((own && str_eq(own, serial)) ||
		    has_mac(macs, json_string_value(json_object_get(row, "mac"))))
			return merge_row(doc, row, ret, err);
	}
	return err_set(err, ERR_NETWORK,
		       "the profile's network has no row for the host with serial '%.64s'", serial);
}

int network_for_host(json_t *doc, const char *serial, const char *macs, json_t **ret,
		     struct err *err)
{
	json_t *own;

	TRY(find_own(doc, serial, macs, &own, err));
	if (check_ports(own, macs, err) < 0) {
		json_decref(own);
		return -ERR_NETWORK;
	}
	*ret = own;
	return 0;
}
