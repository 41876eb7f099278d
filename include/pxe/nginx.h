/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's configuration as text: the plain side (boot files, image objects, boot scripts) and the
 * TLS side (API, agent sessions, the web page), with the daemon behind a unix socket.
 */
#ifndef PXE_NGINX_H
#define PXE_NGINX_H

#include <stddef.h>
#include <base/str.h>
#include <base/err.h>

#define NGINX_CONFIG_MAX_BYTES (64 * 1024)

/* Another address to listen on, and its own bootstrap script. */
struct nginx_place {
	const char *address, *bootstrap;
};

struct nginx_options {
	const char *address;
	int http_port, https_port;
	const char *run_dir;       /* sockets, pid file */
	const char *temp_dir;      /* on a disk: bodies that are not whole yet */
	const char *files_dir;     /* boot files */
	const char *site_cpio;     /* path */
	const char *firmware_cpio; /* path or NULL */
	const char *bootstrap;     /* path of the iPXE bootstrap script */
	const char *objects_dir;
	const char *tls_cert, *tls_key;
	const char *backend_socket;
	const char *web_dir;            /* static files of the web page, or NULL */
	const char *user;               /* of the workers; NULL: no user line (not root) */
	const struct nginx_place *more; /* beside address and bootstrap, or NULL */
	size_t n_more;
};
/* errors: ERR_CONFIG when a path cannot be written safely. */
MUST_CHECK int nginx_config_write(struct str *out, const struct nginx_options *o, struct err *err);

#endif
