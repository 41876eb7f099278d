/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads scenario files: libinih for the syntax, const tables of sections and keys for everything
 * else. Knows nothing of libvirt or the server. Input: files that people write; strict, so a typing
 * error in an expectation can never make a scenario pass.
 */
#include "scenario.h"

#include <ini.h>
#include <string.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "scenario_check.h"
#include "scenario_values.h"

enum key_kind {
	KEY_TEXT,
	KEY_UINT,
	KEY_WORD,
	KEY_BOOL,
	KEY_DISK,
	KEY_NIC,
	KEY_WIRE,
	KEY_DIMM,
	KEY_CLOCK,
	KEY_NEW_CLOCK,
	KEY_ORDER,
	KEY_CLOSED_ORDER,
	KEY_MAC,
	KEY_UUID,
	KEY_CONSOLE,
	KEY_COMMAND
};

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset, size_bytes; /* of the field in the section's struct */
	unsigned min, max;         /* KEY_UINT */
	const struct word_list *words;
};

#define TEXT(type, key, field)                                                                     \
	{                                                                                          \
		key, KEY_TEXT, offsetof(type, field), sizeof(((type *)0)->field), 0, 0, NULL       \
	}
#define UINT(type, key, field, min, max)                                                           \
	{                                                                                          \
		key, KEY_UINT, offsetof(type, field), sizeof(unsigned), min, max, NULL             \
	}
#define WORD(type, key, field, list)                                                               \
	{                                                                                          \
		key, KEY_WORD, offsetof(type, field), sizeof(int), 0, 0, list                      \
	}
#define OTHER(type, key, kind, field)                                                              \
	{                                                                                          \
		key, kind, offsetof(type, field), sizeof(((type *)0)->field), 0, 0, NULL           \
	}
#define END_OF_KEYS                                                                                \
	{                                                                                          \
		NULL, KEY_TEXT, 0, 0, 0, 0, NULL                                                   \
	}

static const struct key scenario_keys[] = {
	TEXT(struct scenario, "title", title),
	TEXT(struct scenario, "continues", continues),
	UINT(struct scenario, "timeout_s", timeout_s, 1, 24 * 3600),
	WORD(struct scenario, "dhcp", dhcp, &dhcp_mode_words),
	OTHER(struct scenario, "appliance_off", KEY_BOOL, appliance_off),
	TEXT(struct scenario, "image", image_line),
	TEXT(struct scenario, "image_x86_64", image_files[ARCH_X86_64]),
	TEXT(struct scenario, "image_aarch64", image_files[ARCH_AARCH64]),
	TEXT(struct scenario, "trust_root", trust_root),
	TEXT(struct scenario, "profile", profile),
	TEXT(struct scenario, "ssh_user", ssh_user),
	TEXT(struct scenario, "tier", tier),
	UINT(struct scenario, "cpu_s", cpu_s, 1, 3600),
	UINT(struct scenario, "memory_s", memory_s, 1, 3600),
	UINT(struct scenario, "disk_s", disk_s, 1, 3600),
	END_OF_KEYS,
};

static const struct key host_keys[] = {
	WORD(struct lab_host, "arch", arch, &lab_arch_words),
	WORD(struct lab_host, "firmware", firmware, &lab_firmware_words),
	WORD(struct lab_host, "boot", netboot, &lab_netboot_words),
	UINT(struct lab_host, "memory_mib", memory_mib, 128, 16384),
	UINT(struct lab_host, "cpus", cpus, 1, 8),
	UINT(struct lab_host, "sockets", sockets, 1, 4),
	OTHER(struct lab_host, "clock", KEY_CLOCK, rtc_wall_s),
	TEXT(struct lab_host, "image", image_line),
	WORD(struct lab_host, "tamper", tamper, &tamper_words),
	OTHER(struct lab_host, "tpm", KEY_BOOL, tpm),
	OTHER(struct lab_host, "bmc", KEY_BOOL, bmc),
	TEXT(struct lab_host, "manufacturer", manufacturer),
	TEXT(struct lab_host, "product", product),
	TEXT(struct lab_host, "serial", serial),
	TEXT(struct lab_host, "sku", sku),
	TEXT(struct lab_host, "board_serial", board_serial),
	TEXT(struct lab_host, "asset_tag", asset_tag),
	OTHER(struct lab_host, "uuid", KEY_UUID, uuid),
	OTHER(struct lab_host, "mac", KEY_MAC, mac),
	OTHER(struct lab_host, "disk", KEY_DISK, disks),
	OTHER(struct lab_host, "nic", KEY_NIC, nics),
	OTHER(struct lab_host, "boot_nic", KEY_WIRE, wire),
	TEXT(struct lab_host, "smbios", smbios),
	OTHER(struct lab_host, "dimm", KEY_DIMM, dimms),
	WORD(struct lab_host, "boot_first", boot_first, &boot_first_words),
	WORD(struct lab_host, "boot_disk", boot_disk, &boot_disk_words),
	UINT(struct lab_host, "power_cycles", power_cycles, 0, 1000),
	TEXT(struct lab_host, "expect_state", expect.state),
	TEXT(struct lab_host, "expect_detail", expect.detail),
	TEXT(struct lab_host, "expect_fault", expect.fault),
	WORD(struct lab_host, "expect_target", expect.target, &target_fate_words),
	UINT(struct lab_host, "expect_own_boots", expect.own_boots, 0, 1000),
	UINT(struct lab_host, "expect_imaged_times", expect.imaged_times, 0, 100),
	TEXT(struct lab_host, "expect_switch_port", expect.switch_port),
	OTHER(struct lab_host, "expect_order", KEY_ORDER, expect),
	OTHER(struct lab_host, "expect_closed_order", KEY_CLOSED_ORDER, expect),
	OTHER(struct lab_host, "expect_console", KEY_CONSOLE, expect),
	OTHER(struct lab_host, "expect_command", KEY_COMMAND, expect),
	END_OF_KEYS,
};

static const struct key action_keys[] = {
	WORD(struct lab_action, "do", deed, &lab_deed_words),
	TEXT(struct lab_action, "host", host),
	TEXT(struct lab_action, "state", state),
	TEXT(struct lab_action, "detail", detail),
	TEXT(struct lab_action, "during", during),
	TEXT(struct lab_action, "disk", disk),
	OTHER(struct lab_action, "nic", KEY_MAC, nic),
	TEXT(struct lab_action, "dimm", dimm),
	OTHER(struct lab_action, "clock", KEY_NEW_CLOCK, rtc_wall_s),
	UINT(struct lab_action, "loss_percent", loss_percent, 0, 100),
	UINT(struct lab_action, "cpu", cpu, 0, 7),
	UINT(struct lab_action, "written_mib", written_mib, 0, 65536),
	UINT(struct lab_action, "times", times, 1, 1000),
	UINT(struct lab_action, "pause_s", pause_s, 0, 3600),
	END_OF_KEYS,
};

struct reading {
	struct scenario *s;
	struct err *err;
	bool failed; /* the first error is kept */
};

static int fail(struct reading *r, const char *what, const char *subject)
{
	if (!r->failed)
		(void)err_set(r->err, ERR_LAB_SCENARIO, "%s '%s'", what, subject);
	r->failed = true;
	return 0;
}

static bool command_add(struct lab_expect *e, const char *text)
{
	if (e->n_commands == LAB_MAX_COMMANDS ||
	    !str_copy(e->commands[e->n_commands], LAB_COMMAND_BYTES, text))
		return false;
	e->n_commands++;
	return *text;
}

static bool console_add(struct lab_expect *e, const char *text)
{
	if (e->n_consoles == LAB_MAX_CONSOLES ||
	    !str_copy(e->consoles[e->n_consoles], LAB_TEXT_BYTES, text))
		return false;
	e->n_consoles++;
	return *text;
}

static bool uint_set(const struct key *k, void *field, const char *value)
{
	uint64_t n;

	if (!parse_u64(value, &n) || n < k->min || n > k->max)
		return false;
	*(unsigned *)field = (unsigned)n;
	return true;
}

static bool word_set(const struct key *k, void *field, const char *value)
{
	int n = word_parse(k->words, value);

	if (n >= 0)
		memcpy(field, &n, sizeof(n));
	return n >= 0;
}

static bool key_set(const struct key *k, void *section, const char *value)
{
	void *field = (char *)section + k->offset;

	switch (k->kind) {
	case KEY_TEXT:
		return *value && str_copy(field, k->size_bytes, value);
	case KEY_UINT:
		return uint_set(k, field, value);
	case KEY_WORD:
		return word_set(k, field, value);
	case KEY_BOOL:
		*(bool *)field = str_eq(value, "yes");
		return str_eq(value, "yes") || str_eq(value, "no");
	case KEY_DISK:
		return scenario_add_disk(section, value);
	case KEY_NIC:
		return scenario_add_nic(section, value);
	case KEY_WIRE:
		return scenario_set_wire(field, value);
	case KEY_DIMM:
		return scenario_add_dimm(section, value);
	case KEY_CLOCK:
		((struct lab_host *)section)->has_clock = true;
		return scenario_read_clock(field, value);
	case KEY_NEW_CLOCK:
		return scenario_read_clock(field, value);
	case KEY_ORDER:
	case KEY_CLOSED_ORDER:
		return scenario_add_order(field, value, k->kind == KEY_CLOSED_ORDER);
	case KEY_CONSOLE:
		return console_add(field, value);
	case KEY_COMMAND:
		return command_add(field, value);
	case KEY_MAC:
		return scenario_is_mac(value) && str_copy(field, k->size_bytes, value);
	case KEY_UUID:
		return scenario_is_uuid(value) && str_copy(field, k->size_bytes, value);
	}
	return false;
}

static int key_apply(struct reading *r, const struct key *keys, void *section, const char *name,
		     const char *value)
{
	for (const struct key *k = keys; k->name; k++) {
		if (!str_eq(k->name, name))
			continue;
		return key_set(k, section, value) ? 1 : fail(r, "bad value for key", name);
	}
	return fail(r, "unknown key", name);
}

static struct lab_host *host_section(struct reading *r, const char *name)
{
	struct scenario *s = r->s;
	struct lab_host *h;

	for (size_t i = 0; i < s->n_hosts; i++)
		if (str_eq(s->hosts[i].name, name))
			return &s->hosts[i];
	if (s->n_hosts == LAB_MAX_HOSTS || !*name)
		return NULL;
	h = &s->hosts[s->n_hosts];
	*h = (struct lab_host){.memory_mib = 1024,
			       .cpus = 1,
			       .sockets = 1,
			       .wire = {.cabled = true},
			       .expect = {.state = "ready"}};
	if (!str_copy(h->name, sizeof(h->name), name))
		return NULL;
	s->n_hosts++;
	return h;
}

static struct lab_action *action_section(struct reading *r, const char *name)
{
	struct scenario *s = r->s;
	struct lab_action *a;

	for (size_t i = 0; i < s->n_actions; i++)
		if (str_eq(s->actions[i].name, name))
			return &s->actions[i];
	if (s->n_actions == LAB_MAX_ACTIONS || !*name)
		return NULL;
	a = &s->actions[s->n_actions];
	*a = (struct lab_action){.times = 1, .rtc_wall_s = -1};
	if (!str_copy(a->name, sizeof(a->name), name))
		return NULL;
	s->n_actions++;
	return a;
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	void *target = NULL;

	if (str_eq(section, "scenario"))
		return key_apply(r, scenario_keys, r->s, name, value);
	if (str_starts(section, "host ") && (target = host_section(r, section + 5)))
		return key_apply(r, host_keys, target, name, value);
	if (str_starts(section, "action ") && (target = action_section(r, section + 7)))
		return key_apply(r, action_keys, target, name, value);
	return fail(r, "unknown section, or too many of its kind:", section);
}

int scenario_parse(const char *name, const char *where, const char *text, struct scenario **ret,
		   struct err *err)
{
	AUTO(scenario) struct scenario *s = xcalloc(1, sizeof(*s));
	struct reading r = {.s = s, .err = err};
	int line, rc;

	*s = (struct scenario){.timeout_s = 1800, .cpu_s = 5, .memory_s = 5, .disk_s = 5};
	(void)str_copy(s->image_line, sizeof(s->image_line), "debian12");
	(void)str_copy(s->tier, sizeof(s->tier), "quick");
	(void)str_copy(s->ssh_user, sizeof(s->ssh_user), "root");
	if (!str_copy(s->name, sizeof(s->name), name))
		return err_set(err, ERR_LAB_SCENARIO, "name '%s' is too long", name);
	line = ini_parse_string(text, on_key, &r);
	if (line && !r.failed)
		(void)err_set(err, ERR_LAB_SCENARIO, "neither [section] nor key = value");
	if (line)
		return err_wrap(err, "%s:%d", where, line);
	rc = scenario_check(s, err);
	if (rc < 0)
		return err_wrap(err, "%s", where);
	*ret = take_ptr(s);
	return 0;
}

int scenario_load(const char *path, struct scenario **ret, struct err *err)
{
	autofree char *text = NULL;
	const char *slash = strrchr(path, '/');
	autofree char *name = xstrdup(slash ? slash + 1 : path);
	autofree char *above = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	autofree char *folder = realpath(above, NULL); /* the lab may change its own */
	char *dot = strrchr(name, '.');
	size_t n_bytes;

	TRY(file_read(path, LAB_SCENARIO_BYTES, &text, &n_bytes, err));
	if (dot)
		*dot = '\0';
	TRY(scenario_parse(name, path, text, ret, err));
	if (folder && str_copy((*ret)->folder, sizeof((*ret)->folder), folder))
		return 0;
	scenario_free(take_ptr(*ret));
	return err_set(err, ERR_LAB_SCENARIO,
		       "the folder of '%s' cannot be named, or not in %d bytes", path,
		       LAB_PATH_BYTES);
}

char *scenario_path(const struct scenario *s, const char *file)
{
	return *file == '/' || !*s->folder ? xstrdup(file) : xasprintf("%s/%s", s->folder, file);
}

void scenario_free(struct scenario *s)
{
	free(s);
}

int scenario_inherit(struct scenario *s, const struct scenario *base, struct err *err)
{
	struct lab_host hosts[LAB_MAX_HOSTS];

	for (size_t i = 0; i < s->n_hosts; i++)
		if (!scenario_host(base, s->hosts[i].name))
			return err_set(
				err, ERR_LAB_SCENARIO,
				"scenario '%s': host '%s' is not in '%s', which it continues",
				s->name, s->hosts[i].name, base->name);
	for (size_t i = 0; i < base->n_hosts; i++) {
		const struct lab_host *own = scenario_host(s, base->hosts[i].name);

		hosts[i] = base->hosts[i];
		hosts[i].power_cycles = own ? own->power_cycles : 0;
		hosts[i].expect.own_boots = 0;  /* of power cycles, too */
		hosts[i].expect.n_commands = 0; /* were run then */
		if (own)
			hosts[i].expect = own->expect;
	}
	memcpy(s->hosts, hosts, base->n_hosts * sizeof(hosts[0]));
	s->n_hosts = base->n_hosts;
	s->dhcp = base->dhcp;
	return 0;
}
