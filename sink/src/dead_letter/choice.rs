//! Which letters a command is about.

use clap::builder::PossibleValuesParser;
use schemas::Topic;

use super::survey::Survey;
use super::{Letter, LetterId};
use crate::SinkError;
use crate::judge::Reason;

/// Letters of one kind or topic; without either, all.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Filter {
    /// Those of one kind, as `list` names it: `invalid`, `sequence_reused`, `too_old`, ...
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Reason::KINDS))]
    pub reason: Option<String>,
    /// Those whose message stood in one topic, such as `shop.view`.
    #[arg(long, value_name = "TOPIC", value_parser = parse_topic)]
    pub topic: Option<Topic>,
}

/// The letters that are to be changed; nothing is chosen by itself.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Choice {
    /// All of them.
    #[arg(long, conflicts_with_all = ["reason", "topic", "id"])]
    pub all: bool,
    #[command(flatten)]
    pub filter: Filter,
    /// One, by its place in the dead-letter topic, as `list` shows it; may be given several times.
    #[arg(long, value_name = "PARTITION/OFFSET", conflicts_with_all = ["reason", "topic"])]
    pub id: Vec<LetterId>,
}

impl Filter {
    pub(super) fn takes(&self, letter: &Letter) -> bool {
        self.reason.as_ref().is_none_or(|kind| *kind == letter.kind)
            && self.topic.is_none_or(|topic| topic == letter.origin.at.topic)
    }
}

impl Choice {
    pub(super) fn takes(&self, letter: &Letter) -> bool {
        if self.id.is_empty() {
            self.filter.takes(letter)
        } else {
            self.id.contains(&letter.id)
        }
    }

    /// Refuses ids that are no letter's, before anything is changed.
    pub(super) fn check(&self, survey: &Survey) -> Result<(), SinkError> {
        match self.id.iter().find(|id| !survey.has(**id)) {
            None => Ok(()),
            Some(id) => Err(SinkError::Setting {
                setting: "--id",
                reason: format!("{id} is no dead letter; `sink dead-letters list` shows which there are"),
            }),
        }
    }
}

fn parse_topic(name: &str) -> Result<Topic, &'static str> {
    Topic::from_name(name).ok_or("is not one of the shop's topics")
}
