/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader process: `slipwayd --reader`, started by the daemon (readers.h) with a socket as its
 * standard input. It has a reading connection to the store, answers one question after another
 * (read_job.h), and ends when the socket does. It holds no keys, writes to no store and asks
 * nobody.
 *
 * The socket carries frames: one letter, the length of the rest in four bytes (big-endian), the
 * rest. The daemon sends 'S' (the store's URL, first), then 'Q' (a question). The reader answers
 * each 'Q' with 'B' (the answer begins; exports only), any number of 'D' (its bytes) and 'Z' (it is
 * whole), or with 'E' (an error: {"code", "message", "pointer"}) at any time before 'Z'.
 */
#ifndef SERVER_READER_H
#define SERVER_READER_H

#include <stddef.h>
#include <stdint.h>

#define READER_HEAD_BYTES  5
#define READER_FRAME_BYTES (64 * 1024) /* of 'D' */
#define READER_ASK_BYTES   (4 * 1024 * 1024)

static inline void reader_head(uint8_t head[static READER_HEAD_BYTES], char letter, size_t n_bytes)
{
	head[0] = (uint8_t)letter;
	for (int i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(n_bytes >> (24 - 8 * i));
}

static inline size_t reader_length(const uint8_t head[static READER_HEAD_BYTES])
{
	return (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
}

/* The program. Returns an exit code. */
int reader_main(int fd);

#endif
