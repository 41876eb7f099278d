/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setresuid(2), capset(2), prctl(2) and a libseccomp filter; see base/confine.h.
 */
#include <base/confine.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

/* ---- capabilities ---------------------------------------------------------------------------- */

typedef struct __user_cap_data_struct cap_words[2]; /* 64 capabilities */

static int caps_get(cap_words ret)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &h, ret);
}

bool confine_has(int capability)
{
	cap_words now = {{0}};

	return caps_get(now) == 0 && (now[capability / 32].effective >> (capability % 32) & 1) != 0;
}

/* Of those in the set, what we have: permitted, effective and handed on. */
static int caps_set(uint64_t set)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	cap_words words = {{0}};

	bool is_so = true; /* a unit has set them, and forbids the call */

	if (caps_get(words) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		const struct __user_cap_data_struct was = words[i];

		words[i].permitted &= (uint32_t)(set >> (32 * i));
		words[i].effective = words[i].inheritable = words[i].permitted;
		is_so = is_so && memcmp(&was, &words[i], sizeof(was)) == 0;
	}
	if (is_so)
		return 0;
	if (syscall(SYS_capset, &h, words) < 0)
		return -1;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned c = 0; c < 64; c++)
		if ((words[c / 32].permitted >> (c % 32) & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) < 0)
			return -1;
	return 0;
}

/* What no program that we start can get back. Taking away needs a capability itself: under a unit
 * that does not give it, the unit's own set stays. */
static int bounds_set(uint64_t set)
{
	for (unsigned c = 0; c < 64; c++)
		if (!(set >> c & 1) && prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 && errno != EPERM)
			return -1;
	return 0;
}

/* ---- users ----------------------------------------------------------------------------------- */

static int change_user(const struct confine_user *user)
{
	if (setgroups(user->group != user->gid, &user->group) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -1;
	return 0;
}

int confine_to_user(const struct confine_user *user, uint64_t capabilities, struct err *err)
{
	if (bounds_set(capabilities) < 0)
		return err_sys(err, ERR_SYS, "cannot limit capabilities");
	if (geteuid() == 0 && change_user(user) < 0)
		return err_sys(err, ERR_SYS, "cannot become user %u", (unsigned)user->uid);
	if (caps_set(capabilities) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, ERR_SYS, "cannot give up capabilities");
	if (user->uid != 0 && setuid(0) == 0)
		return err_set(err, ERR_SYS, "user %u can become root", (unsigned)user->uid);
	return 0;
}

int confine_to_nobody(struct err *err)
{
	static const struct rlimit none = {0, 0};
	pid_t parent = getppid();

	if (geteuid() == 0 && confine_has(CAP_SETUID) &&
	    (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	     setresuid(NOBODY, NOBODY, NOBODY)))
		return err_sys(err, ERR_SYS, "cannot change to the user 'nobody'");
	if (caps_set(0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0) ||
	    setrlimit(RLIMIT_NPROC, &none))
		return err_sys(err, ERR_SYS, "cannot give up privileges");
	/* after the change of user, which takes such an order back (prctl(2)) */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		return err_set(err, ERR_SYS, "the parent is gone");
	return 0;
}

int confine_to_calls(const int *allowed, size_t n, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int status = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !status; i++)
		status = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!status)
		status = seccomp_load(ctx);
	seccomp_release(ctx);
	errno = -status;
	return status ? err_sys(err, ERR_SYS, "cannot filter system calls") : 0;
}

/* A name that this machine has no such call for is passed over: lists are for all architectures. */
static int allow_name(scmp_filter_ctx ctx, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 0);
}

int confine_to_call_names(const char *const *allowed, size_t n, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) : -ENOMEM;

	for (size_t i = 0; i < n && !status; i++)
		status = allow_name(ctx, allowed[i]);
	if (!status)
		status = seccomp_load(ctx);
	seccomp_release(ctx);
	errno = -status;
	return status ? err_sys(err, ERR_SYS, "cannot filter system calls") : 0;
}
