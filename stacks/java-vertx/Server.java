import application.Row;
import application.Settings;
import application.VertxRows;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;

/** The application on Vert.x: one of these for each event loop, all on one listening socket. */
public final class Server extends VerticleBase {
  private final Settings told;
  private final VertxRows.Source rows;

  private Server(Settings told, VertxRows.Source rows) {
    this.told = told;
    this.rows = rows;
  }

  public static void main(String[] arguments) {
    Settings told = Settings.read(System.getenv());
    // It serves no files, and needs no folder to unpack them to.
    FileSystemOptions noFiles =
        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(told.workers())
                .setPreferNativeTransport(true)
                .setFileSystemOptions(noFiles));
    if (!vertx.isNativeTransportEnabled()) {
      end(vertx.unavailableNativeTransportCause());
    }
    VertxRows.Source rows = VertxRows.open(vertx, told.database(), told.workers());
    vertx
        .deployVerticle(
            () -> new Server(told, rows), new DeploymentOptions().setInstances(told.workers()))
        .onFailure(Server::end);
  }

  private static void end(Throwable failed) {
    System.err.println(failed);
    System.exit(1);
  }

  @Override
  public Future<?> start() {
    HttpServerOptions here =
        new HttpServerOptions()
            .setHost(told.host())
            .setPort(told.port())
            .setAcceptBacklog(told.backlog());
    return vertx.createHttpServer(here).requestHandler(this::serve).listen();
  }

  private void serve(HttpServerRequest request) {
    if (!request.path().equals("/test")) {
      request.response().setStatusCode(404).end();
    } else if (!request.method().equals(HttpMethod.GET)) {
      request.response().setStatusCode(405).end();
    } else {
      answer(request);
    }
  }

  private void answer(HttpServerRequest request) {
    int a;
    try {
      a = Row.key(request.getParam("a"));
    } catch (NumberFormatException wrong) {
      refuse(request, wrong);
      return;
    }
    rows.read(a)
        .onSuccess(row -> send(request, 200, Row.CONTENT_TYPE, Buffer.buffer(row.body())))
        .onFailure(failed -> refuse(request, failed));
  }

  private static void refuse(HttpServerRequest request, Throwable why) {
    send(request, 500, "text/plain", Buffer.buffer(why.toString()));
  }

  private static void send(HttpServerRequest request, int status, String type, Buffer body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, type)
        .end(body);
  }
}
