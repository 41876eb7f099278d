/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setresuid(2), prctl(2) and a libseccomp filter; see base/confine.h.
 */
#include <base/confine.h>

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534

int confine_to_nobody(struct err *err)
{
	static const struct rlimit none = {0, 0};
	pid_t parent = getppid();

	if (geteuid() == 0 && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			       setresuid(NOBODY, NOBODY, NOBODY)))
		return err_sys(err, ERR_SYS, "cannot become nobody");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0) ||
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
