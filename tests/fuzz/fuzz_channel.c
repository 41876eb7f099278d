/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels from anywhere, signed or not.
 */
#include <stdint.h>

#include <images/channel.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static const struct trust_root nobody;
	AUTO(channel) struct channel *c = NULL, *trusted = NULL;
	struct err err = ERR_INIT;

	BUG_ON(!channel_open(&nobody, p, n_bytes, &trusted, &err)); /* whatever it says */
	if (channel_parse_unsigned(p, n_bytes, &c, &err) < 0)
		return 0;
	BUG_ON(c->n_images > CHANNEL_MAX_IMAGES || c->expires_s <= c->issued_s);
	for (size_t i = 0; i < c->n_images; i++)
		BUG_ON(channel_find(c, c->images[i].line, c->images[i].arch) != &c->images[i]);
	return 0;
}
