use super::{directory, problem};
use natgrad::data::{NpzWriter, NumericTable, write_atomically, write_npy};
use natgrad::ndarray::array;
use std::fs;
use std::io::{self, Write};

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let home = directory();
    let path = home.path().join("kept.txt");
    fs::write(&path, "old").expect("written");
    let failed = write_atomically(&path, |file| {
        file.write_all(&[b'x'; 100_000])?;
        Err(io::Error::other("interrupted"))
    });
    assert_eq!(problem(&path, failed), "cannot write: interrupted");
    assert_eq!(fs::read_to_string(&path).expect("still there"), "old");
    assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 1);
}

#[test]
fn a_failed_write_leaves_no_new_file() {
    let home = directory();
    let path = home.path().join("new.txt");
    assert!(write_atomically(&path, |_| Err(io::Error::other("interrupted"))).is_err());
    assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 0);
}

#[test]
fn a_panic_leaves_the_old_file_and_nothing_else() {
    let home = directory();
    let path = home.path().join("kept.txt");
    fs::write(&path, "old").expect("written");
    let outcome =
        std::panic::catch_unwind(|| write_atomically(&path, |_| std::panic::resume_unwind(Box::new(()))));
    assert!(outcome.is_err());
    assert_eq!(fs::read_to_string(&path).expect("still there"), "old");
    assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 1);
}

#[test]
fn a_successful_write_replaces_the_whole_file() {
    let home = directory();
    let path = home.path().join("file.txt");
    fs::write(&path, "a much longer text than the new one").expect("written");
    write_atomically(&path, |file| write!(file, "new")).expect("written");
    assert_eq!(fs::read_to_string(&path).expect("there"), "new");
    assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 1);
}

#[test]
fn refusals_name_the_file_and_the_reason() {
    let home = directory();
    let path = home.path().join("missing/out.npz");
    let refused = write_atomically(&path, |_| Ok(()));
    assert!(problem(&path, refused).starts_with("cannot write: No such file or directory"));
    let refused = write_atomically(home.path(), |_| Ok(()));
    assert_eq!(problem(home.path(), refused), "cannot write: is a directory");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_symbolic_link_is_followed_and_permissions_stay() {
        let home = directory();
        let (target, link) = (home.path().join("target.txt"), home.path().join("link.txt"));
        fs::write(&target, "old").expect("written");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        write_atomically(&link, |file| write!(file, "new")).expect("written");
        assert_eq!(fs::read_to_string(&target).expect("there"), "new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&target).expect("there").permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_new_file_is_no_secret() {
        let home = directory();
        let (ours, plain) = (home.path().join("ours.txt"), home.path().join("plain.txt"));
        write_atomically(&ours, |file| write!(file, "new")).expect("written");
        fs::write(&plain, "new").expect("written");
        let mode = |path| fs::metadata(path).expect("there").permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_a_device_is_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let full = std::path::Path::new("/dev/full");
        let x = array![[1.0, 2.0]];
        let text = "cannot write: No space left on device (os error 28)";
        let mut npz = NpzWriter::new();
        npz.array("x", &x).expect("a name");
        assert_eq!(problem(full, npz.write(full)), text);
        assert_eq!(problem(full, write_npy(full, &x)), text);
        assert_eq!(problem(full, NumericTable::new(["a", "b"], x).expect("a table").write(full)), text);
        assert!(fs::metadata(full).expect("there").file_type().is_char_device());
    }
}
