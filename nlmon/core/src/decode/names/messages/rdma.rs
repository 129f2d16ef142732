//! Types of the messages of RDMA: a client in the bits from 10 on, its operation below.

use crate::decode::names::Table;

/// `include/uapi/rdma/rdma_netlink.h`: `RDMA_NL_*`, the clients.
pub(super) const CLIENTS: &[(u16, Table)] = &[(2, PORT_MAPPER), (4, LOCAL_SERVICE), (5, DEVICES)];

/// `include/uapi/rdma/rdma_netlink.h`: operations of `RDMA_NL_IWCM`.
const PORT_MAPPER: Table = &[
    (0, "RDMA_NL_IWPM_REG_PID"),
    (1, "RDMA_NL_IWPM_ADD_MAPPING"),
    (2, "RDMA_NL_IWPM_QUERY_MAPPING"),
    (3, "RDMA_NL_IWPM_REMOVE_MAPPING"),
    (4, "RDMA_NL_IWPM_REMOTE_INFO"),
    (5, "RDMA_NL_IWPM_HANDLE_ERR"),
    (6, "RDMA_NL_IWPM_MAPINFO"),
    (8, "RDMA_NL_IWPM_HELLO"),
];

/// `include/uapi/rdma/rdma_netlink.h`: operations of `RDMA_NL_LS`.
const LOCAL_SERVICE: Table = &[
    (0, "RDMA_NL_LS_OP_RESOLVE"),
    (1, "RDMA_NL_LS_OP_SET_TIMEOUT"),
    (2, "RDMA_NL_LS_OP_IP_RESOLVE"),
];

/// `include/uapi/rdma/rdma_netlink.h`: operations of `RDMA_NL_NLDEV`.
const DEVICES: Table = &[
    (1, "RDMA_NLDEV_CMD_GET"),
    (2, "RDMA_NLDEV_CMD_SET"),
    (3, "RDMA_NLDEV_CMD_NEWLINK"),
    (4, "RDMA_NLDEV_CMD_DELLINK"),
    (5, "RDMA_NLDEV_CMD_PORT_GET"),
    (6, "RDMA_NLDEV_CMD_SYS_GET"),
    (7, "RDMA_NLDEV_CMD_SYS_SET"),
    (9, "RDMA_NLDEV_CMD_RES_GET"),
    (10, "RDMA_NLDEV_CMD_RES_QP_GET"),
    (11, "RDMA_NLDEV_CMD_RES_CM_ID_GET"),
    (12, "RDMA_NLDEV_CMD_RES_CQ_GET"),
    (13, "RDMA_NLDEV_CMD_RES_MR_GET"),
    (14, "RDMA_NLDEV_CMD_RES_PD_GET"),
    (15, "RDMA_NLDEV_CMD_GET_CHARDEV"),
    (16, "RDMA_NLDEV_CMD_STAT_SET"),
    (17, "RDMA_NLDEV_CMD_STAT_GET"),
    (18, "RDMA_NLDEV_CMD_STAT_DEL"),
    (19, "RDMA_NLDEV_CMD_RES_QP_GET_RAW"),
    (20, "RDMA_NLDEV_CMD_RES_CQ_GET_RAW"),
    (21, "RDMA_NLDEV_CMD_RES_MR_GET_RAW"),
    (22, "RDMA_NLDEV_CMD_RES_CTX_GET"),
    (23, "RDMA_NLDEV_CMD_RES_SRQ_GET"),
    (24, "RDMA_NLDEV_CMD_STAT_GET_STATUS"),
    (25, "RDMA_NLDEV_CMD_RES_SRQ_GET_RAW"),
    (26, "RDMA_NLDEV_CMD_NEWDEV"),
    (27, "RDMA_NLDEV_CMD_DELDEV"),
    (28, "RDMA_NLDEV_CMD_MONITOR"),
    (29, "RDMA_NLDEV_CMD_FRMR_POOLS_GET"),
    (30, "RDMA_NLDEV_CMD_FRMR_POOLS_SET"),
];
