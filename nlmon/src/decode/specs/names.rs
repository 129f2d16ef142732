//! The names that things have in C, as the kernel's own generator makes them, and those that tell
//! of a secret.

use super::schema::{AttributeSet, Family, Operations};

/// Words of a name that say that a text or an array must not be shown.
const SECRET: [&str; 7] = ["key", "secret", "password", "passwd", "psk", "passphrase", "token"];

/// `peer-id` as a constant: `PEER_ID`.
pub(super) fn upper(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// `peer-id` as a member: `peer_id`.
pub(super) fn lower(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// What the attributes of a set begin with, which is no subset.
pub(super) fn attribute_prefix(family: &Family, set: &AttributeSet) -> String {
    match &set.name_prefix {
        Some(prefix) => prefix.clone(),
        None if set.name.text == family.name.text => format!("{}-a-", family.name.text),
        None => format!("{}-a-{}-", family.name.text, set.name.text),
    }
}

/// What commands begin with.
pub(super) fn command_prefix(family: &Family) -> String {
    let Operations { name_prefix, .. } = &family.operations;
    name_prefix.clone().unwrap_or_else(|| format!("{}-cmd-", family.name.text))
}

/// What notifications and events begin with.
pub(super) fn event_prefix(family: &Family) -> String {
    family.operations.async_prefix.clone().unwrap_or_else(|| command_prefix(family))
}

/// Whether a text or an array of that name is, or may be, a secret.
pub(super) fn tells_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(['-', '_', '.']).any(|word| SECRET.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_by_a_whole_word() {
        for name in ["key", "pre-shared-key", "auth_token", "wifi-passphrase", "PSK"] {
            assert!(tells_secret(name), "{name}");
        }
        for name in ["monkey", "keyboard", "name", "tokens-left", "key2"] {
            assert!(!tells_secret(name), "{name}");
        }
    }
}
