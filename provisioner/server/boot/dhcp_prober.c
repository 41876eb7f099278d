/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking and listening (packet(7)). The socket is of the kind that sends and takes IP packets as
 * they are, past the routing table and past our own dnsmasq, which never hears the question. Input:
 * packets of anybody on the provisioning network, read by pxe/dhcp_probe.h.
 */
#include "dhcp_prober.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/confine.h>
#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <pxe/dhcp_probe.h>

#define ASK_EVERY_MS 30000

/* ---- the socket ------------------------------------------------------------------------------ */

/* On an appliance that serves images this link is busy: the kernel throws away what is not an
 * unfragmented UDP packet to port 68. Offsets count from the IP header. */
static const struct sock_filter only_answers[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), /* protocol */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* fragment offset */
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the IP header */
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),  /* destination port */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, DHCP_ANSWER_BYTES),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int open_socket(const struct sockaddr_ll *link, int *ret_fd, struct err *err)
{
	struct sock_fprog program = {.len = ARRAY_LEN(only_answers),
				     .filter = (struct sock_filter *)(uintptr_t)only_answers};

	/* of no protocol yet: nothing comes before the filter is there */
	autoclose int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    bind(fd, (const struct sockaddr *)link, sizeof(*link)) < 0)
		return err_sys(err, ERR_SYS, "cannot listen for DHCP answers");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What asking and listening take. */
static const int allowed[] = {
	SCMP_SYS(sendto),        SCMP_SYS(recvfrom),   SCMP_SYS(poll),
	SCMP_SYS(ppoll),         SCMP_SYS(write),      SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),  SCMP_SYS(brk),        SCMP_SYS(munmap),
};

/* ---- asking and listening -------------------------------------------------------------------- */

/* A link that is down now may be up at the next question. */
static void ask(int fd, const struct sockaddr_ll *link, uint32_t *ret_xid)
{
	struct sockaddr_ll everybody = *link;
	uint8_t packet[DHCP_PROBE_BYTES];

	if (getrandom(ret_xid, sizeof(*ret_xid), 0) != sizeof(*ret_xid))
		*ret_xid = 1;
	everybody.sll_halen = ETH_ALEN;
	memset(everybody.sll_addr, 0xff, ETH_ALEN);
	dhcp_probe_write(packet, *ret_xid);
	(void)sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
		     sizeof(everybody));
}

static void say(const struct dhcp_answer *answer, const uint8_t *mac)
{
	char line[96], server[INET_ADDRSTRLEN], offered[INET_ADDRSTRLEN];
	char from[MAC_TEXT_BYTES];
	int n;

	(void)inet_ntop(AF_INET, answer->server, server, sizeof(server));
	(void)inet_ntop(AF_INET, answer->offered, offered, sizeof(offered));
	hw_mac_print(mac, from);
	n = snprintf(line, sizeof(line), "answer %s %s %s\n", server, from, offered);
	if (write(STDERR_FILENO, line, (size_t)n) != n)
		return; /* a full pipe: the next answer says it again */
}

static void take_answer(int fd, uint32_t xid, const uint8_t own_address[static 4])
{
	uint8_t packet[DHCP_ANSWER_BYTES];
	struct sockaddr_ll from;
	socklen_t from_bytes = sizeof(from);
	struct dhcp_answer answer;
	ssize_t n = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_bytes);

	if (n > 0 && dhcp_answer_read(packet, (size_t)n, xid, &answer) &&
	    memcmp(answer.server, own_address, 4) != 0)
		say(&answer, from.sll_addr);
}

static void ask_and_listen(int fd, const struct sockaddr_ll *link,
			   const uint8_t own_address[static 4])
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t next_ms = time_boot_ms();
	uint32_t xid = 0;

	for (;;) {
		int64_t now_ms = time_boot_ms();

		if (now_ms >= next_ms) {
			ask(fd, link, &xid);
			next_ms = now_ms + ASK_EVERY_MS;
		}
		if (poll(&p, 1, (int)(next_ms - now_ms)) > 0)
			take_answer(fd, xid, own_address);
	}
}

int dhcp_prober_run(const char *interface, const char *own_address, struct err *err)
{
	struct sockaddr_ll link = {.sll_family = AF_PACKET,
				   .sll_protocol = htons(ETH_P_IP),
				   .sll_ifindex = (int)if_nametoindex(interface)};
	uint8_t address[4];
	autoclose int fd = -1;

	(void)prctl(PR_SET_NAME, "dhcp-prober");
	if (!link.sll_ifindex || inet_pton(AF_INET, own_address, address) != 1)
		return err_set(err, ERR_SYS, "no interface '%s' or no address '%s'", interface,
			       own_address);
	TRY(open_socket(&link, &fd, err));
	TRY(confine_to_nobody(err));
	TRY(confine_to_calls(allowed, ARRAY_LEN(allowed), err));
	ask_and_listen(fd, &link, address);
	return 0;
}
