use natgrad::report::{Alignment, Cell, Column, Format, Table};
use serde_json::json;

fn table() -> Table {
    let mut table = Table::new(
        "A < B & \"C\"",
        [
            Column::new("matrix|kind"),
            Column::new("error").unit("nats"),
            Column::new("time").unit("ms").format(Format::Fixed(1)).align(Alignment::Left),
        ],
    );
    table.row(["<dense>".into(), 0.1.into(), 12.34.into()]).expect("three cells");
    table.row(["kfac".into(), f64::NAN.into(), Cell::Missing]).expect("three cells");
    table.row([true.into(), Cell::from(Some(1797usize)), f64::NEG_INFINITY.into()]).expect("three cells");
    table.note("mean over 7 data");
    table
}

#[test]
fn terminal_text() {
    let expected = "\
A < B & \"C\"
 matrix|kind │ error [nats] │ time [ms]
═════════════╪══════════════╪═══════════
 <dense>     │      0.10000 │ 12.3
 kfac        │          NaN │ –
 yes         │         1797 │ -inf
mean over 7 data
";
    assert_eq!(table().to_string(), expected);
}

#[test]
fn markdown() {
    let expected = "\
**A \\< B & \"C\"**

| matrix\\|kind | error \\[nats\\] | time \\[ms\\] |
| --- | ---: | --- |
| \\<dense\\> | 0.10000 | 12.3 |
| kfac | NaN | – |
| yes | 1797 | -inf |

mean over 7 data
";
    assert_eq!(table().to_markdown(), expected);
}

#[test]
fn html() {
    let expected = "\
<table>
<caption>A &lt; B &amp; &quot;C&quot;</caption>
<thead><tr><th scope=\"col\" align=\"left\">matrix|kind</th><th scope=\"col\" align=\"right\">error [nats]</th>\
<th scope=\"col\" align=\"left\">time [ms]</th></tr></thead>
<tbody>
<tr><td align=\"left\">&lt;dense&gt;</td><td align=\"right\">0.10000</td><td align=\"left\">12.3</td></tr>
<tr><td align=\"left\">kfac</td><td align=\"right\">NaN</td><td align=\"left\">–</td></tr>
<tr><td align=\"left\">yes</td><td align=\"right\">1797</td><td align=\"left\">-inf</td></tr>
</tbody>
<tfoot><tr><td colspan=\"3\">mean over 7 data</td></tr></tfoot>
</table>
";
    assert_eq!(table().to_html(), expected);
}

#[test]
fn json_keeps_every_digit() {
    let expected = json!({
        "kind": "table",
        "title": "A < B & \"C\"",
        "columns": [
            { "name": "matrix|kind", "unit": null },
            { "name": "error", "unit": "nats" },
            { "name": "time", "unit": "ms" },
        ],
        "rows": [["<dense>", 0.1, 12.34], ["kfac", "NaN", null], ["yes", 1797, "-Infinity"]],
        "notes": ["mean over 7 data"],
    });
    assert_eq!(table().to_json(), expected);
    let mut third = Table::new("", ["x"]);
    third.row([(1.0f64 / 3.0).into()]).expect("one cell");
    assert!(third.to_json().to_string().contains("0.3333333333333333"));
}

#[test]
fn control_characters_stay_harmless() {
    let mut table = Table::new("a\nb", ["x\u{1b}[31m"]);
    table.row(["one\ntwo".into()]).expect("one cell");
    assert!(!table.to_string().contains('\u{1b}'));
    assert_eq!(table.to_string().lines().count(), 4);
    assert_eq!(table.to_markdown().lines().count(), 5);
    assert!(!table.to_html().contains('\u{1b}'));
}

#[test]
fn a_row_of_another_length_is_refused() {
    let error = table().row([Cell::Missing]).expect_err("refused");
    assert_eq!(error.to_string(), "row of the table has shape [1]; expected [3]");
}
