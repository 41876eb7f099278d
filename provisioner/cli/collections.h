/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collections of the API as nouns: `slipway NOUN list` and `slipway NOUN show ID` from one
 * table of paths and columns.
 */
#ifndef CLI_COLLECTIONS_H
#define CLI_COLLECTIONS_H

/* Bodies of commands: the noun of the command that runs chooses the row. */
int collection_list(int argc, char **argv);
int collection_show(int argc, char **argv);

#endif
