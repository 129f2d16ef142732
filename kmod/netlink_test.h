/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Wire contract of the netlink_test module. User space mirrors this file;
 * every field is fixed-width and in native byte order.
 */
#ifndef _NETLINK_TEST_H
#define _NETLINK_TEST_H

#include <linux/types.h>

/* A number that include/uapi/linux/netlink.h leaves unused. */
#define NETLINK_TEST		17

/* The only multicast group. Numbers, not masks, as in NETLINK_ADD_MEMBERSHIP. */
#define NLTEST_GRP_GREETING	1

/*
 * Requests need NLM_F_REQUEST; NLM_F_ACK asks for an NLMSG_ERROR with error 0.
 * A refused request always gets an NLMSG_ERROR, with a text for sockets that
 * have NETLINK_EXT_ACK set:
 *
 *   -EINVAL      payload of the wrong length, count or flags out of bounds
 *   -EMSGSIZE    echo payload or load message size above its maximum
 *   -EOPNOTSUPP  a type that is no request of this protocol, or a dump
 *   -EBUSY       the namespace already has NLTEST_DEFER_MAX deferred requests
 *   -ENOMEM      no memory for the answer
 *
 * An ack with error 0 says that the request was carried out, or in the deferred
 * model that it was accepted. It does not say that the messages it asked for
 * found room in a receive buffer: every send is nonblocking, and what failed is
 * in the counters.
 */
enum nltest_msg {
	/*
	 * Request: any payload up to NLTEST_ECHO_MAX bytes.
	 * Answer, unicast to the sender: the same type, sequence number and
	 * payload, nlmsg_pid is the sender's port.
	 */
	NLTEST_MSG_ECHO		= 0x10,

	/* Request without payload: multicast the greeting. */
	NLTEST_MSG_GREET	= 0x11,

	/*
	 * Multicast to NLTEST_GRP_GREETING: NLTEST_GREETING with its NUL,
	 * sequence number and nlmsg_pid 0.
	 */
	NLTEST_MSG_GREETING	= 0x12,

	/* Request: struct nltest_load, exactly. */
	NLTEST_MSG_LOAD		= 0x13,

	/*
	 * Answer to NLTEST_MSG_LOAD: exactly `size` bytes of payload, sequence
	 * number 0 to count - 1. Byte i of the payload is i & 0xff, except that
	 * bytes 0 to 3 hold the sequence number when size >= 4. nlmsg_pid is
	 * the requester's port when unicast, 0 when multicast.
	 */
	NLTEST_MSG_DATA		= 0x14,
};

#define NLTEST_GREETING		"Greeting from kernel!"

/* Bytes of payload. */
#define NLTEST_ECHO_MAX		65536
#define NLTEST_LOAD_SIZE_MAX	16384

/* Messages per load request. */
#define NLTEST_LOAD_COUNT_MAX	1000000

/* Deferred requests per network namespace, the one being served included. */
#define NLTEST_DEFER_MAX	128

/* To NLTEST_GRP_GREETING; without it, unicast to the requester. */
#define NLTEST_LOAD_MULTICAST	0x1

/*
 * Exactly `count` sends are made; a failed one does not end the load. When the
 * requester's receive buffer is full, a unicast send fails with -EAGAIN, the
 * socket's drop counter grows and its next read gets ENOBUFS:
 *
 *   load_unicast + load_unicast_failed = count
 *
 * A multicast send that no socket received (no member of the group, or all of
 * their buffers full) counts as load_no_listener, and one that overran a
 * socket with NETLINK_BROADCAST_ERROR set as load_multicast_failed:
 *
 *   load_multicast + load_no_listener + load_multicast_failed = count
 *
 * Only a fatal signal to the requester, lack of memory, or the end of the
 * namespace or module makes fewer sends: load_aborted counts such loads.
 */
struct nltest_load {
	__u32 count;	/* messages, 0 to NLTEST_LOAD_COUNT_MAX */
	__u32 size;	/* bytes of payload each, 0 to NLTEST_LOAD_SIZE_MAX */
	__u32 flags;	/* NLTEST_LOAD_*, other bits must be 0 */
};

#endif /* _NETLINK_TEST_H */
