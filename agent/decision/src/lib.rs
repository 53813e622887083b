//! Facts in, verdict out.
