/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a network port could do: the fastest of the modes that it and its module support, by ethtool's
 * ioctl. Names are the kernel's; a mode of a later kernel has no row and is passed over.
 */
#include "link_modes.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>

#define MODE(name, mbps)                                                                           \
	{                                                                                          \
		ETHTOOL_LINK_MODE_##name##_BIT, mbps                                               \
	}
#define WORD_BITS 32

static const struct {
	unsigned bit;
	int64_t mbps;
} modes[] = {
	MODE(10baseT1L_Full, 10),
	MODE(10baseT_Full, 10),
	MODE(10baseT_Half, 10),
	MODE(100baseFX_Full, 100),
	MODE(100baseFX_Half, 100),
	MODE(100baseT1_Full, 100),
	MODE(100baseT_Full, 100),
	MODE(100baseT_Half, 100),
	MODE(1000baseKX_Full, 1000),
	MODE(1000baseT1_Full, 1000),
	MODE(1000baseT_Full, 1000),
	MODE(1000baseT_Half, 1000),
	MODE(1000baseX_Full, 1000),
	MODE(2500baseT_Full, 2500),
	MODE(2500baseX_Full, 2500),
	MODE(5000baseT_Full, 5000),
	MODE(10000baseCR_Full, 10000),
	MODE(10000baseER_Full, 10000),
	MODE(10000baseKR_Full, 10000),
	MODE(10000baseKX4_Full, 10000),
	MODE(10000baseLRM_Full, 10000),
	MODE(10000baseLR_Full, 10000),
	MODE(10000baseSR_Full, 10000),
	MODE(10000baseT_Full, 10000),
	MODE(20000baseKR2_Full, 20000),
	MODE(20000baseMLD2_Full, 20000),
	MODE(25000baseCR_Full, 25000),
	MODE(25000baseKR_Full, 25000),
	MODE(25000baseSR_Full, 25000),
	MODE(40000baseCR4_Full, 40000),
	MODE(40000baseKR4_Full, 40000),
	MODE(40000baseLR4_Full, 40000),
	MODE(40000baseSR4_Full, 40000),
	MODE(50000baseCR2_Full, 50000),
	MODE(50000baseCR_Full, 50000),
	MODE(50000baseDR_Full, 50000),
	MODE(50000baseKR2_Full, 50000),
	MODE(50000baseKR_Full, 50000),
	MODE(50000baseLR_ER_FR_Full, 50000),
	MODE(50000baseSR2_Full, 50000),
	MODE(50000baseSR_Full, 50000),
	MODE(56000baseCR4_Full, 56000),
	MODE(56000baseKR4_Full, 56000),
	MODE(56000baseLR4_Full, 56000),
	MODE(56000baseSR4_Full, 56000),
	MODE(100000baseCR2_Full, 100000),
	MODE(100000baseCR4_Full, 100000),
	MODE(100000baseCR_Full, 100000),
	MODE(100000baseDR2_Full, 100000),
	MODE(100000baseDR_Full, 100000),
	MODE(100000baseKR2_Full, 100000),
	MODE(100000baseKR4_Full, 100000),
	MODE(100000baseKR_Full, 100000),
	MODE(100000baseLR2_ER2_FR2_Full, 100000),
	MODE(100000baseLR4_ER4_Full, 100000),
	MODE(100000baseLR_ER_FR_Full, 100000),
	MODE(100000baseSR2_Full, 100000),
	MODE(100000baseSR4_Full, 100000),
	MODE(100000baseSR_Full, 100000),
	MODE(200000baseCR2_Full, 200000),
	MODE(200000baseCR4_Full, 200000),
	MODE(200000baseDR2_Full, 200000),
	MODE(200000baseDR4_Full, 200000),
	MODE(200000baseKR2_Full, 200000),
	MODE(200000baseKR4_Full, 200000),
	MODE(200000baseLR2_ER2_FR2_Full, 200000),
	MODE(200000baseLR4_ER4_FR4_Full, 200000),
	MODE(200000baseSR2_Full, 200000),
	MODE(200000baseSR4_Full, 200000),
	MODE(400000baseCR4_Full, 400000),
	MODE(400000baseCR8_Full, 400000),
	MODE(400000baseDR4_Full, 400000),
	MODE(400000baseDR8_Full, 400000),
	MODE(400000baseKR4_Full, 400000),
	MODE(400000baseKR8_Full, 400000),
	MODE(400000baseLR4_ER4_FR4_Full, 400000),
	MODE(400000baseLR8_ER8_FR8_Full, 400000),
	MODE(400000baseSR4_Full, 400000),
	MODE(400000baseSR8_Full, 400000),
};

int64_t link_modes_fastest(const uint32_t *words, size_t n_words)
{
	int64_t fastest = 0;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		size_t word = modes[i].bit / WORD_BITS;

		if (word < n_words && words[word] & 1U << modes[i].bit % WORD_BITS &&
		    modes[i].mbps > fastest)
			fastest = modes[i].mbps;
	}
	return fastest;
}

/* The first question asks for the size of a mask, the second for the masks. */
int64_t link_modes_of(const char *name)
{
	union {
		struct ethtool_link_settings head;
		uint32_t room[sizeof(struct ethtool_link_settings) / sizeof(uint32_t) +
			      3 * LINK_MODES_WORDS];
	} command = {.head.cmd = ETHTOOL_GLINKSETTINGS};
	struct ifreq request = {.ifr_data = (void *)&command};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !str_copy(request.ifr_name, sizeof(request.ifr_name), name) ||
	    ioctl(fd, SIOCETHTOOL, &request) != 0)
		return 0;
	int n_words = -command.head.link_mode_masks_nwords;
	if (n_words <= 0 || n_words > LINK_MODES_WORDS)
		return 0;
	command.head = (struct ethtool_link_settings){.cmd = ETHTOOL_GLINKSETTINGS,
						      .link_mode_masks_nwords = (int8_t)n_words};
	if (ioctl(fd, SIOCETHTOOL, &request) != 0)
		return 0;
	return link_modes_fastest(command.room + sizeof(command.head) / sizeof(uint32_t),
				  (size_t)n_words);
}
