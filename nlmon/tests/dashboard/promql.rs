//! As much of Prometheus' language as the dashboard's rules need: which metrics an expression selects,
//! by which matchers, in which function, and which labels aggregations keep. No grammar: promtool has
//! that.

use std::collections::BTreeSet;

/// Words that are followed by a list of labels.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words between two expressions.
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name, a keyword, a number or a duration.
    Word(&'a str),
    /// A string without its quotes.
    Text(&'a str),
    Sign(char),
}

/// A metric where an expression selects it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selector<'a> {
    pub(crate) metric: &'a str,
    /// Label, operator and value.
    pub(crate) matchers: Vec<(&'a str, String, &'a str)>,
    /// What is between the brackets.
    pub(crate) range: Option<&'a str>,
    /// The function whose only argument it is.
    pub(crate) function: Option<&'a str>,
    /// Where it is among the tokens.
    at: usize,
}

/// An aggregation's list of labels, and the metrics that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grouping<'a> {
    pub(crate) word: &'a str,
    pub(crate) labels: Vec<&'a str>,
    pub(crate) metrics: Vec<&'a str>,
}

/// An expression that was read.
#[derive(Debug)]
pub(crate) struct Expression<'a> {
    pub(crate) selectors: Vec<Selector<'a>>,
    pub(crate) groupings: Vec<Grouping<'a>>,
}

impl<'a> Expression<'a> {
    /// Reads an expression, or says what cannot be read.
    pub(crate) fn read(text: &'a str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let selectors = selectors(&tokens)?;
        if selectors.is_empty() {
            return Err("it selects no metric".to_owned());
        }
        let groupings = groupings(&tokens, &selectors);
        Ok(Self { selectors, groupings })
    }

    /// Labels that the result may have: those that an aggregation keeps, or else `None`, for all.
    pub(crate) fn kept(&self) -> Option<BTreeSet<&'a str>> {
        let kept = self.groupings.iter().filter(|grouping| grouping.word == "by");
        let kept: Vec<_> = kept.map(|grouping| grouping.labels.iter().copied()).collect();
        (!kept.is_empty()).then(|| kept.into_iter().flatten().collect())
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let (mut tokens, mut open) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_:$.".contains(c);
        let length = if first == '"' {
            let end = rest[1..].find('"').ok_or("a string does not end")? + 1;
            tokens.push(Token::Text(&rest[1..end]));
            end + 1
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..end]));
            end
        } else if "(){}[],=!~<>+-*/%^".contains(first) {
            match first {
                '(' => open.push(')'),
                '{' => open.push('}'),
                '[' => open.push(']'),
                ')' | '}' | ']' if open.pop() != Some(first) => {
                    return Err(format!("{first} closes nothing"));
                }
                _ => {}
            }
            tokens.push(Token::Sign(first));
            1
        } else {
            return Err(format!("{first} has no meaning"));
        };
        rest = rest[length..].trim_start();
    }
    match open.pop() {
        Some(missing) => Err(format!("{missing} is missing")),
        None => Ok(tokens),
    }
}

/// The position after the sign that closes the one at `start`.
fn end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Sign('(' | '{' | '[') => depth += 1,
            Token::Sign(')' | '}' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

fn selectors<'a>(tokens: &[Token<'a>]) -> Result<Vec<Selector<'a>>, String> {
    let mut selectors = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        let Token::Word(word) = *token else {
            at += 1;
            continue;
        };
        if LISTS.contains(&word) && next == Some(&Token::Sign('(')) {
            at = end(tokens, at + 1);
        } else if next == Some(&Token::Sign('('))
            || matches!(next, Some(Token::Word("by" | "without")))
            || OPERATORS.contains(&word)
            || word.starts_with(|c: char| c.is_ascii_digit())
            || LISTS.contains(&word)
        {
            at += 1;
        } else {
            let start = at;
            at += 1;
            let mut selector = Selector {
                metric: word,
                matchers: Vec::new(),
                range: None,
                function: None,
                at: start,
            };
            if tokens.get(at) == Some(&Token::Sign('{')) {
                let close = end(tokens, at);
                selector.matchers = matchers(&tokens[at + 1..close - 1])?;
                at = close;
            }
            if tokens.get(at) == Some(&Token::Sign('[')) {
                let close = end(tokens, at);
                let [Token::Word(range)] = tokens[at + 1..close - 1] else {
                    return Err(format!("the range of {word} is no duration"));
                };
                selector.range = Some(range);
                at = close;
            }
            selector.function = function(tokens, start, at);
            selectors.push(selector);
        }
    }
    Ok(selectors)
}

/// The function around what is from `start` to `end`, if nothing else is in its parentheses.
fn function<'a>(tokens: &[Token<'a>], start: usize, end: usize) -> Option<&'a str> {
    let [Token::Word(name), Token::Sign('(')] = tokens.get(start.checked_sub(2)?..start)? else {
        return None;
    };
    (tokens.get(end) == Some(&Token::Sign(')'))).then_some(*name)
}

fn matchers<'a>(tokens: &[Token<'a>]) -> Result<Vec<(&'a str, String, &'a str)>, String> {
    let parts = tokens.split(|token| *token == Token::Sign(','));
    let parts = parts.filter(|part| !part.is_empty());
    let matcher = |part: &[Token<'a>]| match part {
        [Token::Word(label), signs @ .., Token::Text(value)] => {
            let signs = signs.iter().map(|sign| match sign {
                Token::Sign(sign) => Ok(*sign),
                Token::Word(word) | Token::Text(word) => Err(format!("{word} is no operator")),
            });
            Ok((*label, signs.collect::<Result<String, _>>()?, *value))
        }
        _ => Err("a matcher is no label, operator and string".to_owned()),
    };
    parts.map(matcher).collect()
}

fn groupings<'a>(tokens: &[Token<'a>], selectors: &[Selector<'a>]) -> Vec<Grouping<'a>> {
    let mut groupings = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = *token else { continue };
        if !LISTS.contains(&word) || tokens.get(at + 1) != Some(&Token::Sign('(')) {
            continue;
        }
        let close = end(tokens, at + 1);
        let labels = tokens[at + 2..close - 1].iter().filter_map(|token| match *token {
            Token::Word(label) => Some(label),
            Token::Text(_) | Token::Sign(_) => None,
        });
        let operand = if at > 0 && tokens[at - 1] == Token::Sign(')') {
            start(tokens, at - 1)..at
        } else if tokens.get(close) == Some(&Token::Sign('(')) {
            close..end(tokens, close)
        } else {
            // Between two operands: it is about both.
            0..tokens.len()
        };
        let within = selectors.iter().filter(|selector| operand.contains(&selector.at));
        let metrics = within.map(|selector| selector.metric).collect();
        groupings.push(Grouping { word, labels: labels.collect(), metrics });
    }
    groupings
}

/// The position of the sign that opens what the one at `close` closes.
fn start(tokens: &[Token<'_>], close: usize) -> usize {
    let opens = |at: &usize| tokens[*at] == Token::Sign('(') && end(tokens, *at) == close + 1;
    (0..close).rev().find(opens).unwrap_or(0)
}

#[test]
fn reads_what_an_expression_selects() {
    let text = r#"topk(10, sum by (a, le) (rate(m_total{x=~"$x",y!="1"}[$__rate_interval])) / on (a) n == bool 0)"#;
    let expression = Expression::read(text).expect("an expression");
    let [m, n] = &expression.selectors[..] else { panic!("{expression:?}") };
    assert_eq!(
        (m.metric, m.function, m.range),
        ("m_total", Some("rate"), Some("$__rate_interval"))
    );
    assert_eq!(m.matchers, [("x", "=~".to_owned(), "$x"), ("y", "!=".to_owned(), "1")]);
    assert_eq!((n.metric, n.function, n.range), ("n", None, None));
    let [by, on] = &expression.groupings[..] else { panic!("{expression:?}") };
    assert_eq!(
        (by.word, &by.labels[..], &by.metrics[..]),
        ("by", &["a", "le"][..], &["m_total"][..])
    );
    assert_eq!((on.word, &on.metrics[..]), ("on", &["m_total", "n"][..]));
    assert_eq!(expression.kept(), Some(BTreeSet::from(["a", "le"])));
}

#[test]
fn reads_a_list_of_labels_behind_its_operand() {
    let expression = Expression::read("max(sum(m)) by (a) + n").expect("an expression");
    assert_eq!(expression.groupings[0].metrics, ["m"]);
}

#[test]
fn says_what_cannot_be_read() {
    for (text, wrong) in [
        ("sum(m", ") is missing"),
        ("m)", ") closes nothing"),
        ("m{a=\"1}", "a string does not end"),
        ("m; n", "; has no meaning"),
        ("m{a}", "a matcher is no label, operator and string"),
        ("1 + 2", "it selects no metric"),
    ] {
        assert_eq!(Expression::read(text).expect_err(text), wrong);
    }
}
