/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-agent: started by the ramdisk's init as its only child. Reads the kernel command line and
 * the server's public keys, makes its own key, then agent_run(). Exit status: 10 reboot, 11 power
 * off, anything else: start me again.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>

#include "agent.h"
#include "server_link.h"
#include <agent/burn/burn.h>
#include <agent/facts/machine_facts.h>

#define PLAN_KEY_PATH "/etc/slipway/plan-key.pem"
#define KEY_DIR       "/run/slipway/agent"

static int set_up(struct agent *a, const char *cmdline_path, const char *plan_key_path,
		  const char *key_dir, struct err *err)
{
	autofree char *cmdline = NULL;
	size_t n_bytes;

	TRY(file_read(cmdline_path, 65536, &cmdline, &n_bytes, err));
	cmdline[strcspn(cmdline, "\n")] = '\0';
	TRY(agent_options_parse(cmdline, &a->options, err));
	if (plan_key_load_public(plan_key_path, &a->plan_key, err) < 0)
		return err_wrap(err, "the server's own boot file (site.cpio) did not come along");
	TRY(identity_make(key_dir, &a->identity, err));
	session_code(a->identity.spki_sha256, a->options.pin, a->code);
	return server_link_open(&a->link, &a->options, &a->identity, err);
}

/* What the agent reads of a machine, on standard output: for people at a crash cart, and for trees
 * of /sys, /proc and SMBIOS tables that somebody sent in. */
static int print(const struct field *fields, const void *record)
{
	autojson json_t *doc = record_encode(fields, record);

	return json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0 ? 0 : 1;
}

static int print_facts(const char *root)
{
	struct facts facts;

	machine_facts(root, &facts);
	int status = print(facts_fields, &facts);
	facts_done(&facts);
	return status;
}

static int print_evidence(const char *root)
{
	struct evidence evidence;

	machine_evidence(root, &evidence);
	int status = print(evidence_fields, &evidence);
	evidence_done(&evidence);
	return status;
}

/* All error counters below root, each with the part that it belongs to. */
static int print_counters(const char *root)
{
	autojson json_t *doc = burn_counters_json(root);

	return json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0 ? 0 : 1;
}

static int usage(void)
{
	fputs("usage: slipway-agent [--cmdline FILE] [--plan-key FILE] [--key-dir DIR]\n"
	      "       slipway-agent --facts | --evidence | --counters [--root DIR]\n"
	      "       slipway-agent --version\n",
	      stderr);
	return 2;
}

/* --facts and --evidence with an optional --root, in any order; -1: neither was asked for. */
static int report(int argc, char **argv)
{
	static const struct {
		const char *option;
		int (*print)(const char *root);
	} reports[] = {{"--facts", print_facts},
		       {"--evidence", print_evidence},
		       {"--counters", print_counters}};
	int (*chosen)(const char *root) = NULL;
	const char *root = "";
	int n_known = 1;

	for (int i = 1; i < argc; i++) {
		for (size_t k = 0; k < ARRAY_LEN(reports); k++) {
			if (strcmp(argv[i], reports[k].option) != 0)
				continue;
			if (chosen)
				return usage();
			chosen = reports[k].print;
			n_known++;
		}
		if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
			root = argv[++i];
			n_known += 2;
		}
	}
	if (!chosen)
		return -1;
	if (n_known != argc)
		return usage();
	if (*root && access(root, R_OK | X_OK) < 0) {
		fprintf(stderr, "slipway-agent: cannot read folder '%s': %s\n", root,
			strerror(errno));
		return 1;
	}
	return chosen(strcmp(root, "/") == 0 ? "" : root);
}

int main(int argc, char **argv)
{
	const char *cmdline = "/proc/cmdline", *plan_key = PLAN_KEY_PATH, *key_dir = KEY_DIR;
	static struct agent a;
	struct err err = ERR_INIT;
	int status = report(argc, argv);

	if (status >= 0)
		return status;
	for (int i = 1; i < argc; i++) {
		const char **option = strcmp(argv[i], "--cmdline") == 0    ? &cmdline
				      : strcmp(argv[i], "--plan-key") == 0 ? &plan_key
				      : strcmp(argv[i], "--key-dir") == 0  ? &key_dir
									   : NULL;
		if (strcmp(argv[i], "--version") == 0)
			return puts("slipway-agent " SLIPWAY_VERSION) < 0;
		if (!option || i + 1 == argc)
			return usage();
		*option = argv[++i];
	}
	log_open("slipway-agent", LOG_FORMAT_TEXT, LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	a.lease = lease_new();
	screen_open(&a.screen);
	screen_show(&a.screen, "SLIPWAY", "", "The agent starts.");
	if (set_up(&a, cmdline, plan_key, key_dir, &err) < 0) {
		log_err(LOG_CRIT, "agent.start", &err);
		screen_show_error(&a.screen, "FAILED", "", &err);
		return AGENT_EXIT_FAILED;
	}
	return agent_run(&a);
}
