/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of "Key : value" from ipmitool; see bmc.h. Input: what a controller says of itself, through
 * a tool that prints it for people.
 */
#include "bmc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/hw_id.h>
#include <base/process.h>
#include <base/str.h>

#define DEVICE          "/dev/ipmi0"
#define TOOL_TIMEOUT_MS 15000
#define LAN_TIMEOUT_MS  60000 /* for all channels together */
#define LAN_CHANNELS    15    /* IPMI 2.0, 6.3: numbers 1 to 15, 14 and 15 never are a card */

typedef void take_value(const char *value, struct facts_bmc *ret);

/* A row's value is taken from the first line that has its key. */
struct row {
	const char *key;
	take_value *take;
};

static void parse(const char *text, const struct row *rows, size_t n, struct facts_bmc *ret)
{
	struct sv rest = sv_of(text);
	unsigned taken = 0;

	while (rest.n) {
		struct sv value = sv_split(&rest, '\n');
		struct sv key = sv_trim(sv_split(&value, ':'));
		char clean[129];

		value = sv_trim(value); /* lines may end in CR */
		text_clean(clean, sizeof(clean), value.p, value.n);
		for (size_t i = 0; i < n; i++) {
			if ((taken & 1U << i) || !sv_eq_str(key, rows[i].key))
				continue;
			taken |= 1U << i;
			rows[i].take(clean, ret);
		}
	}
}

static void take_firmware(const char *value, struct facts_bmc *ret)
{
	(void)str_copy(ret->firmware, sizeof(ret->firmware), value);
}

/* "Unknown (0x1234)" when the tool's table has no name for it. */
static void take_manufacturer(const char *value, struct facts_bmc *ret)
{
	if (!str_starts(value, "Unknown"))
		(void)str_copy(ret->manufacturer, sizeof(ret->manufacturer), value);
}

#define LINK_LOCAL 0xa9fe /* 169.254.0.0/16 */

/* HW: a card without an address says 0.0.0.0, and some 255.255.255.255. A link-local one is that of
 * the link to this host (USB), or what a card makes up without a DHCP server: nobody reaches it. */
static bool is_host_address(struct in_addr address)
{
	uint32_t number = ntohl(address.s_addr), top = number >> 24;

	return top != 0 && top != IN_LOOPBACKNET && top < 224 && number >> 16 != LINK_LOCAL;
}

static void take_address(const char *value, struct facts_bmc *ret)
{
	struct in_addr address;

	if (inet_pton(AF_INET, value, &address) == 1 && is_host_address(address))
		(void)str_copy(ret->ipv4, sizeof(ret->ipv4), value);
}

static void take_mac(const char *value, struct facts_bmc *ret)
{
	uint8_t mac[MAC_BYTES];

	if (hw_mac_bytes(sv_of(value), MAC_COLON, mac) && hw_mac_is_station(mac))
		hw_mac_print(mac, ret->mac);
}

void bmc_parse_controller(const char *text, struct facts_bmc *ret)
{
	static const struct row rows[] = {
		{"Firmware Revision", take_firmware},
		{"Manufacturer Name", take_manufacturer},
	};

	parse(text, rows, ARRAY_LEN(rows), ret);
}

void bmc_parse_lan(const char *text, struct facts_bmc *ret)
{
	static const struct row rows[] = {
		{"IP Address", take_address},
		{"MAC Address", take_mac},
	};

	parse(text, rows, ARRAY_LEN(rows), ret);
}

bool bmc_take_channel(const char *text, struct facts_bmc *ret)
{
	struct facts_bmc channel = {0};

	bmc_parse_lan(text, &channel);
	if (channel.ipv4[0] || !ret->mac[0])
		(void)str_copy(ret->mac, sizeof(ret->mac), channel.mac);
	(void)str_copy(ret->ipv4, sizeof(ret->ipv4), channel.ipv4);
	return channel.ipv4[0] != '\0';
}

/* What the tool prints; NULL when it did not run to its end. The caller frees.
 * HW: ipmitool fails at the first parameter that a controller does not have (cipher suites, VLAN),
 * after it has printed the others: its exit code says nothing about them. */
static char *ask(const char *const *argv, int64_t timeout_ms)
{
	struct process_options o = {.argv = argv, .timeout_ms = timeout_ms};
	struct process_result r = {0};
	char *text = NULL;

	if (process_run(&o, &r, NULL) < 0)
		return NULL;
	text = xstrdup(r.out);
	process_result_done(&r);
	return text;
}

static void read_controller(struct facts_bmc *ret)
{
	const char *const argv[] = {"ipmitool", "-I", "open", "mc", "info", NULL};
	autofree char *text = ask(argv, TOOL_TIMEOUT_MS);

	if (text)
		bmc_parse_controller(text, ret);
}

/* HW: the controller's network card is channel 1 on most boards, 2, 3 or 8 on others, where channel
 * 1 is missing or has no address. */
static void read_lan(struct facts_bmc *ret)
{
	int64_t end_ms = time_boot_ms() + LAN_TIMEOUT_MS;
	bool done = false;

	for (int channel = 1; channel <= LAN_CHANNELS && !done; channel++) {
		int64_t left_ms = end_ms - time_boot_ms();
		char number[12];
		(void)snprintf(number, sizeof(number), "%d", channel);
		const char *const argv[] = {"ipmitool", "-I", "open", "lan", "print", number, NULL};
		if (left_ms <= 0)
			return;
		autofree char *text = ask(argv,
					  left_ms < TOOL_TIMEOUT_MS ? left_ms : TOOL_TIMEOUT_MS);
		done = text && bmc_take_channel(text, ret);
	}
}

void bmc_read(struct facts_bmc *ret)
{
	*ret = (struct facts_bmc){.present = access(DEVICE, F_OK) == 0 ? TRI_YES : TRI_NO};
	if (ret->present == TRI_NO)
		return;
	read_controller(ret);
	read_lan(ret);
}
