//! A Rust file as a flat row of tokens and a list of functions, each marked as shipped or as test code.

use std::str::FromStr;

use proc_macro2::{Delimiter, LineColumn, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, TraitItem};

/// One parsed file.
#[derive(Debug)]
pub(super) struct RustFile {
    pub(super) path: String,
    pub(super) lines: usize,
    /// All tokens, those inside macro calls too, in order.
    pub(super) tokens: Vec<Token>,
    pub(super) functions: Vec<Function>,
    /// Top-level items that are neither `mod x;` nor `use`.
    pub(super) items_with_code: usize,
    tests: Vec<(LineColumn, LineColumn)>,
}

/// A word, a literal or a sign, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) line: usize,
    /// Inside a test, a test module or a test file.
    pub(super) in_test: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Literal,
    Sign,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// `name` or `Type::name`.
    pub(super) name: String,
    /// The line of `fn`.
    pub(super) line: usize,
    /// From `fn` to the closing brace.
    pub(super) lines: usize,
}

impl RustFile {
    /// Parses; the error is a line and a reason.
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, (usize, String)> {
        let because = |e: &syn::Error| (e.span().start().line, e.to_string());
        let file = syn::parse_file(text).map_err(|e| because(&e))?;
        let body = text.strip_prefix("#!").filter(|t| !t.starts_with('[')).map_or(text, |t| {
            // A script's first line is no Rust; its line end stays, so that lines keep their numbers.
            t.find('\n').map_or("", |end| &t[end..])
        });
        let stream = TokenStream::from_str(body).map_err(|e| (e.span().start().line, e.to_string()))?;
        let mut parsed = Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            tokens: Vec::new(),
            functions: Vec::new(),
            items_with_code: file.items.iter().filter(|i| has_code(i)).count(),
            tests: Vec::new(),
        };
        let whole = is_test_path(path) || is_test_only(&file.attrs);
        if !whole {
            parsed.walk(&file.items);
        }
        parsed.flatten(stream, whole);
        Ok(parsed)
    }

    /// The tokens of what is shipped.
    pub(super) fn shipped(&self) -> Vec<&Token> {
        self.tokens.iter().filter(|t| !t.in_test).collect()
    }

    fn walk(&mut self, items: &[Item]) {
        for item in items {
            if is_test_only(attributes(item)) {
                self.tests.push((item.span().start(), item.span().end()));
                continue;
            }
            match item {
                Item::Fn(f) => self.function(String::new(), &f.sig, &f.block),
                Item::Mod(m) => self.walk(m.content.as_ref().map_or(&[], |(_, items)| items)),
                Item::Impl(i) => self.walk_impl(i),
                Item::Trait(t) => self.walk_trait(t),
                _ => {}
            }
        }
    }

    fn walk_impl(&mut self, block: &syn::ItemImpl) {
        let owner = match &*block.self_ty {
            syn::Type::Path(p) => p.path.segments.last().map(|s| format!("{}::", s.ident)),
            _ => None,
        };
        for item in &block.items {
            let ImplItem::Fn(f) = item else { continue };
            if is_test_only(&f.attrs) {
                self.tests.push((f.span().start(), f.span().end()));
            } else {
                self.function(owner.clone().unwrap_or_default(), &f.sig, &f.block);
            }
        }
    }

    fn walk_trait(&mut self, block: &syn::ItemTrait) {
        for item in &block.items {
            if let TraitItem::Fn(f) = item
                && let Some(body) = &f.default
            {
                self.function(format!("{}::", block.ident), &f.sig, body);
            }
        }
    }

    fn function(&mut self, owner: String, signature: &syn::Signature, body: &syn::Block) {
        let line = signature.span().start().line;
        let end = body.brace_token.span.close().end().line;
        self.functions.push(Function { name: owner + &signature.ident.to_string(), line, lines: end - line + 1 });
    }

    fn flatten(&mut self, stream: TokenStream, whole: bool) {
        for tree in stream {
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    self.push(open.to_owned(), Kind::Sign, group.span_open().start(), whole);
                    self.flatten(group.stream(), whole);
                    self.push(close.to_owned(), Kind::Sign, group.span_close().start(), whole);
                }
                TokenTree::Ident(word) => self.push(word.to_string(), Kind::Word, word.span().start(), whole),
                TokenTree::Punct(sign) => {
                    self.push(sign.as_char().to_string(), Kind::Sign, sign.span().start(), whole);
                }
                TokenTree::Literal(value) => {
                    self.push(value.to_string(), Kind::Literal, value.span().start(), whole);
                }
            }
        }
    }

    fn push(&mut self, text: String, kind: Kind, at: LineColumn, whole: bool) {
        let in_test = whole || self.tests.iter().any(|(start, end)| *start <= at && at < *end);
        self.tokens.push(Token { text, kind, line: at.line, in_test });
    }
}

/// Tests, benches, examples, and the `x_test.rs` beside `x.rs`.
pub(super) fn is_test_path(path: &str) -> bool {
    let folder = path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples"));
    folder || path.ends_with("_test.rs") || path.ends_with("/tests.rs")
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, ..))]`, `#[tokio::test]`.
fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| {
        if a.path().is_ident("cfg") {
            let Ok(list) = a.meta.require_list() else {
                return false;
            };
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test"
                || condition.starts_with("all(test,")
                || condition.ends_with(",test)") && condition.starts_with("all(")
        } else {
            a.path().segments.last().is_some_and(|s| s.ident == "test")
        }
    })
}

fn has_code(item: &Item) -> bool {
    match item {
        Item::Mod(m) => m.content.is_some(),
        Item::Use(_) => false,
        _ => true,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

#[cfg(test)]
#[path = "rust_file_test.rs"]
mod rust_file_test;
