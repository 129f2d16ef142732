//! Attributes of the generic family `vdpa`: numbers and names of `include/uapi/linux/vdpa.h`.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Mac, Num, Text};
use crate::decode::tables::kind::{Generic, Set, Words};

static VDPA: Set = &[
    (1, "VDPA_ATTR_MGMTDEV_BUS_NAME", Text),
    (2, "VDPA_ATTR_MGMTDEV_DEV_NAME", Text),
    (3, "VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES", Num),
    (4, "VDPA_ATTR_DEV_NAME", Text),
    (5, "VDPA_ATTR_DEV_ID", Num),
    (6, "VDPA_ATTR_DEV_VENDOR_ID", Num),
    (7, "VDPA_ATTR_DEV_MAX_VQS", Num),
    (8, "VDPA_ATTR_DEV_MAX_VQ_SIZE", Num),
    (9, "VDPA_ATTR_DEV_MIN_VQ_SIZE", Num),
    (10, "VDPA_ATTR_DEV_NET_CFG_MACADDR", Mac),
    (11, "VDPA_ATTR_DEV_NET_STATUS", Num),
    (12, "VDPA_ATTR_DEV_NET_CFG_MAX_VQP", Num),
    (13, "VDPA_ATTR_DEV_NET_CFG_MTU", Num),
    (14, "VDPA_ATTR_DEV_NEGOTIATED_FEATURES", Num),
    (15, "VDPA_ATTR_DEV_MGMTDEV_MAX_VQS", Num),
    (16, "VDPA_ATTR_DEV_SUPPORTED_FEATURES", Num),
    (17, "VDPA_ATTR_DEV_QUEUE_INDEX", Num),
    (18, "VDPA_ATTR_DEV_VENDOR_ATTR_NAME", Text),
    (19, "VDPA_ATTR_DEV_VENDOR_ATTR_VALUE", Num),
    (20, "VDPA_ATTR_DEV_FEATURES", Num),
    (21, "VDPA_ATTR_DEV_BLK_CFG_CAPACITY", Num),
    (23, "VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE", Num),
    (25, "VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES", Num),
    (26, "VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP", Num),
    (27, "VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET", Num),
    (28, "VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE", Num),
    (29, "VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE", Num),
    (30, "VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC", Num),
    (31, "VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG", Num),
    (32, "VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN", Num),
    (33, "VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC", Num),
    (34, "VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG", Num),
    (35, "VDPA_ATTR_DEV_BLK_READ_ONLY", Num),
    (36, "VDPA_ATTR_DEV_BLK_FLUSH", Num),
];

static COMMANDS: Words = &[
    (1, "VDPA_CMD_MGMTDEV_NEW", &VDPA),
    (2, "VDPA_CMD_MGMTDEV_GET", &VDPA),
    (3, "VDPA_CMD_DEV_NEW", &VDPA),
    (4, "VDPA_CMD_DEV_DEL", &VDPA),
    (5, "VDPA_CMD_DEV_GET", &VDPA),
    (6, "VDPA_CMD_DEV_CONFIG_GET", &VDPA),
    (7, "VDPA_CMD_DEV_VSTATS_GET", &VDPA),
    (8, "VDPA_CMD_DEV_ATTR_SET", &VDPA),
];

/// The family `vdpa`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "vdpa", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
