//! Attributes of the generic family `acpi_event`: numbers, names and structure of
//! `drivers/acpi/event.c`; no header has them.

use crate::decode::tables::NO_FIELDS;
use crate::decode::tables::kind::Kind::{Num, Pad, Struct, Text};
use crate::decode::tables::kind::{Fields, Generic, Set, Words, structure};

static EVENT: Fields = structure("acpi_genl_event").of(&[
    ("device_class", 20, Text),
    ("bus_id", 15, Text),
    ("pad", 1, Pad),
    ("type", 4, Num),
    ("data", 4, Num),
]);

static ATTRS: Set = &[(1, "ACPI_GENL_ATTR_EVENT", Struct(&EVENT))];

static COMMANDS: Words = &[(1, "ACPI_GENL_CMD_EVENT", &ATTRS)];

/// The family `acpi_event`.
pub(in crate::decode) static FAMILY: Generic =
    Generic { name: "acpi_event", header: &NO_FIELDS, requests: COMMANDS, replies: COMMANDS };
