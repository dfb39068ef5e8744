use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn visitor(number: u128) -> VisitorId {
    VisitorId(number.to_be_bytes())
}

fn weighted(control: u32, other: u32) -> Experiments {
    let json = format!(
        r#"[{{"name":"home_aa","question":"?","where":"home.index","variants":
            [{{"name":"control","weight":{control}}},{{"name":"also_control","weight":{other}}}]}}]"#
    );
    Experiments::parse(&json).unwrap()
}

fn by_chance(experiments: &Experiments, experiment: Experiment, visitor: VisitorId) -> Variant {
    let trial = experiments.trial(experiment, visitor, &Forced::default()).unwrap();
    assert!(!trial.forced);
    trial.variant
}

#[test]
fn every_experiment_that_a_page_knows_is_declared_with_all_its_variants() {
    let experiments = Experiments::built_in().unwrap();
    for experiment in Experiment::ALL {
        for variant in experiment.variants() {
            assert!(experiments.has(experiment, *variant), "{experiment:?} {variant:?}");
        }
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    let experiments: HashSet<_> = Experiment::ALL.into_iter().map(Experiment::name).collect();
    assert_eq!(experiments.len(), Experiment::ALL.len());
    for experiment in Experiment::ALL {
        assert_eq!(experiment.name().parse(), Ok(experiment));
        assert_eq!(
            serde_json::from_str::<Experiment>(&format!("{:?}", experiment.name())).unwrap(),
            experiment
        );
    }
    for variant in Variant::ALL {
        assert_eq!(variant.name().parse(), Ok(variant));
        assert_eq!(
            serde_json::from_str::<Variant>(&format!("{:?}", variant.name())).unwrap(),
            variant
        );
    }
    assert!(
        "add"
            .parse::<Experiment>()
            .unwrap_err()
            .to_string()
            .contains("add_label")
    );
}

#[test]
fn an_assignment_never_changes() {
    let experiments = Experiments::built_in().unwrap();
    let of = |experiment| -> String {
        let mark = |number| match by_chance(&experiments, experiment, visitor(number)) {
            Variant::Control => 'c',
            _ => 'x',
        };
        (0..16_u128).map(mark).collect()
    };
    // Worked out once, by another program; another result would move visitors of a running experiment.
    let expected = ["ccxxcccxxcccxxcx", "xcccxxcxccxxxxcx", "cxxxcxcxccxxxcxc"];
    assert_eq!(Experiment::ALL.map(of), expected);
}

#[test]
fn two_experiments_are_independent() {
    let experiments = Experiments::built_in().unwrap();
    let control = |experiment, number| by_chance(&experiments, experiment, visitor(number)) == Variant::Control;
    let same = (0..10_000_u128)
        .filter(|number| control(Experiment::ListingOrder, *number) == control(Experiment::AddLabel, *number))
        .count();
    // 5000 expected; six standard deviations are 300.
    assert!((4700..=5300).contains(&same), "{same}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn variants_are_given_out_by_their_weights(control in 0_u32..200, other in 1_u32..200, first in any::<u64>()) {
        const VISITORS: u32 = 3_000;
        let experiments = weighted(control, other);
        let visitors = (0..VISITORS).map(|number| visitor(u128::from(first) << 32 | u128::from(number)));
        let shown = visitors
            .filter(|visitor| by_chance(&experiments, Experiment::HomeAa, *visitor) == Variant::Control)
            .count();
        let share = f64::from(control) / f64::from(control + other);
        let deviation = (f64::from(VISITORS) * share * (1.0 - share)).sqrt();
        let off = (f64::from(u32::try_from(shown).unwrap()) - f64::from(VISITORS) * share).abs();
        prop_assert!(off <= 6.0 * deviation, "{shown} of {VISITORS} at {control}:{other}");
    }

    #[test]
    fn what_else_runs_changes_nothing(number in any::<u128>()) {
        let (all, alone) = (Experiments::built_in().unwrap(), weighted(1, 1));
        let (experiment, visitor) = (Experiment::HomeAa, visitor(number));
        prop_assert_eq!(by_chance(&all, experiment, visitor), by_chance(&alone, experiment, visitor));
    }
}

#[test]
fn a_forced_variant_is_shown_and_said_to_be_forced() {
    let experiments = weighted(1, 0);
    let forced = Forced::default().with(Experiment::HomeAa, Variant::AlsoControl);
    let trial = experiments.trial(Experiment::HomeAa, visitor(1), &forced).unwrap();
    assert_eq!((trial.variant, trial.forced), (Variant::AlsoControl, true));
    assert_eq!(
        experiments.trial(Experiment::AddLabel, visitor(1), &forced),
        None,
        "it doesn't run"
    );
    let unknown = Forced::default().with(Experiment::HomeAa, Variant::FirstPerson);
    let trial = experiments.trial(Experiment::HomeAa, visitor(1), &unknown).unwrap();
    assert_eq!((trial.variant, trial.forced), (Variant::Control, false));
}

#[test]
fn a_cookie_reads_back_as_what_was_forced() {
    let forced = Forced::default()
        .with(Experiment::AddLabel, Variant::FirstPerson)
        .with(Experiment::ListingOrder, Variant::Control);
    assert_eq!(
        forced.to_string(),
        "forced-listing_order:control.add_label:first_person"
    );
    assert_eq!(forced.to_string().parse(), Ok(forced));
    assert_eq!(
        "forced-old:a.x.add_label:first_person.listing_order:b".parse(),
        Ok(Forced::default().with(Experiment::AddLabel, Variant::FirstPerson))
    );
    assert!("add_label:first_person".parse::<Forced>().is_err());
}

#[test]
fn what_is_declared_wrongly_is_said() {
    let one = |name: &str, endpoint: &str, variants: &str| {
        format!(r#"{{"name":"{name}","question":"?","where":"{endpoint}","variants":[{variants}]}}"#)
    };
    let aa = |variants: &str| one("home_aa", "home.index", variants);
    let control = r#"{"name":"control","weight":1}"#;
    for (json, wrong) in [
        ("{".to_owned(), "not a list"),
        (one("new", "x", control), "not a list"),
        (aa(r#"{"name":"control","weight":-1}"#), "not a list"),
        (aa(r#"{"name":"control","weight":1,"colour":"red"}"#), "colour"),
        (aa(""), "not `control`"),
        (aa(r#"{"name":"also_control","weight":1}"#), "not `control`"),
        (aa(r#"{"name":"control","weight":0}"#), "weigh nothing"),
        (aa(&format!("{control},{control}")), "control twice"),
        (
            aa(&format!(r#"{control},{{"name":"first_person","weight":1}}"#)),
            "no variant first_person",
        ),
        (
            one("home_aa", "cart.index", control),
            "by home.index, not by cart.index",
        ),
        (format!("{},{}", aa(control), aa(control)), "home_aa twice"),
    ] {
        let error = Experiments::parse(&format!("[{json}]")).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
    assert!(Experiments::parse("[]").is_ok(), "no experiment runs");
}
