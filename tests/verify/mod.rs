//! The checks that users run, on what is right and on what is wrong.
