//! Environment variables that are there and empty, as `KEY=` in a file of settings leaves them.

use clap::Command;
use clap::builder::Resettable;

/// The command line, on which an empty variable counts as not set: the default holds.
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
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
