//! The ledger: verdicts, numbers, and that neither can be right by accident.

use natgrad::claims::{
    Claim, Effort, Expected, Finding, Group, Measurement, Role, Verdict, decide, document, json, ledger,
    overview, run, select,
};
use std::sync::OnceLock;

fn usual() -> &'static [Finding] {
    static FINDINGS: OnceLock<Vec<Finding>> = OnceLock::new();
    FINDINGS.get_or_init(|| run::<&str>(&[], Effort::default()).expect("the whole ledger"))
}

fn finding(id: &str) -> &'static Finding {
    usual().iter().find(|finding| finding.claim().id == id).expect("an id of the ledger")
}

/// The one measurement of a claim whose name begins so.
fn number(id: &str, quantity: &str) -> &'static Measurement {
    let all = finding(id).measurements();
    let found: Vec<_> = all.iter().filter(|m| m.quantity.starts_with(quantity)).collect();
    let exact = found.iter().find(|m| m.quantity == quantity);
    assert!(found.len() == 1 || exact.is_some(), "{id}: {quantity}: {found:?}");
    exact.unwrap_or(&found[0])
}

#[test]
fn the_ledger_has_every_claim_once() {
    let expected: Vec<String> = (1..=9)
        .map(|k| format!("C{k}"))
        .chain((1..=10).map(|k| format!("A{k}")))
        .chain((1..=7).map(|k| format!("G{k}")))
        .chain(["K1".to_owned()])
        .collect();
    let ids: Vec<&str> = ledger().iter().map(|claim| claim.id).collect();
    assert_eq!(ids, expected);
    for claim in ledger() {
        let group = match &claim.id[..1] {
            "C" => Group::Fisher,
            "A" => Group::Algebra,
            "G" => Group::Geometry,
            _ => Group::Critics,
        };
        assert_eq!(claim.group, group, "{}", claim.id);
        assert!(!claim.statement.is_empty() && !claim.source.work.is_empty(), "{}", claim.id);
    }
}

#[test]
fn every_verdict_and_every_number_is_as_recorded() {
    for finding in usual() {
        for m in finding.measurements() {
            let id = finding.claim().id;
            assert!(m.within, "{id}: {m:?}");
            assert!(m.tolerance >= 0.0 && !m.reason.is_empty(), "{id}: {m:?}");
            assert!(m.quantity.chars().count() <= 60, "{id}: too long for its column: {}", m.quantity);
        }
        assert_eq!(finding.verdict(), finding.claim().recorded, "{}", finding.claim().id);
        assert!(finding.as_recorded());
        assert!(finding.measurements().iter().any(|m| m.agrees().is_some()));
    }
    let recorded = |word: &str| ledger().iter().filter(|claim| claim.recorded.word() == word).count();
    assert_eq!((recorded("confirmed"), recorded("refuted"), recorded("holds only if")), (18, 1, 8));
}

#[test]
fn other_seeds_and_harder_looks_reach_the_same_verdicts() {
    for effort in [
        Effort { seed: 1, full: false },
        Effort { seed: 12345, full: false },
        Effort { seed: u64::MAX, full: false },
        Effort { seed: 2, full: true },
    ] {
        for finding in run::<&str>(&[], effort).expect("the whole ledger") {
            let astray: Vec<_> = finding.measurements().iter().filter(|m| !m.within).collect();
            assert!(finding.as_recorded(), "{} at {effort:?}: {astray:?}", finding.claim().id);
        }
    }
}

#[test]
fn the_seed_reaches_what_is_random() {
    let best = |seed| {
        run(&["C4"], Effort { seed, full: false }).expect("C4")[0].measurements()[2].measured.to_bits()
    };
    assert_eq!(best(3), best(3));
    assert_ne!(best(3), best(4));
}

#[test]
fn one_thread_or_two_give_the_same_bits() {
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let findings = pool.install(|| run::<&str>(&[], Effort::default())).expect("the whole ledger");
        let numbers = findings.iter().flat_map(Finding::measurements).map(|m| m.measured.to_bits());
        numbers.collect::<Vec<u64>>()
    };
    assert_eq!(bits(1), bits(2));
}

/// The ledger's own constants, written down a second time from the literature and from closed forms.
#[test]
fn constants_of_the_ledger_agree_with_a_second_transcription() {
    let close = |id: &str, quantity: &str, value: f64, tolerance: f64| {
        let m = number(id, quantity);
        let expected = m.expected.value();
        assert!((expected - value).abs() <= tolerance, "{id}, {quantity}: {expected} against {value}");
        assert!((m.measured - value).abs() <= tolerance.max(m.tolerance), "{id}, {quantity}: {}", m.measured);
    };
    // Eigenvalues of diag(p) - ppᵀ at logits (0.2, -0.5, 1), by a symmetric eigenvalue program.
    close("C2", "3 classes: middle eigenvalue", 0.16661121294917, 1e-14);
    close("C2", "3 classes: largest eigenvalue", 0.3858985828011202, 1e-15);
    close("C3", "½ dᵀFd, d", 0.0272372429478, 1e-13);
    close("C3", "the same, against the printed κ₃/6", -0.0034471070768, 1e-6);
    close("C4", "decrease g·d along", 0.4824460387, 1e-10);
    close("C6", "(step in the logit - step in p)/η² at η = 0.1", 0.224111, 1e-6);
    close("C7", "‖diag F - F‖², from", 0.09007992102721, 1e-9);
    close("C9", "tr E[ggᵀ]/tr F at B = 4", 0.25, 0.0);
    close("C9", "E[g²]/F of w₁₂", 0.5446034573, 1e-9);
    close("A2", "late tensor: f from f₀ = 0", 1.0 - 0.4989995010017, 1e-12);
    close("A3", "sum of squared weights at t = 2", 0.5000001251251, 1e-13);
    close("A3", "sum of squared weights at t = 1000", 0.00108205734084, 1e-12);
    close("A3", "effective sample size", 19.0, 1e-10);
    close("A4", "weight of f₀ at t = 1000", 0.3677, 1e-4);
    close("A6", "FAdam's step over Adam's at t = 5", 0.40951, 1e-10);
    close("A7", "Adam, 1e-3 → 1: first step", 2.537134, 1e-5);
    close("A7", "FAdam, 1e-3 → 1: first step", 3.414504, 1e-5);
    close("A9", "E2: the same, in closed form", -0.990099009901, 1e-12);
    close("A10", "E1, s = 1e-9: against", 1.49, 5e-3);
    close("G1", "angle a vector turns around a triangle", 0.067042217589086, 1e-14);
    close(
        "G2",
        "T(v, v, v) after the split",
        0.1f64.powi(3) / 0.04 - 0.3f64.powi(3) / 0.09 + 0.2f64.powi(3) / 0.25,
        1e-15,
    );
    close("G7", "exponential map in ln mean: where", 2.000216252295863, 1e-14);
    close("G7", "plain steps of 0.04: the two", 2.00907178742933 - 1.991170551928525, 1e-14);
    close("K1", "empirical Fisher over Fisher, diagonal entry of w₁₁", 0.2187759104 / 0.2079224369, 1e-9);
    close("K1", "empirical Fisher over Fisher, diagonal entry of w₂₂", 0.1853614507 / 0.2985272931, 1e-9);
    close("K1", "largest relative error of the diagonal", 0.46, 5e-3);
    // The eigenvalues are the roots of λ² - tλ + 3p₁p₂p₃, whatever the program says of them.
    let (p, trace) = ([0.26866364477, 0.13341441770, 0.59792193753], 0.5525097957502902);
    let (middle, largest) = (
        number("C2", "3 classes: middle eigenvalue").measured,
        number("C2", "3 classes: largest eigenvalue").measured,
    );
    assert!((middle + largest - trace).abs() < 1e-9);
    assert!((middle * largest - 3.0 * p.iter().product::<f64>()).abs() < 1e-9);
}

#[test]
fn a_planted_error_in_any_number_is_seen() {
    for finding in usual() {
        for k in 0..finding.measurements().len() {
            let mut planted = finding.measurements().to_vec();
            planted[k].measured = match planted[k].expected {
                Expected::AtLeast(bound) => bound - 2.0 * planted[k].tolerance - 1.0,
                other => other.value() + 2.0 * planted[k].tolerance + 1.0,
            };
            let judged = Finding::judge(*finding.claim(), planted, 0.0);
            assert!(!judged.as_recorded(), "{}: {:?}", finding.claim().id, finding.measurements()[k]);
            let role = finding.measurements()[k].role;
            if matches!(role, Role::Statement | Role::Condition) {
                assert_eq!(judged.verdict(), Verdict::Refuted, "{}", finding.claim().id);
            }
        }
        // Nothing is as recorded where nothing, or no number, was measured.
        let mut nan = finding.measurements().to_vec();
        nan.iter_mut().for_each(|m| m.measured = f64::NAN);
        assert!(!Finding::judge(*finding.claim(), nan, 0.0).as_recorded());
        if finding.claim().recorded != Verdict::Refuted {
            assert!(!Finding::judge(*finding.claim(), Vec::new(), 0.0).as_recorded());
        }
    }
}

#[test]
fn a_false_statement_that_turned_true_is_not_as_recorded() {
    // If the empirical Fisher were the Fisher, K1 would be confirmed, and the ledger would say so.
    let mut planted = finding("K1").measurements().to_vec();
    for m in &mut planted {
        if let Role::Against { says, .. } = m.role {
            m.measured = says.value();
        }
    }
    let judged = Finding::judge(*finding("K1").claim(), planted, 0.0);
    assert_eq!(judged.verdict(), Verdict::Confirmed);
    assert!(!judged.as_recorded());
    // The same for a condition that turned out not to be needed.
    let mut planted = finding("C6").measurements().to_vec();
    for m in &mut planted {
        if let Role::Against { says, .. } = m.role {
            m.measured = says.value();
        }
    }
    assert_eq!(Finding::judge(*finding("C6").claim(), planted, 0.0).verdict(), Verdict::Confirmed);
}

#[test]
fn the_decision_table() {
    let good = || Measurement::equal("good", 1.0, 1.0, 0.0, "exact");
    let bad = || Measurement::equal("bad", 2.0, 1.0, 0.5, "far");
    let denies = || good().against(Expected::Equal(3.0), 1.0);
    let agrees = || good().against(Expected::AtMost(3.0), 0.0);
    let condition = Some("x");
    let only_if = Verdict::HoldsOnlyIf("x");
    let table: Vec<(Vec<Measurement>, Option<&'static str>, Verdict)> = vec![
        (vec![], None, Verdict::Refuted),
        (vec![good().context()], condition, Verdict::Refuted),
        (vec![good()], None, Verdict::Confirmed),
        (vec![good(), bad().context()], None, Verdict::Confirmed),
        (vec![good(), bad()], None, Verdict::Refuted),
        (vec![good(), denies()], None, Verdict::Refuted),
        (vec![good(), agrees()], None, Verdict::Confirmed),
        (vec![good(), denies()], condition, Verdict::Refuted),
        (vec![good().under_condition(), denies()], condition, only_if),
        (vec![good().under_condition(), bad()], condition, only_if),
        (vec![bad().under_condition(), denies()], condition, Verdict::Refuted),
        (vec![good().under_condition(), bad().under_condition(), denies()], condition, Verdict::Refuted),
        (vec![good().under_condition(), good()], condition, Verdict::Confirmed),
        (vec![good().under_condition(), denies()], None, Verdict::Refuted),
    ];
    for (k, (measurements, condition, verdict)) in table.into_iter().enumerate() {
        assert_eq!(decide(&measurements, condition), verdict, "row {k}");
    }
    for expected in [Expected::Equal(0.0), Expected::AtMost(0.0), Expected::AtLeast(0.0)] {
        assert!(!expected.allows(f64::NAN, f64::INFINITY), "{expected:?}");
        assert!(expected.allows(0.0, 0.0), "{expected:?}");
    }
    assert!(Expected::AtMost(1.0).allows(-5.0, 0.0) && !Expected::AtMost(1.0).allows(1.1, 0.05));
    assert!(Expected::AtLeast(1.0).allows(5.0, 0.0) && !Expected::AtLeast(1.0).allows(0.9, 0.05));
}

#[test]
fn names_select_claims() {
    let ids = |names: &[&str]| -> Vec<&'static str> {
        select(names).expect("known names").iter().map(|claim: &Claim| claim.id).collect()
    };
    assert_eq!(ids(&[]).len(), 27);
    assert_eq!(ids(&["A1"]), ["A1"]);
    assert_eq!(ids(&["k", "c2", "C2"]), ["C2", "K1"]);
    assert_eq!(ids(&["A", "A3"]).len(), 10);
    for name in ["", "X", "A11", "C10", "1"] {
        let error = select(&["C1", name]).expect_err("no such claim").to_string();
        assert!(error.starts_with(&format!("unknown claim '{name}'; known: C1, C2")), "{error}");
    }
}

#[test]
fn page_and_json_hold_every_number() {
    let effort = Effort::default();
    let json = json(usual(), effort);
    assert_eq!(json["schema"], "natgrad/verify/1");
    assert_eq!(json["as_recorded"], true);
    for (finding, claim) in usual().iter().zip(json["claims"].as_array().expect("claims")) {
        assert_eq!(claim["id"], finding.claim().id);
        assert_eq!(claim["verdict"], finding.verdict().to_string());
        for (m, found) in
            finding.measurements().iter().zip(claim["measurements"].as_array().expect("numbers"))
        {
            assert_eq!(found["measured"].as_f64().map(f64::to_bits), Some(m.measured.to_bits()));
            assert_eq!(found["reason"], m.reason);
        }
    }
    let html = document(usual(), effort).expect("a page").to_html();
    assert!(html.matches("<svg").count() >= 4);
    for outside in ["<script", "<link", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    for finding in usual() {
        assert!(html.contains(&format!("<h2>{} · {}", finding.claim().id, finding.verdict().word())));
    }
}

/// `docs/claims.md` shows the ledger as it is: on failure, copy the table printed below into it.
#[test]
fn the_document_shows_the_ledger_as_it_is() {
    let text = include_str!("../docs/claims.md");
    let table = overview(&ledger()).to_markdown();
    assert!(text.contains(table.trim()), "docs/claims.md is out of date; its table should be\n\n{table}");
}
