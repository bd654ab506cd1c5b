//! The application in axum, on hyper and Tokio.

use std::net::SocketAddr;
use std::sync::Arc;

use application::data::Data;
use application::row::CONTENT_TYPE;
use application::settings::Settings;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::ListenerExt;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpSocket};

#[derive(Deserialize)]
struct Asked {
    a: Option<String>,
}

async fn test(State(data): State<Arc<Data>>, Query(asked): Query<Asked>) -> impl IntoResponse {
    match data.answer(asked.a.as_deref()).await {
        Ok(body) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], body)),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn listen(settings: &Settings) -> std::io::Result<TcpListener> {
    let address = SocketAddr::new(settings.host, settings.port);
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(settings.backlog)
}

async fn serve(settings: Settings) -> Result<(), application::Failure> {
    let data = Arc::new(Data::new(&settings, settings.pool)?);
    let router = Router::new().route("/test", get(test)).with_state(data);
    let listener = listen(&settings)?.tap_io(|connection| {
        // It fails only for a client that has left already.
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

fn main() -> Result<(), application::Failure> {
    let settings = Settings::read()?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .enable_all()
        .build()?
        .block_on(serve(settings))
}
