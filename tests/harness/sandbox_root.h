/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test that writes files must not be able to damage the machine, not even when the guard that it
 * tests is gone. sandbox_root() is the first line of such a test's main(): from then on the process
 * and its children see the real root read-only and an empty /tmp of their own, which is gone at the
 * end. Device nodes can still be written to.
 *
 * As root it ends the program where it cannot do that. Another user gets the same in a user
 * namespace; where the kernel grants none, the machine is protected by its permissions.
 */
#ifndef TESTS_HARNESS_SANDBOX_ROOT_H
#define TESTS_HARNESS_SANDBOX_ROOT_H

void sandbox_root(void);

#endif
