//! Device events on `NETLINK_KOBJECT_UEVENT`, which are no netlink messages: the kernel's
//! `add@/devices/...` with `KEY=VALUE` strings behind it (`lib/kobject_uevent.c`), and what udev
//! sends on to its own listeners (a binary header, `src/libsystemd/sd-device/device-monitor.c` of
//! systemd, then the same strings).

use super::attribute::Attribute;
use super::message::Message;
use super::printable;
use super::walk::u32_at;

const UDEV_PREFIX: &[u8] = b"libudev\0";
const UDEV_MAGIC: u32 = 0xfeed_cafe;

/// The event in a datagram of `full_len` bytes.
pub(super) fn decode(data: &[u8], full_len: usize) -> Message {
    let message = Message {
        len: u32::try_from(full_len).unwrap_or(u32::MAX),
        truncated: full_len > data.len(),
        ..Message::default()
    };
    if let Some(properties) = udev_properties(data) {
        return Message {
            message_type: "udev".into(),
            summary: summary(properties).unwrap_or_default(),
            attributes: attributes(properties),
            ..message
        };
    }
    match kernel_header(data) {
        // The header repeats as properties, the last of which may be cut.
        Some((action, path)) => Message {
            message_type: "uevent".into(),
            summary: summary(data).unwrap_or_else(|| format!("{action} {path}")),
            attributes: attributes(data),
            ..message
        },
        None => Message { message_type: "raw".into(), raw: Some(printable::hex(data)), ..message },
    }
}

/// The action and the path of `add@/devices/...`.
fn kernel_header(data: &[u8]) -> Option<(String, String)> {
    let header = data.split(|&byte| byte == 0).next()?;
    let at = header.iter().position(|&byte| byte == b'@')?;
    let (action, path) = (&header[..at], &header[at + 1..]);
    let is_action = !action.is_empty() && action.iter().all(u8::is_ascii_lowercase);
    is_action.then(|| (printable::escape(action), printable::escape(path)))
}

/// The string block of a udev message; only the magic is in network byte order.
fn udev_properties(data: &[u8]) -> Option<&[u8]> {
    let header = data.strip_prefix(UDEV_PREFIX)?;
    let magic = u32::from_be_bytes(*header.first_chunk()?);
    let offset = usize::try_from(u32_at(data, 16)?).ok()?;
    if magic == UDEV_MAGIC { data.get(offset..) } else { None }
}

/// Its properties.
fn attributes(properties: &[u8]) -> Vec<Attribute> {
    let pairs = properties.split(|&byte| byte == 0).filter_map(|property| {
        let at = property.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (&property[..at], &property[at + 1..]);
        Some(Attribute::text(printable::escape(key), printable::escape(value)))
    });
    pairs.collect()
}

/// As `udevadm monitor` prints it: `add /devices/virtual/net/dummy0 (net)`.
fn summary(properties: &[u8]) -> Option<String> {
    let value = |key: &str| {
        let mut all = properties.split(|&byte| byte == 0);
        all.find_map(|p| p.strip_prefix(key.as_bytes())?.strip_prefix(b"=")).map(printable::escape)
    };
    let (action, path) = (value("ACTION")?, value("DEVPATH")?);
    let subsystem = value("SUBSYSTEM").map_or_else(String::new, |name| format!(" ({name})"));
    Some(format!("{action} {path}{subsystem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: &[u8] = b"add@/devices/virtual/net/dummy0\0ACTION=add\0\
        DEVPATH=/devices/virtual/net/dummy0\0SUBSYSTEM=net\0INTERFACE=dummy0\0SEQNUM=9\0";

    #[test]
    fn a_kernel_event_reads_as_in_udevadm() {
        let message = decode(ADD, ADD.len());
        assert_eq!(message.message_type, "uevent");
        assert_eq!(message.summary, "add /devices/virtual/net/dummy0 (net)");
        assert_eq!(message.raw, None);
    }

    #[test]
    fn a_cut_event_shows_what_is_left() {
        let message = decode(&ADD[..20], ADD.len());
        assert_eq!(message.summary, "add /devices/virtual");
        assert!(message.truncated);
    }

    #[test]
    fn a_udev_event_is_told_apart() {
        let mut data = UDEV_PREFIX.to_vec();
        data.extend(UDEV_MAGIC.to_be_bytes());
        data.extend([40u32, 40, 30].map(u32::to_ne_bytes).concat());
        data.resize(40, 0);
        data.extend(b"ACTION=change\0DEVPATH=/devices/x\0SUBSYSTEM=block\0");
        let message = decode(&data, data.len());
        assert_eq!(message.message_type, "udev");
        assert_eq!(message.summary, "change /devices/x (block)");
    }

    #[test]
    fn anything_else_is_raw() {
        let message = decode(b"\x01\x02", 2);
        assert_eq!((&*message.message_type, message.raw.as_deref()), ("raw", Some("0102")));
    }
}
