// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_test: a netlink family for tests, and the ground truth they check
 * against. netlink_test.h is the wire contract.
 *
 * Every netlink_unicast() and netlink_broadcast() made on behalf of this family
 * by the kernel is in /proc/net/netlink_test of its network namespace:
 *
 *   kernel to user unicasts  = echoed + echo_failed + load_unicast +
 *                              load_unicast_failed + acks
 *   broadcasts               = multicast + multicast_no_listener +
 *                              multicast_failed + load_multicast +
 *                              load_no_listener + load_multicast_failed
 *   user to kernel unicasts  = received_datagrams
 *   received_messages        = requests + ignored
 *   acks                     = requests_refused + acks with error 0
 *   load_failed              = load_unicast_failed + load_multicast_failed
 *
 * A counter moves when the call has returned, so a receiver on another CPU can
 * see a message before it is counted. "Sent" means that the call did not fail;
 * a socket filter may still have dropped the message. acks are calls of
 * netlink_ack(), which keeps the result of its send to itself (and makes none
 * when it finds no memory). A multicast send by a user reaches the input
 * callback too, as its second, unicast leg.
 *
 * errno_* counts failed sends (EAGAIN, ECONNREFUSED, ENOBUFS; -ESRCH is no
 * failure), refused requests (EINVAL, EMSGSIZE, EOPNOTSUPP, EBUSY, ENOMEM) and
 * deferred work that found no memory (ENOMEM). A request that a fatal signal
 * cut short is in requests_interrupted, gets no answer and has no errno.
 *
 * Lifetime. The input callback runs inside sendmsg() of a socket of this
 * family. Such a socket holds a reference to its network namespace and to this
 * module, so no callback runs, or can start, when nltest_net_exit() does; and
 * every callback sees a complete struct nltest_net because the kernel socket
 * comes last in nltest_net_init(). Deferred work holds neither reference: a
 * requester may queue it, close its socket, and let the namespace or the module
 * go. Taking references instead would let unprivileged users delay both for as
 * long as they keep the queue busy. nltest_net_exit() therefore stops the work
 * before it releases the socket that the work sends on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "netlink_test.h"

/* Bounded because a sender waits for its echo where only a fatal signal ends it. */
#define NLTEST_DELAY_MS_MAX	10000U
#define NLTEST_INTERVAL_MS_MAX	3600000U

enum nltest_counter {
	NLTEST_C_RECEIVED_DATAGRAMS,
	NLTEST_C_RECEIVED_MESSAGES,
	NLTEST_C_RECEIVED_BYTES,
	NLTEST_C_RECEIVED_MALFORMED,
	NLTEST_C_REQUESTS,
	NLTEST_C_IGNORED,
	NLTEST_C_REQUESTS_REFUSED,
	NLTEST_C_REQUESTS_INTERRUPTED,
	NLTEST_C_ACKS,
	NLTEST_C_ECHOED,
	NLTEST_C_ECHO_FAILED,
	NLTEST_C_MULTICAST,
	NLTEST_C_MULTICAST_NO_LISTENER,
	NLTEST_C_MULTICAST_FAILED,
	NLTEST_C_LOAD_UNICAST,
	NLTEST_C_LOAD_UNICAST_FAILED,
	NLTEST_C_LOAD_MULTICAST,
	NLTEST_C_LOAD_NO_LISTENER,
	NLTEST_C_LOAD_MULTICAST_FAILED,
	NLTEST_C_LOAD_ABORTED,
	NLTEST_C_DEFERRED_QUEUED,
	NLTEST_C_DEFERRED_DONE,
	NLTEST_C_DEFERRED_REFUSED,
	NLTEST_C_COUNT,
};

static const char * const nltest_counter_names[NLTEST_C_COUNT] = {
	[NLTEST_C_RECEIVED_DATAGRAMS]		= "received_datagrams",
	[NLTEST_C_RECEIVED_MESSAGES]		= "received_messages",
	[NLTEST_C_RECEIVED_BYTES]		= "received_bytes",
	[NLTEST_C_RECEIVED_MALFORMED]		= "received_malformed",
	[NLTEST_C_REQUESTS]			= "requests",
	[NLTEST_C_IGNORED]			= "ignored",
	[NLTEST_C_REQUESTS_REFUSED]		= "requests_refused",
	[NLTEST_C_REQUESTS_INTERRUPTED]		= "requests_interrupted",
	[NLTEST_C_ACKS]				= "acks",
	[NLTEST_C_ECHOED]			= "echoed",
	[NLTEST_C_ECHO_FAILED]			= "echo_failed",
	[NLTEST_C_MULTICAST]			= "multicast",
	[NLTEST_C_MULTICAST_NO_LISTENER]	= "multicast_no_listener",
	[NLTEST_C_MULTICAST_FAILED]		= "multicast_failed",
	[NLTEST_C_LOAD_UNICAST]			= "load_unicast",
	[NLTEST_C_LOAD_UNICAST_FAILED]		= "load_unicast_failed",
	[NLTEST_C_LOAD_MULTICAST]		= "load_multicast",
	[NLTEST_C_LOAD_NO_LISTENER]		= "load_no_listener",
	[NLTEST_C_LOAD_MULTICAST_FAILED]	= "load_multicast_failed",
	[NLTEST_C_LOAD_ABORTED]			= "load_aborted",
	[NLTEST_C_DEFERRED_QUEUED]		= "deferred_queued",
	[NLTEST_C_DEFERRED_DONE]		= "deferred_done",
	[NLTEST_C_DEFERRED_REFUSED]		= "deferred_refused",
};

static const struct {
	int value;
	const char *name;
} nltest_errnos[] = {
	{ EAGAIN,	"EAGAIN" },
	{ EBUSY,	"EBUSY" },
	{ ECONNREFUSED,	"ECONNREFUSED" },
	{ EINVAL,	"EINVAL" },
	{ EMSGSIZE,	"EMSGSIZE" },
	{ ENOBUFS,	"ENOBUFS" },
	{ ENOMEM,	"ENOMEM" },
	{ EOPNOTSUPP,	"EOPNOTSUPP" },
};

/* Index of the counter for every other errno. */
#define NLTEST_ERRNO_OTHER	ARRAY_SIZE(nltest_errnos)

struct nltest_net {
	struct list_head node;		/* in nltest_nets */
	struct sock *sk;		/* set before greet_work is armed */
	struct delayed_work greet_work;

	spinlock_t lock;		/* jobs, pending, writes of closing */
	struct list_head jobs;
	unsigned int pending;		/* jobs, and the one being served */
	bool closing;
	struct work_struct job_work;
	wait_queue_head_t closing_wait;

	atomic64_t counters[NLTEST_C_COUNT];
	atomic64_t errnos[NLTEST_ERRNO_OTHER + 1];
};

/*
 * A deferred request, with everything it needs copied: the request's skb
 * belongs to the sender, is charged to the kernel socket, and is moved along by
 * netlink_rcv_skb() as soon as the callback returns. The port is a number, not
 * a reference: should the requester close and another socket take its port, the
 * answer goes there, as with any late netlink message.
 */
struct nltest_job {
	struct list_head node;
	struct sock *sk;
	u32 portid;
	struct sk_buff *echo;		/* the answer, or NULL for a load */
	unsigned int delay_ms;		/* of an echo */
	struct nltest_load load;
};

static unsigned int nltest_net_id;
static struct workqueue_struct *nltest_wq;

/* Namespaces with an armable greeting, for writers of interval_ms. */
static LIST_HEAD(nltest_nets);
static DEFINE_MUTEX(nltest_nets_lock);

static u8 nltest_pattern[NLTEST_LOAD_SIZE_MAX];

static bool deferred;
static unsigned int delay_ms;
static unsigned int interval_ms;

static void nltest_count(struct nltest_net *nn, enum nltest_counter counter)
{
	atomic64_inc(&nn->counters[counter]);
}

static void nltest_count_errno(struct nltest_net *nn, int err)
{
	unsigned int i;

	for (i = 0; i < NLTEST_ERRNO_OTHER; i++)
		if (nltest_errnos[i].value == -err)
			break;
	atomic64_inc(&nn->errnos[i]);
}

static struct sk_buff *nltest_new(u32 portid, u32 seq, int type,
				  const void *payload, u32 len)
{
	struct nlmsghdr *nlh;
	struct sk_buff *skb;

	/* A user chooses the size: failing is an answer, not worth a warning. */
	skb = nlmsg_new(len, GFP_KERNEL | __GFP_NOWARN);
	if (!skb)
		return NULL;

	nlh = nlmsg_put(skb, portid, seq, type, len, 0);
	if (WARN_ON_ONCE(!nlh)) {
		nlmsg_free(skb);
		return NULL;
	}
	memcpy(nlmsg_data(nlh), payload, len);
	return skb;
}

static void nltest_unicast(struct nltest_net *nn, struct sock *sk,
			   struct sk_buff *skb, u32 portid,
			   enum nltest_counter sent, enum nltest_counter failed)
{
	int err = nlmsg_unicast(sk, skb, portid);

	nltest_count(nn, err ? failed : sent);
	if (err)
		nltest_count_errno(nn, err);
}

static void nltest_multicast(struct nltest_net *nn, struct sock *sk,
			     struct sk_buff *skb, enum nltest_counter sent,
			     enum nltest_counter no_listener,
			     enum nltest_counter failed)
{
	int err = nlmsg_multicast(sk, skb, 0, NLTEST_GRP_GREETING, GFP_KERNEL);

	if (!err) {
		nltest_count(nn, sent);
	} else if (err == -ESRCH) {
		nltest_count(nn, no_listener);
	} else {
		nltest_count(nn, failed);
		nltest_count_errno(nn, err);
	}
}

static int nltest_greet(struct nltest_net *nn, struct sock *sk)
{
	struct sk_buff *skb;

	skb = nltest_new(0, 0, NLTEST_MSG_GREETING, NLTEST_GREETING,
			 sizeof(NLTEST_GREETING));
	if (!skb)
		return -ENOMEM;

	nltest_multicast(nn, sk, skb, NLTEST_C_MULTICAST,
			 NLTEST_C_MULTICAST_NO_LISTENER,
			 NLTEST_C_MULTICAST_FAILED);
	return 0;
}

/* Consumes the answer whatever happens. */
static int nltest_echo(struct nltest_net *nn, struct sock *sk,
		       struct sk_buff *skb, u32 portid, unsigned int delay)
{
	long left = 0;

	if (delay)
		left = wait_event_killable_timeout(nn->closing_wait,
						   READ_ONCE(nn->closing),
						   msecs_to_jiffies(delay));
	if (left < 0 || READ_ONCE(nn->closing)) {
		nlmsg_free(skb);
		return -EINTR;
	}

	nltest_unicast(nn, sk, skb, portid, NLTEST_C_ECHOED,
		       NLTEST_C_ECHO_FAILED);
	return 0;
}

static int nltest_load_one(struct nltest_net *nn, struct sock *sk, u32 portid,
			   const struct nltest_load *load, u32 seq)
{
	bool multicast = load->flags & NLTEST_LOAD_MULTICAST;
	struct sk_buff *skb;

	skb = nltest_new(multicast ? 0 : portid, seq, NLTEST_MSG_DATA,
			 nltest_pattern, load->size);
	if (!skb)
		return -ENOMEM;
	if (load->size >= sizeof(seq))
		memcpy(nlmsg_data(nlmsg_hdr(skb)), &seq, sizeof(seq));

	if (multicast)
		nltest_multicast(nn, sk, skb, NLTEST_C_LOAD_MULTICAST,
				 NLTEST_C_LOAD_NO_LISTENER,
				 NLTEST_C_LOAD_MULTICAST_FAILED);
	else
		nltest_unicast(nn, sk, skb, portid, NLTEST_C_LOAD_UNICAST,
			       NLTEST_C_LOAD_UNICAST_FAILED);
	return 0;
}

static int nltest_load(struct nltest_net *nn, struct sock *sk, u32 portid,
		       const struct nltest_load *load)
{
	int err = 0;
	u32 seq;

	for (seq = 0; seq < load->count; seq++) {
		if (fatal_signal_pending(current) || READ_ONCE(nn->closing))
			err = -EINTR;
		else
			err = nltest_load_one(nn, sk, portid, load, seq);
		if (err) {
			nltest_count(nn, NLTEST_C_LOAD_ABORTED);
			break;
		}
		cond_resched();
	}
	return err;
}

static void nltest_free_job(struct nltest_job *job)
{
	nlmsg_free(job->echo);
	kfree(job);
}

static void nltest_serve(struct nltest_net *nn, struct nltest_job *job)
{
	int err;

	if (job->echo)
		err = nltest_echo(nn, job->sk, job->echo, job->portid,
				  job->delay_ms);
	else
		err = nltest_load(nn, job->sk, job->portid, &job->load);
	if (err && err != -EINTR)
		nltest_count_errno(nn, err);

	job->echo = NULL;
	nltest_free_job(job);
}

/* One item per namespace, so that requests are served in their order. */
static void nltest_job_work(struct work_struct *work)
{
	struct nltest_net *nn = container_of(work, struct nltest_net, job_work);
	struct nltest_job *job;

	spin_lock(&nn->lock);
	while (!nn->closing && !list_empty(&nn->jobs)) {
		job = list_first_entry(&nn->jobs, struct nltest_job, node);
		list_del(&job->node);
		spin_unlock(&nn->lock);

		nltest_serve(nn, job);
		cond_resched();

		spin_lock(&nn->lock);
		nn->pending--;
		nltest_count(nn, NLTEST_C_DEFERRED_DONE);
	}
	spin_unlock(&nn->lock);
}

/* Takes over the job when it succeeds. */
static int nltest_defer(struct nltest_net *nn, struct nltest_job *job)
{
	int err = 0;

	spin_lock(&nn->lock);
	if (nn->closing || nn->pending >= NLTEST_DEFER_MAX) {
		err = -EBUSY;
	} else {
		nn->pending++;
		nltest_count(nn, NLTEST_C_DEFERRED_QUEUED);
		list_add_tail(&job->node, &nn->jobs);
		/* Under the lock: nothing is queued once closing is set. */
		queue_work(nltest_wq, &nn->job_work);
	}
	spin_unlock(&nn->lock);

	if (err)
		nltest_count(nn, NLTEST_C_DEFERRED_REFUSED);
	return err;
}

static int nltest_defer_request(struct nltest_net *nn,
				const struct nltest_job *request,
				struct netlink_ext_ack *extack)
{
	struct nltest_job *job;
	int err;

	job = kmemdup(request, sizeof(*request), GFP_KERNEL);
	if (!job) {
		nlmsg_free(request->echo);
		NL_SET_ERR_MSG(extack, "no memory to defer the request");
		return -ENOMEM;
	}

	err = nltest_defer(nn, job);
	if (err) {
		nltest_free_job(job);
		NL_SET_ERR_MSG(extack, "too many deferred requests");
	}
	return err;
}

static int nltest_echo_request(struct nltest_net *nn, struct sk_buff *skb,
			       struct nlmsghdr *nlh,
			       struct netlink_ext_ack *extack)
{
	struct nltest_job job = {
		.sk = skb->sk,
		.portid = NETLINK_CB(skb).portid,
		.delay_ms = READ_ONCE(delay_ms),
	};

	if (nlmsg_len(nlh) > NLTEST_ECHO_MAX) {
		NL_SET_ERR_MSG(extack, "echo payload exceeds 65536 bytes");
		return -EMSGSIZE;
	}

	job.echo = nltest_new(job.portid, nlh->nlmsg_seq, NLTEST_MSG_ECHO,
			      nlmsg_data(nlh), nlmsg_len(nlh));
	if (!job.echo) {
		NL_SET_ERR_MSG(extack, "no memory for the echo");
		return -ENOMEM;
	}

	if (READ_ONCE(deferred))
		return nltest_defer_request(nn, &job, extack);
	return nltest_echo(nn, job.sk, job.echo, job.portid, job.delay_ms);
}

static int nltest_greet_request(struct nltest_net *nn, struct sk_buff *skb,
				struct nlmsghdr *nlh,
				struct netlink_ext_ack *extack)
{
	int err;

	if (nlmsg_len(nlh)) {
		NL_SET_ERR_MSG(extack, "greet request takes no payload");
		return -EINVAL;
	}

	err = nltest_greet(nn, skb->sk);
	if (err)
		NL_SET_ERR_MSG(extack, "no memory for the greeting");
	return err;
}

static int nltest_load_request(struct nltest_net *nn, struct sk_buff *skb,
			       struct nlmsghdr *nlh,
			       struct netlink_ext_ack *extack)
{
	struct nltest_job job = {
		.sk = skb->sk,
		.portid = NETLINK_CB(skb).portid,
	};
	int err;

	if (nlmsg_len(nlh) != sizeof(job.load)) {
		NL_SET_ERR_MSG(extack, "load request must be 12 bytes: count, size, flags");
		return -EINVAL;
	}
	memcpy(&job.load, nlmsg_data(nlh), sizeof(job.load));

	if (job.load.flags & ~NLTEST_LOAD_MULTICAST) {
		NL_SET_ERR_MSG(extack, "unknown load flags");
		return -EINVAL;
	}
	if (job.load.count > NLTEST_LOAD_COUNT_MAX) {
		NL_SET_ERR_MSG(extack, "load count exceeds 1000000 messages");
		return -EINVAL;
	}
	if (job.load.size > NLTEST_LOAD_SIZE_MAX) {
		NL_SET_ERR_MSG(extack, "load message size exceeds 16384 bytes");
		return -EMSGSIZE;
	}

	if (READ_ONCE(deferred))
		return nltest_defer_request(nn, &job, extack);

	err = nltest_load(nn, job.sk, job.portid, &job.load);
	if (err == -ENOMEM)
		NL_SET_ERR_MSG(extack, "no memory for the load's messages");
	return err;
}

static int nltest_dispatch(struct nltest_net *nn, struct sk_buff *skb,
			   struct nlmsghdr *nlh, struct netlink_ext_ack *extack)
{
	/* Whoever asks for a dump waits for an NLMSG_DONE. */
	if (nlh->nlmsg_flags & NLM_F_DUMP) {
		NL_SET_ERR_MSG(extack, "dumps are not supported");
		return -EOPNOTSUPP;
	}

	switch (nlh->nlmsg_type) {
	case NLTEST_MSG_ECHO:
		return nltest_echo_request(nn, skb, nlh, extack);
	case NLTEST_MSG_GREET:
		return nltest_greet_request(nn, skb, nlh, extack);
	case NLTEST_MSG_LOAD:
		return nltest_load_request(nn, skb, nlh, extack);
	default:
		NL_SET_ERR_MSG(extack, "unknown request type");
		return -EOPNOTSUPP;
	}
}

/*
 * netlink_rcv_skb() answers when this returns an error, or 0 to a request with
 * NLM_F_ACK, and stays silent on -EINTR.
 */
static int nltest_request(struct sk_buff *skb, struct nlmsghdr *nlh,
			  struct netlink_ext_ack *extack)
{
	struct nltest_net *nn = net_generic(sock_net(skb->sk), nltest_net_id);
	int err;

	nltest_count(nn, NLTEST_C_REQUESTS);
	err = nltest_dispatch(nn, skb, nlh, extack);
	if (err == -EINTR) {
		nltest_count(nn, NLTEST_C_REQUESTS_INTERRUPTED);
		return err;
	}

	if (err) {
		nltest_count(nn, NLTEST_C_REQUESTS_REFUSED);
		nltest_count_errno(nn, err);
	}
	if (err || nlh->nlmsg_flags & NLM_F_ACK)
		nltest_count(nn, NLTEST_C_ACKS);
	return err;
}

/*
 * Count what netlink_rcv_skb() is about to do without calling nltest_request():
 * it acknowledges, but does not hand on, messages that are no requests, and it
 * drops the rest of a datagram at the first impossible length.
 */
static void nltest_count_received(struct nltest_net *nn, struct sk_buff *skb)
{
	struct nlmsghdr *nlh = nlmsg_hdr(skb);
	int left = skb->len;

	nltest_count(nn, NLTEST_C_RECEIVED_DATAGRAMS);
	atomic64_add(skb->len, &nn->counters[NLTEST_C_RECEIVED_BYTES]);

	for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
		nltest_count(nn, NLTEST_C_RECEIVED_MESSAGES);
		if (nlh->nlmsg_flags & NLM_F_REQUEST &&
		    nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			continue;
		nltest_count(nn, NLTEST_C_IGNORED);
		if (nlh->nlmsg_flags & NLM_F_ACK)
			nltest_count(nn, NLTEST_C_ACKS);
	}
	if (left > 0)
		nltest_count(nn, NLTEST_C_RECEIVED_MALFORMED);
}

/*
 * Finds the kernel socket in skb->sk, as netlink_ack() does, and never in
 * nltest_net: a user may send before netlink_kernel_create() has returned.
 */
static void nltest_input(struct sk_buff *skb)
{
	struct nltest_net *nn = net_generic(sock_net(skb->sk), nltest_net_id);

	nltest_count_received(nn, skb);
	netlink_rcv_skb(skb, nltest_request);
}

static void nltest_arm_greeting(struct nltest_net *nn, unsigned int interval)
{
	if (interval)
		mod_delayed_work(nltest_wq, &nn->greet_work,
				 msecs_to_jiffies(interval));
}

static void nltest_greet_work(struct work_struct *work)
{
	struct nltest_net *nn = container_of(to_delayed_work(work),
					     struct nltest_net, greet_work);
	unsigned int interval = READ_ONCE(interval_ms);

	/* A writer of 0 leaves the work armed; it ends here. */
	if (!interval)
		return;

	if (nltest_greet(nn, nn->sk))
		nltest_count_errno(nn, -ENOMEM);
	/* Keeps a time that a writer of interval_ms has set meanwhile. */
	queue_delayed_work(nltest_wq, &nn->greet_work,
			   msecs_to_jiffies(interval));
}

static int nltest_proc_show(struct seq_file *m, void *v)
{
	struct nltest_net *nn = net_generic(seq_file_single_net(m),
					    nltest_net_id);
	unsigned int i;

	for (i = 0; i < NLTEST_C_COUNT; i++)
		seq_printf(m, "%s %lld\n", nltest_counter_names[i],
			   (long long)atomic64_read(&nn->counters[i]));
	seq_printf(m, "load_failed %lld\n",
		   (long long)atomic64_read(&nn->counters[NLTEST_C_LOAD_UNICAST_FAILED]) +
		   (long long)atomic64_read(&nn->counters[NLTEST_C_LOAD_MULTICAST_FAILED]));
	for (i = 0; i <= NLTEST_ERRNO_OTHER; i++)
		seq_printf(m, "errno_%s %lld\n",
			   i < NLTEST_ERRNO_OTHER ? nltest_errnos[i].name : "other",
			   (long long)atomic64_read(&nn->errnos[i]));
	return 0;
}

static int __net_init nltest_net_init(struct net *net)
{
	struct nltest_net *nn = net_generic(net, nltest_net_id);
	struct netlink_kernel_cfg cfg = {
		.groups	= NLTEST_GRP_GREETING,
		.flags	= NL_CFG_F_NONROOT_RECV | NL_CFG_F_NONROOT_SEND,
		.input	= nltest_input,
	};

	INIT_DELAYED_WORK(&nn->greet_work, nltest_greet_work);
	INIT_WORK(&nn->job_work, nltest_job_work);
	INIT_LIST_HEAD(&nn->jobs);
	spin_lock_init(&nn->lock);
	init_waitqueue_head(&nn->closing_wait);

	if (!proc_create_net_single("netlink_test", 0444, net->proc_net,
				    nltest_proc_show, NULL))
		return -ENOMEM;

	/* Last of what can fail: from here on requests arrive. */
	nn->sk = netlink_kernel_create(net, NETLINK_TEST, &cfg);
	if (!nn->sk) {
		pr_err("no kernel socket: protocol %d taken, or no memory\n",
		       NETLINK_TEST);
		remove_proc_entry("netlink_test", net->proc_net);
		return -ENOMEM;
	}

	mutex_lock(&nltest_nets_lock);
	list_add_tail(&nn->node, &nltest_nets);
	nltest_arm_greeting(nn, interval_ms);
	mutex_unlock(&nltest_nets_lock);
	return 0;
}

/*
 * Runs when a namespace ends and, for each one, when the module is unloaded.
 * Everything that sends on nn->sk ends first:
 *
 * - Off the list, no writer of interval_ms can arm the greeting again, and
 *   cancel_delayed_work_sync() outlasts a work item that rearms itself.
 * - With closing set under the lock, nothing is queued any more, and work under
 *   way leaves its wait or its loop instead of holding up the exit for the
 *   whole queue; cancel_work_sync() waits for that. What is left is freed
 *   unserved: its requester has closed, so every answer would be refused.
 *
 * Only then is the socket released. netlink_kernel_release() unhashes it and
 * leaves freeing it to an RCU callback; both that callback and the socket's
 * destructor are built-in code that does not touch struct nltest_net, so
 * neither nn nor the module has to wait for them.
 */
static void __net_exit nltest_net_exit(struct net *net)
{
	struct nltest_net *nn = net_generic(net, nltest_net_id);
	struct nltest_job *job, *next;

	mutex_lock(&nltest_nets_lock);
	list_del(&nn->node);
	mutex_unlock(&nltest_nets_lock);
	cancel_delayed_work_sync(&nn->greet_work);

	spin_lock(&nn->lock);
	WRITE_ONCE(nn->closing, true);
	spin_unlock(&nn->lock);
	wake_up_all(&nn->closing_wait);
	cancel_work_sync(&nn->job_work);
	list_for_each_entry_safe(job, next, &nn->jobs, node)
		nltest_free_job(job);

	netlink_kernel_release(nn->sk);
	remove_proc_entry("netlink_test", net->proc_net);
}

static struct pernet_operations nltest_net_ops = {
	.init	= nltest_net_init,
	.exit	= nltest_net_exit,
	.id	= &nltest_net_id,
	.size	= sizeof(struct nltest_net),
};

static int nltest_parse_ms(const char *val, unsigned int max, unsigned int *ms)
{
	int err = kstrtouint(val, 0, ms);

	if (err)
		return err;
	return *ms <= max ? 0 : -ERANGE;
}

static int nltest_set_delay(const char *val, const struct kernel_param *kp)
{
	unsigned int ms;
	int err = nltest_parse_ms(val, NLTEST_DELAY_MS_MAX, &ms);

	if (!err)
		WRITE_ONCE(delay_ms, ms);
	return err;
}

static int nltest_set_interval(const char *val, const struct kernel_param *kp)
{
	struct nltest_net *nn;
	unsigned int ms;
	int err = nltest_parse_ms(val, NLTEST_INTERVAL_MS_MAX, &ms);

	if (err)
		return err;

	/*
	 * sysfs keeps the file until after module_exit(), and parameters are
	 * set before module_init(): the list is empty at both times, so that
	 * nltest_wq is not touched.
	 */
	mutex_lock(&nltest_nets_lock);
	WRITE_ONCE(interval_ms, ms);
	list_for_each_entry(nn, &nltest_nets, node)
		nltest_arm_greeting(nn, ms);
	mutex_unlock(&nltest_nets_lock);
	return 0;
}

static const struct kernel_param_ops nltest_delay_ops = {
	.set = nltest_set_delay,
	.get = param_get_uint,
};

static const struct kernel_param_ops nltest_interval_ops = {
	.set = nltest_set_interval,
	.get = param_get_uint,
};

module_param(deferred, bool, 0644);
MODULE_PARM_DESC(deferred, "serve echo and load requests in a worker, not in the sender's context");
module_param_cb(delay_ms, &nltest_delay_ops, &delay_ms, 0644);
MODULE_PARM_DESC(delay_ms, "milliseconds that an echo takes, 0 to 10000");
module_param_cb(interval_ms, &nltest_interval_ops, &interval_ms, 0644);
MODULE_PARM_DESC(interval_ms, "milliseconds between greetings in each namespace, 0 (off) to 3600000");

static int __init nltest_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(nltest_pattern); i++)
		nltest_pattern[i] = i;

	/* Unbound: a load keeps a CPU busy, and an echo may sleep for long. */
	nltest_wq = alloc_workqueue("netlink_test", WQ_UNBOUND, 0);
	if (!nltest_wq)
		return -ENOMEM;

	err = register_pernet_subsys(&nltest_net_ops);
	if (err)
		destroy_workqueue(nltest_wq);
	return err;
}

static void __exit nltest_exit(void)
{
	unregister_pernet_subsys(&nltest_net_ops);
	destroy_workqueue(nltest_wq);
}

module_init(nltest_init);
module_exit(nltest_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Netlink family for tests: echo, greeting, exact loads and their counts");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_NET_PF_PROTO(PF_NETLINK, NETLINK_TEST);
