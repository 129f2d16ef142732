//! What `{:?}` prints of a Rust value, as a tree.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A number, a text with its quotes, the name of a variant, or what a type prints by itself.
    Text(String),
    List(Vec<Node>),
    Tuple(String, Vec<Node>),
    Struct(String, Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn parse(text: &str) -> Self {
        Parser { rest: text }.value()
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn value(&mut self) -> Node {
        self.rest = self.rest.trim_start();
        if self.take("[") {
            return Node::List(self.values("]"));
        }
        if self.rest.starts_with('"') {
            return Node::Text(self.quoted().to_owned());
        }
        let word = self.until(&['(', ')', '[', ']', '{', '}', ',']).trim().to_owned();
        if self.take("(") {
            return Node::Tuple(word, self.values(")"));
        }
        if self.take("{") {
            return Node::Struct(word, self.fields());
        }
        Node::Text(word)
    }

    fn values(&mut self, end: &str) -> Vec<Node> {
        let mut values = Vec::new();
        while !self.rest.trim_start().is_empty() && !self.take(end) {
            let before = self.rest.len();
            values.push(self.value());
            self.take(",");
            if self.rest.len() == before {
                break;
            }
        }
        values
    }

    fn fields(&mut self) -> Vec<(String, Node)> {
        let mut fields = Vec::new();
        while !self.rest.trim_start().is_empty() && !self.take("}") {
            let before = self.rest.len();
            let name = self.until(&[':', '}', ',']).trim().to_owned();
            if self.take(":") {
                fields.push((name, self.value()));
            }
            self.take(",");
            if self.rest.len() == before {
                break;
            }
        }
        fields
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, ends: &[char]) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(at);
        self.rest = rest;
        word
    }

    /// With its quotes.
    fn quoted(&mut self) -> &'a str {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let at = end.map_or(self.rest.len(), |(at, _)| at + 1);
        let (word, rest) = self.rest.split_at(at);
        self.rest = rest;
        word
    }
}
