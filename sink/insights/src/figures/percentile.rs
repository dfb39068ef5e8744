//! Exact percentiles.

/// Of all values the smallest that at least `share` of them do not exceed (the nearest rank); none of no values. Moves them.
pub(super) fn percentile(values: &mut [f32], share: f64) -> Option<f64> {
    percentiles(values, &[share])[0]
}

/// The same for several shares, in time that grows with the values and not faster: what lies between is not sorted.
pub(super) fn percentiles(values: &mut [f32], shares: &[f64]) -> Vec<Option<f64>> {
    let mut wanted: Vec<(usize, usize)> = shares.iter().map(|share| rank(*share, values.len())).zip(0..).collect();
    wanted.sort_unstable();
    let mut found = vec![None; shares.len()];
    // From the highest rank down: what is below one is found among what it left below.
    let mut below = values;
    let mut known: Option<(usize, f32)> = None;
    for (rank, place) in wanted.into_iter().rev() {
        let value = match known {
            Some((known, value)) if known == rank => value,
            _ if rank >= below.len() => continue,
            _ => {
                let (less, value, _) = std::mem::take(&mut below).select_nth_unstable_by(rank, f32::total_cmp);
                below = less;
                *value
            }
        };
        known = Some((rank, value));
        found[place] = Some(f64::from(value));
    }
    found
}

/// The place of a percentile among so many values in order.
fn rank(share: f64, values: usize) -> usize {
    (share * values as f64).ceil().max(1.0) as usize - 1
}

/// The same of values that are in order, of any width.
pub(super) fn sorted<T: Copy>(values: &[T], share: f64) -> Option<T> {
    values.get(rank(share, values.len())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(percentile(&mut values, 0.5), Some(3.0));
        assert_eq!(percentile(&mut values, 0.75), Some(4.0));
        assert_eq!(percentile(&mut values, 0.0), Some(1.0));
        assert_eq!(percentile(&mut values, 1.0), Some(5.0));
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn several_are_those_of_the_sorted_values() {
        for count in [1_u32, 2, 3, 10, 1000] {
            let values: Vec<f32> = (0..count).map(|number| ((number * 7919) % 97) as f32).collect();
            let shares = [0.5, 0.99, 0.75, 0.0, 0.95, 0.99, 1.0];
            let mut in_order = values.clone();
            in_order.sort_unstable_by(f32::total_cmp);
            let expected: Vec<Option<f64>> = shares
                .iter()
                .map(|share| sorted(&in_order, *share).map(f64::from))
                .collect();
            assert_eq!(percentiles(&mut values.clone(), &shares), expected, "{count} values");
        }
    }
}
