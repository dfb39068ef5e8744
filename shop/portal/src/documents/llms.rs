//! `/llms.txt`: what this is and where everything stands, for a reading machine (<https://llmstxt.org>).

use std::fmt::Write;

use schemas::{EventType, Topic};

use super::Setting;
use crate::recipes::{RECIPES, shortest};
use crate::{Language, schema_address, topics};

pub(super) fn text(setting: &Setting) -> String {
    let url = &setting.public_url;
    let bootstrap = &setting.bootstrap;
    let mut text = format!(
        "# DE Shop\n\n\
         > A web shop for learning data engineering: everything that happens in it is an event on a Kafka topic, a line of a daily file \
         and a row of a table. Plain JSON, one topic a kind, keyed by session.\n\n\
         Kafka brokers: `{bootstrap}`. Messages carry CloudEvents headers (`ce_id`, `ce_type`, `ce_time`, ...). A session's messages are in \
         order within their partition; `source.instance` and `source.sequence` name an event, skip what you have seen. Unknown fields \
         are to be ignored: schemas only ever grow.\n\n## Topics\n\n"
    );
    for topic in Topic::ALL {
        let types = EventType::ALL
            .into_iter()
            .filter(|event_type| event_type.topic() == topic);
        let types: Vec<&str> = types.map(EventType::name).collect();
        let _ = writeln!(
            text,
            "- [{name}]({url}/data/topics/{name}): {} Key: {}. Events: {}",
            topics::purpose(topic, Language::En),
            topics::key(topic, Language::En),
            if types.is_empty() {
                "-".to_owned()
            } else {
                types.join(", ")
            },
            name = topic.name(),
        );
    }
    let _ = writeln!(
        text,
        "\n## Documents\n\n\
         - [AsyncAPI]({url}/data/asyncapi.yaml): topics, keys, headers, messages\n\
         - [Data contract]({url}/data/contract.yaml): the table user_activity_log\n\
         - [Search]({url}/data/search.jsonl?field=session_id&value=SESSION): messages as JSON lines, with headers\n\
         - [Live]({url}/data/tail/stream?topic=shop.view): server-sent events"
    );
    let _ = writeln!(text, "\n## Schemas\n");
    for event_type in EventType::ALL {
        let _ = writeln!(text, "- [{}]({url}{})", event_type.name(), schema_address(event_type));
    }
    let _ = writeln!(text, "\n## Reading along\n");
    for (name, recipe) in shortest(bootstrap) {
        let _ = writeln!(text, "{name}:\n\n```\n{}\n```\n", recipe.trim_end());
    }
    for recipe in RECIPES {
        let _ = writeln!(text, "- [{name}]({url}/data/recipes/{name})", name = recipe.name);
    }
    text
}
