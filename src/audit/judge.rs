//! The line under the ledger: what became of each sequence in each hop. The definitions stand in the head of `audit`.

use super::calendar::Calendar;
use super::ledger::{Instance, Ledger};
use super::mark::{Day, Flag, Hop, Mark};
use super::sequences::Run;
use super::verdict::{Fate, HopVerdict, InstanceVerdict, Verdict};

/// With this begins the name of the source under which a dead letter is sent again.
const REDRIVEN: &str = "redrive-";

/// One sequence, or a gap of them that share their fate.
#[derive(Debug, Clone, Copy)]
struct Case {
    sequence: u64,
    mark: Mark,
    /// Its day; of a gap, that of the event behind it. Unknown where nothing is left of the instance.
    day: Day,
}

struct Judge<'a> {
    instance: &'a Instance,
    calendar: Calendar,
    looked_at: [bool; 4],
    topics_trimmed: bool,
}

impl Ledger {
    /// Draws the line.
    pub(super) fn judge(&self) -> Verdict {
        let mut instances: Vec<_> = self.instances.iter().map(|instance| self.judge_one(instance)).collect();
        instances.sort_by(|one, other| one.instance.cmp(&other.instance));
        let not_looked_at = Hop::ALL.into_iter().filter(|hop| !self.looked_at[hop.at()]);
        let not_looked_at = not_looked_at.map(Hop::name).collect();
        let mut faults = self.faults.clone();
        if self.has_marks {
            faults.not_in_books = self.instances.iter().map(Instance::not_in_books).sum();
        }
        Verdict::new(fold_redriven(instances), self.without_source, faults, not_looked_at)
    }

    fn judge_one(&self, instance: &Instance) -> InstanceVerdict {
        let judge = Judge {
            instance,
            calendar: self.calendar,
            looked_at: self.looked_at,
            topics_trimmed: self.topics_trimmed,
        };
        let mut hops = Hop::ALL.map(|hop| judge.hop_verdict(hop));
        let cuts = judge.cuts();
        let mut latest = Day::UNKNOWN;
        instance.sequences.for_each_run(instance.last(), |run| {
            let day = run.mark.day();
            let is_late = day.is_known() && day < latest;
            if Calendar::is_plausible(day) {
                latest = latest.max(day);
            }
            for_each_piece(run, &cuts, |first, last| {
                // Behind the last event there is only the one before to tell a gap's day from.
                let day = if run.next.day().is_known() {
                    run.next.day()
                } else {
                    latest
                };
                let case = Case {
                    sequence: first,
                    mark: run.mark,
                    day,
                };
                for (hop, fate) in hops.iter_mut().zip(judge.fates(case)) {
                    if let (Some(hop), Some(fate)) = (hop, fate) {
                        hop.enter(fate, first, last, is_late);
                    }
                }
            });
        });
        InstanceVerdict {
            instance: instance.name.clone(),
            events: instance.last(),
            hops: hops.into_iter().flatten().collect(),
        }
    }
}

/// A gap changes its fate only where one of `cuts` ends; they are sorted.
fn for_each_piece(run: Run, cuts: &[u64], mut visit: impl FnMut(u64, u64)) {
    let mut first = run.first;
    if run.first < run.last {
        for cut in cuts.iter().copied().filter(|cut| (run.first..run.last).contains(cut)) {
            if cut >= first {
                visit(first, cut);
                first = cut + 1;
            }
        }
    }
    visit(first, run.last);
}

impl Judge<'_> {
    fn looks_at(&self, hop: Hop) -> bool {
        self.looked_at[hop.at()]
    }

    fn hop_verdict(&self, hop: Hop) -> Option<HopVerdict> {
        let is_known = hop != Hop::Journal || self.instance.journal.is_some();
        (self.looks_at(hop) && is_known).then(|| HopVerdict::new(hop, &self.instance.tallies[hop.at()]))
    }

    /// The last sequence of every stretch within which a gap has one fate.
    fn cuts(&self) -> Vec<u64> {
        let journal = self.instance.journal.unwrap_or_default();
        let tallies = &self.instance.tallies;
        let mut cuts = vec![
            journal.last,
            journal.acknowledged,
            journal.released,
            self.instance.settled,
            self.instance.horizon.saturating_sub(1),
            tallies[Hop::Topics.at()].lowest.unwrap_or(0).saturating_sub(1),
            tallies[Hop::Files.at()].lowest.unwrap_or(0).saturating_sub(1),
            tallies[Hop::Files.at()].highest,
            tallies[Hop::Table.at()].highest,
        ];
        cuts.sort_unstable();
        cuts
    }

    fn fates(&self, case: Case) -> [Option<Fate>; 4] {
        let fate = |hop, missing: &dyn Fn() -> Option<Fate>| {
            if !self.looks_at(hop) {
                None
            } else if case.mark.is(Flag::Found(hop)) {
                Some(Fate::Found)
            } else {
                missing()
            }
        };
        let journal = fate(Hop::Journal, &|| self.missing_in_journal(case));
        let topics = fate(Hop::Topics, &|| self.missing_on_topics(case, journal));
        let files = fate(Hop::Files, &|| self.missing_in_files(case, journal, topics));
        let table = fate(Hop::Table, &|| self.missing_in_table(case, topics));
        [journal, topics, files, table]
    }

    fn missing_in_journal(&self, case: Case) -> Option<Fate> {
        let ends = self.instance.journal?;
        if case.sequence > ends.last {
            None
        } else if case.sequence <= ends.released {
            Some(Fate::Expired)
        } else {
            Some(Fate::Lost)
        }
    }

    fn missing_on_topics(&self, case: Case, journal: Option<Fate>) -> Option<Fate> {
        if journal == Some(Fate::Lost) {
            return None;
        }
        let went_on = case.mark.is(Flag::Found(Hop::Files)) || case.mark.is(Flag::Found(Hop::Table));
        let settled = self
            .instance
            .journal
            .map_or(self.instance.settled, |ends| ends.acknowledged);
        let lowest = self.instance.tallies[Hop::Topics.at()].lowest;
        let is_beginning = lowest.is_none_or(|lowest| case.sequence < lowest);
        let is_trimmed = self.topics_trimmed && (is_beginning || self.calendar.is_expired_on_topics(case.day));
        if case.sequence > settled && !went_on {
            Some(Fate::Behind)
        } else if case.sequence < self.instance.horizon || is_trimmed || case.mark.is(Flag::Compacted) {
            Some(Fate::Expired)
        } else {
            Some(Fate::Lost)
        }
    }

    fn missing_in_files(&self, case: Case, journal: Option<Fate>, topics: Option<Fate>) -> Option<Fate> {
        let expired = self.calendar.is_expired(case.day);
        if self.is_kept_by_the_books(case) {
            return Some(Fate::Lost);
        }
        let tally = &self.instance.tallies[Hop::Files.at()];
        if self.looks_at(Hop::Topics) {
            return match topics? {
                Fate::Found => Some(self.not_taken_from_topics(case)),
                Fate::Expired if case.mark.is(Flag::DeadLettered) => Some(Fate::DeadLettered),
                Fate::Expired if expired || tally.lowest.is_none_or(|lowest| case.sequence < lowest) => {
                    Some(Fate::Expired)
                }
                // What took its place was read instead.
                Fate::Expired if case.mark.is(Flag::Compacted) => Some(Fate::Expired),
                Fate::Expired => Some(Fate::Lost),
                Fate::Lost | Fate::Behind | Fate::DeadLettered => None,
            };
        }
        if journal == Some(Fate::Lost) {
            None
        } else if expired {
            Some(Fate::Expired)
        } else if case.sequence > tally.highest {
            Some(Fate::Behind)
        } else {
            Some(Fate::Lost)
        }
    }

    fn missing_in_table(&self, case: Case, topics: Option<Fate>) -> Option<Fate> {
        if !case.mark.is(Flag::HasRow) {
            return None;
        }
        if self.is_kept_by_the_books(case) {
            return Some(Fate::Lost);
        }
        if topics == Some(Fate::Found) {
            return Some(self.not_taken_from_topics(case));
        }
        let expired = self.calendar.is_expired(case.day);
        let is_in_files = case.mark.is(Flag::Found(Hop::Files));
        if self.looks_at(Hop::Topics) {
            // A line and its row are committed together.
            return is_in_files.then_some(if expired { Fate::Expired } else { Fate::Lost });
        }
        if expired {
            Some(Fate::Expired)
        } else if case.sequence > self.instance.tallies[Hop::Table.at()].highest {
            Some(Fate::Behind)
        } else {
            Some(Fate::Lost)
        }
    }

    /// The books say that it is kept, and it is of a day that is known to be kept: then it must be there, wherever the positions stand.
    fn is_kept_by_the_books(&self, case: Case) -> bool {
        let day = case.mark.day();
        case.mark.is(Flag::InBooks) && day.is_known() && !self.calendar.is_expired(day)
    }

    /// On a topic, and not in what the sink writes.
    fn not_taken_from_topics(&self, case: Case) -> Fate {
        if case.mark.is(Flag::DeadLettered) {
            Fate::DeadLettered
        } else if self.calendar.is_expired(case.day) {
            Fate::Expired
        } else if case.mark.is(Flag::PassedBySink) {
            Fate::Lost
        } else {
            Fate::Behind
        }
    }
}

impl Instance {
    /// Events in files that the books don't know to be kept.
    fn not_in_books(&self) -> u64 {
        let mut count = 0;
        self.sequences.for_each_run(self.sequences.last(), |run| {
            let is_in_files = run.mark.is(Flag::Found(Hop::Files));
            count += u64::from(is_in_files && run.first > self.unmarked_to && !run.mark.is(Flag::InBooksAfterwards));
        });
        count
    }
}

/// Each letter that was sent again has a source of its own: those of which nothing is to be said become one entry.
fn fold_redriven(instances: Vec<InstanceVerdict>) -> Vec<InstanceVerdict> {
    let says_nothing = |instance: &InstanceVerdict| {
        instance.instance.starts_with(REDRIVEN)
            && instance
                .hops
                .iter()
                .all(|hop| hop.lost == 0 && hop.doubled == 0 && hop.altered == 0)
    };
    let (redriven, mut instances): (Vec<_>, Vec<_>) = instances.into_iter().partition(says_nothing);
    let mut redriven = redriven.into_iter();
    if let Some(mut all) = redriven.next() {
        for one in redriven {
            all.add(&one);
        }
        all.instance = format!("{REDRIVEN}*");
        instances.push(all);
    }
    instances
}
