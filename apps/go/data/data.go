// Package data reads the row of a request, with pgx.
package data

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"unrig.test/application/row"
	"unrig.test/application/settings"
)

// never is longer than any run. A pool that renewed its connections would open some while it is
// measured.
const never = 365 * 24 * time.Hour

// Source answers requests. Many goroutines may ask it at once.
type Source struct {
	// read gets the row a. The contexts of the requests stay out of it: a client that leaves would
	// cut its statement short, and with that cost the pool a connection. net/http has such contexts,
	// Fiber and the stacks of other languages have not.
	read func(a int32) (found, error)
}

type found struct {
	a int32
	b string
}

// Open makes a source, and its pool where there is one. The first connection may still be under
// way when it returns, or fail: then requests say so. Error: a setting that pgx does not take.
func Open(database settings.Database) (*Source, error) {
	if database.Connection == settings.None {
		return &Source{read: makeUp}, nil
	}
	config, err := pgxpool.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	to := config.ConnConfig
	to.Host, to.Port, to.Fallbacks = database.Host, database.Port, nil
	to.Database, to.User, to.Password = database.Name, database.User, database.Password
	// Text and values in one flight, nothing prepared or remembered: what goes through a pooler in
	// each of its modes.
	to.DefaultQueryExecMode = pgx.QueryExecModeExec
	ask := question{text: row.Statement(database.Delay), delay: database.Delay}
	if database.Connection == settings.PerRequest {
		return &Source{read: func(a int32) (found, error) { return ask.once(to, a) }}, nil
	}
	config.MaxConns, config.MinConns = database.Pool, database.Pool
	config.MaxConnLifetime = never
	// Else a connection that has idled for a second is asked something before its statement.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return &Source{read: func(a int32) (found, error) { return ask.of(pool, a) }}, nil
}

// Answer is the body of one answer. asked: the text of a in the query, where the request has named
// it. Error: it is no number, or the database did not answer with a row.
func (s *Source) Answer(asked string, named bool) ([]byte, error) {
	a, err := row.Key(asked, named)
	if err != nil {
		return nil, err
	}
	it, err := s.read(a)
	if err != nil {
		return nil, err
	}
	return row.Body(it.a, it.b), nil
}

// question is the statement of this run.
type question struct {
	text  string
	delay time.Duration
}

// querier is a connection, or a pool of them.
type querier interface {
	QueryRow(ctx context.Context, text string, arguments ...any) pgx.Row
}

func (q question) of(database querier, a int32) (found, error) {
	var it found
	answer := database.QueryRow(context.Background(), q.text, row.Arguments(q.delay, a)...)
	err := answer.Scan(&it.a, &it.b)
	return it, err
}

// once asks on a connection of its own.
func (q question) once(to *pgx.ConnConfig, a int32) (found, error) {
	connection, err := pgx.ConnectConfig(context.Background(), to)
	if err != nil {
		return found{}, err
	}
	defer connection.Close(context.Background())
	return q.of(connection, a)
}

func makeUp(a int32) (found, error) {
	return found{a: a, b: row.MadeUp(a)}, nil
}
