//! The gRPC server as its clients see it: a real server on a free port, over a
//! state and a consensus that say what the test wants.

mod bounds;
mod consensus;
mod hostile;
mod queries;
mod reflection;
mod support;
mod web;
