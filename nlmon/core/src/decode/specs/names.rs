//! The names that things have in C, as the kernel's own generator makes them, and those that tell
//! of a secret.

use super::schema::{AttributeSet, Family, Operations};

/// What begins or ends a word of the name of a text, an array or a long number that must not be
/// shown. It finds too much, a keyboard for one, which costs less than too little.
const SECRET: [&str; 8] =
    ["key", "secret", "password", "passwd", "pwd", "psk", "passphrase", "token"];

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

/// Whether a text, an array or a long number of that name is, or may be, a secret.
pub(super) fn tells_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(['-', '_', '.']);
    words.any(|word| SECRET.iter().any(|part| word.starts_with(part) || word.ends_with(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_by_how_a_word_begins_or_ends() {
        for name in
            ["key", "session-keys", "auth_token", "wifi-passphrase", "PSK", "key2", "privkey"]
        {
            assert!(tells_secret(name), "{name}");
        }
        for name in ["name", "number", "index", "broken-keel"] {
            assert!(!tells_secret(name), "{name}");
        }
    }
}
