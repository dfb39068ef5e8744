//! Hands: blocks are read side by side, and what they hold is entered in the order of the blocks.
//!
//! The calling thread fetches the blocks and enters what was read off them; as many hands as there are cores (at most 4) read.
//! Promises: the same entries in the same order, however many hands there are; at most two blocks a hand are in memory.

use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use super::error::AuditError;

const HANDS_AT_MOST: usize = 4;
const BLOCKS_A_HAND: usize = 2;

/// A thread that reads one block after another.
struct Hand<B, S> {
    blocks: Sender<B>,
    sheets: Receiver<Result<S, AuditError>>,
}

/// Reads every block with `read` and enters what it gave. Ends at the first error, of a block or of its reading.
pub(super) fn in_order<B: Send, S: Send>(
    what: &'static str,
    blocks: impl IntoIterator<Item = Result<B, AuditError>>,
    read: impl Fn(B) -> Result<S, AuditError> + Sync,
    mut enter: impl FnMut(S),
) -> Result<(), AuditError> {
    let hands = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(HANDS_AT_MOST);
    thread::scope(|scope| {
        let hands: Vec<_> = (0..hands).map(|_| Hand::start(scope, &read)).collect();
        let (mut given, mut entered) = (0, 0);
        let mut enter_next = |entered: &mut usize| {
            let sheet = hands[*entered % hands.len()].sheets.recv();
            enter(sheet.map_err(|_| AuditError::Crashed { what })??);
            *entered += 1;
            Ok::<(), AuditError>(())
        };
        for block in blocks {
            if given - entered == hands.len() * BLOCKS_A_HAND {
                enter_next(&mut entered)?;
            }
            // A hand that has crashed says so when its sheet is waited for.
            drop(hands[given % hands.len()].blocks.send(block?));
            given += 1;
        }
        while entered < given {
            enter_next(&mut entered)?;
        }
        Ok(())
    })
}

impl<B: Send, S: Send> Hand<B, S> {
    fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        read: &'scope (impl Fn(B) -> Result<S, AuditError> + Sync),
    ) -> Self
    where
        B: 'scope,
        S: 'scope,
    {
        let (blocks, given) = mpsc::channel();
        let (read_off, sheets) = mpsc::channel();
        scope.spawn(move || {
            for block in given {
                if read_off.send(read(block)).is_err() {
                    // Another block has failed, and nobody wants this one any more.
                    return;
                }
            }
        });
        Self { blocks, sheets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> AuditError {
        AuditError::Crashed { what: "a test" }
    }

    #[test]
    fn what_is_read_side_by_side_is_entered_in_order() {
        let blocks = (0..1_000_u32).map(Ok);
        let mut entered = Vec::new();
        // Every third takes longer.
        let read = |block: u32| {
            let turns = if block.is_multiple_of(3) { 20_000 } else { 1 };
            Ok((0..turns).fold(block, |block, _| std::hint::black_box(block)))
        };
        in_order("a test", blocks, read, |block| entered.push(block)).unwrap();
        assert_eq!(entered, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn what_stands_before_an_error_is_entered_and_nothing_behind_it() {
        for fails_in_fetching in [true, false] {
            let blocks = (0..1_000_u32).map(|block| {
                if fails_in_fetching && block == 500 {
                    Err(failed())
                } else {
                    Ok(block)
                }
            });
            let mut entered = Vec::new();
            let read = |block| if block == 300 { Err(failed()) } else { Ok(block) };
            assert!(in_order("a test", blocks, read, |block| entered.push(block)).is_err());
            assert_eq!(entered, (0..300).collect::<Vec<_>>());
        }
    }
}
