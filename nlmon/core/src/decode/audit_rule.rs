//! The conditions of an audit rule, `struct audit_rule_data` in `include/uapi/linux/audit.h`: three
//! arrays say what is compared, how and with what. A condition on a text has its length there; the
//! text is in `buf`, behind those of the conditions before it (`audit_data_to_entry` in
//! `kernel/auditfilter.c`). The words are those of `auditctl`.

use std::borrow::Cow;

use super::{
    attribute::{Attribute, Value},
    names::Table,
    printable,
    reader::Span,
    walk::u32_at,
};

/// `AUDIT_MAX_FIELDS`
const FIELDS_MAX: usize = 64;
const WORD: usize = size_of::<u32>();
const FIELD_COUNT_AT: usize = 2 * WORD;
/// Bits of system calls, `AUDIT_BITMASK_SIZE` words.
const MASK_AT: usize = 3 * WORD;
const FIELDS_AT: usize = MASK_AT + 64 * WORD;
const VALUES_AT: usize = FIELDS_AT + FIELDS_MAX * WORD;
const OPERATORS_AT: usize = VALUES_AT + FIELDS_MAX * WORD;
const TEXTS_LEN_AT: usize = OPERATORS_AT + FIELDS_MAX * WORD;
const TEXTS_AT: usize = TEXTS_LEN_AT + WORD;

static FIELDS: Table = &[
    (0, "pid"),
    (1, "uid"),
    (2, "euid"),
    (3, "suid"),
    (4, "fsuid"),
    (5, "gid"),
    (6, "egid"),
    (7, "sgid"),
    (8, "fsgid"),
    (9, "auid"),
    (10, "pers"),
    (11, "arch"),
    (12, "msgtype"),
    (13, "subj_user"),
    (14, "subj_role"),
    (15, "subj_type"),
    (16, "subj_sen"),
    (17, "subj_clr"),
    (18, "ppid"),
    (19, "obj_user"),
    (20, "obj_role"),
    (21, "obj_type"),
    (22, "obj_lev_low"),
    (23, "obj_lev_high"),
    (24, "loginuid_set"),
    (25, "sessionid"),
    (26, "fstype"),
    (100, "devmajor"),
    (101, "devminor"),
    (102, "inode"),
    (103, "exit"),
    (104, "success"),
    (105, "path"),
    (106, "perm"),
    (107, "dir"),
    (108, "filetype"),
    (109, "obj_uid"),
    (110, "obj_gid"),
    (111, "field_compare"),
    (112, "exe"),
    (113, "saddr_fam"),
    (200, "a0"),
    (201, "a1"),
    (202, "a2"),
    (203, "a3"),
    (210, "key"),
];

const ARCH: u32 = 11;
const EXIT: u32 = 103;
const WATCH: u32 = 105;
const PERM: u32 = 106;
const DIR: u32 = 107;
const EXE: u32 = 112;
const FILTERKEY: u32 = 210;
/// `AUDIT_UID_UNSET`, which `auditctl` takes `unset` for.
const UID_UNSET: u32 = u32::MAX;

/// `AUDIT_EQUAL` and the others, and how `auditctl` writes them.
fn operator(flags: u32) -> Option<&'static str> {
    Some(match flags & 0x7800_0000 {
        0x4000_0000 => "=",
        0x3000_0000 => "!=",
        0x1000_0000 => "<",
        0x5000_0000 => "<=",
        0x2000_0000 => ">",
        0x6000_0000 => ">=",
        0x0800_0000 => "&",
        0x4800_0000 => "&=",
        _ => return None,
    })
}

/// The rule's system calls and conditions; `None` if its arrays or texts do not fit together.
pub(super) fn conditions(span: Span<'_>) -> Option<Vec<Attribute>> {
    let data = span.bytes;
    let count = usize::try_from(u32_at(data, FIELD_COUNT_AT)?).ok()?;
    let len = usize::try_from(u32_at(data, TEXTS_LEN_AT)?).ok()?;
    let mut texts = data.get(TEXTS_AT..TEXTS_AT.checked_add(len)?)?;
    let mut conditions = Vec::new();
    for index in (0..FIELDS_MAX).take(count) {
        let word = |array: usize| u32_at(data, array + index * WORD);
        let (field, operand) = (word(FIELDS_AT)?, word(VALUES_AT)?);
        let value: Cow<'static, str> = if is_text(field) {
            let (text, rest) = texts.split_at_checked(usize::try_from(operand).ok()?)?;
            texts = rest;
            printable::escape(text).into()
        } else {
            number(field, operand)
        };
        let operator = operator(word(OPERATORS_AT)?)?;
        conditions.push(Attribute {
            name: name(field),
            value: Some(Value::Text(format!("{operator}{value}").into())),
            ..Attribute::default()
        });
    }
    (count <= FIELDS_MAX && texts.is_empty()).then(|| {
        let calls = Attribute {
            name: "syscalls".into(),
            value: Some(Value::Text(syscalls(&data[MASK_AT..FIELDS_AT]))),
            ..Attribute::default()
        };
        vec![calls, Attribute::nest("fields", conditions)]
    })
}

/// What a rule says, as `auditctl` takes it: `path=/etc/passwd perm=wa key=changed`.
pub(super) fn line(conditions: &[Attribute]) -> String {
    let word = |condition: &Attribute| {
        let value = condition.value.as_ref().map(ToString::to_string);
        format!("{}{}", condition.name, value.unwrap_or_default())
    };
    conditions.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn name(field: u32) -> Cow<'static, str> {
    let known = FIELDS.iter().find(|(number, _)| *number == field);
    known.map_or_else(|| field.to_string().into(), |(_, name)| Cow::Borrowed(*name))
}

fn is_text(field: u32) -> bool {
    matches!(field, 13..=17 | 19..=23 | WATCH | DIR | EXE | FILTERKEY)
}

fn number(field: u32, operand: u32) -> Cow<'static, str> {
    match field {
        PERM => [(4, 'r'), (2, 'w'), (1, 'x'), (8, 'a')]
            .iter()
            .filter(|(bit, _)| operand & bit != 0)
            .map(|(_, letter)| *letter)
            .collect::<String>()
            .into(),
        ARCH => format!("0x{operand:x}").into(),
        EXIT => operand.cast_signed().to_string().into(),
        1..=9 | 109 | 110 if operand == UID_UNSET => "unset".into(),
        _ => operand.to_string().into(),
    }
}

/// The numbers of the bits, whose names depend on the machine; `all` and `none` are frequent.
fn syscalls(mask: &[u8]) -> Cow<'static, str> {
    let words: Vec<u32> = (0..mask.len()).step_by(WORD).filter_map(|at| u32_at(mask, at)).collect();
    // `auditctl -S all` leaves the last word, of classes, alone.
    if words.iter().take(words.len().saturating_sub(1)).all(|word| *word == u32::MAX) {
        return "all".into();
    }
    let bits = words.iter().zip((0u32..).step_by(32));
    let bits = bits.flat_map(|(word, first)| {
        (0..32u32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
    });
    let numbers: Vec<String> = bits.map(|number| number.to_string()).collect();
    if numbers.is_empty() { "none".into() } else { numbers.join(",").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule as `auditctl` sends it: `(field, operator, value)`, and the texts.
    fn rule(conditions: &[(u32, u32, u32)], texts: &[u8]) -> Vec<u8> {
        let mut data = vec![0; TEXTS_AT];
        let mut put =
            |at: usize, word: u32| data[at..at + WORD].copy_from_slice(&word.to_ne_bytes());
        put(FIELD_COUNT_AT, u32::try_from(conditions.len()).unwrap());
        put(TEXTS_LEN_AT, u32::try_from(texts.len()).unwrap());
        for (index, (field, operator, value)) in conditions.iter().enumerate() {
            put(FIELDS_AT + index * WORD, *field);
            put(VALUES_AT + index * WORD, *value);
            put(OPERATORS_AT + index * WORD, *operator);
        }
        put(MASK_AT + 8 * WORD, 1 << 1);
        data.extend_from_slice(texts);
        data
    }

    fn read(data: &[u8]) -> Option<(String, String)> {
        let found = conditions(Span { at: 0, bytes: data })?;
        let calls = found[0].value.as_ref().unwrap().to_string();
        Some((calls, line(&found[1].attributes)))
    }

    #[test]
    fn texts_have_the_ends_that_their_conditions_give_them() {
        const EQUAL: u32 = 0x4000_0000;
        let rule = rule(
            &[(WATCH, EQUAL, 11), (PERM, EQUAL, 10), (9, 0x3000_0000, UID_UNSET), (210, EQUAL, 7)],
            b"/etc/passwdchanged",
        );
        let expected = "path=/etc/passwd perm=wa auid!=unset key=changed";
        // Bit 257 is openat on x86-64.
        assert_eq!(read(&rule), Some(("257".to_owned(), expected.to_owned())));
    }

    #[test]
    fn what_does_not_fit_together_is_not_read() {
        const EQUAL: u32 = 0x4000_0000;
        assert_eq!(read(&rule(&[(WATCH, EQUAL, 12)], b"/etc/passwd")), None);
        assert_eq!(read(&rule(&[(WATCH, EQUAL, 4)], b"/etc/passwd")), None);
        assert_eq!(read(&rule(&[(0, 0, 4)], b"")), None);
        assert_eq!(read(&rule(&[], b"")[..TEXTS_AT - 1]), None);
        let mut many = rule(&[(0, EQUAL, 4)], b"");
        many[FIELD_COUNT_AT..FIELD_COUNT_AT + WORD].copy_from_slice(&65u32.to_ne_bytes());
        assert_eq!(read(&many), None);
    }
}
