/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway host why HOST: one paragraph that says why a host is not ready, whose turn it is and what
 * to do, from the list that server and page use (proto/advice.h).
 */
#ifndef CLI_HOST_WHY_H
#define CLI_HOST_WHY_H

int host_why(int argc, char **argv);

#endif
