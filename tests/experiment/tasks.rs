//! What a task trains on, and what it holds out.

use natgrad::data::{digits, horse_kicks_by_corps, horse_kicks_table, ink, next_letter, words};
use natgrad::experiment::{MeanInterval, Task, WordOptions};

/// A word is as many rows as it has letters, and one: from the rows, the words.
fn words_of(part: &natgrad::experiment::Part) -> Vec<String> {
    let mut found = vec![String::new()];
    for label in part.y.values().iter() {
        match *label as u8 {
            0 => found.push(String::new()),
            letter => found.last_mut().unwrap().push((b'a' + letter - 1) as char),
        }
    }
    assert_eq!(found.pop().as_deref(), Some(""), "the last word ends");
    found
}

#[test]
fn words_are_held_out_as_words() {
    let options = WordOptions { words: 150, context: 2 };
    let task = Task::with_words("words", 3, options).unwrap();
    let (train, held_out) = (words_of(&task.train), words_of(&task.held_out));
    assert_eq!((train.len(), held_out.len()), (120, 30));
    let mut all: Vec<String> = train.iter().chain(&held_out).cloned().collect();
    all.sort();
    let mut expected: Vec<String> = words()[..150].iter().map(|word| (*word).to_owned()).collect();
    expected.sort();
    assert_eq!(all, expected);
    // The inputs belong to the labels.
    let again: Vec<&str> = held_out.iter().map(String::as_str).collect();
    assert_eq!(task.held_out.x, next_letter::<f64>(&again, 2).unwrap().inputs());
    let other = Task::with_words("words", 4, options).unwrap();
    assert_ne!(words_of(&other.held_out), held_out);
    assert_eq!(task.describe(), "words (150 words, context 2)");
    for (words, context) in [(4, 3), (8001, 3), (100, 0), (100, 17)] {
        assert!(Task::with_words("words", 0, WordOptions { words, context }).is_err());
    }
}

#[test]
fn counts_are_those_of_the_sources() {
    let kicks = horse_kicks_by_corps::<f64>().unwrap();
    // By corps and by year.
    let corps: Vec<f64> = (0..14)
        .map(|c| (0..280).filter(|n| kicks.inputs()[[*n, c]] == 1.0).map(|n| kicks.labels()[[n, 0]]).sum())
        .collect();
    assert_eq!(corps, [16., 16., 12., 12., 8., 11., 17., 12., 7., 13., 15., 25., 24., 8.]);
    let years: Vec<f64> =
        (0..20).map(|y| kicks.labels().slice(ndarray::s![14 * y..14 * (y + 1), 0]).sum()).collect();
    let known = [3., 5., 7., 9., 10., 18., 6., 14., 11., 9., 5., 11., 15., 6., 11., 17., 12., 15., 8., 4.];
    assert_eq!(years, known);
    // Ten of the corps are the 200 corps-years of the table that everybody knows.
    let mut table = [0; 5];
    for n in 0..280 {
        if [0, 1, 6, 11].iter().all(|c| kicks.inputs()[[n, *c]] == 0.0) {
            table[kicks.labels()[[n, 0]] as usize] += 1;
        }
    }
    let known: Vec<usize> = horse_kicks_table().unwrap().into_iter().map(|(_, times)| times).collect();
    assert_eq!(table.to_vec(), known);
    assert_eq!((kicks.inputs()[[0, 14]], kicks.inputs()[[279, 14]]), (-0.95, 0.95));
    let (ink, digits) = (ink::<f64>().unwrap(), digits::<f64>().unwrap());
    assert_eq!(ink.inputs().sum() * 16.0 + ink.labels().sum(), 561_718.0);
    assert_eq!(ink.labels()[[5, 9]], digits.inputs()[[5, 41]] * 16.0);
}

/// The loss of the best constant, summed by hand.
#[test]
fn the_baseline_is_the_best_constant() {
    let kicks = Task::named("horse-kicks", 1).unwrap();
    let train = kicks.train.y.values();
    let rate = train.sum() / train.len() as f64;
    let factorial = [1.0f64, 1.0, 2.0, 6.0, 24.0];
    let held_out = kicks.held_out.y.values();
    let by_hand: f64 =
        held_out.iter().map(|y| rate - y * rate.ln() + factorial[*y as usize].ln()).sum::<f64>() / 56.0;
    assert!((kicks.baseline().unwrap() - by_hand).abs() < 1e-13);

    let tumours = Task::named("breast-cancer", 0).unwrap();
    let share = tumours.train.y.values().mean().unwrap();
    let held_out = tumours.held_out.y.values();
    let by_hand: f64 =
        held_out.iter().map(|y| -(if *y > 0.5 { share } else { 1.0 - share }).ln()).sum::<f64>() / 114.0;
    assert!((tumours.baseline().unwrap() - by_hand).abs() < 1e-13);

    // Frequencies of training on what is held out: above the entropy of ten equal classes by their distance alone.
    let digits = Task::named("digits", 0).unwrap().baseline().unwrap();
    assert!(digits > 10f64.ln() && digits < 10f64.ln() + 0.01, "{digits}");
    let ink = Task::named("ink", 0).unwrap().baseline().unwrap();
    assert!(ink.is_finite() && ink > 50.0, "{ink}");
}

#[test]
fn intervals_are_those_of_student() {
    let five = MeanInterval::of(&[2.0, 4.0, 4.0, 4.0, 6.0]).unwrap();
    // s² = 8/4, and t_(0.975, 4) = 2.776445105 as tables print it.
    assert!((five.half_width.unwrap() - 2.776_445_105 * (2.0f64 / 5.0).sqrt()).abs() < 1e-8);
    let two = MeanInterval::of(&[0.0, 2.0]).unwrap();
    assert!((two.high() - 1.0 - 12.706_204_736).abs() < 1e-7, "{}", two.high());
    assert!(MeanInterval::of(&[]).is_none());
}
