//! Reads the output of test programs as it comes: shows it without the repeated lists of names, counts the results,
//! and remembers the last line that each passing test printed.

use std::fmt::Write;
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Listener {
    place: Place,
    blank_before: bool,
    passed: u64,
    failed: u64,
    ignored: u64,
    programs: u64,
    /// (test, its last line)
    closing_lines: Vec<(String, String)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Elsewhere,
    /// Just after a `successes:` line: the output of passing tests follows, or their names.
    Heading,
    Successes,
    Names,
}

impl Listener {
    /// Takes one line; gives back what to show.
    pub(super) fn hear<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        if line == "successes:" {
            self.place = Place::Heading;
            return None;
        }
        let indented = line.starts_with("    ");
        match self.place {
            Place::Heading if indented => self.place = Place::Names,
            Place::Heading => self.place = Place::Successes,
            Place::Names if !indented => self.place = Place::Elsewhere,
            _ => {}
        }
        if line.starts_with("test result: ") {
            self.count(line);
            self.place = Place::Elsewhere;
        }
        if self.place == Place::Names {
            return None;
        }
        self.remember(line);
        self.unless_second_blank(line)
    }

    fn unless_second_blank<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let blank = line.is_empty();
        let show = !(blank && self.blank_before);
        self.blank_before = blank;
        show.then_some(line)
    }

    fn remember(&mut self, line: &str) {
        if self.place != Place::Successes || line.is_empty() {
            return;
        }
        if let Some(name) = line.strip_prefix("---- ").and_then(|l| l.strip_suffix(" stdout ----")) {
            self.closing_lines.push((name.to_owned(), String::new()));
        } else if let Some((_, last)) = self.closing_lines.last_mut() {
            line.clone_into(last);
        }
    }

    fn count(&mut self, line: &str) {
        let number = |what: &str| {
            let before = line.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
            before.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.passed += number(" passed");
        self.failed += number(" failed");
        self.ignored += number(" ignored");
        self.programs += 1;
    }

    /// What is printed when all has run.
    pub(super) fn closing(&self, elapsed: Duration) -> String {
        let mut text = String::new();
        let told: Vec<_> = self.closing_lines.iter().filter(|(_, line)| !line.is_empty()).collect();
        if !told.is_empty() {
            text.push_str("\nclosing lines of the tests:\n");
            for (test, line) in told {
                let _ = writeln!(text, "  {test}: {}", line.trim());
            }
        }
        let _ = writeln!(
            text,
            "\ntest: {} passed, {} failed, {} ignored in {} programs, {:.1} s",
            self.passed,
            self.failed,
            self.ignored,
            self.programs,
            elapsed.as_secs_f32()
        );
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test a ... ok
test b ... ok
test c ... ok

successes:

---- a stdout ----
round 1
50 kills, 50 recovered

---- c stdout ----
    indented, first line
12 frozen files


successes:
    a
    b
    c

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    fn heard(listener: &mut Listener, text: &str) -> Vec<String> {
        text.lines().filter_map(|l| listener.hear(l).map(str::to_owned)).collect()
    }

    #[test]
    fn what_tests_print_is_shown_and_the_list_of_names_is_not() {
        let shown = heard(&mut Listener::default(), OUTPUT);
        assert!(shown.contains(&"50 kills, 50 recovered".to_owned()), "{shown:#?}");
        assert!(shown.contains(&"    indented, first line".to_owned()), "{shown:#?}");
        assert!(!shown.iter().any(|l| l == "    a" || l == "successes:"), "{shown:#?}");
        assert!(!shown.windows(2).any(|w| w[0].is_empty() && w[1].is_empty()), "{shown:#?}");
        assert!(shown.last().unwrap().starts_with("test result: ok. 3 passed"));
    }

    #[test]
    fn closing_lines_and_sums_come_last() {
        let mut listener = Listener::default();
        heard(&mut listener, OUTPUT);
        heard(&mut listener, "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        let text = listener.closing(Duration::from_millis(1500));
        assert_eq!(
            text,
            "\nclosing lines of the tests:\n  a: 50 kills, 50 recovered\n  c: 12 frozen files\n\
             \ntest: 4 passed, 2 failed, 1 ignored in 2 programs, 1.5 s\n"
        );
    }

    #[test]
    fn the_output_of_a_failing_test_is_left_as_it_is() {
        let failing = "failures:\n\n---- x stdout ----\nthread panicked\n\n\nfailures:\n    x\n";
        let shown = heard(&mut Listener::default(), failing);
        assert_eq!(shown, ["failures:", "", "---- x stdout ----", "thread panicked", "", "failures:", "    x"]);
    }
}
