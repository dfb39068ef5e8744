//! Where events lie in memory: a session's beside each other, sessions by their beginning, which their numbers follow.
//!
//! A walk over sessions then reads memory from one end to the other, which is several times as fast as here and there. It is done once,
//! for the first reading; what comes later lies behind it.

use super::event::{Event, EventIndex, SessionIndex};
use super::log::Log;
use super::places::Places;

impl Log {
    /// Moves the events, and renumbers sessions and events. Nothing else may know their places yet.
    pub(super) fn lay_out(&mut self) {
        self.number_sessions_by_begin();
        let mut sources: Vec<EventIndex> = Vec::with_capacity(self.events.len());
        for (session, places) in self.sessions.iter_mut().enumerate() {
            let begin = sources.len() as EventIndex;
            for index in places.iter() {
                self.events[index as usize].session = session as SessionIndex;
                sources.push(index);
            }
            *places = Places::beside(begin..sources.len() as EventIndex);
        }
        permute(&mut self.events, &mut sources);
    }

    fn number_sessions_by_begin(&mut self) {
        let first = |places: &Places| places.iter().next().map(|index| self.events[index as usize].at);
        let begins = self.sessions.iter().map(first).zip(&self.session_keys);
        let mut order: Vec<((Option<i64>, u128), usize)> = begins.map(|(at, key)| (at, *key)).zip(0..).collect();
        order.sort_unstable();
        self.sessions = order
            .iter()
            .map(|(_, old)| std::mem::take(&mut self.sessions[*old]))
            .collect();
        self.session_keys = order.iter().map(|((_, key), _)| *key).collect();
        self.session_numbers = self.session_keys.iter().copied().zip(0..).collect();
    }
}

/// Puts at each place the event that lies at its source, in place: beside some hundred megabytes of events there is no room for as many.
fn permute(events: &mut [Event], sources: &mut [EventIndex]) {
    for begin in 0..sources.len() {
        // Each round of places is walked once: a place that is done is its own source.
        let mut place = begin;
        while sources[place] as usize != begin {
            let source = sources[place] as usize;
            events.swap(place, source);
            sources[place] = place as EventIndex;
            place = source;
        }
        sources[place] = place as EventIndex;
    }
}

#[cfg(test)]
mod tests {
    use schemas::EventType;

    use super::super::{Entity, Symbol};
    use super::*;

    fn event(at: i64) -> Event {
        Event {
            at,
            sequence: 0,
            offset: 0,
            row: 0,
            entity: Entity::NONE,
            amount: 0,
            session: 0,
            visitor: 0,
            page: Symbol::NONE,
            extra: 0,
            partition: 0,
            instance: 0,
            kind: EventType::View,
            language: 0,
            device: 0,
            bot: false,
            late: false,
        }
    }

    #[test]
    fn each_place_gets_the_event_of_its_source() {
        for sources in [
            vec![0, 1, 2, 3, 4],
            vec![4, 3, 2, 1, 0],
            vec![1, 2, 0, 4, 3],
            vec![3, 0, 4, 1, 2],
        ] {
            let mut events: Vec<Event> = (0..5).map(event).collect();
            permute(&mut events, &mut sources.clone());
            let found: Vec<u32> = events.iter().map(|event| event.at as u32).collect();
            assert_eq!(found, sources);
        }
    }
}
