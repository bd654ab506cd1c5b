//! The application of docs/application.md but for its framework, which src/main.rs of a stack has.

pub mod data;
pub mod row;
pub mod settings;

/// What made a request, or the start, fail: for people.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
