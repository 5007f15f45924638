//! Each crate takes its lints, edition, licence and versions from the root, so that there is one place for each.

use toml::{Table, Value};

use super::finding::Finding;
use super::source_tree::SourceTree;
use super::unsafe_code;

const RULE: &str = "manifest";
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let mut found = Vec::new();
    let root: Option<Table> = tree.text("Cargo.toml").and_then(|text| text.parse().ok());
    let house = root.as_ref().and_then(|root| root.get("workspace")?.get("lints"));
    for (path, text) in tree.ending("/Cargo.toml") {
        match text.parse::<Table>() {
            Ok(manifest) => found.extend(check_one(path, text, &manifest, house)),
            Err(e) => found.push(Finding::new(path, 1, RULE, format!("does not parse: {e}"))),
        }
    }
    found
}

fn check_one(path: &str, text: &str, manifest: &Table, house: Option<&Value>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |needle: &str, message: String| {
        let line = text.lines().position(|l| l.trim_start().starts_with(needle)).map_or(1, |i| i + 1);
        found.push(Finding::new(path, line, RULE, message));
    };
    let lints = manifest.get("lints");
    if unsafe_code::is_allowed(path) {
        if !lints.zip(house).is_some_and(|(own, house)| are_but_for_unsafe(own, house)) {
            tell("[lints", "they are not the house's with `unsafe_code = \"deny\"` in place of \"forbid\"".to_owned());
        }
    } else if !inherits(lints) {
        tell("[lints]", "the house lints do not apply: write `[lints]` and `workspace = true`".to_owned());
    }
    let package = manifest.get("package").and_then(Value::as_table);
    for field in INHERITED.iter().filter(|f| !inherits(package.and_then(|p| p.get(**f)))) {
        tell(field, format!("`{field}` is not the root's: write `{field}.workspace = true`"));
    }
    let name = package.and_then(|p| p.get("name")).and_then(Value::as_str).unwrap_or_default();
    if path.rsplit('/').nth(1) != Some(name) {
        tell("name", format!("the crate is called `{name}` and its folder is not: give both one name"));
    }
    for dependency in dependencies(manifest).filter(|(_, spec)| !inherits(Some(spec))) {
        let name = dependency.0;
        let message = format!("`{name}` has a version of its own: put it into the root's [workspace.dependencies]");
        tell(name, message);
    }
    found
}

/// The house's lints, but that `unsafe` may be allowed, where each use says why it is sound. Others may be added.
fn are_but_for_unsafe(own: &Value, house: &Value) -> bool {
    let of = |lints: &Value, tool: &str, lint: &str| lints.get(tool).and_then(|t| t.get(lint)).cloned();
    let added = [("rust", "unsafe_code", "deny"), ("clippy", "undocumented_unsafe_blocks", "warn")];
    let kept = house.as_table().into_iter().flatten().all(|(tool, lints)| {
        let mut lints = lints.as_table().into_iter().flatten();
        lints.all(|(lint, level)| lint == "unsafe_code" || of(own, tool, lint).as_ref() == Some(level))
    });
    kept && added
        .iter()
        .all(|(tool, lint, level)| of(own, tool, lint).and_then(|v| Some(v.as_str()? == *level)) == Some(true))
}

/// `workspace = true`
fn inherits(value: Option<&Value>) -> bool {
    value.and_then(|v| v.get("workspace")).and_then(Value::as_bool) == Some(true)
}

fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, t)| t.as_table()).chain([manifest]);
    tables.flat_map(|t| DEPENDENCIES.iter().filter_map(|d| t.get(*d)?.as_table())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\n\
        [lints]\nworkspace = true\n\n[dependencies]\nserde.workspace = true\ntoml = { workspace = true, features = [\"a\"] }\n";

    fn found(text: &str) -> Vec<(usize, String)> {
        let tree = SourceTree::planted(&[("crates/x/Cargo.toml", text), ("Cargo.toml", "[workspace]")]);
        check(&tree).into_iter().map(|f| (f.line, f.message)).collect()
    }

    #[test]
    fn a_manifest_that_inherits_passes() {
        assert_eq!(found(GOOD), []);
    }

    #[test]
    fn each_planted_deviation_is_found() {
        for (from, to, line) in [
            ("[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = \"allow\"", 1),
            ("edition.workspace = true", "edition = \"2021\"", 4),
            ("license.workspace = true\n", "", 1),
            ("name = \"x\"", "name = \"y\"", 2),
            ("serde.workspace = true", "serde = \"1\"", 13),
            ("[dependencies]", "[target.'cfg(unix)'.dev-dependencies]\nlibc = \"1\"\n[dependencies]", 13),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let found = found(&text);
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert_eq!(found[0].0, line, "{to}: {found:?}");
        }
    }

    #[test]
    fn where_unsafe_may_stand_all_other_lints_hold() {
        let house = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"\n\
            [workspace.lints.clippy]\nall = { level = \"warn\", priority = -1 }\n";
        let good = "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n[lints.clippy]\n\
            all = { level = \"warn\", priority = -1 }\nundocumented_unsafe_blocks = \"warn\"\n";
        let found = |lints: &str| {
            let text = GOOD.replace("[lints]\nworkspace = true\n", lints).replace("\"x\"", "\"sm-accel\"");
            let tree = SourceTree::planted(&[("crates/sm-accel/Cargo.toml", &text), ("Cargo.toml", house)]);
            check(&tree).len()
        };
        assert_eq!(found(good), 0);
        assert_eq!(found("[lints]\nworkspace = true\n"), 1);
        for line in good.lines().filter(|line| !line.starts_with('[')) {
            assert_eq!(found(&good.replace(&format!("{line}\n"), "")), 1, "without {line}");
        }
        assert_eq!(found(&good.replace("\"deny\"", "\"allow\"")), 1);
    }
}
