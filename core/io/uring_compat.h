/*
 * uring_compat - what newer kernels and liburing know and liburing 2.3 does not name yet.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef CORE_IO_URING_COMPAT_H
#define CORE_IO_URING_COMPAT_H

#include <liburing.h>

#ifndef IORING_SETUP_NO_SQARRAY /* kernel 6.6, liburing 2.6 */
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif
#ifndef IORING_FEAT_RECVSEND_BUNDLE /* kernel 6.10, liburing 2.7 */
#define IORING_FEAT_RECVSEND_BUNDLE (1U << 14)
#endif
#ifndef IORING_FEAT_MIN_TIMEOUT /* kernel 6.12, liburing 2.8 */
#define IORING_FEAT_MIN_TIMEOUT (1U << 15)
#endif

#endif
