//! Exact percentiles.

/// Of all values the smallest that at least `share` of them do not exceed (the nearest rank); none of no values. Sorts them.
pub(super) fn percentile(values: &mut [f32], share: f64) -> Option<f64> {
    values.sort_unstable_by(f32::total_cmp);
    sorted_percentile(values, share)
}

/// The same of values that are in order.
pub(super) fn sorted_percentile(values: &[f32], share: f64) -> Option<f64> {
    sorted(values, share).map(f64::from)
}

/// The same of values of any width.
pub(super) fn sorted<T: Copy>(values: &[T], share: f64) -> Option<T> {
    let rank = (share * values.len() as f64).ceil().max(1.0) as usize;
    values.get(rank - 1).copied()
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
}
