//! Help begins with examples. A group of commands has them all; each of its commands shows its own of them.

use clap::Command;

/// Gives every command without examples those lines of the group's that are about it.
pub(crate) fn complete(program: Command) -> Command {
    complete_at(program, 1)
}

/// `place` is where the names of the commands below stand in a line: `taxchain` is at 0.
fn complete_at(command: Command, place: usize) -> Command {
    let above = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    command.mut_subcommands(|below| {
        let name = below.get_name().to_owned();
        let own: Vec<&str> =
            above.lines().filter(|line| line.split_whitespace().nth(place) == Some(name.as_str())).collect();
        let below = match below.get_before_help() {
            None if !own.is_empty() => below.before_help(format!("EXAMPLES\n{}", own.join("\n"))),
            _ => below,
        };
        complete_at(below, place + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_a_group_shows_the_groups_lines_about_it() {
        let group = Command::new("red")
            .before_help(
                "EXAMPLES\n  taxchain red issue --slot 1\n  taxchain red ask --slot 0\n  taxchain red issue --form 1",
            )
            .subcommands([Command::new("issue"), Command::new("ask").before_help("its own"), Command::new("other")]);
        let program = complete(Command::new("taxchain").subcommand(group));
        let help = |name: &str| {
            let red = program.find_subcommand("red").and_then(|red| red.find_subcommand(name));
            red.and_then(Command::get_before_help).map(ToString::to_string)
        };
        let issue = "EXAMPLES\n  taxchain red issue --slot 1\n  taxchain red issue --form 1";
        assert_eq!(help("issue").as_deref(), Some(issue));
        assert_eq!(help("ask").as_deref(), Some("its own"));
        assert_eq!(help("other"), None);
    }
}
