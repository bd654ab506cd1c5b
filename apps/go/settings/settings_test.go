package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func from(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestWithoutVariablesItServesByItself(t *testing.T) {
	told, err := Read(from(nil))
	if err != nil {
		t.Fatal(err)
	}
	if told.Host != "127.0.0.1" || told.Port != 8000 || told.Backlog != 2048 {
		t.Errorf("listens at %s:%d with %d", told.Host, told.Port, told.Backlog)
	}
	if told.Database.Connection != PerRequest || told.Database.Delay != 0 || told.Database.Pool != 1 {
		t.Errorf("database: %+v", told.Database)
	}
}

func TestEachVariableIsRead(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("se cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told, err := Read(from(map[string]string{
		"UNRIG_HOST": "127.0.0.2", "UNRIG_PORT": "81", "UNRIG_BACKLOG": "777",
		"UNRIG_DB_HOST": "127.0.0.3", "UNRIG_DB_PORT": "6432", "UNRIG_DB_NAME": "name",
		"UNRIG_DB_USER": "user", "UNRIG_DB_PASSWORD_FILE": password, "UNRIG_DB_DELAY": "0.02",
		"UNRIG_DB_CONNECTION": "pooled", "UNRIG_DB_POOL": "50",
	}))
	expected := Settings{Host: "127.0.0.2", Port: 81, Backlog: 777, Database: Database{
		Host: "127.0.0.3", Port: 6432, Name: "name", User: "user", Password: "se cret",
		Delay: 20 * time.Millisecond, Connection: Pooled, Pool: 50,
	}}
	if err != nil || told != expected {
		t.Errorf("%+v, %v", told, err)
	}
}

func TestWhatMakesNoSenseIsNamed(t *testing.T) {
	wrong := map[string]string{
		"UNRIG_PORT": "65536", "UNRIG_BACKLOG": "-1", "UNRIG_DB_PORT": "x", "UNRIG_DB_DELAY": "NaN",
		"UNRIG_DB_CONNECTION": "both", "UNRIG_DB_POOL": "1.5",
		"UNRIG_DB_PASSWORD_FILE": filepath.Join(t.TempDir(), "none"),
	}
	for name, text := range wrong {
		_, err := Read(from(map[string]string{name: text}))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, text, err)
		}
	}
}
