//! The statistics of experiments over cases from a seed, with the samples: `tests/insights/statistics.sh` has `SciPy` and statsmodels work
//! them out once more.
//!
//! ```sh
//! cargo run -p insights --example statistics
//! ```

use insights::statistics::{
    Compared, Paired, Power, Sample, Scale, adjusted, always_valid, mismatch, normal_quantile, student_quantile,
    student_two_sided, welch,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

fn main() {
    let mut random = StdRng::seed_from_u64(16);
    let comparisons: Vec<Value> = (0..40).map(|number| comparison(&mut random, number)).collect();
    let splits: Vec<Value> = (0..40).map(|_| split(&mut random)).collect();
    println!(
        "{}",
        json!({ "comparisons": comparisons, "splits": splits, "distributions": distributions() })
    );
}

/// Two variants whose outcome follows their past more or less, with everything that is told of them.
fn comparison(random: &mut StdRng, number: u32) -> Value {
    let follows = f64::from(number % 5) / 4.0;
    let binary = number.is_multiple_of(2);
    let mut people = |count: u32, effect: f64| -> Vec<Paired> {
        (0..count)
            .map(|_| {
                let before = f64::from(random.random_range(0..12));
                let noise = random.random_range(0.0..8.0);
                let value = 1.0 + follows * before + noise + effect;
                let outcome = if binary {
                    f64::from(u8::from(value > 8.0))
                } else {
                    value
                };
                Paired { before, outcome }
            })
            .collect()
    };
    let (a, b) = (people(200 + 30 * number, 0.0), people(300 + 7 * number, 0.5));
    let plain = |people: &[Paired]| {
        let mut sample = Sample::default();
        for one in people {
            sample.add(one.outcome);
        }
        sample
    };
    let (plain_a, plain_b) = (plain(&a), plain(&b));
    let proportion = Sample::proportion(plain_a.sum, plain_a.count);
    let past = adjusted(&a, &b);
    let told = |compared: Option<Compared>| {
        compared
            .map(|told| json!({ "difference": told.difference, "low": told.low, "high": told.high, "p": told.p_value }))
    };
    let usual = Power {
        alpha: 0.05,
        power: 0.8,
    };
    let list = |people: &[Paired]| -> Vec<[f64; 2]> { people.iter().map(|one| [one.before, one.outcome]).collect() };
    json!({
        "a": list(&a), "b": list(&b), "binary": binary,
        "welch": told(welch(&plain_a, &plain_b, Scale::Absolute, 0.05)),
        "welch_relative": told(welch(&plain_a, &plain_b, Scale::Relative, 0.05)),
        "always_valid": told(always_valid(&plain_a, &plain_b, Scale::Absolute, 0.05, 5000.0)),
        "past": past.map(|past| json!({
            "theta": past.theta, "correlation": past.correlation, "reduction": past.reduction,
            "means": [past.a.mean(), past.b.mean()], "variances": [past.a.variance(), past.b.variance()],
            "welch": told(welch(&past.a, &past.b, Scale::Absolute, 0.05)),
            "balance": told(welch(&past.before_a, &past.before_b, Scale::Absolute, 0.05)),
        })),
        "detectable": binary.then(|| usual.detectable(&proportion, &Sample::proportion(plain_b.sum, plain_b.count))),
        "needed": binary.then(|| usual.needed(&proportion, 0.05)),
    })
}

/// Counts of variants with planned shares.
fn split(random: &mut StdRng) -> Value {
    let variants = random.random_range(2..5);
    let weights: Vec<f64> = (0..variants).map(|_| f64::from(random.random_range(1..6))).collect();
    let total: f64 = weights.iter().sum();
    let planned: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some thousands of people, and never fewer than none"
    )]
    let near = |share: &f64, random: &mut StdRng| (share * 4000.0 * random.random_range(0.95..1.05)) as u64;
    let counts: Vec<u64> = planned.iter().map(|share| near(share, random)).collect();
    json!({ "p": mismatch(&counts, &planned), "counts": counts, "planned": planned })
}

/// The distributions themselves, far out, too.
fn distributions() -> Value {
    let mut all = Vec::new();
    for freedom in [1.0, 2.5, 10.0, 137.2, 6000.0] {
        for t in [0.001, 0.5, 1.96, 4.0, 9.0] {
            all.push(json!({ "t": t, "freedom": freedom, "p": student_two_sided(t, freedom) }));
        }
        for p in [0.001, 0.01, 0.05, 0.5] {
            all.push(json!({ "quantile_of": p, "freedom": freedom, "t": student_quantile(p, freedom) }));
        }
    }
    for p in [0.6, 0.8, 0.975, 0.9999] {
        all.push(json!({ "normal_of": p, "z": normal_quantile(p) }));
    }
    Value::Array(all)
}
