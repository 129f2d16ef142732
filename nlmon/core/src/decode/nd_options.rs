//! Options of IPv6 neighbour discovery (RFC 4861, section 4.6), which the kernel passes on as they
//! came: a type, a length in units of eight bytes, and what the type defines.
//!
//! Invariant: an option without a length ends the walk, so that any bytes end it.

use super::attribute::Attribute;
use super::names::name_or_number;
use super::reader::{Reader, Span};
use super::tables::{ND_OPTIONS, nd_option};

/// The options of `span`.
pub(super) fn read(reader: &mut Reader<'_>, span: Span<'_>) -> Vec<Attribute> {
    let mut options = Vec::new();
    let mut rest = span;
    while let &[kind, units, ..] = rest.bytes {
        if units == 0 {
            break;
        }
        let len = 8 * usize::from(units);
        let members = reader.fields(nd_option(kind), rest.part(2, len));
        options.push(Attribute::nest(name_or_number(ND_OPTIONS, kind.into()), members));
        rest = rest.after(len);
    }
    options
}
