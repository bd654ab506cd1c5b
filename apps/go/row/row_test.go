package row

import (
	"reflect"
	"testing"
	"time"
)

func TestBodyHasTheSame48BytesAsThatOfEveryStack(t *testing.T) {
	body := string(Body(123, "01442695040888963407"))
	if body != `{"a": "0000000123", "b": "01442695040888963407"}` || len(body) != 48 {
		t.Errorf("%d bytes: %s", len(body), body)
	}
}

func TestWithoutDelayTheStatementDoesNotSleep(t *testing.T) {
	cases := []struct {
		delay     time.Duration
		statement string
		arguments []any
	}{
		{0, "SELECT t.a, t.b FROM test t WHERE t.a = $1", []any{int32(5)}},
		{20 * time.Millisecond, "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2",
			[]any{0.02, int32(5)}},
	}
	for _, c := range cases {
		if Statement(c.delay) != c.statement {
			t.Errorf("%v: %s", c.delay, Statement(c.delay))
		}
		if arguments := Arguments(c.delay, 5); !reflect.DeepEqual(arguments, c.arguments) {
			t.Errorf("%v: %v", c.delay, arguments)
		}
	}
}

func TestTheRowThatARequestNamesIsTheOneThatIsRead(t *testing.T) {
	for asked, expected := range map[string]int32{
		"0000000123": 123, "0000000000": 0, "0000000010": 10, "0000999999": 999999,
	} {
		if a, err := Key(asked, true); a != expected || err != nil {
			t.Errorf("%s: %d, %v", asked, a, err)
		}
	}
}

func TestAKeyIsANumberAndNeverAPartOfTheStatement(t *testing.T) {
	for _, asked := range []string{"", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5", "0x10", "1_0"} {
		if a, err := Key(asked, true); err == nil {
			t.Errorf("%q: %d", asked, a)
		}
	}
}

func TestWhereNoneIsNamedEveryRowIsDrawn(t *testing.T) {
	const draws = 1000
	drawn := map[int32]bool{}
	for range draws {
		a, err := Key("", false)
		if err != nil || a < 0 || a >= rows {
			t.Fatalf("%d, %v", a, err)
		}
		drawn[a] = true
	}
	// Half a pair of them is equal by chance.
	if len(drawn) < draws-10 {
		t.Errorf("%d different rows of %d", len(drawn), draws)
	}
}

func TestARowThatIsMadeUpIsByTheRuleThatIsKnown(t *testing.T) {
	for a, expected := range map[int32]string{
		0: "01442695040888963407", 1: "07806831264735756412", 2: "14170967488582549417",
		999999: "04596975814739650402",
	} {
		if b := MadeUp(a); b != expected {
			t.Errorf("%d: %s", a, b)
		}
	}
}
