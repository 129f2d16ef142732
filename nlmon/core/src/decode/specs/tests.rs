//! Names, numbers and kinds of a small family that uses all of a spec, and what wrong specs say.

use super::*;
use crate::decode::tables::kind::{Kind, Set};

const TEA_POT: &str = include_str!("../../../tests/specs/tea-pot.yaml");

/// A spec of one set and one operation, which has these attributes and before it these lines.
fn small(head: &str, attributes: &str) -> String {
    format!(
        "name: f\n{head}attribute-sets:\n  - name: s\n    attributes: [{attributes}]\n\
         operations:\n  list: [{{name: get, attribute-set: s, do: {{}}}}]\n"
    )
}

fn fault(text: &str) -> String {
    Spec::parse(text).unwrap_err().to_string()
}

fn set(spec: Spec, command: &str) -> Set {
    let mut words = spec.0.tables.requests.iter();
    words.find(|word| word.1 == command).map(|word| *word.2).unwrap()
}

fn kind(set: Set, name: &str) -> &'static Kind {
    set.iter().find(|entry| entry.1 == name).map(|entry| whole(&entry.2)).unwrap()
}

/// What it is if it is as long as it should be.
fn whole(kind: &'static Kind) -> &'static Kind {
    if let Kind::Long(_, kind) = kind { kind } else { kind }
}

fn inside(kind: &Kind) -> Set {
    match kind {
        Kind::Described(set) => set.get().copied().unwrap(),
        Kind::List(kind) => inside(kind),
        _ => panic!("no nest"),
    }
}

fn names(words: impl IntoIterator<Item = (u16, &'static str)>) -> Vec<String> {
    words.into_iter().map(|(number, name)| format!("{number} {name}")).collect()
}

#[test]
fn numbers_and_names_are_those_of_the_generator() {
    let spec = Spec::parse(TEA_POT).unwrap();
    assert_eq!((spec.name(), spec.is_known()), ("tea-pot", false));
    let commands = [
        "1 TEA_POT_CMD_GET",
        "5 TEA_POT_CMD_SET",
        "6 TEA_POT_CMD_BOILED_NTF",
        "7 TEA_POT_CMD_BROKEN",
        "8 TEA_POT_CMD_RESERVED",
    ];
    let tables = &spec.0.tables;
    assert_eq!(names(tables.requests.iter().map(|word| (word.0, word.1))), commands);
    assert_eq!(names(tables.replies.iter().map(|word| (word.0, word.1))), commands);
    let whole = set(spec, "TEA_POT_CMD_GET");
    let some = names(whole.iter().map(|entry| (entry.0, entry.1)));
    for expected in [
        "1 TEA_POT_A_ID",
        "3 TEA_POT_A_WIFI_KEY",
        "4 TEA_POT_A_PAD",
        "8 TEA_POT_A_LEAF",
        "9 TEA_POT_A_QUIRKS",
        "31 TEA_OLD_HANDLE",
        "32 TEA_POT_A_REST",
    ] {
        assert!(some.iter().any(|name| name == expected), "{expected} is not in {some:?}");
    }
    assert_eq!(whole.len(), 32);
    let cup = set(spec, "TEA_POT_CMD_BROKEN");
    assert_eq!(names(cup.iter().map(|e| (e.0, e.1))), ["1 TEA_CUP_SIZE", "2 TEA_CUP_WITHIN"]);
    // A notification holds what the operation does that it is of; a number that is only reserved
    // explains nothing.
    assert!(std::ptr::eq(set(spec, "TEA_POT_CMD_BOILED_NTF"), whole));
    assert!(set(spec, "TEA_POT_CMD_RESERVED").is_empty());
    // A set may be inside of itself.
    assert!(std::ptr::eq(inside(kind(cup, "TEA_CUP_WITHIN")), cup));
    // A subset has the numbers and the names of the whole set.
    let inner = inside(kind(whole, "TEA_POT_A_INNER"));
    assert_eq!(names(inner.iter().map(|e| (e.0, e.1))), ["1 TEA_POT_A_ID", "14 TEA_POT_A_WARM"]);
    assert!(matches!(kind(inner, "TEA_POT_A_ID"), Kind::Be));
    assert!(matches!(kind(whole, "TEA_POT_A_ID"), Kind::Num));
}

#[test]
fn what_a_spec_does_not_explain_is_withheld() {
    let spec = Spec::parse(TEA_POT).unwrap();
    let set = set(spec, "TEA_POT_CMD_GET");
    for name in
        ["WIFI_KEY", "RECIPE", "DIGEST", "DROPS", "REST", "SIP_KEYS", "LOCK_KEYS", "LOCK_SECRET"]
    {
        assert!(matches!(kind(set, &format!("TEA_POT_A_{name}")), Kind::Secret), "{name}");
    }
    let Kind::Struct(body) = kind(set, "TEA_POT_A_BODY") else { panic!("no structure") };
    let widths: Vec<_> = body.iter().map(|field| (field.0, field.1)).collect();
    assert_eq!(widths, [("height", 4), ("lid", 8), ("leaf", 1), ("glaze", 0)]);
    let Kind::Struct(lid) = body[1].2 else { panic!("no structure") };
    assert!(matches!((whole(&lid[0].2), lid[1].2), (Kind::Mac, Kind::Secret)));
}

#[test]
fn enumerations_count_from_their_start() {
    let spec = Spec::parse(TEA_POT).unwrap();
    let set = set(spec, "TEA_POT_CMD_GET");
    let Kind::Word(leaf) = kind(set, "TEA_POT_A_LEAF") else { panic!("no word") };
    assert_eq!(**leaf, [(1, "green"), (4, "black"), (5, "oolong")]);
    let Kind::Mask(quirks) = kind(set, "TEA_POT_A_QUIRKS") else { panic!("no bits") };
    assert_eq!(**quirks, [(1, "leaks"), (16, "chipped")]);
    let Kind::BeMask(kinds) = kind(set, "TEA_POT_A_KINDS") else { panic!("no bits") };
    assert_eq!(**kinds, [(2, "green"), (16, "black"), (32, "oolong")]);
}

#[test]
fn answers_may_count_apart() {
    let spec = |list: &str| {
        let text = format!(
            "name: f\nattribute-sets: [{{name: f, attributes: []}}]\noperations:\n  \
             enum-model: directional\n  name-prefix: f-msg-\n  list: [{list}]\n"
        );
        let tables = &Spec::parse(&text).unwrap().0.tables;
        let names = |words: Words| names(words.iter().map(|word| (word.0, word.1))).join(", ");
        (names(tables.requests), names(tables.replies))
    };
    let get = "{name: get, do: {request: {}, reply: {}}}";
    let set = "{name: set, do: {request: {}}}";
    let event = "{name: ntf, notify: get}";
    assert_eq!(
        spec(&[get, set, event, "{name: act, dump: {request: {value: 7}, reply: {}}}"].join(",")),
        (
            "1 F_MSG_GET, 2 F_MSG_SET, 7 F_MSG_ACT".to_owned(),
            "1 F_MSG_GET_REPLY, 2 F_MSG_NTF, 3 F_MSG_ACT_REPLY".to_owned()
        )
    );
    // Numbers that are given are those of one list of commands.
    let first = "{name: new, do: {request: {value: 3}}}";
    let one = "{name: get, do: {request: {value: 4}, reply: {value: 3}}}";
    let other = "{name: dump, do: {request: {value: 6}, reply: {value: 9}}}";
    assert_eq!(
        spec(&[first, one, other].join(",")),
        (
            "3 F_MSG_NEW, 4 F_MSG_GET, 6 F_MSG_DUMP".to_owned(),
            "3 F_MSG_NEW, 9 F_MSG_DUMP_REPLY".to_owned()
        )
    );
}

#[test]
fn events_may_have_numbers_of_their_own() {
    let text = "name: f\nattribute-sets: [{name: f, attributes: []}]\noperations:\n  async-prefix: \
                f-event-\n  list: [{name: get, do: {}}, {name: born, value: 1, event: {}}]\n";
    let specs = Specs::new([Spec::parse(text).unwrap()]);
    let (tables, events) = specs.family("f").unwrap();
    assert_eq!((tables.requests[0].1, tables.replies[0].1), ("F_CMD_GET", "F_CMD_GET"));
    assert_eq!(events.unwrap()[0].1, "F_EVENT_BORN");
    assert_eq!(specs.names().collect::<Vec<_>>(), ["f", "F_CMD_GET", "F_CMD_GET", "F_EVENT_BORN"]);
}

#[test]
fn tables_in_code_win() {
    let known = Spec::parse(&small("", "").replace("name: f\n", "name: ovpn\n")).unwrap();
    assert!(known.is_known());
    assert!(Specs::new([known]).family("ovpn").is_none());
    assert_eq!(Specs::new([known]), Specs::default());
}

fn assert_told(cases: &[(String, &str)]) {
    for (found, expected) in cases {
        assert!(found.starts_with(expected), "{found:?} does not begin with {expected:?}");
        assert!(found.len() < 300 && !found.contains('\n'), "{found:?}");
    }
}

#[test]
fn what_is_no_spec_is_told_with_its_line() {
    let head = |head: &str| fault(&small(head, ""));
    assert_told(&[
        (fault("a: [b"), "line 1: "),
        (fault("- a"), "line 1: "),
        (fault("name: f\n"), "line 1: missing field `operations`"),
        (head("protocol: genetlnk\n"), "unknown protocol \"genetlnk\", expected genetlink"),
        (head("protocol: netlink-raw\n"), "its protocol is netlink-raw, and only specs of generic"),
    ]);
}

#[test]
fn a_wrong_attribute_is_told_with_its_line() {
    let of = |attributes: &str| fault(&small("", attributes));
    assert_told(&[
        (of("{name: a, type: u23}"), "line 4: unknown variant `u23`"),
        (of("{name: a}"), "line 4: \"a\" has no type"),
        (of("{name: \"a\\tb\", type: u8}"), "line 4: \"a\\tb\" is no name"),
        (of("{name: a, type: u8, value: 70000}"), "line 4: "),
        (of("{name: a, type: u8, value: 20000}"), "line 4: \"a\" has a number over 16383"),
        (
            of("{name: a, type: u8, value: 2}, {name: b, type: u8}, {name: c, type: u8, value: 3}"),
            "line 4: \"c\" has the number of \"b\"",
        ),
        (of("{name: a, type: u8}, {name: a, type: u8}"), "line 4: \"a\" has the name of \"a\""),
        (
            of("{name: a, type: nest, nested-attributes: t}"),
            "line 4: there is no attribute set \"t\"",
        ),
        (of("{name: a, type: u8, enum: e}"), "line 4: there is no enum or flags \"e\""),
        (of("{name: a, type: binary, struct: t}"), "line 4: there is no struct \"t\""),
        (
            of("{name: a, type: indexed-array, sub-type: nest-type-value}"),
            "line 4: \"a\" has a sub-type that no item can have",
        ),
    ]);
}

#[test]
fn a_wrong_structure_set_or_operation_is_told_with_its_line() {
    assert_told(&[
        (
            small_struct("{name: m, type: binary, struct: t}"),
            "line 2: \"t\" is inside of itself, by struct",
        ),
        (
            small_struct("{name: m, type: string}, {name: n, type: u8}"),
            "line 2: \"m\" has no length, and is not the last",
        ),
        (small_struct("{name: m, type: string, len: x}"), "line 2: \"m\" has no length that it"),
        (small_struct("{name: m, type: nest}"), "line 2: \"m\" has a type that no member"),
        (
            fault(
                "name: f\nattribute-sets:\n- {name: a, subset-of: b}\n- {name: b, subset-of: a}\n\
                 operations: {list: []}\n",
            ),
            "line 4: \"a\" is inside of itself, by subset-of",
        ),
        (
            fault(&small("", "").replace("name: get", "name: get, value: 256")),
            "line 6: \"get\" has a number over 255",
        ),
        (
            fault(&small("", "").replace("do: {}", "notify: put").replace("attribute-set: s,", "")),
            "line 6: there is no operation \"put\"",
        ),
        (
            fault(
                &small("", "")
                    .replace("  list: [", "  list: [{name: put, value: 1},")
                    .replace("name: get", "name: get, value: 1"),
            ),
            "line 6: \"get\" has the number of \"put\"",
        ),
        (fault(&" ".repeat(TEXT_MAX + 1)), "it is longer than 1048576 bytes"),
    ]);
}

fn small_struct(members: &str) -> String {
    let head = format!("definitions: [{{name: t, type: struct, members: [{members}]}}]\n");
    Spec::parse(&small(&head, "{name: a, type: binary, struct: t}"))
        .map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
}

/// Ten aliases of ten aliases of ten: a text of few bytes that stands for more than there is memory.
#[test]
fn aliases_do_not_explode() {
    use std::fmt::Write as _;
    let mut text = "x0: &x0 [a]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*x{}", level - 1); 10].join(",");
        writeln!(text, "x{level}: &x{level} [{aliases}]").unwrap();
    }
    text += &small("", "");
    let found = fault(&text);
    assert!(found.starts_with("line "), "{found}");
    let deep = "[".repeat(5000);
    assert!(fault(&format!("x: {deep}\n")).starts_with("line 1: "));
}

#[test]
fn there_is_an_end_to_sets_and_attributes() {
    use std::fmt::Write as _;
    let mut sets = String::new();
    for number in 0..600 {
        writeln!(sets, "  - {{name: s{number}, attributes: []}}").unwrap();
    }
    let text = format!("name: f\nattribute-sets:\n{sets}operations: {{list: []}}\n");
    assert_eq!(fault(&text), "there are more than 512 attribute sets");
    let many = vec!["{name: a, type: u8}"; 16_385].join(",");
    assert_eq!(fault(&small("", &many)), "there are more than 16384 attributes");
}

/// What is large once is not made again for each that refers to it.
#[test]
fn what_is_shared_is_made_once() {
    use std::fmt::Write as _;
    let mut head = "sub-messages:\n  - name: m\n    formats:\n".to_owned();
    (0..20_000).for_each(|number| writeln!(head, "      - {{value: v{number}}}").unwrap());
    let choice =
        |number| format!("{{name: c{number}, type: sub-message, sub-message: m, selector: s}}");
    let choices = (0..8000).map(choice).collect::<Vec<_>>().join(",");
    let spec = Spec::parse(&small(&head, &format!("{{name: s, type: string}},{choices}"))).unwrap();
    let options = |name| match kind(set(spec, "F_CMD_GET"), name) {
        Kind::Select(1, options) => options.as_ptr(),
        kind => panic!("{kind:?}"),
    };
    assert_eq!(options("F_A_S_C0"), options("F_A_S_C7999"));

    let attribute = |number| format!("{{name: a{number}, type: u8}}");
    let attributes = (0..15_000).map(attribute).collect::<Vec<_>>().join(",");
    let mut sets = format!("  - {{name: a, attributes: [{attributes}]}}\n");
    for number in 1..512 {
        writeln!(sets, "  - {{name: b{number}, subset-of: a, attributes: [{{name: a7}}]}}")
            .unwrap();
    }
    let text = format!("name: f\nattribute-sets:\n{sets}operations: {{list: []}}\n");
    assert!(Spec::parse(&text).is_ok());
}
