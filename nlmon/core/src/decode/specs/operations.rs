//! The commands of a family: their numbers and names, and what they carry.
//!
//! Of a family that counts what is sent and what is answered apart, a spec has one name for both. The
//! answer's has `_REPLY` behind it, as in the kernel's header of ethtool; but where a spec gives
//! numbers of answers, they are those of other commands, and an answer is called as its command.

use std::collections::BTreeMap;

use super::build::Builder;
use super::schema::{Exchange, Half, Model, Name, Operation};
use super::{Described, Error, Fault, keep, keep_all, names};
use crate::decode::tables::kind::{Fields, Generic, Set, Words};
use crate::decode::tables::{NO_ATTRIBUTES, NO_FIELDS};

/// `genlmsghdr.cmd` has 8 bits.
const NUMBER_MAX: u16 = 0xff;

/// The numbers of an operation.
#[derive(Clone, Copy, Debug)]
struct Counted<'a> {
    operation: &'a Operation,
    request: Option<u16>,
    reply: Option<u16>,
    /// The reply has a name of its own.
    apart: bool,
}

impl Operation {
    fn is_event(&self) -> bool {
        self.notify.is_some() || self.event.is_some()
    }

    fn exchange(&self) -> Option<Exchange> {
        self.once.or(self.dump)
    }
}

/// The family, once its sets are filled.
pub(super) fn described(builder: &mut Builder<'_>) -> Result<Described, Error> {
    let family = builder.family;
    let header = header(builder)?;
    let (model, list) = (family.operations.enum_model, &family.operations.list);
    let all = match model {
        Model::Unified => unified(list),
        Model::Directional => directional(list),
    };
    let apart = model == Model::Unified && family.operations.async_prefix.is_some();
    let (events, others): (Vec<_>, Vec<_>) =
        all.iter().copied().partition(|counted| apart && counted.operation.is_event());
    let name = builder.texts.keep(&family.name.text);
    let requests = words(builder, &others, requests_of, true)?;
    let replies = words(builder, &others, replies_of(&others), model == Model::Unified)?;
    let events = words(builder, &events, replies_of(&[]), true)?;
    Ok(Described {
        tables: Generic { name, header, requests, replies },
        events: (!events.is_empty()).then_some(events),
    })
}

/// What stands before the attributes of every message.
fn header(builder: &mut Builder<'_>) -> Result<&'static Fields, Error> {
    let operations = &builder.family.operations;
    let header = operations.fixed_header.as_ref();
    let is_other = |own: &&Name| header.is_none_or(|header| header.text != own.text);
    let mut own = operations.list.iter().filter_map(|operation| operation.fixed_header.as_ref());
    if let Some(other) = own.find(is_other) {
        return Err(Fault::wrong(other, "is a fixed-header that not all of the operations have"));
    }
    let Some(header) = header else { return Ok(&NO_FIELDS) };
    let fields = builder.structure(header)?;
    if fields.iter().any(|field| field.1 == 0) {
        return Err(Fault::wrong(header, "is a fixed-header, and has no fixed length"));
    }
    Ok(fields)
}

/// Operations count from 1, on from where one has a value.
fn unified(list: &[Operation]) -> Vec<Counted<'_>> {
    let mut next = 1;
    let counted = list.iter().map(|operation| {
        let number = operation.value.unwrap_or(next);
        next = number.saturating_add(1);
        Counted { operation, request: Some(number), reply: Some(number), apart: false }
    });
    counted.collect()
}

/// What is sent and what is answered count apart.
fn directional(list: &[Operation]) -> Vec<Counted<'_>> {
    let (mut request, mut reply) = (1_u16, 1_u16);
    let given = |operation: &Operation| value(operation.exchange()?.reply);
    // Who gives a reply its number does so because it is another command's.
    let apart = list.iter().all(|operation| given(operation).is_none());
    let mut all = Vec::with_capacity(list.len());
    for operation in list {
        if operation.is_event() {
            reply = operation.value.unwrap_or(reply);
            all.push(Counted { operation, request: None, reply: Some(reply), apart: false });
            reply = reply.saturating_add(1);
        } else if let Some(exchange) = operation.exchange() {
            request = value(exchange.request).unwrap_or(request);
            reply = value(exchange.reply).unwrap_or(reply);
            let answer = exchange.reply.map(|_half| reply);
            all.push(Counted { operation, request: Some(request), reply: answer, apart });
            request = request.saturating_add(1);
            reply = reply.saturating_add(answer.map_or(0, |_number| 1));
        }
    }
    all
}

/// A number that is given; the kernel's own tools take 0 for none.
fn value(half: Option<Half>) -> Option<u16> {
    half.and_then(|half| half.value).filter(|&value| value > 0)
}

/// Numbers and names, without the prefix.
type Of<'a> = (u16, &'a Operation, String);

fn requests_of<'a>(counted: &Counted<'a>) -> Option<Of<'a>> {
    Some((counted.request?, counted.operation, counted.operation.name.text.clone()))
}

fn replies_of<'a>(all: &[Counted<'a>]) -> impl Fn(&Counted<'a>) -> Option<Of<'a>> {
    let requests: BTreeMap<_, _> =
        all.iter().filter_map(|counted| Some((counted.request?, counted.operation))).collect();
    move |counted| {
        let (number, operation) = (counted.reply?, counted.operation);
        let own = &operation.name.text;
        let same = requests.get(&number).filter(|_| !counted.apart);
        let name = match same {
            _ if operation.is_event() => own.clone(),
            Some(same) => same.name.text.clone(),
            None => format!("{own}-reply"),
        };
        Some((number, operation, name))
    }
}

/// The table of what `of` gives. Where several may have the same number, the first has it.
fn words<'a>(
    builder: &mut Builder<'_>,
    all: &[Counted<'a>],
    of: impl Fn(&Counted<'a>) -> Option<Of<'a>>,
    distinct: bool,
) -> Result<Words, Error> {
    let command = names::command_prefix(builder.family);
    let event = names::event_prefix(builder.family);
    let mut table: BTreeMap<u16, (_, &Name)> = BTreeMap::new();
    for (number, operation, name) in all.iter().filter_map(of) {
        let own = &operation.name;
        if number > NUMBER_MAX {
            return Err(Fault::TooHigh { name: own.text.clone(), most: NUMBER_MAX }.at(own.line));
        }
        if let Some((_, other)) = table.get(&number) {
            if distinct {
                let (name, other) = (own.text.clone(), other.text.clone());
                return Err(Fault::Twice { what: "number", name, other }.at(own.line));
            }
            continue;
        }
        let prefix = if operation.is_event() { &event } else { &command };
        let name = builder.texts.keep(&names::upper(&format!("{prefix}{name}")));
        table.insert(number, ((number, name, set(builder, operation)?), own));
    }
    Ok(keep_all(table.into_values().map(|(word, _)| word).collect()))
}

/// What an operation carries; a notification what the operation does that it tells of. One that only
/// reserves a number carries nothing that could be explained.
fn set(builder: &Builder<'_>, operation: &Operation) -> Result<&'static Set, Error> {
    let list = &builder.family.operations.list;
    let told = |name: &Name| {
        let told = list.iter().find(|operation| operation.name.text == name.text);
        told.ok_or_else(|| Fault::missing("operation", name))
    };
    let told = operation.notify.as_ref().map(told).transpose()?;
    let set = operation.attribute_set.as_ref().or_else(|| told?.attribute_set.as_ref());
    set.map_or(Ok(&NO_ATTRIBUTES), |set| Ok(keep(builder.set(set)?)))
}
