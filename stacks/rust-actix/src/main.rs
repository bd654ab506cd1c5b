//! The application in Actix Web.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::web::{Data as Shared, Query};
use actix_web::{App, HttpResponse, HttpServer, route};
use application::Failure;
use application::data::Data;
use application::settings::Settings;
use serde::Deserialize;

/// As long as the proxy keeps a connection that is idle; Actix itself closes it after 5 s.
const KEEP_ALIVE: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
struct Asked {
    a: Option<String>,
}

#[route("/test", method = "GET", method = "HEAD")]
async fn test(data: Shared<Data>, Query(asked): Query<Asked>) -> HttpResponse {
    match data.answer(asked.a.as_deref()).await {
        Ok(body) => HttpResponse::Ok()
            .content_type(ContentType::json())
            .body(body),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Failure> {
    let settings = Settings::read()?;
    // Each worker is a thread with an event loop of its own, which drives the connections that were
    // opened in it: one of another worker's would take two more wake-ups for each statement.
    let data = (0..settings.workers)
        .map(|worker| Ok(Shared::new(Data::new(&settings, settings.share(worker))?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let started = Arc::new(AtomicUsize::new(0));
    let application = move || {
        let worker = started.fetch_add(1, Ordering::Relaxed) % data.len();
        App::new().app_data(data[worker].clone()).service(test)
    };
    HttpServer::new(application)
        .workers(settings.workers)
        .backlog(settings.backlog)
        .keep_alive(KEEP_ALIVE)
        // So TERM ends it at once.
        .disable_signals()
        .bind((settings.host, settings.port))?
        .run()
        .await?;
    Ok(())
}
