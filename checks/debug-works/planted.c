// SPDX-License-Identifier: GPL-2.0-only
/*
 * One planted defect a load, chosen by the parameter "defect", to prove that
 * the detector for it is alive. Never shipped.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static char *defect = "none";
module_param(defect, charp, 0);
MODULE_PARM_DESC(defect, "abba, atomic, leak, overflow, use-after-free, refcount, list, object or none");

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);
static DEFINE_SPINLOCK(spin);

static void plant_abba(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);

	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static void plant_atomic(void)
{
	spin_lock(&spin);
	msleep(1);
	spin_unlock(&spin);
}

static void plant_leak(void)
{
	int i;

	/* Several, since a stale pointer on a stack may hide one. */
	for (i = 0; i < 10; i++) {
		void *p = kmalloc(100 + i, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
	}
}

static void plant_overflow(void)
{
	char *p = kmalloc(32, GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	p[32] = 1;
	kfree(p);
}

static void plant_use_after_free(void)
{
	char *p = kmalloc(32, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	p[0] = 1;
}

static void plant_refcount(void)
{
	refcount_t r = REFCOUNT_INIT(0);

	refcount_inc(&r);
}

static void plant_list(void)
{
	LIST_HEAD(head);
	struct list_head a;

	list_add(&a, &head);
	list_add(&a, &head);
}

static void nothing(struct work_struct *work)
{
}

static void plant_object(void)
{
	struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

	if (!work)
		return;
	INIT_WORK(work, nothing);
	schedule_work(work);
	/* Freed while queued. */
	kfree(work);
}

static const struct {
	const char *name;
	void (*plant)(void);
} defects[] = {
	{ "abba", plant_abba },
	{ "atomic", plant_atomic },
	{ "leak", plant_leak },
	{ "overflow", plant_overflow },
	{ "use-after-free", plant_use_after_free },
	{ "refcount", plant_refcount },
	{ "list", plant_list },
	{ "object", plant_object },
};

static int __init planted_init(void)
{
	size_t i;

	if (!strcmp(defect, "none"))
		return 0;
	for (i = 0; i < ARRAY_SIZE(defects); i++) {
		if (!strcmp(defect, defects[i].name)) {
			defects[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("One planted defect a load, for the check debug-works");
MODULE_LICENSE("GPL");
