/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words and parts of a network that was read; see proto/network.h.
 */
#include <proto/network.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

static const char *const kinds[_NETWORK_KIND_MAX] = {"port", "bond", "vlan", "bridge"};
static const char *const modes[_NETWORK_MODE_MAX] = {"802.3ad", "active-backup"};

const char *network_kind_str(enum network_kind kind)
{
	return kinds[kind];
}

const char *network_mode_str(enum network_mode mode)
{
	return modes[mode];
}

const struct network_link *network_find(const struct network *n, const char *name)
{
	for (size_t i = 0; i < n->n_links; i++)
		if (str_eq(n->links[i].name, name))
			return &n->links[i];
	return NULL;
}

const struct network_link *network_master(const struct network *n, const char *name)
{
	for (size_t i = 0; i < n->n_links; i++)
		for (size_t j = 0; j < n->links[i].n_members; j++)
			if (str_eq(n->links[i].members[j], name))
				return &n->links[i];
	return NULL;
}

unsigned network_split(const char *address, char ret[static NETWORK_ADDRESS_BYTES])
{
	const char *slash = strchr(address, '/');
	uint64_t prefix = 0;

	(void)str_copy(ret, NETWORK_ADDRESS_BYTES, address);
	if (!slash)
		return network_is_v6(address) ? 128 : 32;
	ret[slash - address] = '\0';
	return parse_u64(slash + 1, &prefix) && prefix <= 128 ? (unsigned)prefix : 0;
}

bool network_is_v6(const char *address)
{
	return strchr(address, ':');
}

int64_t network_mtu(const struct network *n, const struct network_link *l)
{
	int64_t mtu = l->mtu;

	if (!mtu && l->kind == NETWORK_VLAN && network_find(n, l->under))
		return network_mtu(n, network_find(n, l->under));
	for (size_t i = 0; !l->mtu && i < l->n_members; i++) {
		const struct network_link *member = network_find(n, l->members[i]);
		int64_t own = !member                   ? 0
			      : l->kind == NETWORK_BOND ? member->mtu
							: network_mtu(n, member);

		/* a bond has what its links were given, a bridge the smallest */
		if (own && (!mtu || own < mtu))
			mtu = own;
	}
	return mtu ? mtu : NETWORK_MTU;
}
