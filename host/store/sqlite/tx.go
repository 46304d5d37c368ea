package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// tx is the writer's transaction. It is used by the writer's goroutine only,
// and by no context: what was begun is done.
type tx struct {
	w     *writer
	tally tally
	// latest is the latest instant that is settled, in microseconds; math.MinInt64:
	// none is. What is undone stays in it, as it may be too late and not too early.
	latest int64
}

// statement names a prepared statement: the query with its VALUES spelled out
// for so many rows.
type statement struct {
	query string
	rows  int
}

// slab is how many of so many rows one statement carries. There are few sizes,
// so that few statements are kept, and any number of rows takes few of them.
func slab(rows int) int {
	for _, n := range [...]int{256, 64, 16, 4} {
		if rows >= n {
			return n
		}
	}
	return 1
}

// together does jobs of one kind at once. When that fails they are done one by
// one, so that only those that are at fault fail. An error is returned when the
// transaction itself is broken.
func (t *tx) together(jobs []job) error {
	err, broken := t.isolated(func() error { return jobs[0].do(t, jobs) })
	if broken != nil || err == nil {
		return broken
	}
	if len(jobs) == 1 {
		jobs[0].fail(err)
		return nil
	}
	for i := range jobs {
		if err := t.together(jobs[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// isolated runs do so that all of it is undone when it fails. It returns do's
// error; broken is set when the transaction cannot go on.
func (t *tx) isolated(do func() error) (err, broken error) {
	outer := t.tally
	t.tally = tally{}
	if broken := t.exec("SAVEPOINT job"); broken != nil {
		return nil, broken
	}
	if err = do(); err != nil {
		t.tally = tally{}
		// A full disk makes SQLite end the whole transaction, and then there is
		// no savepoint to go back to.
		if t.exec("ROLLBACK TO job") != nil {
			return err, err
		}
	}
	t.tally = outer.plus(t.tally)
	return err, t.exec("RELEASE job")
}

// exec runs a statement that is kept prepared.
func (t *tx) exec(query string, args ...any) error {
	s, err := t.prepare(statement{query: query, rows: 1}, len(args))
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background(), args...)
	return err
}

// query runs a statement that is kept prepared and hands each row to scan.
func (t *tx) query(scan func(*sql.Rows) error, query string, args ...any) error {
	return t.queryRows(scan, query, len(args), 1, args)
}

// bulk runs query for all of args, width of them to a row. The query has VALUES
// where the rows go. Rows that it returns are handed to scan.
func (t *tx) bulk(scan func(*sql.Rows) error, query string, width int, args []any) error {
	for len(args) > 0 {
		n := slab(len(args) / width)
		if err := t.queryRows(scan, query, width, n, args[:n*width]); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

func (t *tx) queryRows(scan func(*sql.Rows) error, query string, width, n int, args []any) error {
	s, err := t.prepare(statement{query: query, rows: n}, width)
	if err != nil {
		return err
	}
	if scan == nil {
		_, err = s.ExecContext(context.Background(), args...)
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	return drain(rows, scan)
}

func (t *tx) prepare(key statement, width int) (*sql.Stmt, error) {
	if s := t.w.statements[key]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), spell(key, width))
	if err != nil {
		return nil, err
	}
	t.w.statements[key] = s
	return s, nil
}

// spell writes the rows out after VALUES: (?,?),(?,?).
func spell(key statement, width int) string {
	before, after, found := strings.Cut(key.query, "VALUES ()")
	if !found {
		return key.query
	}
	row := "(?" + strings.Repeat(",?", width-1) + ")"
	return before + "VALUES " + row + strings.Repeat(","+row, key.rows-1) + after
}

func drain(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
