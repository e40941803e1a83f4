use super::{directory, problem};
use natgrad::Error;
use natgrad::data::NumericTable;
use natgrad::ndarray::{Array2, array};
use proptest::prelude::*;
use std::path::Path;

fn refusal(text: &str) -> String {
    problem(Path::new("file.csv"), NumericTable::<f64>::parse("file.csv", text.as_bytes()))
}

#[test]
fn reads_quotes_spaces_and_windows_lines() {
    let table = NumericTable::<f64>::parse("t", b"\xef\xbb\xbf\"a b\" , c\r\n 1 ,\"2.5\"\r\n-3e2,.5")
        .expect("a table");
    assert_eq!(table.columns(), ["a b", "c"]);
    assert_eq!(table.values(), array![[1.0, 2.5], [-300.0, 0.5]]);
}

#[test]
fn refusals_name_line_column_and_text() {
    let mut text = "p01,p02,p03\n".to_string();
    text.extend(std::iter::repeat_n("1,2,3\n", 15));
    assert_eq!(refusal(&(text.clone() + "1,2,abc\n")), "line 17, column 'p03': 'abc' is not a number");
    assert_eq!(refusal(&(text.clone() + "1,,3\n")), "line 17, column 'p02': '' is not a number");
    assert_eq!(refusal(&(text.clone() + "1,2,inf\n")), "line 17, column 'p03': 'inf' is not a finite number");
    assert_eq!(refusal(&(text.clone() + "NaN,2,3\n")), "line 17, column 'p01': 'NaN' is not a finite number");
    assert_eq!(refusal(&(text + "1,2\n")), "line 17 has 2 fields; line 1 names 3 columns");
    assert_eq!(refusal(""), "is empty; the first line must name the columns");
    assert_eq!(refusal("a,b\n"), "has no rows below the line that names the columns");
    assert_eq!(refusal("a,b,a\n1,2,3\n"), "line 1: two columns have the name 'a'");
    let large = NumericTable::<f32>::parse("file.csv", b"a\n1e39\n");
    assert_eq!(problem(Path::new("file.csv"), large), "line 2, column 'a': '1e39' is too large for float32");
}

#[test]
fn a_missing_file_is_named() {
    let path = directory().path().join("none.csv");
    let text = problem(&path, NumericTable::<f64>::read(&path));
    assert_eq!(text, "No such file or directory (os error 2)");
}

#[test]
fn an_unknown_column_lists_the_known() {
    let table = NumericTable::new(["a", "b"], array![[1.0, 2.0]]).expect("a table");
    let error = table.column("c").expect_err("unknown");
    assert_eq!(error.to_string(), "unknown column 'c'; known: a, b");
    let twice = NumericTable::new(["a", "a"], array![[1.0, 2.0]]);
    assert!(matches!(twice, Err(Error::Unsupported { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_number_reads_back(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 6)) {
        let values = Array2::from_shape_vec((2, 3), values).expect("six numbers");
        let table = NumericTable::new(["a", "b,c", "d\"e"], values).expect("a table");
        let home = directory();
        let path = home.path().join("t.csv");
        table.write(&path).expect("written");
        prop_assert_eq!(NumericTable::<f64>::read(&path).expect("read"), table);
    }
}
