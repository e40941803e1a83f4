//! Many rows at once: on any number of threads, with errors that name the row, and with none.

use natgrad::manifold::*;
use natgrad::ndarray::{Array2, s};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// More than two pieces of 1024 rows, the last one short.
const ROWS: usize = 2503;
const OUTCOMES: usize = 7;

fn rows(simplex: &Simplex) -> Result<[Array2<f64>; 3]> {
    let mut rng = Streams::new(11, Purpose::Data).generator(0);
    let mut all = [(); 3].map(|()| Array2::zeros((ROWS, OUTCOMES)));
    for row in 0..ROWS {
        let (p, q) = (simplex.random_point(&mut rng)?, simplex.random_point(&mut rng)?);
        let v = 0.5 * &simplex.log(&p, &q)?;
        for (to, from) in all.iter_mut().zip([p.values(), q.values(), v.values()]) {
            to.row_mut(row).assign(&from);
        }
    }
    Ok(all)
}

/// Every row, bit for bit that of the single calls, in its place, on one thread and on two.
#[test]
fn threads_change_no_bit_and_no_order() -> Result<()> {
    let simplex = Simplex::multinomial(OUTCOMES, 5)?;
    let [p, q, v] = rows(&simplex)?;
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| (simplex.distances(p.view(), q.view()), simplex.exps(p.view(), v.view())))
    };
    let ((one, ends), (two, other_ends)) = (on(1), on(2));
    let (one, ends, two, other_ends) = (one?, ends?, two?, other_ends?);
    for row in 0..ROWS {
        let (a, b) = (simplex.point(p.row(row).to_owned())?, simplex.point(q.row(row).to_owned())?);
        let single = simplex.distance(&a, &b)?.to_bits();
        assert_eq!((one[row].to_bits(), two[row].to_bits()), (single, single), "row {row}");
        let end = simplex.exp(&a, &simplex.tangent(&a, v.row(row).to_owned())?)?;
        assert_eq!((ends.row(row), other_ends.row(row)), (end.values(), end.values()), "row {row}");
    }
    Ok(())
}

/// The first offending row, whichever thread meets which; in the third piece, and with every kind of offence.
#[test]
fn errors_name_the_first_offending_row() -> Result<()> {
    let simplex = Simplex::multinomial(OUTCOMES, 5)?;
    let [p, q, v] = rows(&simplex)?;
    let row_of = |error: Error| match error {
        Error::Row { row, error } => (row, error.to_string()),
        other => panic!("{other}"),
    };
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        for (offence, text) in [
            (f64::NAN, "[3] = NaN"),
            (f64::INFINITY, "[3] = inf"),
            (-0.25, "[3] = -0.25"),
            (0.0, "[3] = 0"),
            (2.0, "sum of"),
        ] {
            let (mut bad_p, mut bad_q, mut bad_v) = (p.clone(), q.clone(), v.clone());
            bad_p[[2300, 3]] = offence;
            bad_q[[1100, 3]] = offence;
            bad_v[[2203, 3]] += offence;
            let (first, second) = pool.install(|| {
                (simplex.distances(p.view(), bad_q.view()), simplex.distances(bad_p.view(), bad_q.view()))
            });
            for error in [first, second] {
                let (row, why) = row_of(error.unwrap_err());
                assert_eq!(row, 1100);
                assert!(why.contains(text) && why.contains("point"), "{why}");
            }
            let (row, why) = row_of(pool.install(|| simplex.exps(bad_p.view(), v.view())).unwrap_err());
            assert_eq!(row, 2300);
            assert!(why.contains(text), "{why}");
            if offence != 0.0 {
                let (row, why) =
                    row_of(pool.install(|| simplex.exps(bad_p.view(), bad_v.view())).unwrap_err());
                assert_eq!(row, 2203);
                assert!(why.contains("tangent vector"), "{why}");
            }
        }
        let mut far = v.clone();
        far.row_mut(2048).mapv_inplace(|x| 50.0 * x);
        let Err(Error::Row { row: 2048, error }) = pool.install(|| simplex.exps(p.view(), far.view())) else {
            panic!("row 2048 leaves the simplex");
        };
        assert!(matches!(*error, Error::BeyondExit { exit_time, .. } if exit_time < 1.0));
    }
    Ok(())
}

/// No rows are no error and no result; rows of another length, or another number of them, are errors of shape.
#[test]
fn no_rows_and_wrong_shapes() -> Result<()> {
    let simplex = Simplex::new(OUTCOMES)?;
    let none = Array2::zeros((0, OUTCOMES));
    assert_eq!(simplex.distances(none.view(), none.view())?.len(), 0);
    assert_eq!(simplex.exps(none.view(), none.view())?.dim(), (0, OUTCOMES));
    let [p, q, _] = rows(&simplex)?;
    let shape = |error: Error| matches!(error, Error::Shape { .. });
    let fewer = q.slice(s![..17, ..]);
    assert!(shape(simplex.distances(p.view(), fewer).unwrap_err()));
    assert!(shape(simplex.exps(p.view(), fewer).unwrap_err()));
    let narrow = p.slice(s![.., ..5]);
    assert!(shape(simplex.distances(narrow, narrow).unwrap_err()));
    assert!(shape(simplex.exps(narrow, narrow).unwrap_err()));
    let nothing = Array2::zeros((0, 0));
    assert!(shape(simplex.distances(nothing.view(), nothing.view()).unwrap_err()));
    Ok(())
}
