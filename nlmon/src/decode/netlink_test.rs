//! The messages of the project's own kernel module (`kmod/netlink_test.h`).

use super::printable;
use super::walk::u32_at;

const LOAD_MULTICAST: u32 = 1;

/// What a message of `type_name` says; `None` for a load order that is too short to be one.
pub(super) fn summary(type_name: &str, payload: &[u8]) -> Option<String> {
    match type_name {
        "NLTEST_MSG_ECHO" | "NLTEST_MSG_GREETING" => Some(printable::quoted(payload)),
        "NLTEST_MSG_GREET" => Some("asks for the greeting".to_owned()),
        "NLTEST_MSG_LOAD" => load(payload),
        _ => Some(format!("{} bytes", payload.len())),
    }
}

fn load(payload: &[u8]) -> Option<String> {
    let (count, size, flags) = (u32_at(payload, 0)?, u32_at(payload, 4)?, u32_at(payload, 8)?);
    let path = if flags & LOAD_MULTICAST == 0 { "unicast" } else { "multicast" };
    Some(format!("asks for {count} messages of {size} bytes, {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted() {
        let greeting = summary("NLTEST_MSG_GREETING", b"Greeting from kernel!\0");
        assert_eq!(greeting.as_deref(), Some("\"Greeting from kernel!\""));
    }

    #[test]
    fn a_load_order_is_read() {
        let payload = [7u32.to_ne_bytes(), 64u32.to_ne_bytes(), 1u32.to_ne_bytes()].concat();
        let line = summary("NLTEST_MSG_LOAD", &payload);
        assert_eq!(line.as_deref(), Some("asks for 7 messages of 64 bytes, multicast"));
        assert_eq!(summary("NLTEST_MSG_LOAD", &payload[..11]), None);
    }
}
