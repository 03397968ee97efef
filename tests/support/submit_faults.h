/*
 * submit_faults - a kernel that refuses submissions, or takes only a part of them, for as often as a test says.
 *
 * The unit tests are linked with io_uring_submit() and io_uring_submit_and_wait_timeout() wrapped (Makefile).
 * Thread: the test's. Memory: static. Errors: none. Limits: none.
 */
#ifndef TESTS_SUPPORT_SUBMIT_FAULTS_H
#define TESTS_SUPPORT_SUBMIT_FAULTS_H

/* The next count submissions fail with error (-EBUSY, -EAGAIN) and take nothing. */
void submit_faults_refuse(unsigned count, int error);

/* The next submission takes only so many entries. */
void submit_faults_take_only(unsigned entries);

/* How many submissions were refused so far. */
unsigned submit_faults_refused(void);

#endif
