//! The node: rooms two to eight behind one step function, and a thin tokio shell
