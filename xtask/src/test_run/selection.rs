//! What the arguments of `cargo xtask test` choose.

/// Flags of `cargo test` whose value is a word of its own.
const WITH_VALUE: [&str; 20] = [
    "-p",
    "--package",
    "--exclude",
    "--test",
    "--bin",
    "--example",
    "--bench",
    "-F",
    "--features",
    "-j",
    "--jobs",
    "--manifest-path",
    "--target",
    "--target-dir",
    "--config",
    "--color",
    "--profile",
    "--message-format",
    "-Z",
    "--artifact-dir",
];

/// The packages named with `-p`, and the words that filter test names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) packages: Vec<String>,
    pub(super) filters: Vec<String>,
}

impl Selection {
    pub(super) fn of(arguments: &[String]) -> Self {
        let mut selection = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "-p" || word == "--package" {
                selection.packages.extend(words.next().cloned());
            } else if let Some(name) = word.strip_prefix("--package=") {
                selection.packages.push(name.to_owned());
            } else if WITH_VALUE.contains(&word.as_str()) {
                words.next();
            } else if let Some(name) = word.strip_prefix("-p").filter(|_| !word.starts_with("--")) {
                selection.packages.push(name.trim_start_matches('=').to_owned());
            } else if !word.starts_with('-') {
                selection.filters.push(word.clone());
            }
        }
        selection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (Vec<String>, Vec<String>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let selection = Selection::of(&words);
        (selection.packages, selection.filters)
    }

    #[test]
    fn packages_and_filters_are_told_apart() {
        let cases: [(&str, &[&str], &[&str]); 6] = [
            ("", &[], &[]),
            ("some_name", &[], &["some_name"]),
            ("-p ledger some_name", &["ledger"], &["some_name"]),
            ("--package=a -pb -p=c --package d", &["a", "b", "c", "d"], &[]),
            ("-p storage --test recovery torn", &["storage"], &["torn"]),
            ("--features x --release -j 2 --lib", &[], &[]),
        ];
        for (line, packages, filters) in cases {
            let (p, f) = of(line);
            assert_eq!((p.as_slice(), f.as_slice()), (own(packages).as_slice(), own(filters).as_slice()), "{line}");
        }
    }

    fn own(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }
}
