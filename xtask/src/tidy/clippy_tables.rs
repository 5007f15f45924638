//! Each pure crate has a `clippy.toml` with the whole list of bans. Clippy takes the nearest file only, so a list that
//! lost a line, or a threshold that is not repeated, would be a silent hole.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::pure_crates;
use super::source_tree::SourceTree;

const RULE: &str = "clippy-table";
const TYPES: [&str; 6] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::SystemTime",
    "std::time::Instant",
    "f32",
    "f64",
];
const METHODS: [&str; 3] = ["std::time::SystemTime::now", "std::time::Instant::now", "rand::thread_rng"];

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let root = parse(tree, "clippy.toml");
    let mut found: Vec<Finding> = root.as_ref().err().cloned().into_iter().collect();
    let root = root.unwrap_or_default();
    for folder in pure_crates::folders().filter(|f| tree.has(&format!("{f}/Cargo.toml"))) {
        let path = format!("{folder}/clippy.toml");
        match parse(tree, &path) {
            Ok(table) => found.extend(compare(&path, &table, &root)),
            Err(finding) => found.push(finding),
        }
    }
    found
}

fn parse(tree: &SourceTree, path: &str) -> Result<toml::Table, Finding> {
    let text = tree.text(path).ok_or_else(|| {
        Finding::new(path, 1, RULE, "is not there: copy the one of crates/sm, which bans what a pure crate may not use")
    })?;
    text.parse().map_err(|e| Finding::new(path, 1, RULE, format!("does not parse: {e}")))
}

fn compare(path: &str, table: &toml::Table, root: &toml::Table) -> Vec<Finding> {
    let mut wanting = Vec::new();
    for (list, needed) in [("disallowed-types", &TYPES[..]), ("disallowed-methods", &METHODS[..])] {
        let banned = banned(table, list);
        wanting.extend(needed.iter().filter(|n| !banned.contains(**n)).map(|n| format!("`{n}` is not in {list}")));
    }
    let differs = root.iter().filter(|(key, value)| table.get(*key) != Some(*value));
    wanting.extend(differs.map(|(key, value)| format!("`{key} = {value}` of the root's clippy.toml is not repeated")));
    wanting.into_iter().map(|w| Finding::new(path, 1, RULE, format!("{w}: add it"))).collect()
}

fn banned(table: &toml::Table, list: &str) -> BTreeSet<String> {
    let entries = table.get(list).and_then(toml::Value::as_array).into_iter().flatten();
    let path = |e: &toml::Value| e.get("path").unwrap_or(e).as_str().map(str::to_owned);
    entries.filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: (&str, &str) = ("clippy.toml", "too-many-lines-threshold = 70\n");
    const CRATE: (&str, &str) = ("crates/sm/Cargo.toml", "");

    fn whole() -> String {
        let quoted =
            |names: &[&str]| names.iter().map(|n| format!("{{ path = \"{n}\" }}")).collect::<Vec<_>>().join(", ");
        format!(
            "too-many-lines-threshold = 70\ndisallowed-types = [{}]\ndisallowed-methods = [{}]\n",
            quoted(&TYPES),
            quoted(&METHODS)
        )
    }

    fn messages(text: Option<&str>) -> Vec<String> {
        let mut files = vec![ROOT, CRATE];
        files.extend(text.map(|t| ("crates/sm/clippy.toml", t)));
        check(&SourceTree::planted(&files)).into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn a_whole_table_passes() {
        assert_eq!(messages(Some(&whole())), Vec::<String>::new());
    }

    #[test]
    fn a_planted_hole_is_found() {
        assert!(messages(None)[0].contains("is not there"));
        assert!(messages(Some("a = ["))[0].contains("does not parse"));
        let holes = whole().replace("std::time::Instant\"", "std::time::Duration\"").replace("= 70", "= 90");
        let found = messages(Some(&holes));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`std::time::Instant`") && found[1].contains("too-many-lines-threshold = 70"));
    }
}
