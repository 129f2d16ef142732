//! Attributes of the generic family `dpll`: numbers and names of `include/uapi/linux/dpll.h`.

use crate::decode::names::Table;
use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Int, Mask, Nest, Num, Text, Word};
use crate::decode::tables::kind::{Bits, Generic, Set, Words};

static MODE: Table = &[(1, "manual"), (2, "automatic")];

static LOCK_STATUS: Table =
    &[(1, "unlocked"), (2, "locked"), (3, "locked-ho-acq"), (4, "holdover")];

static TYPE: Table = &[(1, "pps"), (2, "eec"), (3, "generic")];

static LOCK_STATUS_ERROR: Table = &[
    (1, "none"),
    (2, "undefined"),
    (3, "media-down"),
    (4, "fractional-frequency-offset-too-high"),
];

static CLOCK_QUALITY_LEVEL: Table = &[
    (1, "itu-opt1-prc"),
    (2, "itu-opt1-ssu-a"),
    (3, "itu-opt1-ssu-b"),
    (4, "itu-opt1-eec1"),
    (5, "itu-opt1-prtc"),
    (6, "itu-opt1-eprtc"),
    (7, "itu-opt1-eeec"),
    (8, "itu-opt1-eprc"),
];

static DPLL: Set = &[
    (1, "DPLL_A_ID", Num),
    (2, "DPLL_A_MODULE_NAME", Text),
    (3, "DPLL_A_PAD", Num),
    (4, "DPLL_A_CLOCK_ID", Num),
    (5, "DPLL_A_MODE", Word(&MODE)),
    (6, "DPLL_A_MODE_SUPPORTED", Word(&MODE)),
    (7, "DPLL_A_LOCK_STATUS", Word(&LOCK_STATUS)),
    (8, "DPLL_A_TEMP", Int),
    (9, "DPLL_A_TYPE", Word(&TYPE)),
    (10, "DPLL_A_LOCK_STATUS_ERROR", Word(&LOCK_STATUS_ERROR)),
    (11, "DPLL_A_CLOCK_QUALITY_LEVEL", Word(&CLOCK_QUALITY_LEVEL)),
    (12, "DPLL_A_PHASE_OFFSET_MONITOR", Word(&FEATURE_STATE)),
    (13, "DPLL_A_PHASE_OFFSET_AVG_FACTOR", Num),
    (14, "DPLL_A_FREQUENCY_MONITOR", Word(&FEATURE_STATE)),
];

static PIN_TYPE: Table = &[
    (1, "mux"),
    (2, "ext"),
    (3, "synce-eth-port"),
    (4, "int-oscillator"),
    (5, "gnss"),
    (6, "int-nco"),
];

static PIN_DIRECTION: Table = &[(1, "input"), (2, "output")];

static PIN_STATE: Table = &[(1, "connected"), (2, "disconnected"), (3, "selectable")];

static PIN_CAPABILITIES: Bits = &[
    (0x1, "direction-can-change"),
    (0x2, "priority-can-change"),
    (0x4, "state-can-change"),
    (0x8, "state-connected-override"),
];

static PIN: Set = &[
    (1, "DPLL_A_PIN_ID", Num),
    (2, "DPLL_A_PIN_PARENT_ID", Num),
    (3, "DPLL_A_PIN_MODULE_NAME", Text),
    (4, "DPLL_A_PIN_PAD", Num),
    (5, "DPLL_A_PIN_CLOCK_ID", Num),
    (6, "DPLL_A_PIN_BOARD_LABEL", Text),
    (7, "DPLL_A_PIN_PANEL_LABEL", Text),
    (8, "DPLL_A_PIN_PACKAGE_LABEL", Text),
    (9, "DPLL_A_PIN_TYPE", Word(&PIN_TYPE)),
    (10, "DPLL_A_PIN_DIRECTION", Word(&PIN_DIRECTION)),
    (11, "DPLL_A_PIN_FREQUENCY", Num),
    (12, "DPLL_A_PIN_FREQUENCY_SUPPORTED", Nest(&PIN)),
    (13, "DPLL_A_PIN_FREQUENCY_MIN", Num),
    (14, "DPLL_A_PIN_FREQUENCY_MAX", Num),
    (15, "DPLL_A_PIN_PRIO", Num),
    (16, "DPLL_A_PIN_STATE", Word(&PIN_STATE)),
    (17, "DPLL_A_PIN_CAPABILITIES", Mask(&PIN_CAPABILITIES)),
    (18, "DPLL_A_PIN_PARENT_DEVICE", Nest(&PIN)),
    (19, "DPLL_A_PIN_PARENT_PIN", Nest(&PIN)),
    (20, "DPLL_A_PIN_PHASE_ADJUST_MIN", Int),
    (21, "DPLL_A_PIN_PHASE_ADJUST_MAX", Int),
    (22, "DPLL_A_PIN_PHASE_ADJUST", Int),
    (23, "DPLL_A_PIN_PHASE_OFFSET", Int),
    (24, "DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET", Int),
    (25, "DPLL_A_PIN_ESYNC_FREQUENCY", Num),
    (26, "DPLL_A_PIN_ESYNC_FREQUENCY_SUPPORTED", Nest(&PIN)),
    (27, "DPLL_A_PIN_ESYNC_PULSE", Num),
    (28, "DPLL_A_PIN_REFERENCE_SYNC", Nest(&PIN)),
    (29, "DPLL_A_PIN_PHASE_ADJUST_GRAN", Num),
    (30, "DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET_PPT", Int),
    (31, "DPLL_A_PIN_MEASURED_FREQUENCY", Num),
    (32, "DPLL_A_PIN_OPERSTATE", Word(&OPERSTATE)),
];

static COMMANDS: Words = &[
    (1, "DPLL_CMD_DEVICE_ID_GET", &DPLL),
    (2, "DPLL_CMD_DEVICE_GET", &DPLL),
    (3, "DPLL_CMD_DEVICE_SET", &DPLL),
    (4, "DPLL_CMD_DEVICE_CREATE_NTF", &DPLL),
    (5, "DPLL_CMD_DEVICE_DELETE_NTF", &DPLL),
    (6, "DPLL_CMD_DEVICE_CHANGE_NTF", &DPLL),
    (7, "DPLL_CMD_PIN_ID_GET", &PIN),
    (8, "DPLL_CMD_PIN_GET", &PIN),
    (9, "DPLL_CMD_PIN_SET", &PIN),
    (10, "DPLL_CMD_PIN_CREATE_NTF", &PIN),
    (11, "DPLL_CMD_PIN_DELETE_NTF", &PIN),
    (12, "DPLL_CMD_PIN_CHANGE_NTF", &PIN),
];

/// The family `dpll`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "dpll", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };

static FEATURE_STATE: Table = &[(0, "disabled"), (1, "enabled")];

static OPERSTATE: Table =
    &[(1, "active"), (2, "standby"), (3, "no-signal"), (4, "qualification-failed")];
