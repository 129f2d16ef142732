//! nlmon: observability for netlink. Data flows one way: `probe` and `subscribe` feed `join`,
//! which makes records; `decode` reads them; `live` and `metrics` show them; `commands` are what
//! a person runs. No module imports one downstream of it.

pub mod cli;
mod clock;
pub mod commands;
pub mod config;
pub mod connections;
pub mod events;
pub mod findings;
pub mod health;
mod hooks;
pub mod http;
pub mod live;
pub mod metrics;
mod namespaces;
pub mod origin;
pub mod paste;
mod pipeline;
pub mod probe;
pub mod rights;
pub mod self_test;
pub mod service;
mod shutdown;
pub mod sockets;
pub mod spec_files;
pub mod subscribe;
pub mod supervisor;
pub mod thinning;
pub mod throttle;
mod unix_socket;
