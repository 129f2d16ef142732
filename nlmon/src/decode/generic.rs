//! Generic netlink: the header that every family shares, and the controller (`nlctrl`) that hands
//! out the family numbers. Other families are shown by number: their names belong to the running
//! kernel, and their payloads may carry keys.

use super::line::Line;
use super::names::{self, protocol, words};
use super::printable;
use super::walk::{Attributes, u16_at};

const HEADER_LEN: usize = 4;
const CTRL: u16 = 16;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;

/// What a message of the family `message_type` is about; `None` if its header is cut.
pub(super) fn summary(message_type: u16, payload: &[u8]) -> Option<String> {
    let (&[command, version], rest) = (payload.first_chunk()?, payload.get(HEADER_LEN..)?);
    if message_type == CTRL {
        return Some(controller(command, rest));
    }
    let family = names::message_type_name(protocol::GENERIC, message_type);
    Some(format!("family {family} command {command} version {version}"))
}

fn controller(command: u8, attributes: &[u8]) -> String {
    let mut line = Line::default();
    line.word(&words::control_command(command));
    for attribute in Attributes::new(attributes) {
        match attribute.kind {
            CTRL_ATTR_FAMILY_ID => line.optional("id", u16_at(attribute.value, 0)),
            CTRL_ATTR_FAMILY_NAME => line.word(&printable::c_string(attribute.value)),
            _ => &mut line,
        };
    }
    line.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controller_names_the_family_it_is_asked_for() {
        let payload = [3, 1, 0, 0, 12, 0, 2, 0, b'n', b'l', b'8', b'0', b'2', b'1', b'1', 0];
        assert_eq!(summary(CTRL, &payload).as_deref(), Some("CTRL_CMD_GETFAMILY nl80211"));
    }

    #[test]
    fn other_families_show_their_header_and_nothing_else() {
        let line = summary(28, &[5, 1, 0, 0, 8, 0, 1, 0, 1, 2, 3, 4]);
        assert_eq!(line.as_deref(), Some("family 28 command 5 version 1"));
        assert_eq!(summary(28, &[5, 1]), None);
    }
}
