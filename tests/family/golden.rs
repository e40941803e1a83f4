//! The numbers of tests/golden/infinite_support.json.

use serde_json::Value;

/// The rows of one table; an absent number is NaN.
pub fn rows(table: &str) -> Vec<Vec<f64>> {
    let text = include_str!("../golden/infinite_support.json");
    let all: Value = serde_json::from_str(text).expect("a JSON file");
    let rows = all[table].as_array().expect("a table");
    rows.iter()
        .map(|row| row.as_array().expect("a row").iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect())
        .collect()
}

/// |found - exact|/|exact|; zero where both are.
pub fn relative(found: f64, exact: f64) -> f64 {
    assert!(found.is_finite(), "{found} against {exact}");
    if found.total_cmp(&exact).is_eq() { 0.0 } else { (found / exact - 1.0).abs() }
}

/// Every number within `tolerance`, relative.
pub fn agree(context: &str, found: &[f64], exact: &[f64], tolerance: f64) {
    assert_eq!(found.len(), exact.len(), "{context}");
    for (k, (f, e)) in found.iter().zip(exact).enumerate() {
        assert!(
            relative(*f, *e) <= tolerance,
            "{context}, number {k}: {f:e} against {e:e}, relative {:.1e}",
            relative(*f, *e)
        );
    }
}
