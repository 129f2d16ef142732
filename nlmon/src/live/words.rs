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

impl Filter {
    /// Reads words as a person writes them in one line: `process=zebra type=RTM_NEWROUTE errors`. A
    /// value with spaces stands in double quotes.
    ///
    /// # Errors
    /// The first word that is none.
    pub fn of_line(line: &str) -> Result<Self, FilterError> {
        let words = split(line);
        let pairs = words.iter().map(|word| word.split_once('=').unwrap_or((word, "")));
        let Words { filter, history } = Words::parse(pairs)?;
        if history.is_wanted() {
            // A line chooses records wherever they are: it says nothing about where to begin.
            let name = if history.last.is_some() { "last" } else { "since" };
            return Err(FilterError { what: "filter", value: name.to_owned(), nearest: None });
        }
        Ok(filter)
    }
}

/// The words of a line. Double quotes hold one together, and are no part of it.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut is_quoted) = (String::new(), false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
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

    #[test]
    fn a_line_has_the_same_words() {
        let filter =
            Filter::of_line(r#" process=zebra,"bird 2"  type=RTM_*ROUTE text="a b=c" errors"#);
        let expected = r#"{"process":["zebra","bird 2"],"type":["RTM_*ROUTE"],"text":"a b=c",
            "errors":true}"#;
        assert_eq!(filter, Ok(serde_json::from_str(expected).unwrap()));
        assert_eq!(Filter::of_line(" "), Ok(Filter::default()));
        let error = |line| Filter::of_line(line).unwrap_err().to_string();
        assert_eq!(error("proces=x"), r#"unknown filter "proces": did you mean "process"?"#);
        assert_eq!(error("since=5m"), r#"unknown filter "since""#);
    }
}
