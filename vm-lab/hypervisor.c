/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt by its C API, URI qemu:///embed?root=DIR. libvirt starts threads of its own; ours is the
 * only one that calls it. Consoles are files (no virtlogd), guests run as root inside the cage
 * without cgroups or mount namespaces: the cage is the fence, and it vanishes as a whole.
 */
#include "hypervisor.h"

#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>
#include <sys/stat.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define EVENT_TICK_MS 100

struct hypervisor {
	virConnectPtr conn;
	int timer;
};

static const char qemu_conf[] = "user = \"root\"\n"
				"group = \"root\"\n"
				"security_driver = \"none\"\n"
				"dynamic_ownership = 0\n"
				"remember_owner = 0\n"
				"cgroup_controllers = []\n"
				"namespaces = []\n"
				"stdio_handler = \"file\"\n";

static int fail(struct err *err, const char *what, const char *subject)
{
	const char *why = virGetLastErrorMessage();

	return err_set(err, ERR_LAB_LIBVIRT, "%s '%s': %s", what, subject, why ? why : "?");
}

/* libvirt prints errors by itself unless somebody listens; ours come back through struct err. */
static void swallow(void *arg, virErrorPtr error)
{
	(void)arg;
	(void)error;
}

static void on_tick(int timer, void *arg)
{
	(void)timer;
	(void)arg;
}

static int conf_write(const char *root, struct err *err)
{
	autofree char *folder = xasprintf("%s/etc", root);
	autofree char *path = xasprintf("%s/qemu.conf", folder);

	TRY(file_make_dirs(folder, 0755, err));
	return file_write_atomic(path, qemu_conf, sizeof(qemu_conf) - 1, 0644, err);
}

int hypervisor_open(const char *root, const char *log_path, struct hypervisor **ret,
		    struct err *err)
{
	AUTO(hypervisor) struct hypervisor *v = xcalloc(1, sizeof(*v));
	autofree char *uri = xasprintf("qemu:///embed?root=%s", root);
	autofree char *outputs = xasprintf("2:file:%s", log_path);

	TRY(conf_write(root, err));
	(void)setenv("LIBVIRT_LOG_OUTPUTS", outputs, 1);
	virSetErrorFunc(NULL, swallow);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return fail(err, "cannot start", "libvirt");
	v->timer = virEventAddTimeout(EVENT_TICK_MS, on_tick, NULL, NULL);
	v->conn = virConnectOpen(uri);
	if (!v->conn)
		return fail(err, "cannot open", uri);
	*ret = take_ptr(v);
	return 0;
}

void hypervisor_close(struct hypervisor *v)
{
	if (!v)
		return;
	if (v->conn)
		(void)virConnectClose(v->conn);
	free(v);
}

const char *hypervisor_accel(void)
{
	const char *wish = getenv("SLIPWAY_LAB_ACCEL");
	autofree char *cpuinfo = NULL;
	size_t n_bytes;

	if (wish && (str_eq(wish, "kvm") || str_eq(wish, "qemu")))
		return wish;
	if (access("/dev/kvm", R_OK | W_OK) < 0 ||
	    file_read("/proc/cpuinfo", 4 * MIB, &cpuinfo, &n_bytes, NULL) < 0)
		return "qemu";
	return strstr(cpuinfo, " vmx") || strstr(cpuinfo, " svm") ? "kvm" : "qemu";
}

int hypervisor_power_on(struct hypervisor *v, const char *xml, struct err *err)
{
	virDomainPtr d = virDomainCreateXML(v->conn, xml, 0);

	if (!d)
		return fail(err, "cannot power on", "host");
	(void)virDomainFree(d);
	return 0;
}

int hypervisor_power_off(struct hypervisor *v, const char *name, struct err *err)
{
	virDomainPtr d = virDomainLookupByName(v->conn, name);
	int rc = 0;

	if (!d)
		return 0;
	if (virDomainDestroy(d) < 0 && hypervisor_is_on(v, name))
		rc = fail(err, "cannot power off", name);
	(void)virDomainFree(d);
	return rc;
}

bool hypervisor_is_on(struct hypervisor *v, const char *name)
{
	virDomainPtr d = virDomainLookupByName(v->conn, name);
	bool on = d && virDomainIsActive(d) == 1;

	if (d)
		(void)virDomainFree(d);
	return on;
}

static int monitor_line(virDomainPtr d, const char *line)
{
	char *answer = NULL;
	int rc = virDomainQemuMonitorCommand(d, line, &answer, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP);

	/* The monitor answers only when it did not understand. */
	if (rc >= 0 && answer && *answer)
		rc = -1;
	free(answer);
	return rc;
}

static int press_reset(virDomainPtr d, const char *line)
{
	(void)line;
	return virDomainReset(d, 0);
}

static int suspend(virDomainPtr d, const char *line)
{
	(void)line;
	return virDomainSuspend(d);
}

static int resume(virDomainPtr d, const char *line)
{
	(void)line;
	return virDomainResume(d);
}

static int with_domain(struct hypervisor *v, const char *name, const char *line,
		       int (*act)(virDomainPtr d, const char *line), struct err *err)
{
	virDomainPtr d = virDomainLookupByName(v->conn, name);

	if (!d)
		return err_set(err, ERR_NOT_FOUND, "host '%s' is off", name);
	int rc = act(d, line) < 0 ? fail(err, "the hypervisor refused an action on", name) : 0;
	(void)virDomainFree(d);
	return rc;
}

int hypervisor_reset(struct hypervisor *v, const char *name, struct err *err)
{
	return with_domain(v, name, NULL, press_reset, err);
}

int hypervisor_freeze(struct hypervisor *v, const char *name, struct err *err)
{
	return with_domain(v, name, NULL, suspend, err);
}

int hypervisor_thaw(struct hypervisor *v, const char *name, struct err *err)
{
	return with_domain(v, name, NULL, resume, err);
}

int hypervisor_monitor(struct hypervisor *v, const char *name, const char *line, struct err *err)
{
	return with_domain(v, name, line, monitor_line, err);
}

static int sink_to_fd(virStreamPtr stream, const char *p, size_t n_bytes, void *arg)
{
	(void)stream;
	return file_write_all(*(int *)arg, p, n_bytes, NULL) < 0 ? -1 : (int)n_bytes;
}

int hypervisor_screenshot(struct hypervisor *v, const char *name, const char *path, struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	virDomainPtr d = virDomainLookupByName(v->conn, name);
	virStreamPtr stream = virStreamNew(v->conn, 0);
	char *type = d && stream && fd >= 0 ? virDomainScreenshot(d, stream, 0, 0) : NULL;
	int rc = 0;

	if (!type || virStreamRecvAll(stream, sink_to_fd, &fd) < 0)
		rc = fail(err, "no screenshot of", name);
	else
		(void)virStreamFinish(stream);
	free(type);
	if (stream)
		(void)virStreamFree(stream);
	if (d)
		(void)virDomainFree(d);
	return rc;
}

void hypervisor_wait(struct hypervisor *v, int64_t ms)
{
	int64_t deadline_ms = time_boot_ms() + ms;

	(void)v;
	do
		(void)virEventRunDefaultImpl(); /* returns at the tick at the latest */
	while (time_boot_ms() < deadline_ms);
}
