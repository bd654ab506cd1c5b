import application.JdbcRows;
import application.Row;
import application.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tests of the application's own parts, without a test framework: sh build.sh test. It ends with an
 * exception where one does not hold.
 */
public final class ApplicationTest {
  private ApplicationTest() {}

  @FunctionalInterface
  private interface Attempt {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    aBodyHasTheSame48BytesAsThatOfEveryStack();
    withoutADelayTheStatementDoesNotSleep();
    aKeyIsANumberAndNeverAPartOfTheStatement();
    whereNoneIsNamedRowsOfTheTableAreDrawn();
    aRowThatIsMadeUpIsByTheRuleThatIsKnown();
    withoutADatabaseEachAnswerIsTheRowOfItsOwnRequest();
    withoutVariablesItServesByItself();
    eachVariableIsRead();
    aVariableThatMakesNoSenseIsNamed();
    System.out.println("9 passed, 0 failed");
  }

  private static void equal(Object seen, Object expected) {
    if (!expected.equals(seen)) throw new AssertionError(seen + " instead of " + expected);
  }

  private static void fails(Attempt attempt, String words) {
    try {
      attempt.run();
    } catch (Exception failed) {
      if (failed.toString().contains(words)) return;
      throw new AssertionError("failed otherwise", failed);
    }
    throw new AssertionError("does not fail: " + words);
  }

  private static void aBodyHasTheSame48BytesAsThatOfEveryStack() {
    byte[] body = new Row(123, "01442695040888963407").body();
    equal(new String(body), "{\"a\": \"0000000123\", \"b\": \"01442695040888963407\"}");
    equal(body.length, 48);
  }

  private static void withoutADelayTheStatementDoesNotSleep() {
    equal(Row.statement(Duration.ZERO), "SELECT t.a, t.b FROM test t WHERE t.a = $1");
    Duration delay = Duration.ofMillis(20);
    equal(Row.statement(delay), "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2");
    equal(Row.seconds(delay), 0.02);
  }

  private static void aKeyIsANumberAndNeverAPartOfTheStatement() {
    equal(Row.key("0000000123"), 123);
    equal(Row.key("0000000000"), 0);
    equal(Row.key("0000000010"), 10);
    String[] wrong = {"", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5", "-1", "+1", "\u0661"};
    for (String asked : wrong) fails(() -> Row.key(asked), "NumberFormatException");
  }

  private static void whereNoneIsNamedRowsOfTheTableAreDrawn() {
    Set<Integer> drawn = new HashSet<>();
    for (int i = 0; i < 1000; ++i) drawn.add(Row.key(null));
    equal(drawn.size() > 990, true); // half a pair of them is equal by chance
    equal(drawn.stream().allMatch(a -> a >= 0 && a < 1_000_000), true);
  }

  private static void aRowThatIsMadeUpIsByTheRuleThatIsKnown() {
    equal(Row.madeUp(0), new Row(0, "01442695040888963407"));
    equal(Row.madeUp(1), new Row(1, "07806831264735756412"));
    equal(Row.madeUp(2), new Row(2, "14170967488582549417")); // all 64 bits of it
    equal(Row.madeUp(999_999), new Row(999_999, "04596975814739650402"));
  }

  private static void withoutADatabaseEachAnswerIsTheRowOfItsOwnRequest() throws Exception {
    Settings told = Settings.read(Map.of("UNRIG_DB_CONNECTION", "none"));
    equal(JdbcRows.open(told.database()).read(2), Row.madeUp(2));
  }

  private static void withoutVariablesItServesByItself() {
    Settings.Database database =
        new Settings.Database(
            "127.0.0.1", 5432, "unrig", "unrig", "", Duration.ZERO,
            Settings.Connection.PER_REQUEST, 1);
    equal(Settings.read(Map.of()), new Settings("127.0.0.1", 8000, 1, 2048, database));
  }

  private static void eachVariableIsRead() throws Exception {
    Path password = Files.createTempFile("unrig-test-", "");
    try {
      Files.writeString(password, "se cret\n");
      Map<String, String> variables =
          Map.ofEntries(
              Map.entry("UNRIG_HOST", "127.0.0.2"), Map.entry("UNRIG_PORT", "81"),
              Map.entry("UNRIG_WORKERS", "3"), Map.entry("UNRIG_BACKLOG", "777"),
              Map.entry("UNRIG_DB_HOST", "127.0.0.3"), Map.entry("UNRIG_DB_PORT", "6432"),
              Map.entry("UNRIG_DB_NAME", "name"), Map.entry("UNRIG_DB_USER", "user"),
              Map.entry("UNRIG_DB_PASSWORD_FILE", password.toString()),
              Map.entry("UNRIG_DB_DELAY", "0.02"), Map.entry("UNRIG_DB_CONNECTION", "pooled"),
              Map.entry("UNRIG_DB_POOL", "50"));
      Settings.Database database =
          new Settings.Database(
              "127.0.0.3", 6432, "name", "user", "se cret", Duration.ofMillis(20),
              Settings.Connection.POOLED, 50);
      equal(Settings.read(variables), new Settings("127.0.0.2", 81, 3, 777, database));
    } finally {
      Files.delete(password);
    }
  }

  private static void aVariableThatMakesNoSenseIsNamed() {
    Map<String, String> wrong =
        Map.of(
            "UNRIG_PORT", "x", "UNRIG_WORKERS", "-1", "UNRIG_BACKLOG", "1.5",
            "UNRIG_DB_DELAY", "NaN", "UNRIG_DB_CONNECTION", "both", "UNRIG_DB_POOL", "0x10",
            "UNRIG_DB_PASSWORD_FILE", "/no/such/file");
    wrong.forEach((name, text) -> fails(() -> Settings.read(Map.of(name, text)), name));
  }
}
