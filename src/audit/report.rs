//! The verdict for people: a table an instance, what is lost and doubled by name, one line that sums up.

use std::fmt::Write as _;

use super::faults::Faults;
use super::ledger::{Doubled, Doubling};
use super::verdict::{HopVerdict, InstanceVerdict, SequenceRange, Verdict};

/// So many lost ranges and doubled events are named a hop; `--json` names more.
const NAMED: usize = 10;
const COLUMNS: [&str; 9] = [
    "expected",
    "found",
    "lost",
    "doubled",
    "behind",
    "dead letter",
    "late",
    "expired",
    "repeated",
];

/// Whether the reader sees colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy)]
enum Colour {
    Red,
    Green,
    Yellow,
}

impl Colours {
    fn paint(self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
        };
        match self {
            Self::Yes => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::No => text.to_owned(),
        }
    }
}

/// The whole report; it ends in a newline.
pub(super) fn render(verdict: &Verdict, colours: Colours) -> String {
    let mut out = String::new();
    for instance in &verdict.instances {
        render_instance(&mut out, instance, colours);
    }
    let strays = verdict.without_source;
    if strays.topics + strays.files + strays.dead_lettered > 0 {
        let _ = writeln!(
            out,
            "messages that name no source: {} on topics, {} in files, {} dead letters, {} lost\n",
            grouped(strays.topics),
            grouped(strays.files),
            grouped(strays.dead_lettered),
            grouped(strays.lost)
        );
    }
    for fault in faults(&verdict.faults) {
        let _ = writeln!(out, "{}\n", colours.paint(Colour::Red, &fault));
    }
    out.push_str(&summary(verdict, colours));
    out.push('\n');
    out
}

/// What is wrong with the books and with whole parts, a sentence each.
fn faults(faults: &Faults) -> Vec<String> {
    let mut said = Vec::new();
    if faults.removed_unread > 0 {
        let count = grouped(faults.removed_unread);
        said.push(format!(
            "{count} messages were removed from the topics before the sink had read them"
        ));
    }
    for file in &faults.cut_files {
        let found = file
            .found
            .map_or("it is gone".to_owned(), |found| format!("it holds {}", grouped(found)));
        let committed = grouped(file.committed);
        said.push(format!(
            "{} of {}: {committed} bytes were committed to it, {found}",
            file.name, file.sink
        ));
    }
    for file in &faults.unknown_files {
        said.push(format!("{file}: the books don't know it"));
    }
    for cut in &faults.cut_partitions {
        let found = cut
            .end
            .map_or("it is gone".to_owned(), |end| format!("it ends at {end}"));
        said.push(format!(
            "{}/{}: the sink has read up to {}, but {found}",
            cut.topic, cut.partition, cut.position
        ));
    }
    for stretch in &faults.unreadable {
        let (path, bytes) = (stretch.path.display(), grouped(stretch.bytes));
        said.push(format!(
            "{path}: {bytes} bytes from {} on can't be read",
            grouped(stretch.from)
        ));
    }
    if faults.not_in_books > 0 {
        let count = grouped(faults.not_in_books);
        said.push(format!(
            "{count} events stand in files, but the sink's books don't know that they are kept"
        ));
    }
    said
}

fn summary(verdict: &Verdict, colours: Colours) -> String {
    if verdict.instances.is_empty() && verdict.holds {
        return "no events".to_owned();
    }
    if verdict.holds {
        return match &verdict.not_looked_at[..] {
            [] => colours.paint(Colour::Green, "nothing lost, nothing doubled"),
            hops => {
                let text = format!("nothing lost, nothing doubled; not looked at: {}", hops.join(", "));
                colours.paint(Colour::Yellow, &text)
            }
        };
    }
    let sum = |count: fn(&HopVerdict) -> u64| -> u64 {
        let hops = verdict.instances.iter().flat_map(|instance| &instance.hops);
        hops.map(count).sum()
    };
    let lost = sum(|hop| hop.lost) + verdict.without_source.lost + verdict.faults.removed_unread;
    let mut text = format!("{} lost, {} doubled", grouped(lost), grouped(sum(|hop| hop.doubled)));
    let faults = &verdict.faults;
    for (count, what) in [
        (sum(|hop| hop.altered), "altered"),
        (faults.cut_files.len() as u64, "files cut or gone"),
        (faults.unknown_files.len() as u64, "files unknown to the books"),
        (faults.cut_partitions.len() as u64, "partitions cut or gone"),
        (faults.unreadable.len() as u64, "unreadable stretches"),
        (faults.not_in_books, "unknown to the books"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {} {what}", grouped(count));
        }
    }
    colours.paint(Colour::Red, &text)
}

fn render_instance(out: &mut String, instance: &InstanceVerdict, colours: Colours) {
    let _ = writeln!(out, "{}, {} events", instance.instance, grouped(instance.events));
    let _ = write!(out, "  {:<8}", "");
    for column in COLUMNS {
        let _ = write!(out, " {column:>11}");
    }
    out.push('\n');
    for hop in &instance.hops {
        render_hop(out, hop, colours);
    }
    for hop in &instance.hops {
        name_lost(out, hop);
        name_doubled(out, hop);
        name_altered(out, hop);
    }
    out.push('\n');
}

fn render_hop(out: &mut String, hop: &HopVerdict, colours: Colours) {
    let _ = write!(out, "  {:<8}", hop.hop);
    let figures = [
        (hop.expected, None),
        (hop.found, None),
        (hop.lost, Some(Colour::Red)),
        (hop.doubled, Some(Colour::Red)),
        (hop.behind, Some(Colour::Yellow)),
        (hop.dead_lettered, Some(Colour::Yellow)),
        (hop.late, None),
        (hop.expired, None),
        (hop.repeated, None),
    ];
    for (figure, colour) in figures {
        let text = format!(" {:>11}", grouped(figure));
        match colour.filter(|_| figure > 0) {
            Some(colour) => out.push_str(&colours.paint(colour, &text)),
            None => out.push_str(&text),
        }
    }
    out.push('\n');
}

fn name_lost(out: &mut String, hop: &HopVerdict) {
    if hop.lost_ranges.is_empty() {
        return;
    }
    let _ = write!(out, "  lost in {}:", hop.hop);
    for SequenceRange { first, last } in hop.lost_ranges.iter().take(NAMED) {
        let _ = if first == last {
            write!(out, " {first}")
        } else {
            write!(out, " {first}-{last}")
        };
    }
    out.push_str(if hop.lost_ranges.len() > NAMED { " ...\n" } else { "\n" });
}

fn name_altered(out: &mut String, hop: &HopVerdict) {
    if hop.altered == 0 {
        return;
    }
    let named: Vec<_> = hop.altered_events.iter().take(NAMED).map(u64::to_string).collect();
    let more = if hop.altered > NAMED as u64 { " ..." } else { "" };
    let _ = writeln!(
        out,
        "  altered in {}: {} events say something else than on another hop: {}{more}",
        hop.hop,
        grouped(hop.altered),
        named.join(" ")
    );
}

fn name_doubled(out: &mut String, hop: &HopVerdict) {
    for Doubled {
        sequence,
        event_id,
        why,
    } in hop.doubled_events.iter().take(NAMED)
    {
        let why = match why {
            Doubling::Again => "once more",
            Doubling::SequenceOfAnother => "under the sequence of another event",
        };
        let _ = writeln!(out, "  doubled in {}: {event_id} (sequence {sequence}), {why}", hop.hop);
    }
    if hop.doubled_events.len() > NAMED {
        let _ = writeln!(out, "  doubled in {}: ...", hop.hop);
    }
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 999, 1_000, 1_234_567, u64::MAX].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567", "18,446,744,073,709,551,615"]);
    }
}
