//! Functions that pass an attribute on to one that writes or reads it, such as
//! `put_counter(skb, type, value)`: what they say of the attributes that they are called with.

use std::collections::BTreeMap;

use super::evidence::{self, Place, Sort};
use super::scan::{self, Call};

/// A function says this of the attribute that is its argument of that number.
type Said = (usize, Place, Sort);

/// Functions by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrappers {
    known: BTreeMap<String, Vec<Said>>,
}

impl Wrappers {
    /// Adds the functions that cleaned code defines: only those that other files can call, or only
    /// those that none can.
    pub(super) fn learn(&mut self, code: &str, for_all: bool) {
        for definition in scan::definitions(code) {
            if definition.head.before.contains("static") == for_all {
                continue;
            }
            let said = self.said_in(&definition);
            if !said.is_empty() {
                self.known.insert(definition.head.function.to_owned(), said);
            }
        }
    }

    pub(super) fn knows(&self, function: &str) -> bool {
        self.known.contains_key(function)
    }

    /// What a call says, with the argument that it says it of.
    pub(super) fn of<'a>(&self, call: &Call<'a>) -> Vec<(&'a str, Place, Sort)> {
        let said = self.known.get(call.function).into_iter().flatten();
        let of_argument = |(number, place, sort): &Said| {
            Some((*call.arguments.get(*number)?, *place, sort.clone()))
        };
        said.filter_map(of_argument).collect()
    }

    fn said_in(&self, definition: &scan::Definition<'_>) -> Vec<Said> {
        let parameters: Vec<_> = definition
            .head
            .arguments
            .iter()
            .map(|parameter| (scan::words(parameter).last(), parameter.contains("nlattr")))
            .collect();
        let place_of = |argument: &str, attribute: bool| {
            parameters.iter().position(|p| p.0 == Some(argument.trim()) && p.1 == attribute)
        };
        let mut found = Vec::new();
        let wanted = |name: &str| evidence::is_wanted(name) || self.knows(name);
        for call in scan::calls(definition.body, wanted) {
            let own = self.of(&call);
            for (argument, place, sort) in own.into_iter().chain(evidence::of_call(&call)) {
                let number = place_of(argument, place == Place::Read);
                found.extend(number.map(|number| (number, place, sort)));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(code: &str) -> Wrappers {
        let mut wrappers = Wrappers::default();
        wrappers.learn(code, false);
        wrappers
    }

    fn said(wrappers: &Wrappers, code: &str) -> Vec<(String, Place, Sort)> {
        let calls = scan::calls(code, |name| wrappers.knows(name));
        let of = calls.iter().flat_map(|call| wrappers.of(call));
        of.map(|(argument, place, sort)| (argument.to_owned(), place, sort)).collect()
    }

    #[test]
    fn what_a_function_passes_on_is_what_it_says() {
        let wrappers = learnt(
            "static int put(struct sk_buff *skb, int type, u32 v)\n{\n\
             \tif (v) {\n\t\treturn nla_put_be32(skb, type, htonl(v));\n\t}\n\treturn 0;\n}\n\
             static u32 get(const struct nlattr *a)\n{\n\treturn nla_get_u32(a);\n}\n",
        );
        assert_eq!(
            said(&wrappers, "put(skb, A_ONE, 1); x = get(tb[A_TWO]);"),
            [
                ("A_ONE".to_owned(), Place::Write, Sort::Big),
                ("tb[A_TWO]".to_owned(), Place::Read, Sort::Unsigned)
            ]
        );
    }

    #[test]
    fn what_writes_an_attribute_of_its_own_says_nothing_of_its_arguments() {
        let wrappers = learnt("static int f(int type)\n{\n\tnla_put_u8(skb, A_ONE, type);\n}\n");
        assert!(!wrappers.knows("f"));
    }
}
