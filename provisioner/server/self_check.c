/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child that checks the machine; see self_check.h. Input: the rows of our own child.
 */
#include "self_check.h"

#include <errno.h>
#include <fcntl.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <base/child.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>

#include "machine_check.h"

#define ROWS_MAX_BYTES (64 * 1024)

struct self_check {
	sd_event *event;
	struct config *config;
	struct child child;
	int read_fd, write_fd; /* -1: none */
	sd_event_source *source;
	struct str text;
	json_t *rows;
};

/* In the child: it changes a copy of the configuration. */
static void check(void *arg)
{
	const struct self_check *c = arg;
	struct err err = ERR_INIT;
	autojson json_t *rows = machine_check(c->config);
	autofree char *text = json_text(rows);

	if (file_write_all(c->write_fd, text, strlen(text), &err) < 0)
		_exit(1);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void end(struct self_check *c)
{
	c->source = sd_event_source_disable_unref(c->source);
	close_fd(&c->read_fd);
	close_fd(&c->write_fd);
	child_kill_soon(&c->child);
	str_clear(&c->text);
}

static void take(struct self_check *c)
{
	json_t *rows = json_loadb(c->text.p, c->text.n_bytes, 0, NULL);

	if (!json_is_array(rows)) {
		json_decref(rows);
		return;
	}
	json_decref(c->rows);
	c->rows = rows;
}

static int on_text(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct self_check *c = arg;
	char part[4096];
	ssize_t n = read(fd, part, sizeof(part));

	(void)source;
	(void)events;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n > 0) {
		str_addn(&c->text, part, (size_t)n);
		return 0;
	}
	if (n == 0)
		take(c);
	end(c);
	return 0;
}

static int begin(struct self_check *c, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, ERR_SYS, "cannot make a pipe");
	c->read_fd = fds[0];
	c->write_fd = fds[1];
	(void)fcntl(c->write_fd, F_SETFL, 0); /* its writer may wait */
	TRY(child_fork(check, c, &c->child, err));
	close_fd(&c->write_fd);
	if (sd_event_add_io(c->event, &c->source, c->read_fd, EPOLLIN, on_text, c) < 0)
		return err_set(err, ERR_SYS, "cannot watch the check");
	return 0;
}

void self_check_tick(struct self_check *c)
{
	struct err err = ERR_INIT;

	end(c);
	if (begin(c, &err) >= 0)
		return;
	log_err(LOG_WARNING, "machine.check", &err);
	end(c);
}

const json_t *self_check_rows(void *c)
{
	return ((const struct self_check *)c)->rows;
}

struct self_check *self_check_new(sd_event *event, struct config *config)
{
	struct self_check *c = xcalloc(1, sizeof(*c));

	*c = (struct self_check){.event = event,
				 .config = config,
				 .child = CHILD_NONE,
				 .read_fd = -1,
				 .write_fd = -1};
	str_init(&c->text, ROWS_MAX_BYTES);
	return c;
}

void self_check_free(struct self_check *c)
{
	if (!c)
		return;
	end(c);
	str_done(&c->text);
	json_decref(c->rows);
	free(c);
}
