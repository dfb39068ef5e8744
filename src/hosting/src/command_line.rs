//! Command lines and environments, read in one way: an empty variable (`KEY=` in a file of settings) counts as not set, and what is wrong
//! is said without its value, which may be a password.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Args, Command, Parser};

/// The command line of this process. When it is wrong, the program ends: exit code 2, and a line that names the option.
#[must_use]
pub fn command_line<P: Parser>() -> P {
    let read = matches(P::command(), std::env::args_os()).and_then(|matches| P::from_arg_matches(&matches));
    read.unwrap_or_else(|error| without_value(error).exit())
}

/// What the environment and the defaults say: where a program begins that embeds the one with these settings.
pub fn from_environment<A: Args>(program: &'static str) -> Result<A, clap::Error> {
    let read = matches(A::augment_args(Command::new(program)), [OsString::from(program)]);
    read.and_then(|matches| A::from_arg_matches(&matches))
        .map_err(without_value)
}

fn matches(command: Command, arguments: impl IntoIterator<Item = OsString>) -> Result<ArgMatches, clap::Error> {
    without_empty_variables(command).try_get_matches_from(arguments)
}

fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument
        }
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let each = |command: Command, name| command.mut_subcommand(name, without_empty_variables);
    names.into_iter().fold(command, each)
}

/// What is wrong, without the value that is.
#[must_use]
pub fn without_value(mut error: clap::Error) -> clap::Error {
    if error.get(ContextKind::InvalidValue).is_some() {
        let hidden = ContextValue::String("(not shown)".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_not_shown() {
        let command = Command::new("shop").arg(
            clap::Arg::new("port")
                .long("port")
                .value_parser(clap::value_parser!(u16)),
        );
        let arguments = ["shop", "--port", "hunter2"].map(OsString::from);
        let said = without_value(matches(command, arguments).expect_err("no port")).to_string();
        assert!(said.contains("--port") && !said.contains("hunter2"), "{said}");
    }
}
