//! `compare` against the comparison table of an independent program.

use super::with_m2;
use serde_json::Value;

/// The cell of a row (estimator, matrix) under a heading, in the table at this place.
fn cell(tables: &[&Value], table: usize, row: (&str, &str), heading: &str) -> f64 {
    let table = tables[table];
    let column = table["columns"].as_array().unwrap().iter().position(|column| column["name"] == heading);
    let rows = table["rows"].as_array().unwrap();
    let found = rows.iter().find(|cells| cells[0] == row.0 && (cells[1] == row.1 || cells[1].is_null()));
    found.unwrap()[column.unwrap()].as_f64().unwrap_or_else(|| panic!("{row:?} {heading}"))
}

#[test]
fn the_rows_are_those_of_the_independent_table() {
    let place = with_m2();
    let text = place
        .succeed("compare m2.npz --likelihood categorical --damping 0.1 --json out.json --html out.html");
    let json = place.json("out.json");
    assert_eq!(json["schema"], "natgrad/compare/1");
    let parts = json["parts"].as_array().unwrap();
    let tables: Vec<&Value> = parts.iter().filter(|part| part["kind"] == "table").collect();
    let known = [
        (0, ("exact", "dense"), "trace", 1.9643055916817),
        (0, ("exact", "diagonal"), "Frobenius", 0.502144902669654),
        (0, ("exact", "diagonal"), "Frobenius error", 0.85699658255),
        (0, ("exact", "diagonal"), "spectral error", 0.8160963287),
        (0, ("exact-enumeration", "dense"), "Frobenius error", 0.0),
        (0, ("empirical", "dense"), "spectral error", 1.152243536),
        (4, ("mc-systematic:16", "dense"), "mse", 0.001781259424932672),
        (0, ("exact", "kfac"), "Frobenius error", 0.656237664587),
        (0, ("exact", "ekfac"), "spectral error", 0.5265484694),
        (0, ("exact", "kfoc"), "trace", 1.94775070188179),
        (0, ("exact", "kfac-separate"), "Frobenius error", 0.7391812408800679),
        (1, ("exact", "block"), "greatest μ", 1.75651615),
        (1, ("exact", "kfac"), "cosine", 0.926598481),
        (1, ("exact", "ekfac"), "metric cosine", 0.943881415),
        (1, ("exact", "kfoc"), "efficiency", 0.9104501933),
        (1, ("gradient", ""), "cosine", 0.872915316),
        (1, ("gradient", ""), "efficiency", 0.7022610622),
        (1, ("exact", "diagonal"), "metric cosine", 0.883958925),
        (1, ("exact", "diagonal"), "least μ", 0.320252934),
        (1, ("exact", "diagonal"), "greatest μ", 3.79414952),
        (1, ("empirical", "dense"), "Kantorovich", 0.5002005),
        (1, ("empirical", "dense"), "efficiency", 0.8962264404),
    ];
    for (table, row, heading, value) in known {
        let found = cell(&tables, table, row, heading);
        assert!((found - value).abs() < 2e-7, "{row:?} {heading}: {found}");
    }
    // The exact row comes first, then by efficiency.
    let order: Vec<f64> =
        tables[1]["rows"].as_array().unwrap().iter().map(|row| row[4].as_f64().unwrap()).collect();
    assert_eq!(tables[1]["rows"][0][0], "exact");
    assert!(order[1..].windows(2).all(|pair| pair[0] >= pair[1]), "{order:?}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    assert!(std::fs::read_to_string(place.path("out.html")).unwrap().ends_with("</html>\n"));
}

/// Forward passes agree with second order but for an error that is proportional to the length of the step: it is below a
/// fifth at 0.01 nats, so at 1e-6 nats, with steps a hundred times shorter, below two in a thousand.
#[test]
fn short_steps_do_what_second_order_foretells() {
    let place = with_m2();
    for (divergence, allowed) in [("0.01", 0.2), ("0.000001", 0.002)] {
        place.succeed(&format!(
            "compare m2.npz --likelihood categorical --damping 0.1 --divergence {divergence} --json out.json"
        ));
        let json = place.json("out.json");
        let parts = json["parts"].as_array().unwrap();
        let tables: Vec<&Value> = parts.iter().filter(|part| part["kind"] == "table").collect();
        for row in tables[2]["rows"].as_array().unwrap() {
            let row = (row[0].as_str().unwrap(), row[1].as_str().unwrap_or(""));
            assert!((cell(&tables, 2, row, "of foretold") - 1.0).abs() < allowed, "{row:?} at {divergence}");
            let ratio = cell(&tables, 2, row, "decrease") / cell(&tables, 2, row, "foretold");
            assert!((ratio - 1.0).abs() < allowed, "{row:?} at {divergence}: {ratio}");
        }
    }
}

#[test]
fn the_rows_asked_for_are_the_rows() {
    let place = with_m2();
    place.succeed(
        "compare m2.npz --likelihood categorical --estimators empirical,mc:2 --matrices diagonal,implicit --json out.json",
    );
    let json = place.json("out.json");
    let tables: Vec<&Value> =
        json["parts"].as_array().unwrap().iter().filter(|p| p["kind"] == "table").collect();
    let mut names: Vec<(&str, &str)> = tables[0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row[0].as_str().unwrap(), row[1].as_str().unwrap()))
        .collect();
    assert_eq!(names.remove(0), ("exact", "dense"));
    names.sort_unstable();
    let asked =
        [("empirical", "diagonal"), ("empirical", "implicit"), ("mc:2", "diagonal"), ("mc:2", "implicit")];
    assert_eq!(names, asked);
}

#[test]
fn built_in_data_are_trained_compared_and_trained_again() {
    let place = with_m2();
    let text = place.succeed(
        "compare --data breast-cancer --hidden 3 --steps 20 --epochs 2 --estimators empirical --html out.html --json out.json",
    );
    assert!(text.contains("30-3-1 tanh network, bernoulli: N = 569, P = 97."), "{text}");
    assert!(text.contains("natural-gradient"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let html = std::fs::read_to_string(place.path("out.html")).unwrap();
    assert_eq!(html.matches("<svg").count(), 3);
    place.refuse(
        "compare --data mnist",
        "unknown data 'mnist'; available: digits, breast-cancer, words, ink, horse-kicks",
    );
}
