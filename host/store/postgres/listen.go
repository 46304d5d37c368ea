package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// channel is the name under which hosts notify each other.
const channel = "butlerd"

// The pauses between attempts to listen, and how often a connection on which
// nothing comes is asked whether it is still there.
const (
	listenPause    = 100 * time.Millisecond
	listenPauseMax = 10 * time.Second
	listenPing     = 30 * time.Second
)

// listener feeds DB.Watch from a connection of its own. Behind a pooler there is
// none: a session's notifications would go to whoever has its connection.
type listener struct {
	db     *DB
	config *pgx.ConnConfig
	tokens chan struct{}
	end    context.CancelFunc
	ended  chan struct{}
}

func startListener(d *DB) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{
		db: d, config: d.pool.Config().ConnConfig,
		tokens: make(chan struct{}, 1), end: cancel, ended: make(chan struct{}),
	}
	if d.options.Pooler {
		close(l.ended)
		return l
	}
	go l.run(ctx)
	return l
}

func (l *listener) stop() {
	l.end()
	<-l.ended
}

// run listens until its end, and after each failure again, later and later.
func (l *listener) run(ctx context.Context) {
	defer close(l.ended)
	pause := listenPause
	for {
		began := time.Now()
		err := l.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		l.db.options.Log.Debug("listening for notifications", "err", err)
		if time.Since(began) > listenPauseMax {
			pause = listenPause
		}
		if wait(ctx, pause/2+rand.N(pause/2)) != nil {
			return
		}
		pause = min(2*pause, listenPauseMax)
	}
}

func (l *listener) listen(ctx context.Context) error {
	conn, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer l.close(conn)
	poke(l.tokens) // for what came while nobody listened
	for {
		within, cancel := context.WithTimeout(ctx, listenPing)
		_, err := conn.WaitForNotification(within)
		cancel()
		switch {
		case err == nil:
			poke(l.tokens)
		case ctx.Err() != nil || conn.IsClosed() || !(errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)):
			return err
		default:
			if err := l.ping(ctx, conn); err != nil {
				return err
			}
		}
	}
}

func (l *listener) connect(ctx context.Context) (*pgx.Conn, error) {
	within, cancel := context.WithTimeout(ctx, l.db.options.ConnectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(within, l.config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(within, "LISTEN "+channel); err != nil {
		l.close(conn)
		return nil, err
	}
	return conn, nil
}

func (l *listener) ping(ctx context.Context, conn *pgx.Conn) error {
	within, cancel := context.WithTimeout(ctx, l.db.options.ConnectTimeout)
	defer cancel()
	return conn.Ping(within)
}

func (l *listener) close(conn *pgx.Conn) {
	within, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := conn.Close(within); err != nil {
		l.db.options.Log.Debug("closing the listening connection", "err", err)
	}
}
