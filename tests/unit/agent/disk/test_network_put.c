/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of an installed host in the words of each program: which program is chosen, which
 * files it gets, what stands in them, and that a port which is not there is refused by name.
 */
#include <tests/harness/check.h>
#include <tests/harness/sandbox_root.h>
#include <tests/harness/test_dir.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>
#include <agent/disk/network_put.h>
#include <agent/disk/network_writers.h>
#include <agent/disk/new_root.h>
#include <proto/facts.h>

static const char network_text[] =
	"{\"links\":["
	"{\"name\":\"left\",\"kind\":\"port\",\"match\":{\"mac\":\"02:00:00:00:00:0A\"},\"mtu\":9000},"
	"{\"name\":\"right\",\"kind\":\"port\",\"match\":{\"name\":\"enp2s0\"}},"
	"{\"name\":\"mgmt\",\"kind\":\"port\",\"match\":{\"slot\":\"0000:03:00.0\"},\"dhcp\":true},"
	"{\"name\":\"bond0\",\"kind\":\"bond\",\"mode\":\"802.3ad\",\"links\":[\"left\",\"right\"]},"
	"{\"name\":\"prod\",\"kind\":\"vlan\",\"link\":\"bond0\",\"id\":10},"
	"{\"name\":\"br0\",\"kind\":\"bridge\",\"links\":[\"prod\"],\"addresses\":[\"10.0.0.5/24\","
	"\"fd00::5/64\"],\"gateway\":[\"10.0.0.1\",\"fd00::1\"],\"dns\":[\"10.0.0.53\"],\"search\":["
	"\"example.net\"],\"routes\":[{\"to\":\"10.8.0.0/16\",\"via\":\"10.0.0.9\",\"metric\":7}]}]}";

static const struct facts_nic nics[] = {
	{.name = "enp1s0", .mac = "02:00:00:00:00:0b", .permanent_mac = "02:00:00:00:00:0a"},
	{.name = "enp2s0",
	 .mac = "02:00:00:00:00:02",
	 .link_up = TRI_YES,
	 .lldp = {.sys_name = "leaf-1", .port_id = "Ethernet1/7", .port_description = "swp7"}},
	{.name = "enp3s0", .mac = "02:00:00:00:00:03", .pci_address = "0000:03:00.0"},
	{.name = "enp4s0", .mac = "02:00:00:00:00:04", .link_up = TRI_NO},
	{.name = "enp5s0",
	 .mac = "02:00:00:00:00:05",
	 .lldp = {.sys_name = "leaf-1", .port_id = "Ethernet1/8"}},
};

static struct network network;
static void load(const char *text)
{
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(json_load_strict(text, strlen(text), 65536, &doc, &err), 0);
	if (network_parse(doc, &network, &err) < 0)
		fail_msg("%s", err.msg);
}

static void put(int fd, const char *path)
{
	assert_int_equal(
		new_root_write(fd, &(struct new_root_file){.path = path, .p = "", .mode = 0755},
			       NULL),
		0);
}

static int new_system(const char *name)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	int fd;

	assert_int_equal(file_make_dirs(path, 0755, NULL), 0);
	fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

#define NETWORKD "/usr/lib/systemd/systemd-networkd"
#define NM       "/etc/NetworkManager/system-connections/slipway-"
#define ND       "/etc/systemd/network/10-slipway-"

static void test_programs(void **state)
{
	static const struct {
		const char *name;
		const char *programs[4]; /* of the image */
		const char *writer;
		const char *path, *has;
	} rows[] = {
		{"networkd-port",
		 {NETWORKD},
		 "systemd-networkd",
		 ND "left.network",
		 "[Match]\nPermanentMACAddress=02:00:00:00:00:0a\n\n[Link]\nMTUBytes=9000\n"},
		{"networkd-member",
		 {NETWORKD},
		 "systemd-networkd",
		 ND "right.network",
		 "Bond=bond0\n"},
		{"networkd-bond",
		 {NETWORKD},
		 "systemd-networkd",
		 ND "bond0.netdev",
		 "Mode=802.3ad\n"},
		{"networkd-under",
		 {NETWORKD},
		 "systemd-networkd",
		 ND "bond0.network",
		 "VLAN=prod\n"},
		{"networkd-vlan", {NETWORKD}, "systemd-networkd", ND "prod.netdev", "Id=10\n"},
		{"networkd-bridge",
		 {NETWORKD},
		 "systemd-networkd",
		 ND "br0.network",
		 "Address=10.0.0.5/24\nAddress=fd00::5/64\nGateway=10.0.0.1\nGateway=fd00::1\n"
		 "DNS=10.0.0.53\nDomains=example.net\n\n[Route]\nDestination=10.8.0.0/16\n"
		 "Gateway=10.0.0.9\nMetric=7\n"},
		{"networkd-dhcp", {NETWORKD}, "systemd-networkd", ND "mgmt.network", "DHCP=yes\n"},
		{"netplan",
		 {NETWORKD, "/usr/sbin/netplan", "/usr/sbin/NetworkManager"},
		 "netplan",
		 "/etc/netplan/90-slipway.yaml",
		 "  bonds:\n    \"bond0\":\n      interfaces: [\"left\", \"right\"]\n"},
		{"netplan-bridge",
		 {"/usr/bin/netplan"},
		 "netplan",
		 "/etc/netplan/90-slipway.yaml",
		 "      routes:\n        - to: \"0.0.0.0/0\"\n          via: \"10.0.0.1\"\n"},
		{"manager",
		 {NETWORKD, "/usr/sbin/NetworkManager"},
		 "NetworkManager",
		 NM "br0.nmconnection",
		 "[ipv4]\nmethod=manual\naddress1=10.0.0.5/24\ngateway=10.0.0.1\n"
		 "route1=10.8.0.0/16,10.0.0.9,7\ndns=10.0.0.53;\ndns-search=example.net;\n"},
		{"manager-port",
		 {"/usr/sbin/NetworkManager"},
		 "NetworkManager",
		 NM "left.nmconnection",
		 "slave-type=bond\n\n[ethernet]\nmac-address=02:00:00:00:00:0a\nmtu=9000\n"},
		{"manager-bond",
		 {"/usr/sbin/NetworkManager"},
		 "NetworkManager",
		 NM "bond0.nmconnection",
		 "[bond]\nmode=802.3ad\n"},
		{"ifupdown",
		 {NETWORKD, "/usr/sbin/ifup"},
		 "ifupdown",
		 "/etc/network/interfaces",
		 "auto bond0\niface bond0 inet manual\n"
		 "\tpre-up test -e /sys/class/net/bond0 || ip link add bond0 type bond\n"},
		{"ifupdown-bridge",
		 {"/sbin/ifup"},
		 "ifupdown",
		 "/etc/network/interfaces",
		 "iface br0 inet static\n\taddress 10.0.0.5/24\n"
		 "\tpre-up test -e /sys/class/net/br0 || ip link add br0 type bridge\n"
		 "\tpre-up ip link set dev prod master br0\n"},
		{"ifupdown-rules",
		 {"/sbin/ifup"},
		 "ifupdown",
		 "/etc/udev/rules.d/70-slipway-network.rules",
		 "ATTR{address}==\"02:00:00:00:00:0a\", ENV{DEVTYPE}==\"\", NAME=\"left\"\n"},
		{"ifupdown-resolver",
		 {"/sbin/ifup"},
		 "ifupdown",
		 "/etc/resolv.conf",
		 "search example.net\nnameserver 10.0.0.53\n"},
		{"networkd-on",
		 {NETWORKD, "/usr/sbin/ifup",
		  "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"},
		 "systemd-networkd",
		 ND "br0.netdev",
		 "Kind=bridge\n"},
		{"cloud-init",
		 {NETWORKD, "/usr/bin/cloud-init"},
		 "systemd-networkd",
		 "/var/lib/cloud/seed/nocloud/network-config",
		 "version: 2\nethernets:\n  \"left\":\n    match:\n      macaddress: \"02:00:00:00:00:0a\"\n"},
	};

	(void)state;
	load(network_text);
	assert_int_equal(network_find_ports(&network, nics, ARRAY_LEN(nics), NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoclose int fd = new_system(rows[i].name);
		autofree char *text = NULL, *script = NULL;
		struct err err = ERR_INIT;
		size_t n;

		for (size_t j = 0; j < ARRAY_LEN(rows[i].programs) && rows[i].programs[j]; j++)
			put(fd, rows[i].programs[j]);
		CHECK_STR(rows[i].name, network_writer_of(fd)->name, rows[i].writer);
		if (network_put(fd, &network, &err) < 0)
			fail_msg("row '%s': %s", rows[i].name, err.msg);
		if (new_root_read(fd, rows[i].path, 65536, &text, &n, NULL) < 0 ||
		    !strstr(text, rows[i].has))
			fail_msg("row '%s': '%s' is not in '%s':\n%s", rows[i].name, rows[i].has,
				 rows[i].path, text ? text : "(no file)");
		assert_int_equal(new_root_read(fd, "/usr/lib/slipway/network-fallback", 65536,
					       &script, &n, NULL),
				 0);
		/* the shell can read it, and it takes the links away that lie on others first */
		autofree char *path = xasprintf("%s/%s/usr/lib/slipway/network-fallback", dir,
						rows[i].name);
		const char *const argv[] = {"sh", "-n", path, NULL};
		CHECK_INT(rows[i].name, process_check(argv, 60000, &err), 0);
		CHECK(rows[i].name, strstr(script, "delete br0") < strstr(script, "delete bond0"));
	}
}

/* What netplan's own files of an image say of all cards would hold beside ours. */
static void test_netplan_alone(void **state)
{
	autoclose int fd = new_system("alone");

	(void)state;
	load(network_text);
	put(fd, "/usr/sbin/netplan");
	put(fd, "/etc/netplan/50-cloud-init.yaml");
	put(fd, "/etc/netplan/README");
	assert_int_equal(network_put(fd, &network, NULL), 0);
	assert_false(new_root_exists(fd, "/etc/netplan/50-cloud-init.yaml"));
	assert_true(new_root_exists(fd, "/etc/netplan/README"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *match, *says;
	} rows[] = {
		{"T-06 a MAC that is not there", "\"mac\":\"02:00:00:00:00:77\"",
		 "02:00:00:00:00:77"},
		{"T-06 a name that is not there", "\"name\":\"eno9\"", "eno9"},
		{"T-06 a slot that is not there", "\"slot\":\"0000:99:00.0\"",
		 "enp3s0 (0000:03:00.0)"},
		{"a card by two names", "\"name\":\"enp1s0\"", "same card"},
		{"a port without a link", "\"name\":\"enp4s0\"", "no link"},
		{"a port that sees another switch", "\"name\":\"enp2s0\",\"switch\":\"leaf-2\"",
		 "sees port 'Ethernet1/7' of switch 'leaf-1' and should see port 'any' of switch "
		 "'leaf-2'"},
		{"a port that sees another port of the switch",
		 "\"name\":\"enp2s0\",\"switch\":\"leaf-1\",\"switch_port\":\"Ethernet1/9\"",
		 "Ethernet1/9"},
		{"a port without a switch that speaks",
		 "\"slot\":\"0000:03:00.0\",\"switch\":\"leaf-1\"", "no switch that says its name"},
		{"a switch that nobody sees", "\"switch\":\"leaf-9\"",
		 "enp5s0 (port 'Ethernet1/8' of switch 'leaf-1')"},
		{"a switch that two cards see", "\"switch\":\"leaf-1\"", "enp2s0 and enp5s0"},
		{"not the card's own MAC", "\"mac\":\"02:00:00:00:00:0b\"", "02:00:00:00:00:0b"},
	};
	autoclose int fd = new_system("bare");
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(
			"{\"links\":[{\"name\":\"a\",\"kind\":\"port\",\"match\":{\"mac\":"
			"\"02:00:00:00:00:0a\"}},{\"name\":\"b\",\"kind\":\"port\",\"match\":{%s}}]}",
			rows[i].match);

		load(text);
		err_clear(&err);
		CHECK_ERR(rows[i].name, network_find_ports(&network, nics, ARRAY_LEN(nics), &err),
			  ERR_AGENT_NETWORK_PORT);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("row '%s': no '%s' in: %s", rows[i].name, rows[i].says, err.msg);
	}
	load(network_text);
	CHECK_ERR("no program", network_put(fd, &network, &err), ERR_AGENT_PERSONALISE);
}

/* By the other end of the cable, in each of the words that switches have for a port. */
static void test_by_switch(void **state)
{
	static const struct {
		const char *name, *match, *mac;
	} rows[] = {
		{"by the port's number", "\"switch\":\"leaf-1\",\"switch_port\":\"Ethernet1/8\"",
		 "02:00:00:00:00:05"},
		{"by its description", "\"switch\":\"leaf-1\",\"switch_port\":\"swp7\"",
		 "02:00:00:00:00:02"},
		{"a name, cabled as it should be", "\"name\":\"enp2s0\",\"switch\":\"leaf-1\"",
		 "02:00:00:00:00:02"},
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("{\"links\":[{\"name\":\"a\",\"kind\":\"port\","
						"\"match\":{%s}}]}",
						rows[i].match);

		load(text);
		CHECK(rows[i].name, network_names_switches(&network));
		CHECK_INT(rows[i].name, network_find_ports(&network, nics, ARRAY_LEN(nics), &err),
			  0);
		CHECK_STR(rows[i].name, network.links[0].mac, rows[i].mac);
	}
	load(network_text);
	assert_false(network_names_switches(&network));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_by_switch),
		cmocka_unit_test(test_netplan_alone),
		cmocka_unit_test(test_refused),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("agent/disk/network_put", tests, make_dir, remove_dir);
}
