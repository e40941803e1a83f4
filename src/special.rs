//! Functions of one variable that keep their digits (private).
