//! Data access, by tokio-postgres.

use deadpool_postgres::{Manager, Pool};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use crate::settings::{Connection, Database, Settings};
use crate::{Failure, row};

/// Where rows come from.
enum Source {
    PerRequest(Config),
    /// Opens what it has not yet and keeps all: it asks the database nothing of its own.
    Pooled(Pool),
    MadeUp,
}

/// What answers requests, from any number of threads.
pub struct Data {
    source: Source,
    delay_s: f64,
    statement: &'static str,
}

impl Data {
    /// `pool`: how many connections it may have at a time, where it keeps them.
    pub fn new(settings: &Settings, pool: usize) -> Result<Self, Failure> {
        let config = config(&settings.database);
        let source = match settings.connection {
            Connection::PerRequest => Source::PerRequest(config),
            Connection::Pooled => {
                let manager = Manager::new(config, NoTls);
                Source::Pooled(Pool::builder(manager).max_size(pool).build()?)
            }
            Connection::None => Source::MadeUp,
        };
        let delay_s = settings.delay_s;
        Ok(Self {
            source,
            delay_s,
            statement: row::statement(delay_s),
        })
    }

    /// The body of one answer; `asked`: the text of `a` in the query, where there is one. What
    /// fails is said in the log as well, as other frameworks do with an exception.
    pub async fn answer(&self, asked: Option<&str>) -> Result<String, Failure> {
        let answered = self.read(asked).await;
        if let Err(failure) = &answered {
            eprintln!("a request failed: {failure}");
        }
        answered
    }

    async fn read(&self, asked: Option<&str>) -> Result<String, Failure> {
        let a = row::key(asked)?;
        match &self.source {
            Source::PerRequest(config) => {
                let (client, connection) = config.connect(NoTls).await?;
                let driven = tokio::spawn(connection);
                let body = self.ask(&client, a).await;
                // It is closed before the answer goes out, as in the other languages.
                drop(client);
                driven.await??;
                body
            }
            Source::Pooled(pool) => self.ask(&*pool.get().await?, a).await,
            Source::MadeUp => Ok(row::body(a, &row::made_up(a))),
        }
    }

    /// Never prepared by name: each request is one flight, on the first use of a connection and
    /// later, and a pooler may give each to another session.
    async fn ask(&self, client: &Client, a: i32) -> Result<String, Failure> {
        let sleep = (&self.delay_s as &(dyn ToSql + Sync), Type::FLOAT8);
        let key = (&a as &(dyn ToSql + Sync), Type::INT4);
        let rows = if self.delay_s == 0.0 {
            client.query_typed(self.statement, &[key]).await?
        } else {
            client.query_typed(self.statement, &[sleep, key]).await?
        };
        let found = rows.first().ok_or("there is no such row")?;
        Ok(row::body(found.try_get(0)?, found.try_get(1)?))
    }
}

fn config(database: &Database) -> Config {
    let mut config = Config::new();
    config
        .host(&database.host)
        .port(database.port)
        .dbname(&database.name)
        .user(&database.user)
        .password(&database.password)
        .ssl_mode(SslMode::Disable);
    config
}
