//! The flags of `nlmon tail` as pairs of a name and a value: the query of the page's address has
//! them in this form. The parser of the command line reads them, so both take the same words. Pure.

use clap::error::ContextKind;
use clap::{Arg, Args, Command, FromArgMatches as _};

use super::filter::{Filter, FilterError, unknown};
use super::history::History;

/// What a reader wants of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Words {
    /// Which records.
    #[command(flatten)]
    pub filter: Filter,
    /// How much history.
    #[command(flatten)]
    pub history: History,
}

/// The flags that are switches.
const SWITCHES: [&str; 1] = ["errors"];
/// The flags whose values clap itself checks.
const CHECKED: [&str; 3] = ["pid", "last", "since"];

impl Words {
    /// Reads the pairs. Of a flag that takes one value, the last one wins. A switch without a value
    /// is on.
    ///
    /// # Errors
    /// The first flag that does not exist, or a value that is none.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, FilterError> {
        let command = Self::augment_args(Command::new("words"));
        let command = command.no_binary_name(true).args_override_self(true);
        let flags = || command.get_arguments().filter_map(Arg::get_long);
        let mut arguments = Vec::new();
        for (name, value) in pairs {
            if !flags().any(|flag| flag == name) {
                return Err(unknown("filter", name, flags()));
            }
            let is_on = SWITCHES.contains(&name) && matches!(value, "" | "true");
            arguments.push(if is_on { format!("--{name}") } else { format!("--{name}={value}") });
        }
        let matches = command.try_get_matches_from(arguments);
        matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| wrong(&error))
    }
}

fn wrong(error: &clap::Error) -> FilterError {
    let part = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let flag = part(ContextKind::InvalidArg);
    let is_it = |name: &&str| flag.starts_with(&format!("--{name}"));
    let what = CHECKED.into_iter().chain(SWITCHES).find(is_it).unwrap_or("value");
    FilterError { what, value: part(ContextKind::InvalidValue), nearest: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_flags_of_tail() {
        let words = [
            ("protocol", "route,xfrm"),
            ("type", "RTM_*LINK"),
            ("protocol", "generic"),
            ("pid", "7"),
            ("errors", "true"),
            ("text", "-a b=c"),
            ("last", "7"),
            ("last", "200"),
            ("since", "5m"),
        ];
        let filter = r#"{"protocol":["route","xfrm","generic"],"type":["RTM_*LINK"],"pid":[7],
            "errors":true,"text":"-a b=c"}"#;
        let filter = serde_json::from_str(filter).unwrap();
        let history = History { last: Some(200), since_ns: Some(300_000_000_000) };
        assert_eq!(Words::parse(words).unwrap(), Words { filter, history });
        assert_eq!(Words::parse([]).unwrap(), Words::default());
        let error = |word| Words::parse([word]).unwrap_err().to_string();
        assert_eq!(
            error(("protcol", "route")),
            r#"unknown filter "protcol": did you mean "protocol"?"#
        );
        assert_eq!(error(("help", "")), r#"unknown filter "help""#);
        assert_eq!(error(("pid", "seven")), r#"unknown pid "seven""#);
        assert_eq!(error(("errors", "no")), r#"unknown errors "no""#);
        assert_eq!(error(("since", "long")), r#"unknown since "long""#);
    }
}
