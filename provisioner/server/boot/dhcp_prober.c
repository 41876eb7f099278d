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
#include <pxe/dhcp_relay.h>

#define ASK_EVERY_MS 30000

/* ---- the socket ------------------------------------------------------------------------------ */

/* On an appliance that serves images this link is busy: the kernel throws away what is not an
 * unfragmented UDP packet to port 68, or to port 67 for what relays hand on. Offsets count from the IP header. */
static const struct sock_filter only_dhcp[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), /* protocol */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 7),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* fragment offset */
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 5, 0),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the IP header */
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),  /* destination port */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_SERVER_PORT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, DHCP_ANSWER_BYTES),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int open_socket(const struct sockaddr_ll *link, int *ret_fd, struct err *err)
{
	struct sock_fprog program = {.len = ARRAY_LEN(only_dhcp),
				     .filter = (struct sock_filter *)(uintptr_t)only_dhcp};

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

struct link {
	const char *interface;
	struct sockaddr_ll at;
	uint8_t own[4];
	uint32_t xid;
	int fd;
};

/* A link that is down now may be up at the next question. */
static void ask(struct link *l)
{
	struct sockaddr_ll everybody = l->at;
	uint8_t packet[DHCP_PROBE_BYTES];

	if (getrandom(&l->xid, sizeof(l->xid), 0) != sizeof(l->xid))
		l->xid = 1;
	everybody.sll_halen = ETH_ALEN;
	memset(everybody.sll_addr, 0xff, ETH_ALEN);
	dhcp_probe_write(packet, l->xid);
	(void)sendto(l->fd, packet, sizeof(packet), 0, (const struct sockaddr *)&everybody,
		     sizeof(everybody));
}

static void say(const char *line)
{
	size_t n = strlen(line);

	if (write(STDERR_FILENO, line, n) != (ssize_t)n)
		return; /* a full pipe: the next one says it again */
}

static void say_answer(const struct link *l, const struct dhcp_answer *answer, const uint8_t *mac)
{
	char line[128], server[INET_ADDRSTRLEN], offered[INET_ADDRSTRLEN];
	char from[MAC_TEXT_BYTES];

	(void)inet_ntop(AF_INET, answer->server, server, sizeof(server));
	(void)inet_ntop(AF_INET, answer->offered, offered, sizeof(offered));
	hw_mac_print(mac, from);
	(void)snprintf(line, sizeof(line), "answer %s %s %s %s\n", server, from, offered,
		       l->interface);
	say(line);
}

static void say_relayed(const struct dhcp_relayed *r)
{
	char line[DHCP_RELAY_LINE_BYTES + 1];

	dhcp_relay_line_write(r, line);
	(void)str_copy(line + strlen(line), 2, "\n");
	say(line);
}

static void take_packet(struct link *l)
{
	uint8_t packet[DHCP_ANSWER_BYTES];
	struct sockaddr_ll from;
	socklen_t from_bytes = sizeof(from);
	struct dhcp_answer answer;
	struct dhcp_relayed relayed;
	ssize_t n = recvfrom(l->fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_bytes);

	if (n <= 0)
		return;
	if (dhcp_answer_read(packet, (size_t)n, l->xid, &answer)) {
		if (memcmp(answer.server, l->own, sizeof(l->own)) != 0)
			say_answer(l, &answer, from.sll_addr);
	} else if (dhcp_relay_read(packet, (size_t)n, &relayed)) {
		say_relayed(&relayed);
	}
}

static void ask_and_listen(struct link *links, size_t n)
{
	struct pollfd p[DHCP_PROBER_LINKS];
	int64_t next_ms = time_boot_ms();

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = links[i].fd, .events = POLLIN};
	for (;;) {
		int64_t now_ms = time_boot_ms();

		if (now_ms >= next_ms) {
			for (size_t i = 0; i < n; i++)
				ask(&links[i]);
			next_ms = now_ms + ASK_EVERY_MS;
		}
		if (poll(p, n, (int)(next_ms - now_ms)) <= 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (p[i].revents)
				take_packet(&links[i]);
	}
}

static int open_link(const struct dhcp_prober_link *l, struct link *ret, struct err *err)
{
	ret->interface = l->interface;
	ret->at = (struct sockaddr_ll){.sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_IP),
				       .sll_ifindex = (int)if_nametoindex(l->interface)};
	if (!ret->at.sll_ifindex || inet_pton(AF_INET, l->own_address, ret->own) != 1)
		return err_set(err, ERR_SYS, "no interface '%s' or no address '%s'", l->interface,
			       l->own_address);
	return open_socket(&ret->at, &ret->fd, err);
}

/* The sockets end with the process. */
int dhcp_prober_run(const struct dhcp_prober_link *list, size_t n, struct err *err)
{
	struct link links[DHCP_PROBER_LINKS];

	BUG_ON(n > DHCP_PROBER_LINKS);
	(void)prctl(PR_SET_NAME, "dhcp-prober");
	for (size_t i = 0; i < n; i++)
		TRY(open_link(&list[i], &links[i], err));
	TRY(confine_to_nobody(err));
	TRY(confine_to_calls(allowed, ARRAY_LEN(allowed), err));
	ask_and_listen(links, n);
	return 0;
}
