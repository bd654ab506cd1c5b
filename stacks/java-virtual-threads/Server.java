import application.JdbcRows;
import application.Row;
import application.Settings;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** The application on the JDK's own HTTP server, with a virtual thread for each request. */
public final class Server {
  private final JdbcRows.Source rows;

  private Server(JdbcRows.Source rows) {
    this.rows = rows;
  }

  public static void main(String[] arguments) throws IOException {
    Settings told = Settings.read(System.getenv());
    Server server = new Server(JdbcRows.open(told.database()));
    InetSocketAddress here = new InetSocketAddress(told.host(), told.port());
    HttpServer http = HttpServer.create(here, told.backlog());
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", server::serve);
    http.start();
  }

  private void serve(HttpExchange exchange) throws IOException {
    // The server closes when it is asked to, and does not say so by itself.
    if ("close".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Connection"))) {
      exchange.getResponseHeaders().set("Connection", "close");
    }
    if (!exchange.getRequestURI().getPath().equals("/test")) {
      exchange.sendResponseHeaders(404, -1);
    } else if (!exchange.getRequestMethod().equals("GET")) {
      exchange.sendResponseHeaders(405, -1);
    } else {
      answer(exchange);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body;
    try {
      body = rows.read(Row.key(asked(exchange.getRequestURI().getRawQuery()))).body();
    } catch (Exception failed) {
      send(exchange, 500, "text/plain", failed.toString().getBytes(StandardCharsets.UTF_8));
      return;
    }
    send(exchange, 200, Row.CONTENT_TYPE, body);
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream output = exchange.getResponseBody()) {
      output.write(body);
    }
  }

  /** The text of a in a query; null where it has none. The JDK does not read queries. */
  private static String asked(String query) {
    if (query == null) return null;
    for (String part : query.split("&")) {
      if (part.startsWith("a=")) return part.substring(2);
    }
    return null;
  }
}
