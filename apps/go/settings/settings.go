// Package settings is what unrig asks of the application, read once from the environment at start.
package settings

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// Connection says when a connection to the database is opened.
type Connection string

const (
	PerRequest Connection = "per-request"
	Pooled     Connection = "pooled"
	None       Connection = "none" // nobody is asked
)

// Settings is all of it. Workers are not in it: there is one process, and it takes every core.
type Settings struct {
	Host     string // where to listen
	Port     uint16
	Backlog  int // of the socket there, in connections
	Database Database
}

// Database is the pooler, or the database itself where there is no pooler.
type Database struct {
	Host       string
	Port       uint16
	Name       string
	User       string
	Password   string
	Delay      time.Duration // the sleep inside the statement; 0: there is none
	Connection Connection
	Pool       int32 // connections of this process, at most
}

// Read takes the settings from variables, by name; os.Getenv is one such function. The error names
// every variable that makes no sense.
func Read(variable func(name string) string) (Settings, error) {
	from := reader{variable: variable}
	told := Settings{
		Host:    from.text("UNRIG_HOST", "127.0.0.1"),
		Port:    uint16(from.number("UNRIG_PORT", 8000, math.MaxUint16)),
		Backlog: int(from.number("UNRIG_BACKLOG", 2048, math.MaxInt32)),
		Database: Database{
			Host:       from.text("UNRIG_DB_HOST", "127.0.0.1"),
			Port:       uint16(from.number("UNRIG_DB_PORT", 5432, math.MaxUint16)),
			Name:       from.text("UNRIG_DB_NAME", "unrig"),
			User:       from.text("UNRIG_DB_USER", "unrig"),
			Password:   from.file("UNRIG_DB_PASSWORD_FILE"),
			Delay:      from.seconds("UNRIG_DB_DELAY"),
			Connection: from.connection("UNRIG_DB_CONNECTION"),
			Pool:       max(1, int32(from.number("UNRIG_DB_POOL", 1, math.MaxInt32))),
		},
	}
	return told, errors.Join(from.wrong...)
}

// reader reads one variable after the other, and remembers what was wrong.
type reader struct {
	variable func(name string) string
	wrong    []error
}

func (r *reader) refuse(name string, err error) {
	r.wrong = append(r.wrong, fmt.Errorf("%s: %w", name, err))
}

func (r *reader) text(name, otherwise string) string {
	if text := r.variable(name); text != "" {
		return text
	}
	return otherwise
}

// number is one from 0 to most.
func (r *reader) number(name string, otherwise, most uint64) uint64 {
	text := r.variable(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err == nil && number > most {
		err = fmt.Errorf("%d is more than %d", number, most)
	}
	if err != nil {
		r.refuse(name, err)
		return 0
	}
	return number
}

func (r *reader) seconds(name string) time.Duration {
	seconds, err := strconv.ParseFloat(r.text(name, "0"), 64)
	if err == nil && !(seconds >= 0 && seconds < math.MaxInt32) {
		err = errors.New("no time to sleep")
	}
	if err != nil {
		r.refuse(name, err)
		return 0
	}
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

func (r *reader) connection(name string) Connection {
	kind := Connection(r.text(name, string(PerRequest)))
	switch kind {
	case PerRequest, Pooled, None:
	default:
		r.refuse(name, fmt.Errorf("%q is none of per-request, pooled, none", kind))
	}
	return kind
}

// file is what stands in the file that the variable names; nothing where it names none.
func (r *reader) file(name string) string {
	path := r.variable(name)
	if path == "" {
		return ""
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.refuse(name, err)
	}
	return strings.TrimSpace(string(content))
}
