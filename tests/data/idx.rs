use super::{directory, problem};
use natgrad::data::{IdxType, read_idx, write_idx};
use natgrad::ndarray::{Array, ArrayD, IxDyn, array};
use std::fs;

fn read(bytes: &[u8]) -> Result<ArrayD<f64>, String> {
    let home = directory();
    let path = home.path().join("a.idx");
    fs::write(&path, bytes).expect("written");
    match read_idx::<f64>(&path) {
        Ok(array) => Ok(array),
        refused => Err(problem(&path, refused)),
    }
}

#[test]
fn every_type_by_hand() {
    // 0 0 type rank, the axes, then the entries; -2 and 3 where there are signs, 1.5 in the floats.
    assert_eq!(read(&[0, 0, 8, 1, 0, 0, 0, 2, 3, 255]), Ok(array![3.0, 255.0].into_dyn()));
    assert_eq!(read(&[0, 0, 9, 1, 0, 0, 0, 2, 3, 254]), Ok(array![3.0, -2.0].into_dyn()));
    assert_eq!(read(&[0, 0, 0xb, 1, 0, 0, 0, 2, 1, 3, 255, 254]), Ok(array![259.0, -2.0].into_dyn()));
    let ints = [0, 0, 0xc, 1, 0, 0, 0, 2, 0, 1, 0, 3, 255, 255, 255, 254];
    assert_eq!(read(&ints), Ok(array![65539.0, -2.0].into_dyn()));
    assert_eq!(read(&[0, 0, 0xd, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0]), Ok(array![1.5].into_dyn()));
    let double = [0, 0, 0xe, 1, 0, 0, 0, 1, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&double), Ok(array![-1.5].into_dyn()));
}

#[test]
fn four_dimensions_are_row_major() {
    let mut bytes = vec![0, 0, 8, 4];
    for axis in [2u32, 1, 3, 5] {
        bytes.extend(axis.to_be_bytes());
    }
    bytes.extend(0..30u8);
    let expected = Array::from_shape_fn((2, 1, 3, 5), |(i, _, j, k)| (15 * i + 5 * j + k) as f64);
    assert_eq!(read(&bytes), Ok(expected.into_dyn()));
}

#[test]
fn refusals_word_for_word() {
    let refused = |bytes: &[u8]| read(bytes).expect_err("refused");
    let magic = |found: &str| {
        format!(
            "is not an IDX file: it starts with [{found}]; expected 00 00, a type (08 09 0b 0c 0d 0e), a rank"
        )
    };
    assert_eq!(refused(&[]), magic(""));
    assert_eq!(refused(&[0, 0, 8]), magic("00 00 08"));
    assert_eq!(refused(&[0, 1, 8, 1]), magic("00 01 08 01"));
    assert_eq!(refused(&[0, 0, 10, 1, 0, 0, 0, 0]), magic("00 00 0a 01"));
    assert_eq!(refused(&[0x1f, 0x8b, 8, 0]), "is compressed with gzip; decompress it first");
    assert_eq!(refused(&[0, 0, 8, 0]), "has 0 dimensions; natgrad reads 1 to 4");
    assert_eq!(refused(&[0, 0, 8, 5]), "has 5 dimensions; natgrad reads 1 to 4");
    assert_eq!(refused(&[0, 0, 8, 2, 0, 0, 0, 1, 0]), "truncated: it ends before the length of axis 1");
    assert_eq!(
        refused(&[0, 0, 0xb, 1, 0, 0, 0, 2, 1, 2, 3]),
        "truncated: shape [2] of int16 needs 4 bytes, 3 are there"
    );
    assert_eq!(refused(&[0, 0, 8, 1, 0, 0, 0, 1, 1, 2]), "has bytes left over after shape [1] of uint8");
    let mut absurd = vec![0, 0, 0xe, 4];
    absurd.extend([0xff; 16]);
    assert_eq!(
        refused(&absurd),
        "declares shape [4294967295, 4294967295, 4294967295, 4294967295] of float64, more than memory can hold"
    );
    let mut large = vec![0, 0, 8, 1];
    large.extend([0xff; 5]);
    assert_eq!(refused(&large), "truncated: shape [4294967295] of uint8 needs 4294967295 bytes, 1 are there");
}

#[test]
fn every_type_comes_back() {
    let home = directory();
    let path = home.path().join("a.idx");
    let x = array![[0.0, 3.0, 127.0], [5.0, 7.0, 11.0]];
    for kind in [IdxType::U8, IdxType::I8, IdxType::I16, IdxType::I32, IdxType::F32, IdxType::F64] {
        write_idx(&path, &x, kind).expect("written");
        assert_eq!(read_idx::<f64>(&path).expect("read"), x.clone().into_dyn(), "{kind:?}");
    }
    write_idx(&path, &x.t(), IdxType::U8).expect("written");
    assert_eq!(read_idx::<f64>(&path).expect("read"), x.t().into_dyn());
}

#[test]
fn numbers_that_do_not_fit_are_refused_and_nothing_is_written() {
    let home = directory();
    let path = home.path().join("a.idx");
    for (x, kind) in
        [(256.0, IdxType::U8), (-1.0, IdxType::U8), (0.5, IdxType::I32), (f64::NAN, IdxType::I16)]
    {
        let error = write_idx(&path, &array![1.0, x], kind).expect_err("refused");
        let text = format!("array[1] = {x}; it must be a whole number that the IDX type can hold");
        assert_eq!(error.to_string(), text);
    }
    let error = write_idx(&path, &ArrayD::<f64>::zeros(IxDyn(&[])), IdxType::U8).expect_err("refused");
    assert_eq!(error.to_string(), "array for an IDX file: it must have 1 to 4 dimensions");
    assert!(!path.exists());
}
