// Package row is the row that a request asks for, and the bytes that it answers: the same for
// every stack.
package row

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// ContentType of the answer.
const ContentType = "application/json"

// rows of the table: a is 0 to 999,999.
const rows = 1_000_000

// Statement is the only one.
func Statement(delay time.Duration) string {
	if delay == 0 {
		return "SELECT t.a, t.b FROM test t WHERE t.a = $1"
	}
	return "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2"
}

// Arguments are what the places in the statement stand for.
func Arguments(delay time.Duration, a int32) []any {
	if delay == 0 {
		return []any{a}
	}
	return []any{delay.Seconds(), a}
}

// Key is the row that a request names in its query, "?a=0000000123"; where it names none, one of
// the application's own choice. Error: what it names is no number.
func Key(asked string, named bool) (int32, error) {
	if !named {
		return rand.Int32N(rows), nil
	}
	a, err := strconv.ParseInt(asked, 10, 32)
	return int32(a), err
}

// MadeUp is the b of a row by the rule that is known, without a database: what all but that costs.
func MadeUp(a int32) string {
	return fmt.Sprintf("%020d", uint64(a)*6364136223846793005+1442695040888963407)
}

// Body is 48 bytes, whatever the row. They are put together by hand, since encoding/json leaves out
// the blanks; a b of the table is digits, so there is nothing to escape.
func Body(a int32, b string) []byte {
	return fmt.Appendf(nil, `{"a": "%010d", "b": "%s"}`, a, b)
}
