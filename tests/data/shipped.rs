use natgrad::data::{breast_cancer, digits, horse_kicks, horse_kicks_table, next_letter, words};

// The numbers were counted with awk over data/*.csv.

#[test]
fn digits_are_the_known_1797() {
    let data = digits::<f64>().expect("shipped");
    assert_eq!(data.inputs().dim(), (1797, 64));
    assert_eq!(data.classes(), Some(10));
    let mut counts = [0; 10];
    for label in data.class_labels().expect("classes") {
        counts[label] += 1;
    }
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    let ink = data.inputs().mapv(|x| 16.0 * x);
    assert_eq!(ink.sum(), 561_718.0);
    assert_eq!(ink.mapv(|x| x * x).sum(), 6_907_012.0);
    assert_eq!(ink.column(0).sum(), 0.0);
    assert_eq!(ink.column(21).sum(), 14_028.0);
    assert_eq!(ink.column(36).sum(), 18_512.0);
    // Every pixel at its place: the sum over line n (the header is line 1) and column i (from 1) of n i x.
    let placed: f64 = ink.indexed_iter().map(|((n, i), x)| (n + 2) as f64 * (i + 1) as f64 * x).sum();
    assert_eq!(placed, 16_355_420_980.0);
    assert_eq!(data.feature_names()[10], "p12");
    assert_eq!(digits::<f32>().expect("shipped").inputs().mapv(f64::from), data.inputs());
}

#[test]
fn breast_cancer_is_the_known_569() {
    let data = breast_cancer::<f64>().expect("shipped");
    assert_eq!(data.inputs().dim(), (569, 30));
    assert_eq!((data.labels().sum(), data.classes()), (357.0, Some(2)));
    assert!((data.inputs().sum() - 1_056_474.459_636).abs() < 1e-5);
    assert!((data.inputs().column(3).sum() - 372_631.9).abs() < 1e-3);
    assert_eq!(data.feature_names()[3], "mean_area");
}

#[test]
fn words_and_their_letters() {
    let words = words();
    assert_eq!(words.len(), 8000);
    assert_eq!(words.iter().map(|word| word.len()).sum::<usize>(), 63_944);
    assert!(words.iter().all(|word| (3..=12).contains(&word.len())));
    let data = next_letter::<f64>(&words[..97], 3).expect("data");
    let letters: usize = words[..97].iter().map(|word| word.len()).sum();
    assert_eq!(data.inputs().dim(), (letters + 97, 81));
    assert!(data.inputs().rows().into_iter().all(|row| row.sum() == 3.0));
    assert_eq!(data.labels().iter().filter(|label| **label == 0.0).count(), 97);
    // The newest symbol of a row is the label of the row before, except at the start of a word.
    let labels = data.class_labels().expect("classes");
    for n in 1..data.len() {
        assert_eq!(data.inputs()[[n, 54 + labels[n - 1]]], 1.0);
    }
    let error = next_letter::<f64>(&["abc", "aBc"], 2).expect_err("refused").to_string();
    assert_eq!(
        error,
        "words[1] = 66; it must be a word of the letters a to z (the value is the first other byte)"
    );
}

#[test]
fn horse_kicks_are_nearly_poisson() {
    assert_eq!(horse_kicks_table().expect("shipped"), [(0, 109), (1, 65), (2, 22), (3, 3), (4, 1)]);
    let deaths = horse_kicks::<f64>().expect("shipped");
    let mean = deaths.sum() / 200.0;
    let variance = deaths.mapv(|x| (x - mean).powi(2)).sum() / 200.0;
    // 122/200, and (65 + 4·22 + 9·3 + 16·1)/200 - 0.61² = 196/200 - 0.3721.
    assert!((mean - 0.61).abs() < 1e-14 && (variance - 0.6079).abs() < 1e-14);
}
