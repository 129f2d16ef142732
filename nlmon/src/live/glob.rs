//! Shell-like patterns for names: `*` is any run of characters, `?` any one, letters match in
//! either case. Linear in the text for each `*`; no pattern is slow.

/// Whether all of `text` matches `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // After a mismatch, go back behind the last `*` and let it take one more character.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
            }
            Some(&c) if c == b'?' || c.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, swallowed)) = retry else { return false };
                retry = Some((after_star, swallowed + 1));
                (p, t) = (after_star, swallowed + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// Whether `text` is a pattern rather than a plain name.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_match_any_run() {
        assert!(matches("RTM_*LINK", "RTM_NEWLINK"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "aXbXbXc"));
        assert!(matches("*a*", "bab"));
        assert!(!matches("RTM_*LINK", "RTM_NEWLINKPROP"));
        assert!(!matches("a*b", "a"));
    }

    #[test]
    fn case_does_not_matter_and_length_does() {
        assert!(matches("rtm_newlink", "RTM_NEWLINK"));
        assert!(matches("rtm_???link", "RTM_NEWLINK"));
        assert!(!matches("rtm_newlin", "RTM_NEWLINK"));
        assert!(!matches("", "x"));
    }
}
