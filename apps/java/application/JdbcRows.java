package application;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.postgresql.Driver;

/** Reads rows by pgjdbc. Any number of threads may ask at once; each of them waits. */
public final class JdbcRows {
  private final Driver driver = new Driver();
  private final Properties login = new Properties();
  private final String url;
  private final String text;
  private final Duration delay;

  /** Where the row is read. */
  @FunctionalInterface
  public interface Source {
    /** Throws where the database does not answer with a row. */
    Row read(int a) throws SQLException, InterruptedException;
  }

  /** The source that the settings ask for. Nothing is connected yet. */
  public static Source open(Settings.Database database) {
    JdbcRows rows = new JdbcRows(database);
    return switch (database.connection()) {
      case NONE -> Row::madeUp;
      case PER_REQUEST -> rows::readOnce;
      case POOLED -> rows.new Pool(database.pool())::read;
    };
  }

  private JdbcRows(Settings.Database database) {
    delay = database.delay();
    text = Row.statement(delay).replaceAll("\\$[0-9]", "?"); // as JDBC has it; the driver turns it back
    login.setProperty("user", database.user());
    login.setProperty("password", database.password());
    login.setProperty("sslmode", "disable");
    login.setProperty("gssEncMode", "disable");
    // Text and values in one flight, nothing prepared: what goes through a pooler in each of its
    // modes.
    login.setProperty("prepareThreshold", "0");
    // Else the driver asks for two settings by statements of its own on each new connection, in
    // case the server is older than this.
    login.setProperty("assumeMinServerVersion", "9.0");
    if (database.host().startsWith("/")) {
      login.setProperty("socketFactory", UnixSockets.class.getName());
      login.setProperty("socketFactoryArg", database.host() + "/.s.PGSQL." + database.port());
      url = "jdbc:postgresql://localhost/" + database.name();
    } else {
      url = "jdbc:postgresql://" + database.host() + ":" + database.port() + "/" + database.name();
    }
  }

  private Row readOnce(int a) throws SQLException {
    try (Connection connection = driver.connect(url, login)) {
      return ask(connection, a);
    }
  }

  private Row ask(Connection connection, int a) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      int place = 1;
      if (!delay.isZero()) statement.setDouble(place++, Row.seconds(delay));
      statement.setInt(place, a);
      try (ResultSet found = statement.executeQuery()) {
        if (!found.next()) throw new SQLException("there is no row " + a);
        return new Row(found.getInt(1), found.getString(2));
      }
    }
  }

  /**
   * Connections are opened when first needed, and kept. Like the pools of unrig's application in
   * Python it sends the database nothing of its own; the usual ones of Java ask it now and then
   * whether it is still there.
   */
  private final class Pool {
    private final Semaphore free;
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

    Pool(int most) {
      free = new Semaphore(most);
    }

    Row read(int a) throws SQLException, InterruptedException {
      free.acquire();
      try {
        Connection connection = idle.poll();
        if (connection == null) connection = driver.connect(url, login);
        return readOn(connection, a);
      } finally {
        free.release();
      }
    }

    /** A connection that has failed is not used again. */
    private Row readOn(Connection connection, int a) throws SQLException {
      try {
        Row row = ask(connection, a);
        idle.push(connection);
        return row;
      } catch (SQLException failed) {
        connection.close();
        throw failed;
      }
    }
  }
}
