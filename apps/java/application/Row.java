package application;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The row that a request asks for, and the bytes that it answers: the same for every stack.
 *
 * @param a 0 to 999,999
 * @param b 20 digits
 */
public record Row(int a, String b) {
  public static final String CONTENT_TYPE = "application/json";

  private static final int ROWS = 1_000_000;

  /** The only one. */
  public static String statement(Duration delay) {
    return delay.isZero()
        ? "SELECT t.a, t.b FROM test t WHERE t.a = $1"
        : "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2";
  }

  /** What a database's sleep takes. */
  public static double seconds(Duration delay) {
    return delay.toNanos() / 1e9;
  }

  /**
   * The row that a request names in its query, "?a=0000000123"; where it names none (null), one of
   * the application's own choice.
   *
   * @throws NumberFormatException what it names is no number
   */
  public static int key(String asked) {
    if (asked == null) return ThreadLocalRandom.current().nextInt(ROWS);
    // Java's own reader takes signs, and the digits of every script.
    if (!asked.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
      throw new NumberFormatException("no number: " + asked);
    }
    return Integer.parseInt(asked);
  }

  /** By the rule that is known, without a database: what all but that costs. */
  public static Row madeUp(int a) {
    long b = a * 6364136223846793005L + 1442695040888963407L;
    return new Row(a, padded(Long.toUnsignedString(b), 20));
  }

  /**
   * 48 bytes, whatever the row. They are put together by hand, since writers of JSON leave out the
   * blanks; a b of the table is digits, so there is nothing to escape.
   */
  public byte[] body() {
    String text = "{\"a\": \"" + padded(Integer.toString(a), 10) + "\", \"b\": \"" + b + "\"}";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String padded(String digits, int length) {
    return "0".repeat(Math.max(0, length - digits.length())) + digits;
  }
}
