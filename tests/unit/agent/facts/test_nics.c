/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards from fake sysfs trees in the shapes of real ones, and what is not a card.
 */
#include <tests/harness/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <agent/facts/nics.h>

static char root[] = "/tmp/slipway-nics-XXXXXX";

static void put(const char *path, const char *text)
{
	autofree char *full = xasprintf("%s/%s", root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

static void link_to(const char *path, const char *target)
{
	autofree char *full = xasprintf("%s/%s", root, path);

	assert_int_equal(symlink(target, full), 0);
}

/* NULL members are files that are not there. */
static const struct card {
	const char *name, *type, *address, *carrier, *speed;
	const char *device; /* below sys/devices */
	const char *driver;
	/* what comes of it; no pci: not listed */
	const char *pci;
	enum tri link_up;
	int64_t speed_mbps;
	const char *mac;
} cards[] = {
	{"eno1", "1", "52:54:00:00:00:01", "1", "10000", "pci0000:00/0000:3b:00.0", "ixgbe",
	 "0000:3b:00.0", TRI_YES, 10000, "52:54:00:00:00:01"},
	{"eno2", "1", "52:54:00:00:00:02", "0", "-1", "pci0000:00/0000:3b:00.1", "ixgbe",
	 "0000:3b:00.1", TRI_NO, 0, "52:54:00:00:00:02"},
	{"eno3, down", "1", "52:54:00:00:00:03", NULL, NULL, "pci0000:00/0000:3c:00.0", "e1000e",
	 "0000:3c:00.0", TRI_UNKNOWN, 0, "52:54:00:00:00:03"},
	{"virtio", "1", "52:54:00:00:00:04", "1", "-1", "pci0000:00/0000:00:02.0/virtio0",
	 "virtio_net", "0000:00:02.0", TRI_YES, 0, "52:54:00:00:00:04"},
	{"behind a bridge", "1", "52:54:00:00:00:05", "1", "25000",
	 "pci0000:00/0000:00:1c.0/0000:5e:00.1", "mlx5_core", "0000:5e:00.1", TRI_YES, 25000,
	 "52:54:00:00:00:05"},
	{"speed of a liar", "1", "52:54:00:00:00:06", "1", "4294967295", "pci0000:00/0000:06:00.0",
	 "r8169", "0000:06:00.0", TRI_YES, 0, "52:54:00:00:00:06"},
	{"speed without link", "1", "52:54:00:00:00:07", "0", "1000", "pci0000:00/0000:07:00.0",
	 "igb", "0000:07:00.0", TRI_NO, 0, "52:54:00:00:00:07"},
	{"infiniband", "32", "80:00:00:48:fe:80", "1", "100000", "pci0000:00/0000:81:00.0",
	 "mlx5_core", "0000:81:00.0", TRI_YES, 100000, "80:00:00:48:fe:80"},
	{"no PCI", "1", "52:54:00:00:00:08", "1", "1000", "platform/fe300000.ethernet", "dwmac", "",
	 TRI_YES, 1000, "52:54:00:00:00:08"},
	{"no address", "1", NULL, "1", "1000", "pci0000:00/0000:09:00.0", "igb", "0000:09:00.0",
	 TRI_YES, 1000, ""},
	{"lo", "772", "00:00:00:00:00:00", "1", NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"br0", "1", "52:54:00:00:00:01", "1", "10000", NULL, NULL, NULL, 0, 0, NULL},
	{"wlan monitor", "803", "52:54:00:00:00:0a", "1", NULL, "pci0000:00/0000:0a:00.0", "iwl",
	 NULL, 0, 0, NULL},
	{"no type", NULL, "52:54:00:00:00:0b", "1", "1000", "pci0000:00/0000:0b:00.0", "igb", NULL,
	 0, 0, NULL},
};

static void put_member(const char *nic, const char *member, const char *text)
{
	autofree char *path = xasprintf("sys/class/net/%s/%s", nic, member);

	if (text)
		put(path, text);
}

static void put_card(const struct card *c)
{
	put_member(c->name, "mtu", "1500\n");
	put_member(c->name, "type", c->type);
	put_member(c->name, "address", c->address);
	put_member(c->name, "carrier", c->carrier);
	put_member(c->name, "speed", c->speed);
	if (!c->device)
		return;
	autofree char *device = xasprintf("sys/devices/%s", c->device);
	autofree char *vendor = xasprintf("%s/vendor", device);
	autofree char *driver = xasprintf("%s/driver", device);
	autofree char *driver_target = xasprintf("/sys/bus/pci/drivers/%s", c->driver);
	autofree char *link = xasprintf("sys/class/net/%s/device", c->name);
	autofree char *target = xasprintf("../../../devices/%s", c->device);
	put(vendor, "0x8086\n");
	if (c->driver)
		link_to(driver, driver_target);
	link_to(link, target);
}

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(cards); i++)
		put_card(&cards[i]);
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	return file_remove_tree(root, NULL);
}

static const struct facts_nic *find(const nic_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

static void test_cards(void **state)
{
	nic_list list = {0};
	size_t n = 0;

	(void)state;
	nics_read(root, &list);
	for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
		const struct card *c = &cards[i];
		const struct facts_nic *nic = find(&list, c->name);

		CHECK_INT(c->name, nic != NULL, c->pci != NULL);
		if (!nic)
			continue;
		n++;
		CHECK_STR(c->name, nic->mac, c->mac);
		CHECK_STR(c->name, nic->permanent_mac, c->mac);
		CHECK_STR(c->name, nic->driver, c->driver);
		CHECK_STR(c->name, nic->pci_address, c->pci);
		CHECK_INT(c->name, nic->link_up, c->link_up);
		CHECK_INT(c->name, nic->speed_mbps, c->speed_mbps);
	}
	assert_int_equal(list.n, n);
	VEC_DONE(&list);
}

/* HW: functions that a card makes have devices of their own; mlx5's sub-functions are below it on the
 * auxiliary bus; the switch's ends of both hang on the card itself. */
static void test_cards_that_a_card_makes(void **state)
{
	static const struct {
		const char *name, *device, *file, *text;
		bool listed;
	} made[] = {
		{"port", "pci0000:00/0000:5e:00.0", "phys_port_name", "p0\n", true},
		{"port of a card with a computer", "pci0000:00/0000:5e:00.0", "phys_port_name",
		 "pf0\n", true},
		{"port of a switch", "pci0000:00/0000:5e:00.0", "phys_port_name", "swp1s0\n", true},
		{"end of a virtual function", "pci0000:00/0000:5e:00.0", "phys_port_name",
		 "pf0vf3\n", false},
		{"end of a sub-function", "pci0000:00/0000:5e:00.0", "phys_port_name", "pf0sf88\n",
		 false},
		{"end of another host's function", "pci0000:00/0000:5e:00.0", "phys_port_name",
		 "c1pf0vf3\n", false},
		{"virtual function", "pci0000:00/0000:5e:02.0", "device/physfn/vendor", "0x15b3\n",
		 false},
		{"sub-function", "pci0000:00/0000:5e:00.0/mlx5_core.sf.4", "mtu", "1500\n", false},
	};
	nic_list list = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		put_card(&(struct card){.name = made[i].name,
					.type = "1",
					.address = "52:54:00:00:02:00",
					.device = made[i].device,
					.driver = NULL});
		put_member(made[i].name, made[i].file, made[i].text);
	}
	nics_read(root, &list);
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		CHECK_INT(made[i].name, find(&list, made[i].name) != NULL, made[i].listed);
	VEC_DONE(&list);
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		autofree char *path = xasprintf("%s/sys/class/net/%s", root, made[i].name);

		assert_int_equal(file_remove_tree(path, NULL), 0);
	}
}

static void test_nothing(void **state)
{
	nic_list list = {0};

	(void)state;
	nics_read("/nonexistent", &list);
	assert_int_equal(list.n, 0);
	VEC_DONE(&list);
}

/* More cards than a host may have: the rest is left out. */
static void test_too_many(void **state)
{
	static char names[FACTS_MAX_NICS + 5][16];
	nic_list list = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "many%zu", i);
		put_card(&(struct card){.name = names[i],
					.type = "1",
					.address = "52:54:00:00:01:00",
					.device = names[i],
					.driver = "veth"});
	}
	nics_read(root, &list);
	assert_int_equal(list.n, FACTS_MAX_NICS);
	VEC_DONE(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_cards_that_a_card_makes),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
