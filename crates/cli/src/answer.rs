//! What a command says: data on stdout as a table or JSON, hints on stderr.

use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use sdk::{InBlock, SignedTx};
use serde_json::{Map, Value, json};

use crate::words;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// For machines.
    Json,
}

#[derive(Debug)]
struct Field {
    name: String,
    value: Value,
    /// What people see instead of the value; nothing if it is for machines only.
    shown: Option<String>,
}

/// The result of a command.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    fields: Vec<Field>,
    rows: Option<(Vec<&'static str>, Vec<Vec<Value>>)>,
    next: Vec<String>,
}

impl Answer {
    /// An empty answer.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let shown = Some(show(&value));
        self.fields.push(Field { name: name.to_owned(), value, shown });
        self
    }

    /// Says which transaction did it, and where it stands.
    #[must_use]
    pub(crate) fn placed(self, tx: &SignedTx, block: &InBlock) -> Self {
        self.field("transaction", tx.id.to_string()).field("height", block.height.0)
    }

    /// Adds a field that people see in other words than machines.
    #[must_use]
    pub(crate) fn worded(mut self, name: &str, value: impl Into<Value>, shown: impl Into<String>) -> Self {
        self.fields.push(Field { name: name.to_owned(), value: value.into(), shown: Some(shown.into()) });
        self
    }

    /// Adds a field for machines only.
    #[must_use]
    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.push(Field { name: name.to_owned(), value: value.into(), shown: None });
        self
    }

    /// Makes it a list with these columns.
    #[must_use]
    pub(crate) fn table(mut self, columns: &[&'static str], rows: Vec<Vec<Value>>) -> Self {
        self.rows = Some((columns.to_vec(), rows));
        self
    }

    /// Suggests what to do next.
    #[must_use]
    pub(crate) fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }

    /// The whole answer as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let mut out: Map<_, _> = self.fields.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
        if let Some((columns, rows)) = &self.rows {
            let row = |values: &Vec<Value>| -> Value {
                columns.iter().zip(values).map(|(c, v)| ((*c).to_owned(), v.clone())).collect::<Map<_, _>>().into()
            };
            out.insert("items".to_owned(), rows.iter().map(row).collect());
        }
        if !self.next.is_empty() {
            out.insert("next".to_owned(), json!(self.next));
        }
        Value::Object(out)
    }

    /// Prints it. A closed pipe is no error.
    pub(crate) fn print(&self, output: Output, quiet: bool) {
        let mut out = std::io::stdout().lock();
        let text = match output {
            Output::Json => format!("{:#}\n", self.to_json()),
            Output::Table => self.to_table(),
        };
        drop(out.write_all(text.as_bytes()));
        if output == Output::Table && !quiet {
            for command in &self.next {
                eprintln!("next: {command}");
            }
        }
    }

    fn to_table(&self) -> String {
        let mut text = String::new();
        let mut table = plain();
        for field in &self.fields {
            if let Some(shown) = &field.shown {
                let label = words::label(&field.name).unwrap_or_default();
                table.add_row([label.to_owned(), field.name.clone(), shown.clone()]);
            }
        }
        text += &lines(&table);
        if let Some((columns, rows)) = &self.rows {
            let mut table = plain();
            table.set_header(columns.clone());
            for row in rows {
                table.add_row(row.iter().map(show));
            }
            text += &lines(&table);
        }
        text
    }
}

/// A table without blanks at the ends of its lines.
fn lines(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn show(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(list) => list.iter().map(show).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
