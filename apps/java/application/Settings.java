package application;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What unrig asks of the application, read once from the environment at start.
 *
 * @param host where to listen
 * @param workers event loops, of a stack that has a number of them
 * @param backlog of the socket there, in connections
 */
public record Settings(String host, int port, int workers, int backlog, Database database) {

  /** When a connection to the database is opened. */
  public enum Connection {
    PER_REQUEST("per-request"),
    POOLED("pooled"),
    /** Nobody is asked. */
    NONE("none");

    private final String name;

    Connection(String name) {
      this.name = name;
    }
  }

  /**
   * The pooler, or the database itself where there is no pooler.
   *
   * @param host a name or number; of a Unix socket the folder in which it lies
   * @param delay the sleep inside the statement; zero: there is none
   * @param pool connections of this process, at most
   */
  public record Database(
      String host,
      int port,
      String name,
      String user,
      String password,
      Duration delay,
      Connection connection,
      int pool) {}

  /**
   * From variables by name: System.getenv(), as a rule.
   *
   * @throws IllegalArgumentException a variable makes no sense; it is named
   */
  public static Settings read(Map<String, String> variables) {
    Reader from = new Reader(variables);
    return new Settings(
        from.text("UNRIG_HOST", "127.0.0.1"),
        from.number("UNRIG_PORT", 8000),
        Math.max(1, from.number("UNRIG_WORKERS", 1)),
        from.number("UNRIG_BACKLOG", 2048),
        new Database(
            from.text("UNRIG_DB_HOST", "127.0.0.1"),
            from.number("UNRIG_DB_PORT", 5432),
            from.text("UNRIG_DB_NAME", "unrig"),
            from.text("UNRIG_DB_USER", "unrig"),
            from.file("UNRIG_DB_PASSWORD_FILE"),
            from.seconds("UNRIG_DB_DELAY"),
            from.connection("UNRIG_DB_CONNECTION"),
            Math.max(1, from.number("UNRIG_DB_POOL", 1))));
  }

  private record Reader(Map<String, String> variables) {
    String text(String name, String otherwise) {
      String text = variables.getOrDefault(name, "");
      return text.isEmpty() ? otherwise : text;
    }

    int number(String name, int otherwise) {
      String text = text(name, Integer.toString(otherwise));
      if (!text.matches("[0-9]{1,9}")) throw refused(name, text, "is no number");
      return Integer.parseInt(text);
    }

    Duration seconds(String name) {
      String text = text(name, "0");
      if (!text.matches("[0-9]{1,9}(\\.[0-9]*)?")) throw refused(name, text, "is no time to sleep");
      return Duration.ofNanos(Math.round(Double.parseDouble(text) * 1e9));
    }

    Connection connection(String name) {
      String text = text(name, Connection.PER_REQUEST.name);
      for (Connection each : Connection.values()) {
        if (each.name.equals(text)) return each;
      }
      throw refused(name, text, "is none of per-request, pooled, none");
    }

    /** What stands in the file that the variable names; nothing where it names none. */
    String file(String name) {
      String path = text(name, "");
      if (path.isEmpty()) return "";
      try {
        return Files.readString(Path.of(path)).strip();
      } catch (IOException unreadable) {
        throw refused(name, path, "cannot be read: " + unreadable);
      }
    }

    private static IllegalArgumentException refused(String name, String text, String why) {
      return new IllegalArgumentException(name + "=" + text + " " + why);
    }
  }
}
