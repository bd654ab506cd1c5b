package data

import (
	"testing"

	"unrig.test/application/settings"
)

func TestWithoutADatabaseEachAnswerIsTheRowOfItsOwnRequest(t *testing.T) {
	source, err := Open(settings.Database{Connection: settings.None})
	if err != nil {
		t.Fatal(err)
	}
	body, err := source.Answer("0000000001", true)
	if string(body) != `{"a": "0000000001", "b": "07806831264735756412"}` || err != nil {
		t.Errorf("%s, %v", body, err)
	}
	if body, err := source.Answer("1 OR 1=1", true); err == nil {
		t.Errorf("%s", body)
	}
	if body, err := source.Answer("", false); len(body) != 48 || err != nil {
		t.Errorf("%s, %v", body, err)
	}
}
