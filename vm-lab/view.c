/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the server's answers. The server is under test, and repeats what hosts say: nothing here is
 * trusted, everything is bounded, and control characters never reach the terminal.
 */
#include "view.h"

#include <string.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/str.h>

static void copy_printable(char *dst, size_t dst_bytes, const char *src)
{
	autostr struct str s;

	str_init(&s, 4096);
	if (src)
		str_add_printable(&s, src);
	(void)snprintf(dst, dst_bytes, "%s", s.p);
}

static const char *text_of(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_string(v) ? json_string_value(v) : "";
}

static int64_t int_of(const json_t *obj, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

static double seconds_of(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_number(v) ? json_number_value(v) : -1.0;
}

static void read_progress(const json_t *host, struct host_view *v)
{
	const json_t *p = json_object_get(host, "progress");

	copy_printable(v->stage, sizeof(v->stage), text_of(p, "stage"));
	copy_printable(v->message, sizeof(v->message), text_of(p, "message"));
	for (char *c = v->message; (c = strchr(c, '_'));)
		*c = ' ';
	v->done = int_of(p, "done", 0);
	v->total = int_of(p, "total", 0);
	v->eta_s = int_of(p, "eta_s", -1);
}

static void read_host(const json_t *host, struct host_view *v)
{
	const json_t *fault = json_object_get(host, "fault");

	*v = (struct host_view){.known = true};
	copy_printable(v->id, sizeof(v->id), text_of(host, "id"));
	copy_printable(v->short_code, sizeof(v->short_code), text_of(host, "short_code"));
	copy_printable(v->state, sizeof(v->state), text_of(host, "state"));
	copy_printable(v->detail, sizeof(v->detail), text_of(host, "state_detail"));
	copy_printable(v->fault, sizeof(v->fault), text_of(fault, "code"));
	copy_printable(v->cpu, sizeof(v->cpu), text_of(host, "cpu"));
	copy_printable(v->image_digest, sizeof(v->image_digest),
		       text_of(json_object_get(host, "image"), "digest"));
	const json_t *port = json_object_get(host, "switch");
	copy_printable(v->switch_name, sizeof(v->switch_name), text_of(port, "name"));
	copy_printable(v->switch_port, sizeof(v->switch_port), text_of(port, "port"));
	v->cores = int_of(host, "cores", 0);
	v->memory_mib = int_of(host, "MemoryMiB", 0);
	v->n_drives = (int64_t)json_array_size(json_object_get(host, "drives"));
	read_progress(host, v);
}

static void read_stages(const json_t *host, struct view_stages *s)
{
	const json_t *stages = json_object_get(host, "stages");

	s->discover_s = seconds_of(stages, "discovered");
	s->inspect_s = seconds_of(stages, "inspecting");
	s->burn_in_s = seconds_of(stages, "testing");
	s->image_s = seconds_of(stages, "imaging");
	s->verify_s = seconds_of(stages, "verifying");
}

bool view_read(const json_t *host, struct host_view *ret, struct view_stages *ret_stages)
{
	if (!*text_of(host, "id"))
		return false;
	read_host(host, ret);
	read_stages(host, ret_stages);
	return true;
}

bool view_is_final(const struct host_view *v)
{
	static const char *const final_states[] = {"ready", "failed", "quarantined", "in-service",
						   "retired"};

	for (size_t i = 0; i < ARRAY_LEN(final_states); i++)
		if (str_eq(v->state, final_states[i]))
			return true;
	return false;
}

int view_percent(const struct host_view *v)
{
	if (v->total <= 0 || v->done < 0)
		return -1;
	return v->done >= v->total ? 100 : (int)((double)v->done / (double)v->total * 100.0);
}

unsigned view_events_count(const json_t *page, const char *kind, int64_t *ret_first_us)
{
	const json_t *event;
	unsigned count = 0;
	size_t i;

	*ret_first_us = 0;
	json_array_foreach (json_object_get(page, "items"), i, event) {
		int64_t at_us;

		if (!str_glob(kind, text_of(event, "kind")))
			continue;
		count++;
		if (time_parse_rfc3339(text_of(event, "at"), &at_us) &&
		    (!*ret_first_us || at_us < *ret_first_us))
			*ret_first_us = at_us;
	}
	return count;
}

unsigned view_page_count(const json_t *page)
{
	return (unsigned)json_array_size(json_object_get(page, "items"));
}

size_t view_orders(const json_t *page, struct view_order ret[static VIEW_ORDERS_MAX])
{
	const json_t *items = json_object_get(page, "items"), *item;
	size_t i;

	json_array_foreach (items, i, item) {
		if (i == VIEW_ORDERS_MAX)
			break;
		copy_printable(ret[i].code, sizeof(ret[i].code), text_of(item, "code"));
		copy_printable(ret[i].part, sizeof(ret[i].part), text_of(item, "part_type"));
		copy_printable(ret[i].slot, sizeof(ret[i].slot), text_of(item, "slot"));
		copy_printable(ret[i].serial, sizeof(ret[i].serial), text_of(item, "SerialNumber"));
		ret[i].closed = str_eq(text_of(item, "state"), "closed");
	}
	return json_array_size(items);
}
