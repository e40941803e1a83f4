use super::{directory, golden, problem};
use natgrad::data::{Npz, NpzWriter, read_npy, write_npy};
use natgrad::ndarray::{Array3, ArrayD, IxDyn, ShapeBuilder, array};
use natgrad::{Error, Scalar};
use proptest::prelude::*;
use std::fs;
use std::io::Write;

fn quarters() -> natgrad::ndarray::Array2<f64> {
    array![[-0.5, -0.25, 0.0], [0.25, 0.5, 0.75]]
}

fn reads_what_numpy_wrote(archive: &str) {
    let npz = Npz::open(golden(archive)).expect("opened");
    assert_eq!(npz.names().len(), 19);
    for name in ["float64", "float32", "fortran", "big_endian"] {
        assert_eq!(npz.array2::<f64>(name).expect("read"), quarters(), "{name}");
        assert_eq!(npz.array2::<f32>(name).expect("read"), quarters().mapv(|x| x as f32), "{name}");
        assert!(npz.array2::<f64>(name).expect("read").is_standard_layout());
    }
    let counted = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (12 * i + 4 * j + k) as f64);
    assert_eq!(npz.array3::<f64>("fortran3").expect("read"), counted);
    let integers: [(&str, &[f64]); 9] = [
        ("int64", &[-1_099_511_627_776.0, -1.0, 0.0, 1_099_511_627_776.0]),
        ("int32", &[-2_147_483_648.0, 2_147_483_647.0]),
        ("int16", &[-300.0, 300.0]),
        ("int8", &[-128.0, 127.0]),
        ("uint8", &[0.0, 255.0]),
        ("uint16", &[65535.0]),
        ("uint32", &[4_294_967_295.0]),
        ("uint64", &[9_223_372_036_854_775_808.0]),
        ("bool", &[1.0, 0.0]),
    ];
    for (name, expected) in integers {
        assert_eq!(npz.dtype(name).expect("known"), name);
        assert_eq!(npz.array1::<f64>(name).expect("read").to_vec(), expected, "{name}");
    }
    assert_eq!(npz.array::<f64>("scalar").expect("read"), ArrayD::from_elem(IxDyn(&[]), 3.25));
    assert_eq!(npz.array2::<f64>("empty").expect("read").dim(), (0, 5));
    assert_eq!(npz.array1::<f64>("tenth").expect("read"), array![0.1]);
    assert_eq!(npz.array1::<f32>("tenth").expect("read"), array![0.1f32]);
    let special = npz.array1::<f64>("special").expect("read");
    assert!(special[0].is_nan() && special[3].is_sign_negative());
    assert_eq!((special[1], special[2]), (f64::INFINITY, f64::NEG_INFINITY));
    assert_eq!(npz.array1::<f64>("grad/w0").expect("read"), array![1.0, 2.0]);
    assert_eq!(npz.shape("fortran3").expect("known"), [2, 3, 4]);
    assert_eq!(npz.dtype("big_endian").expect("known"), "float64");
}

#[test]
fn reads_what_numpy_stored() {
    reads_what_numpy_wrote("stored.npz");
}

#[test]
fn reads_what_numpy_deflated() {
    reads_what_numpy_wrote("deflated.npz");
}

#[test]
fn reads_an_npy_in_fortran_order() {
    assert_eq!(read_npy::<f64>(golden("fortran.npy")).expect("read"), quarters().into_dyn());
}

#[test]
fn other_types_are_refused_by_name() {
    let path = golden("refused.npz");
    let npz = Npz::open(&path).expect("opened");
    for (name, dtype) in [
        ("complex", "complex128"),
        ("text", "str"),
        ("bytes", "bytes"),
        ("half", "float16"),
        ("object", "object"),
        ("time", "datetime64"),
        ("record", "structured"),
    ] {
        assert_eq!(npz.dtype(name).expect("known"), dtype);
        let expected = format!(
            "array '{name}' has dtype {dtype}; natgrad reads float32, float64, integers and booleans"
        );
        assert_eq!(problem(&path, npz.array::<f64>(name)), expected);
    }
}

#[test]
fn missing_things_are_named() {
    let path = golden("refused.npz");
    let npz = Npz::open(&path).expect("opened");
    let text = "has no array 'x'; it has: complex, text, bytes, half, object, time, record";
    assert_eq!(problem(&path, npz.array::<f64>("x")), text);
    let home = directory();
    let path = home.path().join("none.npz");
    assert_eq!(problem(&path, Npz::open(&path)), "No such file or directory (os error 2)");
    assert_eq!(problem(home.path(), Npz::open(home.path())), "is a directory, not an NPZ archive");
    let path = home.path().join("empty.npz");
    NpzWriter::new().write(&path).expect("written");
    let npz = Npz::open(&path).expect("opened");
    assert_eq!(problem(&path, npz.array::<f64>("x")), "has no array 'x'; it has: none");
}

#[test]
fn a_wrong_dimension_is_named() {
    let path = golden("stored.npz");
    let npz = Npz::open(&path).expect("opened");
    assert_eq!(
        problem(&path, npz.array1::<f64>("float64")),
        "array 'float64' has shape [2, 3]; 1 dimension is needed"
    );
    assert_eq!(
        problem(&path, npz.array2::<f64>("fortran3")),
        "array 'fortran3' has shape [2, 3, 4]; 2 dimensions are needed"
    );
}

#[test]
fn damaged_archives_are_refused() {
    let home = directory();
    let bytes = fs::read(golden("stored.npz")).expect("read");
    let path = home.path().join("cut.npz");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    assert!(problem(&path, Npz::open(&path)).starts_with("is not an NPZ archive, or is truncated: "));
    fs::write(&path, "x,y\n1,2\n").expect("written");
    assert!(problem(&path, Npz::open(&path)).starts_with("is not an NPZ archive, or is truncated: "));
    // One flipped bit in the entries: the checksum of the archive notices.
    let at = bytes.windows(8).position(|bytes| bytes == 0.75f64.to_le_bytes()).expect("an entry");
    let mut flipped = bytes.clone();
    flipped[at] ^= 1;
    fs::write(&path, &flipped).expect("written");
    let text = problem(&path, Npz::open(&path).expect("opened").array::<f64>("float64"));
    assert_eq!(text, "array 'float64' cannot be read: Invalid checksum");
}

/// An NPY file with this description and these bytes.
fn npy(path: &std::path::Path, description: &str, entries: &[u8]) {
    let mut file = fs::File::create(path).expect("created");
    file.write_all(b"\x93NUMPY\x01\x00").expect("written");
    file.write_all(&(description.len() as u16 + 1).to_le_bytes()).expect("written");
    file.write_all(description.as_bytes()).expect("written");
    file.write_all(b"\n").expect("written");
    file.write_all(entries).expect("written");
}

#[test]
fn a_declared_size_is_not_believed() {
    let home = directory();
    let path = home.path().join("a.npy");
    let refusal = |shape: &str, entries: &[u8]| {
        npy(&path, &format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"), entries);
        problem(&path, read_npy::<f64>(&path))
    };
    assert_eq!(
        refusal("(2, 3)", &[0; 40]),
        "truncated: shape [2, 3] of float64 needs 48 bytes, 40 are there"
    );
    assert_eq!(refusal("(2, 3)", &[0; 49]), "has bytes left over after shape [2, 3] of float64");
    assert_eq!(
        refusal("(1000000, 1000000)", &[0; 8]),
        "truncated: shape [1000000, 1000000] of float64 needs 8000000000000 bytes, 8 are there"
    );
    for shape in ["[4294967296, 4294967296]", "[0, 18446744073709551615]", "[1152921504606846976]"] {
        let tuple = shape.replace('[', "(").replace(']', ",)");
        assert_eq!(
            refusal(&tuple, &[]),
            format!("declares shape {shape} of float64, more than memory can hold")
        );
    }
}

#[test]
fn broken_headers_are_refused_in_one_line() {
    let home = directory();
    let path = home.path().join("a.npy");
    let read = || problem(&path, read_npy::<f64>(&path));
    fs::write(&path, "").expect("written");
    assert_eq!(read(), "is no NPY array: it ends within the header");
    fs::write(&path, "hello, world").expect("written");
    assert_eq!(read(), "is not an NPY array (its first bytes are not \\x93NUMPY)");
    fs::write(&path, b"\x93NUMPY\x02\x00\xff\xff\xff\xff").expect("written");
    assert_eq!(read(), "has an NPY header of 4294967295 bytes; the limit is 10000");
    npy(&path, &"(".repeat(5000), &[]);
    assert_eq!(read(), "has a structured dtype; natgrad reads float32, float64, integers and booleans");
    npy(&path, "{'descr': '<f8', 'shape': (2,)}", &[]);
    assert_eq!(read(), "has a broken NPY header: error parsing header: missing key: fortran_order");
    npy(&path, "{'descr': '<f8', oops", &[]);
    assert!(read().starts_with("has a broken NPY header: "));
    npy(&path, "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", &[]);
    assert!(read().contains("illegal value for key shape"));
}

#[test]
fn names_are_unique_and_safe() {
    let x = array![1.0];
    let mut npz = NpzWriter::new();
    npz.array("x", &x).expect("a name");
    for name in ["x", "", "/x", "a//b", "../x"] {
        assert!(matches!(npz.array(name, &x), Err(Error::Unsupported { .. })), "{name}");
    }
}

#[test]
fn equal_content_gives_equal_bytes() {
    let home = directory();
    let write = |name: &str| {
        let path = home.path().join(name);
        NpzWriter::new().array("x", &quarters()).expect("a name").compressed().write(&path).expect("written");
        fs::read(path).expect("read")
    };
    assert_eq!(write("a.npz"), write("b.npz"));
}

#[test]
fn an_existing_archive_survives_a_failed_write() {
    let home = directory();
    let path = home.path().join("kept.npz");
    NpzWriter::new().array("x", &quarters()).expect("a name").write(&path).expect("written");
    let before = fs::read(&path).expect("read");
    let below = path.join("out.npz");
    let failed = NpzWriter::new().write(&below);
    assert_eq!(problem(&below, failed), "cannot write: Not a directory (os error 20)");
    assert_eq!(fs::read(&path).expect("read"), before);
    assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 1);
}

fn round_trip<T: Scalar>(shape: &[usize], fortran: bool, compressed: bool, values: &[f64]) {
    let count: usize = shape.iter().product();
    let values: Vec<T> = values.iter().cycle().take(count).map(|x| T::of(*x)).collect();
    let array = ArrayD::from_shape_vec(IxDyn(shape).set_f(fortran), values).expect("a shape");
    let home = directory();
    let (npz, npy) = (home.path().join("a.npz"), home.path().join("a.npy"));
    let mut writer = NpzWriter::new();
    writer.array("x/y", &array).expect("a name").array("z", &array.t()).expect("a name");
    if compressed {
        writer.compressed();
    }
    writer.write(&npz).expect("written");
    write_npy(&npy, &array).expect("written");
    let back = Npz::open(&npz).expect("opened");
    assert_eq!(back.dtype("x/y").expect("known"), T::NAME);
    assert_eq!(back.array::<T>("x/y").expect("read"), array);
    assert_eq!(back.array::<T>("z").expect("read"), array.t());
    assert_eq!(read_npy::<T>(&npy).expect("read"), array);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn arrays_come_back(
        shape in prop::collection::vec(0usize..6, 0..4),
        fortran: bool,
        compressed: bool,
        single: bool,
        values in prop::collection::vec(-1e30f64..1e30, 1..50),
    ) {
        if single {
            round_trip::<f32>(&shape, fortran, compressed, &values);
        } else {
            round_trip::<f64>(&shape, fortran, compressed, &values);
        }
    }
}

#[test]
fn arrays_larger_than_a_chunk_come_back() {
    let values: Vec<f64> = (0..997).map(f64::from).collect();
    round_trip::<f64>(&[101, 331], true, true, &values);
    round_trip::<f32>(&[101, 331], false, false, &values);
}
