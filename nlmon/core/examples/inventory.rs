//! Prints what the decoder's tables hold, one line each, for `cargo xtask audit`: fields apart by
//! tabs, the first says what the line is. An attribute belongs to the set above it, a member to the
//! structure above it, and names of numbers to either. What a form is made of follows it behind colons.
#![expect(clippy::print_stdout, reason = "printing is all that it does")]

use nlmon_core::decode::inventory::{Form, Inventory, Meaning};

fn main() {
    let inventory = Inventory::of_tables();
    for family in &inventory.families {
        println!("family\t{family}");
    }
    for set in &inventory.sets {
        println!("set\t{}", set.path);
        for attribute in &set.attributes {
            let form = form(&inventory, &attribute.form);
            println!("attribute\t{}\t{}\t{form}", attribute.number, attribute.name);
            names(&attribute.form);
        }
    }
    for structure in &inventory.structures {
        println!("structure\t{}\t{}", structure.name, structure.path);
        for member in &structure.members {
            let (name, offset) = (member.name, member.offset);
            let size = member.size.unwrap_or(0);
            println!("member\t{name}\t{offset}\t{size}\t{}", form(&inventory, &member.form));
            names(&member.form);
        }
    }
}

fn form(inventory: &Inventory, form: &Form) -> String {
    let structure = |place: &usize| inventory.structures.get(*place).map_or("", |s| s.name);
    match form {
        Form::Number { signed, big_endian, meaning } => {
            let kind = match (big_endian, signed) {
                (true, true) => "signed-big",
                (true, false) => "big",
                (false, true) => "signed",
                (false, false) => "unsigned",
            };
            format!("{kind}:{}", word(meaning))
        }
        Form::Text => "text".to_owned(),
        Form::Flag => "flag".to_owned(),
        Form::Address | Form::LongAddress => "address".to_owned(),
        Form::SocketAddress => "socket-address".to_owned(),
        Form::LinkAddress => "link-address".to_owned(),
        Form::Bytes => "bytes".to_owned(),
        Form::Padding => "padding".to_owned(),
        Form::Secret => "secret".to_owned(),
        Form::Bitfield => "bitfield".to_owned(),
        Form::Nest(_) => "nest".to_owned(),
        Form::List(_) => "list".to_owned(),
        Form::Items(size, item) => format!("items:{size}:{}", self::form(inventory, item)),
        Form::Structure(place) => format!("structure:{}", structure(place)),
        Form::Headed(place, _) => format!("headed:{}", structure(place)),
        Form::Hops(place, _) => format!("hops:{}", structure(place)),
        Form::Choice(forms) => {
            let forms: Vec<_> = forms.iter().map(|form| self::form(inventory, form)).collect();
            forms.join("|")
        }
    }
}

/// What the numbers of the attribute or member above stand for.
fn names(form: &Form) {
    let Form::Number { meaning, .. } = form else { return };
    let (kind, names) = match meaning {
        Meaning::Words(names) => ("words", names),
        Meaning::Bits(names) => ("bits", names),
        _ => return,
    };
    if names.is_empty() {
        return;
    }
    let names: Vec<_> = names.iter().map(|(number, name)| format!("{number}={name}")).collect();
    println!("{kind}\t{}", names.join("\t"));
}

fn word(meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Plain => "plain",
        Meaning::Limit => "limit",
        Meaning::Interface => "interface",
        Meaning::Parts => "parts",
        Meaning::Words(_) => "words",
        Meaning::Bits(_) => "bits",
    }
}
