//! Methods that precondition a weight matrix as a matrix.
