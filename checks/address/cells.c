// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVMEM provider of six bytes: what a board keeps a MAC address in. The
 * parameter "content" says what they are. Never shipped.
 */
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/nvmem-provider.h>
#include <linux/platform_device.h>
#include <linux/string.h>

static char *content = "address";
module_param(content, charp, 0);
MODULE_PARM_DESC(content, "address, zero or unreadable");

static int cells_read(void *priv, unsigned int offset, void *val, size_t bytes)
{
	static const u8 address[] = { 0x02, 0x00, 0x5e, 0x26, 0x00, 0x02 };

	if (!strcmp(content, "unreadable"))
		return -EIO;
	if (offset >= sizeof(address) || bytes > sizeof(address) - offset)
		return -EINVAL;

	if (!strcmp(content, "zero"))
		memset(val, 0, bytes);
	else
		memcpy(val, address + offset, bytes);
	return 0;
}

static int cells_probe(struct platform_device *pdev)
{
	struct nvmem_config config = {
		.dev = &pdev->dev,
		.name = "cells",
		.id = NVMEM_DEVID_NONE,
		.owner = THIS_MODULE,
		.read_only = true,
		.size = 6,
		.word_size = 1,
		.stride = 1,
		.reg_read = cells_read,
	};

	return PTR_ERR_OR_ZERO(devm_nvmem_register(&pdev->dev, &config));
}

static const struct of_device_id cells_of_match[] = {
	{ .compatible = "linux,test-cells" },
	{ }
};
MODULE_DEVICE_TABLE(of, cells_of_match);

static struct platform_driver cells_driver = {
	.probe = cells_probe,
	.driver = {
		.name = "test-cells",
		.of_match_table = cells_of_match,
	},
};
module_platform_driver(cells_driver);

MODULE_DESCRIPTION("NVMEM cells for a check");
MODULE_LICENSE("GPL");
