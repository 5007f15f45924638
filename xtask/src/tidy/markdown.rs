//! The lines of a Markdown file, told apart: prose and fenced code.

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
    /// Inside a fence of back ticks or tildes.
    pub(super) fenced: bool,
}

/// All lines but the fences themselves.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut open: Option<&str> = None;
    let mut all = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        match open {
            Some(fence) if trimmed.starts_with(fence) => open = None,
            None if trimmed.starts_with("```") => open = Some("```"),
            None if trimmed.starts_with("~~~") => open = Some("~~~"),
            fence => all.push(Line { number: i + 1, text: line, fenced: fence.is_some() }),
        }
    }
    all
}

/// The targets of the links in a line of prose: `[a](target "title")`, `![a](target)`, `[a]: target`.
pub(super) fn link_targets(line: &str) -> Vec<String> {
    let prose = without_code_spans(line);
    let mut targets = Vec::new();
    let mut rest = prose.as_str();
    while let Some(at) = rest.find("](") {
        rest = &rest[at + 2..];
        let (target, after) = closed(rest);
        targets.push(target.to_owned());
        rest = after;
    }
    let definition = prose.trim_start().strip_prefix('[').and_then(|l| l.split_once("]:"));
    targets.extend(definition.filter(|(name, _)| !name.contains(']')).map(|(_, target)| target.to_owned()));
    targets.iter().filter_map(|t| bare(t)).collect()
}

/// Up to the parenthesis that closes, with pairs inside kept.
fn closed(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return (&text[..i], &text[i + 1..]),
            ')' => depth -= 1,
            _ => {}
        }
    }
    (text, "")
}

/// Without a title and angle brackets.
fn bare(target: &str) -> Option<String> {
    let target = target.trim();
    if let Some(inner) = target.strip_prefix('<') {
        return inner.split_once('>').map(|(t, _)| t.to_owned());
    }
    target.split_whitespace().next().map(str::to_owned)
}

fn without_code_spans(line: &str) -> String {
    line.split('`').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_told_from_prose() {
        let text = "a\n```sh\nb\n~~~\n```\nc\n~~~\nd\n~~~\n";
        let told: Vec<_> = lines(text).iter().map(|l| (l.number, l.text, l.fenced)).collect();
        assert_eq!(told, [(1, "a", false), (3, "b", true), (4, "~~~", true), (6, "c", false), (8, "d", true)]);
    }

    #[test]
    fn link_targets_are_found() {
        let line = "see [a](x.md#top) and ![b](<my pic.png>), [c](d_(e).md \"title\"), `[not](code.md)` [f](g)";
        assert_eq!(link_targets(line), ["x.md#top", "my pic.png", "d_(e).md", "g"]);
        assert_eq!(link_targets("[ref]: ../a.md"), ["../a.md"]);
        assert!(link_targets("a [b] (c) [d]").is_empty());
    }
}
