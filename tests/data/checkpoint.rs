//! Checkpoints: what was written comes back, and nothing else does.

use super::{directory, problem};
use natgrad::data::{Checkpoint, Npz, NpzWriter};
use ndarray::{Array2, arr0, array};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

fn small() -> Checkpoint {
    let mut checkpoint = Checkpoint::new([("batch", "64"), ("optimizer.lr", "0.05"), ("seed", "7")]);
    checkpoint
        .put("theta", &array![0.1, -0.0, 1e-310, f64::MAX])
        .put("state/momentum/w0", &array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        .put("state/empty", &Array2::<f64>::zeros((0, 3)))
        .put("seconds", &arr0(0.1 + 0.2))
        .set_status("steps", "12")
        .set_status("config", "optimizer = \"adam\"\nlr = 0.05\n");
    checkpoint
}

#[test]
fn it_comes_back_and_numpy_would_find_its_arrays() {
    let place = directory();
    let path = place.path().join("run.npz");
    small().write(&path).expect("a file");
    let read = Checkpoint::read(&path).expect("what was written");
    assert_eq!(read, small());
    let bits = |c: &Checkpoint| c.array("theta").unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&read), bits(&small()));
    let npz = Npz::open(&path).expect("an archive");
    assert_eq!(npz.array2::<f64>("state/momentum/w0").expect("an array")[[1, 2]], 6.0);
    let header: serde_json::Value =
        serde_json::from_str(&npz.text("header.json").expect("a header")).expect("JSON");
    assert_eq!((header["version"].as_u64(), header["settings"]["seed"].as_str()), (Some(1), Some("7")));
    // Equal content, equal bytes.
    let again = place.path().join("again.npz");
    read.write(&again).expect("a file");
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
}

/// Whatever one byte is changed into: the content that was written, or a sentence. Three changes for every byte: the lowest
/// bit, the highest, and all.
#[test]
fn no_changed_byte_gives_other_numbers() {
    let place = directory();
    let path = place.path().join("run.npz");
    small().write(&path).expect("a file");
    let bytes = std::fs::read(&path).expect("the file");
    // One byte in place and back again: a new file for each would take the disk a minute.
    let mut file = OpenOptions::new().write(true).open(&path).expect("the file");
    let mut set = |at: usize, byte: u8| {
        file.seek(SeekFrom::Start(at as u64)).and_then(|_| file.write_all(&[byte])).expect("a byte");
    };
    let (mut same, mut refused) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        for mask in [1u8, 0x80, 0xff] {
            set(at, byte ^ mask);
            match Checkpoint::read(&path) {
                Ok(read) => {
                    assert_eq!(read, small(), "byte {at} ^ {mask:#x}");
                    same += 1;
                }
                Err(error) => {
                    problem::<()>(&path, Err(error));
                    refused += 1;
                }
            }
        }
        set(at, *byte);
    }
    assert_eq!(Checkpoint::read(&path).expect("as it was"), small());
    println!("{} bytes: {same} changes read the same, {refused} refused", bytes.len());
    // Times, attributes and a second copy of every name and size are all that nobody needs.
    assert!(refused > 3 * same, "{same} of {} changes were not seen", 3 * bytes.len());
}

#[test]
fn a_file_that_ends_early_is_refused() {
    let place = directory();
    let path = place.path().join("run.npz");
    small().write(&path).expect("a file");
    let bytes = std::fs::read(&path).expect("the file");
    let cut = place.path().join("cut.npz");
    for length in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        std::fs::write(&cut, &bytes[..length]).expect("a file");
        problem(&cut, Checkpoint::read(&cut));
    }
}

/// The header, changed by hand, the archive around it made anew: its sums are right, and only the digest can tell.
fn with_header(path: &Path, change: impl Fn(&str) -> String) {
    let npz = Npz::open(path).expect("an archive");
    let mut writer = NpzWriter::new();
    writer.text("header.json", change(&npz.text("header.json").unwrap())).unwrap();
    for name in npz.names().iter().filter(|name| *name != "header.json") {
        writer.array(name, &npz.array::<f64>(name).unwrap()).unwrap();
    }
    writer.write(path).expect("a file");
}

#[test]
fn what_is_no_checkpoint_is_told_in_one_line() {
    let place = directory();
    let path = place.path().join("run.npz");
    let told = |change: &dyn Fn(&str) -> String| {
        small().write(&path).expect("a file");
        with_header(&path, change);
        problem(&path, Checkpoint::read(&path))
    };
    let damaged = "is damaged: its content is not what its digest says";
    assert_eq!(told(&|text| text.replace("\"12\"", "\"13\"")), damaged);
    assert_eq!(told(&|text| text.replace("\"7\"", "\"8\"")), damaged);
    assert_eq!(
        told(&|text| text.replace("\"version\": 1", "\"version\": 2")),
        "is of version 2 of the format; this program reads up to 1"
    );
    assert_eq!(
        told(&|text| text.replace("natgrad checkpoint", "another")),
        "is not a checkpoint: its format is 'another', not 'natgrad checkpoint'"
    );
    let twice = told(&|text| text.replacen("{", "{\"version\": 1,", 1));
    assert!(twice.starts_with("has a broken header.json: duplicate field"), "{twice}");
    NpzWriter::new().array("theta", &array![1.0]).unwrap().write(&path).unwrap();
    let told = problem(&path, Checkpoint::read(&path));
    assert_eq!(told, "is not a checkpoint: it has no member header.json");
    // An array more, an array less, an array of float32.
    small().write(&path).unwrap();
    let header = Npz::open(&path).unwrap().text("header.json").unwrap();
    let mut more = NpzWriter::new();
    for (name, array) in small().arrays() {
        more.array(name, array).unwrap();
    }
    more.array("more", &array![1.0]).unwrap().text("header.json", header.clone()).unwrap();
    more.write(&path).unwrap();
    assert_eq!(problem(&path, Checkpoint::read(&path)), damaged);
    let mut single = NpzWriter::new();
    single.array("theta", &array![1.0f32]).unwrap().text("header.json", header).unwrap();
    single.write(&path).unwrap();
    let told = problem(&path, Checkpoint::read(&path));
    assert_eq!(told, "array 'theta' is not of float64, as those of a checkpoint are");
}

#[test]
fn every_setting_that_differs_is_named() {
    let other = Checkpoint::new([("batch", "32"), ("optimizer.lr", "0.05"), ("task", "digits")]);
    let told = problem(Path::new("a/run.npz"), small().belongs_to(&other, "a/run.npz"));
    assert_eq!(
        told,
        "was written with batch = 64, not 32; seed = 7, not nothing; task = nothing, not digits"
    );
    small().belongs_to(&small(), "a").expect("the same");
}
