//! One walk on all cores.

use rayon::prelude::*;

/// How many sessions one core walks over at a time: enough that putting the counts together costs nothing beside the walk.
const STRETCH: usize = 1 << 15;

/// Walks over a list in stretches, side by side, and puts together what they count, in the order of the list: the same as one walk gives.
pub(super) fn over_stretches<T: Sync, C: Send>(
    list: &[T],
    walk: impl Fn(&[T]) -> C + Sync,
    append: impl Fn(&mut C, C) + Sync,
) -> C {
    let counts = list.par_chunks(STRETCH).map(&walk);
    let all = counts.reduce_with(|mut all, later| {
        append(&mut all, later);
        all
    });
    all.unwrap_or_else(|| walk(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_stay_in_order() {
        let list: Vec<usize> = (0..STRETCH * 3 + 7).collect();
        let walked = over_stretches(&list, <[usize]>::to_vec, |all, mut later| all.append(&mut later));
        assert_eq!(walked, list);
        assert!(over_stretches(&[], <[usize]>::to_vec, |_, _| ()).is_empty());
    }
}
