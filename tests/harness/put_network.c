/* SPDX-License-Identifier: Apache-2.0 */
/*
 * put_network ROOT <NETWORK.json: the agent's writers for the system in a folder, without its disks.
 * Each port is the card whose MAC the document names. For tests/flow/network_fallback.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/err.h>
#include <base/json.h>
#include <proto/network.h>
#include <agent/disk/network_put.h>

static int put(const char *root, const char *text, struct err *err)
{
	static struct network network;
	autojson json_t *doc = NULL;
	autoclose int fd = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", root);
	TRY(json_load_strict(text, strlen(text), NETWORK_MAX_BYTES, &doc, err));
	TRY(network_parse(doc, &network, err));
	return network_put(fd, &network, err);
}

int main(int argc, char **argv)
{
	static char text[NETWORK_MAX_BYTES + 1];
	struct err err = ERR_INIT;

	if (argc != 2 || !fread(text, 1, sizeof(text) - 1, stdin)) {
		fprintf(stderr, "usage: put_network ROOT <NETWORK.json\n");
		return 2;
	}
	if (put(argv[1], text, &err) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", err_name(err.code), err.msg);
	return 1;
}
