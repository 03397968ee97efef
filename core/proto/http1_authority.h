/*
 * http1_authority - what Host and the targets of requests name a server by (RFC 9110 sections 4.2.1 and 7.2).
 *
 * Thread: any (pure). Memory: none. Errors: none. Limits: none.
 */
#ifndef CORE_PROTO_HTTP1_AUTHORITY_H
#define CORE_PROTO_HTTP1_AUTHORITY_H

#include "core/base/slice.h"

/*
 * Whether s is a host, with a port or without: a name (RFC 3986 section 3.2.2, not empty), an IPv4 address or an IPv6
 * address in brackets; a port is 1 to 5 digits, at most 65535. No user information.
 */
bool http1_authority_is_valid(struct slice s);

#endif
