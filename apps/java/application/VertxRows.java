package application;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.NoSuchElementException;

/** Reads rows by the client of Vert.x. Called on an event loop, which it does not block. */
public final class VertxRows {
  private final String text;
  private final Duration delay;

  /** Where the row is read. */
  @FunctionalInterface
  public interface Source {
    /** Fails where the database does not answer with a row. */
    Future<Row> read(int a);
  }

  /**
   * The source that the settings ask for. Nothing is connected yet.
   *
   * @param loops event loops that the connections of a pool are shared out to
   */
  public static Source open(Vertx vertx, Settings.Database database, int loops) {
    VertxRows rows = new VertxRows(database.delay());
    // Nothing is prepared for later, the client's own default: what goes through a pooler in each
    // of its modes.
    PgConnectOptions login =
        new PgConnectOptions()
            .setHost(database.host())
            .setPort(database.port())
            .setDatabase(database.name())
            .setUser(database.user())
            .setPassword(database.password());
    return switch (database.connection()) {
      case NONE -> a -> Future.succeededFuture(Row.madeUp(a));
      case PER_REQUEST ->
          a ->
              PgConnection.connect(vertx, login)
                  .compose(opened -> rows.ask(opened, a).eventually(opened::close));
      case POOLED -> {
        PoolOptions size = new PoolOptions().setMaxSize(database.pool()).setEventLoopSize(loops);
        Pool pool = PgBuilder.pool().with(size).connectingTo(login).using(vertx).build();
        yield a -> rows.ask(pool, a);
      }
    };
  }

  private VertxRows(Duration delay) {
    this.delay = delay;
    text = Row.statement(delay);
  }

  private Future<Row> ask(SqlClient database, int a) {
    Tuple values = delay.isZero() ? Tuple.of(a) : Tuple.of(Row.seconds(delay), a);
    return database
        .preparedQuery(text)
        .execute(values)
        .map(
            found -> {
              var rows = found.iterator();
              if (!rows.hasNext()) throw new NoSuchElementException("there is no row " + a);
              var row = rows.next();
              return new Row(row.getInteger(0), row.getString(1));
            });
  }
}
