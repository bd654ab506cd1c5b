//! What unrig asks of the application, read once from the environment at start.

use std::net::IpAddr;
use std::str::FromStr;

use crate::Failure;

/// How a request gets its row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connection {
    PerRequest,
    Pooled,
    /// By the known rule: there is no database.
    None,
}

/// Where the database, or its pooler, is, and who asks it.
#[derive(Clone, Debug)]
pub struct Database {
    pub host: String,
    pub port: u16,
    pub name: String,
    pub user: String,
    pub password: String,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub host: IpAddr,
    pub port: u16,
    /// Threads that serve, >= 1.
    pub workers: usize,
    /// Of the listening socket, in connections.
    pub backlog: u32,
    pub database: Database,
    /// Of the sleep inside the statement, in seconds; 0: none.
    pub delay_s: f64,
    pub connection: Connection,
    /// Connections of this process, >= 1.
    pub pool: usize,
}

impl Settings {
    /// Connections of one worker, where each has a pool of its own: one at the least.
    pub fn share(&self, worker: usize) -> usize {
        let more = usize::from(worker < self.pool % self.workers);
        (self.pool / self.workers + more).max(1)
    }

    /// Of this process's environment. Fails on what cannot be read as what it should be.
    pub fn read() -> Result<Self, Failure> {
        let password = match std::env::var("UNRIG_DB_PASSWORD_FILE") {
            Ok(path) if !path.is_empty() => std::fs::read_to_string(path)?.trim().to_owned(),
            _ => String::new(),
        };
        Self::of(|name| std::env::var(name).ok(), password)
    }

    /// Of variables by their names.
    fn of(variable: impl Fn(&str) -> Option<String>, password: String) -> Result<Self, Failure> {
        let text = |name, otherwise: &str| variable(name).unwrap_or_else(|| otherwise.to_owned());
        let connection = match text("UNRIG_DB_CONNECTION", "per-request").as_str() {
            "pooled" => Connection::Pooled,
            "none" => Connection::None,
            _ => Connection::PerRequest,
        };
        Ok(Self {
            host: number("UNRIG_HOST", text("UNRIG_HOST", "127.0.0.1"))?,
            port: number("UNRIG_PORT", text("UNRIG_PORT", "8000"))?,
            workers: number::<usize>("UNRIG_WORKERS", text("UNRIG_WORKERS", "1"))?.max(1),
            backlog: number("UNRIG_BACKLOG", text("UNRIG_BACKLOG", "2048"))?,
            database: Database {
                host: text("UNRIG_DB_HOST", "127.0.0.1"),
                port: number("UNRIG_DB_PORT", text("UNRIG_DB_PORT", "5432"))?,
                name: text("UNRIG_DB_NAME", "unrig"),
                user: text("UNRIG_DB_USER", "unrig"),
                password,
            },
            delay_s: number("UNRIG_DB_DELAY", text("UNRIG_DB_DELAY", "0"))?,
            connection,
            pool: number::<usize>("UNRIG_DB_POOL", text("UNRIG_DB_POOL", "1"))?.max(1),
        })
    }
}

fn number<T: FromStr>(name: &str, text: String) -> Result<T, Failure> {
    let wrong = || format!("{name} is not what it should be: {text:?}");
    text.parse().map_err(|_| wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|v| v.0 == name)
                .map(|v| v.1.to_owned())
        };
        Settings::of(find, "secret".to_owned())
    }

    #[test]
    fn what_is_set_is_read() {
        let read = settings(&[
            ("UNRIG_PORT", "8123"),
            ("UNRIG_WORKERS", "3"),
            ("UNRIG_BACKLOG", "777"),
            ("UNRIG_DB_HOST", "db"),
            ("UNRIG_DB_DELAY", "0.02"),
            ("UNRIG_DB_CONNECTION", "pooled"),
            ("UNRIG_DB_POOL", "4"),
        ])
        .unwrap();
        assert_eq!(
            (read.port, read.workers, read.backlog, read.pool),
            (8123, 3, 777, 4)
        );
        assert_eq!((read.database.host.as_str(), read.delay_s), ("db", 0.02));
        assert_eq!(read.connection, Connection::Pooled);
        assert_eq!(read.database.password, "secret");
    }

    #[test]
    fn the_defaults_are_those_of_the_application_in_python() {
        let read = settings(&[]).unwrap();
        assert_eq!(
            (read.port, read.workers, read.backlog, read.pool),
            (8000, 1, 2048, 1)
        );
        assert_eq!((read.database.port, read.delay_s), (5432, 0.0));
        assert_eq!(read.connection, Connection::PerRequest);
    }

    #[test]
    fn the_shares_of_all_workers_are_the_pool() {
        let shares = |pool| {
            let read = settings(&[("UNRIG_WORKERS", "3"), ("UNRIG_DB_POOL", pool)]).unwrap();
            [read.share(0), read.share(1), read.share(2)]
        };
        assert_eq!(shares("7"), [3, 2, 2]);
        assert_eq!(shares("6"), [2, 2, 2]);
        assert_eq!(shares("1"), [1, 1, 1]);
    }

    #[test]
    fn what_is_no_number_is_named() {
        let error = settings(&[("UNRIG_PORT", "x")]).unwrap_err().to_string();
        assert!(
            error.contains("UNRIG_PORT") && error.contains("\"x\""),
            "{error}"
        );
    }
}
