//! Round numbers for an axis.

/// The step between marks, so that about `marks` of them reach `top`: 1, 2 or 5 times a power of ten.
pub(super) fn step(top: f64, marks: f64) -> f64 {
    let raw = (top / marks).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|times| times * power >= raw * 0.999_999);
    times.unwrap_or(10.0) * power
}

/// Marks from 0 to at least `top`.
pub(super) fn marks(top: f64) -> Vec<f64> {
    let top = if top > 0.0 { top } else { 1.0 };
    let step = step(top, 4.0);
    let count = (top / step).ceil() as u32;
    (0..=count).map(|mark| f64::from(mark) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_reach_the_top() {
        assert_eq!(marks(87.0), [0.0, 50.0, 100.0]);
        assert_eq!(marks(0.37), [0.0, 0.1, 0.2, 0.300_000_000_000_000_04, 0.4]);
        assert_eq!(marks(0.0), [0.0, 0.5, 1.0]);
        assert_eq!(marks(4.0).last(), Some(&4.0));
    }
}
