//! How to read a message again: lines to copy.

use crate::message::Place;

/// A file of `tests/recipes`, as the tests run it.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// Its path in the folder.
    pub name: &'static str,
    pub text: &'static str,
}

impl Recipe {
    /// What it says it does, in its first lines.
    #[must_use]
    pub fn title(&self) -> Option<&'static str> {
        let mut head = self.text.lines().take(5);
        head.find_map(|line| line.split_once("Title: "))
            .map(|(_, title)| title.trim())
    }
}

/// Every recipe, in the order of their names; the clients' matrix among them, once it has been made.
pub const RECIPES: &[Recipe] = include!(concat!(env!("OUT_DIR"), "/recipes.rs"));

/// Python's part of the way, for whoever builds without the recipes: the shortest program that reads along.
pub(crate) fn shortest(bootstrap: &str) -> [(&'static str, String); 2] {
    let python = format!(
        "# pip install confluent-kafka\n\
         import json\n\
         from confluent_kafka import Consumer\n\n\
         consumer = Consumer({{\"bootstrap.servers\": \"{bootstrap}\", \"group.id\": \"my-first\", \"auto.offset.reset\": \"earliest\"}})\n\
         consumer.subscribe([\"shop.view\"])\n\
         while True:\n\
         \x20   message = consumer.poll(1.0)\n\
         \x20   if message is None:\n\
         \x20       continue\n\
         \x20   if message.error():\n\
         \x20       raise SystemExit(message.error())\n\
         \x20   event = json.loads(message.value())\n\
         \x20   print(event[\"timestamp\"], event[\"session_id\"], event[\"details\"][\"page\"])\n"
    );
    let kcat = format!("kcat -b {bootstrap} -G my-first -X auto.offset.reset=earliest shop.view");
    [("Python: confluent-kafka", python), ("kcat", kcat)]
}

/// Reads one message with kcat; `{topic}`, `{partition}` and `{offset}` stand for its place.
pub(crate) fn kcat(bootstrap: &str) -> String {
    format!("kcat -b {bootstrap} -C -t {{topic}} -p {{partition}} -o {{offset}} -c 1 -e -f '%h\\n%k\\n%s\\n'")
}

/// The same with Python's confluent-kafka.
pub(crate) fn python(bootstrap: &str) -> String {
    format!(
        "from confluent_kafka import Consumer, TopicPartition\n\n\
         consumer = Consumer({{\"bootstrap.servers\": \"{bootstrap}\", \"group.id\": \"my-look\", \"enable.auto.commit\": False}})\n\
         consumer.assign([TopicPartition(\"{{topic}}\", {{partition}}, {{offset}})])\n\
         message = consumer.poll(10)\n\
         print(message.headers(), message.key(), message.value())\n\
         consumer.close()\n"
    )
}

/// The template with a place filled in.
pub(crate) fn at(template: &str, place: Place) -> String {
    template
        .replace("{topic}", place.topic.name())
        .replace("{partition}", &place.partition.to_string())
        .replace("{offset}", &place.offset.to_string())
}

#[cfg(test)]
mod tests {
    use schemas::Topic;

    use super::*;

    #[test]
    fn a_line_names_the_place_of_its_message() {
        let place = Place {
            topic: Topic::View,
            partition: 2,
            offset: 40,
        };
        let line = at(&kcat("127.0.0.1:9092"), place);
        assert!(
            line.starts_with("kcat -b 127.0.0.1:9092 -C -t shop.view -p 2 -o 40 "),
            "{line}"
        );
        let script = at(&python("127.0.0.1:9092"), place);
        assert!(
            script.contains("TopicPartition(\"shop.view\", 2, 40)") && !script.contains("{topic}"),
            "{script}"
        );
    }
}
