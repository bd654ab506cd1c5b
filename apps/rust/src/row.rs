//! The row that a request asks for, and the bytes that it answers: the same for every stack.

use std::num::ParseIntError;

const ROWS: i32 = 1_000_000;

pub const CONTENT_TYPE: &str = "application/json";

/// The one statement.
pub fn statement(delay_s: f64) -> &'static str {
    if delay_s == 0.0 {
        "SELECT t.a, t.b FROM test t WHERE t.a = $1"
    } else {
        "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2"
    }
}

/// The row that a request names in its query, "?a=0000000123"; where it names none, one of the
/// application's own choice.
pub fn key(asked: Option<&str>) -> Result<i32, ParseIntError> {
    asked.map_or_else(|| Ok(fastrand::i32(0..ROWS)), str::parse)
}

/// `b` by the rule that is known, without a database: what all but that costs.
pub fn made_up(a: i32) -> String {
    let number = (a as u64)
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    format!("{number:020}")
}

/// 48 bytes, whatever the row.
pub fn body(a: i32, b: &str) -> String {
    format!("{{\"a\": \"{a:010}\", \"b\": \"{b}\"}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_same_48_bytes_in_every_framework() {
        let expected = r#"{"a": "0000000123", "b": "01442695040888963407"}"#;
        assert_eq!(body(123, "01442695040888963407"), expected);
        assert_eq!(body(999_999, &"0".repeat(20)).len(), 48);
    }

    #[test]
    fn without_delay_the_statement_does_not_sleep() {
        assert!(!statement(0.0).contains("pg_sleep"));
        assert!(statement(0.02).ends_with("FROM pg_sleep($1), test t WHERE t.a = $2"));
    }

    #[test]
    fn a_row_that_is_made_up_is_by_the_rule_that_is_known() {
        assert_eq!(made_up(0), "01442695040888963407");
        assert_eq!(made_up(1), "07806831264735756412");
        assert_eq!(made_up(999_999).len(), 20);
    }

    #[test]
    fn the_row_that_a_request_names_is_the_one_that_is_read() {
        assert_eq!(key(Some("0000000123")), Ok(123));
        assert_eq!(key(Some("0000000000")), Ok(0));
    }

    #[test]
    fn rows_of_its_own_choice_exist_and_differ() {
        let drawn: Vec<i32> = (0..50).map(|_| key(None).unwrap()).collect();
        assert!(drawn.iter().all(|a| (0..ROWS).contains(a)));
        assert!(drawn.iter().any(|a| *a != drawn[0]));
    }

    #[test]
    fn a_key_is_a_number_and_never_a_part_of_the_statement() {
        for text in ["", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5"] {
            assert!(key(Some(text)).is_err(), "{text}");
        }
    }
}
