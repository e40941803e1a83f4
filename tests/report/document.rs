use natgrad::ndarray::array;
use natgrad::report::{Document, Heatmap, Table, write_blocks};
use serde_json::json;

fn document() -> Document {
    let mut table = Table::new("t", ["x"]);
    table.row([0.1.into()]).expect("one cell");
    let figure = Heatmap::new(array![[1.0]].view()).title("<F>").render().expect("drawn");
    let mut document = Document::new("compare", "1 < 2");
    document.heading("H & K").text("one\n\n\n\ntwo </p>").table(table).figure(figure);
    document
}

#[test]
fn the_page_is_self_contained_and_escaped() {
    let html = document().to_html();
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    assert!(html.contains("<title>1 &lt; 2</title>") && html.contains("<h2>H &amp; K</h2>"));
    assert!(html.contains("<p>one</p>\n<p>two &lt;/p&gt;</p>\n"));
    assert!(html.contains("<figcaption>&lt;F&gt;: 1 × 1, largest size 1</figcaption>"));
    assert!(html.contains("prefers-color-scheme: dark"));
    for outside in ["<script", "<link", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn json_has_a_schema() {
    let expected = json!({
        "schema": "natgrad/compare/1",
        "title": "1 < 2",
        "parts": [
            { "kind": "heading", "text": "H & K" },
            { "kind": "text", "text": "one\n\n\n\ntwo </p>" },
            { "kind": "table", "title": "t", "columns": [{ "name": "x", "unit": null }], "rows": [[0.1]], "notes": [] },
            { "kind": "figure", "caption": "<F>: 1 × 1, largest size 1" },
        ],
    });
    assert_eq!(document().to_json(), expected);
}

#[test]
fn files_hold_what_the_strings_hold() {
    let home = tempfile::tempdir().expect("a directory");
    let (html, json) = (home.path().join("d.html"), home.path().join("d.json"));
    document().write_html(&html).expect("written");
    document().write_json(&json).expect("written");
    assert_eq!(std::fs::read_to_string(html).expect("read"), document().to_html());
    let text = std::fs::read_to_string(json).expect("read");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("json"), document().to_json());
}

#[test]
fn notebook_blocks_follow_the_protocol() {
    let mut text = Vec::new();
    write_blocks(&mut text, &[("text/html", "<b>1</b>"), ("text/plain", "1")]).expect("written");
    let expected = "EVCXR_BEGIN_CONTENT text/html\n<b>1</b>\nEVCXR_END_CONTENT\n\
                    EVCXR_BEGIN_CONTENT text/plain\n1\nEVCXR_END_CONTENT\n";
    assert_eq!(String::from_utf8(text).expect("text"), expected);
}
